"""Distances of word counts, and the chance of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.evaluation.data import gsm8k

from mintmark.measures.frequency import jensen_shannon
from mintmark.measures.tokens import tokens
from mintmark.measures.word_drift import apart, fold_rare, permutation_p, unseen_share, word_counts

COUNTS = hnp.arrays(float, 6, elements=st.integers(0, 50).map(float))


@given(COUNTS, COUNTS)
def test_the_divergence_is_that_of_its_definition(a: np.ndarray, b: np.ndarray) -> None:
    found = float(jensen_shannon(a, b))
    assert 0 <= found <= 1
    assert found == pytest.approx(float(jensen_shannon(b, a)))
    assert float(jensen_shannon(a, 3 * a)) == pytest.approx(0, abs=1e-12)
    if a.sum() and b.sum():
        p, q = a / a.sum(), b / b.sum()
        m = (p + q) / 2
        parts = [x * math.log2(x / z) / 2 for d in (p, q) for x, z in zip(d, m) if x]
        assert found == pytest.approx(sum(parts), abs=1e-9)


def test_known_answers() -> None:
    # scipy.spatial.distance.jensenshannon(p, q, base=2) ** 2 for these two.
    assert float(jensen_shannon(np.array([1.0, 3.0]), np.array([3.0, 1.0]))) == pytest.approx(0.1887218755408671)
    assert float(jensen_shannon(np.zeros(2), np.zeros(2))) == 0
    assert float(jensen_shannon(np.zeros(2), np.ones(2))) == 1
    assert float(unseen_share(np.array([1.0, 0.0]), np.zeros(2))) == 0


def test_counts_share_one_vocabulary() -> None:
    (a, b), words = word_counts([["x", "y", "x"], []], [["z", "x"]])
    assert words == ["x", "y", "z"]
    assert a.toarray().tolist() == [[2, 1, 0], [0, 0, 0]]
    assert b.toarray().tolist() == [[1, 0, 1]]


def test_rare_words_are_folded_into_one() -> None:
    matrices, _ = word_counts([["x"] * 9, ["y", "z"]], [["x", "z", "w"]])
    assert [m.toarray().tolist() for m in fold_rare(matrices)] == [[[9, 0], [0, 2]], [[1, 2]]]
    assert [m.toarray().tolist() for m in fold_rare(matrices, least=99)] == [[[9], [2]], [[3]]]


def test_draws_beyond_all_are_read_off_a_tail_and_others_counted() -> None:
    drawn = np.random.default_rng(0).normal(size=999)
    assert permutation_p(0.0, drawn) == pytest.approx(0.5, abs=0.05)
    assert 1e-9 < permutation_p(5.0, drawn) < 1e-5
    assert permutation_p(1.0, np.ones(99)) == 1
    assert permutation_p(2.0, np.ones(99)) == 0.01


def test_nothing_lies_nowhere() -> None:
    (a, b), _ = word_counts([["x"]], [])
    with pytest.raises(ValueError, match="without texts"):
        apart(a, b, jensen_shannon)


def test_halves_of_one_set_lie_where_the_null_says_and_another_text_does_not() -> None:
    texts = [tokens(r["question"]) for r in gsm8k(600)]
    other = [tokens(r["answer"]) for r in gsm8k(300)]
    (a, b, c), _ = word_counts(texts[:300], texts[300:], other)
    for statistic in (jensen_shannon, unseen_share):
        same = apart(a, b, statistic)
        assert same.p > 0.01
        assert abs(same.estimate.value - same.null.value) < 0.03
        far = apart(a, c, statistic)
        assert far.p < 1e-6
        assert far.estimate.low > far.null.high


def test_what_is_fixed_cancels_out() -> None:
    real = [tokens(r["question"]) for r in gsm8k(600)]
    made = [[*t, "indeed", "so"] for t in real[:200]]
    data, old, new = fold_rare(word_counts(made, real[200:400], real[400:])[0])
    assert apart(old, new, jensen_shannon, fixed=data).p > 0.01
    assert apart(data, new, jensen_shannon).p < 1e-6
