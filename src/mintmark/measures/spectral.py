"""Spectral signatures: rows that lie far out along the direction in which a group varies most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def spectral_scores(vectors: npt.NDArray[np.floating]) -> Floats:
    """Return each row's squared place along the first principal direction of its group: float64, shape (rows,).

    Reference: Tran, Li, Madry 2018, Spectral signatures in backdoor attacks, algorithm 1.

    Example:
        >>> spectral_scores(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.1], [0.0, -0.1]])).round(6).tolist()
        [1.0, 1.0, 0.0, 0.0]
    """
    return _places(vectors) ** 2


def outliers(vectors: npt.NDArray[np.floating], *, beyond: float = 5.0) -> npt.NDArray[np.bool_]:
    """Return which rows lie more than `beyond` robust deviations from the median along that direction: shape (rows,).

    The deviation is 1.4826 times the median absolute deviation, a normal one's size.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> group = np.concatenate([rng.normal(0, 1, (200, 4)), rng.normal(9, 0.1, (4, 4))])
        >>> np.flatnonzero(outliers(group)).tolist()
        [200, 201, 202, 203]
    """
    place = _places(vectors)
    place = np.abs(place - np.median(place))
    deviation = 1.4826 * float(np.median(place))
    if deviation < 1e-9:
        return np.zeros(len(place), np.bool_)
    far: npt.NDArray[np.bool_] = place > beyond * deviation
    return far


def _places(vectors: npt.NDArray[np.floating]) -> Floats:
    centred = np.asarray(vectors, np.float64)
    centred = centred - centred.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    found: Floats = centred @ axes[:, -1]
    return found
