"""Rows of JSON lines and of JSON documents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ..core.dataset import plain
from ..core.errors import SourceError
from ..core.source import SourceRow, Span
from .inputs import Input
from .json_values import BadJson, Repeated, Suspect, parse, repeated_key
from .text import BROKEN_GZIP, lines, open_utf8

MAX_DOCUMENT_BYTES = 1 << 30
"""A JSON document is read whole; above this it must be JSON lines."""

_HOLDERS = ("data", "rows", "items", "records", "examples", "instances", "results")


def read_jsonl(one: Input, encoding: str, max_line_bytes: int) -> Iterator[SourceRow]:
    """Yield a row for every line that is not blank, one line in memory at a time; span: the line."""
    with open_utf8(one.path, encoding) as stream:
        for line in lines(stream, max_line_bytes):
            span = Span(one.name, line=line.number)
            if line.reason:
                yield SourceRow({}, span, line.reason, line.detail)
            elif not line.data.isspace():
                yield row_of(parse(line.data), span)


def read_json(one: Input, encoding: str, max_line_bytes: int) -> Iterator[SourceRow]:
    """Yield the objects of a JSON document; span line: the number of the object, from 1.

    The document is a list of objects; an object with such a list under the only key, or under `data`, `rows`,
    `items`, `records`, `examples`, `instances` or `results` as its only list; or one object, which is one
    row. A file whose first two lines are each an object is read as JSON lines, whatever its name says.

    Raises:
        SourceError: for a document over 1 GiB.
    """
    if _is_jsonl(one, encoding, max_line_bytes):
        yield from read_jsonl(one, encoding, max_line_bytes)
        return
    span = Span(one.name, line=1)
    try:
        with open_utf8(one.path, encoding) as stream:
            data = stream.read(MAX_DOCUMENT_BYTES + 1)
    except BROKEN_GZIP as e:
        reason = "truncated_gzip" if isinstance(e, EOFError) else "bad_gzip"
        yield SourceRow({}, span, reason, f"nothing can be read: {e}")
        return
    if len(data) > MAX_DOCUMENT_BYTES:
        raise SourceError(
            "a JSON document must not be larger than 1 GiB", where=str(one.path), remedy="make it JSON lines (.jsonl)"
        )
    if not data or data.isspace():
        return
    if b"\0" in data:
        yield SourceRow({}, span, "nul_byte", f"NUL at byte {data.index(0)}")
        return
    for n, item in enumerate(_items(parse(data)), start=1):
        yield row_of(item, Span(one.name, line=n))


def row_of(value: Any, span: Span) -> SourceRow:
    """Return a parsed value as a row; what is no object, or repeats a key, is a row that failed."""
    if isinstance(value, BadJson):
        return SourceRow({}, span, value.reason, value.detail)
    if isinstance(value, Suspect):
        legible = dict(plain(value.value)) if isinstance(value.value, dict) else {}
        return SourceRow(legible, span, "duplicate_key", f"key {repeated_key(value.value)!r} stands more than once")
    if not isinstance(value, dict):
        return SourceRow({}, span, "not_an_object", f"a JSON {_KINDS.get(type(value), 'number')}")
    return SourceRow(value, span)


_KINDS = {str: "string", bool: "boolean", type(None): "null", list: "list"}


def _is_jsonl(one: Input, encoding: str, max_line_bytes: int) -> bool:
    with open_utf8(one.path, encoding) as stream:
        found = (line for line in lines(stream, max_line_bytes) if line.reason or not line.data.isspace())
        first = list(islice(found, 2))
    if len(first) < 2 or any(line.reason for line in first):
        return False
    return all(isinstance(parse(line.data), dict) for line in first)


def _items(value: Any) -> list[Any]:
    if isinstance(value, Suspect):
        if isinstance(value.value, Repeated):
            return [value]
        found = _items(value.value)
        return [Suspect(item) if repeated_key(item) is not None else plain(item) for item in found]
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        lists = [k for k, v in value.items() if isinstance(v, list) and v and all(isinstance(i, dict) for i in v)]
        if len(lists) == 1 and (len(value) == 1 or lists[0] in _HOLDERS):
            return list(value[lists[0]])
    return [value]
