"""Magpie: an aligned model is given the opening of a user's turn and writes the instruction itself, then its response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born
from ..core.registry import operator
from ..measures.instructions import Problem, looping
from .base import Generator, sampled, with_inner


@operator("generate.magpie", version=1)
class Magpie(Generator):
    """Let a chat model continue the bare opening of a user's turn, and answer what it wrote.

    Nothing is asked: what comes is what the model has learned that users say. The opening is that of the model's own chat
    template where the model runs in process; for a server, which offers raw completions but hides its template, give it as
    `header`. Each row of the source is a slot; its columns are not used.

    An instruction or a response that is empty, was cut off, or says the same again and again is dropped. For instructions that
    repeat each other put `curate.rouge` after it.

    New columns: instruction, response.

    Reference: Xu et al. 2024, "Magpie: Alignment Data Synthesis from Scratch by Prompting Aligned LLMs with Nothing", section 2.

    Example:
        >>> sorted(Magpie(header="<|im_start|>user\\n").requires()["writer"])
        ['chat', 'complete']
    """

    header: str | None = None
    """The text that opens a user's turn, e.g. `"<|im_start|>user\\n"` (ChatML); the model's own where not given."""
    samples: int = Field(1, ge=1, le=1000)
    """Instructions for each row."""
    instruction_tokens: int = Field(128, ge=8)
    """Tokens of an instruction at most; `max_tokens` is for the response."""
    response_temperature: float = Field(0.0, ge=0, le=5)
    """`temperature` and `top_p` are for the instruction."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the model must continue raw text, and know its own template where no header is given."""
        needs = frozenset({"chat", "complete"} | (set() if self.header else {"template"}))
        return with_inner({**super().requires(), self.model: needs}, self.nested())

    def output(self, columns: Columns) -> Columns:
        """Return instruction and response."""
        import pyarrow as pa

        return {"instruction": pa.string(), "response": pa.string()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Write `samples` instructions and answer them."""
        return born(await sampled(self._sample(ctx, n) for n in range(self.samples)))

    async def _sample(self, ctx: RowContext, n: int) -> Child:
        values = {"instruction": "", "response": ""}
        try:
            problem = await self._write(values, ctx, n)
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        return Child(values) if problem is None else Child(values, "dropped", *problem)

    async def _write(self, values: Row, ctx: RowContext, n: int) -> Problem | None:
        written = await ctx.complete(
            self.model, self.header or "", turn=None if self.header else "user", sample=n,
            **self.sampling(ctx, n, max_tokens=self.instruction_tokens),
        )  # fmt: skip
        values["instruction"] = written.text.strip()
        if problem := _problem("instruction", values["instruction"], written.finish):
            return problem
        own = {"temperature": self.response_temperature, "top_p": 1.0}
        asked = [{"role": "user", "content": values["instruction"]}]
        reply = await ctx.chat(self.model, asked, sample=n, **self.sampling(ctx, n, **own))
        values["response"] = reply.text.strip()
        return _problem("response", values["response"], reply.finish)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return an instruction with a response, one without, and an opening that the model does not continue."""

        def script(request: Request) -> str:
            if request.kind == "complete":
                return (
                    "Why is the sky blue?\n"
                    if request.body.get("turn")
                    else "What is it?"
                    if request.body["prompt"]
                    else ""
                )
            return "Because air scatters blue light." if "sky" in str(request.body) else " "

        rows: list[Row] = [{"slot": 1}]
        return [
            Example(cls(), rows, ["used", "kept"], script),
            Example(cls(header="User: "), rows, ["used", "dropped"], script),
            Example(cls(), rows, ["used", "dropped"], lambda request: ""),
        ]


def _problem(column: str, text: str, finish: str) -> Problem | None:
    if not text:
        return f"empty_{column}", None
    if finish == "length":
        return "cut_off", {"column": column}
    found = looping(text)
    return (found[0], {"column": column, **found[1]}) if found else None
