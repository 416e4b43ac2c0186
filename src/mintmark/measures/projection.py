"""What a sample of source rows says of a whole run: the rows it must read, and any cost of it, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .intervals import student_quantile

Floats = npt.NDArray[np.float64]
_Z = 1.959964
_MOST_CORRELATION = 0.7
"""Correlation of cost and yield that is believed at most: that of a few rows is too often high by chance."""


@dataclass(frozen=True, slots=True)
class Range:
    """A number with its 95 % interval, either of which may be unknown.

    Attributes:
        value: the estimate; None where the sample gives none.
        low: the lower end.
        high: the upper end; None where there is none.
    """

    value: float | None
    low: float
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Return the three numbers as plain data."""
        return {"value": self.value, "low": self.low, "high": self.high}


def kept_share(kept: Sequence[int], decided: Sequence[int]) -> Range:
    """Return the share of candidates that are kept, where the candidates of one source row may resemble each other.

    Wilson's interval on the number of independent candidates that would vary as much; it is never taken to be more than
    there are, nor fewer than the source rows.

    Args:
        kept: kept rows of each source row.
        decided: rows kept, dropped or failed of each source row.

    Reference: Wilson 1927; Korn, Graubard 1998, Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data.

    Example:
        >>> found = kept_share([2, 0, 2, 2], [2, 2, 2, 2])
        >>> round(found.low, 3), round(found.high, 3)
        (0.301, 0.954)
    """
    k, c = np.asarray(kept, np.float64), np.asarray(decided, np.float64)
    total = float(c.sum())
    if not total:
        return Range(None, 0.0, 1.0)
    share = float(k.sum()) / total
    independent = total
    if 0 < share < 1 and len(c) > 1:
        clustered = float(((k - share * c) ** 2).sum()) / total**2
        independent = float(np.clip(share * (1 - share) / max(clustered, 1e-12), min(len(c), total), total))
    low, high = _wilson(share, independent)
    return Range(share, low, high)


def kept_a_row(kept: Sequence[int], decided: Sequence[int]) -> Range:
    """Return how many rows are kept of each source row.

    As `kept_share`, of the most candidates that a source row of the sample had.
    """
    most = max(1, *decided, *kept) if len(kept) else 1
    found = kept_share(kept, [most] * len(kept))
    if found.value is None:
        return Range(None, 0.0, None)
    return Range(found.value * most, found.low * most, None if found.high is None else found.high * most)


def rows_needed(kept: Sequence[int], decided: Sequence[int], wanted: int) -> Range:
    """Return how many source rows must be read for `wanted` kept rows.

    Example:
        >>> found = rows_needed([1, 0, 1, 0, 1, 0, 1, 0], [1] * 8, 100)
        >>> found.value, round(found.low), round(found.high)
        (200.0, 129, 457)
        >>> rows_needed([0, 0, 0], [1, 1, 1], 10).high is None
        True
    """
    rate = kept_a_row(kept, decided)
    if rate.value is None or rate.high is None:
        return Range(None, 0.0, None)
    f = _of_what_is_left(len(kept), wanted / rate.value if rate.value else None)
    low = wanted / rate.high
    if not rate.value:
        return Range(None, low, None)
    value = wanted / rate.value
    high = None if not rate.low else value * (wanted / rate.low / value) ** f
    return Range(value, value * (low / value) ** f, high)


def whole_sum(costs: Sequence[float], rows: int) -> Range:
    """Return what `rows` source rows cost in all, the rows of the sample among them.

    Student's interval of the mean on the scale of logarithms, narrowed by what the sample has seen of the whole.

    Reference: Cochran 1977, Sampling techniques, sections 2.6 and 2.8.

    Example:
        >>> whole_sum([2, 2, 2], 30)
        Range(value=60.0, low=60.0, high=60.0)
    """
    y = np.asarray(costs, np.float64)
    mean = float(y.mean()) if len(y) else 0.0
    if not mean:
        return Range(0.0, 0.0, 0.0 if len(y) else None)
    if len(y) >= rows:
        return Range(mean * rows, mean * rows, mean * rows)
    if len(y) < 2:
        return Range(mean * rows, mean, None)
    half = _error_of_log(y) * math.sqrt(1 - len(y) / rows)
    return Range(mean * rows, mean * rows * math.exp(-half), mean * rows * math.exp(half))


