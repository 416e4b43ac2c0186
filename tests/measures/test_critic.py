"""The critic: what it finds it finds on rows it has not seen, and its chance is honest."""

from statistics import NormalDist

import numpy as np
import pytest

from mintmark.measures.critic import (
    assign_folds,
    critique,
    matched_lengths,
    near_duplicate_groups,
    separation,
)

RNG = np.random.default_rng


def cloud(n: int, shift: float, seed: int, d: int = 20) -> np.ndarray:
    x = RNG(seed).normal(size=(n, d))
    x[:, 0] += shift
    return x / np.sqrt(d)


def test_apart_and_alike():
    apart = critique(cloud(300, 3, 0), cloud(300, 0, 1))
    assert apart.auc.value > 0.95 and apart.p < 1e-9 and apart.auc.low > 0.9
    alike = critique(cloud(300, 0, 0), cloud(300, 0, 1))
    assert alike.auc.low < 0.5 < alike.auc.high and alike.p > 0.01
    assert apart.first.mean() > apart.second.mean()


def test_sparse_and_dense_say_the_same():
    import scipy.sparse as sp

    a, b = cloud(80, 1, 0), cloud(60, 0, 1)
    dense, sparse = critique(a, b), critique(sp.csr_matrix(a), sp.csr_matrix(b))
    assert dense.auc.value == pytest.approx(sparse.auc.value, abs=0.02)
    assert critique(a, b).auc == critique(a, b).auc


def test_area_against_all_pairs_and_permutations():
    """DeLong's area is the share of pairs in order; its null spread is that of labels really permuted, twice over."""
    rng = RNG(0)
    scores = rng.integers(0, 8, 60).astype(float)  # ties
    labels = np.repeat([1, 0], [25, 35])
    one = np.zeros(60, np.int64)
    found, p = separation(scores, labels, one, np.arange(60))
    up, down = scores[labels == 1][:, None], scores[labels == 0][None]
    assert found.value == pytest.approx(((up > down) + 0.5 * (up == down)).mean())
    drawn = []
    for _ in range(4000):
        mixed = rng.permutation(labels)
        up, down = scores[mixed == 1][:, None], scores[mixed == 0][None]
        drawn.append(((up > down) + 0.5 * (up == down)).mean())
    z = (found.value - 0.5) / (np.sqrt(2) * np.std(drawn))
    assert p == pytest.approx(1 - NormalDist().cdf(z), abs=0.01)


def test_chance_is_honest():
    """Cross-fitted areas of one cloud: z has spread 1; without the doubled variance it would be 1.4."""
    normal = NormalDist()
    z = [-normal.inv_cdf(critique(cloud(100, 0, i), cloud(100, 0, 500 + i), seed=i).p) for i in range(80)]
    assert 0.75 < np.std(z) < 1.25 and abs(np.mean(z)) < 0.35


def test_perfect_separation_still_has_an_interval():
    found, p = separation(np.array([3.0, 4, 1, 2]), np.array([1, 1, 0, 0]), np.zeros(4, np.int64), np.arange(4))
    assert found.value == 1 and found.low < 1 and p < 0.5
    one_sided, p = separation(np.array([3.0, 4]), np.array([1, 1]), np.zeros(2, np.int64), np.arange(2))
    assert (one_sided.low, one_sided.high, p) == (0, 1, 1)


def test_too_few_rows():
    with pytest.raises(ValueError, match="folds"):
        critique(cloud(3, 0, 0), cloud(50, 0, 1))


def test_folds_keep_groups_whole_and_are_even():
    labels = np.repeat([1, 0], [100, 60])
    groups = np.arange(160)
    groups[[0, 1, 120]] = 7  # one text thrice, on both sides
    fold = assign_folds(groups, labels, 5)
    assert len(set(fold[[0, 1, 120]])) == 1 and set(fold) == set(range(5))
    for label in (0, 1):
        sizes = np.bincount(fold[labels == label], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    crowd = assign_folds(np.where(labels == 1, 0, groups), labels, 5)
    assert set(crowd[labels == 1]) == set(range(5)), "a crowd as large as a set is dealt out"


def test_a_copy_across_the_sets_is_no_evidence_against_itself():
    """Each real row also stands in the data. Kept in one fold, the copies show nothing; apart they would push below .5."""
    rows = RNG(0).normal(size=(200, 300)) / np.sqrt(300)
    grouped = critique(rows, rows, groups=np.tile(np.arange(200), 2))
    apart = critique(rows, rows)
    assert grouped.auc.value == pytest.approx(0.5, abs=0.03)
    assert apart.auc.value < 0.3


def test_near_duplicates():
    base = "the quick brown fox jumps over the lazy dog near the old river bank on a warm summer day"
    texts = [base, base + " again", "something else altogether that shares no words with it", base.upper(), "", ""]
    found = near_duplicate_groups(texts)
    assert found[0] == found[1] == found[3] != found[2]
    assert len(near_duplicate_groups([])) == 0
    assert len(set(near_duplicate_groups(["same text here now"] * 50))) == 1


def test_matched_lengths():
    a, b = RNG(0).integers(10, 60, 500), RNG(1).integers(30, 90, 700)
    i, j = matched_lengths(a, b)
    assert len(i) == len(j) > 100 and len(set(i)) == len(i)
    assert abs(a[i].mean() - b[j].mean()) < 1
    none, _ = matched_lengths(np.full(30, 5), np.full(30, 500))
    assert len(none) == 0
