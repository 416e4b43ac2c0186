"""InPars: from a document to a query that it answers, few-shot, with the query's mean log-probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..core.call import Reply, Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.queries import clean_query, query_problem
from ..measures.sentences import content_words, sentences
from .base import Generator, Temperature, sampled

_PROSE_WORDS = 5
_EXAMPLES = (
    ("Spring tides happen when the Sun and the Moon pull in line, about twice a month. Neap tides lie between them, when "
     "the two pull at right angles and the water rises least.", "difference between spring tides and neap tides"),
    ("A sourdough starter that stands in the refrigerator is fed once a week; one that stands in the kitchen wants flour and "
     "water every day, or it turns sour and thin.", "how often should a sourdough starter be fed"),
    ("The planner cannot use an index on a column that is wrapped in a function call. Index the expression itself, or rewrite "
     "the condition so that the column stands alone.", "why does the query planner ignore my index"),
    ("Both cuts of a graft are made at the same angle, so that the growing layers touch along their whole length. They are "
     "bound tightly and sealed with wax against drying out.", "what angle to cut a graft at"),
    ("A branch may lend a reference book for one night if the head librarian agrees. It must be back before the doors open.",
     "can I borrow a reference book overnight"),
)  # fmt: skip


@operator("generate.inpars", version=1)
class InPars(Generator):
    """Write the query that a document answers, as somebody would type who has not seen it; the model is shown worked examples.

    Examples are drawn anew for each call, from the side input `few_shot` (columns `document` and `query`) or from five that
    come with the step. `query_logprob` is the mean natural log-probability of the query's tokens after the prompt: from the reply
    where the model gives log-probabilities with it, else by scoring, else null. Version 1 of the method keeps the top of the
    queries by it (`curate.top`); version 2 by a reranker's score (`curate.rerank`, then `curate.top`).

    Dropped: `copies_document` for a query that is for the most part one run of the document's words, which a log-probability would
    put first; `copies_example` for words of an example that the document lacks; `not_a_query` for statements; `query_length`;
    `unrelated_query` for fewer than `min_shared_words` content words of the document. A document without prose bears none.

    New columns: query, document (the chunk), query_logprob. The chunk's other columns are kept.

    Reference: Bonifacio et al. 2022, "InPars: Data Augmentation for Information Retrieval using Large Language Models", section
    3; Jeronymo et al. 2023, "InPars-v2", section 2.

    Example:
        >>> InPars(few_shot="shown").sides()
        ['shown']
    """

    on: Column = "text"
    """The column that holds the document."""
    queries: int = Field(1, ge=1, le=100)
    """Queries for each document; several need a temperature above 0."""
    few_shot: str | None = None
    """Name of the side input that examples are drawn from."""
    shots: int = Field(3, ge=1, le=100)
    min_words: int = Field(3, ge=1)
    max_words: int = Field(24, ge=1)
    min_shared_words: int = Field(1, ge=0)
    """Content words, by stem, that a query must share with its document; 0 allows any paraphrase."""
    temperature: Temperature | None = 0.0
    max_tokens: int = Field(40, ge=4)

    def sides(self) -> Sequence[str]:
        """Return the examples' side input, and those of inner steps."""
        return [*([self.few_shot] if self.few_shot else []), *super().sides()]

    def output(self, columns: Columns) -> Columns:
        """Return the chunk's other columns and the new ones."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if k != self.on}
        return {"query": pa.string(), "document": pa.string(), "query_logprob": pa.float64(), **kept}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask `queries` times."""
        document = row.get(self.on)
        if not isinstance(document, str):
            return failed("not_text", {"column": self.on})
        prose = any(len(document[a:b].split()) >= _PROSE_WORDS for a, b in sentences(document))
        asked = range(self.queries) if prose else ()
        return born(await sampled(self._ask(document, row, ctx, n) for n in asked), nothing="no_prose")

    async def _ask(self, document: str, row: Row, ctx: RowContext, n: int) -> Child:
        shown = self._drawn(ctx, n)
        values: Row = {"query": "", "document": document, "query_logprob": None}
        values |= {k: v for k, v in row.items() if k not in values and k not in ("id", self.on)}
        messages = _messages(shown, document)
        logprobs = True if "logprobs" in ctx.capabilities(self.model) else None
        try:
            reply = await ctx.chat(
                self.model, messages, sample=n, **self.sampling(ctx, n, stop=["\n"], logprobs=logprobs)
            )
            query = values["query"] = clean_query(reply.text)
            problem = self._problem(query, document, shown, reply.finish)
            if problem is None:
                values["query_logprob"] = await self._logprob(reply, messages, query, ctx)
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        return Child(values) if problem is None else Child(values, "dropped", *problem)

    def _drawn(self, ctx: RowContext, n: int) -> list[tuple[str, str]]:
        known: Sequence[tuple[str, str]] = _EXAMPLES
        if self.few_shot is not None:
            rows = ctx.side(self.few_shot)
            known = [(str(r["document"]), str(r["query"])) for r in rows if r.get("document") and r.get("query")]
            if not known:
                raise RowFailure("no_examples", {"input": self.few_shot, "columns": ["document", "query"]})
        return ctx.rng("shots", n).sample(known, min(self.shots, len(known)))

    def _problem(
        self, query: str, document: str, shown: Sequence[tuple[str, str]], finish: str
    ) -> tuple[str, Any] | None:
        words, there = content_words(query), content_words(document)
        if finish == "length":
            return "cut_off", {"max_tokens": self.max_tokens}
        if problem := query_problem(query, document, min_words=self.min_words, max_words=self.max_words):
            return problem
        for _, example in shown:
            if len(taken := (words - there) & content_words(example)) >= 2:
                return "copies_example", " ".join(sorted(taken))
        if len(words & there) < self.min_shared_words:
            return "unrelated_query", f"{len(words & there)} words in common"
        return None

    async def _logprob(
        self, reply: Reply, messages: Sequence[Mapping[str, str]], query: str, ctx: RowContext
    ) -> float | None:
        told = (reply.extra.get("logprobs") or {}).get("content") or ()
        values = [float(one["logprob"]) for one in told]
        if not values and "score" in ctx.capabilities(self.model):
            prompt = "\n\n".join(m["content"] for m in messages[1:])
            values = [float(x) for x in await ctx.score(self.model, f"{prompt}\nQuery:", f" {query}")]
        return round(sum(values) / len(values), 6) if values else None

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a query that fits, one that copies an example, and a document without prose."""
        rows: list[Row] = [
            {"text": "Honey keeps for years because bacteria cannot grow in it."},
            {"text": "Basalt columns form where thick lava cools very slowly."},
            {"text": "| a | b |"},
        ]

        def script(request: Request) -> Any:
            if request.kind == "score":
                return [-0.5, -1.5]
            told = str(request.body["messages"][-1]["content"])
            return "how long does honey keep" if "Honey" in told else "what do bees eat in winter"

        return [Example(cls(), rows, ["used", "kept", "used", "dropped", "dropped"], script)]


def _messages(shown: Sequence[tuple[str, str]], document: str) -> list[dict[str, str]]:
    system = (
        "You write search queries. Given a document, write one query that somebody could type into a search engine who has not "
        "seen the document, and that the document answers. Reply with the query only."
    )
    messages = [{"role": "system", "content": system}]
    for text, query in shown:
        messages.append({"role": "user", "content": f"Document: {text}"})
        messages.append({"role": "assistant", "content": query})
    messages.append({"role": "user", "content": f"Document: {document}"})
    return messages
