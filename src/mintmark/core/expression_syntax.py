"""The expression language's grammar: our own tokenizer and Pratt parser, so that nothing is ever run as code.

    or  <  and  <  not  <  == != < <= > >= in, not in  <  + -  <  * / %  <  - (sign)  <  a.b a[0]

Comparisons do not chain: `1 < a < 3` is an error that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from .errors import RecipeError, nearest
from .expression_tree import (
    COMPARE,
    LEVEL,
    MEANT,
    NOT,
    SIGN,
    WORDS,
    Access,
    Binary,
    Call,
    Column,
    ListOf,
    Literal,
    Logic,
    Node,
    Unary,
    unquote,
)

MAX_LENGTH = 10_000
"""Characters of an expression."""
MAX_DEPTH = 64
"""Levels of an expression: parsing and evaluation recurse at most so deep, far from Python's own limit."""

Arity = Mapping[str, tuple[int, int]]
"""Function name -> fewest and most arguments."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?!\w)|(?P<name>[^\W\d]\w*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<sign>==|!=|<=|>=|[-<>+*/%()\[\],.])""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A word of the expression; `kind` is number, name, text, sign or end; `at` counts columns from 1."""

    kind: str
    text: str
    at: int


def read(text: str, arity: Arity) -> Node:
    """Return the tree that `text` stands for.

    Args:
        text: an expression.
        arity: the functions there are.

    Raises:
        RecipeError: for anything that is not an expression; names the column, and what was probably meant.

    Example:
        >>> str(read("(a  ==1)and not b.c", {}))
        'a == 1 and not b.c'
    """
    if len(text) > MAX_LENGTH:
        raise RecipeError(f"an expression has at most {MAX_LENGTH} characters", got=len(text))
    tree = _Parser(_tokens(text), arity).whole()
    level: list[Node] = [tree]
    for _ in range(MAX_DEPTH):
        level = [part for node in level for part in node.parts()]
    # A chain such as a + b + c nests to the left without the parser's own recursion, so it is measured here.
    if level:
        _too_deep(level[0].at)
    return tree


def _tokens(text: str) -> list[Token]:
    found, i = [], 0
    while i < len(text):
        match = _TOKEN.match(text, i)
        if match is None:
            if (char := text[i]) in "\"'":
                _error(i + 1, "a text without its closing quote")
            if char.isdigit():
                _error(i + 1, "a number that runs into a name")
            _error(i + 1, f"unexpected `{char}`", f"write `{MEANT[char]}`" if char in MEANT else "")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match.group(), i + 1))
        i = match.end()
    return [*found, Token("end", "", len(text) + 1)]


