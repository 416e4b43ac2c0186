"""The list of methods is whole: every built-in recipe with its reference, and a page that tells of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.usable import FOLDER, VERDICTS, read

from mintmark.measures.intervals import wilson
from mintmark.recipes import FAMILIES, find, get, names

METHODS = Path(__file__).parents[1] / "docs" / "methods"
LINE = re.compile(r"^\| \[`([a-z-]+)`\]\(([^)]+)\) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def test_every_recipe_is_listed_with_its_reference_and_its_page() -> None:
    listed = {m[1]: m for m in LINE.finditer((METHODS / "index.md").read_text(encoding="utf-8"))}
    assert list(listed) == [one.name for one in find()]
    for name, line in listed.items():
        recipe = get(name)
        assert line[3] == recipe.title and line[4] == recipe.references[0]
        page = (METHODS / line[2]).resolve().read_text(encoding="utf-8")
        told = name.replace("-", "[-_]")
        assert re.search(rf"`{told}`|^#+ .*\b{told}\b", page, re.MULTILINE), f"{line[2]} does not tell of {name}"


def test_every_family_holds_a_recipe() -> None:
    assert {get(name).family for name in names()} == set(FAMILIES)


@pytest.mark.parametrize("name", names())
def test_a_recipe_is_short_and_says_how_to_run_it(name: str) -> None:
    head, _, body = get(name).text.partition("\n\n")
    assert len([line for line in body.splitlines() if line.strip()]) <= 45
    assert "mintmark run FILE" in head


def test_the_table_of_rows_that_were_read_is_that_of_the_verdicts() -> None:
    page = (METHODS / "usable.md").read_text(encoding="utf-8")
    rows = {m[1]: m[2] for m in re.finditer(r"^\| `([a-z-]+)` \| (.+?) \|(?: [^|]*\|)?$", page, re.MULTILINE)}
    told = {path.stem: read(path) for path in FOLDER.glob("*.jsonl")}
    assert set(rows) == set(told)
    for name, found in told.items():
        n = found.total()
        share = wilson(found["usable"], n)
        assert rows[name].startswith(f"{n} | {share.value:.0%} [{share.low:.0%}, {share.high:.0%}] | "), name
        assert f"| {found['flawed'] / n:.0%} | {found['wrong'] / n:.0%}" in rows[name], name
    assert set(VERDICTS) == {"usable", "flawed", "wrong"}
