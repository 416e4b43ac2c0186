"""How unlike the texts of a set are: Vendi score, distinct n-grams, self-BLEU, compression. All grow or fall with size."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .tokens import Vocabulary

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_TINY = 1e-12


def vendi(vectors: npt.NDArray[np.floating]) -> float:
    """Return the effective number of unlike texts: the exponential of the entropy of the eigenvalues of X Xᵀ / n.

    Equal texts count once; n texts with nothing in common count n. The d x d side is used where d < n. It cannot
    pass the number of dimensions, and it grows with the number of texts: compare sets of one size.

    Args:
        vectors: shape (n, d); rows of length 1, rows of length 0 (empty texts) are left out.

    Returns:
        A number in [1, min(n, d)]; 0.0 for no text.

    Reference: Friedman, Dieng 2023, The Vendi score, definition 3.1 and section 3.3.

    Example:
        >>> round(vendi(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])), 6)
        2.0
    """
    x = np.asarray(vectors, np.float64)
    x = x[(x * x).sum(axis=1) > _TINY] if len(x) else x
    if not len(x):
        return 0.0
    return vendi_of_kernel(x @ x.T) if len(x) <= x.shape[1] else _effective(x.T @ x / len(x))


def vendi_of_kernel(kernel: npt.NDArray[np.floating]) -> float:
    """Return the Vendi score of a similarity matrix whose diagonal is 1; 0.0 for an empty one.

    Example:
        >>> round(vendi_of_kernel(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])), 4)
        2.1573
    """
    return _effective(np.asarray(kernel, np.float64) / len(kernel)) if len(kernel) else 0.0


def _effective(matrix: Floats) -> float:
    values = np.linalg.eigvalsh(matrix)
    values = values[values > _TINY]
    return float(np.exp(-(values * np.log(values)).sum()))


def ngram_kernel(texts: Sequence[Sequence[str]], ns: Iterable[int] = (1, 2)) -> Floats:
    """Return the cosine similarity of the texts' n-gram counts, averaged over `ns`: shape (texts, texts).

    For some hundred texts: it is a dense matrix.

    Args:
        texts: the words of each text, cased as they should count.
    """
    kernels = []
    for n in ns:
        vocabulary = Vocabulary()
        rows = [vocabulary.read(" ".join(t[i : i + n]) for i in range(len(t) - n + 1)) for t in texts]
        x = np.array([np.bincount(r, minlength=max(1, len(vocabulary))) for r in rows], np.float64)
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), _TINY)
        kernels.append(x @ x.T)
    return np.mean(kernels, axis=0)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Grams:
    """The n-grams of many texts as numbers, one text after another.

    Attributes:
        ids: int64; equal n-grams have equal numbers, from 0 to `kinds` - 1.
        offsets: int64, shape (texts + 1,): text i owns `ids[offsets[i]:offsets[i + 1]]`, which may be empty.
    """

    ids: Ints
    offsets: Ints
    kinds: int

    def of(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the n-grams of `rows`, in that order, and for each its place in `rows`."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        owner = np.repeat(np.arange(len(rows)), lengths)
        at = np.arange(int(lengths.sum())) + np.repeat(self.offsets[rows] - (np.cumsum(lengths) - lengths), lengths)
        return self.ids[at], owner


def grams(texts: Sequence[Sequence[str]], n: int) -> Grams:
    """Return the n-grams of every text; a text with fewer words has none. n log n in the words.

    Example:
        >>> found = grams([["a", "b", "a", "b"], ["a"]], 2)
        >>> found.ids.tolist(), found.offsets.tolist()
        ([0, 1, 0], [0, 3, 3])
    """
    return grams_up_to(texts, n)[-1]


def grams_up_to(texts: Sequence[Sequence[str]], most: int) -> list[Grams]:
    """Return `grams` for n = 1 ... `most`."""
    vocabulary = Vocabulary()
    words = vocabulary.read(w for t in texts for w in t)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(words))
    ids, found = words, []
    for n in range(1, most + 1):
        if n > 1:
            # Pairs of (number of the n-gram so far, next word) are numbered anew: numbers stay small, and exact.
            following = np.append(words[n - 1 :], np.zeros(n - 1, np.int64))[: len(words)]
            _, ids = np.unique(ids * (len(vocabulary) + 1) + following, return_inverse=True)
        kinds, own = np.unique(ids[left >= n], return_inverse=True)
        offsets = np.concatenate([[0], np.cumsum(np.maximum(0, lengths - n + 1))])
        found.append(Grams(own.astype(np.int64), offsets, len(kinds)))
    return found


def distinct(found: Grams, rows: Ints, limit: int | None = None) -> float:
    """Return the share of n-grams that are different ones, of the first `limit` n-grams of `rows`; 1.0 for none.

    It falls as text is added (Heaps' law): two sets are compared at one `limit`.

    Reference: Li et al. 2016, A diversity-promoting objective function, section 5.

    Example:
        >>> distinct(grams([["a", "b"], ["a", "b"]], 1), np.array([0, 1]))
        0.5
    """
    ids, _ = found.of(rows)
    ids = ids[:limit]
    return float(np.count_nonzero(np.bincount(ids, minlength=1)) / len(ids)) if len(ids) else 1.0


def self_bleu(orders: Sequence[Grams], rows: Ints) -> float:
    """Return the mean BLEU of each text of `rows` against all the others of `rows`, in [0, 1]; high where texts repeat.

    Exact, without a loop over pairs: the largest count of an n-gram in any other text is the largest or, for the
    text that has it, the second largest of all. An order without a match counts as 0.1 matches, as is usual for
    short texts. It grows with the number of texts: compare sets of one size.

    Args:
        orders: `grams(texts, n)` for n = 1, 2 ...

    Reference: Zhu et al. 2018, Texygen, section 3; Papineni et al. 2002, BLEU; Chen, Cherry 2014, method 1.
    """
    if len(rows) < 2:
        return 0.0
    logs = np.zeros(len(rows))
    for found in orders:
        ids, owner = found.of(rows)
        keys, count = np.unique(ids * len(rows) + owner, return_counts=True)
        gram, row = keys // len(rows), keys % len(rows)
        order = np.lexsort((-count, gram))
        gram, row, count = gram[order], row[order], count[order]
        first = np.searchsorted(gram, gram)
        second = np.minimum(first + 1, len(gram) - 1)
        others = np.where((gram[second] == gram) & (second > first), count[second], 0)
        # The holder of the largest count is the first of its group.
        clipped = np.minimum(count, np.where(np.arange(len(gram)) == first, others, count[first]))
        hits = np.bincount(row, clipped, len(rows))
        total = np.maximum(1, np.bincount(owner, minlength=len(rows)))
        logs += np.log(np.maximum(hits, 0.1) / total) / len(orders)
    lengths = orders[0].offsets[rows + 1] - orders[0].offsets[rows]
    closest = _closest_other(lengths)
    penalty = np.where(closest > lengths, 1 - closest / np.maximum(1, lengths), 0.0)
    return float(np.exp(logs + penalty)[lengths > 0].mean()) if (lengths > 0).any() else 0.0


def _closest_other(lengths: Ints) -> Ints:
    """Return for each text the length nearest to its own among the others; of two the shorter."""
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    below, above = np.append(ordered[0], ordered[:-1]), np.append(ordered[1:], ordered[-1])
    gap_below = np.append(np.iinfo(np.int64).max, np.diff(ordered))
    gap_above = np.append(np.diff(ordered), np.iinfo(np.int64).max)
    nearest = np.empty_like(lengths)
    nearest[order] = np.where(gap_below <= gap_above, below, above)
    return nearest


def compression_ratio(texts: Iterable[str], limit: int | None = None) -> float:
    """Return bytes before over bytes after DEFLATE of the texts, a line each; high where texts repeat. 1.0 for none.

    DEFLATE sees repeats within 32 KB, so what lies further apart is not found: put rows in random order.

    Args:
        limit: bytes that are looked at.

    Reference: Shaib et al. 2024, Standardizing the measurement of text diversity, section 3.
    """
    raw = "\n".join(texts).encode("utf-8", "surrogatepass")[:limit]
    return len(raw) / len(zlib.compress(raw, 6)) if raw else 1.0


def repeated(texts: Sequence[Sequence[str]], n: int = 8, top: int = 5) -> list[tuple[str, int]]:
    """Return the n-grams that stand in most texts, each with their number, most first; only those of 2 texts or more.

    Of n-grams that overlap and have one number, as the pieces of one template do, the first is given.

    Example:
        >>> repeated([["to", "be", "or"], ["to", "be"], ["or"]], n=2)
        [('to be', 2)]
    """
    found = grams(texts, n)
    owner = np.repeat(np.arange(len(texts)), np.diff(found.offsets))
    pairs = np.unique(found.ids * max(1, len(texts)) + owner) // max(1, len(texts))
    rows = np.bincount(pairs, minlength=1)
    given: list[tuple[str, int]] = []
    taken: list[set[str]] = []
    first = np.full(found.kinds, -1, np.int64)
    first[found.ids[::-1]] = np.arange(len(found.ids))[::-1]
    for gram in np.lexsort((first, -rows[: found.kinds])).tolist()[: 50 * top] if found.kinds else []:
        if rows[gram] < 2 or len(given) == top:
            break
        row = int(owner[first[gram]])
        at = int(first[gram] - found.offsets[row])
        words = list(texts[row][at : at + n])
        if any(len(other & set(words)) > len(set(words)) / 2 for other in taken):
            continue
        taken.append(set(words))
        given.append((" ".join(words), int(rows[gram])))
    return given
