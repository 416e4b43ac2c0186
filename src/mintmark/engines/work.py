"""The work of one run: which stream runs over which feed, and where it is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Any, Protocol

from ..calls.cost import Spent
from ..calls.log import CallLog
from ..core.errors import Pending, RowFailure, RunError
from ..core.lineage import Candidate, Waterfall
from ..core.operator import Operator
from ..models.client import Caller
from .artifacts import ArtifactCache
from .context import ManyRows, Shared
from .cut import Cut
from .feed import feed
from .options import Options
from .plan import Plan, Segment
from .rounds import Rounds
from .stages import StageCache
from .stream import Admission, Stream
from .walk import Step, Walker
from .writer import RunWriter


class Host(Protocol):
    """What the engine keeps for its work."""

    used: Spent
    """Calls used so far, cached or not."""
    seen: Waterfall
    """Provisional counts, in rounds."""
    stopping: bool
    """True after Ctrl-C."""

    def tell(self, kind: str, **data: Any) -> None:
        """Emit an event."""

    def check_failed(self, writer: RunWriter, *, early: bool) -> None:
        """Raise `TooManyFailed` where more rows failed than the recipe allows."""


class Work:
    """One run's rows on their way: streaming, or in rounds.

    Attributes:
        parked: rows that wait for a reply that comes later.
        round_sizes: source rows taken by each round.
    """

    def __init__(
        self, host: Host, options: Options, planned: Plan, shared: Shared, log: CallLog, callers: dict[str, Caller]
    ) -> None:
        self._host, self._options, self._plan, self._shared = host, options, planned, shared
        self._log, self._callers = log, callers
        self._replay = options.replay_of
        self._cut: Cut | None = None
        self._before = Spent()
        self.parked = 0
        self.round_sizes: list[int] = []
        recipe = planned.recipe
        source = feed(recipe.source, recipe.passes, recipe.seed if recipe.shuffle else None)
        if options.places is not None:
            end = max(options.places, default=-1) + 1
            source = (one for i, one in enumerate(islice(source, end)) if i in options.places)
        self._feed: Iterator[Candidate] = source if self._replay is None else islice(source, self._replay["taken"])

    def _new_cut(self) -> Cut:
        stop_at = self._replay["taken"] if self._replay else None
        self._cut = Cut(self._plan.recipe, self._spent_by, stop_at, whole=self._plan.in_rounds)
        return self._cut

    def _spent_by(self, tree: Candidate) -> Spent:
        spent = Spent()
        keys = {key for one in tree.walk() for _, key in one.calls}
        for *_, tokens_in, tokens_out, dollars, _ in self._log.results(keys):
            spent.add(tokens_in, tokens_out, dollars)
        return spent

    def _closed(self) -> bool:
        return self._host.stopping or (
            self._replay is None and self._cut is not None and self._cut.used_up(self._host.used.since(self._before))
        )

    async def _answered(self) -> bool:
        options = self._options
        while True:
            if sum([await c.collect() for c in self._callers.values()]):
                return True
            if not options.wait or self._closed():
                return False
            self._host.tell("waiting", rows=self.parked)
            await asyncio.sleep(options.poll_s)

    async def prepare(self) -> None:
        """Make every step's artifact, or take it from the workspace where an earlier run made the same.

        What it costs is no row's cost, so that a budget cuts the same rows whether an artifact was made or found.

        Raises:
            Pending: a call's reply comes later.
            RunError: a call failed for good; without its artifact a step can decide nothing.
        """
        root = self._options.stages
        cache = ArtifactCache(root / "artifacts" if root is not None else None, self._log)
        for step in (s for segment in self._plan.segments for s in segment.steps):
            if type(step.operator).prepare is not Operator.prepare:
                self._shared.artifacts[step.name] = await self._prepared(step, cache)
        self._before.merge(self._host.used)

    async def _prepared(self, step: Step, cache: ArtifactCache) -> Any:
        key, where = self._plan.artifact_key(step), f"step {step.index + 1} ({step.name})"
        if (arrays := cache.load(key)) is not None:
            return step.operator.restore(arrays)
        while True:
            ctx = ManyRows(self._shared, step.name, step.index)
            try:
                found = await asyncio.to_thread(step.operator.prepare, ctx)
                break
            except Pending:
                self.parked = 1
                if not await self._answered():
                    raise
            except RowFailure as e:
                raise RunError(
                    f"cannot be prepared: a call failed ({e.reason}): {e.detail}", where=where,
                    remedy="mend the cause and give the command again with --retry-failed",
                ) from e  # fmt: skip
        self.parked = 0
        if hasattr(found, "arrays"):
            cache.save(key, found.arrays(), [call for _, call in ctx.calls])
        return found

    async def _stream(self, rows: Iterator[Candidate], segment: Segment, number: int) -> AsyncGenerator[Candidate]:
        walker = Walker(self._shared, segment.steps, segment.end)
        pooled = any(s.operator.uses_pool for s in segment.steps)
        root = None if pooled or not segment.steps else self._options.stages
        cache = StageCache(root, self._plan.segment_key(segment), self._log)
        admission = Admission(self._callers, self._closed)
        stream = Stream(rows, lambda c: walker.walk(c, number), admission, self._answered, cache)
        async with aclosing(stream.results()) as results:
            async for tree in results:
                yield tree
        self.parked = len(admission.parked)

    async def streaming(self, writer: RunWriter) -> Cut:
        """Rows stream until enough have passed, in source order."""
        cut = self._new_cut()
        async with aclosing(self._stream(self._feed, self._plan.segments[0], 0)) as results:
            async for tree in results:
                if not cut.take(tree):
                    break
                writer.add(tree)
                if cut.stop is not None:
                    break
                self._host.check_failed(writer, early=True)
        if cut.stop is None:
            cut.stop = "budget" if self._closed() else "source"
        return cut

    async def in_rounds(self, writer: RunWriter) -> Cut:
        """Rounds until enough have passed the table steps too."""
        self._new_cut()
        host = self._host

        async def counted(rows: Iterator[Candidate], segment: Segment, number: int) -> AsyncGenerator[Candidate]:
            async with aclosing(self._stream(rows, segment, number)) as results:
                async for tree in results:
                    for one in tree.walk():
                        host.seen.add(one)
                    yield tree

        def note(data: dict[str, Any], trees: list[Candidate]) -> None:
            host.seen = Waterfall(self._plan.names)
            for tree in trees:
                for one in tree.walk():
                    host.seen.add(one)
            host.tell("round", **data)

        rounds = Rounds(
            self._plan, self._shared, self._feed, counted, self._new_cut, lambda: self.parked, self._answered, note
        )
        try:
            trees, cut = await rounds.run(self._closed, self._replay["rounds"] if self._replay else None)
        except Pending:
            self.parked = self.parked or rounds.waiting
            return self._new_cut()
        self.round_sizes = rounds.sizes
        for tree in trees:
            writer.add(tree)
        return cut
