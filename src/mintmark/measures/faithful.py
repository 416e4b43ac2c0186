"""Whether a text says nothing that its source does not have, as far as numbers, names and words show it."""

from __future__ import annotations

import re
from itertools import pairwise

from .extractive import unsupported_names
from .sentences import sentences
from .support import closest, lexical_support, turns_round, unsupported_numbers
from .tokens import tokens

_META = re.compile(
    r"\b(?:as an ai\b|language model|i(?:'m| am) (?:sorry|unable)|i (?:can(?:not|'t)|hope|will now|have (?:re|ex))"
    r"|here(?:'s| is| are) (?:the|a|an|some|my|your)\b"
    r"|(?:the|this|that|following|given|above|provided|original) (?:\w+ )?(?:passage|text|excerpt|paragraph|document|article"
    r"|snippet|sentence|input)s?\b|re(?:phrased|written) (?:version|text|passage)|let me know|in summary|feel free"
    r"|(?:happy|glad) to (?:help|assist))",
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


def unfaithful_sentence(text: str, source: str, *, min_support: float) -> tuple[str, object] | None:
    """Return (reason, what was found) where a sentence of a text is not told by its source, else None.

    Reasons: `low_support` where less than `min_support` of a sentence's content words stand in one sentence of the source or in
    two that follow each other; `negation_differs` where it negates what the nearest sentence does not, or the reverse.

    Example:
        >>> unfaithful_sentence("Honey never keeps.", "Honey keeps for years.", min_support=0.5)
        ('negation_differs', 'Honey never keeps.')
    """
    told = [source[a:b] for a, b in sentences(source)]
    pairs = [f"{a} {b}" for a, b in pairwise(told)]
    for said in (text[a:b] for a, b in sentences(text)):
        if closest(said, [*told, *pairs])[0] < min_support:
            return "low_support", said[:200]
        if turns_round(said, closest(said, told)[1]):
            return "negation_differs", said[:200]
    return None


def repetition(text: str, n: int = 4) -> float:
    """Return the share of a text's n-grams of words that stood in it before, in [0, 1): models that do not stop say all again.

    Example:
        >>> repetition("It keeps for many years. It keeps for many years.")
        0.2857142857142857
    """
    words = tokens(text, signs=False)
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
