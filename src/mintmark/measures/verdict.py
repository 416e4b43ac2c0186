"""The rule by which a quantity, held against its null, comes out as a risk, as fine, or as open."""

from __future__ import annotations

from typing import Literal

from ..core.finding import Estimate
from .intervals import above_p

Side = Literal["above", "below", "both"]
"""On which side of the null trouble lies; `both` where any change is one."""

ALPHA = 0.05
"""The chance that anything is called a risk where nothing is wrong: Holm's correction spreads it over all claims."""


def chance_of(bad: Side, estimate: Estimate, null: Estimate) -> float:
    """Return the chance of an estimate so far on the bad side, were its truth the null's: from the two intervals.

    Example:
        >>> from mintmark.measures.intervals import wilson
        >>> chance_of("above", wilson(50, 100), wilson(50, 100))
        0.5
    """
    up, down = above_p(estimate, null), above_p(null, estimate)
    return up if bad == "above" else down if bad == "below" else min(1.0, 2 * min(up, down))


def judge(
    bad: Side, estimate: Estimate, null: Estimate, margin: float, adjusted: float
) -> Literal["risk", "fine", "open"]:
    """Return `risk` where the corrected chance is below `ALPHA` and the interval lies beyond the null by more than the margin.

    `fine` where the interval's bad end does not pass the null by more than the margin: then the trouble, if any, is too
    small to matter. `open` is everything between.

    Example:
        >>> from mintmark.measures.intervals import wilson
        >>> judge("above", wilson(30, 100), wilson(1, 100), 0.0, 0.001)
        'risk'
    """
    low, high = estimate.low - null.value, estimate.high - null.value
    if bad == "above":
        near, far = low, high
    elif bad == "below":
        near, far = -high, -low
    else:
        near, far = max(low, -high), max(-low, high)
    if adjusted < ALPHA and near > margin:
        return "risk"
    return "fine" if far <= margin or far <= 0 else "open"
