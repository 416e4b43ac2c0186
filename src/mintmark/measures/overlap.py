"""Which texts share most of their shingles: MinHash finds candidates, exact Jaccard decides, and exact
all-pairs says what there was to find."""

from __future__ import annotations

import math
from array import array

import numpy as np
import numpy.typing as npt

from .lexical import CHUNK, Hashes, Shingles, Unit, jaccard, shingle_hashes, shingle_sets, shingles

__all__ = [
    "Overlap", "Shingles", "Unit", "band_keys", "bands_for", "buckets", "candidate_pairs", "exact_pairs", "jaccard",
    "pair_probability", "shingle_hashes", "shingle_sets", "shingles", "signatures",
]  # fmt: skip

Signatures = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def pair_probability(similarity: float, bands: int, rows: int) -> float:
    """Return the probability that two texts of that Jaccard similarity become a candidate pair.

    Reference: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.2.

    Example:
        >>> round(pair_probability(0.8, 20, 6), 3)
        0.998
    """
    return float(1 - (1 - similarity**rows) ** bands)


def bands_for(threshold: float, permutations: int = 120, recall: float = 0.99) -> tuple[int, int]:
    """Return (bands, rows of a band): the longest band that still finds a pair at `threshold` with chance `recall`.

    Longer bands bring fewer false candidates; `recall` is kept, for candidates are verified and cost only time.

    Raises:
        ValueError: where even one row a band finds too few; says how many permutations would do.

    Example:
        >>> bands_for(0.8), bands_for(0.5)
        ((20, 6), (40, 3))
    """
    for rows in range(permutations, 0, -1):
        if pair_probability(threshold, permutations // rows, rows) >= recall:
            return permutations // rows, rows
    # log1p(-threshold) is tiny for a tiny threshold, and 0 for one that no number of permutations would serve.
    chance = -math.log1p(-threshold)
    need = f"at least {math.ceil(-math.log(1 - recall) / chance)}" if chance > 0 else "more"
    raise ValueError(
        f"{permutations} permutations find fewer than {recall:.0%} of the pairs at threshold {threshold}; "
        f"raise the threshold, or use {need} permutations"
    )


def signatures(found: Shingles, permutations: int = 120, seed: int = 0) -> Signatures:
    """Return MinHash signatures: the share of equal places of two rows estimates their Jaccard similarity.

    Rensa's R-MinHash over all shingles of a text; their order and repeats change nothing, nor does the number
    of threads.

    Returns:
        uint32, shape (texts, permutations).

    Reference: Broder 1997; Dahlgaard, Knudsen, Thorup 2017, Fast similarity sketching.

    Example:
        >>> a, b = signatures(shingle_hashes(["the same text", "the same text"]))
        >>> bool((a == b).all())
        True
    """
    import rensa

    if not len(found):
        return np.zeros((0, permutations), np.uint32)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        found.hashes, found.offsets.astype(np.uint64), permutations, seed
    )
    # Rensa gives lists only; through an array they take half the time that numpy takes with them.
    flat = array("I")
    for row in matrix.to_rows():
        flat.fromlist(row)
    return np.array(flat, np.uint32).reshape(len(found), permutations)


def band_keys(signature: Signatures, bands: int, rows: int) -> Hashes:
    """Return one 64-bit key a band: uint64, shape (texts, bands). Two texts with an equal key are candidates."""
    keys = np.zeros((len(signature), bands), np.uint64)
    shaped = signature[:, : bands * rows].reshape(len(signature), bands, rows)
    for j in range(rows):
        keys ^= shaped[:, :, j]
        keys *= np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def buckets(keys: Hashes) -> Ints:
    """Return the bucket of each text in each band: int64, shape (texts, bands), -1 where it is alone.

    Bucket numbers differ between bands. They say who meets whom; their values carry nothing else.
    """
    found = np.full(keys.shape, -1, np.int64)
    first = 0
    for band in range(keys.shape[1]):
        _, place, count = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        shared = count > 1
        number = np.where(shared, np.cumsum(shared) - 1 + first, -1)
        found[:, band] = number[place.ravel()]
        first += int(shared.sum())
    return found


