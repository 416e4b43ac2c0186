"""Retrieval-augmented answers: passages are found first, the answer must stand in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, Fate, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..core.waiting import gathered
from ..measures.evidence import announces, askable
from ..measures.faithful import meta_talk, unfaithful
from ..measures.questions import clean_question, empty_answer, one_sided, question_problem, relation_problem
from ..measures.retriever import Hit, Retriever
from ..measures.sentences import content_words, find_folded, fold_space, plain_text, sentences
from . import grounded_prompts as asking
from . import rag_prompts as prompts
from .base import Generator, Temperature

Problem = tuple[str, Any]


class Sentence(NamedTuple):
    """A sentence of a passage."""

    text: str
    id: str
    """Of the passage."""


@operator("generate.rag_qa", version=1)
class RagQA(Retriever, Generator):
    """Answer a row's question from passages of the side input `kb`; the evidence of every kept row stands verbatim in one of them.

    The row holds a question, or with `given: topic` a topic: then a sentence of the passages is picked and the model writes the
    question that it answers. `extractive`, for small models that can score: the answer is the sentence of all passages that makes
    the question likeliest. Dropped are `no_evidence` where it makes it less than `min_gain` nats a token likelier than nothing
    does, `ambiguous_evidence` where the next best is nearer than `min_margin`, and `not_found_again` where a question was asked
    about another sentence, `one_sided` where it asks for a difference and only one side is named, and
    `restates_question` or `no_definition` where the answer tells nothing of what is asked. Measured on 72 questions
    of XQuAD (240 passages, embedded model): the sentence holds the answer in 65 % of the rows without these limits, and in 86 %
    of the half that they leave. `quoted`, for strong models: the
    model writes the answer and copies its evidence; a quotation that stands in no passage is dropped as `not_verbatim`, an
    answer with a number or a name that the passages lack as `unsupported_number` or `unsupported_name`.

    New columns: question, answer, evidence (verbatim but for white space), context (the passages), document_ids (of the
    passages, best first), evidence_id (the passage that holds the evidence), evidence_gain (nats a token by which it makes the
    question likelier; null for `quoted`). The passages are parents of the row.

    Reference: Lewis et al. 2020, "Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks", section 2; Sachan et al.
    2022, "Improving Passage Retrieval with Zero-Shot Question Generation", section 2 (the question's likelihood); Alberti et
    al. 2019, "Synthetic QA Corpora Generation with Roundtrip Consistency", section 2 (found again).

    Example:
        >>> sorted(RagQA(method="embed", embedder="vectors").requires())
        ['vectors', 'writer']
    """

    on: Column = "question"
    """The column that holds the question or the topic."""
    given: Literal["question", "topic"] = "question"
    mode: Literal["extractive", "quoted"] = "extractive"
    min_gain: float = 1.0
    """`extractive`: nats a token by which the evidence must make the question likelier."""
    min_margin: float = Field(0.5, ge=0)
    """`extractive`: nats a token by which it must do so more than the next best sentence."""
    min_support: float = Field(0.5, ge=0, le=1)
    """`quoted`: share of the answer's content words that must stand in the passages."""
    most_sentences: int = Field(12, ge=2)
    """`extractive`: sentences that are scored, those with most of the question's words first."""
    min_evidence_words: int = Field(6, ge=1)
    max_evidence_words: int = Field(60, ge=1)
    tries: int = Field(3, ge=1, le=10)
    """`quoted`: replies until one is of the right shape."""
    top_k: int = Field(3, ge=1, le=1000)
    """Passages found; the first is the best."""
    temperature: Temperature | None = 0.3
    max_tokens: int = Field(48, ge=8)
    """Tokens for a question; `quoted` asks for eight times as many."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return what writer and embedder must do."""
        found = {**Retriever.requires(self), **Generator.requires(self)}
        return found | ({self.model: found[self.model] | {"score"}} if self.mode == "extractive" else {})

    def sides(self) -> Sequence[str]:
        """Return the knowledge base, and the side inputs of inner steps."""
        return [*Retriever.sides(self), *Generator.sides(self)]

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the new ones."""
        import pyarrow as pa

        texts = ("question", "answer", "evidence", "context", "evidence_id")
        more = {"document_ids": pa.list_(pa.string()), "evidence_gain": pa.float64()}
        return {**columns, **dict.fromkeys(texts, pa.string()), **more}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Find passages, ask where a topic is given, and answer."""
        given = row.get(self.on)
        if not isinstance(given, str) or not given.strip():
            return failed("not_text", {"column": self.on})
        hits = await self.search(given, ctx)
        if not hits:
            return dropped("nothing_retrieved", {"query": given[:200]})
        values: Row = {
            **{k: v for k, v in row.items() if k != "id"}, "question": given, "answer": "", "evidence": "",
            "context": "\n\n".join(hit.text for hit in hits), "document_ids": [hit.id for hit in hits], "evidence_id": None,
            "evidence_gain": None,
        }  # fmt: skip
        fate: Fate = "kept"
        reason, detail = None, None
        try:
            if problem := await self._filled(given, hits, values, ctx):
                fate, (reason, detail) = "dropped", problem
        except RowFailure as e:
            fate, reason, detail = "failed", e.reason, e.detail
        return born([Child(values, fate, reason, detail, tuple(hit.id for hit in hits))])

    async def _filled(self, given: str, hits: Sequence[Hit], values: Row, ctx: RowContext) -> Problem | None:
        """Fill in question, answer and evidence; return what is wrong with them."""
        unique: dict[str, Sentence] = {}
        for hit in hits:
            for text in self._sentences(hit.text):
                unique.setdefault(text, Sentence(text, hit.id))
        found = list(unique.values())
        about = None
        if self.given == "topic":
            values["question"] = ""
            if not found:
                return "no_evidence", {"sentences": 0}
            about = self._picked(given, found, ctx)
            if problem := await self._ask(given, plain_text(about.text), values, ctx):
                return problem
        if self.mode == "quoted":
            return await self._quote(hits, values, ctx)
        return await self._extract(found, about, values, ctx)

    def _sentences(self, passage: str) -> list[str]:
        """Return the sentences that may be evidence; what is to be asked about must stand alone as well."""
        low, high = self.min_evidence_words, self.max_evidence_words
        topic = self.given == "topic"
        spans = askable(passage, min_words=low, max_words=high) if topic else sentences(passage)
        found = [fold_space(passage[a:b]) for a, b in spans]
        return [one for one in found if low <= len(one.split()) <= high and not announces(one)]

    def _picked(self, topic: str, found: Sequence[Sentence], ctx: RowContext) -> Sentence:
        """Return one of the sentences of the best passage that share most content words with the topic."""
        wanted = content_words(topic)
        first = [one for one in found if one.id == found[0].id]
        shared = [len(wanted & content_words(one.text)) for one in first]
        return ctx.rng("sentence").choice([one for one, n in zip(first, shared, strict=True) if n == max(shared)])

    async def _ask(self, topic: str, sentence: str, values: Row, ctx: RowContext) -> Problem | None:
        shown = ctx.rng("shots").sample(asking.SHOTS["fact"], 3)
        messages = asking.ask_question("fact", shown, topic, sentence)
        reply = await ctx.chat(self.model, messages, sample=1, **self.sampling(ctx, stop=["\n"]))
        question = values["question"] = clean_question(reply.text)
        seen = f"{topic} {values['context']}"
        return question_problem(question) or relation_problem(question, sentence, seen, [s.question for s in shown])

    async def _extract(
        self, found: Sequence[Sentence], about: Sentence | None, values: Row, ctx: RowContext
    ) -> Problem | None:
        """Take the sentence that makes the question likeliest; the same tokens are scored each time."""
        asked = content_words(values["question"])
        ranked = sorted(found, key=lambda one: (one is not about, -len(asked & content_words(one.text))))
        ranked = ranked[: self.most_sentences]
        if not ranked:
            return "no_evidence", {"sentences": 0}
        target = f" {values['question']}"
        contexts = ["Question:", *(f"Passage: {plain_text(one.text)}\nQuestion:" for one in ranked)]
        blind, *seen = await gathered(ctx.score(self.model, context, target) for context in contexts)
        gains = [float((one - blind).mean()) for one in seen]
        best = max(range(len(gains)), key=lambda i: (gains[i], -i))
        chosen = ranked[best]
        values["answer"], values["evidence"], values["evidence_id"] = plain_text(chosen.text), chosen.text, chosen.id
        values["evidence_gain"] = round(gains[best], 6)
        if gains[best] < self.min_gain:
            return "no_evidence", {"gain": round(gains[best], 4)}
        if (other := one_sided(values["question"], values["evidence"])) is not None:
            return "one_sided", other
        if empty := empty_answer(values["question"], values["answer"]):
            return empty
        margin = gains[best] - max((gain for i, gain in enumerate(gains) if i != best), default=-math.inf)
        if margin < self.min_margin:
            return "ambiguous_evidence", {"gain": round(gains[best], 4), "margin": round(margin, 4)}
        if about is not None and chosen.text != about.text:
            return "not_found_again", {
                "asked_about": about.text,
                "gain": round(gains[0], 4),
                "best": round(gains[best], 4),
            }
        return None

    async def _quote(self, hits: Sequence[Hit], values: Row, ctx: RowContext) -> Problem | None:
        messages = prompts.ask_quoted([hit.text for hit in hits], values["question"])
        sampling = self.sampling(ctx, max_tokens=8 * self.max_tokens)
        found = await ctx.structured(self.model, messages, prompts.SCHEMA, tries=self.tries, **sampling)
        answer, evidence = (fold_space(found[k]) for k in ("answer", "evidence"))
        values["answer"], values["evidence"] = answer, evidence
        if prompts.DECLINES.search(answer):
            return "not_answered", answer[:200]
        place = next((hit.id for hit in hits if find_folded(evidence, hit.text) is not None), None)
        if place is None:
            return "not_verbatim", evidence[:200]
        values["evidence_id"] = place
        if talk := meta_talk(answer, values["question"]):
            return "meta_talk", talk
        return unfaithful(answer, f"{values['question']} {values['context']}", min_support=self.min_support)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return questions with and without an answer in the passages, one asked about a topic, and a quotation made up."""
        kb: list[Row] = [
            {"text": "Honey keeps for years because bacteria cannot grow in so little water."},
            {"text": "Basalt columns form where very thick lava cools slowly and shrinks evenly."},
        ]
        rows: list[Row] = [
            {"question": "Why does honey keep?"},
            {"question": "Where is basalt sold?"},
            {"question": "Who?"},
        ]

        def script(request: Request) -> Any:
            if request.kind == "score":
                return [-1.0 if "Honey" in str(request.body["context"]) else -2.0]
            if request.schema is not None:
                return '{"answer": "Bacteria cannot grow in honey.", "evidence": "Bees keep honey free of bacteria."}'
            return "Why does honey keep for years?"

        fates = ["used", "kept", "used", "dropped", "dropped"]
        return [
            Example(cls(), rows, fates, script, {"kb": kb}),
            Example(cls(on="topic", given="topic"), [{"topic": "honey"}], ["used", "kept"], script, {"kb": kb}),
            Example(cls(mode="quoted"), rows[:1], ["used", "dropped"], script, {"kb": kb}),
        ]
