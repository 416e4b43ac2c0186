"""What a run was to cover is told with what it did not cover, in its card and by `show`."""

from __future__ import annotations

from pathlib import Path

import pytest

import mintmark as mm
from mintmark.core.registry import get_operator, operator_names
from mintmark.publish.coverage import coverage, covered, told


def run_of(tmp_path: Path, source: str, steps: str, top: str = "") -> mm.Run:
    recipe = mm.Recipe.from_yaml(f"{top}\nsource: {source}\nsteps: {steps}", file="r.yaml")
    return recipe.run(tmp_path / "run", progress=False, workspace=None)


def lines(run: mm.Run) -> list[str]:
    return told(covered(run.folder, run.manifest["content"]["recipe"]))


def test_values_that_were_asked_for_and_have_no_row_are_named(tmp_path: Path) -> None:
    cross = "{attributes: {cross: {style: [plain, odd, never], topic: [tides]}, count: 2}}"
    run = run_of(tmp_path, cross, "[curate.expression: {keep: \"style == 'plain'\"}]")
    assert lines(run) == ["`style`: 1 of 3 values have kept rows (plain 1); none: never, odd"]
    assert "### Coverage\n\n- `style`: 1 of 3" in (tmp_path / "run" / "README.md").read_text()


def test_kinds_of_a_step_are_covered_though_it_stands_inside_another(tmp_path: Path) -> None:
    rows = "{rows: {rows: [{text: the first of three rows, way: on}, {text: another one, way: off}]}}"
    inner = "generate.perturb: {kinds: [casing, swap], copies: 2, rate: 0.5}"
    run = run_of(tmp_path, rows, f"[generate.route: {{by: way, routes: {{on: [{inner}], off: []}}}}]")
    assert lines(run) == ["`perturbation`: 2 of 2 values have kept rows (casing 1, swap 1)"]


def test_files_of_the_source_are_covered(tmp_path: Path) -> None:
    for name, text in (("a.md", "Long enough to pass."), ("b.md", "Short."), ("c.md", "Also long enough, and more.")):
        (tmp_path / name).write_text(text)
    run = run_of(tmp_path, f"{{documents: {{path: '{tmp_path}'}}}}", "[curate.length: {on: text, min_words: 3}]")
    assert lines(run) == ["`document`: 2 of 3 values have kept rows (a.md 1, c.md 1); none: b.md"]


def test_a_quota_is_not_told_twice(tmp_path: Path) -> None:
    cross = "{attributes: {cross: {style: [plain, odd]}, count: 2}}"
    run = run_of(tmp_path, cross, "[]", "rows: {by: style, each: 1}")
    text = (tmp_path / "run" / "README.md").read_text()
    assert "2 of 2 values of `style` have the 1 rows" in text and "- `style`" not in text
    assert coverage(run.folder, "style") == {"plain": 1, "odd": 1}


def test_many_values_are_counted_not_listed() -> None:
    (line,) = told({"leaf": {**{f"full {i:02}": i + 1 for i in range(30)}, **{f"empty {i:02}": 0 for i in range(25)}}})
    assert line.startswith("`leaf`: 30 of 55 values have kept rows (full 29 30, full 28 29")
    assert "10 more with 1 to 10)" in line and line.endswith("empty 19 and 5 more")


def test_a_recipe_that_cannot_be_read_again_has_none(tmp_path: Path) -> None:
    run = run_of(tmp_path, "{rows: {rows: [{text: a}]}}", "[]")
    assert covered(run.folder, {"source": {"of_a_plug_in": {}}, "steps": []}) == {}


@pytest.mark.parametrize("name", operator_names())
def test_what_a_step_spreads_its_rows_by_is_a_column_of_theirs(name: str) -> None:
    for example in get_operator(name).examples():
        before = {column: None for row in example.rows for column in row}
        assert set(example.operator.axes()) <= set(example.operator.output(before))
