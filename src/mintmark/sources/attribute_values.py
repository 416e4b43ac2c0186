"""One attribute of a cross: its values, in the recipe or in a file, flat, by another attribute's value, or a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

import orjson
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from ..core.dataset import Column
from ..core.errors import SourceError, nearest
from ..core.settings import FROZEN
from .files import Files
from .inputs import Input, find_inputs
from .json_values import BadJson, Suspect, parse
from .readers import Unreadable, decode

Scalar: TypeAlias = str | int | float | bool
WHERE = "source (attributes)"
_NUMBERED = re.compile(r"(\d{1,4})[.)]\s+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that an attribute may take, and the branches above it where it is a leaf of a tree."""

    value: Scalar
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """The values of one attribute: one list under the key "", or one for each value of the attribute `by`."""

    lists: Mapping[str, tuple[Choice, ...]]
    is_tree: bool = False

    def under(self, value: Scalar | None) -> tuple[Choice, ...] | None:
        """Return the list for a value of the other attribute; its case, spaces and underscores do not count. None without one."""
        if value is None:
            return self.lists[""]
        if str(value) in self.lists:
            return self.lists[str(value)]
        return next((found for key, found in self.lists.items() if _folded(key) == _folded(str(value))), None)

    def names(self) -> list[str]:
        """Return all values as text, each once."""
        return list(dict.fromkeys(str(choice.value) for found in self.lists.values() for choice in found))


class Attribute(BaseModel):
    """The values that one column takes.

    Example:
        >>> [c.value for c in Attribute(values=["short", "long"]).choices().under(None)]
        ['short', 'long']
    """

    model_config = FROZEN

    values: list[Scalar] | dict[str, Any] | None = None
    """A list; with `by` a list for each value of the other attribute; else a mapping is a tree, whose leaves are the values."""
    path: str | None = None
    """A file of values in place of `values`: text with one a line, or JSON with what `values` may be."""
    at: list[str] = []
    """JSON files: the keys that lead to the values."""
    column: Column | None = None
    """The file is a data file (jsonl, csv, parquet ...), and the values are those of this column of it."""
    by: str | None = None
    """Another attribute, on whose value these values depend."""
    shares: dict[str, float] = Field(default_factory=dict)
    """The share of all rows that a value gets; the values that are not named split the rest evenly."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.values is None) == (self.path is None):
            raise ValueError("needs `values` or the `path` of a file with them, one of the two")
        if self.path is None and (self.at or self.column):
            raise ValueError("`at` and `column` say where in a file the values stand; there is no `path`")
        if self.by is not None and self.column is not None:
            raise ValueError("a data file's column is one list; it cannot depend on `by`")
        if any(share < 0 for share in self.shares.values()) or sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"shares must be 0 or more and at most 1 together, got {self.shares}")
        if self.values is not None:
            self._choices(self.values)
        return self

    def files(self) -> list[Input]:
        """Return the file that is read, if any."""
        return [] if self.path is None else find_inputs(self.path, lambda p: True, where=WHERE)

    def choices(self) -> Choices:
        """Return the values.

        Raises:
            SourceError: where a file cannot be read or does not hold values.
        """
        if self.path is None:
            return self._choices(self.values)
        try:
            return self._choices(self._read(self.path))
        except ValueError as e:
            raise SourceError(str(e), where=f"{WHERE}: {self.path}") from None

    def _choices(self, found: Any) -> Choices:
        """Raises ValueError for what holds no values."""
        if self.by is not None:
            if not isinstance(found, Mapping):
                raise ValueError(f"with `by: {self.by}`, values are a list for each value of `{self.by}`")
            lists = {str(key): _list(one) for key, one in found.items()}
        elif isinstance(found, Mapping):
            lists = {"": tuple(dict.fromkeys(_leaves(found, ())))}
        else:
            lists = {"": _list(found)}
        if known := {str(c.value) for one in lists.values() for c in one}:
            for name in self.shares:
                if name not in known:
                    raise ValueError(f"shares: no value is called `{name}`; {nearest(name, known)}".rstrip("; "))
        return Choices(lists, self.by is None and isinstance(found, Mapping))

    def _read(self, path: str) -> Any:
        if self.column is not None:
            rows = Files(path=path).read()
            values = [row.values.get(self.column) for row in rows if row.reason is None]
            return list(dict.fromkeys(v for v in values if isinstance(v, str | int | float) and v != ""))
        (one, *more) = self.files()
        if more:
            raise SourceError("values stand in one file", where=WHERE, got=path)
        try:
            text = decode(one.path.read_bytes())
        except Unreadable as e:
            raise SourceError(e.reason, where=f"{WHERE}: {path}", remedy=str(e.detail)) from None
        except OSError as e:
            raise SourceError("cannot be read", where=f"{WHERE}: {path}", got=e.strerror) from e
        if Path(path).suffix.lower() != ".json":
            return [line.strip() for line in text.splitlines() if line.strip()]
        return self._inside(text, path)

    def _inside(self, text: str, path: str) -> Any:
        found = parse(text.encode())
        if isinstance(found, BadJson | Suspect):
            why = found.detail if isinstance(found, BadJson) else "a key is repeated"
            raise SourceError("is not JSON that can be read", where=f"{WHERE}: {path}", remedy=why)
        for key in self.at:
            if not isinstance(found, Mapping) or key not in found:
                known = list(found) if isinstance(found, Mapping) else []
                raise SourceError(
                    f"no `{key}` here", where=f"{WHERE}: {path}", remedy=nearest(key, known), allowed=known
                )
            found = found[key]
        return found


Values: TypeAlias = Annotated[
    Attribute,
    BeforeValidator(
        lambda given: {"values": given} if isinstance(given, list | tuple) else given,
        json_schema_input_type=list[Scalar] | Attribute,
    ),
]
"""An attribute, for which a list of its values may stand."""


def _list(found: Any) -> tuple[Choice, ...]:
    """Return a list's values, each once."""
    if not isinstance(found, list | tuple) or not all(isinstance(v, str | int | float) for v in found):
        raise ValueError(f"values are a list of texts or numbers, got {_short(found)}")
    return tuple(dict.fromkeys(map(Choice, _unnumbered(found))))


def _unnumbered(values: Sequence[Any]) -> list[Any]:
    """Return values without the numbers of a list that was copied whole: "1. Oak", "2. Elm"."""
    marks = [_NUMBERED.match(v) if isinstance(v, str) else None for v in values]
    numbers = [int(m[1]) for m in marks if m]
    if len(numbers) < max(2, len(values)) or any(b != a + 1 for a, b in pairwise(numbers)):
        return list(values)
    return [v[m.end() :] for v, m in zip(values, marks) if m]


def _leaves(found: Any, branches: tuple[str, ...]) -> Iterator[Choice]:
    if isinstance(found, Mapping):
        for key, one in found.items():
            yield from _leaves(one, (*branches, str(key)))
    elif found is None:
        yield Choice(branches[-1], branches[:-1])
    elif isinstance(found, str | int | float):
        yield Choice(found, branches)
    else:
        for one in found if isinstance(found, list | tuple) else [_wrong(found)]:
            yield from _leaves(_wrong(one) if one is None else one, branches)


def _wrong(found: Any) -> Any:
    raise ValueError(f"a tree holds texts, lists and mappings, got {_short(found)}")


def _folded(key: str) -> str:
    return re.sub(r"[\s_-]+", " ", key).strip().casefold()


def _short(value: Any) -> str:
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
