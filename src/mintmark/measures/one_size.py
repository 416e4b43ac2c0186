"""Several sets of texts side by side: what depends on how much there is, is taken at one size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .diversity import compression_ratio, grams, ngram_kernel, vendi_of_kernel
from .intervals import mean, subsample, wilson
from .overlap import exact_pairs, shingle_hashes
from .text import fold
from .tokens import tokens
from .variety import at_size, kinds

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MOST = 500
"""Texts of a set that similarities look at; of more, that many are drawn."""
NEAR = 0.8
"""Jaccard similarity from which two texts are near duplicates, as in `curate.minhash`."""
MEASURES = ("words", "distinct_2", "compression", "vendi", "self_similarity", "near_duplicates")
_DRAWS = 30


def side_by_side(sets: Sequence[Sequence[str]], *, seed: int = 0) -> list[dict[str, Estimate]]:
    """Return the measures of each set; those that grow or fall with the size of a set are all taken at one size.

    words: mean words of a text. distinct_2: share of different word pairs, of half as many pairs as the smallest set has.
    compression: bytes before over after DEFLATE, of half as many bytes. vendi: effective number of unlike texts (cosine of
    word 1- and 2-grams), of half as many texts. near_duplicates: share of texts with another at Jaccard .8, of as many texts.
    self_similarity: mean cosine of two texts.

    Args:
        sets: texts; what is empty says nothing and is left out.
        seed: of what is drawn.

    Returns:
        For each set, the measures that can be taken; none for a set of fewer than 4 texts, which sets no size either.

    Reference: Li et al. 2016; Shaib et al. 2024; Friedman, Dieng 2023; Politis, Romano, Wolf 1999, Subsampling, chapter 2.

    Example:
        >>> same, unlike = side_by_side([["a b c d"] * 8, [f"{i} {i}x {i}y {i}z" for i in range(8)]])
        >>> str(same["vendi"]), str(unlike["vendi"])
        ('1 [1, 1]', '4 [4, 4]')
    """
    texts = [[t for t in own if t.strip()] for own in sets]
    large = [own for own in texts if len(own) >= 4]
    if not large:
        return [{} for _ in sets]
    least = min(len(own) for own in large)
    words = [[tokens(t) for t in own] for own in texts]
    pairs = [grams(own, 2) for own in words]
    pair_limit = min(len(found.ids) for found, own in zip(pairs, texts, strict=True) if len(own) >= 4) // 2
    byte_limit = min(sum(_bytes(t) for t in own) for own in large) // 2
    found: list[dict[str, Estimate]] = []
    for own, spoken, two in zip(texts, words, pairs, strict=True):
        if len(own) < 4:
            found.append({})
            continue
        drawn = np.random.default_rng(seed).permutation(len(own))
        kernel = ngram_kernel([spoken[i] for i in drawn[:MOST].tolist()])
        one = {
            "words": mean([float(len(t.split())) for t in own]),
            "compression": _compression(own, byte_limit, seed),
            "vendi": subsample(len(kernel), _vendi(kernel), seed=seed, size=max(2, min(least, MOST) // 2), of="texts"),
            "self_similarity": _self_similarity(kernel),
            "near_duplicates": _near([own[i] for i in drawn[: min(least, MOST)].tolist()]),
        }
        if pair_limit:
            share = at_size(two, pair_limit, lambda ids: kinds(ids) / len(ids), seed=seed, draws=_DRAWS)
            one["distinct_2"] = share.model_copy(update={"low": max(0.0, share.low), "high": min(1.0, share.high)})
        found.append({name: one[name] for name in MEASURES if name in one})
    return found


def _vendi(kernel: Floats) -> Callable[[Ints], float]:
    return lambda rows: vendi_of_kernel(kernel[np.ix_(rows, rows)])


def _self_similarity(kernel: Floats) -> Estimate:
    """Return the mean over pairs; its error is that of a U-statistic of two.

    Reference: Hoeffding 1948, A class of statistics with asymptotically normal distribution.
    """
    n = len(kernel)
    each = (kernel.sum(axis=1) - np.diag(kernel)) / (n - 1)
    centre = float(each.mean())
    half = 1.959964 * 2 * float(each.std(ddof=1)) / math.sqrt(n)
    return Estimate(value=centre, low=max(0.0, centre - half), high=centre + half, n=n, method="U-statistic over pairs")


def _near(texts: Sequence[str]) -> Estimate:
    met, _ = exact_pairs(shingle_hashes([fold(t) for t in texts]), NEAR)
    return wilson(len(np.unique(met)), len(texts), of="texts")


def _compression(texts: Sequence[str], limit: int, seed: int) -> Estimate:
    rng = np.random.default_rng(seed)
    sizes = np.array([_bytes(t) for t in texts])
    values = []
    for _ in range(_DRAWS):
        order = rng.permutation(len(texts))
        enough = int(np.searchsorted(np.cumsum(sizes[order]), limit)) + 1
        values.append(compression_ratio((texts[i] for i in order[:enough].tolist()), limit))
    centre, part = float(np.mean(values)), limit / max(1, int(sizes.sum()))
    # A part of the set drawn without replacement varies less than a fresh sample would.
    half = 1.959964 * float(np.std(values, ddof=1)) / math.sqrt(max(1 - part, 1 / _DRAWS))
    method = f"subsampling of {limit:,} bytes"
    return Estimate(value=centre, low=centre - half, high=centre + half, n=len(texts), method=method)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass")) + 1
