"""How far judges agree beyond chance, and how often one changes its mind when the order is swapped."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .intervals import wilson

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_Z = 1.959964


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Estimate:
    """Return the agreement of two raters beyond chance, with its large-sample interval.

    1 is full agreement, 0 what chance gives. Where both use one and the same label throughout, kappa is not
    defined; 1 with the interval [-1, 1] says so.

    Raises:
        ValueError: where the raters judged different numbers of items, or none.

    Reference: Cohen 1960; Fleiss, Cohen, Everitt 1969, Large sample standard errors of kappa, equation 13.

    Example:
        >>> str(cohen_kappa([1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15))
        '0.400 [0.151, 0.649]'
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(f"two raters of the same items are needed, got {len(first)} and {len(second)} judgements")
    numbers = {label: i for i, label in enumerate(dict.fromkeys([*first, *second]))}
    table = np.zeros((len(numbers), len(numbers)))
    np.add.at(table, ([numbers[x] for x in first], [numbers[x] for x in second]), 1)
    n = len(first)
    table /= n
    rows, columns = table.sum(1), table.sum(0)
    agreed, chance = float(table.trace()), float(rows @ columns)
    if chance >= 1:
        return Estimate(value=1, low=-1, high=1, n=n, method="not defined: one label only")
    kappa = (agreed - chance) / (1 - chance)
    # Each cell's own pull on kappa; the row share of a column's label stands with the column, and the reverse.
    pull = np.eye(len(table)) * (1 - chance) - (1 - agreed) * (columns[:, None] + rows[None, :])
    spread = float((table * pull**2).sum()) - (agreed * chance - 2 * chance + agreed) ** 2
    half = _Z * float(np.sqrt(max(spread, 0) / n)) / (1 - chance) ** 2
    return _kappa(kappa, half, n, "Cohen's kappa, large-sample")


def fleiss_kappa(counts: Ints) -> Estimate:
    """Return the agreement of several raters beyond chance, its interval by the jackknife over items.

    Args:
        counts: how many raters gave each item each label, shape (items, labels); as many raters for each item.

    Raises:
        ValueError: for fewer than two items, fewer than two raters, or unequal numbers of raters.

    Reference: Fleiss 1971, Measuring nominal scale agreement among many raters.

    Example:
        >>> str(fleiss_kappa(np.array([[3, 0], [0, 3], [3, 0], [2, 1], [0, 3], [1, 2]])))
        '0.556 [-0.039, 1]'
    """
    raters = np.unique(counts.sum(1))
    if len(counts) < 2 or len(raters) != 1 or raters[0] < 2:
        raise ValueError("Fleiss' kappa needs two or more items, each judged by the same number of two or more raters")
    m, n = int(raters[0]), len(counts)
    agreed = ((counts.astype(np.float64) ** 2).sum(1) - m) / (m * (m - 1))
    totals = counts.sum(0, dtype=np.float64)

    def kappa(agreement: Floats, shares: Floats) -> Floats:
        chance = (shares**2).sum(-1)
        found: Floats = np.where(chance < 1, (agreement - chance) / np.where(chance < 1, 1 - chance, 1), np.nan)
        return found

    value = float(kappa(np.asarray(agreed.mean()), totals / (n * m)))
    if not np.isfinite(value):
        return Estimate(value=1, low=-1, high=1, n=n, method="not defined: one label only")
    without = kappa((agreed.sum() - agreed) / (n - 1), (totals - counts) / ((n - 1) * m))
    without = without[np.isfinite(without)]
    half = _Z * float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    return _kappa(value, half, n, "Fleiss' kappa, jackknife over items")


def position_flips(first: Sequence[str], swapped: Sequence[str]) -> Estimate:
    """Return the share of pairs on which a judge changes its choice when the two candidates change places.

    Args:
        first: "A", "B" or anything else for a tie, the choice with the candidates in order.
        swapped: the choice with them swapped, in the letters shown then; a steady judge says the other letter.

    Raises:
        ValueError: where the two do not have one judgement each.

    Reference: Zheng et al. 2023, Judging LLM-as-a-judge, section 3.3.

    Example:
        >>> str(position_flips(["A", "A", "B", "tie"], ["B", "A", "A", "tie"]))
        '0.250 [0.046, 0.699]'
    """
    if len(first) != len(swapped):
        raise ValueError(f"two orders of the same pairs are needed, got {len(first)} and {len(swapped)} judgements")
    other = {"A": "B", "B": "A"}
    flips = sum(a != other.get(b, a if a not in other else b) for a, b in zip(first, swapped))
    return wilson(flips, len(first), of="pairs")


def _kappa(value: float, half: float, n: int, method: str) -> Estimate:
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Estimate(value=value, low=min(low, value), high=max(high, value), n=n, method=method)
