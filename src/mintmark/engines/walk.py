"""The walk: a row goes through consecutive steps by itself, with no barrier and no scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.dataset import Row, plain
from ..core.errors import MintmarkError, Pending
from ..core.fingerprint import child_id
from ..core.lineage import Candidate
from ..core.operator import BatchOperator, Operator, RowOperator
from ..core.outcome import Child, Outcome, RowOutcome
from ..core.waiting import gathered
from .bulk import row_outcome, to_table
from .context import ManyRows, OneRow, Shared, guarded

BATCH_ROWS = 1024
LINGER_S = 0.002


@dataclass(slots=True)
class Step:
    """One step of the recipe in its place."""

    index: int
    name: str
    operator: Operator


class Walker:
    """Takes candidates through steps `first` to `last`, all of row or batch scope."""

    def __init__(self, shared: Shared, steps: Sequence[Step], end: int) -> None:
        self.shared, self.end = shared, end
        self.steps = {s.index: s for s in steps}
        self.start = steps[0].index if steps else end
        self._batchers = {s.index: Batcher(shared, s) for s in steps if isinstance(s.operator, BatchOperator)}

    async def walk(self, candidate: Candidate, round_: int) -> None:
        """Take one candidate, and the rows it bears, to their fates or to the segment's end.

        Raises:
            Pending: a call's reply comes later; the walk may be done again from its start.
            MintmarkError: the run cannot go on.
        """
        await self._from(candidate, self.start, round_)

    async def _from(self, candidate: Candidate, at: int, round_: int) -> None:
        while at < self.end:
            step = self.steps[at]
            outcome = await self._apply(step, candidate, round_)
            if outcome.updates:
                candidate.row = {**candidate.row, **_data(outcome.updates, candidate.row), "id": candidate.row["id"]}
            if outcome.fate == "kept":
                at += 1
                continue
            candidate.end(outcome.fate, at, outcome.reason, outcome.detail)
            if outcome.children:
                candidate.children = bear(candidate, step, outcome.children)
                alive = [c for c in candidate.children if c.fate == "kept"]
                if len(alive) == 1:
                    await self._from(alive[0], at + 1, round_)
                elif alive:
                    await gathered([self._from(c, at + 1, round_) for c in alive])
            return
        candidate.ended_at = self.end

    async def _apply(self, step: Step, candidate: Candidate, round_: int) -> RowOutcome:
        operator = step.operator
        if isinstance(operator, RowOperator):
            ctx = OneRow(self.shared, step.name, step.index, candidate.row["id"], candidate.calls, round_)
            return await guarded(operator.apply(dict(candidate.row), ctx))
        return await guarded(self._batchers[step.index].ask(candidate, round_))


def bear(parent: Candidate, step: Step, children: Sequence[Child], first: int = 0) -> list[Candidate]:
    """Return the candidates that a step bore from one row, with ids (siblings count from `first`), dead ones ended."""
    born: list[Candidate] = []
    ids: dict[int, str] = {}
    for n, child in enumerate(children, first):
        parents = (parent.id, *child.parents, *(ids[id(one)] for one in child.siblings))
        values = _data(child.values, parent.row)
        values.pop("id", None)
        row = {"id": child_id(parents, step.name, n), **values}
        one = Candidate(row, parents, step.index, span=_narrow(parent.span, child.within))
        if child.fate != "kept":
            one.end(child.fate, step.index, child.reason, child.detail)
        ids[id(child)] = one.id
        born.append(one)
    return born


def _narrow(span: dict[str, Any] | None, within: tuple[int, int, int] | None) -> dict[str, Any] | None:
    """Return the part of a parent's span that a child rests on."""
    if span is None or within is None or "start" not in span:
        return span
    start, end, lines = within
    found = {"path": span["path"], "start": span["start"] + start, "end": span["start"] + end}
    return found | ({"line": span["line"] + lines} if "line" in span else {})


def _data(values: Row, known: Row) -> Row:
    """Return new values as what a row may hold: a row is the same whether or not it was put aside on disk."""
    return {k: v if v is known.get(k) else plain(v) for k, v in values.items()}


class Batcher:
    """Rows that reach a batch step together are judged together; where a batch begins and ends does not matter."""

    def __init__(self, shared: Shared, step: Step) -> None:
        self._shared, self._step = shared, step
        self._waiting: list[tuple[Candidate, asyncio.Future[RowOutcome]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, candidate: Candidate, round_: int) -> RowOutcome:
        """Return the outcome of one row."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[RowOutcome] = loop.create_future()
        self._waiting.append((candidate, outcome))
        if len(self._waiting) >= BATCH_ROWS:
            self._go(round_)
        elif self._timer is None:
            self._timer = loop.call_later(LINGER_S, self._go, round_)
        return await outcome

    def _go(self, round_: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting, []
        if group:
            task = asyncio.get_running_loop().create_task(self._judge(group, round_))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _judge(self, group: list[tuple[Candidate, asyncio.Future[RowOutcome]]], round_: int) -> None:
        try:
            outcome = await apply_bulk(self._shared, self._step, [c for c, _ in group], round_)
        except Exception as e:
            if len(group) > 1 and not isinstance(e, MintmarkError | Pending):
                for one in group:  # a row that breaks the batch must not take the others with it
                    await self._judge([one], round_)
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(e)
            return
        for i, (_, future) in enumerate(group):
            if not future.done():
                future.set_result(row_outcome(outcome, i))


async def apply_bulk(shared: Shared, step: Step, candidates: Sequence[Candidate], round_: int) -> Outcome:
    """Run a batch or table operator over candidates in a worker thread; calls are noted by row.

    Raises:
        ValueError: where the operator gives another number of fates than rows.
    """
    ctx = ManyRows(shared, step.name, step.index, round_)
    table = to_table([c.row for c in candidates], step.operator)
    operator: Any = step.operator
    data = table if operator.scope == "table" else table.combine_chunks().to_batches()[0]
    outcome: Outcome = await asyncio.to_thread(operator.apply, data, ctx)
    if len(outcome.fates) != len(candidates):
        raise ValueError(f"{step.name} gave {len(outcome.fates)} fates for {len(candidates)} rows")
    for candidate in candidates:
        candidate.calls.extend(ctx.by_row.get(candidate.id, ()))
    return outcome
