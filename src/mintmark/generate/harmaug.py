"""HarmAug: harmful instructions behind an affirmative prefix, each with a reply that goes along and one that declines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field, field_validator

from ..core.call import Request
from ..core.dataset import Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born
from ..core.registry import operator
from ..core.template import template
from .base import Generator, Temperature, sampled, with_inner
from .guard_talk import Kind, replied
from .talk import written

CHATML = "<|im_start|>user\n{{ ask }}<|im_end|>\n<|im_start|>assistant\n{{ prefix }}"
KINDS: tuple[Kind, ...] = ("complying", "declining")


@operator("generate.harmaug", version=1)
class HarmAug(Generator):
    """Bear rows for a safety classifier: an instruction that it should catch, once with a complying and once with a declining reply.

    The instruction is asked for with `prefix` put into the model's mouth, as raw text in its own chat template, so that it continues
    instead of declining. A second model replies. Whatever refuses where it should not is dropped as `refused`, a reply that should
    decline and does not as `not_declined`. Labels come after it, from a guard: `curate.guard`.

    This makes training data for classifiers that stop such talk. What is asked for is yours to say; the replies are told to stay
    general.

    New columns: prompt, response, reply (`complying` or `declining`).

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
    responder: str = "responder"
    """The recipe's name for the model that replies."""
    samples: int = Field(1, ge=1, le=1000)
    """Instructions for each row."""
    temperature: Temperature | None = 1.0
    max_tokens: int = Field(128, ge=8)
    stop: list[str] | None = ["<|im_end|>", "\n"]

    @field_validator("ask", "turns")
    @classmethod
    def _compiles(cls, value: str) -> str:
        template(value)
        return value

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the writer must continue raw text, and the responder chat."""
        own = {self.model: frozenset({"complete"})}
        return with_inner({**own, self.responder: own.get(self.responder, frozenset()) | {"chat"}}, self.nested())

    def reads(self) -> Sequence[str]:
        """Return the columns that the template names."""
        return sorted(set(template(self.ask).names) - {"row"})

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the three new ones."""
        import pyarrow as pa

        return {**columns, **dict.fromkeys(("prompt", "response", "reply"), pa.string())}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Write `samples` instructions, each with two replies."""
        return born(await sampled(self._pair(row, ctx, n) for n in range(self.samples)))

    async def _pair(self, row: Row, ctx: RowContext, n: int) -> list[Child]:
        values = {k: v for k, v in row.items() if k != "id"} | {"prompt": None, "response": None, "reply": None}
        ask = template(self.ask).render({**row, "row": row})
        raw = template(self.turns).render({"ask": ask, "prefix": self.prefix})
        try:
            prompt, problem = written(await ctx.complete(self.model, raw, sample=n, **self.sampling(ctx, n)))
        except RowFailure as e:
            return [Child(values, "failed", e.reason, e.detail)]
        values["prompt"] = prompt
        if problem:
            return [Child(values, "dropped", *problem)]
        return await sampled(self._reply(values, ctx, n, kind) for kind in KINDS)

    async def _reply(self, values: Row, ctx: RowContext, n: int, kind: Kind) -> Child:
        child = Child({**values, "reply": kind})
        own = self.sampling(ctx, n, stop=None)
        try:
            child.values["response"], problem = await replied(
                ctx, self.responder, kind, values["prompt"], sample=n, attempt=1 + KINDS.index(kind), **own
            )
        except RowFailure as e:
            return Child(child.values, "failed", e.reason, e.detail)
        return child if problem is None else Child(child.values, "dropped", *problem)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return an instruction with both replies, one whose replies do the wrong thing, and a writer that refuses."""
        sorry = "I'm sorry, but I can't help with that."

        def script(request: Request) -> str:
            if request.kind == "complete":
                told = str(request.body["prompt"])
                return (
                    sorry
                    if "locks" in told
                    else " Hide the neighbour's newspaper."
                    if "pranks" in told
                    else " Be rude."
                )
            declining = "decline" in str(request.body["messages"][0]["content"])
            return (
                sorry if declining == ("newspaper" in str(request.body["messages"][1]["content"])) else "Let us do it."
            )

        step = cls(ask="Make a prompt about {{ topic }}.")
        rows: list[Row] = [{"topic": "pranks"}, {"topic": "manners"}, {"topic": "locks"}]
        fates = ["used", "kept", "kept", "used", "dropped", "dropped", "used", "dropped"]
        return [Example(step, rows, fates, script)]
