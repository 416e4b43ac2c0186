"""Decontamination: copies and paraphrases of a benchmark's items."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evaluation.data import data

from mintmark.api import Recipe
from mintmark.core.errors import MintmarkError


def recipe(rows: list[dict[str, object]], items: list[dict[str, object]], **fields: object) -> Recipe:
    return Recipe.from_data(
        {
            "source": {"rows": {"rows": rows}},
            "inputs": {"test": {"rows": {"rows": items}}},
            "steps": [{"curate.decontaminate": {"against": "test", "on": ["question"], **fields}}],
            "max_failed": 1.0,
        }
    )


def test_real_questions_that_are_pasted_or_reworded_are_found(tmp_path: Path) -> None:
    lines = data("gsm8k", "test.jsonl").read_text(encoding="utf-8").splitlines()[:200]
    items = [json.loads(line) for line in lines]
    train = data("gsm8k", "train.jsonl").read_text(encoding="utf-8").splitlines()[:300]
    clean = [{"question": json.loads(line)["question"], "kind": "clean"} for line in train]
    pasted = [{"question": f"Solve this. {item['question']} Show your work.", "kind": "pasted"} for item in items[:30]]
    reworded = [
        {
            "question": " ".join("roughly" if i % 7 == 3 else w for i, w in enumerate(item["question"].split())),
            "kind": "reworded",
        }
        for item in items[30:60]
    ]
    run = recipe([*clean, *pasted, *reworded], items).run(tmp_path / "run", progress=False, workspace=None)
    left = [row["kind"] for row in run]
    assert left.count("pasted") == 0
    assert left.count("reworded") <= 3
    assert left.count("clean") >= 294
    reasons = {row["reason"] for row in run.dropped().to_pylist() if row["kind"] == "reworded"}
    assert "reworded" in reasons, "no run of thirteen words is left, and still it is found"
    blind = recipe(reworded, items, max_likeness=None).run(tmp_path / "blind", progress=False, workspace=None)
    assert len(blind) > len(reworded) / 2, "runs of words alone do not see most of them"


def test_a_row_is_judged_by_itself(tmp_path: Path) -> None:
    items = [
        {"q": f"How many wheels do {n} carts of the mill have when two are broken and three are lent?"}
        for n in range(9)
    ]
    rows = [{"question": f"What does the river carry in month {i}?"} for i in range(20)]
    rows.append({"question": "How many wheels do 4 carts of the mill have when two are broken and three are lent?"})
    whole = recipe(rows, items, against_on=["q"]).run(tmp_path / "a", progress=False, workspace=None)
    alone = recipe(rows[-1:], items, against_on=["q"]).run(tmp_path / "b", progress=False, workspace=None)
    assert whole.dropped().to_pylist()[0]["detail"] == alone.dropped().to_pylist()[0]["detail"]


def test_items_without_the_named_column_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(MintmarkError, match="holds no text to compare with"):
        recipe([{"question": "x"}], [{"question": "y"}], against_on=["prompt"]).run(
            tmp_path / "run", progress=False, workspace=None
        )
