"""Grounding: does the answer rest on its context, and is it the answer to its question?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..measures.likelihood import gains
from ..measures.support import lexical_support
from ..measures.yes_no import yes_share

_ASK = (
    "Text:\n{context}\n\nQuestion: {question}\nProposed answer: {answer}\n\nDoes the text support the proposed answer, and "
    "does it answer the question? Reply with one word, yes or no."
)


@operator("curate.grounding", version=1)
class Grounding(RowOperator):
    """Keep answers that their context makes likelier; the lexical support is written beside.

    With a model that can score, two gains in nats a token are measured: the answer's gain from context and question (`min_gain`),
    which tells a foreign passage from the right one, and the answer's gain from the question (`min_question_gain`), which
    tells an answer to another question on the same passage, less surely. With a model that only chats, the probability of "yes" is
    asked for (`min_yes`), from log-probabilities where the model gives them, else from its one word.

    What it cannot see: an answer copied from the context is likely whatever was asked; a false statement that stands in the
    context is well grounded; a judge that is at chance decides nothing.

    New columns: grounding_gain, question_gain (nats a token, null where not measured), grounding_yes (probability, null
    likewise), lexical_support (share of content words).

    Reference: the answer's gain is the pointwise information of Ethayarajh et al. 2022, "Understanding Dataset Difficulty
    with V-usable Information", section 3, with the context as the input.
    """

    model: str = "writer"
    question: Column = "question"
    answer: Column = "answer"
    context: Column = "context"
    kind: Column = "kind"
    """A row whose `kind` is `unanswerable` was checked when it was made and passes."""
    method: Literal["auto", "likelihood", "judge"] = "auto"
    """`auto` takes the likelihood where the model can score, else asks it."""
    min_gain: float | None = 1.0
    """Nats a token that the context must add to the answer's log-likelihood."""
    min_question_gain: float | None = None
    """Nats a token that the question must add; None measures it without deciding by it."""
    min_yes: float = Field(0.5, ge=0, le=1)
    """Probability of "yes", where the model is asked."""
    min_support: float | None = Field(None, ge=0, le=1)
    """Share of the answer's content words that must stand in the context; None measures it without deciding by it."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return what the method asks of the model."""
        needs = {"auto": frozenset[str](), "likelihood": frozenset({"score"}), "judge": frozenset({"chat"})}
        return {self.model: needs[self.method]}

    def reads(self) -> Sequence[str]:
        """Return the three columns."""
        return [self.question, self.answer, self.context]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the four measures."""
        import pyarrow as pa

        new = ("grounding_gain", "question_gain", "grounding_yes", "lexical_support")
        return {**columns, **dict.fromkeys(new, pa.float64())}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Measure and decide one row."""
        texts = [row.get(c) for c in (self.question, self.answer, self.context)]
        if row.get(self.kind) == "unanswerable":
            return kept(grounding_gain=None, question_gain=None, grounding_yes=None, lexical_support=None)
        if not all(isinstance(t, str) and t.strip() for t in texts):
            return failed("missing_column", {"columns": [self.question, self.answer, self.context]})
        question, answer, context = (str(t) for t in texts)
        support = round(lexical_support(answer, context), 4)
        found: dict[str, Any] = {
            "grounding_gain": None,
            "question_gain": None,
            "grounding_yes": None,
            "lexical_support": support,
        }
        if self.min_support is not None and support < self.min_support:
            return dropped("unsupported_words", found, **found)
        can = ctx.capabilities(self.model)
        if self.method == "likelihood" or (self.method == "auto" and "score" in can):
            measured = await gains(ctx, self.model, question, answer, context)
            found |= {"grounding_gain": round(measured.context, 4), "question_gain": round(measured.question, 4)}
            if self.min_gain is not None and measured.context < self.min_gain:
                return dropped("not_grounded", found, **found)
            if self.min_question_gain is not None and measured.question < self.min_question_gain:
                return dropped("answers_another_question", found, **found)
            return kept(**found)
        text = _ASK.format(context=context, question=question, answer=answer)
        found["grounding_yes"] = round(await yes_share(ctx, self.model, [{"role": "user", "content": text}]), 4)
        return kept(**found) if found["grounding_yes"] >= self.min_yes else dropped("judged_ungrounded", found, **found)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a grounded and an ungrounded answer, by likelihood and by judge, and a judge that says neither."""
        rows: list[Row] = [
            {"question": "Where do otters sleep?", "answer": "In the kelp.", "context": "Otters sleep in the kelp."},
            {"question": "Where do otters sleep?", "answer": "In a bank.", "context": "Otters sleep in the kelp."},
        ]

        def score(request: Request) -> list[float]:
            told, target = str(request.body["context"]), str(request.body["target"])
            return [-0.5 if "kelp" in told and "kelp" in target else -4.0] * len(target.split())

        def judge(request: Request) -> str:
            return "Yes." if "answer: In the kelp" in str(request.body["messages"]) else "No, it does not."

        asked = cls(method="judge")
        return [
            Example(cls(), rows, ["kept", "dropped"], score),
            Example(asked, rows, ["kept", "dropped"], judge),
            Example(asked, rows[:1], ["failed"], lambda request: "Perhaps"),
        ]
