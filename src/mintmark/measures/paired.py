"""The gain of one way over another on the same rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..core.finding import Estimate

_Z = 1.959964


def paired_gain(before: Sequence[float], after: Sequence[float], *, span: float) -> Estimate:
    """Return the mean of after - before over rows that both were tried on.

    The interval is normal after two rows were added that gained nothing on the whole, one half each way: it keeps its
    level on few rows, and where all rows gained the same it does not shrink to nothing.

    Args:
        before, after: one value a row, in the same order.
        span: the most by which two values can differ.

    Raises:
        ValueError: for no rows, or lists of different lengths.

    Reference: Agresti, Min 2005, Simple improved confidence intervals for comparing matched proportions, section 3.

    Example:
        >>> str(paired_gain([0, 0, 1, 0], [1, 1, 1, 1], span=1))
        '0.750 [-0.016, 1]'
    """
    gains = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    if not len(gains) or len(before) != len(after):
        raise ValueError(f"a gain needs as many rows after as before, got {len(before)} and {len(after)}")
    n, value = len(gains) + 2, float(gains.mean())
    centre = float(gains.sum()) / n
    spread = math.sqrt(max(0.0, (float((gains**2).sum()) + span**2) / n - centre**2) / n)
    low, high = max(-span, centre - _Z * spread), min(span, centre + _Z * spread)
    return Estimate(
        value=value, low=min(low, value), high=max(high, value), n=len(gains), method="Agresti and Min, matched rows"
    )
