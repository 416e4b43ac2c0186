"""Rerank: how well a document answers its query, by a model that embeds or scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..core.waiting import gathered
from ..measures.retrieval import unit


@operator("curate.rerank", version=1)
class Rerank(RowOperator):
    """Write down how relevant a row's document is to its query; with `min_score`, keep what reaches it.

    `embed`: the cosine of both vectors, in [-1, 1]. `likelihood`: how much likelier the document makes the query, in nats a
    token, log p(query | document) - log p(query); held against the query alone, so that what everybody asks is not thought
    relevant everywhere. Take the best by it with `curate.top`.

    New column: rerank_score.

    Reference: Jeronymo et al. 2023, "InPars-v2", section 2 (filtering by a reranker); Sachan et al. 2022, "Improving Passage
    Retrieval with Zero-Shot Question Generation", section 2 (the query's likelihood).

    Example:
        >>> Rerank(model="vectors", method="embed").requires()
        {'vectors': frozenset({'embed'})}
    """

    model: str = "reranker"
    method: Literal["embed", "likelihood"] = "embed"
    query: Column = "query"
    document: Column = "document"
    min_score: float | None = None
    """Rows below are dropped; None decides nothing."""
    into: Column = "rerank_score"

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return what the method asks of the model."""
        return {self.model: frozenset({"embed" if self.method == "embed" else "score"})}

    def reads(self) -> Sequence[str]:
        """Return both columns."""
        return [self.query, self.document]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the score."""
        import pyarrow as pa

        return {**columns, self.into: pa.float64()}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Score one pair."""
        query, document = row.get(self.query), row.get(self.document)
        if not isinstance(query, str) or not isinstance(document, str):
            return failed("not_text", {"columns": [self.query, self.document]})
        if not query.strip() or not document.strip():
            return failed("empty_text", {"columns": [self.query, self.document]})
        score = await (self._cosine if self.method == "embed" else self._gain)(query, document, ctx)
        if self.min_score is not None and score < self.min_score:
            return dropped("low_rerank_score", {self.into: score}, **{self.into: score})
        return kept(**{self.into: score})

    async def _cosine(self, query: str, document: str, ctx: RowContext) -> float:
        one, other = unit(await ctx.embed(self.model, [query, document]))
        return round(float(one @ other), 6)

    async def _gain(self, query: str, document: str, ctx: RowContext) -> float:
        target = f" {query.strip()}"
        seen, blind = await gathered(
            ctx.score(self.model, told, target) for told in (f"Passage: {document}\nQuestion:", "Question:")
        )
        return round(float((seen - blind).mean()), 6)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a pair that is near, one that is not, and one without a document, by vectors and by likelihood."""
        rows: list[Row] = [
            {"query": "honey", "document": "Honey keeps."},
            {"query": "lava", "document": "Honey keeps."},
            {"query": "lava", "document": None},
        ]

        def script(request: Request) -> Any:
            if request.kind == "score":
                context, target = str(request.body["context"]).lower(), str(request.body["target"])
                return [-1.0 if target.strip() in context else -3.0]
            text = str(request.body["text"]).lower()
            return [float("honey" in text), float("lava" in text)]

        fates = ["kept", "dropped", "failed"]
        return [
            Example(cls(min_score=0.5), rows, fates, script),
            Example(cls(method="likelihood", min_score=0.5), rows, fates, script),
        ]
