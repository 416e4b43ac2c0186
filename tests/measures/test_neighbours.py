"""Nearest neighbours are exact, and PRDC stands where theory says."""

import numpy as np
import pytest

from mintmark.measures.neighbours import nearest, permuted_purity, prdc, purity


def points(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("metric", ["euclid", "cosine"])
@pytest.mark.parametrize("block", [None, 1, 7])
def test_exact(metric, block):
    q, b = points(40, 6), points(90, 6, 1)
    if metric == "euclid":
        full = np.linalg.norm(q[:, None] - b[None], axis=2)
    else:
        unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (q, b)]
        full = 1 - unit[0] @ unit[1].T
    distances, indices = nearest(q, b, 4, metric=metric, block=block)
    assert np.array_equal(indices, np.argsort(full, axis=1)[:, :4])
    assert np.allclose(distances, np.sort(full, axis=1)[:, :4], atol=1e-5)


def test_self_and_doubles():
    x = np.concatenate([points(5, 3)] * 2)
    distances, indices = nearest(x, x, 1, exclude_self=True)
    assert np.array_equal(indices[:, 0], (np.arange(10) + 5) % 10) and not distances.any()


def test_zeros_are_at_right_angles():
    x = np.array([[1, 0], [0, 0], [-1, 0]], np.float32)
    distances, indices = nearest(x[:1], x, 3, metric="cosine")
    assert indices[0].tolist() == [0, 1, 2] and np.allclose(distances[0], [0, 1, 2], atol=1e-6)


def test_few_rows_and_wrong_shapes():
    x = points(3, 2)
    assert nearest(x, x, 10)[0].shape == (3, 3)
    assert nearest(x, x, 10, exclude_self=True)[0].shape == (3, 2)
    assert nearest(x, x[:0], 2)[0].shape == (3, 0)
    for bad in ({"k": 0}, {"base": points(3, 5)}, {"base": points(4, 2), "exclude_self": True}):
        with pytest.raises(ValueError):
            nearest(**({"queries": x, "base": x, "k": 1} | bad))


def test_prdc_by_hand():
    real, made = np.array([[0.0], [1], [2], [10]], np.float32), np.array([[0.15], [0.2], [0.3], [50]], np.float32)
    found = prdc(real, made, k=1)
    # The balls of 0, 1 and 2 reach 1 far, that of 10 reaches 8; those of the small made rows at most .1, that of 50
    # reaches 49.7, to all real rows but 0.
    assert (found.precision, found.recall, found.coverage) == (0.75, 0.75, 0.5)
    assert found.density == pytest.approx((3 + 3) / 4)


def test_prdc_of_one_cloud():
    """Theory: density 1, coverage about 1 - 2^-5."""
    found = [prdc(points(400, 5, i), points(400, 5, 100 + i)) for i in range(6)]
    assert np.mean([f.density for f in found]) == pytest.approx(1, abs=0.03)
    assert np.mean([f.coverage for f in found]) == pytest.approx(1 - 2**-5, abs=0.01)


def test_prdc_names_what_is_lost():
    real = np.concatenate([points(200, 4), points(200, 4, 1) + 20])
    lost = prdc(real, points(400, 4, 2))
    assert lost.precision > 0.9 and lost.coverage < 0.55 and lost.recall < 0.55
    foreign = prdc(points(200, 4), points(200, 4, 1) + 20)
    assert foreign.precision == foreign.coverage == foreign.density == 0
    with pytest.raises(ValueError, match="more than 5"):
        prdc(points(5, 2), points(50, 2))


def test_copies_count_as_inside():
    x = np.repeat(points(20, 8), 10, axis=0)
    found = prdc(x, x[::2])
    assert found.precision == found.coverage == found.recall == 1


def test_purity():
    x = np.concatenate([points(60, 3), points(60, 3, 1) + 30])
    labels = np.repeat([1, 0], 60)
    near = nearest(x, x, 5, exclude_self=True)[1]
    assert purity(near, labels).mean() == 1
    chance = permuted_purity(near, labels, draws=50)
    assert chance.mean() == pytest.approx(59 / 119, abs=0.02) and chance.max() < 0.7
