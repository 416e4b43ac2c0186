"""Successive halving: the budget is kept, the best is found, the one to beat stays where nothing is better."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mintmark.tuning.halving import halve, rungs


@given(st.integers(1, 40), st.integers(1, 2000), st.integers(1, 200))
def test_the_trials_are_within_what_was_given(number: int, trials: int, rows: int) -> None:
    turns = rungs(number, trials, rows)
    assert turns == sorted(turns) and all(0 < t <= rows for t in turns)
    used, before, left = 0, 0, number
    for turn in turns:
        used, before, left = used + left * (turn - before), turn, math.ceil(left / 2)
    assert left == 1
    assert used <= max(trials, 2 * number * max(1, len(turns))), "one row each is tried at least"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_without_noise_the_best_is_found_and_ties_go_to_the_earlier(values: list[float]) -> None:
    best, _ = halve(values, rungs(len(values), 1000, 50), lambda v, rows: {str(r): v for r in range(rows)})
    assert best == max(values)
    places, _ = halve(
        range(len(values)), rungs(len(values), 100, 5), lambda i, rows: {str(r): 0.5 for r in range(rows)}
    )
    assert places == 0


def test_under_noise_a_clear_best_is_mostly_found() -> None:
    chance = np.array([0.3, 0.3, 0.3, 0.8, 0.3, 0.3, 0.3, 0.3])

    def trial(seed: int) -> int:
        passed = chance[:, None] > np.random.default_rng(seed).random((60, 8)).T
        best, _ = halve(range(8), rungs(8, 120, 60), lambda i, rows: {str(r): float(passed[i, r]) for r in range(rows)})
        return best

    assert sum(trial(seed) == 3 for seed in range(200)) > 180


def test_all_are_compared_on_the_same_rows() -> None:
    asked: list[tuple[str, int]] = []

    def measure(one: str, rows: int) -> dict[str, float]:
        asked.append((one, rows))
        return {str(r): 1.0 if one == "b" else 0.0 for r in range(rows if one == "b" else rows // 2)}

    best, ran = halve(["a", "b", "c"], [4, 8], measure)
    assert best == "b" and [r.rows for r in ran] == [2, 4]
    nothing, ran = halve(["a", "b"], [4], lambda one, rows: {})
    assert nothing == "a" and ran == []
