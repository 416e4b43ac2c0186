"""The rows of a corpus that have a label which can be learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .subject import Corpus, text_of

_LEAST_ROWS = 40
_LEAST_OF_LABEL = 4
_MOST_EXAMINED = 20_000
_MOST_LABELS = 300


@dataclass(frozen=True)
class Labelled:
    """The rows of a corpus that have a usable label.

    Args:
        rows: their places in the corpus, shape (n,).
        numbers: each one's label, a place in `names`, shape (n,).
        left_out: rows without a label, or with one that hardly any row bears.
    """

    rows: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    names: tuple[str, ...]
    left_out: int


def labelled(corpus: Corpus, *, least: int = _LEAST_OF_LABEL, most: int = _MOST_EXAMINED) -> Labelled | str:
    """Return the rows with labels that `least` rows bear, or what is lacking. Past `most` rows, evenly spaced
    ones; past 300 labels, the most frequent."""
    texts = [text_of(row.get(corpus.roles["label"])).strip() for row in corpus.rows]
    rows = np.array([i for i, (label, text) in enumerate(zip(texts, corpus.texts)) if label and text.strip()], np.int64)
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    names, numbers = np.unique(np.array([texts[i] for i in rows], dtype=object), return_inverse=True)
    sizes = np.bincount(numbers, minlength=len(names))
    borne = sizes >= least
    if borne.sum() > max(2, len(rows) // 4):
        return "labels that are classes, not numbers or texts of their own"
    # The work grows with the labels: the rarest of very many are left out.
    borne[np.argsort(-sizes, kind="stable")[_MOST_LABELS:]] = False
    kept = borne[numbers] if len(rows) else np.zeros(0, np.bool_)
    if kept.sum() < _LEAST_ROWS:
        return f"{_LEAST_ROWS} or more rows whose label at least {least} rows bear (there are {int(kept.sum())})"
    if borne.sum() < 2:
        return "two or more different labels"
    place = np.cumsum(borne) - 1
    usable = tuple(str(n) for n, b in zip(names, borne) if b)
    return Labelled(rows[kept], place[numbers[kept]], usable, len(corpus) - int(kept.sum()))
