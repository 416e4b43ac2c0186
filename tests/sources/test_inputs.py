"""Which files a source reads, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.core.errors import SourceError
from mintmark.sources.inputs import find_inputs


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/x.md", "a/y.txt", "a/sub/z.md", "a/.hid/n.md", "a/.n.md", "b/x.md", "c.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(given: str | list[str]) -> list[str]:
    return [i.name for i in find_inputs(given, lambda p: p.suffix == ".md", where="here")]


def test_folders_files_and_globs(tree: Path) -> None:
    assert names(str(tree)) == ["a/sub/z.md", "a/x.md", "b/x.md", "c.md"]
    assert names(str(tree / "a")) == ["sub/z.md", "x.md"]
    assert names(str(tree / "a/y.txt")) == ["y.txt"]
    assert names(f"{tree}/*/x.md") == ["a/x.md", "b/x.md"]
    assert names(f"{tree}/**/*.md") == ["a/sub/z.md", "a/x.md", "b/x.md", "c.md"]


def test_several_paths_are_named_apart_and_each_file_comes_once(tree: Path) -> None:
    assert names([str(tree / "b"), str(tree / "a")]) == ["a/sub/z.md", "a/x.md", "b/x.md"]
    assert names([str(tree / "a"), str(tree / "a/x.md"), f"{tree}/a/*.md"]) == ["sub/z.md", "x.md"]
    assert names([str(tree), str(tree / "a")]) == names(str(tree))
    (tree / "d/a").mkdir(parents=True)
    (tree / "d/a/x.md").write_text("d")
    assert names([str(tree / "a"), str(tree / "d/a")])[-1] == f"{tree.name}/a/x.md"


def test_relative_paths_and_magic_names(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    (tree / "e[1].md").write_text("e")
    assert names("a") == ["sub/z.md", "x.md"]
    assert names("./a/../a/x.md") == ["x.md"]
    assert names("e[1].md") == ["e[1].md"]


def test_a_link_to_a_folder_above_does_not_loop(tree: Path) -> None:
    (tree / "a/up").symlink_to(tree, target_is_directory=True)
    assert names(str(tree / "a")) == ["sub/z.md", "x.md"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{}/c.m", "no such file or folder, got .*did you mean `c.md`"),
        ("{}/aa/x.md", "did you mean `a`"),
        ("{}/*.nothing", "no file matches"),
        ("x\0y", "NUL"),
        ("", "empty"),
        ("~nobody-has-this-name/x", "cannot be looked up|no such file"),
        ("x" * 5000, "cannot be looked up|no such file"),
        ("/dev/null", "not a regular file"),
    ],
)
def test_paths_that_will_not_do(tree: Path, given: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        names(given.format(tree))
