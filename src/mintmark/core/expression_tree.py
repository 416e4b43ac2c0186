"""What an expression is made of: a tree of frozen nodes, each of which prints as text that parses back to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields

WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})
"""Names that the language keeps for itself."""
MEANT = {"=": "==", "&": "and", "|": "or", "!": "not", "True": "true", "False": "false", "None": "null",
         "NULL": "null", "AND": "and", "OR": "or", "NOT": "not", "IN": "in"}  # fmt: skip
"""What other languages write -> what this one does; as columns such names need `col("...")`."""
LEVEL = {"or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "not in": 4,
         "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}  # fmt: skip
"""Infix sign -> how tightly it binds."""
NOT, COMPARE, SIGN, ACCESS = 3, 4, 7, 8
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
"""The letter behind a backslash in a text -> what it stands for; behind any other the backslash stays."""
NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Node:
    """A part of an expression. `str(node)` is text that parses to an equal node.

    Attributes:
        at: the column where it begins, from 1; not part of equality.
    """

    at: int = field(default=0, compare=False, repr=False, kw_only=True)

    def parts(self) -> tuple[Node, ...]:
        """Return the nodes directly below."""
        found: list[Node] = []
        for part in fields(self):
            value = getattr(self, part.name)
            found.extend(value if isinstance(value, tuple) else (value,) if isinstance(value, Node) else ())
        return tuple(found)


@dataclass(frozen=True)
class Literal(Node):
    """A number that is not negative, a text, true, false or null."""

    value: bool | int | float | str | None

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return _quote(self.value)
        if self.value is None or isinstance(self.value, bool):
            return {None: "null", True: "true", False: "false"}[self.value]
        return repr(self.value)


@dataclass(frozen=True)
class ListOf(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Column(Node):
    """A row's column: `answer`, or `col("odd name")`."""

    name: str

    def __str__(self) -> str:
        plain = NAME.fullmatch(self.name) and self.name not in WORDS and self.name not in MEANT
        return self.name if plain else f"col({_quote(self.name)})"


@dataclass(frozen=True)
class Access(Node):
    """`of[key]`; `of.name` is `of["name"]`."""

    of: Node
    key: Node

    def __str__(self) -> str:
        of = _wrap(self.of, ACCESS)
        name = self.key.value if isinstance(self.key, Literal) else None
        return f"{of}.{name}" if isinstance(name, str) and NAME.fullmatch(name) else f"{of}[{self.key}]"


@dataclass(frozen=True)
class Call(Node):
    """`name(args)`."""

    name: str
    args: tuple[Node, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.args))})"


@dataclass(frozen=True)
class Unary(Node):
    """`not a` or `-a`."""

    sign: str
    of: Node

    def __str__(self) -> str:
        return f"not {_wrap(self.of, NOT)}" if self.sign == "not" else f"-{_wrap(self.of, SIGN)}"


@dataclass(frozen=True)
class Binary(Node):
    """Arithmetic and comparison: `a + b`, `a in b`."""

    sign: str
    left: Node
    right: Node

    def __str__(self) -> str:
        level = LEVEL[self.sign]
        left = _wrap(self.left, level + 1 if level == COMPARE else level)
        return f"{left} {self.sign} {_wrap(self.right, level + 1)}"


@dataclass(frozen=True)
class Logic(Node):
    """`a and b and c`, or the same with `or`: two or more terms, read from the left."""

    sign: str
    terms: tuple[Node, ...]

    def __str__(self) -> str:
        return f" {self.sign} ".join(_wrap(term, LEVEL[self.sign] + 1) for term in self.terms)


def _level(node: Node) -> int:
    if isinstance(node, Binary | Logic):
        return LEVEL[node.sign]
    if isinstance(node, Unary):
        return NOT if node.sign == "not" else SIGN
    return ACCESS


def _wrap(node: Node, level: int) -> str:
    return f"({node})" if _level(node) < level else str(node)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'


def unquote(quoted: str) -> str:
    """Return the text that a quoted text stands for; `str(Literal(text))` is the way back.

    Example:
        >>> unquote("'Ada'")
        'Ada'
    """
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[0]), quoted[1:-1], flags=re.DOTALL)
