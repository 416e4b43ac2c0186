"""The gain on matched rows: exact in its middle, honest at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.paired import paired_gain

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50)


@given(PAIRS)
def test_the_interval_holds_the_gain_and_turns_with_it(pairs: list[tuple[float, float]]) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    gain, loss = paired_gain(before, after, span=1), paired_gain(after, before, span=1)
    assert gain.value == pytest.approx(np.mean(after) - np.mean(before))
    assert gain.low == pytest.approx(-loss.high) and gain.high == pytest.approx(-loss.low)
    assert -1 <= gain.low <= gain.value <= gain.high <= 1


def test_no_difference_and_all_difference_leave_an_interval() -> None:
    nothing, everything = paired_gain([1.0] * 20, [1.0] * 20, span=1), paired_gain([0.0] * 20, [1.0] * 20, span=1)
    assert nothing.value == 0 and nothing.low < -0.05 and nothing.high > 0.05
    assert everything.value == everything.high == 1 and 0.6 < everything.low < 0.9
    with pytest.raises(ValueError, match="as many rows"):
        paired_gain([1.0], [1.0, 2.0], span=1)


@pytest.mark.parametrize(("p", "q"), [(0.3, 0.3), (0.3, 0.6), (0.9, 0.95), (0.05, 0.9)])
def test_the_interval_is_right_as_often_as_it_says(p: float, q: float) -> None:
    rng, right = np.random.default_rng(1), 0
    for _ in range(1000):
        one = rng.random(15)
        other = np.where(rng.random(15) < 0.5, one, rng.random(15))
        found = paired_gain((one < p).astype(float).tolist(), (other < q).astype(float).tolist(), span=1)
        right += found.low <= q - p <= found.high
    assert right > 925
