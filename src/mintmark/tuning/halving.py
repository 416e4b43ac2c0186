"""Successive halving: many are tried on few rows, the better half on more, until one is left."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Measured = Mapping[str, float]
"""Row -> what one of those tried made of it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One turn: everyone still in was tried on the same rows.

    Attributes:
        rows: rows that all were measured on.
        means: place among those tried -> mean over these rows.
        left: places of those who go on, best first.
    """

    rows: int
    means: dict[int, float]
    left: tuple[int, ...]


def rungs(number: int, trials: int, most_rows: int) -> list[int]:
    """Return how many rows everyone still in is tried on at each turn, counted from the first row.

    The same number of trials goes to each turn, so that half as many are tried on twice as many further rows.

    Args:
        number: how many are tried.
        trials: (one tried, one row) in all.
        most_rows: rows there are.

    Reference: Jamieson, Talwalkar 2016, Non-stochastic Best Arm Identification and Hyperparameter Optimization, figure 3.

    Example:
        >>> rungs(8, 96, 1000)
        [4, 12, 28]
    """
    turns = math.ceil(math.log2(number)) if number > 1 else 0
    rows, found = 0, []
    for _ in range(turns):
        rows = min(most_rows, rows + max(1, trials // (number * turns)))
        found.append(rows)
        number = math.ceil(number / 2)
    return found


def halve(tried: Sequence[T], turns: Sequence[int], measure: Callable[[T, int], Measured]) -> tuple[T, list[Rung]]:
    """Return the one that is left and the turns; of equals the earlier stays.

    Args:
        tried: the first is the one to beat.
        turns: from `rungs`.
        measure: tries one on so many rows from the first; it may come back with fewer.

    Example:
        >>> best, found = halve([0.1, 0.9, 0.5], [1, 3], lambda one, rows: {str(r): one for r in range(rows)})
        >>> best, [r.left for r in found]
        (0.9, [(1, 2), (1,)])
    """
    left = list(range(len(tried)))
    found = []
    for rows in turns:
        measured = {i: measure(tried[i], rows) for i in left}
        common = set.intersection(*(set(m) for m in measured.values()))
        if not common:
            break
        means = {i: math.fsum(m[row] for row in common) / len(common) for i, m in measured.items()}
        left = sorted(left, key=lambda i: (-means[i], i))[: math.ceil(len(left) / 2)]
        found.append(Rung(len(common), means, tuple(left)))
    return tried[left[0]], found
