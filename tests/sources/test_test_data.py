"""Test records: valid ones validate, every broken one breaks exactly what it says, by another validator's word."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.core.errors import RecipeError
from mintmark.core.recipe import Recipe
from mintmark.measures.schema_rules import FORMATS, violations
from mintmark.sources.test_data import TestData, full_schema

ORDER = {
    "type": "object",
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$", "examples": ["AB-123", "ZZ-000"]},
        "email": {"type": "string", "format": "email"},
        "born": {"type": "string", "format": "date"},
        "address_v4": {"type": "string", "format": "ipv4"},
        "key": {"type": "string", "format": "uuid"},
        "name": {"type": "string", "minLength": 2, "maxLength": 40},
        "size": {"enum": ["S", "M", "L"]},
        "version": {"const": 2},
        "count": {"type": "integer", "minimum": 1, "maximum": 99},
        "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000, "multipleOf": 0.25},
        "note": {"type": ["string", "null"], "maxLength": 10},
        "gift": {"type": "boolean"},
        "either": {"anyOf": [{"type": "integer", "minimum": 5}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 3, "uniqueItems": True},
        "to": {"$ref": "#/$defs/place"},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/place"}},
    },
    "required": ["sku", "email", "name", "count", "to"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {"city": {"type": "string", "minLength": 1}, "zip": {"type": "string", "minLength": 5, "maxLength": 5}},
            "required": ["city"],
            "additionalProperties": False,
        }
    },
}  # fmt: skip


def places(error: Any) -> set[tuple[str, str]]:
    """Return (field, rule) of one of jsonschema's errors, named as the source names them."""
    at = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).lstrip(".")
    names = [""]
    if error.validator == "required":
        names = [n for n in error.validator_value if n not in error.instance]
    elif error.validator == "additionalProperties":
        names = [n for n in error.instance if n not in error.schema.get("properties", {})]
    return {((f"{at}.{n}" if at and n else at or n), str(error.validator)) for n in names}


def check(shape: Any, **fields: Any) -> list[dict[str, Any]]:
    """Hold every record against jsonschema; return the rows."""
    validator = jsonschema.Draft202012Validator(
        full_schema(shape), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    rows = [r.values for r in TestData(schema=shape, **fields).read()]
    for row in rows:
        errors = list(validator.iter_errors(json.loads(row["record"])))
        if row["valid"]:
            assert not errors, row
            assert row["field"] is None and row["rule"] is None
        else:
            assert len(errors) == 1, (row, errors)
            assert places(errors[0]) == {(row["field"], row["rule"])}, (row, errors[0])
            assert row["kind"] == "invalid"
    assert len({row["record"] for row in rows}) == len(rows)
    return rows


def test_every_record_is_what_it_says() -> None:
    rows = check(ORDER)
    rules = Counter(row["rule"] for row in rows)
    assert set(rules) >= {
        None, "required", "additionalProperties", "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "multipleOf",
        "minLength", "maxLength", "format", "pattern", "minItems", "maxItems", "uniqueItems", "anyOf",
    }  # fmt: skip
    fields = {row["field"] for row in rows if row["rule"] == "type"}
    assert fields >= {"to.city", "tags[0]", "stops[0]", "stops[0].zip", "gift"}
    extreme = [row for row in rows if row["kind"] == "extreme"]
    assert any(json.loads(r["record"]).get("count") == 99 for r in extreme)
    assert any(json.loads(r["record"]).get("note", "") is None for r in extreme)
    assert any("\u674e" in r["record"] for r in extreme)
    minimal = json.loads(rows[0]["record"])
    assert set(minimal) == set(ORDER["required"])  # type: ignore[call-overload]


def test_the_short_form() -> None:
    rows = check({"name": "str", "size": ["small", "large"], "scores": ["float"], "seat": {"row": "int"}}, records=3)
    assert {(r["field"], r["rule"]) for r in rows if not r["valid"]} >= {
        ("name", "required"), ("size", "enum"), ("scores[0]", "type"), ("seat.row", "type"), ("unknown_field", "additionalProperties"),
    }  # fmt: skip


def _object(properties: dict[str, Any], closed: bool) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "required": sorted(properties)[:1]}
    return {**found, "additionalProperties": False} if closed else found


TEXT = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 4),
        "maxLength": st.integers(4, 9),
        "format": st.sampled_from(["email", "date", "ipv4", "ipv6", "uuid"]),
    },
).filter(lambda s: "format" not in s or len(s) == 2)
NUMBER = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={"minimum": st.integers(-9, 0), "exclusiveMaximum": st.integers(9, 20), "multipleOf": st.integers(1, 4)},
)
LEAF = st.one_of(
    TEXT,
    NUMBER,
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "null"]}),
    st.lists(st.sampled_from(["a", "b", 3, None]), min_size=1, unique=True).map(lambda v: {"enum": v}),
)
SHAPES = st.recursive(
    LEAF,
    lambda inner: (
        st.builds(
            lambda items, low, more: {"type": "array", "items": items, "minItems": low, "maxItems": low + more},
            inner, st.integers(0, 2), st.integers(0, 2),
        )
        | st.builds(_object, st.dictionaries(st.sampled_from("pqr"), inner, min_size=1), st.booleans())
    ),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), SHAPES, min_size=1), st.booleans())
def test_records_of_any_schema_are_what_they_say(properties: dict[str, Any], closed: bool) -> None:
    rows = check(_object(properties, closed), records=3)
    assert any(r["rule"] == "required" for r in rows)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_formats_have_good_and_bad_examples(name: str) -> None:
    shape = {"type": "object", "properties": {"x": {"type": "string", "format": name}}, "required": ["x"]}
    rows = [r.values for r in TestData(schema=shape).read()]
    assert any(r["rule"] == "format" for r in rows) and sum(r["valid"] for r in rows) >= 2


def test_reading_twice_gives_the_same_and_the_seed_another() -> None:
    def read(seed: int) -> list[Any]:
        return [r.values for r in TestData(schema=ORDER, seed=seed).read()]

    assert read(1) == read(1) != read(2)


def test_true_is_not_one() -> None:
    assert violations(True, {"enum": [1]}) == [("", "enum")]
    assert violations(1.0, {"type": "integer"}) == []


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ({"type": "object", "properties": {"a": {"oneOf": []}}}, "the keyword `oneOf` is not supported"),
        ("str", "a record is an object"),
        (
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "^qq9$"}}},
            "put one into its `examples`",
        ),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {}}, "leads nowhere"),
    ],
)
def test_what_cannot_be_filled_is_refused(shape: Any, said: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(said)):
        Recipe.from_data({"source": {"test_data": {"schema": shape}}, "steps": []})
