"""The stream: rows admitted in source order, walked at once, given on in source order."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import orjson

from ..core.errors import Interrupted, Pending
from ..core.lineage import Candidate
from ..models.client import Caller
from .reorder import Reorder
from .stages import SLICE_ROWS, SourceKey, StageCache

HELD_MAX = 200_000
PARKED_MAX = 100_000
GC_THRESHOLD = 5_000


@dataclass
class Admission:
    """When another row may start: bounded by what the models bear, not by how long a row takes."""

    callers: Mapping[str, Caller]
    closed: Callable[[], bool]
    """True once no further row is wanted (the budget is used up, Ctrl-C)."""
    active: int = 0
    parked: dict[int, Candidate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.window = max(8, 2 * sum(c.model.max_in_flight for c in self.callers.values()))
        if not self.callers:
            self.window = 1024

    def may_start(self, held: int) -> bool:
        """True where a row may start; rows that sleep before a repeated call take no place."""
        sleeping = sum(c.limiter.sleeping for c in self.callers.values())
        return (
            self.active - sleeping < self.window
            and self.active < 64 * self.window
            and held < HELD_MAX
            and len(self.parked) < PARKED_MAX
            and not self.closed()
        )


@dataclass(slots=True)
class _Slice:
    """A slice under way: how many of its trees are still to come, and what is to be saved of it (no ids: nothing)."""

    left: int
    ids: list[SourceKey] | None
    lines: list[bytes] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


class Stream:
    """One segment at work on one feed.

    Args:
        feed: candidates in source order.
        walk: takes one candidate to its end.
        admission: when rows may start.
        answered: called when only parked rows are left; True where replies have come and they may walk again.
        cache: finished slices of this segment.
    """

    def __init__(
        self, feed: Iterator[Candidate], walk: Callable[[Candidate], Awaitable[None]], admission: Admission,
        answered: Callable[[], Awaitable[bool]], cache: StageCache | None = None,
    ) -> None:  # fmt: skip
        self._feed, self._walk, self._admission, self._cache = feed, walk, admission, cache
        self._answered = answered
        self._reorder = Reorder()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._error: BaseException | None = None
        self._admitted = 0
        self._slices: deque[_Slice] = deque()
        self.exhausted = False

    async def results(self) -> AsyncGenerator[Candidate]:
        """Yield finished trees in source order, until the feed ends or admission closes and all that started is done.

        Closing the iterator lets calls in flight be answered and written down, then stops the rows.

        Raises:
            MintmarkError: the first error of any row, after the others have come to rest.
        """
        ready: deque[tuple[Candidate, bool]] = deque()
        restore = _spare_the_collector()
        try:
            while True:
                self._wake.clear()
                while self._error is None and self._admission.may_start(len(self._reorder)):
                    if not ready:
                        ready.extend(self._next_slice())
                        if not ready:
                            break
                    self._start(*ready.popleft())
                while (tree := self._reorder.pop()) is not None:
                    self._collect(tree)
                    yield tree
                if isinstance(self._error, Interrupted) and self._admission.closed():
                    return  # the user's Ctrl-C; whoever asked for it says what was done
                if self._error is not None:
                    raise self._error
                if self._admission.active:
                    await self._wake.wait()
                elif self._admission.parked:
                    if self._admission.closed() or not await self._answered():
                        return
                    self._restart()
                elif (self.exhausted and not ready) or self._admission.closed():
                    return
        except asyncio.CancelledError:
            for task in self._tasks:  # the second Ctrl-C: what is in flight is given up
                task.cancel()
            raise
        finally:
            restore()
            await self._rest()

    def _next_slice(self) -> list[tuple[Candidate, bool]]:
        """Read a slice of the feed; (candidate, finished already) in order."""
        if self.exhausted:
            return []
        rows = list(islice(self._feed, SLICE_ROWS))
        self.exhausted = len(rows) < SLICE_ROWS
        if not rows or self._cache is None:
            return [(row, row.fate != "kept") for row in rows]
        ids = [(row.id, row.span) for row in rows]
        trees = self._cache.load(ids)
        if trees is not None:
            self._slices.append(_Slice(len(ids), None))
            return [(tree, True) for tree in trees]
        self._slices.append(_Slice(len(ids), ids))
        return [(row, row.fate != "kept") for row in rows]

    def _collect(self, tree: Candidate) -> None:
        """Note the tree in its slice, before whoever takes it changes it; save the slice when it is whole."""
        if self._cache is None:
            return
        whole = self._slices[0]
        whole.left -= 1
        if whole.ids is not None:
            whole.lines.append(orjson.dumps(tree.to_wire()))
            whole.keys.update(key for one in tree.walk() for _, key in one.calls)
        if not whole.left:
            self._slices.popleft()
            if whole.ids is not None:
                self._cache.save(whole.ids, whole.lines, whole.keys)

    def _start(self, candidate: Candidate, finished: bool) -> None:
        ordinal = self._admitted
        self._admitted += 1
        if finished:
            self._reorder.put(ordinal, candidate)
            return
        self._launch(ordinal, candidate)

    async def _one(self, ordinal: int, candidate: Candidate) -> None:
        fresh = Candidate(candidate.row, candidate.parents, candidate.born_at, span=candidate.span)
        fresh.calls = list(candidate.calls)
        try:
            await self._walk(candidate)
            self._reorder.put(ordinal, candidate)
        except Pending:
            self._admission.parked[ordinal] = fresh
        except BaseException as e:
            if self._error is None:
                self._error = e
        finally:
            self._admission.active -= 1
            self._wake.set()

    def _restart(self) -> None:
        """Walk parked rows again, from their start."""
        parked, self._admission.parked = self._admission.parked, {}
        for ordinal, candidate in parked.items():
            self._launch(ordinal, candidate)

    def _launch(self, ordinal: int, candidate: Candidate) -> None:
        self._admission.active += 1
        task = asyncio.get_running_loop().create_task(self._one(ordinal, candidate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rest(self) -> None:
        """Let what is in flight be answered and written, then end."""
        if self._tasks:
            running = [c for c in self._admission.callers.values() if not c.stopping]
            for caller in running:
                caller.stop()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for caller in running:  # those that Ctrl-C stopped stay so: later segments must send nothing more
                caller.resume()
        self._reorder.close()


def _spare_the_collector() -> Callable[[], None]:
    """Let the garbage collector pass by what was imported and planned, and look less often; return the way back.

    Rows are freed by their reference counts; looking through a hundred thousand modules' objects for each few hundred
    of them costs a fifth of a run's time.
    """
    thresholds, nobody_else = gc.get_threshold(), not gc.get_freeze_count()
    if nobody_else:
        gc.freeze()
    gc.set_threshold(max(GC_THRESHOLD, thresholds[0]), *thresholds[1:])

    def restore() -> None:
        gc.set_threshold(*thresholds)
        if nobody_else:
            gc.unfreeze()

    return restore
