"""Kappa on worked examples of its papers, and flips."""

from __future__ import annotations

import numpy as np
import pytest

from mintmark.measures.agreement import cohen_kappa, fleiss_kappa, position_flips


def test_fleiss_worked_example() -> None:
    # Fourteen raters, ten items, five labels: the standard worked example, kappa .210.
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(np.array(table)).value == pytest.approx(0.210, abs=5e-4)


def test_cohen_interval_covers() -> None:
    rng = np.random.default_rng(0)
    # Two raters who say the truth with chance .7 and guess otherwise: kappa .49.
    held = 0
    for _ in range(300):
        truth = rng.integers(0, 2, 150)
        a, b = (np.where(rng.random(150) < 0.7, truth, rng.integers(0, 2, 150)) for _ in range(2))
        found = cohen_kappa(a.tolist(), b.tolist())
        held += found.low <= 0.49 <= found.high
    assert 0.91 <= held / 300 <= 0.985


def test_cohen_bounds() -> None:
    assert cohen_kappa("aabb", "aabb").value == 1
    assert cohen_kappa("aabb", "bbaa").value == -1
    assert cohen_kappa("aaaa", "aaaa").low == -1
    with pytest.raises(ValueError, match="two raters"):
        cohen_kappa("a", "")


def test_fleiss_agrees_with_two_raters_of_one_mind() -> None:
    assert fleiss_kappa(np.array([[2, 0], [0, 2], [2, 0]])).value == 1
    assert fleiss_kappa(np.array([[2, 0], [2, 0]])).method == "not defined: one label only"
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa(np.array([[2, 0], [1, 0]]))


def test_flips() -> None:
    steady = position_flips(["A", "B", "tie"], ["B", "A", "tie"])
    assert steady.value == 0
    assert position_flips(["A", "B"], ["A", "B"]).value == 1
    assert position_flips(["A"], ["tie"]).value == 1
    assert position_flips([], []).n == 0
