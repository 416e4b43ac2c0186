"""The JSON Schema of recipes: what is a recipe fits it, what is none does not."""

from __future__ import annotations

from typing import Any

import pytest

from mintmark import recipes
from mintmark.core import registry, yamlio
from mintmark.recipes.schema import recipe_schema

SCHEMA = recipe_schema()


def named(entry: dict[str, Any]) -> set[str]:
    """Return the names that a `oneOf` of entries takes as `name: {fields}`."""
    return {next(iter(one["properties"])) for one in entry["oneOf"] if "properties" in one}


def refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {v for k, v in value.items() if k == "$ref"} | {r for v in value.values() for r in refs(v)}
    return {r for v in value for r in refs(v)} if isinstance(value, list) else set()


def test_every_installed_source_and_step_is_in_it_with_its_fields() -> None:
    assert named(SCHEMA["$defs"]["source"]) == set(registry.source_names())
    assert named(SCHEMA["$defs"]["step"]) == set(registry.operator_names())
    (length,) = [e for e in SCHEMA["$defs"]["step"]["oneOf"] if "curate.length" in e.get("properties", ())]
    fields = next(f for f in length["properties"]["curate.length"]["anyOf"] if "properties" in f)
    assert set(fields["properties"]) == {"on", "min_words", "min_chars", "max_words", "max_chars"}
    assert fields["properties"]["min_words"]["description"].startswith("Words, split on white space")


def test_every_reference_leads_somewhere() -> None:
    assert {r.removeprefix("#/$defs/") for r in refs(SCHEMA)} <= set(SCHEMA["$defs"])


@pytest.mark.parametrize("name", recipes.names())
def test_built_in_recipes_name_what_is_in_it(name: str) -> None:
    data, _ = yamlio.read(recipes.get(name).text)
    assert set(data) <= set(SCHEMA["properties"])
    assert set(data["source"]) <= named(SCHEMA["$defs"]["source"])
    assert {step for entry in data["steps"] for step in entry} <= named(SCHEMA["$defs"]["step"])


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        *((recipes.get(name).text, True) for name in recipes.names()),
        (
            "source: {files: {path: a.jsonl}}\nsteps: [{curate.exact: {on: text}}]\nmodels: {w: {spec: x}}",
            True,
        ),
        ("source: {files: {path: a.jsonl}}\nrows: {by: leaf, each: 3}\nbudget: {dollars: 1}", True),
        ("source: {files: {path: a.jsonl}}\nrows: 0", False),
        ("source: {files: {path: a.jsonl, pth: 1}}", False),
        ("source: {flies: {path: a.jsonl}}", False),
        ("source: {files: {path: a.jsonl}}\nsteps: [{curate.length: {min_wrds: 1}}]", False),
        ("source: {files: {path: a.jsonl}}\nsteps: [curate.lenght]", False),
        ("source: {files: {path: a.jsonl}}\nsteps: [{curate.exact: {on: a}, curate.length: {min_words: 1}}]", False),
        ("steps: []", False),
        ("source: {files: {path: a.jsonl}}\ncolour: red", False),
    ],
)
def test_validation(text: str, fits: bool) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    data, _ = yamlio.read(text)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(data) is fits
