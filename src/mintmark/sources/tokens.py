"""How many tokens a text has, estimated without a model and on the high side."""

from __future__ import annotations

import re
from typing import NamedTuple

_PIECES = re.compile(r"([A-Za-z]+)|([^\W\d_A-Za-z]+)|(\d)|(\s+)|(.)\5*", re.DOTALL)


class Tally(NamedTuple):
    """What an estimate is made of; the tally of a text is the sum of its parts' where they are cut at white space.

    Attributes:
        fixed: tokens of digits, marks, line ends, indents and letters beyond ASCII.
        common, rare: tokens of ASCII words if the text is English, and if it is not.
        letters, foreign: ASCII letters and letters beyond.
    """

    fixed: int = 0
    common: int = 0
    rare: int = 0
    letters: int = 0
    foreign: int = 0

    def plus(self, other: Tally) -> Tally:
        """Return the tally of both texts."""
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))

    def less(self, other: Tally) -> Tally:
        """Return the tally of this text without a part of it."""
        return Tally(*(a - b for a, b in zip(self, other, strict=True)))

    @property
    def tokens(self) -> int:
        """The estimate."""
        english = self.foreign * 200 <= self.letters + self.foreign
        return self.fixed + (self.common if english else self.rare)


def tally(text: str) -> Tally:
    """Return the tally of a text, in one pass."""
    fixed = common = rare = letters = foreign = 0
    for found in _PIECES.finditer(text):
        group = found.lastindex
        piece = found[0]
        size = len(piece)
        if group == 1:
            common += 1 if size <= 6 else 2 + (size - 6) // 6
            rare += 1 + (size - 1) // 3
            letters += size
        elif group == 4:
            if size > 1 or piece != " ":
                last = piece.rfind("\n")
                fixed += piece.count("\n") + (size - last - 1 > 1)
        elif group == 3:
            fixed += 1
        elif piece.isascii():
            fixed += 1 + (size - 1) // 4
        else:
            fixed += len(piece.encode("utf-8", "surrogatepass"))
            if group == 2:
                foreign += size
    return Tally(fixed, common, rare, letters, foreign)


def estimate_tokens(text: str) -> int:
    """Return about how many tokens `text` has for a small English byte-level BPE, seldom too few.

    Words of up to 6 ASCII letters, digits and marks count one each; a longer word one more for each 6
    letters begun; letters beyond ASCII their UTF-8 bytes; line ends and indents one each. Where more than one
    letter in 200 is beyond ASCII, the words are taken for another language and count one for each 3 letters.

    Measured against SmolLM2's tokenizer on passages of about 400 tokens, mean error and that of the lowest passage
    in 100: English documentation in Markdown +14 % (0 %), in reStructuredText +18 % (0 %), encyclopedia text
    +19 % (-3 %), Python source +21 % (-7 %), German +4 % (-17 %). Of 4777 chunks of real documentation packed
    to 400 estimated tokens, 1 in 120 had more, the longest 427.

    Example:
        >>> estimate_tokens("Install HTTPX using pip:")
        6
    """
    return tally(text).tokens
