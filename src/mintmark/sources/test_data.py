"""Test records for a schema: valid, extreme and broken ones, each of the broken ones in one known way."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from ..core.dataset import Columns
from ..core.fingerprint import digest
from ..core.registry import source
from ..core.schema import expand
from ..core.source import Source, SourceRow, Span
from ..measures.schema_rules import KEYWORDS, Violation, resolved, violations
from . import schema_values as values

Kind = Literal["valid", "extreme", "invalid"]


@source("test_data", version=1)
class TestData(Source):
    """Records for testing whatever takes records of a schema. What a record's columns say of it is true.

    `valid`: ordinary records, one with the required fields only, one with all. `extreme`: each allowed, but at the edge of a rule
    (boundary values, unicode, empty and long texts, null where it may be). `invalid`: each breaks exactly one rule in exactly one
    place: a required field missing, a field too many, a wrong type, null, a value outside the choices, beyond a bound, against a
    format or pattern, a list too short, too long or with a repetition. A record that would break two rules at once is not made.

    Columns: record (JSON text), kind, valid, field (`address.zip`, `tags[0]`; null where nothing is wrong), rule (the keyword of
    JSON Schema that is broken), what (in words).

    Reference: Myers 1979, The Art of Software Testing, chapter 4 (equivalence classes and boundary values); JSON Schema,
    draft 2020-12, Validation.

    Example:
        >>> rows = [r.values for r in TestData(schema={"age": "int"}, kinds=["invalid"]).read()]
        >>> [(r["record"], r["field"], r["rule"]) for r in rows][:2]
        [('{}', 'age', 'required'), ('{"age":"7"}', 'age', 'type')]
    """

    __test__ = False  # pytest would take the class for tests
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, populate_by_name=True, serialize_by_alias=True
    )

    shape: Any = Field(alias="schema")
    """Schema of a record: the short form `{name: str, size: [small, large]}`, or a JSON Schema of an object."""
    kinds: tuple[Kind, ...] = Field(("valid", "extreme", "invalid"), min_length=1)
    """Which kinds of record, in this order."""
    records: int = Field(10, ge=2, le=100_000)
    """Ordinary valid records."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Of the ordinary values."""

    @field_validator("shape")
    @classmethod
    def _can_be_filled(cls, shape: Any) -> Any:
        found = full_schema(shape)
        values.typical(found, random.Random(0))
        return shape

    def read(self) -> Iterator[SourceRow]:
        """Yield the records, those of one kind together, none twice."""
        schema, rng = full_schema(self.shape), random.Random(self.seed)
        made = {"valid": self._valid, "extreme": self._extreme, "invalid": self._invalid}
        seen: set[str] = set()
        line = 0
        for kind in self.kinds:
            for record, violation, what in made[kind](schema, rng):
                text = _json(record)
                if text in seen:
                    continue
                seen.add(text)
                line += 1
                field, rule = violation or (None, None)
                row = {
                    "record": text,
                    "kind": kind,
                    "valid": violation is None,
                    "field": field,
                    "rule": rule,
                    "what": what,
                }
                yield SourceRow(row, Span("schema", line=line))

    def fingerprint(self) -> dict[str, Any]:
        """Return the hash of the settings."""
        return {"settings": digest(self.model_dump(mode="json", exclude={"license"}))}

    def columns(self) -> Columns:
        """Return the six columns."""
        import pyarrow as pa

        texts = dict.fromkeys(("record", "kind", "field", "rule", "what"), pa.string())
        return {**texts, "valid": pa.bool_()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the kinds of record."""
        return {"kind": self.kinds}

    def _valid(self, schema: Mapping[str, Any], rng: random.Random) -> Iterator[tuple[Any, Violation | None, str]]:
        for n in range(self.records):
            record = values.typical(schema, rng)
            if n == 0:
                record = {k: v for k, v in record.items() if k in schema.get("required", ())}
            if not violations(record, schema):
                yield record, None, "the required fields only" if n == 0 else "an ordinary record"

    def _extreme(self, schema: Mapping[str, Any], rng: random.Random) -> Iterator[tuple[Any, Violation | None, str]]:
        for place, inner in _places(schema):
            for value, what in values.edges(inner, rng):
                record = _put(values.typical(schema, rng), place, value)
                if record is not None and not violations(record, schema):
                    yield record, None, f"{_name(place)}: {what}"

    def _invalid(self, schema: Mapping[str, Any], rng: random.Random) -> Iterator[tuple[Any, Violation | None, str]]:
        for record, what in self._broken(schema, rng):
            found = violations(record, schema)
            if len(found) == 1:
                yield record, found[0], what

    def _broken(self, schema: Mapping[str, Any], rng: random.Random) -> Iterator[tuple[Any, str]]:
        for place, inner in [((), schema), *_places(schema)]:
            for name in inner.get("required", ()):
                record = _put(values.typical(schema, rng), (*place, name), None, remove=True)
                if record is not None:
                    yield record, f"{_name((*place, name))}: missing"
            if inner.get("additionalProperties") is False:
                record = _put(values.typical(schema, rng), (*place, "unknown_field"), "x")
                if record is not None:
                    yield record, f"{_name((*place, 'unknown_field'))}: a field too many"
            for value, what in values.beyond(inner, rng) if place else ():
                record = _put(values.typical(schema, rng), place, value)
                if record is not None:
                    yield record, f"{_name(place)}: {what}"


def full_schema(shape: Any) -> dict[str, Any]:
    """Return the JSON Schema of an object that a shape means, references put in place.

    Raises:
        ValueError: for a shape that is no object, or a keyword that is not known here.
    """
    plain = isinstance(shape, Mapping) and ("properties" in shape or "$schema" in shape or "$ref" in shape)
    found = resolved(shape) if plain else expand(shape)
    _check(found, "schema")
    if values.kinds_of(found) != ["object"] or not found.get("properties"):
        raise ValueError("schema: a record is an object with `properties`")
    return dict(found)


def _check(schema: Any, where: str) -> None:
    if isinstance(schema, bool):
        return
    for keyword in schema:
        if keyword not in KEYWORDS:
            raise ValueError(
                f"{where}: the keyword `{keyword}` is not supported; allowed: {', '.join(sorted(KEYWORDS))}"
            )
    for name, inner in schema.get("properties", {}).items():
        _check(inner, f"{where}.{name}")
    for inner in [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]:
        _check(inner, where)


def _places(
    schema: Mapping[str, Any], at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Yield the place and the schema of every field, those inside objects and of a list's first item too."""
    for name, inner in schema.get("properties", {}).items():
        if isinstance(inner, Mapping):
            yield (*at, name), inner
            yield from _places(inner, (*at, name))
    items = schema.get("items")
    if isinstance(items, Mapping) and at:
        yield (*at, 0), items
        yield from _places(items, (*at, 0))


def _put(record: Any, place: tuple[str | int, ...], value: Any, *, remove: bool = False) -> Any:
    """Return the record with another value at a place, or without it; None where the record has no such place."""
    record = copy.deepcopy(record)
    inner = record
    for key in place[:-1]:
        if not _has(inner, key):
            return None
        inner = inner[key]
    key = place[-1]
    if not (_has(inner, key) or (isinstance(inner, dict) and isinstance(key, str))):
        return None
    if remove:
        inner.pop(key, None)
    else:
        inner[key] = value
    return record


def _has(inner: Any, key: str | int) -> bool:
    if isinstance(inner, list):
        return isinstance(key, int) and key < len(inner)
    return isinstance(inner, dict) and key in inner


def _name(place: tuple[str | int, ...]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")


def _json(record: Any) -> str:
    import orjson

    return orjson.dumps(record).decode()
