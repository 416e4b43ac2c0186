"""The longest runs of words that texts share with other texts: by hashed n-grams on diagonals, in n log n."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .lexical import Shingles, shingle_hashes

Ints = npt.NDArray[np.int64]
_BATCH = 1_000_000
_CUT = re.compile("['\u2019]")


@dataclass(frozen=True)
class Runs:
    """Runs of words that stand, word by word, in a row and in another text. Arrays of one length, a run each.

    Attributes:
        row, start: the row, and the word of it at which the run begins.
        other, other_start: the same in the other text.
        length: words of the run.
    """

    row: Ints
    start: Ints
    other: Ints
    other_start: Ints
    length: Ints

    def __len__(self) -> int:
        return len(self.row)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Runs:
        """Return the runs that are chosen."""
        return Runs(*(a[chosen] for a in (self.row, self.start, self.other, self.other_start, self.length)))

    def longest(self, rows: int) -> tuple[Ints, Ints]:
        """Return for each of `rows` rows its longest run's length, 0 for none, and which run that is, -1 for none."""
        length, which = np.zeros(rows, np.int64), np.full(rows, -1, np.int64)
        order = np.lexsort((-np.arange(len(self)), self.length))
        length[self.row[order]] = self.length[order]
        which[self.row[order]] = order
        return length, which

    def covered(self, rows: int) -> Ints:
        """Return for each of `rows` rows how many of its words stand in some run; overlaps count once."""
        return _union(self.row, self.start, self.length, rows)

    def covered_by_pair(self, *, of_other: bool = False) -> tuple[Ints, Ints, Ints]:
        """Return (row, other, words) of every pair that shares a run: words of the row, or of the other text."""
        width = int(self.other.max()) + 1 if len(self) else 1
        pairs, place = np.unique(self.row * width + self.other, return_inverse=True)
        start = self.other_start if of_other else self.start
        return pairs // width, pairs % width, _union(place.ravel(), start, self.length, len(pairs))


def match_words(tokens: Iterable[str]) -> list[str]:
    """Return the words among tokens, cut at apostrophes: two ways to write a word are to be one where copies are sought.

    Example:
        >>> match_words(["don't", "stop", "!"])
        ['don', 't', 'stop']
    """
    found: list[str] = []
    for token in tokens:
        if token[0].isalnum() or token[0] == "_":
            if "'" in token or "\u2019" in token:
                found += filter(None, _CUT.split(token))
            else:
                found.append(token)
    return found


def shared_runs(
    texts: Sequence[Sequence[str]], others: Sequence[Sequence[str]] | None = None, *, least: int = 8, most: int = 16
) -> Runs:
    """Return every maximal run of at least `least` words that a text shares with one of `others`.

    Without `others` the texts are held against each other, never against themselves; a pair is found from both sides.

    An n-gram that occurs more than `most` times among the others is a phrase of the genre: it is followed to its
    first `most` places only, so that cost grows as n log n whatever the texts.

    Args:
        texts, others: the words of each text, folded as they should count.

    Example:
        >>> found = shared_runs(["say a b c d e now".split()], ["x a b c d e y".split()], least=3)
        >>> found.start.tolist(), found.other_start.tolist(), found.length.tolist()
        ([1], [1], [5])
    """
    mine, own_rows, own_at = _hashes(texts, least)
    if others is None:
        theirs, their_rows, their_at = mine, own_rows, own_at
    else:
        theirs, their_rows, their_at = _hashes(others, least)
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    begin = np.searchsorted(ordered, mine, "left")
    count = np.minimum(np.searchsorted(ordered, mine, "right") - begin, most)
    # Rows are taken a batch at a time, so that a template in every row does not fill the memory.
    ends = np.searchsorted(own_rows, np.arange(len(texts)), "right")
    done = np.concatenate([[0], np.cumsum(count)])[ends] if len(texts) else np.zeros(0, np.int64)
    batch = done // _BATCH
    cuts = [0, *(np.flatnonzero(np.diff(batch)) + 1).tolist(), len(texts)]
    parts = []
    for first, last in pairwise(cuts):
        places = np.arange(ends[first - 1] if first else 0, ends[last - 1] if last else 0)
        hits = np.repeat(places, count[places])
        within = np.arange(len(hits)) - np.repeat(np.cumsum(count[places]) - count[places], count[places])
        there = order[begin[hits] + within]
        parts.append(
            _diagonals(own_rows[hits], own_at[hits], their_rows[there], their_at[there], least, others is None)
        )
    return Runs(*(np.concatenate([np.zeros(0, np.int64), *found]) for found in zip(*parts))) if parts else _none()


