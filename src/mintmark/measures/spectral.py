"""Spectral signatures: rows that lie far out along the directions in which a group varies most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]


def tails(vectors: npt.NDArray[np.floating], *, directions: int = 8, share: float = 0.05) -> Flags:
    """Return the rows at either end of each principal direction: bool, shape (rows, 2 x directions or fewer).

    Each column holds the `share` of the rows that lie farthest to one side. Rows that were planted lie together, so of
    two sets examined as one group the set with them fills such a column; else each fills it by its size.

    Reference: Tran, Li, Madry 2018, Spectral signatures in backdoor attacks, algorithm 1, which looks at the first
    direction alone: that of a label of several topics is a topic.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> group = np.concatenate([rng.normal(0, 1, (196, 4)), rng.normal(9, 0.1, (4, 4))])
        >>> found = tails(group, directions=1, share=0.02)
        >>> [np.flatnonzero(column).tolist() for column in found.T if column[196:].any()]
        [[196, 197, 198, 199]]
    """
    centred = np.asarray(vectors, np.float64)
    centred = centred - centred.mean(0)
    values, axes = np.linalg.eigh(centred.T @ centred)
    used = [k for k in range(len(values) - 1, -1, -1) if values[k] > 1e-9][:directions]
    count = int(share * len(centred))
    found = np.zeros((len(centred), 2 * len(used)), np.bool_)
    if not count:
        return found[:, :0]
    for column, k in enumerate(used):
        order = np.argsort(centred @ axes[:, k], kind="stable")
        found[order[:count], 2 * column] = True
        found[order[-count:], 2 * column + 1] = True
    return found
