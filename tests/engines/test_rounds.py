"""Rounds: how much of the source a recipe with a table step reads."""

from __future__ import annotations

from pathlib import Path

from mintmark.api import Recipe

BARREN = [{"leaf": "a", "text": f"good {n}"} for n in range(40)]
LATE = [{"leaf": leaf, "text": f"late {n}"} for leaf in ("b", "c") for n in range(2)]


def test_a_quota_without_values_reads_the_whole_source_whatever_the_first_rows_gain(tmp_path: Path) -> None:
    recipe = Recipe.from_data(
        {
            "rows": {"by": "leaf", "each": 2},
            "source": {"rows": {"rows": [*BARREN, *LATE]}},
            "steps": [{"curate.exact": {"on": "text"}}],
        }
    )
    run = recipe.run(tmp_path / "run", progress=False, workspace=None)
    assert sorted(row["leaf"] for row in run) == ["a", "a", "b", "b", "c", "c"]
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
