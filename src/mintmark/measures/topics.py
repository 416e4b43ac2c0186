"""Topics: clusters of vectors, named by the words that set them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .sentences import STOP_WORDS

Vectors = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
WORDS = 8
_IDEOGRAPHS = 0x2E7F
"""Scripts without spaces begin above it: there a short word says something."""


def cluster_centres(x: Vectors, k: int, seed: int) -> Vectors:
    """Return the centres of at most `k` clusters (k-means), shape (clusters, dimensions); never more than differ.

    Example:
        >>> cluster_centres(np.array([[1, 0], [1, 0], [0, 1]], np.float32), 5, 0).shape
        (2, 2)
    """
    from sklearn.cluster import KMeans

    different = len(np.unique(x.round(5), axis=0))
    found: Vectors = KMeans(min(k, different), n_init=1, max_iter=50, random_state=seed).fit(x).cluster_centers_
    return found


def nearest(x: Vectors, centres: Vectors) -> Ints:
    """Return the number of each row's nearest centre, shape (rows,)."""
    found: Ints = (x @ centres.T - (centres * centres).sum(axis=1) / 2).argmax(axis=1)
    return found


def name_topics(texts: Sequence[Sequence[str]], place: Ints, k: int) -> list[list[str]]:
    """Return each topic's words, the most telling first: those of high log odds against all rows, counted once a row.

    Args:
        texts: the words of each row.
        place: each row's topic, shape (rows,).
        k: how many topics there are.

    Example:
        >>> name_topics([["rain", "falls"], ["rain"], ["bread", "rises"]], np.array([0, 0, 1]), 2)
        [['rain', 'falls'], ['bread', 'rises']]
    """
    everywhere: Counter[str] = Counter()
    own: list[Counter[str]] = [Counter() for _ in range(k)]
    for row, j in zip(texts, place.tolist()):
        words = {w for w in row if w[0].isalpha() and w not in STOP_WORDS and (len(w) > 2 or ord(w[0]) > _IDEOGRAPHS)}
        everywhere.update(words)
        own[j].update(words)
    named = []
    for j, counter in enumerate(own):
        size, rest = max(1, int((place == j).sum())), max(1, int((place != j).sum()))
        odds = {
            w: c / size * np.log(((c + 0.5) / size) / ((everywhere[w] - c + 0.5) / rest)) for w, c in counter.items()
        }
        named.append(sorted(odds, key=lambda w: (-odds[w], w))[:WORDS] or ["(no words)"])
    return named
