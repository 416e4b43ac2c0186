"""Source code as rows."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.core.errors import SourceError
from mintmark.sources.code import Code, _cut

LINE = st.sampled_from(["def f():\n", "    x = 1\n", "\n", "}\n", "# note\n", "y = 2\n"])


@given(st.lists(LINE, max_size=60), st.integers(1, 12))
def test_pieces_are_all_lines_once_and_never_too_long(lines: list[str], most: int) -> None:
    pieces = list(_cut(lines, most))
    assert [n for first, end in pieces for n in range(first, end)] == list(range(len(lines)))
    assert all(0 < end - first <= most for first, end in pieces)


def test_a_piece_begins_where_something_new_begins(tmp_path: Path) -> None:
    text = textwrap.dedent("""\
        import os

        def f():
            a = 1

            return a

        class C:
            x = 1
        """)
    (tmp_path / "a.py").write_text(text)
    rows = list(Code(path=str(tmp_path), chunk_lines=6).read())
    assert [r.values["text"].splitlines()[0] for r in rows] == ["import os", "def f():", "class C:"]
    for row in rows:
        assert row.span is not None
        assert text[row.span.start : row.span.end] == row.values["text"]
        assert (
            text.splitlines(keepends=True)[(row.span.line or 0) - 1] == row.values["text"].splitlines(keepends=True)[0]
        )
        assert row.values["path"] == "a.py" and row.values["language"] == "python"


def test_files_are_chosen_and_the_unreadable_fail(tmp_path: Path) -> None:
    for name in ("a.py", "b.js", "test/c.py", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "big.py").write_text("x = 1\n" * 99)
    (tmp_path / "odd.py").write_bytes(b"\x00\x01\x02" * 9)
    rows = list(Code(path=str(tmp_path), exclude=["**/test/**"], max_file_bytes=100).read())
    assert [(r.values["path"], r.reason) for r in rows] == [
        ("a.py", None), ("b.js", None), ("big.py", "too_long"), ("odd.py", "bad_encoding"),
    ]  # fmt: skip
    with pytest.raises(SourceError, match="no code here"):
        list(Code(path=str(tmp_path), include=["*.rs"]).read())
    with pytest.raises(SourceError, match="unknown kind"):
        list(Code(path=str(tmp_path / "notes.md")).read())


def test_without_a_path_it_is_the_standard_library() -> None:
    code = Code(include=["bisect.py", "json/*.py"])
    rows = list(code.read())
    paths = {r.values["path"] for r in rows}
    assert "bisect.py" in paths and "json/decoder.py" in paths
    assert not any("site-packages" in p or "/test/" in p for p in paths)
    assert not code._inputs()[0].path.is_relative_to(Path.cwd())
    assert len(code.fingerprint()["files"]) == len(paths)
