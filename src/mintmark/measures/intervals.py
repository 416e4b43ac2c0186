"""Intervals and tests that every claim leans on. All intervals are of 95 % unless `level` says otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate

Floats = npt.NDArray[np.float64]


def wilson(count: int, n: int, *, of: str = "rows", level: float = 0.95) -> Estimate:
    """Return a share with Wilson's interval; of nothing (n = 0) everything is possible.

    Reference: Wilson 1927; Brown, Cai, DasGupta 2001, Interval estimation for a binomial proportion.

    Example:
        >>> str(wilson(3, 100))
        '0.030 [0.010, 0.085]'
    """
    method = f"Wilson, {of}"
    if n == 0:
        return Estimate(value=0.5, low=0, high=1, n=0, method=method)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(value=share, low=min(low, share), high=max(high, share), n=n, method=method)


def mean(values: Sequence[float] | Floats, *, of: str = "rows") -> Estimate:
    """Return a mean with its normal interval.

    Raises:
        ValueError: for no value.

    Example:
        >>> str(mean([1.0, 2.0, 3.0]))
        '2 [0.868, 3.132]'
    """
    x = np.asarray(values, np.float64)
    if not len(x):
        raise ValueError("the mean of nothing")
    centre = float(x.mean())
    half = 1.959964 * float(x.std(ddof=1)) / math.sqrt(len(x)) if len(x) > 1 else math.inf
    if not math.isfinite(half):
        half = abs(centre) if centre else 1.0
    return Estimate(value=centre, low=centre - half, high=centre + half, n=len(x), method=f"normal, {of}")


def mean_of_seeds(values: Sequence[float] | Floats, *, of: str = "seeds") -> Estimate:
    """Return a mean over few repetitions with Student's interval.

    Raises:
        ValueError: for fewer than 2 values.

    Example:
        >>> str(mean_of_seeds([0.70, 0.72, 0.71, 0.73, 0.69]))
        '0.710 [0.690, 0.730]'
    """
    x = np.asarray(values, np.float64)
    if len(x) < 2:
        raise ValueError("one repetition has no interval")
    half = student_quantile(0.975, len(x) - 1) * float(x.std(ddof=1)) / math.sqrt(len(x))
    centre = float(x.mean())
    return Estimate(value=centre, low=centre - half, high=centre + half, n=len(x), method=f"Student's t, {of}")


def bootstrap(
    n: int, statistic: Callable[[npt.NDArray[np.int64]], float], *, seed: int, draws: int = 200, of: str = "rows"
) -> Estimate:
    """Return `statistic(all rows)` with a percentile interval, widened where it must be to hold the value.

    Statistics that count distinct things are lower on resamples, which repeat rows: use `subsample` for them.

    Args:
        n: rows; `statistic` is given an index array of that length.
    """
    rng = np.random.default_rng(seed)
    value = float(statistic(np.arange(n)))
    drawn = [float(statistic(rng.integers(0, n, n))) for _ in range(draws)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(
        value=value, low=min(float(low), value), high=max(float(high), value), n=n, method=f"bootstrap over {of}"
    )


def subsample(
    n: int, statistic: Callable[[npt.NDArray[np.int64]], float], *, seed: int, size: int | None = None,
    draws: int = 30, of: str = "rows",
) -> Estimate:  # fmt: skip
    """Return the mean of `statistic` over halves drawn without replacement, with the interval of their spread.

    Right where repeated rows would change the statistic. The spread of halves of one set is about that of
    independent sets of the same size.

    Args:
        size: rows drawn each time; half of `n` where not given. Two sets are compared at one size.

    Reference: Politis, Romano, Wolf 1999, Subsampling, chapter 2.
    """
    rng = np.random.default_rng(seed)
    size = max(1, n // 2) if size is None else min(size, n)
    drawn = np.array([float(statistic(rng.permutation(n)[:size])) for _ in range(draws)])
    centre = float(drawn.mean())
    # A part f of the rows drawn without replacement varies less than a fresh sample, by 1 - f.
    half = 1.959964 * float(drawn.std(ddof=1)) / math.sqrt(max(1 - size / n, 1 / draws))
    return Estimate(value=centre, low=centre - half, high=centre + half, n=size, method=f"subsampling of {size} {of}")


def difference(a: Estimate, b: Estimate) -> Estimate:
    """Return a - b of two independent estimates, its interval from theirs.

    Reference: Newcombe 1998, Interval estimation for the difference between independent proportions, method 10.

    Example:
        >>> str(difference(wilson(56, 70), wilson(48, 80)))
        '0.200 [0.052, 0.334]'
    """
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    high = value + math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value=value, low=low, high=high, n=a.n + b.n, method=f"difference ({a.method})")


def two_shares_p(count_a: int, n_a: int, count_b: int, n_b: int) -> float:
    """Return the one-sided chance of so large a share in a, or larger, were it b's: Fisher's exact test.

    Example:
        >>> round(two_shares_p(8, 10, 1, 10), 4)
        0.0027
    """
    total, hits = n_a + n_b, count_a + count_b
    if not n_a or not n_b:
        return 1.0
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, total + 1)))])

    def choose(n: int, k: npt.NDArray[np.int64]) -> Floats:
        found: Floats = logs[n] - logs[k] - logs[n - k]
        return found

    k = np.arange(count_a, min(n_a, hits) + 1)
    chance = np.exp(choose(n_a, k) + choose(n_b, hits - k) - choose(total, np.array([hits]))).sum()
    return float(min(1.0, chance))


def above_p(estimate: Estimate, null: Estimate) -> float:
    """Return the one-sided chance of so high an estimate, were its truth the null's: normal, both errors in it."""
    spread = math.hypot(estimate.standard_error, null.standard_error)
    gap = estimate.value - null.value
    if spread == 0:
        return 0.0 if gap > 0 else 1.0
    return float(1 - NormalDist().cdf(gap / spread))


def holm(chances: Sequence[float]) -> list[float]:
    """Return Holm's adjusted chances: claims where the adjusted chance is under 5 % are wrong together in 5 % of cases.

    Reference: Holm 1979, A simple sequentially rejective multiple test procedure.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    found, running = [0.0] * len(chances), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(chances) - rank) * chances[i]))
        found[i] = running
    return found


def student_quantile(share: float, freedom: int) -> float:
    """Return a quantile of Student's t, to 1e-9, by bisecting its distribution function.

    Example:
        >>> round(student_quantile(0.975, 4), 3)
        2.776
    """
    low, high = 0.0, 1e4
    while high - low > 1e-10 * max(1.0, low):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_cdf(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _student_cdf(t: float, freedom: int) -> float:
    """Abramowitz and Stegun 26.7.3 and 26.7.4: closed sums for whole degrees of freedom."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    if freedom % 2:
        total, term = 0.0, cosine
        for k in range(1, freedom - 1, 2):
            total += term
            term *= cosine * cosine * (k + 1) / (k + 2)
        return 0.5 + (angle + sine * total) / math.pi
    total, term = 0.0, 1.0
    for k in range(0, freedom - 1, 2):
        total += term
        term *= cosine * cosine * (k + 1) / (k + 2)
    return 0.5 + sine * total / 2
