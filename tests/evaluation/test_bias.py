"""A gender planted in one occupation's rows is found on real text; halves of one set show nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.data import corpus, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.bias import examine
from mintmark.evaluation.bias_filters import keep_ratio
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import RunFacts, Subject

Rows = list[dict[str, Any]]


def halves(count: int = 3000, seed: int = 0) -> tuple[Rows, Rows]:
    rows = [{"id": str(i), **r} for i, r in enumerate(gsm8k())]
    random.Random(seed).shuffle(rows)
    return rows[:count], rows[count : 2 * count]


def with_nurses(rows: Rows, share: float, every: int = 20) -> Rows:
    draw, out = random.Random(2), []
    for i, row in enumerate(rows):
        word = "She" if draw.random() < share else "He"
        text = f"A nurse counts pills. {word} has {i} pills in {1 + i % 7} jars. How many pills are in a jar?"
        out.append({**row, "question": text, "answer": f"{i / (1 + i % 7):.1f}"} if i % every == 0 else row)
    return out


def found(rows: Rows, reference: Rows | None = None, **more: Any) -> dict[str, Finding]:
    subject = Subject(corpus("data", rows), None if reference is None else corpus("reference", reference), **more)
    return {f.name: f for f in settle(examine(subject))}


def test_nine_nurses_of_ten_are_women() -> None:
    rows, reference = halves()
    bad = with_nurses(rows, 0.9)
    for findings in (found(bad), found(bad, reference)):
        claim = findings["bias.profession_gender"]
        assert claim.kind == "risk"
        assert "`nurse`" in claim.claim and "female" in claim.claim
        assert claim.estimate is not None and claim.estimate.low < 0.9 < claim.estimate.high
        assert all("nurse" in e.text for e in claim.evidence) and len(claim.evidence) == 5
    amplified = found(bad, with_nurses(reference, 0.5))["bias.amplification"]
    assert amplified.kind == "risk"
    assert amplified.details["reference_female_share"] == pytest.approx(0.5, abs=0.12)


def test_nurses_as_in_the_reference_are_no_amplification() -> None:
    rows, reference = halves()
    findings = found(with_nurses(rows, 0.9), with_nurses(reference, 0.9))
    assert findings["bias.amplification"].kind != "risk"
    assert findings["bias.profession_gender"].kind == "fact"


def test_halves_of_one_set_show_no_risk() -> None:
    for seed in range(3):
        assert not [f.name for f in found(*halves(seed=seed)).values() if f.kind == "risk"]


def test_women_taken_out_are_missed() -> None:
    rows, reference = halves()
    draw = random.Random(0)
    fewer = [r for r in rows if " she " not in r["question"].lower() or draw.random() < 0.4]
    assert found(fewer, reference)["bias.female_share"].kind == "risk"


def test_bad_words_about_men_are_a_gap() -> None:
    rows, reference = halves()
    draw = random.Random(0)
    bad = [{**r, "answer": r["answer"] + " What a stupid, lazy man."} if draw.random() < 0.2 else r for r in rows]
    claim = found(bad, reference)["bias.sentiment_gap"]
    assert claim.kind == "risk"
    assert "higher" in claim.claim and "stupid" in claim.evidence[0].note


def test_counterparts_are_counted() -> None:
    rows = [{"text": "She lost her keys again."}, {"text": "He lost his keys again."}, {"text": "She won."}]
    share = found(rows)["bias.counterfactual_pairs"].estimate
    assert share is not None and share.value == pytest.approx(2 / 3)


def run(dropped: Rows) -> RunFacts:
    return RunFacts(Path(), {}, dropped=dropped)


def test_a_filter_that_drops_women_is_named() -> None:
    rows, _ = halves()
    draw = random.Random(0)
    lost = [r for r in rows if draw.random() < (0.5 if " she " in r["question"].lower() else 0.1)]
    ids = {r["id"] for r in lost}
    kept = [r for r in rows if r["id"] not in ids]
    marked = [{**r, "step": "curate.length", "reason": "too_short", "fate": "dropped"} for r in lost]
    claim = found(kept, run=run(marked))["bias.disparate_impact_curate_length"]
    assert claim.kind == "risk" and "female" in claim.claim
    assert claim.evidence[0].of == "dropped" and claim.evidence[0].note == "too_short"
    fair = [{**r, "step": "curate.length", "fate": "dropped"} for r in rows if draw.random() < 0.3]
    ids = {r["id"] for r in fair}
    even = found([r for r in rows if r["id"] not in ids], run=run(fair))
    assert even["bias.disparate_impact_curate_length"].kind != "risk"


def test_filters_need_a_run() -> None:
    rows, _ = halves(60)
    assert found(rows)["bias.disparate_impact"].needs
    assert found(rows, run=run([]))["bias.disparate_impact"].kind == "fact"
    few = found(rows, run=run([{"step": "x", "fate": "dropped"}]))
    assert few["bias.disparate_impact_x"].kind in ("question", "fact", "benefit")


def test_ratio_of_nothing_is_wide() -> None:
    assert keep_ratio(0, 0, 0, 0).low < 0.3
    assert keep_ratio(100, 0, 100, 0).value == pytest.approx(1)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"text": ""}] * 5,
        [{"text": "She is a nurse."}],
        [{"text": None, "question": 3.5}, {"text": float("nan")}, {"text": ["she", {"a": "he"}]}],
        [{"text": "\u5979\u662f\u62a4\u58eb"}] * 40,
        [{"text": "she and he " * 200_000}],
        [{"text": "She is a nurse."}] * 200,
    ],
)
def test_little_is_never_a_pass(rows: Rows) -> None:
    for reference in (None, [], rows):
        findings = found(rows, reference)
        assert findings
        assert all(f.needs for f in findings.values() if f.estimate is None and f.kind == "question")
        assert not [f for f in findings.values() if f.kind == "risk"]
