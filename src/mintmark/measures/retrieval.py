"""Retrieval: passages for a query by their words (BM25), by their vectors, or by both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import MissingExtra
from .sentences import STOP_WORDS, stem
from .tokens import Vocabulary, tokens

Scores = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]

RANK_CONSTANT = 60
"""The k of reciprocal rank fusion that its authors found and everybody took over."""
FUSED_DEPTH = 100
"""Places of each ranking that fusion reads; further ones would add less than a hundredth of the first."""


def terms(text: str) -> list[str]:
    """Return the words of a text that BM25 counts: lower case, no stop words, cut to a rough English stem.

    Example:
        >>> terms("How are the failed requests retried?")
        ['fail', 'request', 'retri']
    """
    return [stem(word) for word in tokens(text, signs=False) if word not in STOP_WORDS]


@dataclass(frozen=True, eq=False)
class Index:
    """What is known of all passages beforehand, so that a query costs one look: the parts that a method needs.

    Attributes:
        size: passages.
        words: the BM25 index, or None.
        vectors: float32, shape (size, d), rows of length 1 (0 for a passage without content), or None.
    """

    size: int
    words: Any = None
    vectors: Vectors | None = None

    def by_words(self, query: str) -> Scores:
        """Return the BM25 score of every passage, float32, shape (size,); 0 where no word is shared.

        Reference: Robertson et al. 1994, Okapi at TREC-3; the form of Lucene (Kamphuis et al. 2020, Which BM25 do you
        mean?), k1 = 1.5, b = 0.75.
        """
        known = [word for word in terms(query) if self.words is not None and word in self.words.vocab_dict]
        if not known:
            return np.zeros(self.size, np.float32)
        found: Scores = self.words.get_scores(known)
        return found

    def by_vector(self, vector: npt.ArrayLike) -> Scores:
        """Return the cosine of a query's vector to every passage's, float32, shape (size,)."""
        if self.vectors is None:
            raise ValueError("the index holds no vectors")
        found: Scores = np.asarray(self.vectors @ unit(np.asarray([vector], np.float32))[0], np.float32)
        return found

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return everything as arrays, from which `from_arrays` makes the same index."""
        found: dict[str, npt.NDArray[Any]] = {"size": np.array([self.size])}
        if self.words is not None:
            by_number = sorted(self.words.vocab_dict.items(), key=lambda item: item[1])
            found["words"] = np.frombuffer(
                "\n".join(w for w, _ in by_number).encode("utf-8", "surrogatepass"), np.uint8
            )
            found |= {name: self.words.scores[name] for name in ("data", "indices", "indptr")}
        return found if self.vectors is None else found | {"vectors": self.vectors}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Index:
        """Return the index whose `arrays` these are."""
        size, words = int(arrays["size"][0]), None
        if "words" in arrays:
            names = arrays["words"].tobytes().decode("utf-8", "surrogatepass").split("\n")
            words = _bm25()
            words.scores = {name: arrays[name] for name in ("data", "indices", "indptr")} | {"num_docs": size}
            words.vocab_dict = {word: number for number, word in enumerate(names)}
            words.nonoccurrence_array = None
        return cls(size, words, arrays.get("vectors"))


def word_index(texts: Sequence[str]) -> Any:
    """Return the BM25 index of texts, or None where they hold no word at all.

    Raises:
        MissingExtra: where bm25s is not installed.
    """
    known = Vocabulary()
    read = [known.read(terms(text)).tolist() for text in texts]
    if not len(known):
        return None
    found = _bm25()
    vocabulary = {word: number for number, word in enumerate(known.words)}
    found.index((read, vocabulary), show_progress=False, create_empty_token=False)
    return found


def unit(vectors: Vectors) -> Vectors:
    """Return vectors brought to length 1; those of length 0 stay.

    Example:
        >>> unit(np.float32([[3, 4], [0, 0]])).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return found


def ranked(scores: npt.ArrayLike, k: int, *, above: float = float("-inf")) -> list[tuple[int, float]]:
    """Return (place, score) of the `k` highest scores over `above`, best first; of equal ones the lower place first.

    Example:
        >>> ranked([0.5, 2.0, 0.0, 2.0], 3, above=0.0)
        [(1, 2.0), (3, 2.0), (0, 0.5)]
    """
    values = np.asarray(scores)
    places = np.flatnonzero(values > above)
    if len(places) > 4 * k:  # only what can be among the first is sorted; whatever ties with the last of them too
        least = np.partition(values[places], len(places) - k)[len(places) - k]
        places = places[values[places] >= least]
    best = places[np.argsort(-values[places], kind="stable")][:k]
    return [(int(place), float(values[place])) for place in best]


def fused(rankings: Sequence[Sequence[int]], k: int) -> list[tuple[int, float]]:
    """Return (place, score) of the `k` best of several rankings: the sum over them of 1 / (60 + rank).

    Of equal sums the lower place comes first.

    Reference: Cormack, Clarke, Buettcher 2009, Reciprocal rank fusion outperforms Condorcet, section 2.

    Example:
        >>> [place for place, _ in fused([[7, 3], [3, 9]], 2)]
        [3, 7]
    """
    sums: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, 1):
            sums[place] = sums.get(place, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(sums.items(), key=lambda one: (-one[1], one[0]))[:k]


def _bm25() -> Any:
    try:
        import bm25s
    except ImportError as e:
        raise MissingExtra("bm25s", "retrieval") from e
    return bm25s.BM25()