def sum_for(kept: Sequence[int], decided: Sequence[int], costs: Sequence[float], wanted: int) -> Range:
    """Return what `wanted` kept rows cost in all, the sample's among them, from what each of its source rows kept and cost.

    As `cost_of_one`, for more rows, and narrowed by what the sample has seen of the whole.

    Example:
        >>> found = sum_for([1, 0] * 6, [1] * 12, [3.0, 1.0] * 6, 100)
        >>> found.value, round(found.low), round(found.high)
        (400.0, 302, 653)
    """
    needed = wanted / (sum(kept) / len(kept)) if sum(kept) else None
    one = cost_of_one(kept, decided, costs, unseen=_of_what_is_left(len(kept), needed))
    low, high = wanted * one.low, None if one.high is None else wanted * one.high
    return Range(None if one.value is None else wanted * one.value, low, high)


def cost_of_one(kept: Sequence[int], decided: Sequence[int], costs: Sequence[float], *, unseen: float = 1.0) -> Range:
    """Return what one kept row costs, from what each source row of a sample kept and cost.

    A ratio whose interval is put together from those of yield and cost, less what they have in common: rows that are
    kept often cost more, so that the ratio varies less than either. It holds where all rows or none were kept, as a
    bootstrap does not.

    Args:
        unseen: the part of the interval, as a logarithm, that stays.

    Reference: Zou, Donner 2008, Construction of confidence limits about effect measures (variance recovered from two
    intervals, with their correlation); Cochran 1977, section 6.4.
    """
    k, y = np.asarray(kept, np.float64), np.asarray(costs, np.float64)
    rate = kept_a_row(kept, decided)
    mean = float(y.mean()) if len(y) else 0.0
    if not mean:
        return Range(0.0, 0.0, 0.0 if len(y) else None)
    if len(y) < 2 or rate.high is None:
        return Range(mean / rate.value if rate.value else None, 0.0, None)
    half = _error_of_log(y)
    if not rate.value:
        return Range(None, mean * math.exp(-half) / rate.high, None)
    value = mean / rate.value
    common = 0.0
    if k.std() and y.std():
        common = min(_MOST_CORRELATION, float(np.corrcoef(k, y)[0, 1]))

    def apart(other: float) -> float:
        return unseen * math.sqrt(max(0.0, other**2 + half**2 - 2 * common * other * half))

    below = value * math.exp(-apart(math.log(rate.high / rate.value)))
    above = value * math.exp(apart(math.log(rate.value / rate.low))) if rate.low else None
    return Range(value, below, above)


def _error_of_log(y: Floats) -> float:
    """Half the width of the mean's interval, as a logarithm."""
    return student_quantile(0.975, len(y) - 1) * float(y.std(ddof=1)) / (float(y.mean()) * math.sqrt(len(y)))


def _of_what_is_left(seen: int, needed: float | None) -> float:
    """The part of the interval that stays: rows of the sample belong to the run, and the fewer the others are, the
    less is unknown. Where the run ends is itself unknown, so that something always stays."""
    return 1.0 if needed is None else math.sqrt(needed / (needed + seen))


def _wilson(share: float, n: float) -> tuple[float, float]:
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    # At the ends rounding would leave 1e-17, which is no interval's end but a division by nearly nothing.
    low, high = middle - half, middle + half
    return (0.0 if share == 0 else max(0.0, low)), (1.0 if share == 1 else min(1.0, high))
