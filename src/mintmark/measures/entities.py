"""Names and long numbers in text that can give a row away: capitalised spans inside sentences, numbers of 5 digits or more."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .tokens import Vocabulary

Ints = npt.NDArray[np.int64]
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,.\- ]{3,22}\d(?!\w)")
_NAME = re.compile(r"(?<=[\w,;:)] )[A-Z][\w\u2019'-]+(?: (?:(?:of|the|de|van|von|der|la|and) )?[A-Z][\w\u2019'-]+)*")


def entities(text: str) -> list[str]:
    """Return the capitalised spans that do not begin a sentence, and the numbers of at least 5 digits, each once.

    By form alone: names in scripts without capitals are not seen, German nouns are all seen.

    Example:
        >>> entities("Ask Ada Lovelace about 10,500 sheep. He left.")
        ['10500', 'Ada Lovelace']
    """
    digits = (re.sub(r"\D", "", m) for m in _NUMBER.findall(text))
    found = [d for d in digits if 5 <= len(d) <= 20]
    return list(dict.fromkeys([*found, *_NAME.findall(text)]))


def once(texts: Sequence[str], others: Sequence[str]) -> tuple[list[str], Ints, Ints, Ints]:
    """Return the entities that exactly one of `texts` has, and where they stand again in `others`.

    Returns:
        names: the entities.
        row: int64, shape (names,): the one text that has each.
        again, other: int64, a pair for each appearance: which name, in which of `others`.
    """
    vocabulary = Vocabulary()
    own = [np.unique(vocabulary.read(entities(t))) for t in texts]
    ids = np.concatenate([np.zeros(0, np.int64), *own])
    rows = np.repeat(np.arange(len(texts)), [len(o) for o in own]).astype(np.int64)
    known = len(vocabulary)
    single = np.bincount(ids, minlength=known) == 1
    number = np.cumsum(single) - 1
    where = np.zeros(known, np.int64)
    where[ids] = rows
    names = [w for w, s in zip(vocabulary.words, single.tolist()) if s]
    there = [np.unique(vocabulary.read(entities(t))) for t in others]
    met = np.concatenate([np.zeros(0, np.int64), *there])
    other = np.repeat(np.arange(len(others)), [len(t) for t in there]).astype(np.int64)
    kept = met < known
    met, other = met[kept], other[kept]
    kept = single[met]
    return names, where[single], number[met[kept]], other[kept]
