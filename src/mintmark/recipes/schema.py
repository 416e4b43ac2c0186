"""The JSON Schema of a recipe, for editors: every source, step and field that is installed, with its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ..core import registry
from ..core.entries import SOURCE, STEP
from ..core.recipe import Recipe
from ..core.settings import Budget, ModelSpec, Quota

STEP_REF = {"$ref": "#/$defs/step"}
SOURCE_REF = {"$ref": "#/$defs/source"}
INNER = {STEP: STEP_REF, SOURCE: SOURCE_REF}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema() -> dict[str, Any]:
    """Return a JSON Schema that every valid recipe fits; whether columns and model names agree it cannot say.

    Example:
        >>> recipe_schema()["required"]
        ['source']
    """
    shared: dict[str, Any] = {}
    sources = {name: registry.get_source(name) for name in registry.source_names()}
    steps = {name: registry.get_operator(name) for name in registry.operator_names()}
    source, step = SOURCE_REF, STEP_REF
    described = {n: f.description for n, f in Recipe.model_fields.items()}
    whole = _of(Recipe, "recipe", {})["properties"]
    special = ("source", "inputs", "models", "steps", "rows", "budget")
    plain = {name: whole[name] for name in Recipe.model_fields if name not in special}
    model = {"anyOf": [{"type": "string"}, _of(ModelSpec, "model", shared)]}
    quota, budget = _of(Quota, "quota", shared), _of(Budget, "budget", shared)
    properties: dict[str, Any] = {
        **plain,
        "rows": {"anyOf": [{"type": "integer", "minimum": 1}, quota, {"type": "null"}]},
        "source": source,
        "inputs": {"type": "object", "additionalProperties": source},
        "models": {"type": "object", "additionalProperties": model},
        "steps": {"type": "array", "items": step},
        "budget": {"anyOf": [budget, {"type": "null"}]},
    }
    for name, one in properties.items():
        if described.get(name):
            one.setdefault("description", described[name])
    return {
        "$schema": DIALECT,
        "title": "A Mintmark recipe",
        "type": "object",
        "properties": properties,
        "required": ["source"],
        "additionalProperties": False,
        "$defs": {"source": _entry(sources, "source", shared), "step": _entry(steps, "step", shared), **shared},
    }


def _entry(known: Mapping[str, type[BaseModel]], what: str, shared: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of `name: {fields}`, or of the name alone where no field is required."""
    bare, full = [], []
    for name, cls in known.items():
        fields = _of(cls, f"{what}.{name}", shared)
        if not fields.get("required"):
            bare.append(name)
            fields = {"anyOf": [fields, {"type": "null"}]}
        full.append({
            "type": "object", "properties": {name: fields}, "required": [name], "additionalProperties": False,
            "description": (cls.__doc__ or "").strip().split("\n\n")[0],
        })  # fmt: skip
    return {"oneOf": [*([{"enum": bare}] if bare else []), *full]}


def _of(cls: type[BaseModel], prefix: str, shared: dict[str, Any]) -> dict[str, Any]:
    """Return a model's own schema; the models it names go into `shared` under names that cannot clash."""
    found = cls.model_json_schema(by_alias=True, ref_template=f"#/$defs/{prefix}.{{model}}")
    for name, inner in found.pop("$defs", {}).items():
        shared[f"{prefix}.{name}"] = _with_inner(inner)
    found.pop("title", None)
    return {key: _with_inner(value) for key, value in found.items()}


def _with_inner(found: Any) -> Any:
    """Return a schema in which fields that hold a step or a source refer to what one is."""
    if isinstance(found, list):
        return [_with_inner(one) for one in found]
    if not isinstance(found, dict):
        return found
    title = found.get("title")
    if isinstance(title, str) and title in INNER:
        return INNER[title]
    return {key: _with_inner(one) for key, one in found.items()}
