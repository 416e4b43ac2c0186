"""Rows that say the same, or nearly, over data and reference together: found once, asked by several aspects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit
from ..measures.lexical import CHUNK, Hashes, shingle_sets
from ..measures.overlap import Overlap, band_keys, shingle_hashes, signatures
from ..measures.runs_shared import match_words
from ..measures.text import fold, normalize
from .subject import Corpus, Subject

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
THRESHOLD = 0.7
"""Jaccard similarity of 5-character shingles from which two texts are near copies."""
BANDS, WIDTH = 30, 6
"""A pair at the threshold becomes a candidate with chance .976, one at .8 with .9999; strangers hardly ever do."""
_NEIGHBOURS = 3
CUT = 400
METHOD = (
    f"Texts are folded (case, white space, Unicode form); verbatim is equality of that. Near copies: MinHash "
    f"candidates, exact Jaccard similarity of 5-character shingles >= {THRESHOLD}; in a crowd of candidates each is "
    f"held against {2 * _NEIGHBOURS} others a band."
)
REFERENCE = "Broder 1997, On the resemblance and containment of documents"


@dataclass(frozen=True, eq=False)
class Twins:
    """The pooled rows of data and reference, by what they say.

    Attributes:
        group: int64, shape (rows,): rows of one text share a group; -1 for a row without text.
        pairs: int64, shape (pairs, 2): groups that are near copies.
        similarity: float64, shape (pairs,).
        data: how many of the pooled rows are the data's; they come first.
    """

    group: Ints
    pairs: Ints
    similarity: npt.NDArray[np.float64]
    data: int

    def __len__(self) -> int:
        return len(self.group)

    @property
    def members(self) -> Mask:
        """Which pooled rows are the data's."""
        return np.arange(len(self)) < self.data

    def met(self, of: Mask, *, near: bool) -> Mask:
        """Return which rows say the same as another row of `of`; with `near`, the same or nearly."""
        groups = int(max(self.group.max(initial=-1), self.pairs.max(initial=-1))) + 1
        there = self.group >= 0
        count = np.bincount(self.group[of & there], minlength=groups)
        found = np.zeros(len(self), np.bool_)
        found[there] = count[self.group[there]] - of[there] > 0
        if near and len(self.pairs):
            beside = np.zeros(groups, np.bool_)
            beside[self.pairs[count[self.pairs[:, 1]] > 0, 0]] = True
            beside[self.pairs[count[self.pairs[:, 0]] > 0, 1]] = True
            found[there] |= beside[self.group[there]]
        return found

    def partner(self, row: int, of: Mask) -> tuple[int, float]:
        """Return the most similar other row of `of`, and their similarity; (-1, 0.0) where there is none."""
        other = of.copy()
        other[row] = False
        same = np.flatnonzero(other & (self.group == self.group[row]))
        if len(same):
            return int(same[0]), 1.0
        mine = self.group[row]
        best, similarity = -1, 0.0
        for at in np.flatnonzero((self.pairs == mine).any(axis=1)).tolist():
            group = self.pairs[at].sum() - mine
            there = np.flatnonzero(other & (self.group == group))
            if len(there) and self.similarity[at] > similarity:
                best, similarity = int(there[0]), float(self.similarity[at])
        return best, similarity


_KNOWN: WeakKeyDictionary[Subject, Twins] = WeakKeyDictionary()


def twins(subject: Subject) -> Twins:
    """Return the twins of a subject's data and reference, worked out once for each subject."""
    found = _KNOWN.get(subject)
    if found is None:
        texts = subject.data.texts + (subject.reference.texts if subject.reference is not None else [])
        found = _KNOWN[subject] = find_twins(texts, len(subject.data), seed=subject.seed)
    return found


_WORDS: WeakKeyDictionary[Corpus, list[list[str]]] = WeakKeyDictionary()


def words_of(corpus: Corpus) -> list[list[str]]:
    """Return each row's words as they are compared where copies are sought, worked out once for each corpus."""
    found = _WORDS.get(corpus)
    if found is None:
        found = _WORDS[corpus] = [match_words(t) for t in corpus.tokens]
    return found


