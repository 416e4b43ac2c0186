"""Rounds: for recipes with a table step or a pool. Row results are final per round; what follows a table is not.

At a round's end every table step, and all after it, is evaluated over the rows of all rounds; the log makes the
repeated calls free. The last evaluation is what is written.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Any

import orjson

from ..core.dataset import Row
from ..core.errors import Pending
from ..core.lineage import Candidate
from ..core.recipe import Recipe
from ..core.settings import Quota
from ..core.waiting import gathered
from .bulk import row_outcome
from .context import Shared
from .cut import Cut, Stop
from .plan import Plan, Segment
from .walk import Walker, apply_bulk, bear

POOL_ROWS = 16
"""Source rows of the first round of a recipe with a pool; each later one reads at most as many as all before it. The pool
is what was kept before the round, so that a first round of half of the rows would make them without one."""

BARREN_ROUNDS = 5
"""Rounds in a row without a new kept row after which the run ends; each reads more than the one before, since a source
may well begin with what no step can use."""
Live = list[tuple[int, Candidate]]
"""Rows still alive, each with the round that read its source row."""
Note = Callable[[dict[str, Any], list[Candidate]], None]
StreamOf = Callable[[Iterator[Candidate], Segment, int], Any]
"""(feed, segment, round) -> async iterator of finished trees."""


class Rounds:
    """Runs rounds until there is enough, the source ends, or several rounds in a row gain nothing.

    Args:
        plan: the recipe, planned.
        shared: contexts' common state; its `pools` grow by one a round.
        feed: source candidates.
        stream: runs the first segment over a feed.
        new_cut: makes a fresh `Cut` for an evaluation.
        parked: how many rows of the last stream wait for a reply.
        answered: True where replies have come since.
        note: told of every round's end, with the trees of its evaluation.
    """

    def __init__(
        self, plan: Plan, shared: Shared, feed: Iterator[Candidate], stream: StreamOf, new_cut: Callable[[], Cut],
        parked: Callable[[], int], answered: Callable[[], Awaitable[bool]], note: Note,
    ) -> None:  # fmt: skip
        self._plan, self._shared, self._feed, self._stream = plan, shared, feed, stream
        self._new_cut, self._parked, self._answered, self._note = new_cut, parked, answered, note
        self.waiting = 0
        rows = plan.recipe.rows
        self._whole = rows is None or (isinstance(rows, Quota) and rows.values is None)
        self._first, *self._later = plan.segments
        self._wire: list[tuple[int, bytes]] = []
        self._walkers = {s.end: Walker(shared, s.steps, s.end) for s in self._later if s.kind == "stream"}
        self.taken = self._barren = 0
        self.sizes: list[int] = []

    async def run(self, closed: Callable[[], bool], replayed: list[int] | None = None) -> tuple[list[Candidate], Cut]:
        """Return the trees of the last evaluation, in source order, and the cut that was made.

        Raises:
            Pending: rows wait for replies that come later.

        Args:
            closed: True once no further row is wanted.
            replayed: replay only: the source rows taken by each round.
        """
        recipe, last_kept, number = self._plan.recipe, 0, 0
        while True:
            want = self._round_rows(recipe, last_kept) if replayed is None else replayed[number]
            came = 0
            async with aclosing(self._stream(islice(self._feed, want), self._first, number)) as results:
                async for tree in results:
                    self._wire.append((number, orjson.dumps(tree.to_wire())))
                    came += 1
            if self._parked():
                raise Pending("", "")
            self.taken += came
            self.sizes.append(came)
            trees, cut = await self._evaluated(number)
            self._note({"round": number + 1, "source_rows": self.taken, "kept": cut.kept}, trees)
            stop = self._stop(cut, came < want, number, last_kept, closed)
            if replayed is not None:
                stop = "replayed" if number + 1 == len(replayed) else None
            if stop is not None:
                cut.stop = cut.stop or stop
                self.sizes = _within(self.sizes, len(trees))
                return trees, cut
            self._shared.pools.append(tuple(_kept_rows(trees)))
            last_kept, number = cut.kept, number + 1

    def _round_rows(self, recipe: Recipe, kept: int) -> int:
        """Rows to read next: half of what is wanted at first, then by the yield so far, a tenth more."""
        found = self._rows_wanted(recipe, kept)
        return min(found, max(POOL_ROWS, self.taken)) if any(s.uses_pool for s in recipe.steps) else found

    def _rows_wanted(self, recipe: Recipe, kept: int) -> int:
        if self._whole:
            return 2**62
        if isinstance(recipe.rows, Quota):
            wanted = recipe.rows.each * len(recipe.rows.values or ())
        else:
            wanted = recipe.rows or 0
        if not self.taken:
            return max(8, math.ceil(wanted / 2))
        if not kept:
            return self.taken
        return max(8, min(4 * self.taken, math.ceil((wanted - kept) * self.taken / kept * 1.1)))

    def _stop(self, cut: Cut, ended: bool, number: int, last_kept: int, closed: Callable[[], bool]) -> Stop | None:
        if cut.stop is not None or cut.full:
            return cut.stop or "rows"
        if ended:
            return "budget" if closed() else "source"
        if number + 1 >= self._plan.recipe.max_rounds:
            return "max_rounds"
        # Where the whole source is read, rows of another value may stand behind many that gain nothing.
        self._barren = self._barren + 1 if cut.kept <= last_kept and not self._whole else 0
        return "no_gain" if self._barren >= BARREN_ROUNDS else None

    async def _evaluated(self, number: int) -> tuple[list[Candidate], Cut]:
        """Evaluate, again whenever replies have come that a step had to wait for.

        Raises:
            Pending: where no reply has come.
        """
        while True:
            self.waiting = 0
            try:
                return await self._evaluate(number)
            except Pending:
                self.waiting = max(1, self.waiting)
                if not await self._answered():
                    raise

    async def _evaluate(self, number: int) -> tuple[list[Candidate], Cut]:
        """Take the rows of all rounds through the table steps and what follows them."""
        wire = self._wire
        while True:
            trees = [Candidate.from_wire(orjson.loads(data)) for _, data in wire]
            rounds = {tree.id: round_ for tree, (round_, _) in zip(trees, wire, strict=True)}
            live = [
                (rounds[tree.id], one)
                for tree in trees
                for one in tree.walk()
                if one.fate == "kept" and one.ended_at == self._first.end
            ]
            for segment in self._later:
                live = await self._segment(segment, live, number)
            cut = self._new_cut()
            for i, tree in enumerate(trees):
                if not cut.take(tree) and cut.stop == "budget":
                    wire = wire[:i]
                    break
            else:
                return trees, cut
            if not wire:
                return [], cut

    async def _walk(self, walker: Walker, one: Candidate, round_: int) -> None:
        """Walk one row; a row that must wait is counted, so that the others may send their calls too."""
        try:
            await walker.walk(one, round_)
        except Pending:
            self.waiting += 1

    async def _segment(self, segment: Segment, live: Live, number: int) -> Live:
        if segment.kind == "stream":
            walker = self._walkers[segment.end]
            window = window_of(self._shared)
            for i in range(0, len(live), window):
                await gathered([self._walk(walker, one, round_) for round_, one in live[i : i + window]])
            if self.waiting:
                raise Pending("", "")
            return [
                (round_, leaf)
                for round_, one in live
                for leaf in one.walk()
                if leaf.fate == "kept" and leaf.ended_at == segment.end
            ]
        (step,) = segment.steps
        if not live:
            return live
        outcome = await apply_bulk(self._shared, step, [one for _, one in live], number)
        after: Live = []
        places = {one.id: (i, round_, one) for i, (round_, one) in enumerate(live)}
        for i, (round_, one) in enumerate(live):
            found = row_outcome(outcome, i)
            if found.fate == "kept":
                one.row = {**one.row, **found.updates, "id": one.row["id"]}
                one.ended_at = segment.end
                after.append((round_, one))
            else:
                one.end(found.fate, step.index, found.reason, found.detail)
        for child in outcome.born:
            _, round_, parent = places[child.parents[0]]
            child.parents = child.parents[1:]
            (one,) = bear(parent, step, [child], first=len(parent.children))
            parent.children.append(one)
            if one.fate == "kept":
                one.ended_at = segment.end
                after.append((round_, one))
        return after


def window_of(shared: Shared) -> int:
    """Return how many rows of a later segment walk at once."""
    return max(64, 4 * sum(c.model.max_in_flight for c in shared.callers.values()))


def _within(sizes: list[int], taken: int) -> list[int]:
    """Return the rounds' sizes for the rows before the cut; how many were read beyond it depends on time."""
    found = []
    for size in sizes:
        found.append(min(size, taken))
        taken -= found[-1]
    return found


def _kept_rows(trees: list[Candidate]) -> Iterator[Row]:
    for tree in trees:
        for one in tree.walk():
            if one.fate == "kept":
                yield one.row
