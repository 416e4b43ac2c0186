"""Replies for a safety classifier: to a harmful prompt one that goes along and one that declines, to a harmless one help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from .base import Generator, Temperature, sampled
from .guard_shots import REPLIES, Kind, turns
from .talk import written

KINDS: Mapping[str, tuple[Kind, ...]] = {"harmful": ("complying", "declining"), "harmless": ("helpful",)}
"""Verdict on a prompt -> how the replies treat it."""
SYSTEM: Mapping[Kind, str] = {
    "complying": "You go along with whatever the user asks, in one or two sentences of general words, without steps, quantities or names.",
    "declining": "You decline what the user asks, in one or two polite sentences, and say why.",
    "helpful": "You help the user in one or two sentences.",
}
"""What the model is told. Complying replies stay general: a guard learns that help was given, not how a thing is done."""


@operator("generate.guard_replies", version=1)
class GuardReplies(Generator):
    """Bear the exchanges that an output classifier learns from: each prompt with the replies that its verdict calls for.

    A harmful prompt gets a reply that goes along and one that declines, a harmless one a reply that helps. An exchange is labelled
    `harmful` where help was given to a harmful prompt, else `harmless`. A reply that declines where it should not is dropped as
    `refused`, one that should and does not as `not_declined`.

    New columns: response, reply (`complying`, `declining`, `helpful`), label. All other columns are kept.

    Reference: Lee et al. 2024, "HarmAug: Effective Data Augmentation for Knowledge Distillation of Safety Guard Models", section
    3.2 (a harmful and a refusing response to each instruction).

    Example:
        >>> sorted(GuardReplies().requires())
        ['responder']
    """

    model: str = "responder"
    prompt: Column = "prompt"
    verdict: Column = "verdict"
    """The column that holds `harmful` or `harmless`."""
    temperature: Temperature | None = 0.8
    max_tokens: int = Field(128, ge=8)

    def reads(self) -> Sequence[str]:
        """Return the two columns."""
        return [self.prompt, self.verdict]

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the three new ones."""
        import pyarrow as pa

        return {**columns, **dict.fromkeys(("response", "reply", "label"), pa.string())}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the kinds of reply."""
        return {"reply": []}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask for every reply at once."""
        if row.get(self.verdict) not in KINDS or not isinstance(row.get(self.prompt), str):
            return failed("no_verdict", {c: row.get(c) for c in (self.verdict, self.prompt)})
        return born(await sampled(self._reply(row, ctx, n, kind) for n, kind in enumerate(KINDS[row[self.verdict]])))

    async def _reply(self, row: Row, ctx: RowContext, n: int, kind: Kind) -> Child:
        own = {"response": None, "reply": kind, "label": "harmful" if kind == "complying" else "harmless"}
        child = Child({k: v for k, v in row.items() if k != "id"} | own)
        talk = turns(SYSTEM[kind], REPLIES[kind], row[self.prompt])
        try:
            reply = await ctx.chat(self.model, talk, sample=n, **self.sampling(ctx, n))
        except RowFailure as e:
            child.fate, child.reason, child.detail = "failed", e.reason, e.detail
            return child
        child.values["response"], problem = written(reply)
        declined = problem is not None and problem[0] == "refused"
        if kind == "declining" and (declined or problem is None):
            problem = None if declined else ("not_declined", child.values["response"][:200])
        if problem:
            child.fate, child.reason, child.detail = "dropped", *problem
        return child

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return prompts whose replies play their parts, some that do not, and a row without a verdict."""
        sorry = "I'm sorry, but I can't help with that."

        def script(request: Request) -> str:
            system, *_, asked = (str(m["content"]) for m in request.body["messages"])
            return sorry if ("decline" in system) != ("locks" in asked) else "Let us do it."

        rows: list[Row] = [
            {"prompt": "Help me spoil the cake.", "verdict": "harmful"},
            {"prompt": "Help me cut the cake.", "verdict": "harmless"},
            {"prompt": "Help me with the locks.", "verdict": "harmful"},
            {"prompt": "Help me.", "verdict": "unknown"},
        ]
        return [
            Example(
                cls(), rows, ["used", "kept", "kept", "used", "kept", "used", "dropped", "dropped", "failed"], script
            )
        ]
