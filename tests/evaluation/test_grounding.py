"""Grounding: answers from another passage are found and shown; true ones are not accused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.evaluation.data import data, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.claim import settle
from mintmark.evaluation.grounding import examine
from mintmark.evaluation.subject import Corpus, Subject

Rows = list[dict[str, Any]]


def xquad(language: str = "en") -> Rows:
    found = json.loads(data("xquad", f"xquad.{language}.json").read_text(encoding="utf-8"))["data"]
    return [
        {"id": q["id"], "question": q["question"], "answer": q["answers"][0]["text"], "context": p["context"]}
        for a in found for p in a["paragraphs"] for q in p["qas"]
    ]  # fmt: skip


def misplaced(rows: Rows, share: float, seed: int = 0) -> tuple[Rows, set[str]]:
    """Give so many rows an answer from another passage."""
    rng = np.random.default_rng(seed)
    made = [dict(r) for r in rows]
    chosen = rng.choice(len(rows), int(share * len(rows)), replace=False).tolist()
    for i in chosen:
        j = next(j for j in rng.integers(0, len(rows), 50).tolist() if rows[j]["context"] != rows[i]["context"])
        made[i]["answer"] = rows[j]["answer"]
    return made, {rows[i]["id"] for i in chosen}


def found(rows: Rows, reference: Rows | None = None, **more: Any) -> dict[str, Finding]:
    held = None if reference is None else Corpus.of("reference", reference)
    settled = settle(examine(Subject(Corpus.of("data", rows), held, **more)))
    return {f.metric: f for f in settled}


def test_answers_of_another_passage_in_a_fifth_of_the_rows_are_found_and_shown() -> None:
    rows, planted = misplaced(xquad(), 0.2)
    one = found(rows)["unsupported_share"]
    assert one.kind == "risk"
    assert one.estimate is not None and 0.15 < one.estimate.value < 0.22
    assert len(one.evidence) == 5 and {e.id for e in one.evidence} <= planted
    assert one.details["rows_that_rest_elsewhere_about"] == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("language", ["en", "de"])
def test_true_rows_are_no_risk(language: str) -> None:
    settled = found(xquad(language))
    assert not [f for f in settled.values() if f.kind == "risk"]
    assert settled["unsupported_share"].kind == "benefit"
    assert settled["unsupported_numbers_share"].kind == "benefit"
    assert settled["extractiveness"].estimate is not None
    assert settled["extractiveness"].estimate.value > 0.9


def test_halves_of_one_set_accuse_neither_even_where_a_tenth_is_misplaced_in_both() -> None:
    rows, _ = misplaced(xquad(), 0.1)
    rng = np.random.default_rng(0)
    for _ in range(4):
        order = rng.permutation(len(rows)).tolist()
        half = len(rows) // 2
        settled = found([rows[i] for i in order[:half]], [rows[i] for i in order[half:]])
        assert not [f for f in settled.values() if f.kind == "risk"]


def test_against_a_reference_the_planted_share_is_a_risk() -> None:
    rows, _ = misplaced(xquad(), 0.2)
    settled = found(rows[:600], xquad()[600:])
    assert settled["unsupported_share"].kind == "risk"
    assert "in the reference" in settled["unsupported_share"].claim


def test_changed_numbers_and_names_are_found() -> None:
    rows = [
        {"question": "When?", "answer": f"It was {1900 + i} in the time of King Olaf.",
         "context": f"In {1900 + i}, a time of peace, king Olaf reigned over place {i}."}
        for i in range(60)
    ]  # fmt: skip
    assert not [f for f in found(rows).values() if f.kind == "risk"]
    for i in range(0, 60, 2):
        rows[i]["answer"] = f"It was {1700 + i} in the time of Queen Margaret, king Olaf."
    settled = found(rows)
    assert settled["unsupported_numbers_share"].kind == "risk"
    assert "1700" in settled["unsupported_numbers_share"].evidence[0].note
    assert settled["unsupported_names_share"].kind == "risk"
    assert "Margaret" in settled["unsupported_names_share"].evidence[0].note


def test_reworded_answers_are_not_judged_by_words_alone() -> None:
    rows = gsm8k(200)
    made = [
        {"context": r["question"], "answer": "Therefore one obtains forty dogs " + "abcdefgh"[i % 8]}
        for i, r in enumerate(rows)
    ]
    settled = found(made)
    assert settled["unsupported_share"].kind == "question"
    assert "scoring model" in settled["unsupported_share"].needs


def test_evidence_that_is_no_quotation_is_found() -> None:
    rows = [{**r, "evidence": "  ".join(r["context"].split()[:12])} for r in xquad()[:300]]
    assert found(rows)["misquoted_evidence_share"].kind == "benefit"
    for r in rows[::5]:
        r["evidence"] = r["evidence"].replace(" ", " indeed ", 1)
    one = found(rows)["misquoted_evidence_share"]
    assert one.kind == "risk" and one.estimate is not None and one.estimate.value == 0.2
    for r in rows:
        r["evidence"] = "something else"
    assert found(rows)["misquoted_evidence_share"].needs


def test_answers_to_what_the_text_does_not_say_are_not_accused() -> None:
    rows = xquad()[:300]
    for r in rows[::3]:
        r |= {"answer": "The text does not say.", "kind": "unanswerable"}
    settled = found(rows)
    assert settled["unsupported_share"].kind == "benefit" and "200 answers" in settled["unsupported_share"].claim


def by_shared_words(pairs: Sequence[tuple[str, str]]) -> list[npt.NDArray[np.float64]]:
    """A scoring model that finds words likely which it has been shown."""
    return [np.array([-1.0 if w in context else -6.0 for w in target.split()] or [-6.0]) for context, target in pairs]


def test_a_scoring_model_finds_them_too() -> None:
    true = found(xquad(), score=by_shared_words)
    assert true["ungrounded_share"].kind in ("benefit", "question")
    assert true["ungrounded_share"].estimate is not None and true["ungrounded_share"].estimate.value < 0.1
    assert true["question_gain"].kind == "fact"
    rows, _ = misplaced(xquad(), 0.5)
    planted = found(rows, score=by_shared_words, limits={"scored_rows": 200})["ungrounded_share"]
    assert planted.kind == "risk"


def test_a_model_that_scores_nothing_leaves_the_question_open() -> None:
    settled = found(xquad()[:100], score=lambda pairs: [np.zeros(0) for _ in pairs])
    assert settled["ungrounded_share"].kind == "question" and settled["ungrounded_share"].needs


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"context": "a b", "answer": "a"}] * 2,
        [{"context": None, "answer": float("nan")}] * 50,
        [{"question": "q", "answer": "a"}] * 50,
        [{"context": "the same", "answer": "the same"}] * 50,
        [{"context": ["x", 3], "answer": 7}] * 30,
        [{"context": "东京是日本的首都", "answer": "东京"}, {"context": "巴黎是法国的首都", "answer": "巴黎"}] * 15,
    ],
)
def test_too_little_stays_a_question(rows: Rows) -> None:
    settled = found(rows)
    assert settled["unsupported_share"].kind in ("question", "benefit")
    if settled["unsupported_share"].kind == "question":
        assert settled["unsupported_share"].needs
    assert not [f for f in settled.values() if f.kind == "risk"]


def test_a_long_row_is_read() -> None:
    rows = [{"context": f"word{i} stands in passage {i}", "answer": f"word{i}"} for i in range(40)]
    rows[0]["context"] = "so it was " * 200_000
    assert "unsupported_share" in found(rows)


def test_the_same_input_gives_the_same_findings() -> None:
    rows, _ = misplaced(xquad()[:300], 0.2)
    assert found(rows) == found(rows)
