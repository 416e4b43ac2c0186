"""Distillation: a teacher's replies, or its soft labels, for a student to learn from."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from ..core.call import Reply, Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..core.template import template
from .base import Generator, sampled
from .talk import opened, unusable

_NUMBER = re.compile(r"(?:(?<![\w)])-)?\d[\d,]*(?:\.\d+)?")


@operator("generate.distill", version=1)
class Distill(Generator):
    """Write down what a teacher says to each prompt, with its probabilities where it gives them.

    Replies: `samples` texts a row go into `into`. With `top_tokens` and a teacher that gives log-probabilities, `soft_labels` holds each
    token's log-probability and those of its likeliest alternatives, for a student that learns from distributions. With `right`, the
    column of a known result, a reply whose last number is another one is dropped as `wrong_result`, one without a number as
    `no_result`.

    Labels: with `labels` the row's label is one of them, and `soft_labels` holds the probability of each. A teacher that can score gives
    the likelihood of each label after the prompt; one that only chats names a label, which gets probability 1, and one that
    cannot be read fails the row.

    New columns: the reply (`into`) or `label`; soft_labels (null where the teacher gives none).

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
    """Column with the known result: its last number is what a reply must end in."""
    labels: list[str] | None = Field(None, min_length=2)
    """The labels to choose from, in place of a reply."""
    tries: int = Field(3, ge=1, le=10)
    """`labels`: replies until one names a label."""

    @field_validator("prompt", "system")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            template(value)
        return value

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.labels is not None and (self.right or self.samples > 1 or self.top_tokens):
            raise ValueError("labels: `samples`, `top_tokens` and `right` are for replies")
        if self.labels is not None and len(set(self.labels)) < len(self.labels):
            raise ValueError("labels: each label stands once")
        return self

    def reads(self) -> Sequence[str]:
        """Return the columns that the templates name, and that of the result."""
        named = {n for text in (self.prompt, self.system) if text for n in template(text).names}
        return sorted((named | ({self.right} if self.right else set())) - {"row"})

    def output(self, columns: Columns) -> Columns:
        """Return the prompt's columns and the new ones."""
        import pyarrow as pa

        text, number = pa.string(), pa.float64()
        if self.labels is not None:
            soft = pa.list_(pa.struct({"label": text, "probability": number}))
            return {**columns, "label": text, "soft_labels": soft}
        token = {"token": text, "logprob": number}
        soft = pa.list_(pa.struct({**token, "alternatives": pa.list_(pa.struct(token))}))
        return {**columns, self.into: text, "soft_labels": soft}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask the teacher about one row."""
        values = {**row, "row": row}
        system = template(self.system).render(values) if self.system else None
        messages = opened(system, template(self.prompt).render(values))
        kept = {k: v for k, v in row.items() if k != "id"}
        if self.labels is not None:
            return born([await self._label(self.labels, messages, kept, ctx)])
        if self.right and last_number(row.get(self.right)) is None:
            return failed("no_known_result", {"column": self.right})
        return born(await sampled(self._reply(messages, kept, ctx, n) for n in range(self.samples)))

    async def _reply(self, messages: Sequence[Mapping[str, Any]], kept: Row, ctx: RowContext, n: int) -> Child:
        soft = self.top_tokens and "logprobs" in ctx.capabilities(self.model)
        own: dict[str, Any] = {"logprobs": True, "top_logprobs": self.top_tokens} if soft else {}
        try:
            reply = await ctx.chat(self.model, messages, sample=n, **self.sampling(ctx, n, **own))
        except RowFailure as e:
            return Child({**kept, self.into: None, "soft_labels": None}, "failed", e.reason, e.detail)
        text = reply.text.strip()
        values = {**kept, self.into: text, "soft_labels": _tokens(reply) if soft else None}
        if why := unusable(reply):
            return Child(values, "dropped", why, {"max_tokens": self.max_tokens})
        if self.right:
            found, known = last_number(text), last_number(kept[self.right])
            if found != known:
                why = "no_result" if found is None else "wrong_result"
                return Child(values, "dropped", why, {"found": found, "known": known})
        return Child(values)

    async def _label(
        self, labels: list[str], messages: Sequence[Mapping[str, Any]], kept: Row, ctx: RowContext
    ) -> Child:  # fmt: skip
        if "score" in ctx.capabilities(self.model):
            asked = "\n\n".join(str(m["content"]) for m in messages)
            scores = await asyncio.gather(*(ctx.score(self.model, asked, f" {label}") for label in labels))
            total = np.array([float(s.sum()) for s in scores])
            weights = np.exp(total - total.max())
            chances = [float(w) for w in weights / weights.sum()]
        else:
            shape = {
                "type": "object",
                "properties": {"label": {"type": "string", "enum": labels}},
                "required": ["label"],
            }
            named = await ctx.structured(self.model, messages, shape, tries=self.tries, **self.sampling(ctx))
            chances = [float(label == named["label"]) for label in labels]
        soft = [{"label": label, "probability": round(p, 6)} for label, p in zip(labels, chances)]
        return Child({**kept, "label": labels[int(np.argmax(chances))], "soft_labels": soft})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a right and a wrong result, tokens with their alternatives, and labels by likelihood."""
        rows: list[Row] = [
            {"question": "What is 2 + 3?", "answer": "#### 5"},
            {"question": "What is 9 + 9?", "answer": "#### 18"},
        ]

        def script(request: Request) -> Any:
            if request.kind == "score":
                return [-0.1] if request.body["target"] == " sum" else [-2.0]
            token = {"token": "5", "logprob": -0.1}
            top = {"logprobs": {"content": [{**token, "top_logprobs": [token, {"token": "6", "logprob": -3.0}]}]}}
            return Reply("It is 5.", finish="stop", extra=top if request.sampling.get("logprobs") else {})

        replies = cls(prompt="{{ question }}", into="solution", right="answer", top_tokens=2)
        kinds = cls(prompt="{{ question }} This is a", labels=["sum", "poem"])
        return [
            Example(replies, rows, ["used", "kept", "used", "dropped"], script),
            Example(kinds, rows[:1], ["used", "kept"], script),
        ]


def last_number(value: Any) -> float | None:
    """Return the last number in a text, None where there is none.

    Example:
        >>> last_number("So 48 + 24 = 72 clips, at $1,000.50."), last_number("none")
        (1000.5, None)
        >>> last_number("It is 10-5"), last_number("minus: -5")
        (5.0, -5.0)
    """
    found = _NUMBER.findall(str(value)) if value is not None else []
    return float(found[-1].replace(",", "")) if found else None


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
