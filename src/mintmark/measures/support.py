"""Lexical support: how much of a text stands, word by word, in another. Blind to paraphrase; cheap and plain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .sentences import content_words, fold_space

_NEGATES = re.compile(r"\b(?:not|no|never|none|nothing|neither|nor|cannot|without)\b|n['\u2019]t\b", re.IGNORECASE)
_MOST = 0.7
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


def lexical_support(text: str, context: str) -> float:
    """Return the share of a text's content words (by rough stem) that stand in the context; 1.0 for a text without any.

    Example:
        >>> lexical_support("Bees sell honey.", "Honey is made by bees in summer.")
        0.6666666666666666
    """
    words = content_words(text)
    return len(words & content_words(context)) / len(words) if words else 1.0


def unsupported_numbers(text: str, context: str) -> list[str]:
    """Return the numbers of a text that its context does not have, in order.

    Example:
        >>> unsupported_numbers("In 1999, 20 ships sank.", "In 1999 ships sank.")
        ['20']
    """
    there = set(_NUMBER.findall(context))
    return [n for n in _NUMBER.findall(fold_space(text)) if n not in there]


def closest(text: str, sentences: Sequence[str]) -> tuple[float, str]:
    """Return the highest lexical support of a text by one of several sentences, and which it is; (0.0, "") of none.

    Support by one sentence is much surer than by a whole text: words taken from all over make new statements.

    Example:
        >>> closest("Bees sell honey.", ["Lava cools.", "Honey is made by bees."])
        (0.6666666666666666, 'Honey is made by bees.')
    """
    return max(((lexical_support(text, one), one) for one in sentences), key=lambda found: found[0], default=(0.0, ""))


def turns_round(text: str, sentence: str) -> bool:
    """Return whether a text negates what a sentence does not, or says most of a negation without it; rough, and English alone.

    A part of a sentence may well leave out a negation that stands in another part.

    Example:
        >>> turns_round("Honey cannot keep.", "Honey keeps."), turns_round("Honey keeps.", "Honey keeps, as nothing grows in it.")
        (True, False)
    """
    said, told = (_NEGATES.search(one) is not None for one in (text, sentence))
    return said != told and (said or lexical_support(sentence, text) >= _MOST)
