"""Whether a text says nothing that its source does not have, as far as numbers, names and words show it."""

from __future__ import annotations

import re

from .extractive import unsupported_names
from .support import lexical_support, unsupported_numbers

_META = re.compile(
    r"\b(?:as an ai\b|language model|i(?:'m| am) (?:sorry|unable)|i (?:can(?:not|'t)|hope|will now|have (?:re|ex))"
    r"|here(?:'s| is| are) (?:the|a|an|some|my|your)\b"
    r"|(?:the|this|that|following|given|above|provided|original) (?:\w+ )?(?:passage|text|excerpt|paragraph|document|article"
    r"|snippet|sentence|input)s?\b|re(?:phrased|written) (?:version|text|passage)|let me know|in summary|feel free)",
    re.IGNORECASE,
)


def meta_talk(text: str, source: str = "") -> str | None:
    """Return the first words by which a text speaks of itself, its source or its writer; None where there are none.

    Words that the source uses itself are no such talk: a manual of a text tool speaks of texts.

    Example:
        >>> meta_talk("Honey keeps. I hope this helps!"), meta_talk("The passage describes honey.")
        ('I hope', 'The passage')
    """
    there = " ".join(source.split()).casefold()
    return next((m[0] for m in _META.finditer(text) if " ".join(m[0].split()).casefold() not in there), None)


def unfaithful(text: str, source: str, *, min_support: float = 0.0) -> tuple[str, object] | None:
    """Return (reason, what was found) where a text has something that its source lacks, else None.

    Reasons: `unsupported_number`, `unsupported_name` (each as written; a name is a capitalised word inside a sentence) and
    `low_support` where less than `min_support` of the content words, by rough stem, stand in the source. A text that
    passes can still be false: words in a new order say something else.

    Example:
        >>> unfaithful("Two ships sank in 1912.", "The ship sank in 1912, and 1,500 died.")
        >>> unfaithful("It sank in 1913.", "The ship sank in 1912.")
        ('unsupported_number', ['1913'])
    """
    if numbers := unsupported_numbers(text, source):
        return "unsupported_number", numbers[:5]
    if names := unsupported_names(text, source):
        return "unsupported_name", names[:5]
    support = lexical_support(text, source)
    return ("low_support", round(support, 4)) if support < min_support else None
