"""Confident learning: which given labels a model's out-of-fold probabilities speak against, and how many do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def confident_joint(labels: Ints, probabilities: Floats) -> Ints:
    """Return how many rows have each pair of given and true label: int64, shape (classes, classes).

    A row counts for the class that is likeliest of those at least as likely as they are on average in the rows that
    bear them. The counts are then scaled so that each given label has as many rows as there are, and rounded so that
    this stays so: plain rounding would lose or invent rows.

    Args:
        labels: given labels, 0 to classes - 1, shape (rows,).
        probabilities: out-of-fold, shape (rows, classes).

    Raises:
        ValueError: where labels and probabilities do not fit each other.

    Reference: Northcutt, Jiang, Chuang 2021, Confident learning, section 3.1.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]])
        >>> confident_joint(np.array([0, 0, 1, 1, 1]), p).tolist()
        [[2, 0], [1, 2]]
    """
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(f"labels of shape {labels.shape} do not fit probabilities of shape {probabilities.shape}")
    classes = probabilities.shape[1]
    given = np.bincount(labels, minlength=classes)
    if len(given) > classes:
        raise ValueError(f"label {len(given) - 1} has no column; there are {classes}")
    own = np.bincount(labels, probabilities[np.arange(len(labels)), labels], classes)
    threshold = np.divide(own, given, out=np.full(classes, np.inf), where=given > 0)
    sure = probabilities >= threshold - 1e-6
    true = np.where(sure, probabilities, -1.0).argmax(1)
    counted = sure.any(1)
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[counted], true[counted]), 1)
    # A class of which no row is sure still has rows of its own.
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    joint *= (given / joint.sum(1))[:, None]
    return np.stack([_round(row, int(total)) for row, total in zip(joint, given)])


def label_errors(labels: Ints, probabilities: Floats) -> Ints:
    """Return the rows whose label is most likely wrong, surest first: prune by noise rate. int64, shape (found,).

    For each given label and other class, as many rows as the confident joint says, those where the other class is
    likelier than the given one by most.

    Reference: Northcutt, Jiang, Chuang 2021, Confident learning, section 3.2, method 4.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8], [0.95, 0.05]])
        >>> label_errors(np.array([0, 0, 1, 1, 1]), p).tolist()
        [4]
    """
    joint = confident_joint(labels, probabilities)
    own = probabilities[np.arange(len(labels)), labels]
    wrong = np.zeros(len(labels), np.bool_)
    for given, true in zip(*np.nonzero(joint)):
        if given == true:
            continue
        rows = np.flatnonzero(labels == given)
        margin = probabilities[rows, true] - own[rows]
        wrong[rows[np.argsort(-margin, kind="stable")[: joint[given, true]]]] = True
    found = np.flatnonzero(wrong)
    doubt = probabilities[found].max(1, initial=0) - own[found]
    return found[np.argsort(-doubt, kind="stable")]


def _round(row: Floats, total: int) -> Ints:
    """Return whole numbers with the sum `total`: down, then one more for the largest remainders."""
    whole: Ints = np.floor(row).astype(np.int64)
    whole[np.argsort(-(row - whole), kind="stable")[: total - int(whole.sum())]] += 1
    return whole