class _Parser:
    def __init__(self, tokens: list[Token], arity: Arity) -> None:
        self.tokens, self.arity, self.i, self.depth = tokens, arity, 0, 0

    def whole(self) -> Node:
        if self.tokens[0].kind == "end":
            _error(1, "an empty expression")
        tree = self.expression(0)
        if self.peek.kind != "end":
            self.unexpected()
        return tree

    @property
    def peek(self) -> Token:
        return self.tokens[self.i]

    def next(self) -> Token:
        self.i += 1
        return self.tokens[self.i - 1]

    def accept(self, text: str) -> bool:
        if self.peek.text == text and self.peek.kind in ("sign", "name"):
            self.i += 1
            return True
        return False

    def expect(self, text: str, opened: Token) -> None:
        if not self.accept(text):
            found = f"`{self.peek.text}`" if self.peek.kind != "end" else "the end"
            _error(self.peek.at, f"`{opened.text}` of column {opened.at} wants a `{text}` here, not {found}")

    def unexpected(self) -> NoReturn:
        token = self.peek
        if token.kind == "end":
            _error(token.at, "the expression stops where a value should follow")
        _error(token.at, f"unexpected `{token.text}`", f"write `{MEANT[token.text]}`" if token.text in MEANT else "")

    def infix(self) -> str:
        """Return the infix sign that stands here, or ""."""
        token = self.peek
        if token.kind == "name" and token.text == "not" and self.tokens[self.i + 1].text == "in":
            return "not in"
        return token.text if token.kind in ("sign", "name") and token.text in LEVEL else ""

    def expression(self, minimum: int) -> Node:
        """Parse what binds at least as tightly as `minimum`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _too_deep(self.peek.at)
        left = self.prefix(minimum)
        while (sign := self.infix()) and LEVEL[sign] >= minimum:
            level = LEVEL[sign]
            self.i += 2 if sign == "not in" else 1
            if level < NOT:
                terms = [left, self.expression(level + 1)]
                while self.accept(sign):
                    terms.append(self.expression(level + 1))
                left = Logic(sign, tuple(terms), at=left.at)
                continue
            left = Binary(sign, left, self.expression(level + 1), at=left.at)
            if level == COMPARE and LEVEL.get(self.infix()) == COMPARE:
                _error(self.peek.at, "comparisons do not chain", f"write `a {sign} b and b {self.infix()} c`")
        self.depth -= 1
        return left

    def prefix(self, minimum: int) -> Node:
        token = self.peek
        if token.kind == "name" and token.text == "not":
            if minimum > NOT:
                _error(token.at, "`not` binds loosely", "put it and what it denies in parentheses")
            self.i += 1
            return Unary("not", self.expression(NOT), at=token.at)
        if self.accept("-"):
            return Unary("-", self.expression(SIGN), at=token.at)
        node = self.primary()
        while True:
            opened = self.peek
            if self.accept("."):
                name = self.next()
                if name.kind != "name":
                    _error(name.at, "a `.` wants a name behind it", 'write `a["..."]` for other names')
                node = Access(node, Literal(name.text, at=name.at), at=token.at)
            elif self.accept("["):
                node = Access(node, self.expression(0), at=token.at)
                self.expect("]", opened)
            else:
                return node

    def primary(self) -> Node:
        token = self.peek
        if token.kind == "number":
            self.i += 1
            return Literal(_number(token), at=token.at)
        if token.kind == "text":
            self.i += 1
            return Literal(unquote(token.text), at=token.at)
        if self.accept("("):
            node = self.expression(0)
            self.expect(")", token)
            return node
        if self.accept("["):
            return ListOf(self.items("]", token), at=token.at)
        if token.kind != "name" or token.text in MEANT or token.text in WORDS - {"true", "false", "null"}:
            self.unexpected()
        self.i += 1
        if token.text in WORDS:
            return Literal({"true": True, "false": False, "null": None}[token.text], at=token.at)
        opened = self.peek
        return self.call(token, self.items(")", opened)) if self.accept("(") else Column(token.text, at=token.at)

    def items(self, closing: str, opened: Token) -> tuple[Node, ...]:
        if self.accept(closing):
            return ()
        found = [self.expression(0)]
        while self.accept(","):
            found.append(self.expression(0))
        self.expect(closing, opened)
        return tuple(found)

    def call(self, name: Token, args: tuple[Node, ...]) -> Node:
        if name.text == "col":
            if len(args) == 1 and isinstance(args[0], Literal) and isinstance(args[0].value, str) and args[0].value:
                return Column(args[0].value, at=name.at)
            _error(name.at, "`col` wants one quoted column name")
        if name.text not in self.arity:
            known, what = sorted(self.arity), f"unknown function `{name.text}`"
            raise RecipeError(what, where=f"column {name.at}", remedy=nearest(name.text, known), allowed=known)
        least, most = self.arity[name.text]
        if not least <= len(args) <= most:
            want = str(least) if least == most else f"{least} to {most}"
            _error(name.at, f"`{name.text}` takes {want} argument{'' if most == 1 else 's'}, not {len(args)}")
        return Call(name.text, args, at=name.at)


def _number(token: Token) -> int | float:
    if token.text.isdecimal():
        digits = token.text.lstrip("0") or "0"
        # Python refuses to read thousands of digits, so their number is looked at first.
        if len(digits) > 19 or int(digits) >= 2**63:
            _error(token.at, "a whole number too large for 64 bits")
        return int(digits)
    if (value := float(token.text)) == float("inf"):
        _error(token.at, "a number too large to hold")
    return value


def _too_deep(at: int) -> NoReturn:
    _error(at, f"nested deeper than {MAX_DEPTH} levels", "split the step in two, or use `in` with a list")


def _error(at: int, what: str, remedy: str = "") -> NoReturn:
    raise RecipeError(what, where=f"column {at}", remedy=remedy)
