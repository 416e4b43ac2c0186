"""A small classifier on a fixed representation: what a set of labelled rows can teach, at the price of seconds."""

from __future__ import annotations

import warnings
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


def word_counts(texts: Sequence[str]) -> Any:
    """Return counts of the texts' word 1- and 2-grams, once for many `train_counts`: scipy CSR, shape (texts, n-grams).

    Of a text longer than 20,000 characters the first 20,000 are read.
    """
    found, _ = _count(texts)
    return found


def train_counts(counts: Any, labels: Sequence[str], *, c: float = 10.0) -> CountHead:
    """Return logistic regression on the TF-IDF of these rows, classes weighted to count alike.

    What other rows hold has no say: n-grams that no training row has are left out, and document frequencies are those of
    the training rows. With one class, or no word in any text, every text gets the commonest label.

    Args:
        counts: rows of what `word_counts` gives.
        c: inverse strength of the L2 penalty.

    Raises:
        ValueError: without a row, or where the lengths differ.

    Reference: Wang, Manning 2012, Baselines and bigrams, section 2 (the plain baseline).
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    if not counts.shape[0] or counts.shape[0] != len(labels):
        raise ValueError(f"needs as many texts as labels, and one at least; got {counts.shape[0]} and {len(labels)}")
    classes, y = np.unique(np.asarray(labels, np.str_), return_inverse=True)
    columns = np.unique(counts.indices)
    if len(classes) == 1 or not len(columns):
        return CountHead(classes, columns, None, None, None, int(np.bincount(y).argmax()))
    weighing = TfidfTransformer(sublinear_tf=True)
    weights, intercept = _fit(weighing.fit_transform(counts[:, columns]), y, c)
    return CountHead(classes, columns, weighing, weights, intercept, None)


@dataclass(frozen=True)
class CountHead:
    """A trained classifier of counted n-grams; `train_counts` makes it."""

    labels: Labels
    _columns: npt.NDArray[Any]
    _weighing: Any
    _weights: Any
    _intercept: Any
    _constant: int | None

    def predict(self, counts: Any) -> Labels:
        """Return the label of each row of counts, shape (rows,)."""
        if self._constant is not None:
            return np.full(counts.shape[0], self.labels[self._constant])
        scores = self._weighing.transform(counts[:, self._columns]) @ self._weights + self._intercept
        best = (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else scores.argmax(axis=1)
        found: Labels = self.labels[best]
        return found


@dataclass(frozen=True)
class TextHead:
    """A trained classifier of texts; `train_texts` makes it."""

    head: CountHead
    _words: Any

    def predict(self, texts: Sequence[str]) -> Labels:
        """Return the label of each text, shape (texts,)."""
        if self._words is None:
            return np.full(len(texts), self.head.labels[self.head._constant or 0])
        return self.head.predict(self._words.transform(_cut(texts)))


def train_texts(texts: Sequence[str], labels: Sequence[str], *, c: float = 10.0) -> TextHead:
    """Return `train_counts` on texts, for texts that are yet to come.

    Raises:
        ValueError: without a text, or where the lengths differ.

    Example:
        >>> head = train_texts(["good film", "bad film", "good play", "bad play"], ["+", "-", "+", "-"])
        >>> head.predict(["a good evening"]).tolist()
        ['+']
    """
    counted, words = _count(texts)
    return TextHead(train_counts(counted, labels, c=c), words)


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


def _fit(matrix: Any, y: npt.NDArray[np.int64], c: float) -> tuple[Floats, Floats]:
    """Return weights, shape (columns, classes; one for two classes), and intercepts."""
    from scipy.linalg import solve_triangular

    rows, columns = matrix.shape
    if rows <= min(2500, columns):
        # X = L Q with orthonormal rows of Q, and K = X X' = L L': a penalised linear model sees X through L alone, which
        # is far smaller where rows are few.
        kernel = (matrix @ matrix.T).toarray()
        kernel[np.diag_indices(rows)] += _JITTER
        try:
            root = np.linalg.cholesky(kernel)
        except np.linalg.LinAlgError:  # rounding on many equal rows
            pass
        else:
            model = _logistic(root, y, c)
            return np.asarray(matrix.T @ solve_triangular(root.T, model.coef_.T)), model.intercept_
    model = _logistic(matrix, y, c)
    return model.coef_.T, model.intercept_


def _logistic(x: Any, y: npt.NDArray[np.int64], c: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # Few rows a class is for the interval to say.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return LogisticRegression(C=c, class_weight="balanced", max_iter=2000).fit(x, y)


def _count(texts: Sequence[str]) -> tuple[Any, Any]:
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import CountVectorizer

    words = CountVectorizer(ngram_range=(1, 2), token_pattern=_WORD, dtype=np.float64)
    try:
        return words.fit_transform(_cut(texts)), words
    except ValueError:  # no text has a word
        return sp.csr_matrix((len(texts), 1)), None


def _cut(texts: Sequence[str]) -> list[str]:
    return [t[:_MAX_CHARS] for t in texts]
