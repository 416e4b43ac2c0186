"""Values for one field of a schema: typical, at the edge of what is allowed, and just beyond it. Checked by whoever uses them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from ..measures.schema_rules import violations

Case = tuple[Any, str]
"""(value, what it is)."""
_WORDS = "amber birch cedar delta ember fjord grove heron ivory jade kelp linen maple north olive pearl quartz river slate tulip".split()
_FORMATTED = {
    "email": (["ada@example.com", "j.o+tag@mail.example.org"], ["ada.example.com", ""]),
    "date": (["2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31"], ["2023-02-29", "31/12/1999", "2024-13-01"]),
    "time": (["23:59:59Z", "00:00:00+02:00"], ["25:00:00Z", "noon"]),
    "date-time": (["2024-02-29T23:59:59Z", "1970-01-01T00:00:00+00:00"], ["2024-02-30T00:00:00Z", "yesterday"]),
    "ipv4": (["192.0.2.1", "255.255.255.255", "0.0.0.0"], ["256.1.1.1", "192.0.2"]),
    "ipv6": (["2001:db8::1", "::"], ["2001:db8::1::2", "12345::"]),
    "uuid": (
        ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
        ["123e4567-e89b-12d3-a456-42661417400", "zzz"],
    ),
    "uri": (["https://example.com/a?b=c", "urn:isbn:0451450523"], ["no address at all", "://x"]),
    "hostname": (["example.com", "a"], ["-example-.com", "a b"]),
}
_UNICODE = {
    "accented letters": "Zo\u00eb \u00c5ngstr\u00f6m",
    "Chinese": "\u674e\u5c0f\u9f8d",
    "Arabic, written from the right": "\u0645\u0631\u062d\u0628\u0627",
    "emoji of several code points": "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "a letter with a combining accent": "e\u0301",
    "a zero-width space": "a\u200bb",
    "a line break and a tab": "a\nb\tc",
    "spaces around": " a ",
    "a quote and a comment, as SQL reads them": "' OR 1=1 --",
    "markup": "<b>&amp;</b>",
    "the word null": "null",
    "digits only": "007",
}
_WRONG: dict[str, list[Case]] = {
    "string": [(7, "a number where text belongs"), (["a"], "a list where text belongs")],
    "integer": [
        ("7", "a number as text"),
        (1.5, "a fraction where a whole number belongs"),
        (True, "true where a number belongs"),
    ],
    "number": [("1.5", "a number as text"), (True, "true where a number belongs")],
    "boolean": [("true", "true as text"), (1, "1 where true or false belongs")],
    "array": [("a", "text where a list belongs"), ({}, "an object where a list belongs")],
    "object": [("{}", "text where an object belongs"), ([], "a list where an object belongs")],
    "null": [("null", "text where null belongs")],
}
_LONGEST = 10_000


def kinds_of(schema: Mapping[str, Any]) -> list[str]:
    """Return the types that a schema allows, as far as it says."""
    kinds = schema.get("type")
    return [kinds] if isinstance(kinds, str) else list(kinds or ())


def typical(schema: Mapping[str, Any], rng: random.Random) -> Any:
    """Return a value that a schema allows.

    Raises:
        ValueError: where none was found; `examples` in the schema gives one.
    """
    for value in _likely(schema, rng):
        if not violations(value, schema):
            return value
    raise ValueError(f"no value was found for {dict(schema)!r:.120}; put one into its `examples`")


def edges(schema: Mapping[str, Any], rng: random.Random) -> Iterator[Case]:
    """Yield values at the edge of what a schema may allow."""
    yield from ((v, f"the choice {v!r}") for v in schema.get("enum", ()))
    for branch in schema.get("anyOf", ()):
        yield from edges(branch, rng)
    for kind in kinds_of(schema):
        if kind == "string":
            yield from (
                (v, f"a rare {schema['format']}") for v in _FORMATTED.get(schema.get("format", ""), ([], []))[0]
            )
            yield from ((text, what) for what, text in _UNICODE.items())
            yield "", "an empty text"
            for key, what in (("minLength", "the shortest text"), ("maxLength", "the longest text")):
                if schema.get(key, _LONGEST + 1) <= _LONGEST:
                    yield "x" * schema[key], what
            if "maxLength" not in schema:
                yield "long " * 400, "a text of 2,000 characters"
        elif kind in ("integer", "number"):
            yield from _number_edges(schema, kind)
        elif kind == "boolean":
            yield from ((v, f"the value {str(v).lower()}") for v in (True, False))
        elif kind == "null":
            yield None, "null"
        elif kind == "array":
            for key, what in (("minItems", "the shortest list"), ("maxItems", "the longest list")):
                if schema.get(key, 1001) <= 1000:
                    yield items(schema, schema[key], rng), what
            yield [], "an empty list"


def beyond(schema: Mapping[str, Any], rng: random.Random) -> Iterator[Case]:
    """Yield values that break a rule of a schema; which, its violations tell."""
    kinds = kinds_of(schema)
    for kind in kinds:
        yield from _WRONG[kind]
    yield None, "null where a value belongs"
    if "enum" in schema or "const" in schema or "anyOf" in schema:
        yield from (
            ("not one of the choices", "a text outside the choices"),
            (-987654321, "a number outside the choices"),
        )
    if "string" in kinds:
        yield from ((v, f"no {schema['format']}") for v in _FORMATTED.get(schema.get("format", ""), ([], []))[1])
        if schema.get("minLength", 0) > 0:
            yield "x" * (schema["minLength"] - 1), "a text shorter by one character"
        if schema.get("maxLength", _LONGEST) < _LONGEST:
            yield "x" * (schema["maxLength"] + 1), "a text longer by one character"
        if "pattern" in schema:
            size = max(1, schema.get("minLength", 1))
            yield from ((c * size, "a text that does not fit the pattern") for c in ("?", "a", "1", " "))
    if "integer" in kinds or "number" in kinds:
        yield from _number_beyond(schema, "integer" if "number" not in kinds else "number")
    if "array" in kinds:
        if schema.get("minItems", 0) > 0:
            yield items(schema, schema["minItems"] - 1, rng), "a list shorter by one item"
        if schema.get("maxItems", 1000) < 1000:
            yield items(schema, schema["maxItems"] + 1, rng), "a list longer by one item"
        if schema.get("uniqueItems"):
            one = items(schema, 1, rng)
            yield one * max(2, schema.get("minItems", 0)), "the same item twice"


def items(schema: Mapping[str, Any], n: int, rng: random.Random) -> list[Any]:
    """Return so many items for a list, unlike where they must be, as far as they can."""
    found: list[Any] = []
    for _ in range(50 * n):
        if len(found) == n:
            break
        value = typical(schema.get("items", {"type": "string"}), rng)
        if not (schema.get("uniqueItems") and value in found):
            found.append(value)
    return found


def _likely(schema: Mapping[str, Any], rng: random.Random) -> Iterator[Any]:
    """Yield values that a schema may allow, the most ordinary first."""
    given = list(schema.get("enum", schema.get("examples", ())))
    yield from rng.sample(given, len(given))
    yield from (schema[key] for key in ("const", "default") if key in schema)
    for branch in rng.sample(list(schema.get("anyOf", ())), len(schema.get("anyOf", ()))):
        yield typical(branch, rng)
    kinds = kinds_of(schema)
    if "null" in kinds and rng.random() < 0.2:
        yield None
    for kind in kinds:
        if kind == "string":
            yield from _texts(schema, rng)
        elif kind in ("integer", "number"):
            step = schema.get("multipleOf", 1)
            low = schema.get("minimum", schema.get("exclusiveMinimum", schema.get("maximum", 1001) - 1000))
            high = schema.get("maximum", schema.get("exclusiveMaximum", low + 1000))
            if kind == "number" and "multipleOf" not in schema:
                yield round(rng.uniform(low, high), 2)
            yield int(rng.uniform(low, high) // step) * step
            yield from (v for v, _ in _number_edges(schema, kind))
        elif kind == "boolean":
            yield rng.random() < 0.5
        elif kind == "array":
            low = schema.get("minItems", 0)
            yield items(schema, rng.randint(low, min(schema.get("maxItems", low + 3), low + 3)), rng)
        elif kind == "object":
            yield {k: typical(s, rng) for k, s in schema.get("properties", {}).items()}
        elif kind == "null":
            yield None


def _texts(schema: Mapping[str, Any], rng: random.Random) -> Iterator[str]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", _LONGEST)
    words = " ".join(rng.sample(_WORDS, rng.randint(1, 3)))
    formatted = _FORMATTED.get(schema.get("format", ""), ([], []))[0]
    if schema.get("format") == "email":
        yield words.replace(" ", ".") + "@example.com"
    if schema.get("format") in ("date", "date-time"):
        day = f"{rng.randint(1950, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        yield day + (f"T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z" if schema["format"] == "date-time" else "")
    yield from rng.sample(formatted, len(formatted))
    yield (words + " " + "x" * low)[: max(low, 1)] if len(words) < low else words[:high].strip() or words[:high]
    yield from (str(rng.randrange(10 ** (n - 1), 10**n)) for n in (5, 4, 6, 3, 8, 2, 1))
    yield from ("".join(rng.choices("ABCDEFGH", k=n)) for n in (3, 2, 4, 1))


def _number_edges(schema: Mapping[str, Any], kind: str) -> Iterator[Case]:
    step = schema.get("multipleOf", 1)
    for key, way, what in (
        ("minimum", 0, "the smallest number"),
        ("exclusiveMinimum", step, "the smallest number"),
        ("maximum", 0, "the largest number"),
        ("exclusiveMaximum", -step, "the largest number"),
    ):
        if key in schema:
            yield schema[key] + way, what
    yield from ((0, "zero"), (step, "one step"), (-step, "a negative number"))
    yield from ((2**53, "2 to the power of 53"), (-(2**53), "minus 2 to the power of 53"))
    if kind == "number":
        yield from ((1e-9, "a number near zero"), (1e300, "a number near the largest that a computer holds"))


def _number_beyond(schema: Mapping[str, Any], kind: str) -> Iterator[Case]:
    step = schema.get("multipleOf", 1)
    for key, way, what in (
        ("minimum", -step, "a number below the smallest"),
        ("exclusiveMinimum", 0, "the number that is just too small"),
        ("maximum", step, "a number above the largest"),
        ("exclusiveMaximum", 0, "the number that is just too large"),
    ):
        if key in schema:
            yield schema[key] + way, what
    if "multipleOf" in schema:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        part = 1 if kind == "integer" else step / 2
        yield low + step + part, "a number between two steps"
