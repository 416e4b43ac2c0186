"""Rows of different kinds go different ways, and meet again after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, field_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.entries import Inner
from ..core.operator import Example, Operator, RowContext, RowOperator
from ..core.outcome import Child, RowOutcome, failed
from ..core.registry import operator
from .base import sampled, with_inner
from .draws import alone


@operator("generate.route", version=1)
class Route(RowOperator):
    """Take each row through the steps that stand under its value of `by`; what they leave goes on to the next step.

    Inner steps are written as in a recipe. They decide as they would outside; the detail of a row that they drop or fail names the
    step. One step of a route may bear rows, and the steps after it then judge those. A row whose value has no route is `failed` as
    `no_route`; a route without steps lets rows pass as they are.

    Reference: the branches of a taxonomy in Sudalairaj et al. 2024, "LAB: Large-Scale Alignment for ChatBots", section 3.2.

    Example:
        >>> step = Route(by="kind", routes={"long": [{"curate.length": {"on": "text", "min_words": 5}}], "short": []})
        >>> [inner.op_name for inner in step.nested()]
        ['curate.length']
    """

    by: Column
    """The column whose value chooses the way."""
    routes: dict[str, tuple[Inner, ...]] = Field(min_length=1)
    """Value -> row or batch steps."""

    @field_validator("routes")
    @classmethod
    def _judge_alone(cls, routes: dict[str, tuple[Operator, ...]]) -> dict[str, tuple[Operator, ...]]:
        for steps in routes.values():
            alone(steps)
        return routes

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return what the inner steps ask of their models."""
        return with_inner({}, self.nested())

    def sides(self) -> Sequence[str]:
        """Return the side inputs of the inner steps."""
        return [name for step in self.nested() for name in step.sides()]

    def nested(self) -> Sequence[Operator]:
        """Return the inner steps, routes in the order of their values."""
        return [step for _, steps in sorted(self.routes.items()) for step in steps]

    def reads(self) -> Sequence[str]:
        """Return the column that chooses."""
        return [self.by]

    def output(self, columns: Columns) -> Columns:
        """Return the columns that rows of any route may have."""
        found: Columns = {}
        for _, steps in sorted(self.routes.items()):
            own = dict(columns)
            for step in steps:
                own = step.output(own)
            found |= {k: v for k, v in own.items() if found.get(k) is None}
        return found

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Choose the way and go it."""
        value = row.get(self.by)
        if not isinstance(value, str) or value not in self.routes:
            return failed("no_route", {self.by: value})
        return await _walk(self.routes[value], row, ctx)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a row whose child is kept, one whose child is dropped, one that is dropped itself, and one with no way."""

        def script(request: Request) -> str:
            return "Rain." if "rain" in str(request.body) else "Ice that flows downhill under its own weight."

        brief: dict[str, Any] = {"curate.length": {"on": "response", "min_words": 3}}
        ask = {"generate.prompt": {"prompt": "About {{ topic }}."}}
        step = cls.model_validate({"by": "kind", "routes": {"ask": [ask, brief], "judge": [brief]}})
        rows: list[Row] = [
            {"kind": "ask", "topic": "glaciers"},
            {"kind": "ask", "topic": "rain"},
            {"kind": "judge", "response": "Wet."},
            {"kind": "other"},
        ]
        return [Example(step, rows, ["used", "kept", "used", "dropped", "dropped", "failed"], script)]


async def _walk(steps: Sequence[Operator], row: Row, ctx: RowContext) -> RowOutcome:
    """Return what steps leave of a row."""
    updates: Row = {}
    for n, step in enumerate(steps):
        found = await ctx.through(step, {**row, **updates})
        updates |= found.updates
        if found.children:
            rest = steps[n + 1 :]
            children = await sampled([_child(step, rest, child, ctx) for child in found.children])
            return RowOutcome(found.fate, updates, found.reason, found.detail, children)
        if found.fate != "kept":
            return RowOutcome(found.fate, updates, found.reason, {"step": step.op_name, "detail": found.detail})
    return RowOutcome("kept", updates)


async def _child(step: Operator, rest: Sequence[Operator], child: Child, ctx: RowContext) -> Child:
    """Take a row that a step bore through the steps after it."""
    if child.fate != "kept":
        child.detail = {"step": step.op_name, "detail": child.detail}
        return child
    found = await _walk(rest, child.values, ctx)
    if found.children:
        raise TypeError(f"a second step bears rows after {step.op_name}; one of a route may")
    child.values = {**child.values, **found.updates}
    child.fate, child.reason, child.detail = found.fate, found.reason, found.detail
    return child
