"""Steps that search a knowledge base: the settings, the index made once, and the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ..core.dataset import Column, Row
from ..core.errors import RecipeError
from ..core.operator import BulkContext, Operator, RowContext
from .retrieval import FUSED_DEPTH, Index, fused, ranked, unit, word_index

if TYPE_CHECKING:
    import numpy as np

Method = Literal["bm25", "embed", "fused"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    Attributes:
        id: its row's id in the knowledge base.
        text: the passage.
        score: the method's score; comparable within one query only, but for `embed`, where it is a cosine.
        row: its row, with all columns.
    """

    id: str
    text: str
    score: float
    row: Row


class Retriever(Operator):
    """A step that finds passages of the side input `kb`; the index is made once and kept in the workspace.

    The same query finds the same passages in the same order: of equal scores the passage that comes first in the knowledge
    base is first.
    """

    op_version: ClassVar[int] = 1
    """Of the index; a step has its own."""

    kb: str = "kb"
    """Name of the side input that is searched."""
    passage: Column = "text"
    """The column of the side input that holds a passage."""
    method: Method = "bm25"
    """`bm25` by words (extra `retrieval`), `embed` by vectors, `fused` by the ranks of both."""
    embedder: str | None = None
    """The model that embeds, for `embed` and `fused`."""
    top_k: int = Field(5, ge=1, le=1000)
    """Passages found."""

    @model_validator(mode="after")
    def _can_search(self) -> Self:
        if (self.method != "bm25") != (self.embedder is not None):
            remedy = "takes no `embedder`" if self.embedder else "needs an `embedder`, such as a model `embed/tfidf`"
            raise ValueError(f"method {self.method} {remedy}")
        return self

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the embedder, where there is one, must embed."""
        return {self.embedder: frozenset({"embed"})} if self.embedder else {}

    def sides(self) -> Sequence[str]:
        """Return the knowledge base."""
        return (self.kb,)

    def prepare(self, ctx: BulkContext) -> Index:
        """Return the index of the knowledge base.

        Raises:
            RecipeError: where one of its rows has no text.
            MissingExtra: where bm25s is needed and not installed.
        """
        texts = []
        for row in ctx.side(self.kb):
            if not isinstance(text := row.get(self.passage), str):
                raise RecipeError(
                    f"a row of the input `{self.kb}` has no text in the column `{self.passage}`", where=ctx.step,
                    got=text, allowed=sorted(row), remedy="name the column with `passage`",
                )  # fmt: skip
            texts.append(text)
        words = None if self.method == "embed" else word_index(texts)
        vectors = unit(ctx.embed(self.embedder, texts)) if self.embedder else None
        return Index(len(texts), words, vectors)

    def preparer(self) -> Operator:
        """Return the settings of the index alone, so that steps that search the same knowledge base share it."""
        return Retriever(kb=self.kb, passage=self.passage, method=self.method, embedder=self.embedder)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Index:
        """Return the index from its arrays."""
        return Index.from_arrays(arrays)

    async def search(self, query: str, ctx: RowContext, *, k: int | None = None) -> list[Hit]:
        """Return the `top_k` passages for a query (or `k`), best first; by words only those that share one."""
        index: Index = ctx.artifact
        k = self.top_k if k is None else k
        if self.method == "bm25":
            return self._hits(ranked(index.by_words(query), k, above=0.0), ctx)
        near = index.by_vector(await self._vector(query, ctx))
        if self.method == "embed":
            return self._hits(ranked(near, k), ctx)
        depth = max(FUSED_DEPTH, k)
        rankings = [ranked(index.by_words(query), depth, above=0.0), ranked(near, depth)]
        return self._hits(fused([[place for place, _ in one] for one in rankings], k), ctx)

    async def _vector(self, query: str, ctx: RowContext) -> Any:
        assert self.embedder is not None
        return (await ctx.embed(self.embedder, [query]))[0]

    def _hits(self, found: Sequence[tuple[int, float]], ctx: RowContext) -> list[Hit]:
        rows = ctx.side(self.kb)
        return [Hit(rows[i]["id"], rows[i][self.passage], round(score, 6), rows[i]) for i, score in found]
