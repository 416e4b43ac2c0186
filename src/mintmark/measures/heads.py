"""A small classifier on a fixed representation: what a set of labelled rows can teach, at the price of seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.str_]
Floats = npt.NDArray[np.float64]
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Words of two letters or more; a sign alone where a script has no spaces, else a Chinese sentence were one word.
_WORD = rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w){{2,}}"
_JITTER = 1e-9
_MAX_CHARS = 20_000


@dataclass(frozen=True)
class TextHead:
    """A trained classifier of texts; `train_texts` makes it."""

    labels: Labels
    _words: Any
    _model: Any
    _constant: str | None

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return the label of each text, shape (texts,)."""
        if self._constant is not None:
            return np.full(len(texts), self._constant)
        found: Labels = self.labels[self._model.predict(self._words.transform(_cut(texts)))]
        return found


def train_texts(texts: Sequence[str], labels: Sequence[str], *, c: float = 10.0) -> TextHead:
    """Return logistic regression on TF-IDF of word 1- and 2-grams, classes weighted to count alike.

    With one class, or no word in any text, every text gets the commonest label. Of a text longer than 20,000
    characters the first 20,000 are read.

    Args:
        texts, labels: of one length, at least 1.
        c: inverse strength of the L2 penalty.

    Raises:
        ValueError: without a text, or where the lengths differ.

    Reference: Wang, Manning 2012, Baselines and bigrams, section 2 (the plain baseline).

    Example:
        >>> head = train_texts(["good film", "bad film", "good play", "bad play"], ["+", "-", "+", "-"])
        >>> head.predict(["a good evening"]).tolist()
        ['+']
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not len(texts) or len(texts) != len(labels):
        raise ValueError(f"needs as many texts as labels, and one at least; got {len(texts)} and {len(labels)}")
    classes, y = np.unique(np.asarray(labels, np.str_), return_inverse=True)
    commonest = str(classes[np.bincount(y).argmax()])
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD)
    if len(classes) == 1:
        return TextHead(classes, None, None, commonest)
    try:
        matrix = words.fit_transform(_cut(texts))
    except ValueError:  # no text has a word
        return TextHead(classes, None, None, commonest)
    return TextHead(classes, words, _fit(matrix, y, c), None)


def train_dense(vectors: npt.NDArray[Any], labels: Sequence[str], *, c: float = 10.0) -> DenseHead:
    """Return logistic regression on dense vectors, classes weighted to count alike.

    Args:
        vectors: float, shape (rows, d).

    Raises:
        ValueError: without a row, or where the lengths differ.
    """
    if not len(vectors) or len(vectors) != len(labels):
        raise ValueError(f"needs as many vectors as labels, and one at least; got {len(vectors)} and {len(labels)}")
    classes, y = np.unique(np.asarray(labels, np.str_), return_inverse=True)
    return DenseHead(classes, None if len(classes) == 1 else _logistic(np.asarray(vectors, np.float64), y, c))


@dataclass(frozen=True)
class DenseHead:
    """A trained classifier of vectors; `train_dense` makes it."""

    labels: Labels
    _model: Any

    def predict(self, vectors: npt.NDArray[Any]) -> Labels:
        """Return the label of each vector, shape (rows,)."""
        if self._model is None:
            return np.full(len(vectors), self.labels[0])
        found: Labels = self.labels[self._model.predict(np.asarray(vectors, np.float64))]
        return found


def accuracy(truth: Sequence[str] | Labels, guess: Sequence[str] | Labels) -> float:
    """Return the share of labels that were guessed.

    Example:
        >>> accuracy(["a", "b"], ["a", "a"])
        0.5
    """
    return float(np.mean(np.asarray(truth, np.str_) == np.asarray(guess, np.str_)))


def macro_f1(truth: Sequence[str] | Labels, guess: Sequence[str] | Labels) -> float:
    """Return the mean over labels of F1, a label being one that is true or guessed somewhere.

    Example:
        >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 3)
        0.667
    """
    t, g = np.asarray(truth, np.str_), np.asarray(guess, np.str_)
    labels, both = np.unique(np.concatenate([t, g]), return_inverse=True)
    there, said = both[: len(t)], both[len(t) :]
    hits = np.bincount(there[there == said], minlength=len(labels))
    total = np.bincount(there, minlength=len(labels)) + np.bincount(said, minlength=len(labels))
    return float(np.mean(2 * hits / total))


@dataclass(frozen=True)
class _Folded:
    """A linear model on rows' inner products: the same answer as on their words, found faster where rows are few."""

    root: Floats
    train: Any
    model: Any

    def predict(self, matrix: Any) -> npt.NDArray[np.int64]:
        from scipy.linalg import solve_triangular

        found: npt.NDArray[np.int64] = self.model.predict(
            solve_triangular(self.root, (self.train @ matrix.T).toarray(), lower=True).T
        )
        return found


def _fit(matrix: Any, y: npt.NDArray[np.int64], c: float) -> Any:
    rows, columns = matrix.shape
    if rows > 2500 or rows > columns:
        return _logistic(matrix, y, c)
    # X = L Q with orthonormal rows of Q, and K = X X' = L L': a penalised linear model sees X through L alone.
    kernel = (matrix @ matrix.T).toarray()
    kernel[np.diag_indices(rows)] += _JITTER
    try:
        root = np.linalg.cholesky(kernel)
    except np.linalg.LinAlgError:  # rounding on many equal rows
        return _logistic(matrix, y, c)
    return _Folded(root, matrix, _logistic(root, y, c))


def _logistic(x: Any, y: npt.NDArray[np.int64], c: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, class_weight="balanced", max_iter=2000).fit(x, y)


def _cut(texts: Sequence[str]) -> list[str]:
    return [t[:_MAX_CHARS] for t in texts]
