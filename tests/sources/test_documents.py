"""The documents source: rows, spans, fingerprints, and files that cannot be read."""

from __future__ import annotations

import builtins
import json
import shutil
import sys
import types
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from mintmark.core.errors import MissingExtra, SourceError
from mintmark.core.registry import get_source
from mintmark.core.source import SourceRow
from mintmark.sources.documents import Documents

PROSE = "These are words of prose that say enough to be a chunk of their own, and then some more.\n"


def write(folder: Path, name: str, data: str | bytes = PROSE) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path, **settings: Any) -> list[SourceRow]:
    return list(Documents(path=str(path), **settings).read())


def test_rows_have_the_declared_columns(tmp_path: Path) -> None:
    assert get_source("documents") is Documents
    write(tmp_path, "sub/a.md", f"# Guide\n\n## Install\n\n{PROSE}\n")
    (row,) = read(tmp_path)
    assert row.values == {
        "text": f"## Install\n\n{PROSE}".strip(),
        "heading": "Guide > Install",
        "path": "sub/a.md",
        "title": "Guide",
    }
    assert row.span is not None and (row.span.path, row.span.line) == ("sub/a.md", 3)
    assert Documents(path="x").columns() == {name: pa.string() for name in row.values}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_spans_are_into_what_open_reads(tmp_path: Path, encoding: str, newline: str) -> None:
    text = f"# Überschrift\n\n{PROSE * 5}\n## Zwei\n\nä ö ü {PROSE * 9}\n".replace("\n", newline)
    path = write(tmp_path, "a.md", text.encode(encoding))
    with path.open(encoding=encoding) as f:
        decoded = f.read()
    rows = read(tmp_path, chunk_tokens=64)
    assert len(rows) > 3
    for row in rows:
        assert row.span is not None and row.span.start is not None
        assert decoded[row.span.start : row.span.end] == row.values["text"]
        assert decoded.count("\n", 0, row.span.start) + 1 == row.span.line


@pytest.mark.parametrize(
    ("name", "data", "title"),
    [
        ("a.md", "---\ntitle: Front\n---\n# Head\n\n" + PROSE, "Front"),
        ("a.md", "# Head\n\n" + PROSE, "Head"),
        ("a.rst", "PEP: 8\nTitle: Style\n\nPart\n====\n\n" + PROSE, "Style"),
        ("a.html", "<title>Page</title><h1>Head</h1><p>" + PROSE, "Page"),
        ("notes.txt", PROSE, "notes"),
    ],
)
def test_titles(tmp_path: Path, name: str, data: str, title: str) -> None:
    write(tmp_path, name, data)
    assert [row.values["title"] for row in read(tmp_path)] == [title]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.md", "", "empty_document"),
        ("a.md", " \n\n", "empty_document"),
        ("a.md", "\ufeff".encode(), "empty_document"),
        ("a.md", "# Only a title\n", "empty_document"),
        ("a.html", "<script>x</script>", "empty_document"),
        ("a.md", "é".encode() * 9 + b"\xff", "bad_encoding"),
        ("a.md", b"caf\xe9 \x81", "bad_encoding"),
        ("a.txt", "some\0text" + PROSE, "bad_encoding"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "bad_encoding"),
        ("a.md", b"\xff\xfeh\x00\x00", "bad_encoding"),
        ("a.html", b"<![foo bar]>x", "unreadable"),
        ("a.md", PROSE * 2000, "too_long"),
    ],
)
def test_a_document_that_cannot_be_read_is_a_failed_row(
    tmp_path: Path, name: str, data: str | bytes, reason: str
) -> None:
    write(tmp_path, name, data)
    write(tmp_path, "z.md")
    bad, good = read(tmp_path, max_document_bytes=100_000)
    assert (bad.reason, bad.values, good.reason) == (reason, {"path": name}, None)
    assert bad.detail


def test_html_encodings(tmp_path: Path) -> None:
    text = "<meta charset=koi8-r><p>Слова прозы.</p>"
    write(tmp_path, "a.html", text.encode("koi8-r"))
    assert read(tmp_path)[0].values["text"] == "Слова прозы."
    assert Documents(path=str(tmp_path)).fingerprint()["encodings"] == {"a.html": "koi8-r"}


