"""Which text of one set is which of another, changed; and what was changed in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from .lexical import shingle_sets
from .overlap import Overlap, band_keys, bands_for, shingle_hashes, signatures
from .tokens import tokens

Ints = npt.NDArray[np.int64]
Change = tuple[Literal["same", "removed", "added"], str]

_BUCKET = 20
"""Texts of one bucket that are looked at for each text: a template that all share must not cost n squared."""
_LONGEST = 2000
"""Words and spaces compared one by one; a longer changed passage is shown as one passage for another."""
_PIECE = re.compile(r"\s+|[^\W_]{1,30}|.", re.DOTALL)


def nearest_pairs(
    a: Sequence[str], b: Sequence[str], *, threshold: float = 0.5, seed: int = 0
) -> list[tuple[int, int, float]]:
    """Return pairs (place in a, place in b, similarity), each text at most once, the most alike first.

    Similarity is the Jaccard coefficient of the texts' pairs of neighbouring words. MinHash finds the candidates, so a
    pair at the threshold is missed in about 1 % of cases and more similar ones hardly ever; of texts that share a
    bucket with very many others some 20 are compared. Grows with n log n.

    Reference: Broder 1997, On the resemblance and containment of documents.

    Example:
        >>> nearest_pairs(["a cat sat on the mat today", "x"], ["y", "a cat sat on the mat"])
        [(0, 1, 0.8333333333333334)]
    """
    if not a or not b:
        return []
    folded = [" ".join(tokens(text)) for text in (*a, *b)]
    bands, rows = bands_for(threshold)
    keys = band_keys(signatures(shingle_hashes(folded, 2, "word"), seed=seed), bands, rows)
    candidates = _meetings(keys[: len(a)], keys[len(a) :])
    if not len(candidates):
        return []
    overlap = Overlap(shingle_sets(folded, 2, "word"))
    similarity = np.empty(len(candidates))
    starts = np.flatnonzero(np.diff(candidates[:, 1], prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(candidates)]):
        similarity[start:end] = overlap.jaccards(len(a) + int(candidates[start, 1]), candidates[start:end, 0])
    # Two empty texts share nothing that could tell them to be one.
    empty_a = np.array([not t for t in folded[: len(a)]])
    near = (similarity >= threshold) & ~empty_a[candidates[:, 0]]
    candidates, similarity = candidates[near], similarity[near]
    order = np.lexsort((candidates[:, 0], candidates[:, 1], -similarity))
    taken_a, taken_b, found = set[int](), set[int](), []
    for (i, j), s in zip(candidates[order].tolist(), similarity[order].tolist()):
        if i not in taken_a and j not in taken_b:
            taken_a.add(i)
            taken_b.add(j)
            found.append((i, j, s))
    return found


def _meetings(a: npt.NDArray[np.uint64], b: npt.NDArray[np.uint64]) -> Ints:
    """Return (place in a, place in b) with an equal key in some band, sorted by the place in b.

    Of a bucket with very many texts each looks at those that stand about as far in their set as it does in its own:
    so all are looked at by some, and rows that kept their order find each other.
    """
    parts = [np.zeros(0, np.int64)]
    for band in range(a.shape[1]):
        order, other = np.argsort(a[:, band], kind="stable"), np.argsort(b[:, band], kind="stable")
        keys, own = a[order, band], b[other, band]
        first = np.searchsorted(keys, own, side="left")
        there = np.searchsorted(keys, own, side="right") - first
        rank = np.arange(len(own)) - np.searchsorted(own, own, side="left")
        crowd = np.searchsorted(own, own, side="right") - np.searchsorted(own, own, side="left")
        count = np.minimum(there, _BUCKET)
        start = np.clip(rank * there // crowd - count // 2, 0, there - count)
        who = np.repeat(other, count)
        within = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
        parts.append(who * len(a) + order[np.repeat(first + start, count) + within])
    pairs = np.unique(np.concatenate(parts))
    return np.stack([pairs % len(a), pairs // len(a)], axis=1)


def word_changes(before: str, after: str) -> list[Change]:
    """Return the two texts as one row of passages: what stayed, what went, what came.

    The passages that stayed or went make `before`, those that stayed or came make `after`, letter by letter.

    Example:
        >>> word_changes("a red cat", "a big cat")
        [('same', 'a '), ('removed', 'red'), ('added', 'big'), ('same', ' cat')]
    """
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    found: list[Change] = [("same", "".join(old[:start]))]
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(middle_old), len(middle_new)) > _LONGEST:
        steps = [("replace", 0, len(middle_old), 0, len(middle_new))]
    else:
        steps = list(difflib.SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes())
    for what, i1, i2, j1, j2 in steps:
        if what == "equal":
            found.append(("same", "".join(middle_old[i1:i2])))
        else:
            found += [("removed", "".join(middle_old[i1:i2])), ("added", "".join(middle_new[j1:j2]))]
    found.append(("same", "".join(old[len(old) - end :])))
    return _joined(found)


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many pieces two rows of pieces share from their start."""
    for i, (x, y) in enumerate(zip(old, new)):
        if x != y:
            return i
    return min(len(old), len(new))


def _joined(parts: Sequence[Change]) -> list[Change]:
    """Return the passages without empty ones; a space alone between two changes is part of them."""
    found: list[Change] = []
    parts = [p for p in parts if p[1]]
    removed = added = ""
    for i, (what, text) in enumerate(parts):
        inner = what == "same" and not text.strip() and 0 < i < len(parts) - 1 and bool(removed or added)
        if what != "added" and (what == "removed" or inner):
            removed += text
        if what != "removed" and (what == "added" or inner):
            added += text
        if what == "same" and not inner:
            found += _changed(removed, added)
            removed = added = ""
            found.append(("same", text))
    return found + _changed(removed, added)


def _changed(removed: str, added: str) -> list[Change]:
    """Return a changed passage; white space that both sides begin or end with has not changed."""
    head = _shared(_spaces(removed, 0), _spaces(added, 0))
    if removed[head:] == added[head:]:
        return [("same", removed)] if removed else []
    tail = _shared(_spaces(removed[head:], -1), _spaces(added[head:], -1))
    out: list[Change] = [("same", removed[:head])]
    out += [("removed", removed[head : len(removed) - tail]), ("added", added[head : len(added) - tail])]
    out.append(("same", removed[len(removed) - tail :] if tail else ""))
    return [p for p in out if p[1]]


def _spaces(text: str, end: int) -> str:
    return text[: len(text) - len(text.lstrip())] if end == 0 else text[len(text.rstrip()) :][::-1]