def _none() -> Runs:
    return Runs(*(np.zeros(0, np.int64) for _ in range(5)))


def _diagonals(
    row: Ints, start: Ints, other: Ints, other_start: Ints, least: int, apart: bool
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return the runs that shared n-grams make up: those of one run lie on one diagonal, a word apart."""
    if apart:
        kept = row != other
        row, start, other, other_start = row[kept], start[kept], other[kept], other_start[kept]
    order = np.lexsort((start, start - other_start, other, row))
    row, start, other, other_start = row[order], start[order], other[order], other_start[order]
    same = (np.diff(row) == 0) & (np.diff(other) == 0) & (np.diff(start) == 1) & (np.diff(other_start) == 1)
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(row)), np.bool_), ~same]))
    length = np.diff(np.append(first, len(row))) + least - 1
    return row[first], start[first], other[first], other_start[first], length


def telling(
    runs: Runs, others: Sequence[Sequence[str]], owner: Ints, *, n: int, most: int = 2
) -> npt.NDArray[np.bool_]:
    """Return which runs hold an n-gram that stands in texts of at most `most` owners: the rest is a phrase of the genre.

    Args:
        others: the texts the runs were sought in.
        owner: int64, shape (others,): whose each of them is.

    Example:
        >>> others = ["write a function".split()] * 3 + ["some rare words".split()]
        >>> runs = shared_runs([["write", "a", "function"], ["some", "rare", "words"]], others, least=2)
        >>> runs.row[telling(runs, others, np.arange(4), n=2)].tolist()
        [1]
    """
    hashes, rows, at = _hashes(others, n)
    _, place = np.unique(hashes, return_inverse=True)
    width = int(owner.max(initial=0)) + 1
    held = np.unique(place.ravel() * width + owner[rows]) // width
    rare = np.bincount(held, minlength=1)[place.ravel()] <= most
    offsets = np.concatenate([[0], np.cumsum(np.fromiter(map(len, others), np.int64, len(others)))])
    before = np.zeros(int(offsets[-1]) + 1, np.int64)
    before[1:] = np.cumsum(np.bincount(offsets[rows[rare]] + at[rare], minlength=int(offsets[-1])))
    begin = offsets[runs.other] + runs.other_start
    found: npt.NDArray[np.bool_] = before[begin + runs.length - n + 1] > before[begin]
    return found


def longest_shared(text: Sequence[str], other: Sequence[str], *, least: int = 1) -> int:
    """Return the number of words of the longest run that two texts share.

    Example:
        >>> longest_shared("the cat sat on the mat".split(), "a cat sat on a mat".split())
        3
    """
    length, _ = shared_runs([text], [other], least=least, most=1 << 30).longest(1)
    return int(length[0])


def ngrams_present(texts: Sequence[Sequence[str]], others: Sequence[Sequence[str]], n: int) -> npt.NDArray[np.bool_]:
    """Return for each text whether it shares a word n-gram with any of `others`.

    Example:
        >>> ngrams_present([["a", "b", "c"], ["c", "d"]], [["x", "a", "b"]], 2).tolist()
        [True, False]
    """
    mine, rows, _ = _hashes(texts, n)
    theirs, _, _ = _hashes(others, n)
    found = np.zeros(len(texts), np.bool_)
    found[rows[np.isin(mine, theirs)]] = True
    return found


def _hashes(texts: Sequence[Sequence[str]], n: int) -> tuple[npt.NDArray[np.uint64], Ints, Ints]:
    """Return the n-grams' hashes, their texts and the words at which they begin; short texts have none."""
    found: Shingles = shingle_hashes([" ".join(words) for words in texts], n, "word")
    sizes = np.diff(found.offsets)
    rows = np.repeat(np.arange(len(texts)), sizes)
    at = np.arange(len(found.hashes)) - np.repeat(found.offsets[:-1], sizes)
    long = np.fromiter((len(words) >= n for words in texts), np.bool_, len(texts))[rows]
    return found.hashes[long], rows[long], at[long]


def _union(row: Ints, start: Ints, length: Ints, rows: int) -> Ints:
    order = np.lexsort((start, row))
    row, start, end = row[order], start[order], (start + length)[order]
    # Ends run on within a row: a large step between rows keeps one row's ends from reaching into the next.
    step = int(end.max()) + 1 if len(end) else 1
    reach = np.maximum.accumulate(end + row * step)
    before = np.append(0, reach[:-1]) if len(reach) else reach
    fresh = np.maximum(0, end + row * step - np.maximum(start + row * step, before))
    return np.bincount(row, fresh, rows).astype(np.int64)
