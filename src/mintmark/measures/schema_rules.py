"""Which rules of a JSON Schema a value breaks, each with its place; the keywords that test records are made for."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

Violation = tuple[str, str]
"""(where: `address.zip`, `tags[0]`, "" for the whole; the keyword that is broken)."""
KEYWORDS = frozenset(
    "type properties required additionalProperties items enum const minItems maxItems uniqueItems minLength maxLength pattern"
    " format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf anyOf title description default examples $schema $id"
    " $defs definitions $comment deprecated readOnly writeOnly".split()
)
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: _number(v) and v == int(v),
    "number": lambda v: _number(v),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
}


def violations(value: Any, schema: Any, at: str = "") -> list[Violation]:
    """Return every rule that a value breaks, none where it is valid. A known `format` is a rule.

    Example:
        >>> schema = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}, "required": ["age"]}
        >>> violations({"age": -1}, schema), violations({}, schema)
        ([('age', 'minimum')], [('age', 'required')])
    """
    if schema is True:
        return []
    if schema is False:
        return [(at, "false")]
    found = [(at, rule) for rule in _own(value, schema)]
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            found += violations(item, schema["items"], f"{at}[{i}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [(_inside(at, name), "required") for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            rest = properties.get(name, schema.get("additionalProperties", True))
            if name not in properties and rest is False:
                found.append((_inside(at, name), "additionalProperties"))
            else:
                found += violations(inner, rest, _inside(at, name))
    return found


def resolved(schema: Any, root: Any = None, seen: tuple[str, ...] = ()) -> Any:
    """Return a schema with its local references (`#/...`) put in place.

    Raises:
        ValueError: for a reference that leads nowhere, out of the schema, or into itself.
    """
    root = schema if root is None else root
    if isinstance(schema, list):
        return [resolved(s, root, seen) for s in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" not in schema:
        return {k: resolved(v, root, seen) for k, v in schema.items() if k not in ("$defs", "definitions")}
    ref = str(schema["$ref"])
    if ref in seen or not ref.startswith("#/"):
        raise ValueError(f"schema: the reference {ref!r} leads {'into itself' if ref in seen else 'out of the schema'}")
    target = root
    for part in ref[2:].split("/"):
        if not isinstance(target, Mapping) or part not in target:
            raise ValueError(f"schema: the reference {ref!r} leads nowhere")
        target = target[part]
    beside = {k: v for k, v in schema.items() if k != "$ref"}
    return {**resolved(target, root, (*seen, ref)), **resolved(beside, root, seen)}


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    return bool(one == other)


def _own(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return the keywords of a schema that a value itself breaks, whatever is inside it."""
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    broken = {
        "type": bool(kinds) and not any(_TYPES[k](value) for k in kinds),
        "enum": "enum" in schema and not any(same(value, v) for v in schema["enum"]),
        "const": "const" in schema and not same(value, schema["const"]),
        "anyOf": "anyOf" in schema and all(violations(value, s) for s in schema["anyOf"]),
    }
    if isinstance(value, str):
        known = FORMATS.get(schema.get("format", ""))
        broken["minLength"] = len(value) < schema.get("minLength", 0)
        broken["maxLength"] = "maxLength" in schema and len(value) > schema["maxLength"]
        broken["pattern"] = "pattern" in schema and re.search(schema["pattern"], value) is None
        broken["format"] = known is not None and not known(value)
    if _number(value):
        broken["minimum"] = "minimum" in schema and value < schema["minimum"]
        broken["maximum"] = "maximum" in schema and value > schema["maximum"]
        broken["exclusiveMinimum"] = "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]
        broken["exclusiveMaximum"] = "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]
        broken["multipleOf"] = "multipleOf" in schema and bool(
            Fraction(repr(value)) % Fraction(repr(schema["multipleOf"]))
        )
    if isinstance(value, list):
        broken["minItems"] = len(value) < schema.get("minItems", 0)
        broken["maxItems"] = "maxItems" in schema and len(value) > schema["maxItems"]
        twice = any(same(a, b) for i, a in enumerate(value) for b in value[:i])
        broken["uniqueItems"] = bool(schema.get("uniqueItems")) and twice
    return [rule for rule, is_broken in broken.items() if is_broken]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _inside(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _reads(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return check


def _shape(pattern: str, read: Callable[[str], Any] | None = None) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None and (read is None or _reads(read)(text))


FORMATS: dict[str, Callable[[str], bool]] = {
    "email": _shape(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "date": _shape(r"\d{4}-\d\d-\d\d", dt.date.fromisoformat),
    "time": _shape(r"\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", dt.time.fromisoformat),
    "date-time": _shape(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", dt.datetime.fromisoformat),
    "ipv4": _reads(ipaddress.IPv4Address),
    "ipv6": _reads(ipaddress.IPv6Address),
    "uuid": _shape(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", uuid.UUID),
    "uri": lambda text: bool(re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+$", text)) and _reads(urlsplit)(text),
    "hostname": _shape(r"(?=.{1,253}$)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)(\.(?!-)[a-zA-Z0-9-]{1,63}(?<!-))*"),
}
"""The formats that are checked; any other is a note to the reader."""
