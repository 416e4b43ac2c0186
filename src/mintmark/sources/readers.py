"""Documents to blocks, by the ending of their names."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..core.errors import MissingExtra
from .blocks import Parsed
from .html_text import parse_html
from .markdown import parse_markdown, parse_plain
from .rst import parse_rst
from .text import binary_kind, sniff

READERS: dict[str, Callable[[str], Parsed]] = {
    ".md": parse_markdown,
    ".markdown": parse_markdown,
    ".mdx": partial(parse_markdown, mdx=True),
    ".rst": parse_rst,
    ".txt": parse_plain,
    ".html": parse_html,
    ".htm": parse_html,
}
"""Endings of documents that are read as they are."""

CONVERTED = frozenset({".pdf", ".docx", ".pptx"})
"""Endings of documents that `markitdown` turns into Markdown first."""

_CHARSET = re.compile(rb"<meta[^<>]{1,200}?charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
_CHARSETS = re.compile(
    r"(?:iso-?8859-\d{1,2}|windows-125\d|cp125\d|shift[_-]jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5|koi8-[ru]|latin-?1)$",
    re.IGNORECASE,
)


class Unreadable(Exception):
    """This document cannot be read; the others can."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Converter:
    """The installed `markitdown`, and its version."""

    convert: Callable[[str], Any]
    version: str


def read_document(path: Path, max_bytes: int) -> Parsed:
    """Return a document's text and blocks.

    Raises:
        Unreadable: with `empty_document`, `bad_encoding`, `too_long` or `unreadable`.
        MissingExtra: where it needs `markitdown`.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise Unreadable("too_long", f"{size} bytes, at most {max_bytes}")
        data = path.read_bytes()
    except OSError as e:
        raise Unreadable("unreadable", e.strerror or str(e)) from e
    if not data.strip():
        raise Unreadable("empty_document", "the file holds nothing")
    ending = path.suffix.lower()
    if ending in CONVERTED:
        return _converted(path)
    text = decode(data, html=is_html(path))
    if not text.strip():
        raise Unreadable("empty_document", "the file holds nothing")
    try:
        return READERS[ending](text)
    except ValueError as e:
        raise Unreadable("unreadable", str(e)) from e


def decode(data: bytes, *, html: bool = False) -> str:
    """Return the text of a document's bytes, every line end as `\\n`, as Python's `open` reads it.

    The encoding is the byte order mark's, else UTF-8, else (HTML) the one that the page names, else
    Windows-1252.

    Raises:
        Unreadable: with `bad_encoding`, where that does not decode, or a NUL shows that this is no text.

    Example:
        >>> decode(b"caf\\xe9\\r\\n")
        'café\\n'
    """
    if kind := binary_kind(data[:4096]):
        raise Unreadable("bad_encoding", f"not text but {kind}")
    encoding = encoding_of(data, html=html)
    try:
        text = data.decode(re.sub(r"-[lb]e$", "", encoding))
    except UnicodeDecodeError as e:
        raise Unreadable("bad_encoding", f"byte 0x{data[e.start]:02x} at byte {e.start} is not {encoding}") from e
    if (at := text.find("\0")) >= 0:
        raise Unreadable("bad_encoding", f"NUL at character {at}")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(data: bytes, *, html: bool = False) -> str:
    """Return the encoding by which `decode` reads these bytes."""
    encoding = sniff([data])
    if html and encoding == "cp1252":
        named = _CHARSET.search(data[:4096])
        if named and _CHARSETS.match(found := named[1].decode()):
            return found.lower()
    return encoding


def is_html(path: Path) -> bool:
    """Say whether a document is read as HTML."""
    return READERS.get(path.suffix.lower()) is parse_html


def converter(where: str) -> Converter:
    """Return the installed `markitdown`.

    Raises:
        MissingExtra: where it is not installed.
    """
    try:
        from markitdown import MarkItDown
        from markitdown.converters import DocxConverter, PdfConverter, PptxConverter
    except ImportError as e:
        raise MissingExtra("markitdown", "documents", where=where) from e
    try:
        version = importlib.metadata.version("markitdown")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    # With all its converters it reads a damaged PDF as plain text, and a path that looks like an address as one.
    tool = MarkItDown(enable_builtins=False, enable_plugins=False)
    for kind in (DocxConverter, PdfConverter, PptxConverter):
        tool.register_converter(kind())
    return Converter(tool.convert_local, version)


def _converted(path: Path) -> Parsed:
    convert = converter(str(path)).convert
    try:
        text = str(convert(str(path)).markdown)
    except Exception as e:
        # The converter's readers raise whatever the libraries below them do; none of it is ours.
        raise Unreadable("unreadable", f"{type(e).__name__}: {' '.join(str(e).split())[:200]}") from e
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if not text.strip():
        raise Unreadable("empty_document", "no text could be extracted")
    return parse_markdown(text)
