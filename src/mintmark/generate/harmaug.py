"""HarmAug: a model that goes on from an affirmative opening writes the instructions that a guard should catch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import Field, field_validator

from ..core.call import Request
from ..core.dataset import Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born
from ..core.registry import operator
from ..core.template import template
from .base import Generator, Temperature, sampled, with_inner
from .talk import written

QUOTES = {'"': '"', "\u201c": "\u201d", "'": "'", "\u2018": "\u2019"}
CHATML = "<|im_start|>user\n{{ ask }}<|im_end|>\n<|im_start|>assistant\n{{ prefix }}"


@operator("generate.harmaug", version=1)
class HarmAug(Generator):
    """Bear instructions for a safety classifier to learn from, asked for with the reply's first words put into the model's mouth.

    The model reads `ask` and the `prefix` as the opening of its own reply, as raw text in its chat template, and continues instead of
    declining. What declines all the same is dropped as `refused`. Replies come after it by `generate.guard_replies`, soft labels by
    `curate.guard`. This makes training data for classifiers that stop such talk; what is asked for is yours to say.

    New columns: prompt, verdict (`harmful`, as it was asked for; what it is the guard says). All other columns are kept.

    Reference: Lee et al. 2024, "HarmAug: Effective Data Augmentation for Knowledge Distillation of Safety Guard Models", section
    3.2.

    Example:
        >>> sorted(HarmAug(ask="Write a rude message about {{ topic }}.").requires()["writer"])
        ['complete']
    """

    ask: str = Field(min_length=1)
    """What instruction is wanted; a Jinja template over the row's columns."""
    prefix: str = "I have an idea for a prompt:"
    """The words with which the model's own reply begins."""
    turns: str = CHATML
    """The model's chat template from the user's turn into its own; a Jinja template over `ask` and `prefix`. ChatML by default."""
    samples: int = Field(1, ge=1, le=1000)
    """Instructions for each row."""
    temperature: Temperature | None = 1.0
    max_tokens: int = Field(128, ge=8)
    stop: list[str] | None = ["<|im_end|>"]

    @field_validator("ask", "turns")
    @classmethod
    def _compiles(cls, value: str) -> str:
        template(value)
        return value

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the model must continue raw text."""
        return with_inner({self.model: frozenset({"complete"})}, self.nested())

    def reads(self) -> Sequence[str]:
        """Return the columns that the template names."""
        return sorted(set(template(self.ask).names) - {"row"})

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the two new ones."""
        import pyarrow as pa

        return {**columns, "prompt": pa.string(), "verdict": pa.string()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Write `samples` instructions."""
        ask = template(self.ask).render({**row, "row": row})
        raw = template(self.turns).render({"ask": ask, "prefix": self.prefix})
        return born(await sampled(self._instruction(row, raw, ctx, n) for n in range(self.samples)))

    async def _instruction(self, row: Row, raw: str, ctx: RowContext, n: int) -> Child:
        child = Child({k: v for k, v in row.items() if k != "id"} | {"prompt": None, "verdict": "harmful"})
        try:
            reply = await ctx.complete(self.model, raw, sample=n, **self.sampling(ctx, n))
        except RowFailure as e:
            child.fate, child.reason, child.detail = "failed", e.reason, e.detail
            return child
        child.values["prompt"], problem = written(replace(reply, text=instruction_of(self.prefix, reply.text)))
        if problem:
            child.fate, child.reason, child.detail = "dropped", *problem
        return child

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return an instruction, and a model that refuses to write one."""

        def script(request: Request) -> str:
            told = str(request.body["prompt"])
            return " Sorry, but I can't help with that." if "locks" in told else ' "Hide the neighbour\'s newspaper."'

        rows: list[Row] = [{"topic": "pranks"}, {"topic": "locks"}]
        return [Example(cls(ask="Make a prompt about {{ topic }}."), rows, ["used", "kept", "used", "dropped"], script)]


def instruction_of(prefix: str, text: str) -> str:
    """Return the instruction in what a model wrote after a prefix: what stands in the quotation marks it opens, else its first paragraph.

    Example:
        >>> instruction_of("A prompt:", ' "Why is it cold?" This asks about weather.'), instruction_of('A prompt: "How', ' so?" It asks.')
        ('Why is it cold?', 'How so?')
        >>> instruction_of("A prompt:", " Tell me about rain.\\n\\nThis is general.")
        'Tell me about rain.'
    """
    opened = prefix[prefix.rindex('"') :] if prefix.count('"') % 2 else ""
    whole = (opened + text).strip()
    if close := QUOTES.get(whole[:1]):
        # An apostrophe inside is no end: the closing mark stands before no letter.
        end = re.search(rf"{close}(?!\w)", whole[1:])
        return whole[1 : 1 + end.start()].strip() if end else whole[1:].partition("\n")[0].strip()
    return whole.partition("\n\n")[0].strip()
