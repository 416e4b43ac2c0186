"""A planted cluster fills an end of a direction; a cloud fills all ends alike."""

from __future__ import annotations

import numpy as np

from mintmark.measures.spectral import tails


def test_a_small_far_cluster_fills_one_end() -> None:
    rng = np.random.default_rng(0)
    vectors = np.concatenate([rng.normal(0, 1, (500, 8)), rng.normal(6, 0.2, (20, 8))])
    found = tails(vectors, share=20 / 520 + 1e-9)
    assert found.shape == (520, 16)
    assert (found.sum(0) == 20).all()
    assert found[500:].all(0).sum() == 1


def test_halves_of_a_cloud_fill_the_ends_alike() -> None:
    rng = np.random.default_rng(1)
    shares = [tails(rng.normal(0, 1, (400, 5)))[:200].sum(0) for _ in range(30)]
    assert abs(np.mean(shares) - 10) < 0.5


def test_rows_that_are_all_alike_have_no_direction() -> None:
    assert tails(np.ones((30, 4))).shape == (30, 0)
    assert tails(np.zeros((1, 4))).shape == (1, 0)
