"""A corrected share: what its rates are known to give, and intervals that hold the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.prevalence import Counted, prevalence

counted = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_a_faultless_instrument_leaves_the_share_as_it_is() -> None:
    found = prevalence((25, 100), (1000, 1000), (0, 1000)).estimate
    assert (
        found.value == 0.25
        and found.low == pytest.approx(0.175, abs=0.01)
        and found.high == pytest.approx(0.34, abs=0.01)
    )


def test_errors_on_known_cases_are_taken_off() -> None:
    # Three in ten are so, of which 80 % are called so, and 20 % of the rest: 24 + 14 of 100.
    assert prevalence((380, 1000), (800, 1000), (200, 1000)).estimate.value == pytest.approx(0.3)


@given(counted, counted, counted)
def test_it_is_a_share_inside_its_interval(called: Counted, true: Counted, false: Counted) -> None:
    found = prevalence(called, true, false)
    assert 0 <= found.estimate.low <= found.estimate.value <= found.estimate.high <= 1
    assert 0 < found.chance_below(0.0) <= found.chance_below(0.5) <= found.chance_below(1.0) == 1


def test_an_instrument_at_chance_leaves_every_share_open() -> None:
    found = prevalence((30, 60), (30, 60), (30, 60))
    assert found.estimate.low == 0 and found.estimate.high == 1 and found.chance_below(0.1) > 0.4


@pytest.mark.parametrize(
    ("share", "hits", "false"), [(0.0, 0.97, 0.03), (0.1, 0.95, 0.05), (0.3, 1.0, 0.0), (0.5, 0.8, 0.2)]
)
def test_the_interval_holds_the_truth(share: float, hits: float, false: float) -> None:
    rng, n, held = np.random.default_rng(0), 60, 0
    for draw in range(200):
        called = (int(rng.binomial(n, share * hits + (1 - share) * false)), n)
        one = prevalence(called, (int(rng.binomial(n, hits)), n), (int(rng.binomial(n, false)), n), seed=draw).estimate
        held += one.low <= share <= one.high
    assert held >= 180


def test_nothing_counted_is_an_error() -> None:
    with pytest.raises(ValueError, match="three sides"):
        prevalence((0, 0), (1, 1), (0, 1))
