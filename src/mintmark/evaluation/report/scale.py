"""Estimates beside their nulls on a line: on their own scale, and on one scale that all claims share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.finding import Estimate, Finding
from .verdict import is_judged

FAR = 40.0
"""Units from the null beyond which a mark stays at the edge."""
TICKS = (-30, -10, -3, -1, 0, 1, 3, 10, 30)


@dataclass(frozen=True)
class Strip:
    """Places on a line, in percent of its width, from the left."""

    low: float
    value: float
    high: float
    null_low: float
    null: float
    null_high: float
    beyond: bool = False
    """Whether the value lies past the edge."""


@dataclass(frozen=True)
class Scaled:
    """An estimate and its null in units of what chance explains; the null lies at 0."""

    finding: Finding
    value: float
    low: float
    high: float
    null_low: float
    null_high: float


def scaled(finding: Finding) -> Scaled | None:
    """Return a finding on the shared scale; None without estimate and null.

    One unit is the gap that two intervals of these widths would show by chance in 5 % of cases: beyond 1 on either
    side, estimate and null differ by more than chance explains.

    Example:
        >>> from mintmark.core.finding import Estimate
        >>> e = Estimate(value=0.8, low=0.77, high=0.83, n=9, method="x")
        >>> n = Estimate(value=0.5, low=0.46, high=0.54, n=9, method="x")
        >>> round(scaled(Finding(aspect="a", metric="b", claim="c", estimate=e, null=n)).value, 6)
        6.0
    """
    e, n = finding.estimate, finding.null
    if e is None or n is None:
        return None
    unit = math.hypot((e.high - e.low) / 2, (n.high - n.low) / 2)
    if not unit:  # two exact numbers: any gap is as large as a gap can be
        unit = abs(e.value - n.value) / FAR or 1.0

    def at(x: float) -> float:
        return max(-1e6, min(1e6, (x - n.value) / unit))

    return Scaled(finding, at(e.value), at(e.low), at(e.high), at(n.low), at(n.high))


def shared_place(units: float) -> float:
    """Return where a distance from the null stands on the shared line, in percent: near ones apart, far ones close.

    Example:
        >>> shared_place(0), shared_place(1e9), round(shared_place(1))
        (50.0, 98.0, 60)
    """
    return 50 + 48 * math.asinh(max(-FAR, min(FAR, units))) / math.asinh(FAR)


def shared_strip(finding: Finding) -> Strip | None:
    """Return a finding's places on the shared line."""
    s = scaled(finding)
    if s is None:
        return None
    low, value, high, null_low, null_high = map(shared_place, (s.low, s.value, s.high, s.null_low, s.null_high))
    return Strip(low, value, high, null_low, 50.0, null_high, abs(s.value) > FAR)


def own_strip(estimate: Estimate, null: Estimate | None) -> Strip:
    """Return places on a line that spans both intervals; a missing null stands where the estimate stands."""
    other = null or estimate
    low, high = min(estimate.low, other.low), max(estimate.high, other.high)
    width = high - low

    def at(x: float) -> float:
        return 4 + 92 * min(1.0, max(0.0, (x - low) / width)) if width > 0 else 50.0

    e, n = estimate, other
    return Strip(at(e.low), at(e.value), at(e.high), at(n.low), at(n.value), at(n.high))


def on_scale(findings: Sequence[Finding]) -> list[Scaled]:
    """Return every finding that has an estimate and a null, on the shared scale, in the order given."""
    return [s for f in findings if is_judged(f) and (s := scaled(f)) is not None]
