"""The plan: everything that can be known to be wrong before the first call is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..calls.cost import price_of
from ..core.dataset import Columns, Row
from ..core.errors import RecipeError
from ..core.fingerprint import FORMAT, digest
from ..core.operator import whole
from ..core.recipe import Recipe, require_capability
from ..models.base import Model
from ..models.families import circular, deciders
from ..models.spec import build
from .feed import rows_of
from .walk import Step


@dataclass(slots=True)
class Segment:
    """Consecutive steps that run as one: a stream of row and batch steps, or one table step."""

    kind: Literal["stream", "table"]
    steps: list[Step]
    end: int


@dataclass(slots=True)
class Plan:
    """A recipe with its models built, its side inputs read, its steps cut into segments."""

    recipe: Recipe
    names: tuple[str, ...]
    models: dict[str, Model]
    sides: dict[str, tuple[Row, ...]]
    segments: list[Segment]
    sources: dict[str, Any]
    columns: Columns
    in_rounds: bool

    @property
    def fingerprint(self) -> str:
        """Hash of everything that can change a row."""
        return self.recipe.fingerprint(self.sources)

    @property
    def deciders(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """(step, model) of the steps that write with a model, and of those that decide with one."""
        models = {a: {"spec": m.spec, "identity": m.identity} for a, m in self.models.items()}
        return deciders({"recipe": self.recipe.to_data(resolved=True), "models": models})

    @property
    def warnings(self) -> list[str]:
        """What may be meant and is seldom wise: a judge of the family that wrote the rows."""
        makers, judges = self.deciders
        asked = {s.op_name for s in whole(self.recipe.steps) if any("chat" in needs for needs in s.requires().values())}
        return [
            f"{step} judges with {spec}, of the family that wrote the rows: models favour text of their own kind; "
            "take a judge of another family, or hold its verdicts against people's"
            for step, spec in dict.fromkeys(circular(makers, judges))
            if step in asked  # a likelihood is measured, not judged
        ]

    def segment_key(self, segment: Segment) -> str:
        """Hash of everything in a segment that can change a result, its feed aside."""
        return self._key("segment", segment.steps, [s.index for s in segment.steps])

    def artifact_key(self, step: Step) -> str:
        """Hash of everything that can change what a step prepares."""
        part = step.operator.preparer()
        name = step.name if part is step.operator else type(part).__name__
        return self._key("artifact", [Step(0, name, part)])

    def _key(self, what: str, steps: Sequence[Step], *more: Any) -> str:
        aliases = sorted({m for s in steps for m in s.operator.requires()})
        return digest(
            what, FORMAT, self.recipe.seed,
            [[s.name, s.operator.versions(), s.operator.model_dump(mode="json")] for s in steps],
            [[a, self.models[a].identity, self.recipe.models[a].fingerprint()] for a in aliases],
            {n: self.sources[n] for s in steps for n in s.operator.sides()}, *more,
        )  # fmt: skip


def plan(recipe: Recipe, *, models: Mapping[str, Model] | None = None) -> Plan:
    """Check a recipe against its models, inputs and columns; nothing is sent and nothing is written.

    Raises:
        RecipeError, CapabilityError, ModelError, SourceError
    """
    names = recipe.step_names()
    built = {k: (models or {}).get(k) or build(s, where=f"model `{k}`") for k, s in recipe.models.items()}
    for step, name in zip(recipe.steps, names, strict=True):
        for alias, needs in step.requires().items():
            spec = recipe.models[alias].spec
            require_capability(f"step {names.index(name) + 1} ({name})", alias, spec, needs, built[alias].capabilities)
        if step.uses_pool and step.scope != "row":
            raise RecipeError(f"a {step.scope} step cannot read the pool", where=name, allowed="row steps")
    if recipe.budget is not None and recipe.budget.dollars is not None:
        for alias, model in recipe.models.items():
            if price_of(model)(1000, 1000) is None:
                raise RecipeError(
                    f"a budget in dollars needs a price, and that of `{model.spec}` is not known",
                    where=f"model `{alias}`",
                    remedy="add `price: {input: ..., output: ...}` (dollars for a million tokens), or a budget in tokens",
                )  # fmt: skip
    columns = recipe.check_columns()
    steps = [Step(i, n, s) for i, (n, s) in enumerate(zip(names, recipe.steps, strict=True))]
    return Plan(
        recipe, names, built, {k: rows_of(s) for k, s in recipe.inputs.items()}, _segments(steps),
        recipe.source_fingerprints(), columns, any(s.scope == "table" or s.uses_pool for s in recipe.steps),
    )  # fmt: skip


def _segments(steps: list[Step]) -> list[Segment]:
    found: list[Segment] = []
    for step in steps:
        kind: Literal["stream", "table"] = "table" if step.operator.scope == "table" else "stream"
        if kind == "stream" and found and found[-1].kind == "stream":
            found[-1].steps.append(step)
            found[-1].end = step.index + 1
        else:
            found.append(Segment(kind, [step], step.index + 1))
    if not found or found[0].kind == "table":
        found.insert(0, Segment("stream", [], 0))
    return found
