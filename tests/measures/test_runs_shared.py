"""Shared runs of words, likeness by characters, and what both catch of paraphrased test questions."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.data import data, read_jsonl

from mintmark.measures.char_similarity import char_counts, char_weights, closest
from mintmark.measures.entities import entities, once
from mintmark.measures.runs_shared import longest_shared, match_words, ngrams_present, shared_runs, telling
from mintmark.measures.tokens import tokens

texts = st.lists(st.text("ab", min_size=0, max_size=12).map(list), min_size=1, max_size=6)


def longest_by_brute_force(a: list[str], b: list[str]) -> int:
    best = 0
    for i in range(len(a)):
        for j in range(len(b)):
            k = 0
            while i + k < len(a) and j + k < len(b) and a[i + k] == b[j + k]:
                k += 1
            best = max(best, k)
    return best


@settings(max_examples=150, deadline=None)
@given(texts, texts)
def test_the_longest_run_is_found(mine: list[list[str]], others: list[list[str]]) -> None:
    runs = shared_runs(mine, others, least=2, most=1 << 30)
    length, which = runs.longest(len(mine))
    for i, text in enumerate(mine):
        true = max(longest_by_brute_force(text, other) for other in others)
        assert length[i] == (true if true >= 2 else 0)
        if which[i] >= 0:
            run = int(which[i])
            at, other = int(runs.start[run]), int(runs.other_start[run])
            assert text[at : at + true] == others[int(runs.other[run])][other : other + true]


@settings(max_examples=100, deadline=None)
@given(texts, texts)
def test_covered_words_are_those_that_stand_in_some_run(mine: list[list[str]], others: list[list[str]]) -> None:
    runs = shared_runs(mine, others, least=3, most=1 << 30)
    slow = [
        len({i + k for i in range(len(t) - 2) for o in others for j in range(len(o) - 2) if t[i : i + 3] == o[j : j + 3]
             for k in range(3)})
        for t in mine
    ]  # fmt: skip
    assert runs.covered(len(mine)).tolist() == slow
    row, other, words = runs.covered_by_pair(of_other=True)
    for r, o, w in zip(row.tolist(), other.tolist(), words.tolist()):
        own = {j + k for j in range(len(others[o]) - 2) for i in range(len(mine[r]) - 2)
               if mine[r][i : i + 3] == others[o][j : j + 3] for k in range(3)}  # fmt: skip
        assert w == len(own)


def test_texts_among_themselves_leave_out_the_text_itself() -> None:
    rows = [list("abcdefgh"), list("xxabcdyy"), list("abcdefgh")]
    runs = shared_runs(rows, least=3)
    assert set(zip(runs.row.tolist(), runs.other.tolist(), runs.length.tolist())) == {
        (0, 1, 4), (1, 0, 4), (0, 2, 8), (2, 0, 8), (1, 2, 4), (2, 1, 4),
    }  # fmt: skip
    assert len(shared_runs([], [])) == 0 == len(shared_runs([["a"]], [[]]))


def test_a_phrase_of_the_genre_costs_no_more_than_its_cap() -> None:
    rows = [["once", "upon", "a", "time", f"x{i}"] for i in range(300)]
    assert len(shared_runs(rows, least=4, most=16)) <= 300 * 16
    assert longest_shared("a b c d".split(), "z b c d".split()) == 3


def test_words_are_cut_at_apostrophes_and_signs_go() -> None:
    assert match_words(tokens("Don\u2019t! It's 5_a.")) == ["don", "t", "it", "s", "5_a"]


EXPECTED = {
    "abstract_algebra": ((0.55, 0.12, 0.02, 0.0), 0.89),
    "sociology": ((0.134, 0.0, 0.0, 0.0), 0.960),
    "high_school_us_history": ((0.319, 0.010, 0.0, 0.0), 0.789),
}


@pytest.mark.parametrize("subject", EXPECTED)
def test_paraphrased_mmlu_is_caught_as_published(subject: str) -> None:
    rows = read_jsonl(
        data("llm_decontaminator", "rephrase", f"{subject}_test_rephrase_english_filtered_question.jsonl")
    )
    reworded = [row["text"] for row in rows]
    with data("mmlu", "test", f"{subject}_test.csv").open(encoding="utf-8", newline="") as file:
        original = [row["question"] for row in csv.DictReader(file)]
    words, items = ([match_words(tokens(t)) for t in group] for group in (reworded, original))
    shares, top = EXPECTED[subject]
    for n, share in zip((5, 8, 10, 13), shares):
        assert ngrams_present(words, items, n).mean() == pytest.approx(share, abs=6e-4)
    _, nearest = closest(*char_weights(char_counts(reworded), char_counts(original)))
    found = (nearest == np.arange(len(reworded))).mean()
    # Of abstract algebra 4 more are found here than were counted there: a question of smoothing.
    assert top - 6e-4 <= found <= top + 0.041


def test_likeness_is_1_for_the_same_and_0_for_strangers() -> None:
    a, b = char_weights(char_counts(["a blue boat", ""]), char_counts(["A  BLUE boat", "xyz qqq"]))
    like, which = closest(a, b)
    assert like.tolist() == pytest.approx([1, 0]) and which[0] == 0
    like, which = closest(b, b, apart=True)
    assert like.max() < 0.01
    assert closest(a, b[:0])[0].tolist() == [0, 0]


def test_entities_are_names_inside_sentences_and_long_numbers() -> None:
    assert entities("He met Ada Lovelace of London, and 1,234,567 sheep; 42 ran.") == [
        "1234567",
        "Ada Lovelace of London",
    ]
    assert entities("Nothing here. Only starts.") == []


def test_only_entities_of_one_text_count() -> None:
    names, row, again, other = once(
        ["see Ada Byron there", "see Bob Stone and 98765 there", "see Bob Stone there"],
        ["with Ada Byron", "no", "98765"],
    )
    assert sorted(names) == ["98765", "Ada Byron"]
    assert {(names[n], int(o)) for n, o in zip(again, other)} == {("Ada Byron", 0), ("98765", 2)}
    assert {names[i]: int(r) for i, r in enumerate(row)} == {"Ada Byron": 0, "98765": 1}


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    rows = [[str(w) for w in rng.integers(0, 4, rng.integers(0, 20))] for _ in range(40)]
    whole = shared_runs(rows, least=3)
    monkeypatch.setattr("mintmark.measures.runs_shared._BATCH", 7)
    parts = shared_runs(rows, least=3)
    assert len(whole) > 100
    for name in ("row", "start", "other", "other_start", "length"):
        assert getattr(whole, name).tolist() == getattr(parts, name).tolist()


def test_runs_of_the_genre_are_told_apart() -> None:
    others = ["write a program that sorts".split()] * 4 + ["the heron stood in reeds".split()]
    runs = shared_runs([["write", "a", "program", "that"], ["heron", "stood", "in"]], others, least=3)
    assert set(runs.row[telling(runs, others, np.arange(5), n=3)].tolist()) == {1}
    assert set(runs.row[telling(runs, others, np.zeros(5, np.int64), n=3)].tolist()) == {0, 1}, (
        "one owner says it often"
    )
