"""JSON Schema: the short form that recipes use, and a check of replies against the keywords we take."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
    "null": (type(None),), "array": (list,), "object": (dict,),
}  # fmt: skip
_SHORT = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
KEYWORDS = frozenset(
    "type properties required additionalProperties items enum const minItems maxItems minLength maxLength"
    " minimum maximum anyOf title description $schema default examples".split()
)


def expand(short: Any, where: str = "schema") -> dict[str, Any]:
    """Return the JSON Schema that a short form means; a JSON Schema is checked and returned as it is.

    `str`, `int`, `float`, `bool` are types; a list of texts is a choice; a list of one type is a list of it; a
    mapping is an object whose fields are all required.

    Raises:
        ValueError: for anything else, or a keyword of JSON Schema that is not checked here.

    Example:
        >>> expand({"answer": "str", "kind": ["fact", "reason"]})["properties"]["kind"]
        {'type': 'string', 'enum': ['fact', 'reason']}
    """
    if isinstance(short, str):
        if short not in _SHORT:
            raise ValueError(f"{where}: unknown type `{short}`; allowed: {', '.join(_SHORT)}")
        return {"type": _SHORT[short]}
    if isinstance(short, list):
        if len(short) == 1 and (isinstance(short[0], Mapping) or short[0] in _SHORT):
            return {"type": "array", "items": expand(short[0], f"{where}[]")}
        if short and all(isinstance(v, str) for v in short):
            return {"type": "string", "enum": list(short)}
        raise ValueError(f"{where}: a list is a choice of texts, or one type; got {short!r}")
    if not isinstance(short, Mapping) or not short:
        raise ValueError(f"{where}: must be a type, a list or a mapping of fields; got {short!r}")
    if (isinstance(short.get("type"), str) and short["type"] in _TYPES) or "$schema" in short or "anyOf" in short:
        _check_keywords(short, where)
        return dict(short)
    properties = {str(k): expand(v, f"{where}.{k}") for k, v in short.items()}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _check_keywords(schema: Any, where: str) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise ValueError(f"{where}: must be a mapping; got {schema!r}")
    for keyword in schema:
        if keyword not in KEYWORDS:
            raise ValueError(
                f"{where}: the keyword `{keyword}` is not supported; allowed: {', '.join(sorted(KEYWORDS))}"
            )
    for name, inner in schema.get("properties", {}).items():
        _check_keywords(inner, f"{where}.{name}")
    if "items" in schema:
        _check_keywords(schema["items"], f"{where}[]")
    for inner in schema.get("anyOf", ()):
        _check_keywords(inner, where)


def mismatch(value: Any, schema: Any, at: str = "the reply") -> str | None:
    """Return what is wrong with a value, as one sentence that a model can act on, or None where it fits.

    Example:
        >>> mismatch({"answer": 3}, expand({"answer": "str"}))
        'the field `answer` must be a string, got 3'
    """
    if schema is True or schema == {}:
        return None
    if "anyOf" in schema:
        found = [mismatch(value, s, at) for s in schema["anyOf"]]
        return None if None in found else found[0]
    kinds = schema.get("type")
    names = [kinds] if isinstance(kinds, str) else kinds or []
    if names and not any(_is(value, name) for name in names):
        return f"{at} must be {_a(' or '.join(names))}, got {_short(value)}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{at} must be one of {', '.join(map(repr, schema['enum']))}, got {_short(value)}"
    if "const" in schema and value != schema["const"]:
        return f"{at} must be {schema['const']!r}, got {_short(value)}"
    if isinstance(value, str | list):
        many = "items" if isinstance(value, list) else "characters"
        low, high = ("minItems", "maxItems") if isinstance(value, list) else ("minLength", "maxLength")
        if len(value) < schema.get(low, 0):
            return f"{at} must have at least {schema[low]} {many}, got {len(value)}"
        if len(value) > schema.get(high, math.inf):
            return f"{at} must have at most {schema[high]} {many}, got {len(value)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", -math.inf):
            return f"{at} must be at least {schema['minimum']}, got {value}"
        if value > schema.get("maximum", math.inf):
            return f"{at} must be at most {schema['maximum']}, got {value}"
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            if problem := mismatch(item, schema["items"], f"item {i + 1} of {at}"):
                return problem
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                return f"the field `{name}` is missing in {at}"
        for name, item in value.items():
            if name in properties:
                if problem := mismatch(item, properties[name], f"the field `{name}`"):
                    return problem
            elif schema.get("additionalProperties") is False:
                return f"{at} has a field `{name}` that was not asked for"
    return None


def find_json(text: str) -> str:
    """Return the part of a reply that is meant as JSON: inside a code fence, or from the first bracket to the last."""
    fence = re.search(r"```(?:json)?\s*\n(.*?)```", text, re.DOTALL)
    if fence:
        return fence.group(1).strip()
    starts = [i for i in (text.find("{"), text.find("[")) if i >= 0]
    if not starts:
        return text.strip()
    end = max(text.rfind("}"), text.rfind("]"))
    return text[min(starts) : end + 1] if end > min(starts) else text[min(starts) :]


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool) and name in ("integer", "number"):
        return False
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(name, (object,)))


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
