"""How alike two texts are by their characters: TF-IDF of 3- to 5-grams, which sees a paraphrase that keeps the stems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .lexical import shingle_hashes
from .text import fold
from .tokens import Vocabulary

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
LONGEST = 20_000
"""Characters of a text that are looked at."""
_BITS = 20
_BLOCK = 512


def char_counts(texts: Sequence[str], ngrams: tuple[int, int] = (3, 5)) -> Any:
    """Return hashed counts of the character n-grams inside words: scipy CSR, float32, shape (texts, 2^20).

    Texts are folded; a word stands between spaces, so that its edges count. Each different word is cut up once.
    Only the first 20,000 characters of a text are looked at.
    """
    import scipy.sparse as sp

    words = Vocabulary()
    rows = [words.read(fold(t[:LONGEST]).split()) for t in texts]
    offsets = np.concatenate([[0], np.cumsum([len(r) for r in rows], dtype=np.int64)])
    places = np.concatenate([np.zeros(0, np.int64), *rows])
    uses = sp.csr_matrix((np.ones(len(places), np.float32), places, offsets), shape=(len(texts), len(words)))
    spaced = [f" {w} " for w in words.words]
    grams = sp.csr_matrix((len(words), 1 << _BITS), dtype=np.float32)
    for n in range(ngrams[0], ngrams[1] + 1):
        found = shingle_hashes(spaced, n)
        at = (found.hashes >> np.uint64(64 - _BITS)).astype(np.int32)
        grams = grams + sp.csr_matrix((np.ones(len(at), np.float32), at, found.offsets), shape=grams.shape)
    return (uses @ grams).tocsr()


def char_idf(*counted: Any) -> Floats:
    """Return how much each n-gram tells, by the number of texts of all matrices that it stands in: shape (2^20,)."""
    total = sum(m.shape[0] for m in counted)
    frequency = sum(np.bincount(m.indices, minlength=m.shape[1]) for m in counted)
    found: Floats = (np.log((1 + total) / (1 + frequency)) + 1).astype(np.float32)
    return found


def char_weights(*counted: Any, idf: Floats | None = None) -> list[Any]:
    """Return counts as TF-IDF (logarithmic counts, rows of length 1).

    Args:
        counted: what `char_counts` gave.
        idf: what each n-gram tells; by all matrices together where not given.

    Reference: Salton, Buckley 1988, Term-weighting approaches in automatic text retrieval.
    """
    idf = char_idf(*counted) if idf is None else idf
    weighed = []
    for matrix in counted:
        found = matrix.copy()
        found.data = (1 + np.log(found.data)) * idf[found.indices]
        lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
        found.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(found.indptr)).astype(np.float32)
        weighed.append(found)
    return weighed


def closest(rows: Any, items: Any, *, apart: bool = False) -> tuple[Floats, Ints]:
    """Return each row's cosine similarity with its closest item, and which item; in blocks, never all pairs at once.

    Args:
        rows, items: from one `char_weights`.
        apart: rows and items are the same texts, and none is held against itself.

    Returns:
        similarity: float32, shape (rows,); 0 where there is no item.
        item: int64, shape (rows,).
    """
    similarity, which = np.zeros(rows.shape[0], np.float32), np.zeros(rows.shape[0], np.int64)
    if not items.shape[0]:
        return similarity, which
    # Only what an item has can match; fewer columns make the product quicker.
    used = np.unique(items.indices)
    turned, rows = items[:, used].T.tocsr(), rows[:, used]
    for begin in range(0, rows.shape[0], _BLOCK):
        found = (rows[begin : begin + _BLOCK] @ turned).toarray()
        if apart:
            own = np.arange(found.shape[0])
            found[own, begin + own] = -1
        which[begin : begin + _BLOCK] = found.argmax(axis=1)
        similarity[begin : begin + _BLOCK] = found.max(axis=1)
    return np.clip(similarity, 0, 1), which
