"""What is left of a set's variety after generations of making data from data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .diversity import Grams

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_Z = 1.959964


def kinds(ids: Ints) -> float:
    """Return how many different ones there are.

    Example:
        >>> kinds(np.array([3, 3, 5]))
        2.0
    """
    return float(np.count_nonzero(np.bincount(ids, minlength=1)))


def effective_kinds(ids: Ints) -> float:
    """Return two to the power of the entropy in bits: how many kinds would be as varied, were all as frequent.

    Reference: Hill 1973, Diversity and evenness, order 1.

    Example:
        >>> effective_kinds(np.array([0, 1, 2, 3]))
        4.0
    """
    count = np.bincount(ids, minlength=1)
    p = count[count > 0] / max(1, len(ids))
    return float(2 ** -(p * np.log2(p)).sum())


def at_size(
    found: Grams, size: int, statistic: Callable[[Ints], float], *, seed: int, draws: int = 30
) -> Estimate:  # fmt: skip
    """Return a statistic of `size` n-grams, taken text by text in random order, with the interval of its spread.

    What counts different ones grows with the number looked at: sets are compared at one size, best below half of the
    smallest.

    Raises:
        ValueError: where there are not so many n-grams.

    Reference: Politis, Romano, Wolf 1999, Subsampling, chapter 2; Sanders 1968, Marine benthic diversity (rarefaction).
    """
    if not 0 < size <= len(found.ids):
        raise ValueError(f"{size} of {len(found.ids)} n-grams cannot be taken")
    rng = np.random.default_rng(seed)
    texts = len(found.offsets) - 1
    lengths = np.diff(found.offsets)
    drawn = np.empty(draws)
    for i in range(draws):
        order = rng.permutation(texts)
        enough = int(np.searchsorted(np.cumsum(lengths[order]), size)) + 1
        drawn[i] = statistic(found.of(order[:enough])[0][:size])
    centre = float(drawn.mean())
    part = size / len(found.ids)
    # A part of the set drawn without replacement varies less than a fresh sample would.
    half = _Z * float(drawn.std(ddof=1)) / math.sqrt(max(1 - part, 1 / draws))
    return Estimate(
        value=centre, low=centre - half, high=centre + half, n=size, method=f"subsampling of {size:,} words"
    )


def rare(found: Grams, rows: Ints, share: float = 0.1) -> Ints:
    """Return the rarest n-grams of `rows`, which together make at most `share` of them; at least those said once.

    N-grams of one frequency are all among them or none is, so that no order decides.

    Example:
        >>> from mintmark.measures.diversity import grams
        >>> rare(grams([["a", "a", "a", "b", "c"]], 1), np.array([0]), 0.5)
        array([1, 2])
    """
    count = np.bincount(found.of(rows)[0], minlength=found.kinds)
    mass_of = np.bincount(count, count.astype(np.float64))
    below = np.cumsum(mass_of)
    most = max(1, int(np.searchsorted(below, share * below[-1], side="right")) - 1)
    return np.flatnonzero((count > 0) & (count <= most))


def of_one_size(found: Grams, groups: Sequence[Ints], *, seed: int) -> list[Ints]:
    """Return texts of each group, drawn by seed, as many as make the n-grams that the smallest group has."""
    rng = np.random.default_rng(seed)
    lengths = np.diff(found.offsets)
    size = min(int(lengths[own].sum()) for own in groups)
    drawn = [rng.permutation(own) for own in groups]
    return [own[: max(1, int((np.cumsum(lengths[own]) <= size).sum()))] for own in drawn]


def mass(found: Grams, rows: Ints, of: Ints) -> Estimate:
    """Return the share of the n-grams of `rows` that are among `of`; its interval knows that texts come whole.

    Reference: Cochran 1977, Sampling techniques, section 6.4 (ratio estimates).
    """
    ids, owner = found.of(rows)
    inside = np.zeros(found.kinds, np.bool_)
    inside[of] = True
    hits = np.bincount(owner, inside[ids], minlength=len(rows))
    length = np.bincount(owner, minlength=len(rows))
    total = float(length.sum())
    if not total:
        return Estimate(value=0, low=0, high=1, n=0, method="no words")
    value = float(hits.sum()) / total
    half = _Z * math.sqrt(float(((hits - value * length) ** 2).sum()) * len(rows) / max(1, len(rows) - 1)) / total
    return Estimate(
        value=value, low=max(0.0, value - half), high=value + half, n=len(rows), method="ratio, texts whole"
    )


def ratio(after: Estimate, before: Estimate) -> tuple[Estimate, Estimate]:
    """Return after / before and its null, 1, with the interval of each by the delta method on logarithms.

    Raises:
        ValueError: where one is not above 0.

    Example:
        >>> a = Estimate(value=50, low=45, high=55, n=9, method="m")
        >>> [str(e) for e in ratio(a, a)]
        ['1 [0.868, 1.152]', '1 [0.868, 1.152]']
    """
    if min(after.value, before.value) <= 0:
        raise ValueError("a ratio needs numbers above 0")
    centre = math.log(after.value / before.value)
    half = _Z * math.hypot(log_error(after), log_error(before))
    kept, null = (
        Estimate(value=math.exp(c), low=math.exp(c - half), high=math.exp(c + half), n=after.n, method=after.method)
        for c in (centre, 0.0)
    )
    return kept, null


def trend(at: Sequence[float], values: Sequence[Estimate]) -> tuple[Estimate, Estimate]:
    """Return the factor by which a quantity changes each generation and its null, 1.

    A straight line through the logarithms, each weighed by its error. The null is that all generations are drawn from
    one source; the errors hold for it.

    Raises:
        ValueError: for fewer than 2 different generations, or a value not above 0.

    Example:
        >>> halves = [Estimate(value=v, low=v * 0.98, high=v * 1.02, n=9, method="m") for v in (8, 4, 2)]
        >>> round(trend([0, 1, 2], halves)[0].value, 6)
        0.5
    """
    x = np.asarray(at, np.float64)
    if len(set(x.tolist())) < 2 or min(v.value for v in values) <= 0:
        raise ValueError("a trend needs 2 generations and values above 0")
    y = np.log([v.value for v in values])
    w = 1 / np.maximum([log_error(v) for v in values], 1e-9) ** 2
    centre = float((w * x).sum() / w.sum())
    spread = float((w * (x - centre) ** 2).sum())
    slope = float((w * (x - centre) * y).sum()) / spread
    half = _Z / math.sqrt(spread)
    method = f"weighted line through {len(x)} logarithms"
    found, null = (
        Estimate(value=math.exp(c), low=math.exp(c - half), high=math.exp(c + half), n=len(x), method=method)
        for c in (slope, 0.0)
    )
    return found, null


def log_error(estimate: Estimate) -> float:
    """Return the standard error of an estimate's logarithm."""
    return estimate.standard_error / estimate.value
