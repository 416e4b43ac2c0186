"""A small, safe language for conditions over a row: `words(answer) >= 3 and kind != "unanswerable"`.

    values       12  2.5  "text"  'text'  true  false  null  [1, 2]
    columns      answer   col("odd name")   meta.author   messages[0].content   scores[-1]
    arithmetic   + - * / %            numbers only; % has the sign of its right side
    comparison   == != < <= > >=      == and != take anything; order takes two numbers or two texts
    membership   x in [1, 2]   "part" in text   not in
    logic        and or not           truth values only, read from the left, no further than needed

Functions: `FUNCTIONS`; the `doc` of each is its reference. Texts take the escapes \\n \\t \\r \\\\ \\" \\';
any other backslash stays, so patterns need no doubling.

A row's values are JSON-like (`dataset.plain`): dates are ISO texts, NaN is null. Null equals only null; true is
not 1. Whatever has no certain answer (an order with null, a division by zero, a field that is not there, a text
where a number is due) raises `CannotEvaluate`: a filter then fails the row instead of guessing. `is_null` and
`coalesce` say what should happen to nulls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from .errors import RecipeError, nearest
from .expression_functions import FUNCTIONS, OPERATIONS, CannotEvaluate, item, kind_of, number, search
from .expression_syntax import read
from .expression_tree import Access, Binary, Call, Column, ListOf, Literal, Logic, Node, Unary

__all__ = ["FUNCTIONS", "CannotEvaluate", "Expression", "parse"]

Evaluate = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; build it with `parse`.

    Attributes:
        tree: its nodes; `str(tree)` is the expression in a normal form.
        columns: the columns it reads, in order of mention.
    """

    tree: Node
    columns: tuple[str, ...]
    _terms: tuple[tuple[str, Evaluate], ...]
    _all: Evaluate

    def __str__(self) -> str:
        return str(self.tree)

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        return parse, (str(self.tree),)

    def evaluate(self, row: Mapping[str, Any]) -> Any:
        """Return the expression's value for `row`.

        Raises:
            CannotEvaluate: where it has none; the message names the part and the cause.
        """
        return self._all(row)

    def broken(self, row: Mapping[str, Any]) -> str | None:
        """Return None where the expression is true of `row`, else the first of its `and` terms that is false.

        Raises:
            CannotEvaluate: where it is neither true nor false.
        """
        for text, term in self._terms:
            if not _truth(term(row), text):
                return text
        return None

    def check(self, columns: Iterable[str]) -> None:
        """Raise where the expression reads a column that is not among `columns`.

        Raises:
            RecipeError: names the column's place, and the nearest one there is.
        """
        known = list(columns)
        for node in _walk(self.tree):
            if isinstance(node, Column) and node.name not in known:
                remedy = nearest(node.name, known)
                raise RecipeError(
                    f"unknown column `{node.name}`", where=f"column {node.at}", remedy=remedy, allowed=known
                )


@lru_cache(maxsize=256)
def parse(text: str) -> Expression:
    """Return the expression that `text` stands for, checked as far as can be without a row.

    Raises:
        RecipeError: for a syntax error, an unknown function, a wrong number of arguments or a bad pattern; the
            message names the column of the text and, where it can, what was meant.

    Example:
        >>> keep = parse('words(answer) >= 2 and kind != "unanswerable"')
        >>> keep.columns, keep.evaluate({"answer": "It rained.", "kind": "factual"})
        (('answer', 'kind'), True)
        >>> keep.broken({"answer": "Rain.", "kind": "factual"})
        'words(answer) >= 2'
        >>> parse("wrods(answer) > 2")
        Traceback (most recent call last):
        mintmark.core.errors.RecipeError: column 1: unknown function `wrods`; allowed: ...; did you mean `words`?
    """
    tree = read(text, {name: (f.least, f.most) for name, f in FUNCTIONS.items()})
    columns: dict[str, None] = {}
    for node in _walk(tree):
        if isinstance(node, Column):
            columns[node.name] = None
        if isinstance(node, Call) and node.name == "matches":
            pattern = node.args[1]
            if not (isinstance(pattern, Literal) and isinstance(pattern.value, str)):
                raise RecipeError("`matches` wants its pattern as a quoted text", where=f"column {pattern.at}")
            try:
                search("", pattern.value)
            except CannotEvaluate as error:
                where = f"column {pattern.at}"
                raise RecipeError(f"a bad pattern: {error}", where=where, got=pattern.value) from None
    terms = tree.terms if isinstance(tree, Logic) and tree.sign == "and" else (tree,)
    return Expression(tree, tuple(columns), tuple((_short(t), _compile(t)) for t in terms), _compile(tree))


def _walk(tree: Node) -> Iterable[Node]:
    """Yield the nodes from left to right."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.parts()))


def _short(node: Node) -> str:
    text = str(node)
    return text if len(text) <= 200 else text[:197] + "..."


def _compile(node: Node) -> Evaluate:
    """Return a function of a row: the tree is walked once, not once a row. Recursion is bounded by the parser."""
    text = _short(node)
    match node:
        case Literal(value=value):
            return lambda row: value
        case Column(name=name):
            return lambda row: row[name] if name in row else _cannot(f"there is no column `{name}`")
        case ListOf(items=items):
            parts = [_compile(part) for part in items]
            return lambda row: [part(row) for part in parts]
        case Logic(sign=sign, terms=terms):
            named = [(_short(term), _compile(term)) for term in terms]
            return lambda row: _logic(named, sign == "or", row)
        case Unary(sign="not", of=of):
            inner, inner_text = _compile(of), _short(of)
            return lambda row: not _truth(inner(row), inner_text)
        case Unary(of=of):
            inner = _compile(of)
            return lambda row: _named(text, lambda value: -number(value), [inner(row)])
        case Access(of=of, key=key):
            inner, at = _compile(of), _compile(key)
            return lambda row: _named(text, item, [inner(row), at(row)])
        case Binary(sign=sign, left=left, right=right):
            one, other, operation = _compile(left), _compile(right), OPERATIONS[sign]
            return lambda row: _named(text, operation, [one(row), other(row)])
        case Call(name=name, args=args):
            given, function = [_compile(arg) for arg in args], FUNCTIONS[name].call
            return lambda row: _named(text, function, [arg(row) for arg in given])
    raise TypeError(f"not a node: {node!r}")


def _logic(terms: list[tuple[str, Evaluate]], decided: bool, row: Mapping[str, Any]) -> bool:
    for text, term in terms:
        if _truth(term(row), text) is decided:
            return decided
    return not decided


def _truth(value: Any, text: str) -> bool:
    if not isinstance(value, bool):
        raise CannotEvaluate(f"`{text}` is {kind_of(value)}, not true or false")
    return value


def _named(text: str, function: Callable[..., Any], args: list[Any]) -> Any:
    # The arguments are evaluated before: an error of theirs already names its own, smaller part.
    try:
        return function(*args)
    except CannotEvaluate as error:
        raise CannotEvaluate(f"`{text}`: {error}") from None


def _cannot(why: str) -> NoReturn:
    raise CannotEvaluate(why)
