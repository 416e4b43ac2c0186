"""Sources: where rows come from, in an order that never changes, with a pointer back into the input."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from .dataset import Columns, Row


@dataclass(slots=True)
class Span:
    """Where in an input a row stands.

    Attributes:
        path: the file, as the source names it (relative to the source's root).
        start, end: character offsets into the decoded text, end exclusive; or None.
        line: first line, counted from 1; or None.
    """

    path: str
    start: int | None = None
    end: int | None = None
    line: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are set."""
        found = {"path": self.path, "start": self.start, "end": self.end, "line": self.line}
        return {k: v for k, v in found.items() if v is not None}


@dataclass(slots=True)
class SourceRow:
    """One row read; with a `reason` it could not be read and goes to `failed`.

    Attributes:
        values: columns, JSON-like; an unreadable row holds what was legible (may be empty).
        span: where it stands.
        reason, detail: why it could not be read, or None.
    """

    values: Row
    span: Span | None = None
    reason: str | None = None
    detail: Any = None


class Source(BaseModel):
    """A frozen model whose fields are its recipe entry. Reading twice gives the same rows in the same order."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    source_name: ClassVar[str] = ""
    source_version: ClassVar[int] = 0

    license: str | None = None
    """The licence of the data, as its owner states it (SPDX where possible); goes into the dataset card."""

    @abstractmethod
    def read(self) -> Iterator[SourceRow]:
        """Yield every row. Raises `SourceError` where the input cannot be read at all."""

    @abstractmethod
    def fingerprint(self) -> dict[str, Any]:
        """Return what the rows depend on: settings and content hashes of the inputs, never times or absolute paths."""

    def columns(self) -> Columns | None:
        """Return the columns that rows will have, or None where only the data can tell."""
        return None

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the columns by which the rows are spread (a class, a leaf), each with the values known beforehand."""
        return {}
