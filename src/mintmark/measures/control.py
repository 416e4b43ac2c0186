"""Control: whether texts are what was asked for, attribute by attribute, against what chance would give."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate
from .intervals import wilson
from .sentences import sentences
from .text import count_words

Fits = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
ABOUT = 0.25
"""How far "about 40 words" may be off, as a share."""

_SPELT = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}
_NUMBER = rf"\d{{1,5}}|{'|'.join(_SPELT)}"
_RANGE = re.compile(rf"\b({_NUMBER})\s*(?:to|and|or|-|\u2013)\s*({_NUMBER})\b", re.I)
_ONE = re.compile(rf"\b({_NUMBER})\b", re.I)
_MOST = re.compile(r"\b(?:at most|up to|under|below|less than|fewer than|no more than|maximum)\b", re.I)
_LEAST = re.compile(r"\b(?:at least|over|above|more than|no less than|no fewer than|minimum)\b", re.I)
_UNIT = re.compile(r"\b(words?|sentences?)\b", re.I)


@dataclass(frozen=True)
class Control:
    """How many texts are what was asked for.

    Attributes:
        share: of the rows.
        chance: the share where the same texts are dealt to the same requests at random.
        p: one-sided chance of so high a share under that.
        right: which rows are, shape (rows,).
    """

    share: Estimate
    chance: Estimate
    p: float
    right: Fits


def control(fits: Fits, asked: Ints, *, draws: int = 1000, seed: int = 0) -> Control:
    """Return how many rows fit what they were asked for, against requests that are dealt to them at random.

    Args:
        fits: whether row i would do for value v, shape (rows, values).
        asked: the value that was asked for, shape (rows,).

    Raises:
        ValueError: without a row.

    Example:
        >>> found = control(np.eye(2, dtype=bool)[[0, 0, 1, 1] * 10], np.array([0, 0, 1, 1] * 10))
        >>> found.share.value, round(found.chance.value, 1), found.p < 0.01
        (1.0, 0.5, True)
    """
    n = len(asked)
    if not n or fits.shape[0] != n:
        raise ValueError(f"needs one request a row, and one row at least; got {n} and {fits.shape[0]}")
    rows, rng = np.arange(n), np.random.default_rng(seed)
    right = fits[rows, asked]
    chances = np.array([fits[rows, rng.permutation(asked)].mean() for _ in range(draws)])
    value = float(fits.mean(0) @ (np.bincount(asked, minlength=fits.shape[1]) / n))
    low, high = (float(q) for q in np.quantile(chances, [0.025, 0.975]))
    chance = Estimate(
        value=value, low=min(low, value), high=max(high, value), n=n, method=f"{draws:,} permutations of what was asked"
    )
    p = (1 + int((chances >= right.mean() - 1e-12).sum())) / (1 + draws)
    return Control(wilson(int(right.sum()), n), chance, p, right)


def recognised(texts: Sequence[str], asked: Ints, *, seed: int = 0) -> Fits:
    """Return which value a classifier of words takes each text for, taught by the other texts: shape (rows, values), one a row.

    It sees words and pairs of words alone: a style or a tone that it does not recognise may be there all the same.

    Raises:
        ValueError: where a value was asked for in fewer than two rows, or there is one value only.
    """
    from .label_noise import out_of_fold
    from .vectors import counts, weigh

    (matrix,) = weigh(counts(texts))
    said = out_of_fold(matrix, asked, seed=seed)
    found: Fits = np.eye(said.shape[1], dtype=np.bool_)[said.argmax(1)]
    return found


def length_rule(value: str) -> Callable[[str], bool] | None:
    """Return what tells whether a text is as long as `value` says, in words or sentences; None where it says no length.

    "10 to 30 words", "at most 20 words", "about 40 words" (a quarter off at most), "two short sentences".

    Example:
        >>> rule = length_rule("between 2 and 4 words")
        >>> rule("Only three words."), rule("These are five words now.")
        (True, False)
    """
    unit = _UNIT.search(value)
    if unit is None:
        return None
    said = value[: unit.start()]
    by_sentence = unit[1].lower().startswith("sentence")
    if pair := _RANGE.search(said):
        low, high = float(_number(pair[1])), float(_number(pair[2]))
    elif one := _ONE.search(said):
        n = _number(one[1])
        off = 0.0 if by_sentence else ABOUT * n
        low, high = (0.0, n) if _MOST.search(said) else (n, math.inf) if _LEAST.search(said) else (n - off, n + off)
    else:
        return None

    def fits(text: str) -> bool:
        size = max(1, len(sentences(text))) if by_sentence else count_words(text)
        return low <= size <= high

    return fits


def _number(text: str) -> int:
    return _SPELT[text.lower()] if text.lower() in _SPELT else int(text)
