"""Classifier two-sample test: how well a linear critic, on rows it has not seen, tells two sets of rows apart."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .lexical import shingle_sets
from .overlap import Overlap, band_keys, buckets, signatures

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEW, MANY = 5, 3
"""Folds for up to `LARGE` rows, and for more: with many rows two thirds teach as well as four fifths."""
LARGE = 10_000
_SHARED = 2.0
"""Each pair of folds meets twice, once as training and once as test rows. For a critic that weighs the difference of
two means both meetings give the same number, so the variance is twice that of independent test rows."""


@dataclass(frozen=True)
class Critique:
    """What a critic said of two sets.

    Attributes:
        auc: area under its curve on rows held out, with its interval.
        p: one-sided chance of so high an area where labels mean nothing.
        first, second: each row's held-out score, higher for a row that looks to be of the first set.
    """

    auc: Estimate
    p: float
    first: Floats
    second: Floats


def critique(
    first: Any, second: Any, *, groups: Ints | None = None, folds: int | None = None, seed: int = 0
) -> Critique:
    """Return how well logistic regression tells rows of `first` from rows of `second`, by cross-fitting.

    Rows of one group stay in one fold, so that a text and its near duplicate never stand on both sides.

    Args:
        first, second: sparse or dense features, shape (rows, d); a row has length about 1.
        groups: shape (rows of both,); every row its own where not given.
        folds: 5, or 3 for more than 10,000 rows, where not given.

    Guarantees: where rows of both sets come from one source, `p` is below a with chance about a.

    Raises:
        ValueError: where a set has fewer rows than there are folds.

    Reference: Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests; Kim et al. 2021, Classification
        accuracy as a proxy for two-sample testing.
    """
    import scipy.sparse as sp

    n = (first.shape[0], second.shape[0])
    folds = folds or (FEW if sum(n) <= LARGE else MANY)
    if min(n) < folds:
        raise ValueError(f"{folds} folds need as many rows of each set, got {n[0]} and {n[1]}")
    sparse = sp.issparse(first)
    x: Any = sp.vstack([first, second]).tocsr() if sparse else np.vstack([first, second])
    if sparse:
        _, used = np.unique(x.indices, return_inverse=True)
        x = sp.csr_matrix((x.data, used.ravel(), x.indptr), shape=(x.shape[0], int(used.max(initial=0)) + 1))
    labels = np.repeat([1, 0], n)
    groups = np.arange(sum(n)) if groups is None else np.asarray(groups)
    fold = assign_folds(groups, labels, folds, seed=seed)
    scores = np.zeros(sum(n))
    for one in range(folds):
        held = fold == one
        if held.any() and len(np.unique(labels[~held])) == 2:
            scores[held] = _fitted(x[~held], labels[~held], seed).decision_function(x[held])
    auc, p = separation(scores, labels, fold, groups)
    return Critique(auc, p, scores[: n[0]], scores[n[0] :])


def separation(scores: Floats, labels: Ints, fold: Ints, groups: Ints) -> tuple[Estimate, float]:
    """Return the area under the curve within folds, with DeLong's interval, and its permutation p.

    The interval lets rows of a group depend on each other. `p` is that of all permutations of the held-out labels
    within folds against fixed scores, in its normal limit: no critic is fitted again. Both take twice the variance
    of independent rows, for cross-fitted folds share their rows.

    Args:
        scores, labels (1 or 0), fold, groups: shape (rows,).

    Reference: DeLong, DeLong, Clarke-Pearson 1988; Obuchowski 1997, Nonparametric analysis of clustered ROC curve
        data; Lehmann 1975, Nonparametrics, section 1.4 (ties).
    """
    from scipy.stats import rankdata

    value = permuted = weights = 0.0
    influence = np.zeros(len(scores))
    for one in np.unique(fold):
        at = np.flatnonzero(fold == one)
        up, down = at[labels[at] == 1], at[labels[at] == 0]
        if not len(up) or not len(down):
            continue
        rank = np.zeros(len(scores))
        rank[at] = rankdata(scores[at])
        above = (rank[up] - rankdata(scores[up])) / len(down)
        below = 1 - (rank[down] - rankdata(scores[down])) / len(up)
        area, weight = float(above.mean()), float(len(up) * len(down))
        value, weights = value + weight * area, weights + weight
        influence[up] = weight * (above - area) / len(up)
        influence[down] = weight * (below - area) / len(down)
        # The variance of a sum of ranks drawn without replacement; ties make the ranks less unequal.
        permuted += weight * float(rank[at].var(ddof=1)) / len(at)
    n = len(scores)
    fewer = int(min(labels.sum(), n - labels.sum()))
    if not weights:
        return Estimate(value=0.5, low=0, high=1, n=n, method="no fold holds rows of both sets"), 1.0
    value /= weights
    together = np.bincount(np.unique(groups, return_inverse=True)[1].ravel(), influence / weights)
    # One row can always move the area by its own weight, also where no row is on the wrong side.
    error = max(math.sqrt(_SHARED * float((together**2).sum())), 0.5 / fewer)
    chance = math.sqrt(_SHARED * permuted) / weights
    p = 1 - NormalDist().cdf((value - 0.5) / chance) if chance > 0 else 1.0
    low, high = max(0.0, value - 1.959964 * error), min(1.0, value + 1.959964 * error)
    return Estimate(value=value, low=low, high=high, n=n, method="DeLong, cross-fitted, grouped rows"), float(p)


def assign_folds(groups: Ints, labels: Ints, folds: int, *, seed: int = 0) -> Ints:
    """Return each row's fold: groups whole, both labels spread evenly, folds of like size.

    A group larger than half a fold is dealt out row by row: kept whole it would leave other folds nothing to learn
    from, and such a crowd of like rows is itself what tells the sets apart.

    Returns:
        int64, shape (rows,), from 0 to folds - 1.
    """
    rng = np.random.default_rng(seed)
    _, number, size = np.unique(groups, return_inverse=True, return_counts=True)
    number = number.ravel()
    fold = np.full(len(groups), -1, np.int64)
    whole = np.flatnonzero((size > 1) & (size <= max(1, len(groups) // (2 * folds))))
    load = np.zeros((folds, 2), np.int64)
    if len(whole):
        order = np.argsort(number, kind="stable")
        ends = np.cumsum(size)
        for g in whole[np.lexsort((rng.random(len(whole)), -size[whole]))]:
            rows = order[ends[g] - size[g] : ends[g]]
            own = np.bincount(labels[rows], minlength=2)
            to = int(np.argmin(load @ own))
            fold[rows], load[to] = to, load[to] + own
    for label in (0, 1):
        rest = rng.permutation(np.flatnonzero((fold < 0) & (labels == label)))
        fold[rest] = _fill(load[:, label], len(rest))
    return fold


def near_duplicate_groups(texts: Sequence[str], *, threshold: float = 0.6, seed: int = 0) -> Ints:
    """Return a number for each text, the same for texts that are, or lead by steps to, near duplicates.

    Two texts are near duplicates where they share `threshold` of their word 3-grams (Jaccard). MinHash finds the
    candidates, about 96 % of pairs at .7 and nearly all at .8; exact Jaccard decides.

    Returns:
        int64, shape (texts,).
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    sets = shingle_sets([t.lower() for t in texts], 3, "word")
    met = buckets(band_keys(signatures(sets, 40, seed), 10, 4))
    parts = [np.zeros((0, 2), np.int64)]
    for band in met.T:
        # Each row of a bucket is held against its first alone: a crowd of m would make m (m - 1) / 2 pairs.
        rows = np.flatnonzero(band >= 0)
        _, first, place = np.unique(band[rows], return_index=True, return_inverse=True)
        parts.append(np.stack([rows[first][place.ravel()], rows], axis=1))
    pairs = np.unique(np.concatenate(parts), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    involved = np.unique(pairs)
    overlap = Overlap(shingle_sets([texts[i].lower() for i in involved], 3, "word"))
    kept = [np.zeros((0, 2), np.int64)]
    for part in np.split(pairs, np.flatnonzero(np.diff(pairs[:, 0])) + 1):
        if len(part):
            row, others = np.searchsorted(involved, part[0, 0]), np.searchsorted(involved, part[:, 1])
            kept.append(part[overlap.jaccards(int(row), others) >= threshold])
    found = np.concatenate(kept)
    graph = sp.coo_matrix((np.ones(len(found)), (found[:, 0], found[:, 1])), shape=(len(texts), len(texts)))
    labels: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def matched_lengths(first: Ints, second: Ints, *, width: float = 0.05, seed: int = 0) -> tuple[Ints, Ints]:
    """Return rows of either set, as many of each in every stratum of length: length alone tells them apart no more.

    Args:
        first, second: each row's length.
        width: of a stratum, as a part of the length; short lengths are strata of their own.

    Returns:
        Row numbers of the first and of the second set, int64, of one shape.
    """
    rng = np.random.default_rng(seed)
    bins = [np.floor(np.log(np.maximum(x, 1)) / np.log1p(width)).astype(np.int64) for x in (first, second)]
    chosen: tuple[list[Ints], list[Ints]] = ([np.zeros(0, np.int64)], [np.zeros(0, np.int64)])
    for stratum in np.intersect1d(*bins):
        rows = [np.flatnonzero(b == stratum) for b in bins]
        count = min(map(len, rows))
        for own, into in zip(rows, chosen):
            into.append(np.sort(rng.permutation(own)[:count]))
    return np.concatenate(chosen[0]), np.concatenate(chosen[1])


def _fitted(x: Any, labels: Ints, seed: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    critic = LogisticRegression(
        C=1.0, tol=0.01, solver="liblinear", dual=True, class_weight="balanced", random_state=seed
    )
    with warnings.catch_warnings():
        # A critic that has not quite converged is still a critic: its score counts on rows it has not seen.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return critic.fit(x, labels)


def _fill(load: Ints, count: int) -> Ints:
    """Return the folds of `count` rows, dealt so that loads come out as even as they can."""
    load = load.copy()
    given = np.zeros(len(load), np.int64)
    while count:
        level = np.unique(load)
        low = np.flatnonzero(load == level[0])
        room = count if len(level) == 1 else min(count, int(level[1] - level[0]) * len(low))
        share = np.full(len(low), room // len(low))
        share[: room % len(low)] += 1
        load[low] += share
        given[low] += share
        count -= room
    return np.repeat(np.arange(len(load)), given)
