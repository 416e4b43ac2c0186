"""Keep the rows that stand highest, or lowest, in a column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, model_validator

from ..core.dataset import Column, Row
from ..core.operator import BulkContext, Example, TableOperator
from ..core.outcome import Outcome, keep
from ..core.registry import operator

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.top", version=1)
class Top(TableOperator):
    """Keep a number or a share of all rows by a column of numbers; the whole set decides, not a batch of it.

    `number` keeps exactly so many (all, where there are fewer); of equal values the rows that come first. `share` keeps the rows
    at or beyond the quantile of all values that leaves this share, interpolated between neighbours; equal values fall
    on the same side, so that slightly more than the share may stay. A row without a number is `failed` and counts for
    nothing.

    A run with this step proceeds in rounds: what is kept is decided again at each round's end over the rows of all rounds, so
    it reads its source to the end unless the recipe says how many `rows` it wants.

    Reference: Bonifacio et al. 2022, "InPars", section 3 (the top by log-probability); Hyndman and Fan 1996, "Sample Quantiles in
    Statistical Packages", definition 7.

    Example:
        >>> import pyarrow as pa
        >>> table = pa.table({"id": ["a", "b", "c"], "score": [0.2, 0.9, 0.5]})
        >>> Top(on="score", number=2).apply(table, ctx=None).fates
        ['dropped', 'kept', 'kept']
    """

    on: Column = "score"
    """The column of numbers."""
    number: int | None = Field(None, ge=1)
    """Rows that stay."""
    share: float | None = Field(None, gt=0, le=1)
    """Share of the rows that stays."""
    lowest: bool = False
    """Keep the lowest values instead of the highest."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.number is None) == (self.share is None):
            raise ValueError("give either `number` or `share`")
        return self

    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome:
        """Decide about all rows."""
        given = table.column(self.on).to_pylist() if self.on in table.column_names else [None] * table.num_rows
        failed = [None if _is_number(v) else "not_a_number" for v in given]
        places = [i for i, reason in enumerate(failed) if reason is None]
        values = np.array([given[i] for i in places], np.float64) * (-1 if self.lowest else 1)
        mask = np.zeros(len(given), np.bool_)
        mask[[places[i] for i in self._chosen(values)]] = True
        detail = [{"column": self.on, "value": v if failed[i] is None else str(v)} for i, v in enumerate(given)]
        return keep(table, mask, reason="not_among_top", detail=detail, failed=failed)

    def _chosen(self, values: np.ndarray[Any, Any]) -> list[int]:
        if not len(values):
            return []
        if self.number is not None:
            return [int(i) for i in np.argsort(-values, kind="stable")[: self.number]]
        assert self.share is not None
        least = float(np.quantile(values, 1 - self.share))
        return [int(i) for i in np.flatnonzero(values >= least)]

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return the best row of three by number, and the lowest half with a row that has no number."""
        rows: list[Row] = [{"score": 0.5}, {"score": 0.9}, {"score": 0.1}]
        return [
            Example(cls(number=1), rows, ["dropped", "kept", "dropped"]),
            Example(cls(share=0.5, lowest=True), [*rows, {"score": None}], ["kept", "dropped", "kept", "failed"]),
        ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
