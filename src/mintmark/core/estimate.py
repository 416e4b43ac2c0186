"""Estimates: no number without its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the interval that holds it at the stated level.

    Attributes:
        value: the point estimate.
        low, high: the interval's ends.
        n: how many observations it rests on.
        method: how the interval was made, e.g. `wilson 95%`.
    """

    value: float
    low: float
    high: float
    n: int
    method: str

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def proportion(hits: int, n: int, level: float = 0.95) -> Estimate:
    """Return a share with Wilson's interval; for n = 0 the value is not a number and the interval says nothing.

    Raises:
        ValueError: where hits are not between 0 and n.

    Reference: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".

    Example:
        >>> str(proportion(8, 10))
        '0.800 [0.490, 0.943]'
    """
    if not 0 <= hits <= n:
        raise ValueError(f"hits must be between 0 and n = {n}, got {hits}")
    method = f"wilson {level:.0%}"
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, 0, method)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(p, max(0.0, middle - half), min(1.0, middle + half), n, method)


def mean(values: Sequence[float] | np.ndarray, level: float = 0.95, draws: int = 2000, seed: int = 0) -> Estimate:
    """Return a mean with its percentile bootstrap interval.

    Args:
        values: observations, shape (n,), n >= 1.

    Raises:
        ValueError: for no observations.

    Reference: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife".
    """
    import numpy as np

    x = np.asarray(values, dtype=np.float64)
    if x.size == 0:
        raise ValueError("a mean needs at least one observation")
    rng = np.random.default_rng(seed)
    drawn = np.sort([x[rng.integers(0, x.size, x.size)].mean() for _ in range(draws)])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(x.mean()), float(low), float(high), int(x.size), f"bootstrap {level:.0%}")


def auc(
    positive: Sequence[float] | np.ndarray, negative: Sequence[float] | np.ndarray, level: float = 0.95
) -> Estimate:
    """Return the probability that a positive scores above a negative (ties half), with DeLong's interval.

    Raises:
        ValueError: where either side has fewer than two scores.

    Reference: DeLong et al. 1988, "Comparing the Areas under Two or More Correlated ROC Curves".

    Example:
        >>> auc([2, 3, 4], [0, 1, 2]).value
        0.9444444444444444
    """
    import numpy as np

    pos, neg = np.asarray(positive, dtype=np.float64), np.asarray(negative, dtype=np.float64)
    if min(pos.size, neg.size) < 2:
        raise ValueError("an AUC needs two scores on each side")
    order = np.sort(neg)
    above = (np.searchsorted(order, pos, "left") + np.searchsorted(order, pos, "right")) / (2 * neg.size)
    order = np.sort(pos)
    below = 1 - (np.searchsorted(order, neg, "left") + np.searchsorted(order, neg, "right")) / (2 * pos.size)
    value = float(above.mean())
    spread = math.sqrt(above.var(ddof=1) / pos.size + below.var(ddof=1) / neg.size)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    low, high = max(0.0, value - z * spread), min(1.0, value + z * spread)
    return Estimate(value, low, high, int(pos.size + neg.size), f"delong {level:.0%}")
