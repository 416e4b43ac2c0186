"""Two sets held against each other as two halves of one are: a statistic, its null at the same size, and their chance.

Many statistics of two sets (coverage, MAUVE, divergences of counts) depend on how many rows there are and have no
interval in closed form. Here each is taken many times of m rows of the data against m real rows, and, beside it, of m
other real rows against the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .intervals import student_quantile

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Pairs = Mapping[str, tuple[float, float]]
"""Statistic to (of the data against real rows, of other real rows against the same)."""

SMALLEST = 20
"""Rows of a draw below which a comparison says nothing."""


@dataclass(frozen=True)
class Compared:
    """A statistic of the data, the same of real rows, and the chance of their difference.

    Attributes:
        p_above, p_below: one-sided chance of so high, or so low, a value were the data real rows.
        pairs: the draws: float64, shape (draws, 2).
    """

    estimate: Estimate
    null: Estimate
    p_above: float
    p_below: float
    pairs: Floats

    def p(self, bad: Literal["above", "below"]) -> float:
        """Return the chance on the bad side."""
        return self.p_above if bad == "above" else self.p_below


def draw_size(data: int, reference: int, *, most: int = 1000) -> int:
    """Return how many rows each draw takes: at most half of the data, and twice that of half of the reference.

    Example:
        >>> draw_size(10_000, 10_000), draw_size(100, 200), draw_size(10, 200)
        (1000, 50, 5)
    """
    return min(data // 2, reference // 4, most)


def compare(
    data: int, reference: int, statistics: Callable[[Ints, Ints, Ints], Pairs], *,
    draws: int = 12, most: int = 1000, seed: int = 0,
) -> dict[str, Compared]:  # fmt: skip
    """Return each statistic of data against reference and of reference against itself, at one size.

    The error is that of the delete-d jackknife: draws of a part f of the rows, without replacement, vary as the mean of
    all such draws does times (1 - f) / f; the error of having taken few draws is added.

    Args:
        data, reference: rows of each; `draw_size` of them is at least `SMALLEST`.
        statistics: given m rows of the data, m of the reference to hold against, and m others of the reference.
        most: rows of a draw at most: the cost is then the same for any size of the sets.

    Raises:
        ValueError: for too few rows.

    Reference: Shao and Wu 1989, A general theory for jackknife variance estimation; Politis, Romano, Wolf 1999,
        Subsampling.
    """
    m = draw_size(data, reference, most=most)
    if m < SMALLEST:
        raise ValueError(f"too few rows to compare: {data} and {reference}")
    rng = np.random.default_rng(seed)
    found: list[Pairs] = []
    for _ in range(draws):
        own, real = rng.permutation(data)[:m], rng.permutation(reference)[: 2 * m]
        found.append(statistics(np.sort(own), np.sort(real[:m]), np.sort(real[m:])))
    parts = (m / data, m / reference)
    names: Sequence[str] = list(found[0])
    return {name: _compared(np.array([f[name] for f in found]), parts, m) for name in names}


def _compared(pairs: Floats, parts: tuple[float, float], m: int) -> Compared:
    # Real rows stand on both sides of the null, so that its draws take twice that part of them.
    estimate, null = _interval(pairs[:, 0], max(parts), m), _interval(pairs[:, 1], 2 * parts[1], m)
    # Where the data are real rows, what the rows held against do to both values is the same, and leaves the gap alone:
    # it varies with the m rows of the data and the m other real rows.
    gap = pairs[:, 0] - pairs[:, 1]
    error = _error(gap, sum(parts) / 2)
    centre = float(gap.mean())
    if error <= 1e-12:
        above = below = 1.0 if abs(centre) <= 1e-12 else (0.0 if centre > 0 else 1.0)
        if abs(centre) > 1e-12:
            below = 1 - above
        return Compared(estimate, null, above, below, pairs)
    t = centre / error
    return Compared(estimate, null, _tail(t, len(pairs) - 1), _tail(-t, len(pairs) - 1), pairs)


def _error(values: Floats, part: float) -> float:
    share = min(part, 0.9)
    return float(values.std(ddof=1)) * math.sqrt(share / (1 - share) + 1 / len(values))


def _interval(values: Floats, part: float, m: int) -> Estimate:
    centre = float(values.mean())
    half = student_quantile(0.975, len(values) - 1) * _error(values, part)
    method = f"delete-d jackknife, {len(values)} draws of {m} rows a side"
    return Estimate(value=centre, low=centre - half, high=centre + half, n=m, method=method)


def _tail(t: float, freedom: int) -> float:
    from scipy.stats import t as student

    return float(student.sf(t, freedom))
