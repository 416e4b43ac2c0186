"""How far the words of two sets of texts lie apart, and how far they would if both came from one source."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .tokens import Vocabulary

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats, Floats], Floats]
"""Counts of words in two sets, shape (..., words) each, to one number for each pair: shape (...)."""
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Apart:
    """How far two sets lie apart.

    Attributes:
        estimate: the distance, its interval from resampled texts.
        null: the same where texts change sets at random; what the first set gives, where both are held against a third.
        p: the chance of so large a distance where both sets come from one source.
    """

    estimate: Estimate
    null: Estimate
    p: float


def word_counts(*sets: Sequence[Sequence[str]]) -> tuple[list[Any], list[str]]:
    """Return counts of words for each set, scipy CSR of shape (texts, words), and the words; one vocabulary for all."""
    import scipy.sparse as sp

    vocabulary = Vocabulary()
    read = [[vocabulary.read(text) for text in texts] for texts in sets]
    found = []
    for texts in read:
        ids = np.concatenate([np.zeros(0, np.int64), *texts])
        ends = np.concatenate([[0], np.cumsum([len(t) for t in texts])]).astype(np.int64)
        matrix = sp.csr_matrix((np.ones(len(ids)), ids, ends), shape=(len(texts), max(1, len(vocabulary))))
        matrix.sum_duplicates()
        found.append(matrix)
    return found, vocabulary.words


def fold_rare(matrices: Sequence[Any], *, least: int = 10) -> list[Any]:
    """Return the counts with all words met fewer than `least` times in all sets together as one word, the last.

    Thousands of words met once tell little of what changed, and their noise would hide it.
    """
    import scipy.sparse as sp

    often = sum(_sum(m) for m in matrices) >= least
    return [sp.hstack([m[:, often], sp.csr_matrix(m[:, ~often].sum(axis=1))]).tocsr() for m in matrices]


def unseen_share(known: Floats, new: Floats) -> Floats:
    """Return the share of the words of `new`, each as often as it stands there, that `known` does not have.

    Shape (..., words) each; 0 where `new` has no word.

    Example:
        >>> float(unseen_share(np.array([5.0, 0.0]), np.array([3.0, 1.0])))
        0.25
    """
    found: Floats = (new * (known == 0)).sum(axis=-1) / np.maximum(new.sum(axis=-1), 1)
    return found


def apart(
    first: Any, second: Any, statistic: Statistic, *, fixed: Any = None, draws: int = 199, seed: int = 0,
) -> Apart:  # fmt: skip
    """Return how far `second` lies from `first`, or, where `fixed` is given, from it.

    Texts change sets at random for `p`: whole texts, for the words of a text come together. With `fixed` the question is
    whether `second` lies further from it than `first` does; the null is then how far `first` lies from it, and the larger
    of the two sets is cut to the size of the smaller.

    Args:
        first, second, fixed: counts of words by text over one vocabulary: scipy CSR.
        statistic: the distance; the counts that are known come first.

    Guarantees: where both sets come from one source, `p` is below a with chance at most about a. Where no draw
        comes up to what was found, `p` is read off the gamma distribution with the draws' first three moments.

    Raises:
        ValueError: for a set without texts.

    Reference: Phipson and Smyth 2010, Permutation p-values should never be zero; Minas and Montana 2014,
        Distance-based analysis of variance (the gamma tail).
    """
    import scipy.sparse as sp

    if not first.shape[0] or not second.shape[0]:
        raise ValueError("a set without texts lies nowhere")
    rng = np.random.default_rng(seed)
    if fixed is not None:
        size = min(first.shape[0], second.shape[0])
        first, second = (
            x if x.shape[0] == size else x[np.sort(rng.permutation(x.shape[0])[:size])] for x in (first, second)
        )
    n, m = first.shape[0], second.shape[0]
    pool = sp.vstack([first, second]).tocsr()
    whole = _sum(pool)
    base = None if fixed is None else _sum(fixed)

    def distance(known: Floats, new: Floats) -> Floats:
        return statistic(known if base is None else np.broadcast_to(base, new.shape), new)

    block = max(1, _BLOCK // max(pool.shape[1], n + m))
    drawn, spread, null_spread = np.zeros(0), np.zeros(0), np.zeros(0)
    for start in range(0, draws, block):
        count = min(block, draws - start)
        chosen = np.zeros((count, n + m))
        for row in chosen:
            row[rng.permutation(n + m)[:m]] = 1
        taken = _weighted(pool, chosen)
        drawn = np.append(drawn, distance(whole - taken, taken))
        weights = [rng.multinomial(k, np.full(k, 1 / k), count).astype(np.float64) for k in (n, m)]
        again = [_weighted(x, w) for x, w in zip((first, second), weights)]
        spread = np.append(spread, distance(*again))
        if base is not None:
            null_spread = np.append(null_spread, distance(again[0], again[0]))
    value = float(distance(_sum(first), _sum(second)))
    estimate = _with(value, float(spread.std(ddof=1)), m)
    if base is not None:
        null = _with(float(distance(_sum(first), _sum(first))), float(null_spread.std(ddof=1)), n)
    else:
        low, high = (float(x) for x in np.quantile(drawn, [0.025, 0.975]))
        middle = float(drawn.mean())
        null = Estimate(
            value=middle, low=min(low, middle), high=max(high, middle), n=draws, method="permutation of texts"
        )  # fmt: skip
    return Apart(estimate, null, permutation_p(value, drawn))


def permutation_p(value: float, drawn: Floats) -> float:
    """Return the chance of `value` or more from draws under the null: by count, or by a gamma tail beyond them all.

    Example:
        >>> permutation_p(0.5, np.array([0.1, 0.5, 0.9]))
        0.75
    """
    from scipy.stats import pearson3

    above = int((drawn >= value - 1e-12).sum())
    counted = (1 + above) / (1 + len(drawn))
    spread = float(drawn.std(ddof=1)) if len(drawn) > 1 else 0.0
    if above or spread <= 1e-15 or len(drawn) < 50:
        return counted
    z = (drawn - drawn.mean()) / spread
    # A skew below 0 would end the tail early, and call certain what is not.
    skew = max(0.0, float((z**3).mean()))
    tail = float(pearson3.sf((value - float(drawn.mean())) / spread, skew))
    return min(counted, tail) if math.isfinite(tail) else counted


def _with(value: float, spread: float, n: int) -> Estimate:
    half = 1.959964 * spread
    return Estimate(value=value, low=max(0.0, value - half), high=value + half, n=n, method="bootstrap over texts")


def _weighted(matrix: Any, weights: Floats) -> Floats:
    """Return counts of words where each text stands as often as its weight says: shape (weights, words)."""
    found: Floats = np.asarray((matrix.T @ weights.T).T)
    return found


def _sum(matrix: Any) -> Floats:
    found: Floats = np.asarray(matrix.sum(axis=0), np.float64).ravel()
    return found
