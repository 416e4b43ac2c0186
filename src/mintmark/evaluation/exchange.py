"""Chances by exchange: were the data another draw of the reference, rows could change places and nothing would change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from ..measures.intervals import two_shares_p

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Sized = Callable[[Ints, "int | None"], float]
"""A statistic of some rows, of no more than so many units (n-grams, bytes) of them."""
_Z = 1.959964


@dataclass(frozen=True)
class Exchanged:
    """What a statistic is where rows have changed places: centre, spread, and the chance of one so high."""

    observed: float
    mean: float
    spread: float
    p: float


def exchanged(
    statistic: Callable[[Mask], float], members: Mask, *, seed: int, draws: int = 99, above: bool = True
) -> Exchanged:
    """Return the chance of a statistic so high (so low with `above=False`), were it blind to which rows are members.

    Its tail is Student's, by the centre and spread of the draws, so that a chance far below 1 / draws can be told.

    Args:
        statistic: of a mask over the pooled rows.
        members: the mask as it is.

    Reference: Fisher 1935; Pitman 1937, Significance tests which may be applied to samples from any populations.
    """
    rng = np.random.default_rng(seed)
    observed = float(statistic(members))
    drawn = np.array([float(statistic(rng.permutation(members))) for _ in range(draws)])
    mean, spread = float(drawn.mean()), float(drawn.std(ddof=1))
    gap = observed - mean if above else mean - observed
    if spread < 1e-12:
        return Exchanged(observed, mean, 0.0, 1.0 if gap <= 1e-12 else 1 / (draws + 1))
    return Exchanged(observed, mean, spread, student_above(gap / (spread * math.sqrt(1 + 1 / draws)), draws - 1))


def student_above(t: float, freedom: int) -> float:
    """Return the chance of a Student's t so high or higher."""
    from scipy.stats import t as student

    return float(student.sf(t, freedom))


def share_p(hits: Callable[[Mask], tuple[int, int]], members: Mask, *, seed: int, scale: float = 1.0) -> float:
    """Return the chance of so many members hit beyond the others' share times `scale`, where hits come in groups.

    The larger of two chances: by exchange, which holds where one copy hits many rows, and Fisher's, which holds
    where hits are few.

    Args:
        hits: mask of members -> (members that are hit, others that are hit).
    """
    n, rest = int(members.sum()), int((~members).sum())
    if not n or not rest:
        return 1.0
    one, other = hits(members)

    def beyond(mask: Mask) -> float:
        a, b = hits(mask)
        return a / n - scale * b / rest

    exact = two_shares_p(one, n, min(rest, round(scale * other)), rest)
    return max(exact, exchanged(beyond, members, seed=seed).p) if one else 1.0


@dataclass(frozen=True)
class Ratio:
    """A statistic of the data over the same of the reference, at one size; and real over real."""

    data: float
    reference: float
    estimate: Estimate
    null: Estimate
    p: float
    rows: int


def ratio(
    statistics: tuple[Sized, Sized], sizes: tuple[Ints, Ints], *, rows: int, seed: int, below: bool,
    units: bool = False, most: int | None = None, groups: int = 20,
) -> Ratio:  # fmt: skip
    """Return how a statistic of the data compares with the reference's, on as many rows of each (and as many units).

    The error of each side is the jackknife's, by groups of rows left out in turn: halves of a set would not do, since
    what counts different ones varies less from half to half than its size would have it. The null is the ratio of two
    draws of the reference; the chance leans on the larger of both errors.

    Args:
        statistics: of data and reference; positive.
        sizes: units of each row, of data and reference.
        rows: the most rows that are looked at.
        below: whether trouble lies below.
        units: whether both are cut to as many units, and to no more than `most`.
        groups: into which each side is cut.

    Reference: Shao, Wu 1989, A general theory for jackknife variance estimation, section 2 (the delete-d jackknife).
    """
    rng = np.random.default_rng(seed)
    m = min(rows, len(sizes[0]), len(sizes[1]))
    groups = min(groups, m)
    chosen = [rng.permutation(len(s))[:m] for s in sizes]
    limit = min(int(s[c].sum()) for s, c in zip(sizes, chosen)) if units else None
    limit = min(limit, most) if limit is not None and most is not None else limit
    values = [max(f(c, limit), 1e-12) for f, c in zip(statistics, chosen)]
    less = None if limit is None else limit * (groups - 1) // groups
    errors = []
    for statistic, own in zip(statistics, chosen):
        place = rng.permutation(np.arange(m) % groups)
        left = np.log([max(statistic(own[place != g], less), 1e-12) for g in range(groups)])
        errors.append(math.sqrt((groups - 1) / groups * float(((left - left.mean()) ** 2).sum())))
    gap = math.log(values[0] / values[1])
    error, chance_error = math.hypot(*errors), math.sqrt(2) * errors[1]
    spread = max(error, chance_error)
    sign = -1 if below else 1
    p = student_above(sign * gap / spread, groups - 1) if spread > 1e-12 else (0.5 if sign * gap <= 0 else 1 / groups)
    how = f"jackknife, {groups} groups of {m:,} rows"
    estimate = Estimate(
        value=math.exp(gap), low=math.exp(gap - _Z * error), high=math.exp(gap + _Z * error), n=m, method=how
    )
    null = Estimate(value=1.0, low=math.exp(-_Z * chance_error), high=math.exp(_Z * chance_error), n=m, method=how)
    return Ratio(values[0], values[1], estimate, null, p, m)


def around(value: float, spread: float, n: int, method: str) -> Estimate:
    """Return a share with a normal interval of that spread, within 0 and 1."""
    low, high = max(0.0, value - _Z * spread), min(1.0, value + _Z * spread)
    return Estimate(value=value, low=min(low, value), high=max(high, value), n=n, method=method)


def at_least(count: int, n: int, share: float) -> float:
    """Return the chance that `count` or more of `n` rows are hit where each is with chance `share`: binomial tail.

    Example:
        >>> round(at_least(1, 10, 0.1), 4), at_least(0, 10, 0.1)
        (0.6513, 1.0)
    """
    if count <= 0:
        return 1.0
    from scipy.stats import binom

    return float(min(1.0, binom.sf(count - 1, n, share)))
