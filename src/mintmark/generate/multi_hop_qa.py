"""Multi-hop questions: two chunks that belong together, a question that needs both, evidence verbatim in each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..measures.entities import entities
from ..measures.evidence import askable
from ..measures.faithful import unfaithful
from ..measures.questions import clean_question, question_problem
from ..measures.retriever import Hit, Retriever
from ..measures.sentences import content_words, find_folded, fold_space, plain_text
from ..measures.support import lexical_support
from . import multi_hop_prompts as prompts
from .base import Generator, Temperature, sampled

_CODE = re.compile(r"``?([A-Za-z_][\w.()-]{3,40})``?")
_MOST_LINKS = 12
_SAME = 0.6
"""Share of the shorter sentence's content words from which two sentences say the same."""
Span = tuple[int, int]


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
    this chunk lacks, so that, as far as words show it, one chunk alone suffices.

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
        return {**Retriever.requires(self), **Generator.requires(self)}

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
        names = dict.fromkeys(name for a, b in spans for name in _names(chunk[a:b]))
        for name in list(names)[:_MOST_LINKS]:
            found_in = await self._others(name, chunk, row, ctx, k=4 * self.max_named)
            hits = [hit for hit in found_in if name.casefold() in hit.text.casefold()]
            own = [span for span in spans if name in _names(chunk[slice(*span)])]
            pairs = [pair for hit in hits[: self.top_k] if (pair := self._nearest(name, chunk, own, hit)) is not None]
            if pairs and len(hits) <= self.max_named:
                found.append((len(hits), pairs[0]))
        found.sort(key=lambda one: one[0])
        return list({(pair.here, pair.hit.id): pair for _, pair in reversed(found)}.values())[::-1]

    async def _by_nearness(self, chunk: str, spans: Sequence[Span], row: Row, ctx: RowContext) -> list[Pair]:
        """Return for each partner, nearest first, the two sentences that share most content words."""
        hits = await self._others(chunk, chunk, row, ctx, k=self.top_k)
        return [pair for hit in hits if (pair := self._nearest(None, chunk, spans, hit)) is not None]

    def _nearest(self, name: str | None, chunk: str, spans: Sequence[Span], hit: Hit) -> Pair | None:
        """Return the two sentences that share most content words and do not say the same; both hold the name, if any."""
        best, choice = set[str](), None
        for here in spans:
            own = content_words(chunk[slice(*here)])
            for there in self._askable(hit.text):
                other = content_words(text := hit.text[slice(*there)])
                shared = own & other
                same = len(shared) > _SAME * min(len(own), len(other))
                if len(shared) > len(best) and not same and (name is None or name in _names(text)):
                    best, choice = shared, Pair(hit, name or " ".join(sorted(shared)), here, there)
        return choice

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
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail, parents, within=within)
        problem = self._problem(values)
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

    def _askable(self, text: str) -> tuple[Span, ...]:
        return _spans(text, self.min_evidence_words, self.max_evidence_words)

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

        fates = ["used", "kept", "used", "dropped", "dropped"]
        return [Example(cls(), rows, fates, script, {"kb": kb})]


@lru_cache(maxsize=4096)  # a passage is looked through for every name that it holds
def _spans(text: str, min_words: int, max_words: int) -> tuple[Span, ...]:
    return tuple(askable(text, min_words=min_words, max_words=max_words))


def one_suffices(question: str, answer: str, chunk: str, other_evidence: str, min_shared: int = 1) -> bool:
    """Return whether, as far as words show it, a chunk alone answers a question that should need other evidence too.

    So it is where every content word of the answer stands in the chunk, and the question shares fewer than `min_shared`
    content words with the other evidence that the chunk lacks.

    Example:
        >>> one_suffices("When was it built?", "In 1858.", "It was built in 1858.", "Anna Brandt drew the bridge.")
        True
    """
    only_there = content_words(other_evidence) - content_words(chunk)
    return len(content_words(question) & only_there) < min_shared and lexical_support(answer, chunk) == 1.0


def _names(sentence: str) -> list[str]:
    """Return the names and the words set as code of a sentence; none so short that it may mean anything."""
    found = [*entities(plain_text(sentence)), *_CODE.findall(sentence)]
    return [name for name in dict.fromkeys(found) if len(name) > 3 and name not in ("None", "True", "False")]
