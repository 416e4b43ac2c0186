"""Matching: which text became which, and what was changed in it."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.data import gsm8k

from mintmark.measures.matching import nearest_pairs, word_changes


def test_a_changed_word_is_shown_between_what_stayed() -> None:
    assert word_changes("", "") == []
    assert word_changes("same", "same") == [("same", "same")]
    assert word_changes("one two", "") == [("removed", "one two")]
    assert word_changes("one two three", "one three") == [("same", "one "), ("removed", "two "), ("same", "three")]
    assert word_changes("a b c d", "a x y d") == [("same", "a "), ("removed", "b c"), ("added", "x y"), ("same", " d")]


@given(st.text("ab \n.猫", max_size=40), st.text("ab \n.猫", max_size=40))
def test_both_texts_can_be_read_off_the_changes(before: str, after: str) -> None:
    found = word_changes(before, after)
    assert "".join(t for what, t in found if what != "added") == before
    assert "".join(t for what, t in found if what != "removed") == after


def test_a_text_of_two_megabytes_is_compared_at_once() -> None:
    before = "word " * 400_000
    after = "other " * 300_000 + "word"
    found = word_changes(before, after)
    assert "".join(t for what, t in found if what != "added") == before


def test_nothing_matches_nothing() -> None:
    assert nearest_pairs([], ["a"]) == [] == nearest_pairs(["a"], [])
    assert nearest_pairs(["", ""], ["", "."]) == []
    assert nearest_pairs(["one"], ["one"]) == [(0, 0, 1.0)]


def test_each_text_is_taken_once_by_the_most_alike() -> None:
    a = ["the cat sat on the mat and slept all day long"]
    b = ["the cat sat on the mat and slept all day", "the cat sat on the mat and slept all day long"]
    assert nearest_pairs(a, b) == [(0, 1, 1.0)]


def test_texts_without_spaces_are_matched() -> None:
    a, b = ["我今天去学校学习数学和英语", "完全不同的句子"], ["天气很好", "我今天去学校学习数学和中文"]
    assert [(i, j) for i, j, _ in nearest_pairs(a, b)] == [(0, 1)]


def test_a_template_shared_by_all_is_matched_all_the_same() -> None:
    a = [f"Please answer the following question about the number {i}" for i in range(1000)]
    found = nearest_pairs(a, a)
    assert len(found) > 950
    assert sum(i == j for i, j, _ in found) > 900


def test_real_questions_with_one_word_changed_are_found_again_and_others_are_not() -> None:
    texts = [row["question"] for row in gsm8k(2000)]
    rng = random.Random(1)
    changed = []
    for text in texts[:1000]:
        words = text.split()
        words[rng.randrange(len(words))] = "xylophone"
        changed.append(" ".join(words))
    order = rng.sample(range(1000), 1000)
    found = nearest_pairs(texts[:1000], [changed[i] for i in order])
    right = sum(i == order[j] for i, j, _ in found)
    assert right >= 990
    strangers = nearest_pairs(texts[:1000], texts[1000:])
    assert len(strangers) <= 10
