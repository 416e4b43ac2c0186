"""MAUVE: how much of two clouds of texts lies where the other has next to nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

SCALE = 5.0
WEIGHTS = 25


def mauve(first: Vectors, second: Vectors, *, seed: int = 0, restarts: int = 5) -> float:
    """Return MAUVE in (0, 1]: near 1 where both sets fill the same clusters alike, near 0 where they share none.

    Lengths are made 1, directions that hold 90 % of the variance are kept, both sets together are put into one cluster
    for every ten rows of the smaller, and the sets' shares of the clusters are compared. The value
    depends on the number of rows and on the vectors: compare it with real rows of the same number only.

    Guarantees: symmetric in its sets but for the restarts' chance.

    Args:
        first, second: shape (rows, d), at least 2 rows each.

    Raises:
        ValueError: for fewer rows.

    Reference: Pillutla et al. 2021, MAUVE: Measuring the gap between neural text and human text, section 2 and
        appendix C (defaults).
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(f"two rows of each set are needed, got {len(first)} and {len(second)}")
    clusters = max(2, round(min(len(first), len(second)) / 10))
    place = _clusters(_directions(np.concatenate([first, second])), clusters, seed, restarts)
    shares = [np.bincount(part, minlength=clusters) for part in np.split(place, [len(first)])]
    return divergence_area(shares[0] / len(first), shares[1] / len(second))


def divergence_curve(p: Floats, q: Floats, *, weights: int = WEIGHTS, scale: float = SCALE) -> Floats:
    """Return the curve (exp(-c KL(q | r)), exp(-c KL(p | r))) over mixtures r of p and q, with its ends (1, 0), (0, 1).

    Args:
        p, q: shares over the same clusters, shape (clusters,).

    Returns:
        float64, shape (weights + 2, 2), from q's end to p's.
    """
    inner = []
    for w in np.linspace(1e-6, 1 - 1e-6, weights):
        r = w * p + (1 - w) * q
        inner.append((np.exp(-scale * _kl(q, r)), np.exp(-scale * _kl(p, r))))
    return np.array([(1.0, 0.0), *inner, (0.0, 1.0)])


def divergence_area(p: Floats, q: Floats, *, weights: int = WEIGHTS, scale: float = SCALE) -> float:
    """Return the area under the divergence curve: the mean of those along either axis.

    Example:
        >>> half, one, other = np.full(2, 0.5), np.eye(2)[0], np.eye(2)[1]
        >>> round(divergence_area(half, half), 3), round(divergence_area(one, other), 3)
        (1.0, 0.004)
    """
    x, y = divergence_curve(p, q, weights=weights, scale=scale).T
    areas = [abs(float(np.sum(np.diff(a) * (b[1:] + b[:-1]) / 2))) for a, b in ((x, y), (y, x))]
    return min(1.0, sum(areas) / 2)


def _kl(p: Floats, q: Floats) -> float:
    at = p > 0
    return float(np.sum(p[at] * np.log(p[at] / q[at])))


def _directions(x: Vectors, kept: float = 0.9) -> Floats:
    """Return rows of length 1 on as many principal directions as hold `kept` of their variance."""
    x = x.astype(np.float64)
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    x = np.divide(x, lengths, out=np.zeros_like(x), where=lengths > 0)
    x -= x.mean(0)
    values, axes = np.linalg.eigh(x.T @ x)
    values, axes = np.maximum(values[::-1], 0), axes[:, ::-1]
    count = int(np.searchsorted(np.cumsum(values), kept * values.sum())) + 1
    # A direction's sign is chance; k-means does not see it.
    found: Floats = x @ axes[:, :count]
    return found


def _clusters(x: Floats, count: int, seed: int, restarts: int) -> npt.NDArray[np.int64]:
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    # A job this small takes ten times as long where many threads wait for each other.
    with threadpool_limits(1), warnings.catch_warnings():
        # Fewer different rows than clusters: the clusters beyond stay empty, and count for nothing.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(count, n_init=restarts, max_iter=500, random_state=seed).fit(x.astype(np.float32)).labels_
    return np.asarray(found, np.int64)
