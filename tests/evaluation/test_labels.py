"""Wrong labels are found on real text, and right ones are not."""

from __future__ import annotations

import csv
import random
from typing import Any

import pytest
from tests.evaluation.data import corpus, data

from mintmark.core.finding import Finding
from mintmark.evaluation.claim import settle
from mintmark.evaluation.labels import examine
from mintmark.evaluation.subject import Subject

Rows = list[dict[str, Any]]


def banking(count: int = 4000) -> Rows:
    with data("banking77_nlupp", "banking_data", "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [{"id": str(i), "text": r["text"], "label": r["category"]} for i, r in enumerate(csv.DictReader(file))]
    random.Random(0).shuffle(rows)
    return rows[:count]


def flipped(rows: Rows, share: float) -> tuple[Rows, set[str]]:
    draw, labels = random.Random(1), sorted({r["label"] for r in rows})
    changed = {r["id"] for r in rows if draw.random() < share}
    other = [
        {**r, "label": draw.choice([x for x in labels if x != r["label"]])} if r["id"] in changed else r for r in rows
    ]
    return other, changed


def found(rows: Rows, reference: Rows | None = None) -> dict[str, Finding]:
    subject = Subject(corpus("data", rows), None if reference is None else corpus("reference", reference))
    return {f.name: f for f in settle(examine(subject))}


def test_five_percent_flipped_are_found_and_named() -> None:
    rows, changed = flipped(banking(), 0.05)
    findings = found(rows)
    assert findings["labels.random_labels"].kind == "risk"
    assert findings["labels.suspected_errors"].kind == "risk"
    estimate = findings["labels.random_labels"].estimate
    assert estimate is not None
    assert estimate.low - 0.01 <= len(changed) / len(rows) <= estimate.high + 0.01
    shown = findings["labels.suspected_errors"].evidence
    assert len(shown) == 5
    assert sum(e.id in changed for e in shown) >= 4
    assert "given: " in shown[0].note and "suggested: " in shown[0].note


def test_clean_labels_are_no_risk() -> None:
    rows = banking(4000)
    for findings in (found(rows), found(rows[:2000], rows[2000:])):
        assert not [f.name for f in findings.values() if f.kind == "risk"]
        assert findings["labels.random_labels"].kind == "benefit"


def test_flips_are_found_against_a_reference() -> None:
    rows = banking(6000)
    bad, _ = flipped(rows[:3000], 0.05)
    findings = found(bad, rows[3000:])
    assert findings["labels.suspected_errors"].kind == "risk"
    assert findings["labels.label_shift"].kind != "risk"


def test_a_label_made_common_is_a_shift() -> None:
    rows = banking(6000)
    a = [r for r in rows[:3000] if r["label"] < "d" or random.Random(r["id"]).random() < 0.4]
    assert found(a, rows[3000:])["labels.label_shift"].kind == "risk"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"text": "a", "label": "x"}],
        [{"text": "a", "label": "x"}] * 100,
        [{"text": f"row {i}", "label": i * 0.37} for i in range(100)],
        [{"text": None, "label": float("nan")}, {"text": 3, "label": ["a"]}] * 60,
        [{"text": "", "label": "x"}, {"text": "", "label": "y"}] * 60,
        [{"text": f"row {i}"} for i in range(50)],
    ],
)
def test_too_little_is_said(rows: Rows) -> None:
    asked = found(rows)["labels.suspected_errors"]
    assert asked.kind == "question"
    assert asked.needs


def test_other_scripts_and_identical_texts_pass() -> None:
    rows = [{"text": "\u732b\u304c\u597d\u304d" if i % 2 else "\u72ac", "label": i % 2} for i in range(120)]
    assert "labels.suspected_errors" in found(rows)
    same = [{"text": "the same", "label": i % 2} for i in range(120)]
    assert found(same)["labels.suspected_errors"].kind == "question"


def test_judges_are_held_against_people() -> None:
    steady = [{"text": "t", "judge_label": "ab"[i % 2], "human_label": "ab"[i % 2]} for i in range(60)]
    assert found(steady)["labels.judge_agreement"].kind == "benefit"
    draw = random.Random(0)
    guessed = [{"text": "t", "judge_label": draw.choice("ab"), "human_label": "ab"[i % 2]} for i in range(400)]
    assert found(guessed)["labels.judge_agreement"].kind == "risk"
    assert found([{"text": "t"}])["labels.judge_agreement"].needs
    swapped = [{"judge_label": "A", "judge_label_swapped": "A" if i < 3 else "B"} for i in range(30)]
    flips = found(swapped)["labels.position_flips"].estimate
    assert flips is not None and flips.value == 0.1


def test_the_same_bytes_again() -> None:
    rows = banking(400)
    assert [f.model_dump_json() for f in found(rows).values()] == [f.model_dump_json() for f in found(rows).values()]