def find_twins(texts: Sequence[str], data: int, *, seed: int = 0) -> Twins:
    """Return which of the texts are the same or nearly; n log n in the texts."""
    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(n, len(numbers)) if (n := normalize(t)) else -1 for t in texts], np.int64)
    unique = [fold(t) for t in numbers]
    keys = [np.zeros((0, BANDS), np.uint64)]
    for begin in range(0, len(unique), CHUNK):
        part = shingle_hashes(unique[begin : begin + CHUNK])
        keys.append(band_keys(signatures(part, BANDS * WIDTH, seed), BANDS, WIDTH))
    candidates = _candidates(np.concatenate(keys), seed)
    if not len(candidates):
        return Twins(group, np.zeros((0, 2), np.int64), np.zeros(0), data)
    there = np.unique(candidates)
    place = np.searchsorted(there, candidates)
    overlap = Overlap(shingle_sets([unique[i] for i in there.tolist()]))
    ends = np.flatnonzero(np.diff(place[:, 0], append=-1)) + 1
    similar, begin = np.zeros(len(place)), 0
    for end in ends.tolist():
        similar[begin:end] = overlap.jaccards(int(place[begin, 0]), place[begin:end, 1])
        begin = end
    kept = similar >= THRESHOLD
    return Twins(group, candidates[kept], similar[kept], data)


def _candidates(keys: Hashes, seed: int) -> Ints:
    """Return pairs that share a band; in a crowd only near places are paired, so that cost stays linear."""
    n, rng = len(keys), np.random.default_rng(seed)
    found = [np.zeros(0, np.int64)]
    for column in keys.T:
        # In random order: in a crowd, the data's rows are not to meet only each other.
        mixed = rng.permutation(n)
        order = mixed[np.argsort(column[mixed], kind="stable")]
        for step in range(1, min(_NEIGHBOURS, n - 1) + 1):
            same = column[order[step:]] == column[order[:-step]]
            if not same.any():
                break
            one, other = order[:-step][same], order[step:][same]
            found.append(np.minimum(one, other) * n + np.maximum(one, other))
    pairs = np.unique(np.concatenate(found))
    return np.stack([pairs // max(1, n), pairs % max(1, n)], axis=1)


def cut(text: str, size: int = CUT) -> str:
    """Return a text cut to `size` characters, the cut shown; halves of characters, which no file can hold, are `?`."""
    text = text[: size + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= size else text[: size - 1] + "\u2026"


def side_by_side(subject: Subject, found: Twins, rows: Ints, of: Mask, *, most: int = 5) -> list[Exhibit]:
    """Return some of the rows, drawn by the subject's seed, with their most similar row of `of`; no pair of texts twice."""
    shown: list[Exhibit] = []
    seen: set[tuple[int, ...]] = set()
    for row in np.random.default_rng(subject.seed).permutation(rows)[: 8 * most].tolist():
        other, similarity = found.partner(row, of)
        pair = tuple(sorted((int(found.group[row]), int(found.group[other]))))
        if other < 0 or pair in seen or len(shown) == most:
            continue
        seen.add(pair)
        one_of, one_id, one = _row(subject, found, row)
        other_of, other_id, text = _row(subject, found, other)
        shown.append(
            Exhibit(text=cut(one), id=one_id, of="data" if one_of is subject.data else "reference",
                    note=f"Jaccard similarity {similarity:.2f}", other=cut(text), other_id=other_id,
                    other_of="data" if other_of is subject.data else "reference")
        )  # fmt: skip
    return shown


def _row(subject: Subject, found: Twins, row: int) -> tuple[Corpus, str, str]:
    if row < found.data:
        return subject.data, subject.data.ids[row], subject.data.texts[row]
    assert subject.reference is not None
    at = row - found.data
    return subject.reference, subject.reference.ids[at], subject.reference.texts[at]
