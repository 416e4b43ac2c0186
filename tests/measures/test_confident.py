"""Confident learning against the published counts, and the laws of its joint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.data import data

from mintmark.measures.confident import confident_joint, label_errors
from mintmark.measures.label_noise import draw, label_noise, out_of_fold


def published(name: str) -> tuple[Any, Any]:
    folder: Path = data("label_errors")
    labels = np.load(folder / "original_test_labels" / f"{name}_test_set_original_labels.npy").astype(np.int64)
    return labels, np.load(folder / "cross_validated_predicted_probabilities" / f"{name}_test_set_pyx.npy")


@pytest.mark.parametrize(("name", "count"), [("20news", 95), ("mnist", 15)])
def test_the_published_candidates(name: str, count: int) -> None:
    found = label_errors(*published(name))
    assert len(found) == count == len(set(found.tolist()))


def test_the_surest_come_first() -> None:
    labels, p = published("20news")
    found = label_errors(labels, p)
    margin = p[found].max(1) - p[found, labels[found]]
    assert margin[0] > 0.5
    assert (np.diff(margin) <= 1e-12).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 6))
def test_the_joint_keeps_the_label_counts(seed: int, rows: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    labels, p = rng.integers(0, classes, rows), rng.dirichlet(np.ones(classes), rows)
    joint = confident_joint(labels, p)
    assert joint.sum(1).tolist() == np.bincount(labels, minlength=classes).tolist()
    assert (joint >= 0).all()
    found = label_errors(labels, p)
    assert len(found) <= joint.sum() - np.trace(joint)


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        confident_joint(np.array([0, 1]), np.ones((3, 2)))
    with pytest.raises(ValueError, match="no column"):
        confident_joint(np.array([0, 2]), np.full((2, 2), 0.5))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2])
def test_random_labels_are_counted_and_hard_rows_are_not(share: float) -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(8, 0.15), 6000)
    labels = draw(p, rng)
    changed = rng.random(len(labels)) < share
    labels[changed] = rng.integers(0, 8, changed.sum())
    found = label_noise(labels, p**0.5 / (p**0.5).sum(1, keepdims=True))
    assert found.low - 0.005 <= share <= found.high + 0.005
    assert (found.chance < 1e-6) == (share > 0)


def test_out_of_fold_never_sees_the_row() -> None:
    import scipy.sparse as sp

    # Two rows share a feature and nothing else; the labels are tossed. Only who has seen a row could do well.
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    p = out_of_fold(sp.vstack([sp.identity(200), sp.identity(200)]).tocsr(), labels)
    assert abs((p.argmax(1) == labels).mean() - 0.5) < 0.1
    assert np.allclose(p.sum(1), 1)


def test_one_class_has_no_fold() -> None:
    import scipy.sparse as sp

    with pytest.raises(ValueError, match="two or more classes"):
        out_of_fold(sp.identity(5).tocsr(), np.zeros(5, np.int64))
