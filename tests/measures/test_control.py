"""Control: shares against permuted requests, classifiers that have not seen the row, lengths by rule."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.data import data

from mintmark.measures.control import control, length_rule, recognised


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_the_chance_is_that_of_dealt_requests(pairs: list[tuple[int, int]]) -> None:
    asked, came = (np.array(x) for x in zip(*pairs))
    found = control(np.eye(3, dtype=bool)[came], asked, draws=50)
    shares = [np.bincount(x, minlength=3) / len(x) for x in (asked, came)]
    assert found.chance.value == pytest.approx(float(shares[0] @ shares[1]))
    assert found.share.value == pytest.approx(float((asked == came).mean()))


def test_requests_that_are_not_followed_are_at_chance() -> None:
    rng = np.random.default_rng(0)
    asked, came = rng.integers(0, 4, 400), rng.integers(0, 4, 400)
    found = control(np.eye(4, dtype=bool)[came], asked)
    assert found.p > 0.02 and found.chance.low < found.share.value < found.chance.high


def test_real_intents_are_recognised_and_shuffled_ones_are_not() -> None:
    train = json.loads(data("clinc150", "data_small.json").read_text(encoding="utf-8"))["train"]
    names = sorted({label for _, label in train})[:6]
    rows = [(text, names.index(label)) for text, label in train if label in names]
    texts, asked = [text for text, _ in rows], np.array([i for _, i in rows])
    assert control(recognised(texts, asked), asked).share.low > 0.8
    mixed = np.random.default_rng(1).permutation(asked)
    found = control(recognised(texts, mixed), mixed)
    assert abs(found.share.value - 1 / 6) < 0.08 and found.p > 0.01


@pytest.mark.parametrize(
    ("value", "words", "fits"),
    [
        ("10 to 30 words", 10, True),
        ("10-30 words", 31, False),
        ("between ten and twelve words", 11, True),
        ("at most 20 words", 21, False),
        ("at least 20 words", 300, True),
        ("about 40 words", 49, True),
        ("about 40 words", 52, False),
        ("under 5 words", 3, True),
    ],
)
def test_lengths_in_words(value: str, words: int, fits: bool) -> None:
    rule = length_rule(value)
    assert rule is not None and rule("word " * words) is fits


def test_lengths_in_sentences_and_values_without_a_length() -> None:
    rule = length_rule("two short sentences")
    assert rule is not None and rule("It is warm today. The sun shines on us.") and not rule("It is warm today.")
    assert length_rule("formal") is None and length_rule("words of praise") is None
