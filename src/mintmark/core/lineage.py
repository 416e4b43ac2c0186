"""Candidates: what becomes of a source row and of every row born from it, with the calls that decided it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .dataset import Row
from .outcome import Fate

FROM_SOURCE = -1
"""`born_at` and `ended_at` of a row at the source, before the first step."""


@dataclass(slots=True)
class Candidate:
    """One row, kept or not, and the rows it bore.

    Attributes:
        row: its columns, `id` among them, as they were when its fate was decided.
        parents: ids of the rows it was made from, the one it was born from first; empty for a source row.
        born_at: index of the step that bore it, or `FROM_SOURCE`.
        ended_at: index of the step that decided its fate; the number of steps for a kept row.
        calls: (step index, call key) of every call used for it.
        span: where in the source it stands.
    """

    row: Row
    parents: tuple[str, ...] = ()
    born_at: int = FROM_SOURCE
    fate: Fate = "kept"
    ended_at: int = FROM_SOURCE
    reason: str | None = None
    detail: Any = None
    calls: list[tuple[int, str]] = field(default_factory=list)
    span: dict[str, Any] | None = None
    children: list[Candidate] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The row's id."""
        return str(self.row["id"])

    def end(self, fate: Fate, at: int, reason: str | None = None, detail: Any = None) -> None:
        """Decide the row's fate."""
        self.fate, self.ended_at, self.reason, self.detail = fate, at, reason, detail

    def walk(self) -> Iterator[Candidate]:
        """Yield this row, then each of its children with theirs."""
        stack = [self]
        while stack:
            one = stack.pop()
            yield one
            stack.extend(reversed(one.children))

    def to_wire(self) -> list[Any]:
        """Return the tree as a JSON-like list; calls sorted, since the order of their replies is nobody's doing."""
        return [
            self.row, self.parents, self.born_at, self.fate, self.ended_at, self.reason, self.detail,
            sorted(set(self.calls)), self.span, [c.to_wire() for c in self.children],
        ]  # fmt: skip

    @classmethod
    def from_wire(cls, wire: Sequence[Any]) -> Candidate:
        """Return the tree that `to_wire` wrote."""
        row, parents, born_at, fate, ended_at, reason, detail, calls, span, children = wire
        return cls(
            row, tuple(parents), born_at, fate, ended_at, reason, detail,
            [(step, key) for step, key in calls], span, [cls.from_wire(c) for c in children],
        )  # fmt: skip


@dataclass(slots=True)
class StepCount:
    """What went through one step. Law: `came + born == kept + dropped + failed + used`."""

    step: str
    came: int = 0
    born: int = 0
    kept: int = 0
    dropped: int = 0
    failed: int = 0
    used: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain data, reasons by falling number."""
        reasons = dict(sorted(self.reasons.items(), key=lambda kv: (-kv[1], kv[0])))
        counts = {k: getattr(self, k) for k in ("came", "born", "kept", "dropped", "failed", "used")}
        return {"step": self.step, **counts, "reasons": reasons}


class Waterfall:
    """Counts by step, from the candidates themselves.

    Args:
        steps: the steps' names; the source comes first as `source`, cuts last as `rows`.
    """

    def __init__(self, steps: Sequence[str]) -> None:
        self.steps = [StepCount(name) for name in ("source", *steps, "rows")]
        self._n = len(steps)

    def add(self, candidate: Candidate) -> None:
        """Count one candidate (its children are counted for themselves)."""
        first, last = candidate.born_at + 1, candidate.ended_at + 1
        if candidate.fate == "kept":  # so far: a row may be counted before the later steps have seen it
            last = self._n + 1 if candidate.ended_at >= self._n else candidate.ended_at
        for i in range(first, last + 1):
            count = self.steps[i]
            if i == first:
                count.born += 1
            else:
                count.came += 1
            if i < last or candidate.fate == "kept":
                count.kept += 1
        if candidate.fate != "kept":
            end = self.steps[last]
            setattr(end, candidate.fate, getattr(end, candidate.fate) + 1)
            if candidate.reason:
                end.reasons[candidate.reason] = end.reasons.get(candidate.reason, 0) + 1

    @property
    def kept(self) -> int:
        """Rows that passed every step."""
        return self.steps[-1].kept

    def total(self, fate: str) -> int:
        """Return how many candidates met this fate, over all steps."""
        return self.kept if fate == "kept" else sum(getattr(s, fate) for s in self.steps)

    @property
    def candidates(self) -> int:
        """Every row that was read or born."""
        return sum(s.born for s in self.steps)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the counts as plain data."""
        return [s.as_dict() for s in self.steps]
