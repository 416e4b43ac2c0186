"""Distillation: a teacher's replies, with its probabilities, for a student to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from pydantic import Field, field_validator

from ..core.call import Reply, Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..core.template import template
from ..measures.arithmetic import NotArithmetic, value_of
from ..measures.worked import stated_answer
from .base import Generator, sampled
from .talk import opened, unusable


@operator("generate.distill", version=1)
class Distill(Generator):
    """Write down what a teacher says to each prompt, `samples` times, with its probabilities where it gives them.

    With `top_tokens` and a teacher that gives log-probabilities, `soft_labels` holds each token's log-probability and those of its
    likeliest alternatives, for a student that learns from distributions. With `right`, the column of a known result, a reply whose
    final number is another one is dropped as `wrong_result`, one without a number as `no_result`. A right result may still be reached
    by a wrong way: `curate.math_answer` works out the calculations.

    For a teacher that labels texts see `curate.label`, which keeps the probability of each label.

    New columns: the reply (`into`), soft_labels (null where there are none).

    Reference: Hinton, Vinyals, Dean 2015, "Distilling the Knowledge in a Neural Network", section 2; Kim, Rush 2016, "Sequence-Level
    Knowledge Distillation", section 3.2; Zelikman et al. 2022, "STaR", section 3.1 (`right`).

    Example:
        >>> Distill(prompt="{{ question }} Think step by step.", right="answer").reads()
        ['answer', 'question']
    """

    model: str = "teacher"
    """The recipe's name for the teacher."""
    prompt: str = Field("{{ instruction }}", min_length=1)
    """Jinja template of what the teacher is asked."""
    system: str | None = None
    """Jinja template of the system message."""
    into: Column = "response"
    """The column for a reply's text."""
    samples: int = Field(1, ge=1, le=1000)
    """Replies to each row."""
    top_tokens: int = Field(0, ge=0, le=20)
    """Alternatives of each token that are written down with their log-probabilities; 0 for no log-probabilities."""
    right: Column | None = None
    """Column with the known result: the number after `####` or "the answer is", else its last one; replies are read likewise."""

    @field_validator("prompt", "system")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            template(value)
        return value

    def reads(self) -> Sequence[str]:
        """Return the columns that the templates name, and that of the result."""
        named = {n for text in (self.prompt, self.system) if text for n in template(text).names}
        return sorted((named | ({self.right} if self.right else set())) - {"row"})

    def output(self, columns: Columns) -> Columns:
        """Return the prompt's columns and the new ones."""
        import pyarrow as pa

        token = {"token": pa.string(), "logprob": pa.float64()}
        soft = pa.list_(pa.struct({**token, "alternatives": pa.list_(pa.struct(token))}))
        return {**columns, self.into: pa.string(), "soft_labels": soft}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask the teacher about one row."""
        known = _result(row.get(self.right)) if self.right else None
        if self.right and known is None:
            return failed("no_known_result", {"column": self.right})
        values = {**row, "row": row}
        system = template(self.system).render(values) if self.system else None
        messages = opened(system, template(self.prompt).render(values))
        kept = {k: v for k, v in row.items() if k != "id"}
        return born(await sampled(self._reply(messages, kept, known, ctx, n) for n in range(self.samples)))

    async def _reply(
        self, messages: Sequence[Mapping[str, Any]], kept: Row, known: Fraction | None, ctx: RowContext, n: int
    ) -> Child:
        soft = self.top_tokens and "logprobs" in ctx.capabilities(self.model)
        own: dict[str, Any] = {"logprobs": True, "top_logprobs": self.top_tokens} if soft else {}
        try:
            reply = await ctx.chat(self.model, messages, sample=n, **self.sampling(ctx, n, **own))
        except RowFailure as e:
            return Child({**kept, self.into: None, "soft_labels": None}, "failed", e.reason, e.detail)
        values = {**kept, self.into: reply.text.strip(), "soft_labels": _tokens(reply) if soft else None}
        if why := unusable(reply):
            return Child(values, "dropped", why, {"max_tokens": self.max_tokens})
        if known is not None and (found := _result(reply.text)) != known:
            told = {"found": None if found is None else float(found), "known": float(known)}
            return Child(values, "dropped", "no_result" if found is None else "wrong_result", told)
        return Child(values)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a right result and a wrong one, with their tokens' alternatives."""
        rows: list[Row] = [
            {"question": "What is 2 + 3?", "answer": "#### 5"},
            {"question": "What is 9 + 9?", "answer": "#### 18"},
        ]

        def script(request: Request) -> Any:
            token = {"token": "5", "logprob": -0.1}
            top = {"logprobs": {"content": [{**token, "top_logprobs": [token, {"token": "6", "logprob": -3.0}]}]}}
            return Reply("It is 5.", finish="stop", extra=top if request.sampling.get("logprobs") else {})

        op = cls(prompt="{{ question }}", into="solution", right="answer", top_tokens=2)
        return [Example(op, rows, ["used", "kept", "used", "dropped"], script)]


def _result(value: Any) -> Fraction | None:
    """Return the final number that a value states."""
    stated = stated_answer(str(value)) if value is not None else None
    with suppress(NotArithmetic):
        return None if stated is None else value_of(stated.rstrip("%"))
    return None


def _tokens(reply: Reply) -> list[Row] | None:
    """Return each token of a reply with its log-probability and its alternatives."""
    content = (reply.extra.get("logprobs") or {}).get("content") or []
    return [
        {
            "token": one["token"], "logprob": one["logprob"],
            "alternatives": [{"token": a["token"], "logprob": a["logprob"]} for a in one.get("top_logprobs") or []],
        }
        for one in content
    ] or None  # fmt: skip
