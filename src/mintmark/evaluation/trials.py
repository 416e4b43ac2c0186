"""Classifiers trained on labelled rows and tested on held-out ones, several times over, with honest intervals of what differs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from ..measures.heads import train_counts, word_counts
from ..measures.intervals import student_quantile
from .subject import Corpus, text_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Metric = Literal["macro_f1", "accuracy"]
_BOOTSTRAPS = 200


@dataclass(frozen=True, eq=False)
class Labelled:
    """The rows of a corpus that have a text and a label: their texts, labels and ids."""

    texts: list[str]
    labels: list[str]
    ids: list[str]

    def __len__(self) -> int:
        return len(self.labels)


def labelled_rows(corpus: Corpus | None) -> Labelled | None:
    """Return the labelled rows; None where there is no label column, or its values are not classes."""
    if corpus is None or not corpus.has("label"):
        return None
    name = corpus.roles["label"]
    labels = [_label(row.get(name)) for row in corpus.rows]
    rows = [i for i, (text, label) in enumerate(zip(corpus.texts, labels)) if text.strip() and label]
    found = Labelled([corpus.texts[i] for i in rows], [labels[i] for i in rows], [corpus.ids[i] for i in rows])
    return found if rows and len(set(found.labels)) <= max(2, len(rows) // 3) else None


def without_copies(data: Labelled, reference: Labelled) -> Labelled:
    """Return the rows of data whose text, case and white space aside, is none of the reference's: those would know the test."""
    there = {_folded(text) for text in reference.texts}
    kept = [i for i, text in enumerate(data.texts) if _folded(text) not in there]
    return Labelled([data.texts[i] for i in kept], [data.labels[i] for i in kept], [data.ids[i] for i in kept])


class Trials:
    """Predictions of classifiers trained on the arms of an experiment, over draws, for held-out rows of the reference.

    The reference is cut into folds; a draw trains on rows outside its fold and is tested inside it. An interval has two
    parts: what another draw of training rows would have changed, from the spread over draws, and what other test rows would
    have, by a bootstrap of the reference. Draws of b from N rows vary less than fresh samples would; their spread counts by
    1/draws + b/(N - b), as of the delete-d jackknife.

    Args:
        reference: the rows to test on.
        data: the other rows, for their words and labels.
        most: test rows of a fold, at most.

    Reference: Shao, Wu 1989, A general theory for jackknife variance estimation; Nadeau, Bengio 2003, Inference for the
        generalization error; Owen 2007, The pigeonhole bootstrap (the two parts added: conservative).
    """

    def __init__(self, reference: Labelled, data: Labelled, seed: int, *, folds: int, most: int) -> None:
        self.reference, self.data = reference, data
        counted = word_counts([*reference.texts, *data.texts])
        self.real_counts, self.made_counts = counted[: len(reference)], counted[len(reference) :]
        self.classes = np.unique(np.array([*reference.labels, *data.labels], np.str_))
        self.truth = np.searchsorted(self.classes, np.asarray(reference.labels, np.str_))
        n = len(reference)
        parts = np.array_split(np.random.default_rng([seed, 3]).permutation(n), folds)
        self.folds = [part[:most] for part in parts]
        self.pools = [np.setdiff1d(np.arange(n), part) for part in parts]
        self.tested = sum(map(len, self.folds))
        self.guesses: dict[str, list[tuple[int, Ints]]] = {}
        self._cache: dict[tuple[str, Metric], tuple[Floats, Floats]] = {}
        self._weights = (
            np.random.default_rng([seed, 7]).multinomial(n, np.full(n, 1 / n), _BOOTSTRAPS).astype(np.float64)
        )

    def train(self, arm: str, draw: int, *, real: Sequence[int] | Ints = (), made: Sequence[int] | Ints = ()) -> None:
        """Train one draw of an arm on rows of reference and data, and keep what it says of the fold's rows."""
        import scipy.sparse as sp

        fold, ours, theirs = draw % len(self.folds), np.asarray(made, np.int64), np.asarray(real, np.int64)
        labels = [self.reference.labels[i] for i in theirs] + [self.data.labels[i] for i in ours]
        rows = sp.vstack([self.real_counts[theirs], self.made_counts[ours]]).tocsr()
        said = train_counts(rows, labels).predict(self.real_counts[self.folds[fold]])
        self.guesses.setdefault(arm, []).append((fold, np.searchsorted(self.classes, said)))

    def scores(self, arm: str, metric: Metric = "macro_f1") -> Floats:
        """Return one score a draw."""
        return self._both(arm, metric)[0]

    def contrast(self, arms: Mapping[str, float], *, metric: Metric = "macro_f1", overlap: float) -> Contrast:
        """Return the weighted sum of arms' scores, its interval, and its chances.

        Args:
            arms: weight by arm; a difference is {"a": 1, "b": -1}.
            overlap: b/(N - b), the largest of those of the arms' draws.
        """
        draws = np.sum([w * self._both(a, metric)[0] for a, w in arms.items()], axis=0)
        resampled = np.sum([w * self._both(a, metric)[1] for a, w in arms.items()], axis=0)
        # Folds differ by their test rows, which the bootstrap has already counted.
        fold = np.array([f for f, _ in self.guesses[next(iter(arms))]])
        means = np.bincount(fold, draws) / np.maximum(np.bincount(fold), 1)
        freedom = max(1, len(draws) - len(np.unique(fold)))
        spread = float(np.sum((draws - means[fold]) ** 2)) / freedom
        error = math.sqrt(spread * (1 / len(draws) + overlap) + float(np.var(resampled, ddof=1)))
        return Contrast(float(draws.mean()), error, len(draws), freedom, self.tested, draws)

    def hits(self, arm: str) -> Floats:
        """Return for each reference row the share of draws that got it right; NaN where it was not tested on."""
        right, times = np.zeros(len(self.truth)), np.zeros(len(self.truth))
        for fold, guess in self.guesses[arm]:
            rows = self.folds[fold]
            right[rows] += guess == self.truth[rows]
            times[rows] += 1
        found: Floats = np.divide(right, times, out=np.full(len(right), np.nan), where=times > 0)
        return found

    def said(self, arm: str, row: int) -> str:
        """Return what an arm mostly calls a row that it was tested on."""
        calls = [int(g[np.flatnonzero(self.folds[f] == row)[0]]) for f, g in self.guesses[arm] if row in self.folds[f]]
        return str(self.classes[np.bincount(calls).argmax()])

    def _both(self, arm: str, metric: Metric) -> tuple[Floats, Floats]:
        """Each draw's score, and the mean over draws for each bootstrap of the reference."""
        if (arm, metric) not in self._cache:
            plain, resampled = [], []
            for fold, guess in self.guesses[arm]:
                rows = self.folds[fold]
                truth = self.truth[rows]
                plain.append(score(truth, guess, np.ones((1, len(rows))), len(self.classes), metric)[0])
                resampled.append(score(truth, guess, self._weights[:, rows], len(self.classes), metric))
            self._cache[arm, metric] = np.array(plain), np.mean(resampled, axis=0)
        return self._cache[arm, metric]


