"""Texts as vectors: sparse word n-grams for what is said, dense ones for what is meant as far as words show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .tokens import tokens

Vectors = npt.NDArray[np.float32]
_BUCKETS = 1 << 18
_MOST_COLUMNS = 30_000


def counts(texts: Sequence[str], *, ngrams: tuple[int, int] = (1, 2), buckets: int = _BUCKETS) -> Any:
    """Return hashed counts of word n-grams (signs are words too): scipy CSR, shape (texts, buckets)."""
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import HashingVectorizer

    if not texts:
        return sp.csr_matrix((0, buckets), dtype=np.float32)
    hashing = HashingVectorizer(
        analyzer="word", tokenizer=tokens, token_pattern=None, lowercase=False, ngram_range=ngrams,
        n_features=buckets, alternate_sign=False, norm=None, dtype=np.float32,
    )  # fmt: skip
    return hashing.transform(texts)


def weigh(*matrices: Any) -> list[Any]:
    """Return the matrices as TF-IDF (logarithmic counts, rows of length 1); document frequencies are of all together."""
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import TfidfTransformer

    if not sum(m.shape[0] for m in matrices):
        return list(matrices)
    weighing = TfidfTransformer(sublinear_tf=True).fit(sp.vstack(matrices))
    return [weighing.transform(m) if m.shape[0] else m for m in matrices]


def latent(matrices: Sequence[Any], *, dimensions: int = 64, seed: int = 0) -> list[Vectors]:
    """Return dense vectors of length 1 (0 for an empty text), by truncated SVD of all matrices together.

    Texts of like words lie close together. It is no model of meaning: paraphrases with no word in common are strangers.

    Reference: Deerwester et al. 1990, Indexing by latent semantic analysis.

    Returns:
        float32, shape (rows, dimensions or fewer) for each matrix.
    """
    import scipy.sparse as sp
    from sklearn.decomposition import TruncatedSVD

    whole = sp.vstack(list(matrices)).tocsr()
    # What stands in one row only says nothing of likeness, and most columns are such: without them it takes a fifth of
    # the time.
    rows_with = np.bincount(whole.indices, minlength=whole.shape[1])
    shared = np.flatnonzero(rows_with > 1)
    shared = np.sort(shared[np.argsort(-rows_with[shared], kind="stable")[:_MOST_COLUMNS]])
    whole = whole[:, shared] if len(shared) > dimensions else whole
    size = min(dimensions, min(whole.shape) - 1)
    if size < 1:
        return [np.ones((m.shape[0], 1), np.float32) for m in matrices]
    with np.errstate(invalid="ignore", divide="ignore"):  # the share of explained variance, where texts are all alike
        found = TruncatedSVD(size, n_iter=4, random_state=seed).fit_transform(whole).astype(np.float32)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    found = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 1e-9)
    ends = np.cumsum([m.shape[0] for m in matrices])
    return [np.ascontiguousarray(part) for part in np.split(found, ends[:-1])]
