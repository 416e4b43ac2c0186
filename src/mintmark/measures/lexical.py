"""Shingles: the overlapping n-grams that stand for a text when texts are compared by what they share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Unit = Literal["char", "word"]
Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]

CHUNK = 8192
"""Texts hashed at a time where only something smaller is kept of them."""

# Stands behind a text shorter than one shingle. A lone surrogate is in no valid text, so "ab" stays apart from "ab ".
_PAD = "\ud800"


@dataclass(frozen=True)
class Shingles:
    """The shingles of many texts as 64-bit hashes, one text after another.

    Two different shingles share a hash with probability 2^-64: sets of hashes are compared as if they were
    sets of shingles. The hashes are the same on every machine and in every process.

    Attributes:
        hashes: uint64, all texts' shingles end to end.
        offsets: int64, shape (texts + 1,): text i owns `hashes[offsets[i]:offsets[i + 1]]`, never empty.
    """

    hashes: Hashes
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, i: int) -> Hashes:
        """Return the shingles of text `i`."""
        return self.hashes[self.offsets[i] : self.offsets[i + 1]]

    def distinct(self) -> Shingles:
        """Return the same texts with each one's shingles sorted and said once: sets."""
        out = np.empty_like(self.hashes)
        lengths = np.empty(len(self), np.int64)
        end = 0
        for i in range(len(self)):
            own = np.sort(self.row(i))
            own = own[np.concatenate([[True], own[1:] != own[:-1]])]
            lengths[i] = len(own)
            out[end : end + len(own)] = own
            end += len(own)
        return Shingles(out[:end].copy(), _offsets(lengths))


def shingles(text: str, n: int = 5, unit: Unit = "char") -> frozenset[str]:
    """Return the set of n-grams of `text`; a text shorter than one n-gram is one shingle, the whole of it.

    The readable form of `shingle_hashes`, for one text.

    Args:
        text: taken as it is; fold it first where case and spaces should not count.
        n: characters or words in a shingle.
        unit: `char` (Unicode code points) or `word` (split on white space).

    Example:
        >>> sorted(shingles("a cat sat", 2, "word"))
        ['a cat', 'cat sat']
    """
    if unit == "char":
        return frozenset(text[i : i + n] for i in range(max(1, len(text) - n + 1)))
    words = text.split()
    return frozenset(" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1)))


def shingle_hashes(texts: Sequence[str], n: int = 5, unit: Unit = "char") -> Shingles:
    """Return the n-grams of every text, hashed; as `shingles`, but repeats within a text are kept.

    Takes about 8 bytes for each character (or word) of the texts, and twice that while it works.

    Args:
        texts: any number of texts, as they are.
        n: characters or words in a shingle, at least 1.
        unit: `char` or `word`.

    Example:
        >>> len(shingle_hashes(["a cat sat"], 2, "word").row(0))
        2
    """
    if n < 1:
        raise ValueError(f"a shingle has at least 1 {unit}, got {n}")
    tokens, lengths = _chars(texts, n) if unit == "char" else _words(texts, n)
    if not len(texts):
        return Shingles(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    size = len(tokens) - n + 1
    hashes = np.zeros(size, np.uint64)
    # Each turn maps the state one to one for a given token, so n-grams meet only as random numbers would.
    for j in range(n):
        hashes ^= tokens[j : j + size]
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(32)
    if n > 1:
        # The last n - 1 starts of each text reach into the next one.
        inside = np.ones(size + n - 1, np.bool_)
        inside[(np.cumsum(lengths)[:, None] - np.arange(1, n)).ravel()] = False
        hashes = hashes[inside[:size]]
    return Shingles(hashes, _offsets(lengths - (n - 1)))


def shingle_sets(texts: Sequence[str], n: int = 5, unit: Unit = "char") -> Shingles:
    """Return `shingle_hashes(texts, n, unit).distinct()` at the peak memory of its result, about 8 bytes a shingle."""
    parts = [
        shingle_hashes(texts[start : start + CHUNK], n, unit).distinct()
        for start in range(0, max(1, len(texts)), CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    return Shingles(np.concatenate([part.hashes for part in parts]), _offsets(lengths))


def jaccard(a: AbstractSet[str], b: AbstractSet[str]) -> float:
    """Return |a and b| / |a or b|, in [0, 1]; two empty sets are the same set: 1.

    Reference: Jaccard 1901; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.1.1.

    Example:
        >>> jaccard({"a", "b"}, {"b", "c"})
        0.3333333333333333
    """
    union = len(a | b)
    return len(a & b) / union if union else 1.0


def _chars(texts: Sequence[str], n: int) -> tuple[Hashes, Offsets]:
    padded = [text if len(text) >= n else text + _PAD * (n - len(text)) for text in texts]
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return points.astype(np.uint64), np.fromiter(map(len, padded), np.int64, len(padded))


def _words(texts: Sequence[str], n: int) -> tuple[Hashes, Offsets]:
    words: list[str] = []
    lengths = []
    for text in texts:
        own = text.split()
        words += own
        words += [_PAD] * (n - len(own))
        lengths.append(max(n, len(own)))
    known = {word: _word_hash(word) for word in set(words)}
    return np.fromiter(map(known.__getitem__, words), np.uint64, len(words)), np.array(lengths, np.int64)


def _word_hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _offsets(lengths: Sequence[int] | Offsets) -> Offsets:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
