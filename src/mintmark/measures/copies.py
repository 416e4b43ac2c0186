"""Copies: texts that share runs of words with items of a benchmark, phrases of the genre left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .runs_shared import match_words, shared_runs, telling
from .tokens import tokens

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LONG, SHORT = 13, 8
"""Words of a run that is a copy by itself; and of runs that are one where they cover half of the item's part."""
COVERED = 0.5
_MOST = 1 << 32


class Parts(NamedTuple):
    """What of a benchmark is compared, part by part (prompt and answer apart).

    Attributes:
        words: the words of each part.
        item: the item that each part is of, shape (parts,).
    """

    words: list[list[str]]
    item: Ints


class Copied(NamedTuple):
    """What texts share with one benchmark, a place for each text.

    Attributes:
        flagged: whether the text is a copy of an item.
        item: the item it shares most with, -1 for none.
        covered: the share of that item's part that the shared runs cover.
    """

    flagged: Flags
    item: Ints
    covered: npt.NDArray[np.float64]


def parts_of(items: Iterable[Mapping[str, str | None]]) -> Parts:
    """Return the parts of items that are given as name -> text; empty texts are none.

    Example:
        >>> parts_of([{"prompt": "Why is it so?", "answer": ""}]).words
        [['why', 'is', 'it', 'so']]
    """
    words, item = [], []
    for number, one in enumerate(items):
        for text in one.values():
            if text:
                words.append(match_words(tokens(text)))
                item.append(number)
    return Parts(words, np.array(item, np.int64))


def copies(
    texts: Sequence[Sequence[str]], benchmarks: Sequence[Parts], apart: Ints | None = None, *, long: int = LONG,
    short: int = SHORT, covered: float = COVERED,
) -> list[Copied]:  # fmt: skip
    """Return for each benchmark which texts are copies of an item, of which, and how much of its part is covered.

    A text is a copy where it shares a run of `long` words with a part of one item, or runs of `short` or more that together
    cover `covered` of the part. Runs all of whose `short`-grams stand in three items or more do not count.

    Args:
        texts: the words of each, as `match_words` gives them.
        benchmarks: a benchmark's parts each.
        apart: the texts are a benchmark's own parts, of these items, and none is held against its own.

    Reference: Brown et al. 2020, "Language Models are Few-Shot Learners", appendix C.
    """
    everything = [p for parts in benchmarks for p in parts.words]
    first = np.cumsum([0, *(len(parts.words) for parts in benchmarks)])
    runs = shared_runs(texts, everything, least=short, most=16 * len(benchmarks))
    # "Write a function to find the ..." stands in many items and tells of none.
    owners = np.concatenate([np.zeros(0, np.int64), *(parts.item + n * _MOST for n, parts in enumerate(benchmarks))])
    runs = runs.only(telling(runs, everything, np.unique(owners, return_inverse=True)[1].ravel(), n=short))
    row, part, count = runs.covered_by_pair(of_other=True)
    size = np.fromiter((max(1, len(p)) for p in everything), np.int64, len(everything))
    share = count / size[part]
    width = len(everything) + 1
    whole = np.unique(runs.row[runs.length >= long] * width + runs.other[runs.length >= long])
    copied = (share >= covered) | np.isin(row * width + part, whole)
    found = []
    for k, (_, owner) in enumerate(benchmarks):
        own = (part >= first[k]) & (part < first[k + 1])
        if apart is not None:
            own &= apart[row] != owner[part]
        at = np.flatnonzero(own)
        at = at[np.lexsort((share[at], copied[at]))]
        flagged = np.zeros(len(texts), np.bool_)
        item, most = np.full(len(texts), -1, np.int64), np.zeros(len(texts))
        flagged[row[at[copied[at]]]] = True
        item[row[at]], most[row[at]] = owner[part[at] - first[k]], share[at]
        found.append(Copied(flagged, item, most))
    return found
