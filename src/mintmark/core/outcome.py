"""What an operator says of the rows it was given: every candidate row leaves a step with one fate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .dataset import Row

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Fate = Literal["kept", "dropped", "failed", "used"]
FATES: tuple[Fate, ...] = ("kept", "dropped", "failed", "used")


@dataclass(slots=True)
class Child:
    """A row that a step bore: its columns (no `id`; the engine gives it) and its fate at that step."""

    values: Row
    fate: Fate = "kept"
    reason: str | None = None
    detail: Any = None
    parents: tuple[str, ...] = ()
    """Ids of further parents (pool rows, examples); the row the operator was given always comes first."""
    siblings: tuple[Child, ...] = ()
    """Further parents among the earlier children of the same row: the version that this one was made from."""
    within: tuple[int, int, int] | None = None
    """The part of the parent's source span that this row rests on: first character, end, and lines before it, all counted
    from the span's start; None for all of it."""


@dataclass(slots=True)
class RowOutcome:
    """The fate of one row at one step, its changed columns, and the rows it bore.

    A row that bore children is `used`, whatever becomes of them.
    """

    fate: Fate
    updates: Row = field(default_factory=dict)
    reason: str | None = None
    detail: Any = None
    children: Sequence[Child] = ()


def kept(**updates: Any) -> RowOutcome:
    """The row goes on, with `updates` to its columns."""
    return RowOutcome("kept", updates)


def dropped(reason: str, detail: Any = None, **updates: Any) -> RowOutcome:
    """The row is decided against; it stays in the run with its reason."""
    return RowOutcome("dropped", updates, reason, detail)


def failed(reason: str, detail: Any = None, **updates: Any) -> RowOutcome:
    """The row could not be decided; it stays in the run with its reason."""
    return RowOutcome("failed", updates, reason, detail)


def born(children: Sequence[Child], *, nothing: str = "nothing_generated", detail: Any = None) -> RowOutcome:
    """The row becomes a parent (`used`); with no children it is dropped with the reason `nothing`."""
    if not children:
        return RowOutcome("dropped", {}, nothing, detail)
    return RowOutcome("used", {}, children=children)


@dataclass(slots=True)
class Outcome:
    """The fates of many rows at one step of batch or table scope, in the order the rows were given.

    Attributes:
        fates: one `Fate` a row.
        reasons, details: one a row, None for kept rows; a detail is JSON-like.
        updates: column name -> one value a row (kept rows only are changed).
        born: rows born at this step, each with its parents' ids in `Child.parents`.
    """

    fates: list[Fate]
    reasons: list[str | None]
    details: list[Any]
    updates: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    born: Sequence[Child] = ()


def keep(
    rows: pa.Table | pa.RecordBatch | Sequence[Row],
    mask: Sequence[bool] | np.ndarray,
    *,
    reason: str,
    detail: Sequence[Any] | np.ndarray | None = None,
    failed: Sequence[str | None] | None = None,
    updates: Mapping[str, Sequence[Any]] | None = None,
) -> Outcome:
    """Keep the rows where `mask` is true; drop the others with `reason` and their `detail`.

    Args:
        rows: the rows judged, for their number.
        mask: one truth value a row.
        reason: the reason given to every dropped row.
        detail: one JSON-like value a row; given to dropped and failed rows.
        failed: one reason a row where a row could not be decided, else None; wins over `mask`.
        updates: column name -> one value a row.

    Raises:
        ValueError: when lengths differ; an operator that loses rows is a bug.

    Example:
        >>> keep([{"id": "a"}, {"id": "b"}], [True, False], reason="too_short", detail=[9, 2]).details
        [None, 2]
    """
    n = rows.num_rows if hasattr(rows, "num_rows") else len(rows)
    if len(mask) != n or (detail is not None and len(detail) != n) or (failed is not None and len(failed) != n):
        raise ValueError(f"an outcome of {len(mask)} fates for {n} rows")
    fates: list[Fate] = []
    reasons: list[str | None] = []
    details: list[Any] = []
    for i in range(n):
        cannot = failed[i] if failed is not None else None
        fate: Fate = "failed" if cannot else "kept" if mask[i] else "dropped"
        fates.append(fate)
        reasons.append(None if fate == "kept" else cannot or reason)
        value: Any = None if fate == "kept" or detail is None else detail[i]
        details.append(value.item() if hasattr(value, "item") else value)
    return Outcome(fates, reasons, details, updates or {})
