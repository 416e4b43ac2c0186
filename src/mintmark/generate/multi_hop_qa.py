"""Multi-hop questions: two chunks that belong together, a question that needs both, evidence verbatim in each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..measures.faithful import unfaithful
from ..measures.hops import Span, linked, names, one_suffices, sentences_to_ask
from ..measures.questions import clean_question, question_problem
from ..measures.retriever import Hit, Retriever
from ..measures.sentences import content_words, find_folded, fold_space, plain_text
from . import multi_hop_prompts as prompts
from .base import Generator, Temperature, sampled

_MOST_LINKS = 12


class Pair(NamedTuple):
    """Two sentences of two chunks and what links them."""

    hit: Hit
    link: str
    here: Span
    there: Span


@operator("generate.multi_hop_qa", version=1)
class MultiHopQA(Retriever, Generator):
    """Ask what takes two chunks to answer; both pieces of evidence stand verbatim in their chunks.

    For each chunk a partner is found in the side input `kb` (the same documents, as a rule). With `link: entity` both have a
    sentence that names the same thing, the rarest one first: a name inside a sentence, or a word set as code. With
    `link: neighbour` the partner is near by `method`, and two sentences are taken that share content words. `evidence_first`, for
    small models: the model writes the question that both sentences together answer, and they are the answer. `joint`, for
    strong models: it writes question and answer.

    Dropped as `one_hop`: the answer stands in one chunk and the question shares no content word with the other's evidence that
    this chunk lacks, so that, as far as words show it, one chunk alone suffices; with `min_hop_gain`, also where one of the two
    evidences does not make the question likelier beside the other.

    New columns: question, answer, evidence and evidence_2 (verbatim but for white space), context and context_2 (the chunks),
    link. The partner is a parent of the row.

    Reference: Yang et al. 2018, "HotpotQA", section 2 (bridge entities); Welbl et al. 2018, "Constructing Datasets for Multi-hop
    Reading Comprehension Across Documents", section 3.

    Example:
        >>> MultiHopQA(link="neighbour").sides()
        ['kb']
    """

    on: Column = "text"
    """The column that holds the chunk."""
    link: Literal["entity", "neighbour"] = "entity"
    mode: Literal["evidence_first", "joint"] = "evidence_first"
    per_chunk: int = Field(1, ge=1, le=20)
    """Questions tried for each chunk, each with a pair of its own."""
    min_evidence_words: int = Field(8, ge=1)
    max_evidence_words: int = Field(40, ge=1)
    max_named: int = Field(30, ge=1)
    """`link: entity`: a name that more other chunks hold links nothing."""
    min_shared_words: int = Field(1, ge=1)
    """Content words that the question must share with each evidence, of those that the other chunk lacks."""
    min_hop_gain: float | None = None
    """Nats a token by which each evidence must make the question likelier beside the other; None does not score."""
    min_support: float = Field(0.5, ge=0, le=1)
    """`joint`: share of the answer's content words that must stand in the two chunks."""
    tries: int = Field(3, ge=1, le=10)
    """`joint`: replies until one is of the right shape."""
    top_k: int = Field(8, ge=2, le=1000)
    """Passages looked through for a partner."""
    temperature: Temperature | None = 0.3
    max_tokens: int = Field(64, ge=8)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return what writer and embedder must do."""
        found = {**Retriever.requires(self), **Generator.requires(self)}
        return found | ({self.model: found[self.model] | {"score"}} if self.min_hop_gain is not None else {})

    def sides(self) -> Sequence[str]:
        """Return the knowledge base, and the side inputs of inner steps."""
        return [*Retriever.sides(self), *Generator.sides(self)]

    def output(self, columns: Columns) -> Columns:
        """Return the chunk's other columns and the new ones."""
        import pyarrow as pa

        new = ("question", "answer", "evidence", "evidence_2", "context", "context_2", "link")
        return {**dict.fromkeys(new, pa.string()), **{k: v for k, v in columns.items() if k != self.on}}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Find pairs and ask about each."""
        chunk = row.get(self.on)
        if not isinstance(chunk, str):
            return failed("not_text", {"column": self.on})
        spans = self._askable(chunk)
        if not spans:
            return dropped("no_evidence", {"sentences": 0})
        pairs = await (self._by_entity if self.link == "entity" else self._by_nearness)(chunk, spans, row, ctx)
        work = [self._ask(pair, chunk, row, ctx, n) for n, pair in enumerate(pairs[: self.per_chunk])]
        return born(await sampled(work), nothing="no_partner", detail={"sentences": len(spans)})

    async def _by_entity(self, chunk: str, spans: Sequence[Span], row: Row, ctx: RowContext) -> list[Pair]:
        """Return a pair for each name that a partner shares, the name with the fewest partners first."""
        found: list[tuple[int, Pair]] = []
        known = dict.fromkeys(name for a, b in spans for name in names(chunk[a:b]))
        for name in list(known)[:_MOST_LINKS]:
            others = await self._others(name, chunk, row, ctx, k=4 * self.max_named)
            hits = [hit for hit in others if name.casefold() in hit.text.casefold()]
            own = [span for span in spans if name in names(chunk[slice(*span)])]
            pairs = [pair for hit in hits[: self.top_k] if (pair := self._pair(name, chunk, own, hit)) is not None]
            if pairs and len(hits) <= self.max_named:
                found.append((len(hits), pairs[0]))
        found.sort(key=lambda one: one[0])
        return list({(pair.here, pair.hit.id): pair for _, pair in reversed(found)}.values())[::-1]

    async def _by_nearness(self, chunk: str, spans: Sequence[Span], row: Row, ctx: RowContext) -> list[Pair]:
        """Return for each partner, nearest first, the two sentences that share most content words."""
        hits = await self._others(chunk, chunk, row, ctx, k=self.top_k)
        return [pair for hit in hits if (pair := self._pair(None, chunk, spans, hit)) is not None]

    def _pair(self, name: str | None, chunk: str, spans: Sequence[Span], hit: Hit) -> Pair | None:
        found = linked(chunk, spans, hit.text, self._askable(hit.text), name)
        return None if found is None else Pair(hit, name or found[2], found[0], found[1])

    async def _others(self, query: str, chunk: str, row: Row, ctx: RowContext, *, k: int) -> list[Hit]:
        hits = await self.search(query, ctx, k=k + 1)
        return [hit for hit in hits if hit.id != row["id"] and hit.text != chunk][:k]

    async def _ask(self, pair: Pair, chunk: str, row: Row, ctx: RowContext, n: int) -> Child:
        first, second = (fold_space(t[slice(*s)]) for t, s in ((chunk, pair.here), (pair.hit.text, pair.there)))
        values: Row = {
            "question": "", "answer": f"{plain_text(first)} {plain_text(second)}", "evidence": first, "evidence_2": second,
            "context": chunk, "context_2": pair.hit.text, "link": pair.link,
        }  # fmt: skip
        values |= {k: v for k, v in row.items() if k not in values and k not in ("id", self.on)}
        within, parents = (*pair.here, chunk.count("\n", 0, pair.here[0])), (pair.hit.id,)
        link = pair.link if self.link == "entity" else ""
        try:
            if self.mode == "joint":
                found = await ctx.structured(
                    self.model, prompts.ask_both(link, chunk, pair.hit.text, first, second), prompts.SCHEMA,
                    tries=self.tries, sample=n, **self.sampling(ctx, n, max_tokens=6 * self.max_tokens),
                )  # fmt: skip
                values["question"], values["answer"] = fold_space(found["question"]), fold_space(found["answer"])
            else:
                shown = ctx.rng("shots", n).sample(prompts.SHOTS, 2)
                messages = prompts.ask_question(shown, link, plain_text(first), plain_text(second))
                reply = await ctx.chat(self.model, messages, sample=n, **self.sampling(ctx, n, stop=["\n"]))
                values["question"] = clean_question(reply.text)
            problem = self._problem(values) or await self._useless(values, ctx)
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail, parents, within=within)
        if problem is not None:
            return Child(values, "dropped", *problem, parents, within=within)
        return Child(values, parents=parents, within=within)

    def _problem(self, values: Row) -> tuple[str, Any] | None:
        asked = values["question"]
        if problem := question_problem(asked):
            return problem
        whole = f"{values['context']} {values['context_2']}"
        foreign = content_words(asked) - content_words(whole)
        for shot in prompts.SHOTS:
            if len(taken := foreign & content_words(shot.question)) >= 2:
                return "copies_example", " ".join(sorted(taken))
        if self.mode == "joint":
            if find_folded(values["answer"], values["question"]) is not None:
                return "answer_in_question", values["answer"]
            if wrong := unfaithful(values["answer"], f"{asked} {whole}", min_support=self.min_support):
                return wrong
        answer = values["answer"] if self.mode == "joint" else ""  # else it is both sentences: the question alone tells
        for own, other in (("context", "evidence_2"), ("context_2", "evidence")):
            if one_suffices(asked, answer, values[own], values[other], self.min_shared_words):
                return "one_hop", {"suffices": own}
        return None

    async def _useless(self, values: Row, ctx: RowContext) -> tuple[str, Any] | None:
        """Return what is wrong where one of the evidences does nothing for the question beside the other."""
        if self.min_hop_gain is None:
            return None
        first, second = (f"Passage: {plain_text(values[k])}\n" for k in ("evidence", "evidence_2"))
        contexts, target = (first + second, second, first), f" {values['question']}"
        both, *alone = await asyncio.gather(*(ctx.score(self.model, f"{c}Question:", target) for c in contexts))
        gains = [round(float((both - one).mean()), 4) for one in alone]
        return None if min(gains) >= self.min_hop_gain else ("one_hop", {"hop_gains": gains})

    def _askable(self, text: str) -> tuple[Span, ...]:
        return sentences_to_ask(text, self.min_evidence_words, self.max_evidence_words)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a question that takes both chunks, one that takes one, and a chunk without a partner."""
        kb: list[Row] = [
            {"text": "The old lighthouse of the harbour was built in 1858 by Anna Brandt from grey granite."},
            {"text": "The bridge over the river was drawn up by the engineer Anna Brandt in her last year."},
        ]
        rows: list[Row] = [
            kb[0],
            kb[1],
            {"text": "Basalt columns form where very thick lava cools slowly and shrinks evenly."},
        ]

        def script(request: Request) -> str:
            told = str(request.body["messages"][-1]["content"])
            first = told.rindex("lighthouse") < told.rindex("bridge")
            return (
                "Which bridge was drawn up by the builder of the lighthouse?"
                if first
                else "In which year was the bridge drawn up?"
            )

        def scored(request: Request) -> Any:
            if request.kind == "chat":
                return script(request)
            return [-2.0 if "bridge" in str(request.body["context"]) else -3.0]

        fates = ["used", "kept", "used", "dropped", "dropped"]
        return [
            Example(cls(), rows, fates, script, {"kb": kb}),
            Example(cls(min_hop_gain=0.5), rows[:1], ["used", "dropped"], scored, {"kb": kb}),
        ]
