"""Easiness: questions that a retriever answers too easily are dropped, the others are sorted by how hard they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import BulkContext, Example, RowContext, TableOperator
from ..core.outcome import Outcome, keep
from ..core.registry import operator
from ..measures.retrieval import unit

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.easiness", version=1)
class Easiness(TableOperator):
    """Drop the pairs whose query lies nearest to its document: an evaluation set of them would tell good retrievers from none.

    The easiness of a pair is the dot product of the vectors of document and query, brought to length 1. Rows above the
    `max_percentile`-th percentile of all rows, the whole set and not a batch of it, are dropped as `too_easy`; the kept ones are
    `easy` above the second cut point, `hard` below the first, and `medium` between (the cut points are percentiles of the
    kept rows). A row whose texts cannot be embedded is `failed`, and counts for no percentile.

    New columns: easiness, difficulty.

    Reference: the filter and the thresholds follow NVIDIA NeMo Curator's pipeline for retriever evaluation sets; the
    percentile interpolates (Hyndman and Fan 1996, definition 7).

    Example:
        >>> Easiness(cuts=(25, 75)).requires()
        {'embedder': frozenset({'embed'})}
    """

    model: str = "embedder"
    query: Column = "query"
    document: Column = "document"
    max_percentile: float = Field(70.0, gt=0, le=100)
    """Rows up to this percentile of easiness stay, inclusive."""
    cuts: tuple[float, float] = (100 / 3, 200 / 3)
    """Two percentiles of the kept rows: up to the first they are hard, up to the second medium, then easy."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not 0 <= self.cuts[0] <= self.cuts[1] <= 100:
            raise ValueError(f"cuts must be two percentiles that rise, got {self.cuts}")
        return self

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the model must embed."""
        return {self.model: frozenset({"embed"})}

    def reads(self) -> Sequence[str]:
        """Return both columns."""
        return [self.query, self.document]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with easiness and difficulty."""
        import pyarrow as pa

        return {**columns, "easiness": pa.float64(), "difficulty": pa.string()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the levels of difficulty."""
        return {"difficulty": []}

    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome:
        """Judge all rows together."""
        found = ctx.map(self._measure, table.to_pylist())
        failed = [e.reason if isinstance(e, RowFailure) else None for e in found]
        values = np.array([v if isinstance(v, float) else np.nan for v in found])
        known = values[~np.isnan(values)]
        most = np.percentile(known, self.max_percentile) if len(known) else np.nan
        mask = values <= most
        low, high = np.percentile(values[mask], self.cuts) if mask.any() else (np.nan, np.nan)
        labels = ["hard" if v <= low else "medium" if v <= high else "easy" for v in values]
        detail = [
            e.detail if isinstance(e, RowFailure) else {"easiness": float(v), "max_easiness": float(most)}
            for e, v in zip(found, values, strict=True)
        ]
        updates = {"easiness": values.tolist(), "difficulty": labels}
        return keep(table, mask, reason="too_easy", detail=detail, failed=failed, updates=updates)

    async def _measure(self, row: Row, ctx: RowContext) -> float:
        query, document = row.get(self.query), row.get(self.document)
        if not isinstance(query, str) or not isinstance(document, str):
            raise RowFailure("not_text", {"columns": [self.query, self.document]})
        one, other = unit(await ctx.embed(self.model, [document, query]))
        if not one.any() or not other.any():
            raise RowFailure("empty_text", {"columns": [self.query, self.document]})
        return round(float(one @ other), 6)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a pair that is too easy, two that are not, and one without a document."""

        def script(request: Request) -> Any:
            text = str(request.body["text"])
            return [1.0, {"same": 0.0, "near": 0.5, "far": 2.0}.get(text, 0.0)]

        rows: list[Row] = [{"query": q, "document": "d"} for q in ("same", "near", "far")]
        fates = ["dropped", "kept", "kept", "failed"]
        return [Example(cls(max_percentile=50), [*rows, {"query": "far", "document": None}], fates, script)]
