"""Variants of a recipe: another prompt, other examples, another temperature; each changes one step only."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.dataset import Row
from ..core.errors import RecipeError
from ..core.fingerprint import digest
from ..core.operator import Operator
from ..core.recipe import Recipe
from ..core.template import template

FIELDS = ("prompt", "rubric", "system")
"""Fields that hold a template, in the order in which one is looked for."""
TEMPERATURES = (0.0, 0.4, 0.8, 1.2)
SHOTS = (1, 2, 4, 8)
_EXAMPLE_CHARS = 1_500


@dataclass(frozen=True)
class Place:
    """The step that is tuned, and its field that holds the template."""

    index: int
    name: str
    field: str


@dataclass(frozen=True)
class Variant:
    """One way to write the step.

    Attributes:
        how: `original`, `rewritten`, `instruction`, `temperature`, `shots` or `examples`.
        fields: the step's fields that differ from the original's.
        inputs: side inputs that the recipe gets: name -> rows.
        parent: what it was made from, as `number` of it.
        number: in the order of making; 0 is the original.
    """

    how: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    parent: int = 0
    number: int = 0

    @property
    def content(self) -> str:
        """A hash of what it changes: two variants with the same are one."""
        return digest(dict(self.fields), {name: list(rows) for name, rows in self.inputs.items()})

    def recipe(self, original: Recipe, place: Place) -> Recipe:
        """Return the recipe with this variant's fields.

        Raises:
            RecipeError: where they mean nothing.
        """
        if self.how == "original":
            return original
        data = copy.deepcopy(original.to_data())
        (entry,) = data["steps"][place.index].values()
        entry.update(self.fields)
        for name, rows in self.inputs.items():
            data.setdefault("inputs", {})[name] = {"rows": {"rows": [dict(row) for row in rows]}}
        return type(original).from_data(data)


def place_of(recipe: Recipe, step: str | None) -> Place:
    """Return where the template stands: in the step that is named, else in the first that has a `prompt`, else ...

    Raises:
        RecipeError: where no step has one.
    """
    names = recipe.step_names()
    if step is not None and step not in names:
        raise RecipeError(f"the recipe has no step `{step}`", where="tune", allowed=names)
    for wanted in FIELDS:
        for i, (name, operator) in enumerate(zip(names, recipe.steps, strict=True)):
            if (step is None or name == step) and isinstance(getattr(operator, wanted, None), str):
                return Place(i, name, wanted)
    raise RecipeError(
        f"{'no step' if step is None else f'`{step}`'} has a template to tune", where="tune",
        allowed=f"a step with one of the fields {', '.join(FIELDS)}, such as generate.prompt",
    )  # fmt: skip


def settings(recipe: Recipe, place: Place, best: Variant, kept: Sequence[Row], rng: random.Random) -> list[Variant]:
    """Return variants that need no model to write them, in an order drawn: temperatures, and examples in number and choice.

    Args:
        best: what they are made from.
        kept: rows that it kept, for examples; rows that nothing is judged on.
    """
    operator = best.recipe(recipe, place).steps[place.index]
    found: list[Variant] = []
    warm = getattr(operator, "temperature", ())
    if warm is None or isinstance(warm, float):
        found += [_from(best, "temperature", {"temperature": t}) for t in TEMPERATURES if t != warm]
    if getattr(operator, "few_shot", None) and not best.inputs:
        shots = getattr(operator, "shots", 0)
        found += [_from(best, "shots", {"shots": n}) for n in SHOTS if n != shots]
    elif hasattr(operator, "few_shot") and not best.inputs and place.field == "prompt":
        found += _examples(recipe, operator, place, best, kept, rng)
    rng.shuffle(found)
    return found


def _examples(
    recipe: Recipe, operator: Operator, place: Place, best: Variant, kept: Sequence[Row], rng: random.Random
) -> list[Variant]:
    """Return variants that show rows which passed, two and four of them, each drawn twice."""
    given = [n for n in template(getattr(operator, place.field)).names if n not in ("row", "examples")]
    made = [c for c in (*operator.output({}), getattr(operator, "into", "")) if c and c not in given]
    usable = [row for row in kept if all(_short(row.get(c)) for c in given) and any(row.get(c) for c in made)]
    columns = [*given, *(c for c in made if any(c in row for row in usable))]
    name = "examples" if "examples" not in recipe.inputs else "tuned_examples"
    lines = "".join(f"{c}: {{{{ e[{c!r}] }}}}\n" for c in columns)
    prompt = f"{{% for e in examples %}}{lines}\n{{% endfor %}}{getattr(operator, place.field)}"
    found = []
    for number in (2, 4, 2, 4):
        if len(usable) >= number:
            shown = [{c: row.get(c) for c in columns} for row in rng.sample(usable, number)]
            fields = {place.field: prompt, "few_shot": name, "shots": number}
            found.append(_from(best, "examples", fields, {name: shown}))
    return found


def _short(value: Any) -> bool:
    return value is not None and len(str(value)) <= _EXAMPLE_CHARS


def rewritten(recipe: Recipe, place: Place, best: Variant, text: str) -> Variant:
    """Return the variant of a template that a model wrote.

    A text that does not name the columns which the template names is taken as an instruction, and stands before it.

    Raises:
        RecipeError, ValueError: where it is no template, names columns that there are none of, or says nothing new.
    """
    current = getattr(best.recipe(recipe, place).steps[place.index], place.field)
    needed, named = set(template(current).names), set(template(text).names)
    if named - needed - {"row", "examples"}:
        raise ValueError(f"names {', '.join(sorted(named - needed))}, which the template does not")
    whole = needed <= named
    found = text.strip() if whole else f"{text.strip()}\n\n{current}"
    if not text.strip() or found.strip() == current.strip():
        raise ValueError("says nothing new")
    variant = _from(best, "rewritten" if whole else "instruction", {place.field: found})
    variant.recipe(recipe, place)
    return variant


def _from(
    best: Variant, how: str, fields: Mapping[str, Any], inputs: Mapping[str, Sequence[Row]] | None = None
) -> Variant:
    return Variant(how, {**best.fields, **fields}, {**best.inputs, **(inputs or {})}, best.number)
