"""Variety over generations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.evaluation.data import gsm8k

from mintmark.core.finding import Estimate
from mintmark.measures.diversity import grams
from mintmark.measures.tokens import tokens
from mintmark.measures.variety import at_size, effective_kinds, kinds, mass, of_one_size, rare, ratio, trend


def estimate(value: float, part: float = 0.05) -> Estimate:
    return Estimate(value=value, low=value * (1 - part), high=value * (1 + part), n=9, method="m")


def test_kinds() -> None:
    assert kinds(np.array([1, 1, 4])) == 2
    assert kinds(np.zeros(0, np.int64)) == 0
    assert effective_kinds(np.array([7, 7])) == 1
    assert effective_kinds(np.array([0, 0, 1, 1])) == pytest.approx(2)


def test_sets_of_any_size_are_alike_at_one_size() -> None:
    words = [tokens(r["question"]) for r in gsm8k(3000)]
    small, large = grams(words[:500], 1), grams(words[500:], 1)
    assert kinds(small.ids) < 0.7 * kinds(large.ids)
    one, other = (at_size(g, 8000, kinds, seed=1) for g in (small, large))
    assert one.value == pytest.approx(other.value, rel=0.06)
    with pytest.raises(ValueError, match="cannot be taken"):
        at_size(small, 10**7, kinds, seed=1)


def test_the_rare_are_all_of_a_frequency_or_none() -> None:
    found = grams([["a"] * 10 + ["b", "b", "c", "c", "d"]], 1)
    rows = np.array([0])
    assert rare(found, rows, 0.1).tolist() == [3]
    assert rare(found, rows, 0.3).tolist() == [3]
    assert rare(found, rows, 0.4).tolist() == [1, 2, 3]
    assert rare(found, rows, 0.0).tolist() == [3]
    assert mass(found, rows, rare(found, rows, 0.4)).value == pytest.approx(5 / 15)
    assert mass(grams([[]], 1), rows, np.zeros(0, np.int64)).high == 1


def test_groups_are_cut_to_one_size() -> None:
    found = grams([["a"] * 5] * 10, 1)
    assert [len(x) for x in of_one_size(found, [np.arange(2), np.arange(2, 10)], seed=0)] == [2, 2]


def test_ratio_and_trend_are_those_of_logarithms() -> None:
    kept, null = ratio(estimate(50), estimate(100))
    assert kept.value == pytest.approx(0.5)
    assert null.value == 1
    assert math.log(kept.high / kept.value) == pytest.approx(1.96 * math.sqrt(2) * 0.05 / 1.96, rel=1e-3)
    slope, flat = trend([0, 1, 2, 3], [estimate(100 * 0.9**g) for g in range(4)])
    assert slope.value == pytest.approx(0.9)
    assert slope.high < 1 and flat.low < 1 < flat.high
    assert trend([0, 1], [estimate(100), estimate(90)])[0].value == pytest.approx(0.9)
    for bad in (lambda: trend([1, 1], [estimate(1)] * 2), lambda: ratio(estimate(0), estimate(1))):
        with pytest.raises(ValueError):
            bad()


def test_the_trend_has_the_interval_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        values = [estimate(100 * math.exp(e)) for e in rng.normal(0, 0.05 / 1.959964, 6)]
        found, _ = trend(range(6), values)
        inside += found.low <= 1 <= found.high
    assert 366 <= inside <= 394


def test_equal_draws_keep_the_tail_and_the_null_is_honest() -> None:
    words = [tokens(r["question"]) for r in gsm8k(4000)]
    rng = np.random.default_rng(2)
    z = []
    for k in range(40):
        chosen = rng.permutation(len(words))[:400]
        found = grams([words[i] for i in chosen], 1)
        drawn = of_one_size(found, [np.arange(150), np.arange(150, 400)], seed=k)
        tail = rare(found, np.concatenate(drawn))
        kept, null = ratio(*(mass(found, rows, tail) for rows in drawn[::-1]))
        z.append(math.log(kept.value) / null.standard_error)
    assert abs(np.mean(z)) < 0.5
    assert 0.7 < np.std(z) < 1.3
