"""Utility: rows that teach less are found, real rows are not accused, and the 100 + 100 question is answered."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.evaluation.data import data, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation import learning_curve, utility
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import Corpus, Subject
from mintmark.evaluation.trials import Labelled, Trials, score
from mintmark.measures.heads import accuracy, macro_f1

Rows = list[dict[str, Any]]
LABELS = ("activate_my_card", "card_arrival", "exchange_rate", "lost_or_stolen_card", "pin_blocked", "top_up_failed")


def found(rows: Rows, reference: Rows | None = None, **more: Any) -> dict[str, Finding]:
    held = None if reference is None else Corpus.of("reference", reference)
    return {f.metric: f for f in settle(utility.examine(Subject(Corpus.of("data", rows), held, **more)))}


def halves(seed: int = 0) -> tuple[Rows, Rows]:
    with data("banking77_nlupp", "banking_data", "train.csv").open(encoding="utf-8") as f:
        rows = [{"text": r["text"], "label": r["category"]} for r in csv.DictReader(f) if r["category"] in LABELS]
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    return [rows[i] for i in order[: len(rows) // 2]], [rows[i] for i in order[len(rows) // 2 :]]


def test_half_of_one_real_set_teaches_no_less_and_adds_as_real_rows_do() -> None:
    settled = found(*halves())
    assert not [f for f in settled.values() if f.kind == "risk"]
    assert settled["tstr_gap"].null is not None and abs(settled["tstr_gap"].null.value) < 0.05
    points = settled["added_100_gain"].details["points"]
    assert points["synthetic"][0] > points["duplicate"][0]
    assert abs(points["duplicate"][0]) < points["more"][0]
    assert settled["added_100_gain"].kind == "benefit"
    assert "points" in settled["added_100_gain"].claim and "%" in settled["added_100_gain"].claim
    figure = settled["added_100_gain"].figure
    assert figure is not None
    drawn = [row for rows in figure.spec["datasets"].values() for row in rows]
    assert {r["series"] for r in drawn} == {"real", "synthetic"} and len(drawn) < 300


def test_shuffled_labels_teach_less_and_adding_them_harms() -> None:
    rows, reference = halves(1)
    labels = np.random.default_rng(0).permutation([r["label"] for r in rows]).tolist()
    settled = found([{**r, "label": label} for r, label in zip(rows, labels)], reference)
    assert settled["tstr_gap"].kind == "risk" and "teach less" in settled["tstr_gap"].claim
    assert len(settled["tstr_gap"].evidence) == 5 and settled["tstr_gap"].evidence[0].of == "reference"
    assert settled["added_gain"].kind == "risk"
    assert settled["added_100_gain"].kind == "risk" and "lower accuracy" in settled["added_100_gain"].claim


def test_copies_of_the_reference_teach_nothing() -> None:
    _, reference = halves()
    (one,) = found([{**r, "text": r["text"].upper() + " "} for r in reference], reference).values()
    assert one.kind == "question" and "copies of the reference" in one.needs


def test_the_same_input_gives_the_same_findings() -> None:
    rows, reference = halves()
    few = Subject(Corpus.of("data", rows[:100]), Corpus.of("reference", reference[:200]))
    again = Subject(Corpus.of("data", rows[:100]), Corpus.of("reference", reference[:200]))
    assert settle(learning_curve.examine(few)) == settle(learning_curve.examine(again))


def test_weighted_scores_are_the_plain_ones_where_weights_are_one() -> None:
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(0, 4, 100), rng.integers(0, 3, 100)
    one = np.ones((2, 100))
    assert score(truth, guess, one, 5, "macro_f1") == pytest.approx(macro_f1(truth.astype(str), guess.astype(str)))
    assert score(truth, guess, one, 5, "accuracy") == pytest.approx(accuracy(truth.astype(str), guess.astype(str)))
    doubled = np.ones((1, 100))
    doubled[0, :50] = 2
    twice = np.concatenate([np.arange(100), np.arange(50)])
    assert score(truth, guess, doubled, 4, "macro_f1")[0] == pytest.approx(
        macro_f1(truth[twice].astype(str), guess[twice].astype(str))
    )


def test_an_arm_against_itself_is_nothing_and_training_never_sees_the_test_rows() -> None:
    rows, reference = halves()
    parts = [
        Labelled([r["text"] for r in h], [r["label"] for r in h], [str(i) for i in range(len(h))])
        for h in (reference, rows)
    ]
    trials = Trials(*parts, 0, folds=3, most=1000)
    for fold, pool in zip(trials.folds, trials.pools):
        assert not set(fold.tolist()) & set(pool.tolist())
    for draw in range(6):
        trials.train("one", draw, real=trials.pools[draw % 3][:60])
        trials.train("two", draw, real=trials.pools[draw % 3][:60])
    same = trials.contrast({"one": 1, "two": -1}, overlap=1)
    assert (same.value, same.error, same.chance("below")) == (0, 0, 1)
    assert same.freedom == 3


def likes_answers_like_those_shown(pairs: Sequence[tuple[str, str]]) -> list[npt.NDArray[np.float64]]:
    """A scoring model that finds words likely which stand in its context."""
    return [np.array([-1.0 if w in context else -5.0 for w in target.split()]) for context, target in pairs]


def test_without_labels_a_scoring_model_tells_foreign_rows_from_real_ones() -> None:
    rows = gsm8k(400)
    real, foreign = rows[:200], [{"question": "What?", "answer": "qqq " * 40} for _ in range(100)]
    score = likes_answers_like_those_shown
    assert found(foreign, real, score=score)["in_context_loss_gap"].kind == "risk"
    settled = found(rows[200:], real, score=score)
    assert settled["in_context_loss_gap"].kind != "risk"
    assert settled["trained_loss_gap"].needs


@pytest.mark.parametrize(
    ("rows", "reference", "said"),
    [
        ([], [], "labels"),
        ([{"question": "a", "answer": "b"}] * 50, None, "reference"),
        ([{"question": "a", "answer": "b"}] * 50, [{"question": "a", "answer": "b"}] * 50, "scoring model"),
        ([{"text": "a b", "label": "x"}] * 50, None, "reference with labels"),
        ([{"text": "a b", "label": "x"}] * 50, [{"text": "a c", "label": "x"}] * 50, "two labels"),
        ([{"text": "a b", "label": "x"}, {"text": "c d", "label": "y"}], [{"text": "a", "label": "x"}, {"text": "c", "label": "y"}] * 50,
         "at least 20"),
        ([{"text": f"row {i}", "label": i / 7} for i in range(50)], [{"text": f"row {i}", "label": i / 7} for i in range(50)], ""),
        ([{"text": None, "label": None}] * 50, [{"text": 3, "label": float("nan")}] * 50, ""),
    ],
)  # fmt: skip
def test_too_little_stays_a_question(rows: Rows, reference: Rows | None, said: str) -> None:
    settled = found(rows, reference)
    assert all(f.kind == "question" and f.needs for f in settled.values())
    assert said in next(iter(settled.values())).needs


def test_labels_of_other_types_and_scripts_are_read() -> None:
    rows = [{"text": "这部电影很好看 " + "一二三四五六七八"[i % 8], "label": 1} for i in range(60)]
    rows += [{"text": "这部电影很糟糕 " + "一二三四五六七八"[i % 8], "label": 0.0} for i in range(60)]
    mixed = [{"text": r["text"] + "吗", "label": str(int(r["label"]))} for r in rows]
    settled = found(rows, mixed)
    assert settled["tstr_gap"].details["macro_f1"]["synthetic"] == 1
    assert not [f for f in settled.values() if f.kind == "risk"]
