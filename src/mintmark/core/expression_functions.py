"""What the expression language can do with values: each function is total, its answer certain or `CannotEvaluate`."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MANY = 99
"""The most arguments of a function that takes any number of them."""


class CannotEvaluate(Exception):
    """An expression has no certain value for a row."""


@dataclass(frozen=True)
class Function:
    """A function of the language: what it does (`doc`), and how many arguments it takes."""

    call: Callable[..., Any]
    least: int
    most: int
    doc: str


def kind_of(value: Any) -> str:
    """Return what `value` is, in words: `null`, `a number`, `a text` ..."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds = {str: "a text", list: "a list", dict: "a struct", int: "a number", float: "a number"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), f"a {type(value).__name__}")


def number(value: Any) -> int | float:
    """Return `value` if it is a number, else raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CannotEvaluate(f"wants a number, got {kind_of(value)}")
    return value


def text(value: Any) -> str:
    """Return `value` if it is a text, else raise."""
    if not isinstance(value, str):
        raise CannotEvaluate(f"wants a text, got {kind_of(value)}")
    return value


def equal(a: Any, b: Any) -> bool:
    """Return whether two values are the same; 1 is 1.0, true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(equal(value, b[key]) for key, value in a.items())
    return bool(a == b)


def within(value: Any, group: Any) -> bool:
    """Return whether a list has `value`, or a text has it as a part."""
    if isinstance(group, str):
        return text(value) in group
    if not isinstance(group, list):
        raise CannotEvaluate(f"`in` wants a list or a text, got {kind_of(group)}")
    return any(equal(value, member) for member in group)


def item(group: Any, key: Any) -> Any:
    """Return a list's item (from 0; -1 is the last) or a struct's field; of null, null."""
    if group is None:
        return None
    if isinstance(group, list) and isinstance(key, int) and not isinstance(key, bool):
        if not -len(group) <= key < len(group):
            raise CannotEvaluate(f"a list of {len(group)} has no item {key}")
        return group[key]
    if isinstance(group, Mapping) and isinstance(key, str):
        if key not in group:
            raise CannotEvaluate(f"there is no field `{key}`")
        return group[key]
    raise CannotEvaluate(f"{kind_of(group)} has no item at {kind_of(key)}")


def search(value: str, pattern: str) -> bool:
    """Return whether the regular expression is found in `value`."""
    # RE2 takes time linear in the text whatever the pattern; Python's `re` can be made to run for years.
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return bool(pc.match_substring_regex(pa.scalar(value, pa.string()), pattern).as_py())
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        raise CannotEvaluate(str(error)) from None


def _arithmetic(do: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compute(a: Any, b: Any) -> Any:
        try:
            result = do(number(a), number(b))
        except ArithmeticError as error:
            raise CannotEvaluate(str(error)) from None
        if isinstance(result, float) and not math.isfinite(result):
            raise CannotEvaluate("a number too large to hold")
        return result

    return compute


def _order(do: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        if isinstance(a, str) and isinstance(b, str):
            return do(a, b)
        if isinstance(a, str) or isinstance(b, str) or a is None or b is None:
            raise CannotEvaluate(f"no order between {kind_of(a)} and {kind_of(b)}")
        return do(number(a), number(b))

    return compare


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _arithmetic(operator.add), "-": _arithmetic(operator.sub), "*": _arithmetic(operator.mul),
    "/": _arithmetic(operator.truediv), "%": _arithmetic(operator.mod),
    "<": _order(operator.lt), "<=": _order(operator.le), ">": _order(operator.gt), ">=": _order(operator.ge),
    "==": equal, "!=": lambda a, b: not equal(a, b), "in": within, "not in": lambda a, b: not within(a, b),
}  # fmt: skip
"""Infix sign -> what it does."""

FUNCTIONS: dict[str, Function] = {}
"""Name -> function."""


def _function(least: int, most: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        name = call.__name__.strip("_")
        FUNCTIONS[name] = Function(call, least, most, inspect.cleandoc(call.__doc__ or ""))
        return call

    return register


@_function(1, 1)
def _len(value: Any) -> int:
    """len(x): the characters of a text, the items of a list."""
    return len(value) if isinstance(value, list) else len(text(value))


@_function(1, 1)
def _words(value: Any) -> int:
    """words(text): its words, split on white space."""
    return len(text(value).split())


@_function(1, 1)
def _lower(value: Any) -> str:
    """lower(text): in lower case."""
    return text(value).lower()


@_function(1, 1)
def _upper(value: Any) -> str:
    """upper(text): in upper case."""
    return text(value).upper()


@_function(1, 1)
def _strip(value: Any) -> str:
    """strip(text): without white space at its edges."""
    return text(value).strip()


@_function(2, 2)
def _contains(value: Any, part: Any) -> bool:
    """contains(text, part): whether part stands in text."""
    return text(part) in text(value)


@_function(2, 2)
def _starts_with(value: Any, part: Any) -> bool:
    """starts_with(text, part): whether text begins with part."""
    return text(value).startswith(text(part))


@_function(2, 2)
def _ends_with(value: Any, part: Any) -> bool:
    """ends_with(text, part): whether text ends with part."""
    return text(value).endswith(text(part))


@_function(2, 2)
def _matches(value: Any, pattern: Any) -> bool:
    """matches(text, "pattern"): whether the regular expression (RE2) is found in text; anchor it by ^ and $."""
    return search(text(value), text(pattern))


@_function(2, 2)
def _count(value: Any, part: Any) -> int:
    """count(text, part): how often part stands in text, without overlap."""
    if not text(part):
        raise CannotEvaluate("an empty text cannot be counted")
    return text(value).count(part)


@_function(1, 1)
def _abs(value: Any) -> int | float:
    """abs(x): x without its sign."""
    return abs(number(value))


@_function(1, MANY)
def _min(*values: Any) -> int | float:
    """min(a, b, ...) or min(list): the least number."""
    return min(_numbers(values))


@_function(1, MANY)
def _max(*values: Any) -> int | float:
    """max(a, b, ...) or max(list): the greatest number."""
    return max(_numbers(values))


@_function(1, 2)
def _round(value: Any, digits: Any = 0) -> int | float:
    """round(x, digits=0): rounded to so many decimals, halves to the even neighbour."""
    if not isinstance(digits, int) or isinstance(digits, bool) or not 0 <= digits <= 15:
        raise CannotEvaluate("decimals are a whole number from 0 to 15")
    return round(number(value), digits) if digits else round(number(value))


@_function(1, 1)
def _is_null(value: Any) -> bool:
    """is_null(x): whether x is null."""
    return value is None


@_function(1, MANY)
def _coalesce(*values: Any) -> Any:
    """coalesce(a, b, ...): the first that is not null, or null."""
    return next((value for value in values if value is not None), None)


def _numbers(values: tuple[Any, ...]) -> list[int | float]:
    found = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not found:
        raise CannotEvaluate("an empty list has no least or greatest number")
    return [number(value) for value in found]
