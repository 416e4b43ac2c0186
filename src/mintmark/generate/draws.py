"""Draws: a row asked about several times, for rejection sampling or best of n."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from ..core.dataset import Row
from ..core.entries import Inner
from ..core.errors import RecipeError, RowFailure
from ..core.expression import CannotEvaluate, parse
from ..core.operator import Operator, RowContext
from ..core.outcome import Child, Fate, RowOutcome
from ..core.settings import FROZEN

Make = Callable[[Row, RowContext], Awaitable[RowOutcome]]


class Draws(BaseModel):
    """How often a row is asked about, and which of the draws stays.

    Without `by` it is rejection sampling: draws follow each other until one brings a row that passes all `steps`. With `by`
    it is best of n: all `n` are drawn, and of the rows that pass the one with the highest value of `by` stays. What does not
    stay is dropped with its reason: the step's own, or `outdone`.

    Reference: Nakano et al. 2021, WebGPT, section 3.2 (best of n, rejection sampling).

    Example:
        >>> Draws(n=3, steps=[{"curate.length": {"on": "response", "min_words": 5}}], by="words(response)").n
        3
    """

    model_config = FROZEN

    n: int = Field(4, ge=2, le=100)
    """Draws at most; with `by`, exactly."""
    steps: tuple[Inner, ...] = ()
    """Row or batch steps, as they stand in a recipe, through which every draw's rows walk."""
    by: str | None = None
    """A number made of the row's columns, e.g. `judge_score`: the highest stays."""

    @field_validator("by")
    @classmethod
    def _means_something(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                parse(value)
            except RecipeError as e:
                raise ValueError(str(e)) from None
        return value

    @model_validator(mode="after")
    def _decides(self) -> Self:
        if not self.steps and self.by is None:
            raise ValueError("needs `steps` that a draw must pass, or `by` which draw is best")
        alone(self.steps)
        return self


def alone(steps: Sequence[Operator]) -> None:
    """Check that steps can be held by another one: each must judge a row without any other.

    Raises:
        ValueError: for a step that needs to see other rows.
    """
    for step in steps:
        if step.scope == "table" or step.uses_pool or type(step).prepare is not Operator.prepare:
            raise ValueError(
                f"{step.op_name} needs to see other rows; only steps that judge a row alone can stand here"
            )


async def drawn(draws: Draws, make: Make, row: Row, ctx: RowContext) -> RowOutcome:
    """Return the outcome of a row after its draws.

    Raises:
        RowFailure: of the last draw, where every draw failed as a whole.
    """
    if draws.by is None:
        return await _until_one_passes(draws, make, row, ctx)
    tried = await asyncio.gather(*(_draw(draws, make, row, ctx.drawn(n)) for n in range(draws.n)))
    return _best(draws.by, row, tried)


async def _until_one_passes(draws: Draws, make: Make, row: Row, ctx: RowContext) -> RowOutcome:
    gone: list[Child] = []
    outcome = RowOutcome("failed", reason="nothing_drawn")
    for n in range(draws.n):
        outcome = await _draw(draws, make, row, ctx.drawn(n))
        if outcome.fate == "kept" or any(c.fate == "kept" for c in outcome.children):
            break
        gone += outcome.children if n < draws.n - 1 else ()
    if not gone and not outcome.children:
        return outcome
    return RowOutcome("used", children=[*gone, *outcome.children])


async def _draw(draws: Draws, make: Make, row: Row, ctx: RowContext) -> RowOutcome:
    """Return one draw's outcome, its living rows taken through the inner steps."""
    try:
        outcome = await make(row, ctx)
    except RowFailure as e:
        return RowOutcome("failed", {}, e.reason, _detail(ctx, e.detail))
    if outcome.fate == "kept":
        updates, fate, reason, detail = await _walk(draws, {**row, **outcome.updates}, outcome.updates, ctx)
        return RowOutcome(fate, updates, reason, detail)
    children = []
    for child in outcome.children:
        if child.fate == "kept":
            own = dict(child.values)
            child.values, child.fate, child.reason, child.detail = await _walk(draws, own, own, ctx)
        else:
            child.detail = _detail(ctx, child.detail)
        children.append(child)
    return RowOutcome(outcome.fate, outcome.updates, outcome.reason, outcome.detail, children)


async def _walk(draws: Draws, values: Row, updates: Row, ctx: RowContext) -> tuple[Row, Fate, str | None, Any]:
    """Return what the inner steps leave of a row: its new columns, fate, reason and detail."""
    for step in draws.steps:
        found = await ctx.through(step, values)
        updates = {**updates, **found.updates}
        if found.children:
            raise TypeError(f"{step.op_name} bears rows; a step of draws judges them")
        if found.fate != "kept":
            return updates, found.fate, found.reason, _detail(ctx, found.detail, step.op_name)
        values = {**values, **found.updates}
    return updates, "kept", None, None


def _best(by: str, row: Row, tried: list[RowOutcome]) -> RowOutcome:
    expression = parse(by)
    values: dict[tuple[int, int], float] = {}
    for n, outcome in enumerate(tried):
        if outcome.fate == "kept":
            values[n, -1] = _number(expression.evaluate, {**row, **outcome.updates})
        for i, child in enumerate(outcome.children):
            if child.fate == "kept":
                values[n, i] = _number(expression.evaluate, child.values)
    known = {place: value for place, value in values.items() if not math.isnan(value)}
    best = max(known, key=lambda place: (known[place], -place[0], -place[1])) if known else None
    children: list[Child] = []
    for n, outcome in enumerate(tried):
        if (n, -1) == best:
            return outcome
        for i, child in enumerate(outcome.children):
            if child.fate == "kept" and (n, i) != best:
                _lose(child, n, values[n, i], known[best] if best is not None else None)
            children.append(child)
    if children:
        return RowOutcome("used", children=children)
    undecided = RowOutcome("failed", {}, "cannot_evaluate", {"by": by})
    return undecided if values else tried[-1]


def _lose(child: Child, draw: int, value: float, best: float | None) -> None:
    if math.isnan(value):
        child.fate, child.reason, child.detail = "failed", "cannot_evaluate", {"draw": draw}
    else:
        child.fate, child.reason, child.detail = "dropped", "outdone", {"draw": draw, "value": value, "best": best}


def _number(evaluate: Callable[[Mapping[str, Any]], Any], values: Row) -> float:
    """Return the value by which a row is compared; NaN where it has none."""
    try:
        found = evaluate(values)
    except (CannotEvaluate, KeyError):
        return math.nan
    return float(found) if isinstance(found, int | float) else math.nan


def _detail(ctx: RowContext, detail: Any, step: str | None = None) -> dict[str, Any]:
    """Return a detail with the draw that it speaks of."""
    return {"draw": ctx.draw, **({"step": step} if step else {}), **({} if detail is None else {"detail": detail})}
