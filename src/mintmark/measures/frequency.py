"""How often words and openings come: divergence, over-use with its uncertainty, peaks, templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .tokens import Vocabulary

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MASK = "_"
"""Stands for one or more rare words in a skeleton."""


def count_matrix(rows: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Any:
    """Return how often each row has each word: scipy CSR of float64, shape (rows, words met so far).

    The vocabulary grows as rows are read; widen a matrix made before with `resize`.
    """
    import scipy.sparse as sp

    ends = np.concatenate([[0], np.cumsum([len(r) for r in rows], dtype=np.int64)])
    words = vocabulary.read(word for row in rows for word in row)
    found = sp.csr_matrix((np.ones(len(words)), words, ends), shape=(len(rows), len(vocabulary)))
    found.sum_duplicates()
    return found


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Return the Jensen-Shannon divergence of counts, in bits: 0 for like shares, 1 for disjoint ones.

    Shape (..., words) each. A set without a word is as far as can be from one that has some. It is too high by about
    (types - 1) / (4 ln 2) (1 / n1 + 1 / n2) for samples of one source: hold it against real rows of the same number.

    Reference: Lin 1991, Divergence measures based on the Shannon entropy.

    Example:
        >>> float(jensen_shannon(np.array([1.0, 1.0]), np.array([5.0, 5.0])))
        0.0
        >>> float(jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 3.0])))
        1.0
    """
    total = [x.sum(axis=-1, keepdims=True) for x in (first, second)]
    p, q = (x / np.maximum(t, 1e-300) for x, t in zip((first, second), total))
    found: Floats = np.clip(_entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2, 0, 1)
    lone = (total[0][..., 0] > 0) != (total[1][..., 0] > 0)
    return np.where(lone, 1.0, found)


@dataclass(frozen=True)
class LogOdds:
    """Log odds ratio of each item, first set over second, with its 95 % interval and z: float64, shape (items,)."""

    ratio: Floats
    low: Floats
    high: Floats
    z: Floats


def log_odds(first: Ints, rows_first: int, second: Ints, rows_second: int, *, prior_rows: float = 100.0) -> LogOdds:
    """Return how much likelier a row of the first set is to have each item, shrunk where there is little to go by.

    Rows that have an item are counted, not how often they have it: a word said six times in one row is one sight of it.

    Args:
        first, second: rows of each set that have the item, shape (items,).
        prior_rows: rows of both sets together that the prior is worth, at most a tenth of the smaller set.

    Reference: Monroe, Colaresi, Quinn 2008, Fightin' words, equations 15, 19 and 22.

    Example:
        >>> found = log_odds(np.array([50, 10]), 100, np.array([10, 10]), 100)
        >>> found.z.round(1).tolist()
        [5.5, 0.0]
    """
    weight = min(prior_rows, 0.1 * min(rows_first, rows_second))
    share = (first + second) / max(1, rows_first + rows_second)
    # Half a row keeps an item in every row, or in none, from odds without bound.
    has, lacks = np.maximum(weight * share, 1e-3), np.maximum(weight * (1 - share), 0.5)
    ratio, variance = np.zeros(len(first)), np.zeros(len(first))
    for sign, counted, rows in ((1, first, rows_first), (-1, second, rows_second)):
        yes, no = counted + has, rows - counted + lacks
        ratio += sign * np.log(yes / no)
        variance += 1 / yes + 1 / no
    error = np.sqrt(variance)
    return LogOdds(ratio, ratio - 1.959964 * error, ratio + 1.959964 * error, ratio / error)


def overused(
    first: Ints, rows_first: int, second: Ints, rows_second: int, *, least_z: float = 3.0, least_share: float = 0.005,
    most: int = 10,
) -> Ints:  # fmt: skip
    """Return the items that stand out most in the first set, by z of `log_odds`, at most `most` of them.

    Picked on some rows, what they show there is too good: count them on others.

    Args:
        least_z: z below which an item is not picked.
        least_share: nor is one that fewer rows of the first set have.
    """
    z = log_odds(first, rows_first, second, rows_second).z
    able = np.flatnonzero((z > least_z) & (first >= max(3.0, least_share * rows_first)))
    found: Ints = able[np.argsort(-z[able], kind="stable")][:most]
    return found


