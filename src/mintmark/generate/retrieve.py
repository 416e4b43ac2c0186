"""Retrieve: each row's text is a query, and every passage that it finds becomes a row."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.retriever import Retriever


@operator("generate.retrieve", version=1)
class Retrieve(Retriever, RowOperator):
    """Find passages in the side input `kb`; each becomes a row beside its query, whose parents are the query's row and the passage.

    `bm25` ranks by shared words, `embed` by the cosine of vectors, `fused` by the ranks of both. A query that finds nothing is
    dropped as `nothing_retrieved`. The index is made once, kept in the workspace and used again while the knowledge base
    stays the same.

    New columns: query_id (the query's row), document, document_id (the passage's row), rank (from 1), score. The query's columns
    are kept.

    Reference: Robertson et al. 1994, "Okapi at TREC-3" (BM25); Karpukhin et al. 2020, "Dense Passage Retrieval", section 3;
    Cormack et al. 2009, "Reciprocal Rank Fusion", section 2.

    Example:
        >>> Retrieve(on="topic", method="fused", embedder="vectors").requires()
        {'vectors': frozenset({'embed'})}
    """

    on: Column = "query"
    """The column whose text is the query."""

    def output(self, columns: Columns) -> Columns:
        """Return the query's columns and the five new ones."""
        import pyarrow as pa

        new = {"query_id": pa.string(), "document": pa.string(), "document_id": pa.string()}
        return {**columns, **new, "rank": pa.int64(), "score": pa.float64()}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Search with the row's text."""
        query = row.get(self.on)
        if not isinstance(query, str):
            return failed("not_text", {"column": self.on})
        own = {k: v for k, v in row.items() if k != "id"}
        found = [
            Child(
                {**own, "query_id": row["id"], "document": hit.text, "document_id": hit.id, "rank": n, "score": hit.score},
                parents=(hit.id,),
            )
            for n, hit in enumerate(await self.search(query, ctx), 1)
        ]  # fmt: skip
        return born(found, nothing="nothing_retrieved", detail={"query": query[:200]})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a query that finds a passage, one that finds none, and one that is no text."""
        kb: list[Row] = [{"text": "Honey keeps for years."}, {"text": "Lava cools slowly."}]
        rows: list[Row] = [{"query": "How long does honey keep?"}, {"query": "Why?"}, {"query": 3}]
        return [Example(cls(), rows, ["used", "kept", "dropped", "failed"], side={"kb": kb})]
