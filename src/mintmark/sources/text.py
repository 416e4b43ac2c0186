"""Bytes to text without guessing more than is needed: gzip, byte order marks, UTF-8, else Windows-1252."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\0": "an SQLite file",
    b"\x7fELF": "a program",
    b"ARROW1": "an Arrow file",
    b"\x28\xb5\x2f\xfd": "zstd-compressed",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ\0": "xz-compressed",
}
_ESCAPED = re.compile("[\udc80-\udcff]")
BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a damaged gzip file raises."""


@dataclass(slots=True)
class Line:
    """One line of a file, with its line end.

    Attributes:
        number: counted from 1.
        data: its UTF-8 bytes; empty where `reason` says that there are none.
        reason, detail: why it cannot be used, or None.
    """

    number: int
    data: bytes
    reason: str | None = None
    detail: str | None = None


def is_packed(path: Path) -> bool:
    """Say whether a file is gzip, by its first bytes, whatever its name says."""
    with path.open("rb") as f:
        return f.read(2) == b"\x1f\x8b"


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, through gzip where it is packed; a damaged one gives all that is legible first."""
    if not is_packed(path):
        return path.open("rb", BLOCK)
    return cast(BinaryIO, io.BufferedReader(_Unpacked(gzip.open(path, "rb")), BLOCK))


def binary_kind(head: bytes) -> str | None:
    """Return what a file is that is clearly not text, from its first bytes; None for text.

    Example:
        >>> binary_kind(b"%PDF-1.7"), binary_kind(b"a,b")
        ('a PDF', None)
    """
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if not head or bom_of(head):
        return None
    nuls = head.count(b"\0") / len(head)
    return f"{nuls:.0%} NUL bytes; UTF-16 needs a byte order mark" if nuls > 0.1 else None


def bom_of(head: bytes) -> str | None:
    """Return the encoding that a byte order mark announces, or None."""
    return next((name for bom, name in _BOMS if head.startswith(bom)), None)


def sniff(blocks: Iterable[bytes]) -> str:
    """Return the encoding of a text: its byte order mark's, else `utf-8`, else `cp1252`; deterministic.

    A text with some bytes that are not UTF-8 stays `utf-8` while most of what is beyond ASCII in it is (its
    bad places are then bad data); else it was never UTF-8, and `cp1252` is what such files nearly always are.

    Example:
        >>> sniff([b"caf\\xc3\\xa9"]), sniff([b"caf\\xe9"]), sniff([b"\\xff\\xfeh\\0"])
        ('utf-8', 'cp1252', 'utf-16-le')
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good = bad = 0
    first = True
    for block in blocks:
        if first and block:
            first = False
            if found := bom_of(block):
                return found
        text = decoder.decode(block)
        if not text.isascii():
            wrong = len(_ESCAPED.findall(text))
            bad += wrong
            good += len(text.encode("utf-8", "surrogateescape")) - len(text)
    bad += len(decoder.decode(b"", True))
    return "utf-8" if bad <= good else "cp1252"


def sniff_file(path: Path) -> str:
    """Return the encoding of a file, read once through; a damaged gzip file is judged by what is legible."""
    with open_bytes(path) as stream:
        return sniff(_blocks(stream))


def open_utf8(path: Path, encoding: str) -> BinaryIO:
    """Open a text so that it reads as UTF-8 without byte order mark; what cannot be decoded stays invalid UTF-8."""
    stream = open_bytes(path)
    if encoding == "utf-8-sig":
        stream.read(3)
    if encoding.startswith("utf-8"):
        return stream
    return cast(BinaryIO, io.BufferedReader(_Recoded(stream, encoding), BLOCK))


def lines(stream: BinaryIO, max_bytes: int) -> Iterator[Line]:
    """Yield the lines of a UTF-8 stream, holding at most `max_bytes` of one in memory.

    A longer line is passed by and yields a Line with reason `too_long`; a damaged gzip stream ends with
    `truncated_gzip` or `bad_gzip`; a line with a NUL byte has its bytes and the reason `nul_byte`.
    """
    number = 0
    try:
        while data := stream.readline(max_bytes + 1):
            number += 1
            if len(data) > max_bytes and not (data.endswith(b"\n") and len(data) == max_bytes + 1):
                size = len(data)
                while not data.endswith(b"\n") and (rest := stream.readline(BLOCK)):
                    data = rest
                    size += len(rest)
                size -= data.endswith(b"\n")
                yield Line(number, b"", "too_long", f"{size} bytes, at most {max_bytes}")
            elif b"\0" in data:
                yield Line(number, data, "nul_byte", f"NUL at byte {data.index(0)} of the line")
            else:
                yield Line(number, data)
    except BROKEN_GZIP as e:
        reason = "truncated_gzip" if isinstance(e, EOFError) else "bad_gzip"
        yield Line(number + 1, b"", reason, f"nothing can be read from here on: {e}")


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    try:
        while block := stream.read(BLOCK):
            yield block
    except BROKEN_GZIP:
        return


class _Unpacked(io.RawIOBase):
    """A gzip stream read a little at a time: GzipFile.read loses what it has when the end is missing."""

    def __init__(self, packed: gzip.GzipFile) -> None:
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._packed.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()


class _Recoded(io.RawIOBase):
    """Another encoding's bytes, read as UTF-8; a place that cannot be decoded becomes a byte that is not UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._wide = encoding != "cp1252"
        self._decoder = codecs.getincrementaldecoder(encoding)("replace" if self._wide else "surrogateescape")
        self._ready = b""
        if self._wide:
            stream.read(4 if "32" in encoding else 2)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            block = self._stream.read(BLOCK)
            text = self._decoder.decode(block, not block)
            self._ready = text.encode("utf-8", "surrogateescape")
            if self._wide:
                self._ready = self._ready.replace(b"\xef\xbf\xbd", b"\xff")
            if not block:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()
