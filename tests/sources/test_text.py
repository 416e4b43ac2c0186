"""Encodings: found the same way each time, and never by mangling a file that is mostly right."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.sources.files import Files
from mintmark.sources.text import lines, sniff

TEXT = '{"a": "é – ü"}\n{"a": "naïve"}\n'


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16-le"),
        ("utf-32", "utf-32-le"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_encoding_reads_alike(tmp_path: Path, encoding: str, found: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(TEXT.encode(encoding))
    assert sniff([path.read_bytes()]) == found
    source = Files(path=str(path))
    assert [row.values for row in source.read()] == [{"a": "é – ü"}, {"a": "naïve"}]
    assert source.fingerprint()["encodings"] == ({} if found == "utf-8" else {"a.jsonl": found})


def test_big_endian_utf_16(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xfe\xff" + "a,b\né,ü\n".encode("utf-16-be"))
    assert [row.values for row in Files(path=str(tmp_path)).read()] == [{"a": "é", "b": "ü"}]


def test_one_bad_byte_does_not_turn_a_utf8_file_into_another(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" + "é,ü\n".encode() * 5 + b"\xe9,x\n" + "é,ü\n".encode())
    rows = list(Files(path=str(tmp_path)).read())
    assert [row.reason for row in rows] == [None] * 5 + ["bad_encoding", None]
    assert rows[0].values == {"a": "é", "b": "ü"}


def test_bytes_that_cp1252_does_not_have_and_broken_utf16_fail_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a": "\xe9"}\n{"a": "\x81"}\n')
    assert [row.reason for row in Files(path=str(tmp_path / "a.jsonl")).read()] == [None, "bad_encoding"]
    text = '{"a": 1}\n{"a": "X"}\n'.encode("utf-16").replace(b"X\0", b"\x00\xd8")
    (tmp_path / "b.jsonl").write_bytes(text)
    assert [row.reason for row in Files(path=str(tmp_path / "b.jsonl")).read()] == [None, "bad_encoding"]


@given(st.binary(max_size=300), st.integers(1, 40))
def test_sniffing_does_not_depend_on_how_the_file_is_read(data: bytes, size: int) -> None:
    # A byte order mark is looked for in the first block, so that one is never cut short.
    blocks = [data[:4], *(data[n : n + size] for n in range(4, len(data), size))]
    assert sniff([data]) == sniff(blocks)


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=20), st.integers(1, 30))
def test_every_line_is_whole_or_too_long(parts: list[bytes], most: int) -> None:
    data = b"\n".join(parts)
    expected = data.split(b"\n")
    if expected and not expected[-1]:
        expected.pop()
    found = list(lines(io.BytesIO(data), most))
    assert [line.number for line in found] == list(range(1, len(expected) + 1))
    for line, whole in zip(found, expected, strict=True):
        if len(whole) > most:
            assert line.reason == "too_long" and line.detail is not None and line.detail.startswith(str(len(whole)))
        else:
            assert line.data.rstrip(b"\n") == whole
