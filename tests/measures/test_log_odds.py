"""Log odds, mutual information and the exact test on counts with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.measures.intervals import two_shares_p
from mintmark.measures.log_odds import log_odds, pmi, together_p


def test_independence_is_zero() -> None:
    one = log_odds(np.array([25]), np.array([50]), np.array([50]), 100)
    assert one.value[0] == pytest.approx(0)
    assert one.low[0] < 0 < one.high[0]
    assert pmi(np.array([25]), np.array([50]), np.array([50]), 100, smoothing=0).value[0] == pytest.approx(0)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_always_finite_and_in_order(a: int, b: int, c: int, d: int) -> None:
    for found in (log_odds, pmi):
        value, low, high = found(np.array([a]), np.array([a + b]), np.array([a + c]), a + b + c + d)
        if a + b + c + d:
            assert np.isfinite([value, low, high]).all()
            assert low[0] <= value[0] <= high[0]


@settings(deadline=None)
@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15), st.integers(0, 15))
def test_the_exact_chance_is_fishers(a: int, b: int, c: int, d: int) -> None:
    chance = float(together_p(np.array([a]), np.array([a + b]), np.array([a + c]), a + b + c + d)[0])
    if a + b and c + d:
        assert chance == pytest.approx(two_shares_p(a, a + b, c, c + d), abs=1e-9)


def test_log_odds_interval_covers() -> None:
    rng = np.random.default_rng(0)
    a, c = rng.binomial(60, 0.5, 2000), rng.binomial(200, 0.25, 2000)
    found = log_odds(a, np.full(2000, 60), a + c, 260)
    truth = np.log(0.5 / 0.5) - np.log(0.25 / 0.75)
    held = ((found.low <= truth) & (truth <= found.high)).mean()
    assert 0.935 <= held <= 0.97


def test_fishers_chance_is_scipys() -> None:
    from scipy.stats import hypergeom

    rng = np.random.default_rng(0)
    rows = 3000
    first, second = rng.integers(0, rows + 1, 4000), rng.integers(0, rows + 1, 4000)
    both = rng.hypergeometric(first, rows - first, second) + rng.integers(-6, 7, 4000)
    both = np.clip(both, np.maximum(0, first + second - rows), np.minimum(first, second))
    expected = hypergeom.sf(both - 1, rows, first, second)
    assert together_p(both, first, second, rows) == pytest.approx(expected, rel=1e-7, abs=1e-12)
    rare = together_p(np.array([9, 0, 40]), np.array([9, 9, 40]), np.array([9, 9, 3000]), rows)
    assert rare[0] == pytest.approx(hypergeom.sf(8, rows, 9, 9), rel=1e-7) and rare[1:].tolist() == [1, 1]
