"""What a sample says of a whole run: exact where it is the whole, wide where it is little, right as often as it claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.core.estimate import proportion
from mintmark.measures.projection import kept_a_row, kept_share, rows_needed, sum_for, whole_sum

FLAGS = st.lists(st.booleans(), min_size=1, max_size=60)


@given(FLAGS)
def test_of_independent_rows_the_interval_is_wilsons(flags: list[bool]) -> None:
    kept = [int(f) for f in flags]
    found, wilson = kept_share(kept, [1] * len(kept)), proportion(sum(kept), len(kept))
    assert found.value == wilson.value
    assert found.low == pytest.approx(wilson.low, abs=1e-6) and found.high == pytest.approx(wilson.high, abs=1e-6)


def test_rows_that_stand_or_fall_together_count_once() -> None:
    together = kept_share([4, 0] * 10, [4] * 20)
    apart = kept_share([2] * 20, [4] * 20)
    once = kept_share([1, 0] * 10, [1] * 20)
    assert together.value == apart.value == once.value == 0.5
    assert together.low == pytest.approx(once.low) and together.high == pytest.approx(once.high)
    assert apart.low > together.low and apart.high < together.high
    assert apart.low == pytest.approx(proportion(40, 80).low, abs=1e-6), "evenness is not believed beyond independence"


@given(FLAGS, st.integers(1, 500))
def test_an_interval_holds_its_value_and_widens_with_less_evidence(flags: list[bool], wanted: int) -> None:
    kept, decided = [int(f) for f in flags], [1] * len(flags)
    costs = [1.0 + f for f in kept]
    for found in (rows_needed(kept, decided, wanted), sum_for(kept, decided, costs, wanted)):
        if found.value is None:
            assert found.high is None and found.low >= 0 and not any(kept)
            continue
        assert found.low <= found.value and (found.high is None or found.value <= found.high)
    if sum(kept) and len(kept) > 1:
        once, thrice = rows_needed(kept, decided, wanted), rows_needed(kept * 3, decided * 3, wanted)
        assert thrice.value == once.value
        assert thrice.high is not None and once.high is not None and thrice.high <= once.high + 1e-9


def test_nothing_kept_gives_a_lower_end_and_no_upper_one() -> None:
    needed, cost = rows_needed([0] * 12, [1] * 12, 100), sum_for([0] * 12, [1] * 12, [2.0] * 12, 100)
    assert (
        needed.value is None
        and needed.high is None
        and needed.low == pytest.approx(100 / proportion(0, 12).high, rel=1e-6)
    )
    assert cost.value is None and cost.high is None and cost.low == pytest.approx(2 * needed.low)


def test_a_whole_that_was_seen_is_known_exactly() -> None:
    assert whole_sum([1.0, 5.0, 3.0], 3) == whole_sum([3.0, 3.0, 3.0], 3)
    most = [whole_sum([1.0, 5.0, 3.0, 2.0], rows) for rows in (4, 5, 8, 1000)]
    widths = [(m.high or math.inf) / m.low for m in most]
    assert widths[0] == 1 and widths == sorted(widths)
    assert whole_sum([0.0, 0.0], 100).high == 0 and whole_sum([], 100).high is None
    assert whole_sum([2.0], 100).high is None, "one row says nothing of the others"


@pytest.mark.parametrize("world", ["even", "rare", "common", "clustered", "skewed", "against"])
def test_the_interval_of_a_cost_is_right_nearly_as_often_as_it_says(world: str) -> None:
    rng = np.random.default_rng(7)
    right, tries, wanted, n = 0, 300, 60, 12
    for _ in range(tries):
        kept, most, cost = _world(world, rng, 4000)
        enough = int(np.searchsorted(np.cumsum(kept), wanted)) + 1
        some = rng.permutation(wanted)[:n]
        found = sum_for(kept[some].tolist(), [most] * n, cost[some].tolist(), wanted)
        right += found.low <= cost[:enough].sum() <= (found.high or math.inf)
    assert right / tries > 0.88


def _world(world: str, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, int, np.ndarray]:
    if world == "clustered":
        kept = np.where(rng.random(rows) < 0.5, rng.binomial(2, 0.9, rows), rng.binomial(2, 0.1, rows))
        return kept, 2, 2 + kept + rng.exponential(1, rows)
    share = {"even": 0.4, "rare": 0.08, "common": 0.95, "skewed": 0.5, "against": 0.5}[world]
    kept = (rng.random(rows) < share).astype(int)
    cost = {"skewed": rng.lognormal(0, 1, rows), "against": 3 - 2 * kept + rng.random(rows)}.get(world, 1.0 + 2 * kept)
    return kept, 1, cost


def test_a_row_that_bears_several_counts_what_it_bears() -> None:
    assert kept_a_row([2, 4, 0], [4, 4, 4]).value == 2
    assert rows_needed([2, 4, 0], [4, 4, 4], 100).value == 50
