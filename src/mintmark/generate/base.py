"""What every generating operator shares: the model it asks, how replies are sampled, and draws."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from ..core.dataset import Row
from ..core.operator import Operator, RowContext, RowOperator
from ..core.outcome import Child, RowOutcome
from ..core.waiting import gathered
from .draws import Draws, drawn

Warmth = Annotated[float, Field(ge=0, le=5)]
Temperature = Warmth | Annotated[tuple[Warmth, ...], Field(min_length=1)]


class Generator(RowOperator):
    """A row operator that asks a model: subclass it, write `make`, and sampling works as in every other.

    Example:
        >>> from mintmark.generate.prompt import Prompt
        >>> Prompt(prompt="Write about {{ topic }}.", temperature=[0.2, 0.8]).temperature
        (0.2, 0.8)
    """

    model: str = "writer"
    """The recipe's name for the model that writes."""
    temperature: Temperature | None = None
    """One for all replies, or a schedule: a list that is dealt out in turn over a row's samples and draws."""
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    stop: list[str] | None = None
    draws: Draws | None = None
    """Ask again until what came passes other steps, or keep the best of several: `{n: 4, steps: [...], by: "..."}`."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the model must chat, and what inner steps ask of theirs."""
        return with_inner({self.model: frozenset({"chat"})}, self.nested())

    def sides(self) -> Sequence[str]:
        """Return the side inputs of inner steps."""
        return [name for step in self.nested() for name in step.sides()]

    def nested(self) -> Sequence[Operator]:
        """Return the steps that draws walk through."""
        return self.draws.steps if self.draws is not None else ()

    def sampling(self, ctx: RowContext, n: int = 0, **own: Any) -> dict[str, Any]:
        """Return the sampling settings of a row's n-th reply at this draw: those that are set, `own` before all."""
        warm = self.temperature
        if isinstance(warm, tuple):
            warm = warm[(n + ctx.draw) % len(warm)]
        found = {"temperature": warm, "top_p": self.top_p, "max_tokens": self.max_tokens, "stop": self.stop, **own}
        return {k: v for k, v in found.items() if v is not None}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Make rows of one row, by one draw or by several."""
        if self.draws is None:
            return await self.make(row, ctx)
        return await drawn(self.draws, self.make, row, ctx)

    @abstractmethod
    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask the model about one row. All calls and random numbers go through `ctx`, so that a draw has its own."""


def with_inner(own: Mapping[str, frozenset[str]], inner: Sequence[Operator]) -> dict[str, frozenset[str]]:
    """Return model name -> capabilities asked by an operator and by those that it holds."""
    found = dict(own)
    for step in inner:
        for model, needs in step.requires().items():
            found[model] = found.get(model, frozenset()) | needs
    return found


async def sampled(work: Iterable[Awaitable[Child | Sequence[Child]]]) -> list[Child]:
    """Return the children of a row's samples, asked for at once, in their order.

    Raises:
        RowFailure: of the first sample that raised it, once all have ended. A sample whose call may fail alone catches
            it and returns a child that `failed`, so that one lost reply takes no other with it.
    """
    children: list[Child] = []
    for result in await gathered(work):
        children.extend([result] if isinstance(result, Child) else result)
    return children
