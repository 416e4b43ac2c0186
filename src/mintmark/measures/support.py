"""Lexical support: how much of a text stands, word by word, in another. Blind to paraphrase; cheap and plain."""

from __future__ import annotations

import re

from .sentences import content_words, fold_space

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


def lexical_support(text: str, context: str) -> float:
    """Return the share of a text's content words (by rough stem) that stand in the context; 1.0 for a text without any.

    Example:
        >>> lexical_support("Bees make honey.", "Honey is made by bees in summer.")
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
