"""Draws of two sets: the null is that of one set, and its chance is honest."""

import numpy as np
import pytest

from mintmark.measures.halves import SMALLEST, compare, draw_size


def held(data, real, **more):
    def statistics(own, first, second):
        return {
            "mean": (data[own].mean() - real[first].mean(), real[second].mean() - real[first].mean()),
            "same": (1.0, 1.0),
        }

    return compare(len(data), len(real), statistics, **more)


def test_a_shift_is_found():
    rng = np.random.default_rng(0)
    found = held(rng.normal(0.5, 1, 800), rng.normal(0, 1, 800))["mean"]
    assert found.p_above < 0.001 and found.p_below > 0.99 and found.p("below") == found.p_below
    assert found.estimate.low < 0.5 < found.estimate.high and found.null.low < 0.05


def test_chance_is_honest():
    rng = np.random.default_rng(1)
    p = [held(rng.normal(size=200), rng.normal(size=240), seed=i)["mean"].p_above for i in range(150)]
    assert np.mean(np.array(p) < 0.05) < 0.11 and 0.4 < np.median(p) < 0.6
    assert np.mean(np.array(p) < 0.25) > 0.12, "nor is it never small"


def test_no_difference_at_all_and_too_few():
    rng = np.random.default_rng(2)
    assert held(rng.normal(size=90), rng.normal(size=90))["same"].p_above == 1
    assert draw_size(39, 500) == SMALLEST - 1
    with pytest.raises(ValueError, match="too few"):
        held(np.zeros(39), np.zeros(500))


def test_same_seed_same_numbers():
    x, y = np.random.default_rng(3).normal(size=(2, 100))
    assert held(x, y, seed=4)["mean"].estimate == held(x, y, seed=4)["mean"].estimate
