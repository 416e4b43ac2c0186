"""Pieces of source code: files cut where a new thing begins at the left margin."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from ..core.dataset import Columns
from ..core.errors import SourceError
from ..core.registry import source
from ..core.source import Source, SourceRow, Span
from .inputs import Input, chosen, content_of, find_inputs
from .readers import Unreadable, decode

WHERE = "source (code)"
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
LANGUAGES = {
    ".py": "python", ".pyi": "python", ".js": "javascript", ".ts": "typescript", ".java": "java", ".c": "c", ".h": "c",
    ".cc": "c++", ".cpp": "c++", ".hpp": "c++", ".cs": "c#", ".go": "go", ".rs": "rust", ".rb": "ruby", ".php": "php",
    ".swift": "swift", ".kt": "kotlin", ".scala": "scala", ".sh": "shell", ".sql": "sql", ".r": "r", ".jl": "julia",
    ".lua": "lua", ".pl": "perl", ".hs": "haskell", ".ml": "ocaml",
}  # fmt: skip
"""Endings of the files that are read, and the language that a row then names."""
NOT_LIBRARY = [
    "site-packages/**",
    "dist-packages/**",
    "**/test/**",
    "**/tests/**",
    "**/idle_test/**",
    "**/__pycache__/**",
]
"""What lies in the standard library's folder and is not the standard library, or only tests it."""


@source("code", version=1)
class Code(Source):
    """Cuts source files into pieces of at most `chunk_lines` lines.

    A row has `text`, `path` (relative to the folder given) and `language`. Its text is exactly the characters `[start:end]` of the
    file as `open(path)` reads it, in whole lines, and its span holds these and the first line's number. A piece begins
    at a line that is not indented and follows an empty one, as functions and classes do in nearly every language; what is
    longer is cut after `chunk_lines` lines. A file that cannot be read is a row that failed.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "a.py").write_text("import os\\n\\ndef f():\\n    return 1\\n\\ndef g():\\n    return 2\\n")
        ...     [(r.span.line, r.values["text"].splitlines()[0]) for r in Code(path=folder, chunk_lines=5).read()]
        [(1, 'import os'), (6, 'def g():')]
    """

    path: str | list[str] | None = None
    """A file, a folder (walked to the bottom) or a glob, or several; without it, the standard library of the running Python."""
    chunk_lines: int = Field(100, ge=1)
    """The most lines of a piece."""
    include: list[str] = Field(default_factory=list)
    """Only files whose relative path or name matches one of these globs; empty for all."""
    exclude: list[str] = Field(default_factory=list)
    """No files whose relative path or name matches one of these globs."""
    max_file_bytes: int = Field(1 << 20, ge=1)
    """A larger file fails as `too_long`."""

    def read(self) -> Iterator[SourceRow]:
        """Yield the pieces, files in the order of their paths.

        Raises:
            SourceError: where a path does not exist, or there is no code.
        """
        for one in self._inputs():
            yield from self._pieces(one)

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings that shape pieces, and each file's relative path and SHA-256."""
        return {
            "source": self.source_name,
            "version": self.source_version,
            **self.model_dump(mode="json", exclude={"path", "license", "include", "exclude"}),
            "files": content_of(self._inputs(), where=WHERE),
        }

    def columns(self) -> Columns:
        """Return `text`, `path` and `language`, all text."""
        import pyarrow as pa

        return {"text": pa.string(), "path": pa.string(), "language": pa.string()}

    def _inputs(self) -> list[Input]:
        given = self.path if self.path is not None else sysconfig.get_path("stdlib")
        exclude = self.exclude if self.path is not None else [*self.exclude, *NOT_LIBRARY]
        found = find_inputs(given, lambda p: p.suffix.lower() in LANGUAGES, where=WHERE)
        inputs = [i for i in found if i.named or chosen(i.name, self.include, exclude)]
        for one in inputs:
            if one.path.suffix.lower() not in LANGUAGES:
                raise SourceError(
                    "unknown kind of code", where=f"{WHERE}: {one.path}", got=one.path.suffix, allowed=sorted(LANGUAGES)
                )
        if not inputs:
            raise SourceError("no code here", where=WHERE, got=given, allowed=sorted(LANGUAGES))
        return inputs

    def _pieces(self, one: Input) -> Iterator[SourceRow]:
        values = {"path": one.name, "language": LANGUAGES[one.path.suffix.lower()]}
        try:
            text = _read(one.path, self.max_file_bytes)
        except Unreadable as e:
            yield SourceRow(values, Span(one.name), e.reason, e.detail)
            return
        lines = _LINES.findall(text)  # `splitlines` would also cut at form feeds, which `open` does not
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        for first, end in _cut(lines, self.chunk_lines):
            piece = text[starts[first] : starts[end]]
            if piece.strip():
                yield SourceRow({"text": piece, **values}, Span(one.name, starts[first], starts[end], first + 1))


def _read(path: Path, max_bytes: int) -> str:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise Unreadable("too_long", f"{size} bytes, at most {max_bytes}")
        return decode(path.read_bytes())
    except OSError as e:
        raise Unreadable("unreadable", e.strerror or str(e)) from e


def _cut(lines: list[str], most: int) -> Iterator[tuple[int, int]]:
    """Yield (first line, line after the last) of the pieces: as many whole blocks as fit, one that is too long in parts."""
    begins = [n for n, line in enumerate(lines) if n == 0 or (_at_margin(line) and not lines[n - 1].strip())]
    first = end = 0
    for block in [*begins[1:], len(lines)]:
        if block - first > most and end > first:
            yield first, end
            first = end
        while block - first > most:
            yield first, first + most
            first += most
        end = block
    if end > first:
        yield first, end


def _at_margin(line: str) -> bool:
    return bool(line.strip()) and line[0] not in " \t)]}#"