@dataclass(frozen=True)
class Density:
    """A kernel density of log10 word frequencies, and its narrow peaks.

    Attributes:
        x, narrow, smooth: grid of log10 shares; the density with a narrow and with a wide kernel.
        peaks: places on x where far more words are than the smooth density has room for.
    """

    x: Floats
    narrow: Floats
    smooth: Floats
    peaks: Floats


def frequency_density(
    counts: Floats, *, least: int = 20, width: float = 0.02, chance: float = 0.003, seed: int = 0
) -> Density:
    """Return the density of log10 word frequency, with its narrow peaks: many words said equally often.

    Natural text has fewer words the more frequent they are, without steps. A template gives its words one frequency.
    A peak is a stretch of 2 x `width` with so many words that the smooth density gives such a number with less than
    `chance`.

    Args:
        counts: how often each word comes, shape (words,).
        least: words said less often are left out.

    Reference: Chen et al. 2024, arXiv 2406.12397 (the picture; this count of peaks is of our own making).
    """
    from scipy.stats import poisson

    if np.count_nonzero(counts >= least) < 10:
        return Density(*(np.zeros(0) for _ in range(4)))
    # The wide kernel reaches below the least count, where words are too: cut off there, the density would sag.
    kept = counts[counts >= max(1.0, least / 4)]
    # Counts are whole numbers: spread over the step to the next, or every small count were a peak.
    spread = np.random.default_rng(seed).uniform(-0.5, 0.5, len(kept))
    values = np.sort(np.log10((kept + spread) / counts.sum()))
    x = np.arange(np.log10(least / counts.sum()) + width, values[-1] + 2 * width, width / 2)
    smooth, narrow = _kernel(values, x, 10 * width), _kernel(values, x, width)
    inside = np.searchsorted(values, x + width, side="right") - np.searchsorted(values, x - width)
    expected = smooth * len(values) * 2 * width
    high = (poisson.sf(inside - 1, expected) < chance) & (inside >= 3)
    starts = np.flatnonzero(high & ~np.concatenate([[False], high[:-1]]))
    ends = np.flatnonzero(high & ~np.concatenate([high[1:], [False]]))
    peaks = np.array([x[a + int(np.argmax(inside[a : b + 1]))] for a, b in zip(starts, ends)])
    return Density(x, narrow, smooth, peaks)


def opening(words: Sequence[str], length: int = 4) -> str:
    """Return the first words of a row, "" where it has fewer.

    Example:
        >>> opening(["how", "many", "cats", "are", "there"]), opening(["how", "many"])
        ('how many cats are', '')
    """
    return " ".join(words[:length]) if len(words) >= length else ""


def skeleton(words: Sequence[str], common: Collection[str], length: int = 8) -> str:
    """Return the first places of a row, rare words masked; "" where fewer than three of them are common words.

    Example:
        >>> skeleton("write a poem about cats and rain .".split(), {"write", "a", "about", "and", "."})
        'write a _ about _ and _ .'
    """
    found: list[str] = []
    for word in words:
        place = word if word in common else MASK
        if place != MASK or not found or found[-1] != MASK:
            found.append(place)
        if len(found) == length:
            break
    return " ".join(found) if len(found) == length and sum(w != MASK for w in found) >= 3 else ""


def common_beginning(rows: Sequence[Sequence[str]], *, share: float = 0.8, longest: int = 20) -> str:
    """Return the words that at least `share` of the rows begin with, one after another.

    Example:
        >>> common_beginning([["let", "us", "see"], ["let", "us", "go"]])
        'let us'
    """
    kept, found = [list(r) for r in rows], list[str]()
    while kept and len(found) < longest:
        place = len(found)
        following = Counter(r[place] for r in kept if len(r) > place)
        word, count = following.most_common(1)[0] if following else ("", 0)
        if count < share * len(rows):
            break
        found.append(word)
        kept = [r for r in kept if len(r) > place and r[place] == word]
    return " ".join(found)


def _kernel(values: Floats, x: Floats, width: float) -> Floats:
    steps = (x[:, None] - values[None, :]) / width
    found: Floats = np.exp(-0.5 * steps**2).sum(1) / (len(values) * width * np.sqrt(2 * np.pi))
    return found


def _entropy(p: Floats) -> Floats:
    found: Floats = -(p * np.log2(np.where(p > 0, p, 1.0))).sum(axis=-1)
    return found
