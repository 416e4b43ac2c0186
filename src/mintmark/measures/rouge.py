"""ROUGE-L, and an index that finds every text at least so similar without holding all pairs against each other."""

from __future__ import annotations

import re
from array import array
from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .text import fold
from .tokens import tokens

Ints = npt.NDArray[np.int32]

COUNTED = 8000
"""Meetings that may be counted beyond those that must be: they cost less than the comparisons that they save."""
_INNER = re.compile("['\u2019_]+")


def rouge_words(text: str) -> list[str]:
    """Return the words that ROUGE-L compares: folded, without signs; an apostrophe parts two words.

    For ASCII texts these are the words of google-research's `rouge_score` without its stemmer. It drops every letter
    beyond ASCII; here the words of all scripts count, and scripts without spaces are read a character at a time.

    Example:
        >>> rouge_words("Don't re-use the 2nd file_name!")
        ['don', 't', 're', 'use', 'the', '2nd', 'file', 'name']
    """
    return [part for word in tokens(fold(text), signs=False) for part in _INNER.split(word) if part]


def lcs(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Return the length of the longest common subsequence of two sequences.

    A row of the table is one integer, a bit for each place of `a`, so that a place of `b` costs three operations on
    integers instead of a loop over `a`.

    Reference: Hyyrö 2004, "Bit-parallel LCS-length computation revisited", section 3.

    Example:
        >>> lcs("a quick fox".split(), "a fox is quick".split())
        2
    """
    return _lcs(_places(a), len(a), b)


def rouge_l(a: str, b: str) -> float:
    """Return the F-measure of ROUGE-L of two texts, in [0, 1]: 2 LCS / (words of a + words of b), 0 without words.

    Reference: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", section 3.1, with beta = 1.

    Example:
        >>> rouge_l("the cat sat on the mat", "The cat lay on a mat.")
        0.6666666666666666
    """
    one, other = rouge_words(a), rouge_words(b)
    size = len(one) + len(other)
    return 2 * lcs(one, other) / size if size else 0.0


class RougeIndex:
    """Answers which of the texts added so far have a ROUGE-L of at least a threshold with a given one: all of them, exactly.

    Three bounds leave few pairs to compare. The common subsequence is no longer than the words that both texts hold (a
    word said twice counts twice), nor than the shorter text. And of a text's m words all but k must be met, where k
    is the largest number of shared words that cannot reach the threshold: a text that holds none of m - k words of the
    query, whichever these are, is not similar. They are chosen so that they occur in the fewest texts.

    Guarantees:
        The same answer as `rouge_l` of every pair. Every bound is the score itself with a larger numerator, and division of
        integers is rounded monotonically, so that no rounding can put a similar text out.

    Reference: Chaudhuri, Ganti, Kaushik 2006, "A Primitive Operator for Similarity Joins in Data Cleaning" (prefix filter);
    Wang, Li, Feng 2012, "Can we beat the prefix filtering?" (as many words as pay).

    Example:
        >>> index = RougeIndex()
        >>> for text in ("Name three rivers in Asia.", "Write a poem about rain."):
        ...     index.add(text)
        >>> index.near("Name three long rivers in Asia.", 0.7)
        [(0, 0.9090909090909091)]
    """

    def __init__(self) -> None:
        self._texts: list[list[str]] = []
        self._sizes = array("i")
        self._postings: dict[Hashable, array[int]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> None:
        """Add a text; its number is how many were there before."""
        words = rouge_words(text)
        for element in _elements(words):
            self._postings.setdefault(element, array("i")).append(len(self._texts))
        self._texts.append(words)
        self._sizes.append(len(words))

    def near(self, text: str, threshold: float) -> list[tuple[int, float]]:
        """Return (number, ROUGE-L) of every text added that reaches `threshold`, in (0, 1], by number."""
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold must be in (0, 1], got {threshold}")
        words = rouge_words(text)
        size, places, found = len(words), _places(words), []
        for number in self._possible(words, threshold):
            other = self._texts[number]
            score = 2 * _lcs(places, size, other) / (size + len(other))
            if score >= threshold:
                found.append((number, score))
        return found

    def nearest(self, text: str, threshold: float) -> tuple[int, float] | None:
        """Return the most similar text of those that reach `threshold`, of equals the first, or None."""
        return max(self.near(text, threshold), key=lambda one: one[1], default=None)

    def _possible(self, words: Sequence[str], threshold: float) -> list[int]:
        """Return the numbers of texts that may reach the threshold, rising; no similar one is left out."""
        size, spare = len(words), 0
        while 2 * (spare + 1) / (size + spare + 1) < threshold:
            spare += 1
        postings = sorted((p for e in _elements(words) if (p := self._postings.get(e)) is not None), key=len)
        # Words that no text holds are among those to be met, and nothing meets them.
        must = len(postings) - spare
        if must <= 0:
            return []
        met, counted = [], 0
        for n, posting in enumerate(postings):
            counted += len(posting)
            if n >= must and counted > COUNTED:
                break
            met.append(np.frombuffer(posting, np.int32))
        numbers, shared = np.unique(np.concatenate(met), return_counts=True)
        others = np.frombuffer(self._sizes, np.int32)[numbers]
        most = np.minimum(shared + (len(postings) - len(met)), others)
        possible: list[int] = numbers[2 * most / (size + others) >= threshold].tolist()
        return possible


def _elements(words: Sequence[str]) -> Iterator[Hashable]:
    """Yield each word, a repeated one with the number of its occurrence: what two texts share of these is what they
    share of words with repeats counted."""
    seen: dict[str, int] = {}
    for word in words:
        n = seen[word] = seen.get(word, 0) + 1
        yield word if n == 1 else (word, n)


def _places(words: Sequence[Hashable]) -> dict[Hashable, int]:
    """Return word -> an integer with a bit for each place where it stands."""
    places: dict[Hashable, int] = {}
    for i, word in enumerate(words):
        places[word] = places.get(word, 0) | 1 << i
    return places


def _lcs(places: Mapping[Hashable, int], size: int, other: Sequence[Hashable]) -> int:
    # A zero bit is a place where the length rises. Bits above `size` are carries and never come down again.
    full = row = (1 << size) - 1
    for word in other:
        if (there := places.get(word)) is not None:
            hit = row & there
            row = (row + hit) | (row - hit)
    return size - (row & full).bit_count()
