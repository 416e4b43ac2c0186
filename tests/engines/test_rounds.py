"""Rounds: how much of the source a recipe with a table step reads."""

from __future__ import annotations

from pathlib import Path

from mintmark.api import Recipe

BARREN = [{"leaf": leaf, "text": f"{leaf} {n}"} for leaf in "adefghi" for n in (1, 2)]
BARREN += [{"leaf": "a", "text": f"more {n}"} for n in range(60)]
LATE = [{"leaf": leaf, "text": f"late {leaf} {n}"} for leaf in ("b", "c") for n in range(2)]


def test_a_quota_without_values_reads_the_whole_source_whatever_the_first_rows_gain(tmp_path: Path) -> None:
    recipe = Recipe.from_data(
        {
            "rows": {"by": "leaf", "each": 2},
            "source": {"rows": {"rows": [*BARREN, *LATE]}},
            "steps": [{"curate.exact": {"on": "text"}}],
        }
    )
    run = recipe.run(tmp_path / "run", progress=False, workspace=None)
    assert sorted(row["leaf"] for row in run) == sorted("abcdefghi" * 2)
    assert run.manifest["content"]["taken"] == len(BARREN) + len(LATE)


def test_a_quota_with_values_ends_when_they_are_full(tmp_path: Path) -> None:
    recipe = Recipe.from_data(
        {
            "rows": {"by": "leaf", "each": 2, "values": ["a"]},
            "source": {"rows": {"rows": [*BARREN, *LATE]}},
            "steps": [{"curate.exact": {"on": "text"}}],
        }
    )
    run = recipe.run(tmp_path / "run", progress=False, workspace=None)
    assert [row["leaf"] for row in run] == ["a", "a"]
    assert run.manifest["content"]["taken"] < len(BARREN)


def test_a_value_of_which_nothing_passed_leaves_the_run_short(tmp_path: Path) -> None:
    data = {
        "rows": {"by": "leaf", "each": 1},
        "source": {"rows": {"rows": [{"leaf": "a", "text": "one two"}, {"leaf": "b", "text": "one"}]}},
        "steps": [{"curate.length": {"on": "text", "min_words": 2}}],
    }
    run = Recipe.from_data(data).run(tmp_path / "run", progress=False, workspace=None)
    assert [row["leaf"] for row in run] == ["a"]
    assert run.manifest["content"]["short"] == "fewer than 1 of b: 0"
