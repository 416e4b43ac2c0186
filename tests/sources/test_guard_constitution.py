"""A guard's constitution: categories in order, and errors with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.core.errors import SourceError
from mintmark.recipes import get
from mintmark.sources.guard_constitution import GuardConstitution

GOOD = """\
harmful:
  cheating: marks by deceit
  prying: reading what is private
harmless:
  revision: learning for an exam
  own_privacy: {means: keeping letters private, near: prying}
"""


def source(folder: Path, text: str) -> GuardConstitution:
    (folder / "constitution.yaml").write_text(text)
    return GuardConstitution(path=str(folder / "constitution.yaml"))


def test_a_row_for_each_category_with_its_line(tmp_path: Path) -> None:
    rows = list(source(tmp_path, GOOD).read())
    assert [(r.values["verdict"], r.values["category"], r.values["near"]) for r in rows] == [
        ("harmful", "cheating", None),
        ("harmful", "prying", None),
        ("harmless", "revision", None),
        ("harmless", "own_privacy", "prying"),
    ]
    assert [r.span.line for r in rows if r.span] == [2, 3, 5, 6]
    assert set(rows[0].values) == set(GuardConstitution(path="x").columns())


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("harmless:", "harmles:", "two mappings"),
        ("near: prying", "near: lying", r"yaml:6: `near` names the harmful category"),
        ("means: keeping letters private, ", "", r"yaml:6: a category says what it means"),
        ("means: keeping", "meaning: keeping", r"yaml:6: unknown field `meaning`"),
        ("  revision: learning for an exam\n", "  revision: 3\n", r"yaml:5: a category says what it means"),
        ("cheating: marks by deceit", "cheating: [marks", r"yaml:\d+: not readable as YAML"),
        ("  cheating: marks by deceit\n  prying: reading what is private\n", "", r"yaml:1: no categories"),
    ],
)
def test_what_is_no_constitution_is_an_error(tmp_path: Path, old: str, new: str, match: str) -> None:
    assert old in GOOD
    with pytest.raises(SourceError, match=match):
        list(source(tmp_path, GOOD.replace(old, new)).read())


def test_the_file_itself_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="name the constitution's file"):
        list(GuardConstitution(path=str(tmp_path)).read())
    with pytest.raises(SourceError, match="no such file"):
        list(GuardConstitution(path=str(tmp_path / "none.yaml")).read())


def test_the_fingerprint_is_the_content(tmp_path: Path) -> None:
    before = source(tmp_path, GOOD).fingerprint()
    assert source(tmp_path, GOOD.replace("marks", "prizes")).fingerprint() != before
    assert source(tmp_path, GOOD).fingerprint() == before


def test_the_constitution_of_the_recipe_has_a_near_one_for_each_harmful_category(tmp_path: Path) -> None:
    text = get("constitutional-guard").files["constitution.yaml"].decode()
    rows = [r.values for r in source(tmp_path, text).read()]
    assert {r["near"] for r in rows} - {None} == {r["category"] for r in rows if r["verdict"] == "harmful"}
