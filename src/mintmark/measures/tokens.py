"""Words and signs of a text, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

# Scripts written without spaces are read a character at a time: a sentence of Chinese is not one word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+(?:['\u2019](?:(?![{_UNSPACED}])\w)+)*|[^\w\s]")
Ints = npt.NDArray[np.int64]


def tokens(text: str, *, signs: bool = True) -> list[str]:
    """Return the lower-cased words, and with `signs` every other sign, of `text`, in order.

    Example:
        >>> tokens("Don't stop: 3 cats!"), tokens("\u732b\u304c", signs=False)
        (["don't", 'stop', ':', '3', 'cats', '!'], ['\u732b', '\u304c'])
    """
    found = _TOKEN.findall(text.lower())
    return found if signs else [t for t in found if t[0].isalnum() or t[0] == "_"]


class Vocabulary:
    """Numbers for words: the same word, the same number, in the order first met.

    Example:
        >>> v = Vocabulary()
        >>> v.read(["a", "b", "a"]).tolist(), v.words
        ([0, 1, 0], ['a', 'b'])
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def words(self) -> list[str]:
        """The words by their numbers."""
        return list(self._numbers)

    def read(self, words: Iterable[str]) -> Ints:
        """Return the numbers of `words`: int64, shape (words,)."""
        numbers = self._numbers
        return np.array([numbers.setdefault(w, len(numbers)) for w in words], np.int64)
