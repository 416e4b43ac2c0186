"""Rows of comma- and tab-separated text."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from ..core.errors import SourceError
from ..core.source import SourceRow, Span
from .inputs import Input
from .text import lines, open_utf8


class _Unusable(Exception):
    """A physical line that cannot be given to the parser."""

    def __init__(self, reason: str, detail: str | None) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def read_csv(
    one: Input,
    encoding: str,
    max_line_bytes: int,
    *,
    delimiter: str,
    quote: str,
    check_header: Callable[[list[str]], None],
) -> Iterator[SourceRow]:
    """Yield a row of text values for every record below the header; span: the record's first line.

    Blank lines are passed by. A record with too many or too few fields, or with a broken quote, is a row
    that failed with `bad_csv`; the next record starts on the line after it.

    Args:
        one, encoding: the file.
        max_line_bytes: the longest record, line ends within quotes included.
        delimiter: one character between fields.
        quote: one character around fields; "" where quotes mean nothing.
        check_header: called with the column names; raises where they will not do.

    Raises:
        SourceError: for a header that cannot be read or repeats a name.
    """
    # The limit is the process's; records are bounded by _Records, so another reader's limit cannot change a row.
    csv.field_size_limit(max(csv.field_size_limit(), max_line_bytes))
    with open_utf8(one.path, encoding) as stream:
        records = _Records(stream, max_line_bytes, delimiter, quote)
        names = _header(records, str(one.path))
        if names is None:
            return
        check_header(names)
        for start, fields, problem in records:
            span = Span(one.name, line=start)
            if problem is None and len(fields) != len(names):
                problem = ("bad_csv", f"{len(fields)} fields, expected {len(names)}")
            reason, detail = problem or (None, None)
            yield SourceRow(dict(zip(names, fields, strict=False)), span, reason, detail)


class _Records:
    """Iterates over (first line, fields, problem); a problem never ends the iteration, except a broken file."""

    def __init__(self, stream: BinaryIO, max_bytes: int, delimiter: str, quote: str) -> None:
        self._lines = lines(stream, max_bytes)
        self._max = max_bytes
        self._number = self._size = 0
        self._problem: tuple[str, str | None] | None = None
        quoting: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
        self._reader = csv.reader(self._feed(), delimiter=delimiter, strict=True, **quoting)

    def __iter__(self) -> Iterator[tuple[int, list[str], tuple[str, str | None] | None]]:
        while True:
            start = self._number + 1
            self._size, self._problem = 0, None
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as e:
                last = f" (read to line {self._number})" if self._number > start else ""
                yield start, [], ("bad_csv", f"{e}{last}")
            except _Unusable as e:
                yield start, [], (e.reason, e.detail)
            else:
                if fields or self._problem:
                    yield start, [] if self._problem else fields, self._problem

    def _feed(self) -> _Feed:
        return _Feed(self._next_line)

    def _next_line(self) -> str:
        line = next(self._lines)
        self._number = line.number
        self._size += len(line.data)
        if line.reason and line.reason != "nul_byte":
            raise _Unusable(line.reason, line.detail)
        if self._size > self._max + 2:
            raise _Unusable("too_long", f"a record of more than {self._max} bytes")
        try:
            text = line.data.decode("utf-8")
        except UnicodeDecodeError as e:
            self._problem = ("bad_encoding", f"byte 0x{line.data[e.start]:02x} at byte {e.start} of line {line.number}")
            return line.data.decode("utf-8", "replace")
        if line.reason:
            self._problem = (line.reason, line.detail)
        return text


class _Feed:
    """An iterator that goes on after it raised, which a generator does not."""

    def __init__(self, step: Callable[[], str]) -> None:
        self._step = step

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        return self._step()


def _header(records: _Records, where: str) -> list[str] | None:
    first = next(iter(records), None)
    if first is None:
        return None
    _, names, problem = first
    if problem:
        raise SourceError(f"the header cannot be read: {problem[0]}", where=where, got=problem[1])
    names = [name or f"column_{n}" for n, name in enumerate(names, start=1)]
    if again := sorted({name for name in names if names.count(name) > 1}):
        raise SourceError("the header repeats a column", where=where, got=again[0], remedy="rename one in the file")
    return names
