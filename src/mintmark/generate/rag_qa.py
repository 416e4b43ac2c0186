"""Retrieval-augmented answers: passages are found first, the answer must stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..measures.evidence import askable
from ..measures.faithful import meta_talk, unfaithful
from ..measures.questions import clean_question, question_problem, relation_problem
from ..measures.retriever import Hit, Retriever
from ..measures.sentences import content_words, find_folded, fold_space, plain_text, sentences
from . import grounded_prompts as asking
from . import rag_prompts as prompts
from .base import Generator, Temperature
from .parsing import without_talk

Problem = tuple[str, Any]


@operator("generate.rag_qa", version=1)
class RagQA(Retriever, Generator):
    """Answer a row's question from passages of the side input `kb`; no kept answer has a number or a name that they lack.

    The row holds a question, or with `given: topic` a topic, about which a sentence of the passages is asked first. The model
    sees the passages and the question. `answer_only`, for small models: it writes the answer, and the evidence is the sentence
    of the passages that shares most content words with it; below `min_support` of the answer's words the row is dropped
    as `no_evidence`. `quoted`, for strong models: it writes the answer and copies its evidence; a quotation that stands in no
    passage is dropped as `not_verbatim`. An answer that says that it is not in the passages is dropped as `not_answered`.

    New columns: question, answer, evidence (verbatim but for white space), context (the passages), document_ids (of the
    passages, best first), evidence_id (the passage that holds the evidence). The passages are parents of the row.

    Reference: Lewis et al. 2020, "Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks", section 2; the evidence
    follows Bohnet et al. 2022, "Attributed Question Answering", section 3.

    Example:
        >>> sorted(RagQA(method="embed", embedder="vectors").requires())
        ['vectors', 'writer']
    """

    on: Column = "question"
    """The column that holds the question or the topic."""
    given: Literal["question", "topic"] = "question"
    mode: Literal["answer_only", "quoted"] = "answer_only"
    min_support: float = Field(0.5, ge=0, le=1)
    """Share of the answer's content words that must stand in its evidence."""
    max_answer_words: int = Field(80, ge=1)
    min_evidence_words: int = Field(5, ge=1)
    tries: int = Field(3, ge=1, le=10)
    """`quoted` only: replies until one is of the right shape."""
    top_k: int = Field(3, ge=1, le=1000)
    """Passages found; the first is the best."""
    temperature: Temperature | None = 0.2
    max_tokens: int = Field(120, ge=8)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return what writer and embedder must do."""
        return {**Retriever.requires(self), **Generator.requires(self)}

    def sides(self) -> Sequence[str]:
        """Return the knowledge base, and the side inputs of inner steps."""
        return [*Retriever.sides(self), *Generator.sides(self)]

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the new ones."""
        import pyarrow as pa

        texts = ("question", "answer", "evidence", "context", "evidence_id")
        return {**columns, **dict.fromkeys(texts, pa.string()), "document_ids": pa.list_(pa.string())}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Find passages, ask where a topic is given, answer, and look for the evidence."""
        given = row.get(self.on)
        if not isinstance(given, str) or not given.strip():
            return failed("not_text", {"column": self.on})
        hits = await self.search(given, ctx)
        if not hits:
            return dropped("nothing_retrieved", {"query": given[:200]})
        values: Row = {
            **{k: v for k, v in row.items() if k != "id"}, "question": given, "answer": "", "evidence": "",
            "context": "\n\n".join(hit.text for hit in hits), "document_ids": [hit.id for hit in hits], "evidence_id": None,
        }  # fmt: skip
        try:
            problem = await self._ask(given, hits, values, ctx) if self.given == "topic" else None
            problem = problem or await (self._answer if self.mode == "answer_only" else self._quote)(hits, values, ctx)
        except RowFailure as e:
            return born([Child(values, "failed", e.reason, e.detail, parents=tuple(h.id for h in hits))])
        fate, reason, detail = ("dropped", *problem) if problem else ("kept", None, None)
        return born([Child(values, fate, reason, detail, parents=tuple(h.id for h in hits))])  # type: ignore[arg-type]

    async def _ask(self, topic: str, hits: Sequence[Hit], values: Row, ctx: RowContext) -> Problem | None:
        """Write the question that a sentence of the passages answers: one of the best passage that has any."""
        found = [[plain_text(h.text[a:b]) for a, b in askable(h.text)] for h in hits]
        choice = next((some for some in found if some), None)
        values["question"] = ""
        if choice is None:
            return "no_evidence", {"sentences": 0}
        wanted = content_words(topic)
        best = max(len(wanted & content_words(sentence)) for sentence in choice)
        sentence = ctx.rng("sentence").choice([s for s in choice if len(wanted & content_words(s)) == best])
        shown = ctx.rng("shots").sample(asking.SHOTS["fact"], 3)
        messages = asking.ask_question("fact", shown, topic, sentence)
        reply = await ctx.chat(self.model, messages, sample=1, **self.sampling(ctx, stop=["\n"], max_tokens=48))
        question = values["question"] = clean_question(reply.text)
        seen = f"{topic} {values['context']}"
        return question_problem(question) or relation_problem(question, sentence, seen, [s.question for s in shown])

    async def _answer(self, hits: Sequence[Hit], values: Row, ctx: RowContext) -> Problem | None:
        messages = prompts.ask_answer([hit.text for hit in hits], values["question"])
        reply = await ctx.chat(self.model, messages, **self.sampling(ctx))
        answer = values["answer"] = fold_space(without_talk(reply.text))
        if problem := self._problem(answer, reply.finish, values):
            return problem
        said = content_words(answer)
        best, place, text = 0.0, hits[0].id, ""
        for hit in hits:
            for a, b in sentences(hit.text):
                sentence = fold_space(hit.text[a:b])
                there = content_words(plain_text(sentence))
                share = len(said & there) / len(said) if said else 0.0
                if share > best and len(sentence.split()) >= self.min_evidence_words:
                    best, place, text = share, hit.id, sentence
        values["evidence"], values["evidence_id"] = text, place if text else None
        return None if best >= max(self.min_support, 1e-9) else ("no_evidence", round(best, 4))

    async def _quote(self, hits: Sequence[Hit], values: Row, ctx: RowContext) -> Problem | None:
        messages = prompts.ask_quoted([hit.text for hit in hits], values["question"])
        found = await ctx.structured(
            self.model, messages, prompts.SCHEMA, tries=self.tries, **self.sampling(ctx, max_tokens=4 * self.max_tokens)
        )
        values["answer"], values["evidence"] = fold_space(found["answer"]), fold_space(found["evidence"])
        if problem := self._problem(values["answer"], "stop", values):
            return problem
        place = next((hit.id for hit in hits if find_folded(values["evidence"], hit.text) is not None), None)
        if place is None or len(values["evidence"].split()) < self.min_evidence_words:
            return "not_verbatim", values["evidence"][:200]
        values["evidence_id"] = place
        share = unfaithful(values["answer"], f"{values['evidence']} {values['context']}", min_support=self.min_support)
        return share and ("no_evidence", share[1])

    def _problem(self, answer: str, finish: str, values: Row) -> Problem | None:
        """Return what is wrong with an answer whatever its evidence."""
        if not content_words(answer):
            return "empty_answer", answer
        if finish == "length":
            return "cut_off", {"max_tokens": self.max_tokens}
        if prompts.DECLINES.search(answer):
            return "not_answered", answer[:200]
        if len(answer.split()) > self.max_answer_words:
            return "answer_length", f"{len(answer.split())} words"
        if found := meta_talk(answer, values["question"]):
            return "meta_talk", found
        if content_words(answer) <= content_words(values["question"]):
            return "repeats_question", answer[:200]
        return unfaithful(answer, f"{values['question']} {values['context']}")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return an answer that stands in a passage, one that does not, a query that finds nothing, and a quotation made up."""
        kb: list[Row] = [
            {"text": "Honey keeps for years because bacteria cannot grow in so little water."},
            {"text": "Basalt columns form where thick lava cools slowly."},
        ]
        rows: list[Row] = [
            {"question": "Why does honey keep?"},
            {"question": "How do columns of basalt form?"},
            {"question": "Who?"},
        ]

        def script(request: Request) -> str:
            told = str(request.body["messages"][-1]["content"])
            if request.schema is not None:
                return '{"answer": "Bacteria cannot grow in honey.", "evidence": "Bees keep honey free of bacteria."}'
            return "Bacteria cannot grow in it." if "honey" in told else "They form in 1,200 years."

        return [
            Example(cls(), rows[:2], ["used", "kept", "used", "dropped"], script, {"kb": kb}),
            Example(cls(mode="quoted"), rows[:1], ["used", "dropped"], script, {"kb": kb}),
        ]
