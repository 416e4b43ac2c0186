"""Hard negatives: passages that lie near a query, but not so near that they might answer it too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..measures.retrieval import Index, ranked
from ..measures.retriever import Retriever

if TYPE_CHECKING:
    import numpy as np


@operator("curate.hard_negatives", version=1)
class HardNegatives(Retriever, RowOperator):
    """Give each query the `top_k` best passages of `kb` that score at most `max_share` of its lowest positive.

    The positives are the row's `document`, a text or a list of texts; all must stand in the knowledge base, letter for letter, so
    that they are scored as the others are. A passage that is a positive's copy is no negative. Scores of `fused` are ranks, of
    which a share means nothing: take `bm25` or `embed`.

    Reasons: `no_hard_negative` where fewer than `min_negatives` are left, `positive_scores_nothing` where a positive's score is
    not above 0. A positive that the knowledge base lacks fails as `positive_not_in_kb`.

    New columns: negatives, a list of `{id, text, score}`; positive_score, the lowest.

    Reference: Moreira et al. 2024, "NV-Retriever: Improving text embedding models with effective hard-negative mining", section
    3 (a share of the positive's score).

    Example:
        >>> HardNegatives(method="embed", embedder="vectors", top_k=3).max_share
        0.95
    """

    query: Column = "query"
    document: Column = "document"
    """The column of the positive passage, or of a list of them."""
    max_share: float = Field(0.95, gt=0, le=1)
    """The most that a negative may score, as a share of the lowest positive score."""
    min_negatives: int = Field(1, ge=0)

    @model_validator(mode="after")
    def _scores_compare(self) -> Self:
        if self.method == "fused":
            raise ValueError("method fused gives ranks, not scores; take bm25 or embed")
        return self

    def reads(self) -> Sequence[str]:
        """Return both columns."""
        return [self.query, self.document]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the negatives."""
        import pyarrow as pa

        one = pa.struct([("id", pa.string()), ("text", pa.string()), ("score", pa.float64())])
        return {**columns, "negatives": pa.list_(one), "positive_score": pa.float64()}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Score every passage once."""
        query, given = row.get(self.query), row.get(self.document)
        listed = given if isinstance(given, list) else [given]
        if not isinstance(query, str) or not listed or not all(isinstance(text, str) for text in listed):
            return failed("not_text", {"columns": [self.query, self.document]})
        positives = set(listed)
        kb = ctx.side(self.kb)
        places = [i for i, one in enumerate(kb) if one[self.passage] in positives]
        if missing := positives - {kb[i][self.passage] for i in places}:
            return failed("positive_not_in_kb", sorted(missing)[0][:200])
        scores = await self._scores(query, ctx)
        least = float(min(scores[places]))
        if least <= 0:
            return dropped("positive_scores_nothing", {"positive_score": round(least, 6)})
        scores = scores.copy()
        scores[places] = -1e30
        scores[scores > self.max_share * least] = -1e30
        found: list[dict[str, Any]] = [
            {"id": kb[i]["id"], "text": kb[i][self.passage], "score": round(score, 6)}
            for i, score in ranked(scores, self.top_k, above=0.0 if self.method == "bm25" else -1e29)
        ]
        values: Mapping[str, Any] = {"negatives": found, "positive_score": round(least, 6)}
        if len(found) < self.min_negatives:
            return dropped("no_hard_negative", {"found": len(found)}, **values)
        return kept(**values)

    async def _scores(self, query: str, ctx: RowContext) -> np.ndarray[Any, Any]:
        index: Index = ctx.artifact
        if self.method == "bm25":
            return index.by_words(query)
        return index.by_vector(await self._vector(query, ctx))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a query with a negative, one without, and one whose positive is nowhere."""
        texts = ("Honey bees make honey that keeps.", "Honey is sold in jars at the market of the town.", "Lava cools.")
        rows: list[Row] = [
            {"query": "honey that keeps", "document": texts[0]},
            {"query": "lava", "document": texts[2]},
            {"query": "honey", "document": "Honey is sweet."},
        ]
        return [Example(cls(), rows, ["kept", "dropped", "failed"], side={"kb": [{"text": t} for t in texts]})]
