"""Counterfactual pairs: both kept, tied together, the label with them; nothing guessed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.evaluation.data import data

import mintmark as mm
from mintmark.generate.counterfactual import Counterfactual
from mintmark.sources.rows import Rows


def run(folder: Path, rows: list[dict[str, Any]], **fields: Any) -> Any:
    recipe = mm.Recipe(source=Rows(rows=tuple(rows)), steps=[Counterfactual(**fields)], max_failed=1.0)
    return recipe.run(folder / "run", progress=False, workspace=None)


def test_a_pair_has_both_variants_and_one_label(tmp_path: Path) -> None:
    row = {"question": "Did she call?", "answer": "Yes, she called her father.", "label": "family"}
    one, other = run(tmp_path, [row], on=["question", "answer"])
    assert one["pair"] == other["pair"] and (one["variant"], other["variant"]) == ("original", "counterfactual")
    assert one["label"] == other["label"] == "family" and one["answer"] == row["answer"]
    assert (other["question"], other["answer"]) == ("Did he call?", "Yes, he called his mother.")


def test_one_undecided_column_fails_the_whole_row(tmp_path: Path) -> None:
    found = run(tmp_path, [{"question": "Who was she?", "answer": "He saw her duck."}], on=["question", "answer"])
    (row,) = found.dropped().to_pylist()
    assert len(found) == 0 and row["reason"] == "undecided_swap" and "saw her duck" in str(row["detail"])


def test_real_sentences_come_in_pairs(tmp_path: Path) -> None:
    lines = data("bias", "WinoBias", "data", "pro_stereotyped_type2.txt.dev").read_text(encoding="utf-8").splitlines()
    texts = [re.sub(r"^\d+ |[\[\]]", "", line.strip()) for line in lines]
    found = run(tmp_path, [{"text": t} for t in texts])
    (step,) = [s for s in found.manifest["content"]["waterfall"] if s["step"] == "generate.counterfactual"]
    assert step["used"] + step["failed"] == len(texts) and step["kept"] == 2 * step["used"]
    assert step["failed"] / len(texts) < 0.05
