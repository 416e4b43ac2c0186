"""MAUVE by what it must do: 1 for the same, 0 for strangers, the same both ways."""

import numpy as np
import pytest

from mintmark.measures.mauve import divergence_area, divergence_curve, mauve


def points(n: int, shift: float, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n, 6))
    x[:, 0] += shift
    return x.astype(np.float32)


def test_ends():
    a = points(200, 0, 0)
    assert mauve(a, a) == pytest.approx(1, abs=1e-9)
    assert mauve(a, points(200, 0, 1)) > 0.9
    assert mauve(points(200, 25, 0), points(200, -25, 1)) < 0.05


def test_further_is_less_and_both_ways_alike():
    near, far = (mauve(points(300, 0, 0), points(300, s, 1)) for s in (0.5, 2.0))
    assert near > far + 0.1
    assert mauve(points(300, 2, 1), points(300, 0, 0)) == pytest.approx(far, abs=0.06)


def test_area_of_known_shares():
    p, q = np.array([0.3, 0.7]), np.array([0.6, 0.4])
    assert divergence_area(p, q) == pytest.approx(divergence_area(q, p))
    assert divergence_area(p, p) == pytest.approx(1)
    # For strangers KL(q | r) = -log(1 - w): the curve is (1 - w)^5 against w^5, and its area B(6, 5) * 5 by hand.
    grid = divergence_area(np.eye(2)[0], np.eye(2)[1], weights=2001)
    assert grid == pytest.approx(1 / 252, rel=0.01)
    curve = divergence_curve(p, q)
    assert curve.shape == (27, 2) and curve.min() == 0 and curve.max() == 1


def test_odd_input():
    same = np.ones((30, 4), np.float32)
    assert mauve(same, same) == pytest.approx(1)
    assert 0 <= mauve(np.zeros((5, 4), np.float32), points(5, 0, 0)[:, :4]) <= 1
    with pytest.raises(ValueError, match="two rows"):
        mauve(same[:1], same)
