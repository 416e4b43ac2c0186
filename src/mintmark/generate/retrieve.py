"""Retrieve: the passages of a knowledge base that a row's text finds, as a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..measures.retriever import Retriever


@operator("generate.retrieve", version=1)
class Retrieve(Retriever, RowOperator):
    """Give each row the passages that its text finds in the side input `kb`, best first.

    `bm25` ranks by shared words, `embed` by the cosine of vectors, `fused` by the ranks of both. A row that finds nothing is
    dropped as `nothing_retrieved`. The index is made once, kept in the workspace and used again while step and knowledge base
    stay the same.

    New column: passages, a list of `{id, text, score}`; the ids are those of the knowledge base's rows.

    Reference: Robertson et al. 1994, "Okapi at TREC-3" (BM25); Karpukhin et al. 2020, "Dense Passage Retrieval", section 3;
    Cormack et al. 2009, "Reciprocal Rank Fusion", section 2.

    Example:
        >>> Retrieve(on="topic", method="fused", embedder="vectors").requires()
        {'vectors': frozenset({'embed'})}
    """

    on: Column = "question"
    """The column whose text is the query."""
    into: Column = "passages"
    min_score: float | None = None
    """Passages below this score are left out; scores of `bm25` and `fused` mean little from one query to the next."""
    other_than_itself: bool = Field(True)
    """Leave out a passage that is the row itself (the same id), where the source is the knowledge base too."""

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the passages."""
        import pyarrow as pa

        one = pa.struct([("id", pa.string()), ("text", pa.string()), ("score", pa.float64())])
        return {**columns, self.into: pa.list_(one)}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Search with the row's text."""
        query = row.get(self.on)
        if not isinstance(query, str):
            return failed("not_text", {"column": self.on})
        hits = await self.search(query, ctx, k=self.top_k + self.other_than_itself)
        found: list[dict[str, Any]] = [
            {"id": hit.id, "text": hit.text, "score": hit.score}
            for hit in hits
            if not (self.other_than_itself and hit.id == row["id"])
            and (self.min_score is None or hit.score >= self.min_score)
        ][: self.top_k]
        return kept(**{self.into: found}) if found else dropped("nothing_retrieved", {"query": query[:200]})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a query that finds something, one that does not, and one that is no text."""
        kb: list[Row] = [{"text": "Honey keeps for years."}, {"text": "Lava cools slowly."}]
        rows: list[Row] = [{"question": "How long does honey keep?"}, {"question": "Why?"}, {"question": 3}]
        return [Example(cls(), rows, ["kept", "dropped", "failed"], side={"kb": kb})]
