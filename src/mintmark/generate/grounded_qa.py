"""Grounded questions and answers: every answer rests on a span that stands, letter for letter, in its chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.evidence import askable, gives_a_reason
from ..measures.questions import clean_question, empty_answer, question_problem, relation_problem
from ..measures.sentences import find_folded, fold_space, plain_text
from . import grounded_prompts as prompts
from .base import Generator, Temperature, sampled

Kind = Literal["fact", "reasoning", "unanswerable"]


@operator("generate.grounded_qa", version=1)
class GroundedQA(Generator):
    """Ask about a chunk; the evidence of every kept row is found verbatim in it (white space folded).

    `evidence_first`, for small models: the engine picks a sentence that stands alone, the model only asks the question that it
    answers, and the sentence is the answer. `joint`, for strong models: the model writes question, answer and evidence; an
    evidence that is not in the chunk is dropped as `not_verbatim`. An `unanswerable` question is checked: the model is asked to quote
    the sentence that answers it, and a quote that stands in the chunk drops the row as `answerable`.

    A question that points at a text its reader will not have ("the passage") is dropped as `not_standalone`; an answer that tells
    nothing of what is asked as `restates_question` or `no_definition`.

    New columns: question, answer, evidence, context (the chunk), kind. All other columns of the chunk are kept.

    Reference: Alberti et al. 2019, "Synthetic QA Corpora Generation with Roundtrip Consistency", section 2; the verbatim
    evidence follows Bohnet et al. 2022, "Attributed Question Answering", section 3.

    Example:
        >>> GroundedQA(per_chunk=2).requires()
        {'writer': frozenset({'chat'})}
    """

    on: Column = "text"
    """The column that holds the chunk."""
    per_chunk: int = Field(1, ge=1, le=100)
    """Rows tried for each chunk; fewer where it has fewer sentences that can be asked about."""
    mode: Literal["evidence_first", "joint"] = "evidence_first"
    kinds: tuple[Kind, ...] = Field(("fact",), min_length=1)
    """Kinds of question, dealt out in turn: single `fact`, `reasoning` (why, how), `unanswerable`."""
    shots: int = Field(3, ge=0, le=6)
    """Worked examples shown, drawn anew for each call so that no opening is copied throughout."""
    min_evidence_words: int = Field(8, ge=1)
    max_evidence_words: int = Field(40, ge=1)
    min_shared_words: int = Field(1, ge=0)
    """Content words that a question must share with its evidence."""
    tries: int = Field(3, ge=1, le=10)
    """`joint` only: replies until one is of the right shape."""
    temperature: Temperature | None = 0.3
    max_tokens: int = Field(48, ge=8)
    """Tokens for a question; `joint` asks for eight times as many."""

    def output(self, columns: Columns) -> Columns:
        """Return the chunk's other columns and the five new ones."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if k != self.on}
        return {**{k: pa.string() for k in ("question", "answer", "evidence", "context", "kind")}, **kept}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Try `per_chunk` questions at once."""
        chunk = row.get(self.on)
        if not isinstance(chunk, str):
            return failed("not_text", {"column": self.on})
        rng = ctx.rng("plan")
        spans = askable(chunk, min_words=self.min_evidence_words, max_words=self.max_evidence_words)
        rng.shuffle(spans)
        first, work = rng.randrange(len(self.kinds)), []
        for n in range(self.per_chunk):
            kind = self.kinds[(first + n) % len(self.kinds)]
            if kind == "unanswerable":
                work.append(self._unanswerable(chunk, row, ctx, n))
            elif self.mode == "joint":
                work.append(self._joint(chunk, row, ctx, n, kind))
            elif (span := _pick(spans, chunk, kind)) is not None:
                work.append(self._evidence_first(chunk, row, ctx, n, kind, span))
        children = await sampled(work)
        return born(children, nothing="no_evidence", detail={"sentences": len(spans)})

    async def _evidence_first(
        self, chunk: str, row: Row, ctx: RowContext, n: int, kind: Kind, span: tuple[int, int]
    ) -> Child:  # fmt: skip
        evidence = fold_space(chunk[span[0] : span[1]])
        answer = plain_text(evidence)
        shown = ctx.rng("shots", n).sample(prompts.SHOTS[kind], min(self.shots, len(prompts.SHOTS[kind])))
        messages = prompts.ask_question(kind, shown, _topic(row), answer)
        values = self._values(row, chunk, "", answer, evidence, kind)
        try:
            reply = await ctx.chat(self.model, messages, sample=n, **self.sampling(ctx, n, stop=["\n"]))
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail, within=_within(chunk, span))
        question = values["question"] = clean_question(reply.text)
        problem = question_problem(question) or relation_problem(
            question,
            evidence,
            f"{_topic(row)} {chunk}",
            [shot.question for shot in shown],
            min_shared=self.min_shared_words,
        )
        problem = problem or (empty_answer(question, answer) if kind != "unanswerable" else None)
        return _child(values, problem, _within(chunk, span))

    async def _joint(self, chunk: str, row: Row, ctx: RowContext, n: int, kind: Kind) -> Child:
        values = self._values(row, chunk, "", "", "", kind)
        try:
            found = await ctx.structured(
                self.model, prompts.ask_all(kind, chunk, n), prompts.QA_SCHEMA, tries=self.tries, sample=n,
                **self.sampling(ctx, n, max_tokens=8 * self.max_tokens),
            )  # fmt: skip
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        values |= {k: fold_space(found[k]) for k in ("question", "answer", "evidence")}
        span = find_folded(values["evidence"], chunk)
        if span is None:
            return _child(values, ("not_verbatim", values["evidence"][:200]), None)
        problem = question_problem(values["question"])
        if problem is None and not values["answer"]:
            problem = ("empty_answer", "")
        return _child(values, problem, _within(chunk, span))

    async def _unanswerable(self, chunk: str, row: Row, ctx: RowContext, n: int) -> Child:
        values = self._values(row, chunk, "", prompts.NOT_IN_TEXT, None, "unanswerable")
        try:
            asked = await ctx.chat(self.model, prompts.ask_unanswerable(chunk), sample=n, **self.sampling(ctx, n))
            values["question"] = clean_question(asked.text)
            problem = question_problem(values["question"])
            if problem is not None:
                return _child(values, problem, None)
            quoted = await ctx.chat(
                self.model, prompts.ask_quote(chunk, values["question"]), sample=n, attempt=1,
                **self.sampling(ctx, n, temperature=0.0, max_tokens=3 * self.max_tokens),
            )  # fmt: skip
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        reply = fold_space(quoted.text).strip("\"'“” ")
        if reply.upper().startswith("NONE"):
            return _child(values, None, None)
        if len(reply.split()) >= 3 and find_folded(reply.rstrip("."), chunk) is not None:
            return _child(values, ("answerable", reply[:200]), None)
        return Child(values, "failed", "cannot_check", reply[:200])

    def _values(self, row: Row, chunk: str, question: str, answer: str, evidence: str | None, kind: Kind) -> Row:
        own: Row = {"question": question, "answer": answer, "evidence": evidence, "context": chunk, "kind": kind}
        return {**own, **{k: v for k, v in row.items() if k not in own and k not in ("id", self.on)}}

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a chunk asked about well, one asked about badly, and one with nothing to ask about."""
        honey = "Honey keeps for years because bacteria cannot grow in so little water."
        basalt = "Basalt columns form where thick lava cools slowly and shrinks into even cracks."

        def script(request: Request) -> str:
            told = str(request.body["messages"][-1]["content"])
            return "Why does honey keep for years?" if "Honey" in told else "What does the passage say?"

        rows: list[Row] = [{"text": honey}, {"text": basalt}, {"text": "# Only a heading"}]
        return [Example(cls(), rows, ["used", "kept", "used", "dropped", "dropped"], script)]


def _pick(spans: list[tuple[int, int]], chunk: str, kind: Kind) -> tuple[int, int] | None:
    """Take the next span that suits the kind out of the list."""
    for i, (start, end) in enumerate(spans):
        if kind == "fact" or gives_a_reason(chunk[start:end]):
            return spans.pop(i)
    return None


def _topic(row: Row) -> str:
    """Return what the chunk is about, as far as its source tells."""
    parts = [row.get("title"), row.get("heading")]
    known = [str(p) for p in parts if isinstance(p, str) and p]
    if len(known) == 2 and known[1].startswith(known[0]):
        known = known[1:]
    return " > ".join(known)[:200]


def _within(chunk: str, span: tuple[int, int]) -> tuple[int, int, int]:
    return (*span, chunk.count("\n", 0, span[0]))


def _child(values: Row, problem: tuple[str, str] | None, within: tuple[int, int, int] | None) -> Child:
    if problem is None:
        return Child(values, within=within)
    return Child(values, "dropped", problem[0], problem[1], within=within)
