"""How strongly two things go together in counts of rows: log odds and pointwise mutual information, with intervals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64] | npt.NDArray[np.float64]
_Z = 1.959964


class Association(NamedTuple):
    """Values with their 95 % interval, one a pair: float64 arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats


def log_odds(both: Counts, first: Counts, second: Counts, rows: int) -> Association:
    """Return the log odds ratio of having the first thing with the second against without it.

    Half a row is added to each of the four cells, so nothing is infinite; the interval is normal.

    Args:
        both: rows with both things; arrays of one shape, or numbers.
        first: rows with the first thing.
        second: rows with the second thing.
        rows: all rows.

    Reference: Gart 1966, Alternative analyses of contingency tables; Agresti 2013, section 3.1.

    Example:
        >>> found = log_odds(np.array([10, 5]), np.array([10, 10]), np.array([50, 50]), 100)
        >>> [round(float(v), 2) for v in (*found.value, *found.low)]
        [3.27, 0.0, 0.4, -1.25]
    """
    a = np.asarray(both, np.float64) + 0.5
    b, c = np.asarray(first) - both + 0.5, np.asarray(second) - both + 0.5
    d = rows - np.asarray(first) - np.asarray(second) + both + 0.5
    value = np.log(a * d / (b * c))
    half = _Z * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return Association(value, value - half, value + half)


def pmi(both: Counts, first: Counts, second: Counts, rows: int, *, smoothing: float = 0.5) -> Association:
    """Return log2 of how many times oftener the two things meet than if they had nothing to do with each other.

    The interval is that of the log of the second thing's share among rows with the first, its share in all rows
    taken as known.

    Args:
        smoothing: rows added to `both`, so that pairs never met are finite.

    Reference: Church, Hanks 1990, Word association norms; Katz et al. 1978 (the interval).

    Example:
        >>> round(float(pmi(np.array([40]), np.array([50]), np.array([400]), 1000, smoothing=0).value[0]), 3)
        1.0
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    met = np.minimum(np.asarray(both, np.float64) + smoothing, np.maximum(first, smoothing))
    value = np.log2(met * max(rows, 1) / (np.maximum(first, 0.5) * np.maximum(second, 0.5)))
    half = _Z * np.sqrt(np.maximum(1 / np.maximum(met, 0.5) - 1 / np.maximum(first, 1), 1e-12)) / np.log(2)
    return Association(value, value - half, value + half)


def together_p(both: Counts, first: Counts, second: Counts, rows: int) -> Floats:
    """Return the one-sided chance of so many rows with both things, were they dealt independently: Fisher's exact test.

    Reference: Fisher 1935, The logic of inductive inference.

    Example:
        >>> together_p(np.array([5]), np.array([5]), np.array([50]), 100).round(4).tolist()
        [0.0281]
    """
    k, n, m = (np.asarray(x, np.float64) for x in np.broadcast_arrays(both, first, second))
    above = k > n * m / max(rows, 1)
    # Summed away from the mean, where each term is smaller than the last: a few terms are enough.
    up = _tail(np.where(above, k, np.inf), n, m, rows, 1)
    down = _tail(np.where(above, -np.inf, k - 1), n, m, rows, -1)
    chance: Floats = np.clip(np.where(above, up, 1 - down), 0.0, 1.0)
    return chance


def _tail(k: Floats, n: Floats, m: Floats, rows: int, step: int) -> Floats:
    """Return the sum of the hypergeometric chances of k, k + step, k + 2 step ... while they count."""
    from scipy.special import gammaln

    low: Floats = np.maximum(0.0, n + m - rows)
    high: Floats = np.minimum(n, m)
    total = np.zeros(k.shape)
    at = np.flatnonzero((k >= low) & (k <= high))
    k, n, m, low, high = k[at], n[at], m[at], low[at], high[at]

    def choose(a: Floats, b: Floats) -> Floats:
        found: Floats = gammaln(a + 1) - gammaln(b + 1) - gammaln(a - b + 1)
        return found

    term = np.exp(choose(n, k) + choose(rows - n, m - k) - choose(np.full(len(at), float(rows)), m))
    while len(at):
        total[at] += term
        if step > 0:
            term = term * (n - k) * (m - k) / ((k + 1) * (rows - n - m + k + 1))
        else:
            term = term * k * (rows - n - m + k) / ((n - k + 1) * (m - k + 1))
        k = k + step
        on = (k >= low) & (k <= high) & (term > 1e-16 * total[at])
        at, k, n, m, low, high, term = at[on], k[on], n[on], m[on], low[on], high[on], term[on]
    return total