def test_hidden_and_unknown_files_are_passed_by_and_counted(tmp_path: Path) -> None:
    for name in ("a.md", ".b.md", ".git/c.md", "d.png", "e.png", "f.py"):
        write(tmp_path, name)
    assert [row.values["path"] for row in read(tmp_path)] == ["a.md"]
    assert Documents(path=str(tmp_path)).skipped() == {".png": 2, ".py": 1}
    with pytest.raises(SourceError, match=r"unknown kind of document, got '.py'; allowed: .docx, .htm"):
        read(tmp_path / "f.py")


def test_include_and_exclude(tmp_path: Path) -> None:
    for name in ("a.md", "docs/b.md", "docs/deep/c.md", "docs/LICENSE.txt"):
        write(tmp_path, name)

    def paths(**chosen: list[str]) -> list[str]:
        return [row.values["path"] for row in read(tmp_path, **chosen)]

    assert paths(include=["docs/**/*.md"]) == ["docs/b.md", "docs/deep/c.md"]
    assert paths(exclude=["LICENSE*", "docs/deep/*"]) == ["a.md", "docs/b.md"]
    with pytest.raises(SourceError, match="no documents here"):
        paths(include=["*.rst"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chunk_tokens": 31}, "greater than or equal to 32"),
        ({"overlap_tokens": 201}, "at most half"),
        ({"chunk_tokens": 40, "min_chunk_tokens": 50}, "fit into a chunk"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Documents(path="x", **settings)  # type: ignore[arg-type]


def test_reading_twice_and_elsewhere_is_the_same(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.rst", "a/b.txt"):
        write(tmp_path / "here", name, PROSE * 30)
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    one, other = (Documents(path=str(tmp_path / name), chunk_tokens=100) for name in ("here", "there"))
    assert list(one.read()) == list(one.read()) == list(other.read())
    assert [row.values["path"] for row in one.read()] == sorted(row.values["path"] for row in one.read())
    assert one.fingerprint() == other.fingerprint()
    assert str(tmp_path) not in json.dumps(one.fingerprint())
    assert Documents(path=str(tmp_path / "here"), chunk_tokens=99).fingerprint() != one.fingerprint()
    write(tmp_path / "there", "b.md", "changed")
    assert one.fingerprint() != other.fingerprint()


def test_without_markitdown_the_error_is_the_install_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.md")
    write(tmp_path, "b.pdf", b"%PDF-1.7")
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name == "markitdown":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(MissingExtra, match=r"b\.pdf: needs .* `pip install 'mintmark\[documents\]'`"):
        read(tmp_path)
    with pytest.raises(MissingExtra):
        Documents(path=str(tmp_path)).fingerprint()
    assert len(read(tmp_path, exclude=["*.pdf"])) == 1


def test_with_markitdown_a_document_is_its_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class MarkItDown:
        def __init__(self, **enabled: bool) -> None:
            assert enabled == {"enable_builtins": False, "enable_plugins": False}

        def register_converter(self, converter: object) -> None:
            assert converter is not None

        def convert_local(self, path: str) -> Any:
            if "broken" in path:
                raise RuntimeError("no such table")
            return types.SimpleNamespace(markdown="" if "empty" in path else f"# From {Path(path).name}\r\n\r\n{PROSE}")

    kinds = types.SimpleNamespace(DocxConverter=object, PdfConverter=object, PptxConverter=object)
    monkeypatch.setitem(sys.modules, "markitdown", types.SimpleNamespace(MarkItDown=MarkItDown))
    monkeypatch.setitem(sys.modules, "markitdown.converters", kinds)
    for name in ("a.pdf", "broken.docx", "empty.pptx"):
        write(tmp_path, name, b"x")
    rows = read(tmp_path)
    assert [(row.values.get("heading"), row.reason) for row in rows] == [
        ("From a.pdf", None),
        (None, "unreadable"),
        (None, "empty_document"),
    ]
    assert "markitdown" in Documents(path=str(tmp_path)).fingerprint()


def test_the_real_markitdown_reads_slides(tmp_path: Path) -> None:
    pytest.importorskip("markitdown")
    pptx = pytest.importorskip("pptx")
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "The title", PROSE.strip()
    slides.save(str(tmp_path / "a.pptx"))
    write(tmp_path, "b.pdf", b"%PDF-1.7 damaged")
    row, damaged = read(tmp_path)
    assert damaged.reason == "unreadable"
    assert row.values["heading"] == "The title" and PROSE.strip() in row.values["text"]