@dataclass(frozen=True)
class Contrast:
    """A difference between arms of `Trials`.

    Attributes:
        value: the mean over draws.
        error: its standard error, of draws and of test rows.
        freedom: draws less folds.
        by_draw: the value of each draw.
    """

    value: float
    error: float
    draws: int
    freedom: int
    tested: int
    by_draw: Floats = field(repr=False)

    @property
    def estimate(self) -> Estimate:
        """The value with Student's interval."""
        half = student_quantile(0.975, self.freedom) * self.error
        how = f"Student's t over {self.draws} draws, and bootstrap over {self.tested:,} test rows"
        return Estimate(value=self.value, low=self.value - half, high=self.value + half, n=self.draws, method=how)

    def chance(self, side: Literal["above", "below"]) -> float:
        """Return the one-sided chance of a value so far to that side of zero."""
        from scipy.stats import t

        if self.error == 0:
            return 0.0 if (self.value > 0) == (side == "above") and self.value else 1.0
        ratio = self.value / self.error
        return float(t.sf(ratio if side == "above" else -ratio, self.freedom))


def score(truth: Ints, guess: Ints, weights: Floats, classes: int, metric: Metric) -> Floats:
    """Return accuracy or macro-F1 under each row of weights, shape (weightings,).

    Args:
        truth, guess: class numbers, shape (rows,).
        weights: float, shape (weightings, rows).
    """
    right = guess == truth
    if metric == "accuracy":
        found: Floats = weights[:, right].sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        return found
    there, said = np.zeros((len(truth), classes)), np.zeros((len(truth), classes))
    there[np.arange(len(truth)), truth] = 1
    said[np.arange(len(truth)), guess] = 1
    hits, total = weights @ (there * right[:, None]), weights @ (there + said)
    f1: Floats = np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0).sum(axis=1)
    f1 /= np.maximum((total > 0).sum(axis=1), 1)
    return f1


def overlap(taken: int, there: int) -> float:
    """Return b/(N - b) for draws of b from N rows: how much of their spread more draws cannot remove.

    Example:
        >>> overlap(50, 100), overlap(0, 10)
        (1.0, 0.0)
    """
    return taken / max(1, there - taken)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _label(value: Any) -> str:
    """1 and 1.0 are one class; so are the texts " yes" and "yes"."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return text_of(value).strip()