def candidate_pairs(keys: Hashes) -> Ints:
    """Return every pair (i, j), i < j, with an equal key in some band: int64, shape (pairs, 2), sorted.

    A bucket of m texts gives m(m - 1)/2 pairs: to remove duplicates walk the buckets instead.

    Example:
        >>> sign = signatures(shingle_hashes(["one two three four", "one two three four", "other words"]))
        >>> candidate_pairs(band_keys(sign, 20, 6)).tolist()
        [[0, 1]]
    """
    n = len(keys)
    parts = [np.zeros(0, np.int64)]
    for column in buckets(keys).T:
        order = np.argsort(column, kind="stable")
        order = order[np.searchsorted(column[order], 0) :]
        for group in np.split(order, np.flatnonzero(np.diff(column[order])) + 1):
            i, j = np.triu_indices(len(group), 1)
            parts.append(group[i] * n + group[j])
    pairs = np.unique(np.concatenate(parts))
    return np.stack([pairs // max(n, 1), pairs % max(n, 1)], axis=1)


class Overlap:
    """Exact Jaccard similarity of one text with many others, at a few nanoseconds a shingle.

    Args:
        sets: the texts' shingles, each said once (`shingle_sets`, `Shingles.distinct`).

    Example:
        >>> overlap = Overlap(shingle_sets(["a b c", "a b c", "a b x"], 1, "word"))
        >>> overlap.jaccards(0, np.array([1, 2])).tolist()
        [1.0, 0.5]
    """

    def __init__(self, sets: Shingles) -> None:
        values = np.unique(sets.hashes)
        self.ids = np.empty(len(sets.hashes), np.int32 if len(values) < 2**31 else np.int64)
        for start in range(0, len(self.ids), CHUNK * 64):
            part = slice(start, start + CHUNK * 64)
            self.ids[part] = np.searchsorted(values, sets.hashes[part])
        self.frequency: Ints = np.bincount(self.ids, minlength=len(values))
        self.offsets = sets.offsets
        self.sizes: Ints = np.diff(sets.offsets)
        self._marked = np.zeros(len(values), np.bool_)
        self._postings: tuple[npt.NDArray[np.int32], Ints] | None = None

    def __len__(self) -> int:
        return len(self.sizes)

    def jaccards(self, row: int, others: Ints) -> Floats:
        """Return the similarity of text `row` with each of `others`: float64, shape (others,)."""
        if not len(others):
            return np.zeros(0)
        own = self.ids[self.offsets[row] : self.offsets[row + 1]]
        self._marked[own] = True
        theirs = np.concatenate([self.ids[self.offsets[j] : self.offsets[j + 1]] for j in others])
        sizes = self.sizes[others]
        starts = np.cumsum(sizes) - sizes
        shared = np.add.reduceat(self._marked[theirs], starts, dtype=np.int64)
        self._marked[own] = False
        result: Floats = shared / (len(own) + sizes - shared)
        return result

    def possible(self, row: int, threshold: float) -> npt.NDArray[np.bool_]:
        """Return which texts may be `threshold` similar to text `row`: shape (texts,); no similar one is left out.

        Counts what each text shares of the row's rare shingles and supposes that it shares all common ones. So
        texts of one template, which share most of what they say and meet in every band, are told apart for some
        nanoseconds a text.
        """
        if self._postings is None:
            owner = np.repeat(np.arange(len(self), dtype=np.int32), self.sizes)
            order = np.argsort(self.ids, kind="stable")
            self._postings = owner[order], np.concatenate([[0], np.cumsum(self.frequency)])
        owners, starts = self._postings
        own = self.ids[self.offsets[row] : self.offsets[row + 1]]
        own = own[np.argsort(self.frequency[own], kind="stable")]
        # As many rare shingles as can be counted in the time that looking once at each text takes anyhow.
        rare = own[: np.searchsorted(np.cumsum(self.frequency[own]), len(self), side="right")]
        met = [owners[starts[token] : starts[token + 1]] for token in rare]
        shared = np.bincount(np.concatenate(met), minlength=len(self)) if met else 0
        # J >= t means shared >= t / (1 + t) * (|a| + |b|).
        least = threshold / (1 + threshold) * (len(own) + self.sizes) - 1e-9
        able: npt.NDArray[np.bool_] = shared + (len(own) - len(rare)) >= least
        return able


def exact_pairs(found: Shingles, threshold: float) -> tuple[Ints, Floats]:
    """Return every pair whose Jaccard similarity is at least `threshold`, and the similarities: nothing is missed.

    A pair at the threshold shares one of the rarest (1 - threshold) part of its shingles, so only these are
    indexed. The ground truth for some 10,000 texts.

    Returns:
        pairs: int64, shape (pairs, 2), i < j, sorted.
        similarities: float64, shape (pairs,).

    Reference: Bayardo, Ma, Srikant 2007, Scaling up all pairs similarity search; Chaudhuri 2006.

    Example:
        >>> pairs, similarity = exact_pairs(shingle_hashes(["a b c d", "a b c d e", "x"], 1, "word"), 0.8)
        >>> pairs.tolist(), similarity.tolist()
        ([[0, 1]], [0.8])
    """
    overlap = Overlap(found.distinct())
    n, sizes = len(found), overlap.sizes
    owner = np.repeat(np.arange(n), sizes)
    order = np.lexsort((overlap.ids, overlap.frequency[overlap.ids], owner))
    rarest_first = overlap.ids[order]
    # Less 1e-9: a product such as .55 * 100 lands above the integer it means, and one shingle would be missed.
    prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    inside = np.arange(len(owner)) - np.repeat(overlap.offsets[:-1], sizes) < np.repeat(prefix, sizes)
    index: dict[int, list[int]] = {}
    pairs, similarities = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    cuts = np.concatenate([[0], np.cumsum(prefix)])
    tokens = rarest_first[inside].tolist()
    for i in range(n):
        own = tokens[cuts[i] : cuts[i + 1]]
        met = {j for token in own for j in index.get(token, ())}
        others = np.array(sorted(met), np.int64)
        others = others[np.minimum(sizes[others], sizes[i]) >= threshold * np.maximum(sizes[others], sizes[i]) - 1e-9]
        similarity = overlap.jaccards(i, others)
        hit = similarity >= threshold
        pairs.append(np.stack([others[hit], np.full(int(hit.sum()), i)], axis=1))
        similarities.append(similarity[hit])
        for token in own:
            index.setdefault(token, []).append(i)
    both, values = np.concatenate(pairs), np.concatenate(similarities)
    order = np.lexsort((both[:, 1], both[:, 0]))
    return both[order], values[order]
