"""Figures of rankings, against values worked out by hand and against scikit-learn."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from mintmark.measures.ranking import ndcg, recall, reciprocal_rank


def test_ndcg_by_hand() -> None:
    grades = {"a": 3, "b": 2, "d": 1}
    # gains 3/log2(2) + 2/log2(3) + 0; the best order has 1/log2(4) at the third place
    got, best = 3 + 2 / math.log2(3), 3 + 2 / math.log2(3) + 1 / 2
    assert ndcg(["a", "b", "c"], grades, 3) == pytest.approx(got / best)
    assert ndcg(["a", "b", "c"], grades, 2) == 1.0
    assert ndcg(["c", "d"], grades, 2) == pytest.approx((1 / math.log2(3)) / (3 + 2 / math.log2(3)))
    assert ndcg([], grades, 10) == 0.0
    assert ndcg(["a"], {}, 10) == 0.0
    assert ndcg(["a"], {"a": 0}, 10) == 0.0


def test_recall_by_hand() -> None:
    assert recall(["a", "b", "c", "d"], ["d", "a", "x", "y"], 4) == 0.5
    assert recall(["a", "b", "c", "d"], ["d", "a", "x", "y"], 3) == 0.25
    assert recall(["a"], [], 3) == 0.0


def test_reciprocal_rank_by_hand() -> None:
    assert reciprocal_rank(["x", "a", "b"], ["b", "a"]) == 0.5
    assert reciprocal_rank(["x", "a", "b"], ["b"], 2) == 0.0
    assert reciprocal_rank(["x"], ["y"]) == 0.0


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=2, max_size=12), st.integers(1, 12))
def test_ndcg_is_that_of_scikit_learn(judged: list[tuple[int, float]], k: int) -> None:
    places = sorted(range(len(judged)), key=lambda i: (-judged[i][1], i))
    grades = {str(i): float(g) for i, (g, _) in enumerate(judged)}
    ranks = [[-float(places.index(i)) for i in range(len(judged))]]
    want = ndcg_score([[g for g, _ in judged]], ranks, k=k) if any(g for g, _ in judged) else 0.0
    assert ndcg([str(i) for i in places], grades, k) == pytest.approx(want)
