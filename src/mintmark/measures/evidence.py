"""Which sentences of a chunk can be asked about: complete, self-contained, and saying something."""

from __future__ import annotations

import re

from .sentences import content_words, plain_text, sentences

_LEANS = re.compile(
    r"^(?:it|its|this|these|those|that|they|them|their|he|she|his|her|here|there|however|but|and|or|nor|so|thus|then|also"
    r"|otherwise|instead|therefore|hence|moreover|furthermore|finally|for (?:example|instance|this)|note|similar\w*|see|such"
    r"|both|each|another|the (?:above|following|former|latter|same|example|other|first|second|third|last|next|result|rest)"
    r"|if|as|in (?:this|that|these|some|addition|particular|other|both)|yes|no|we|i|i'm|i'd|you|your|let|when|while|since"
    r"|because|rather|what|why|how|an example|some|others?|one|again|even|still|yet|only|likewise|conversely|alternatively"
    r"|additionally|consequently|unfortunately|fortunately|of course|perhaps|maybe|first|second|third|todo|fixed|added)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:above|below|following|previous(?:ly)?|aforementioned|see (?:also|the|section)"
    r"|this (?:pep|section|document|page|proposal|example|chapter|guide|article|function|method|option|setting|means|is|was)"
    r"|the example|figure \d|table \d|click here)\b",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"\bhere (?:is|are)\b|\b(?:described|discussed|outlined?|explained|listed|covered|defined|specified|given|shown) "
    r"(?:after|in|by|below|above|later|earlier|elsewhere|here|next)\b|\bwe (?:outlined?|describe|discuss|list|explain)\b",
    re.IGNORECASE,
)
_CAUSE = re.compile(
    r"\b(?:because|since|so that|in order to|therefore|due to|to (?:avoid|prevent|ensure|allow|make|keep|reduce)|which means"
    r"|as a result|leads? to|causes?|requires?|depends? on|otherwise|unless)\b",
    re.IGNORECASE,
)


def askable(
    chunk: str, *, min_words: int = 8, max_words: int = 40, min_content_words: int = 5
) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences of a chunk that can stand as an answer by themselves.

    Left out: sentences that lean on one before them ("It ...", "However ..."), that point elsewhere ("see below"), that
    are mostly code, or that say too little.

    Args:
        chunk: the text, marked up or not.
        min_words, max_words: length of a sentence, inclusive.
        min_content_words: different words that carry content, by rough stem.

    Example:
        >>> t = "Honey keeps for years because bacteria cannot grow in it. It is sweet."
        >>> [t[a:b] for a, b in askable(t)]
        ['Honey keeps for years because bacteria cannot grow in it.']
    """
    found = ((a, b, plain_text(chunk[a:b])) for a, b in sentences(chunk))
    return [
        (a, b) for a, b, text in found
        if _stands_alone(text, min_words, max_words) and len(content_words(text)) >= min_content_words
    ]  # fmt: skip


def announces(sentence: str) -> bool:
    """Return True where a sentence says that something is told elsewhere rather than telling it.

    Example:
        >>> announces("The common argument is described after the hooks."), announces("Honey keeps.")
        (True, False)
    """
    return _ANNOUNCES.search(sentence) is not None


def gives_a_reason(sentence: str) -> bool:
    """Return True where a sentence names a cause, a purpose or a condition, so that one can ask why or how."""
    return _CAUSE.search(sentence) is not None


def _stands_alone(text: str, min_words: int, max_words: int) -> bool:
    words = text.split()
    if not min_words <= len(words) <= max_words or not text[0].isupper() or not text.endswith((".", ".)", '."')):
        return False
    if _LEANS.match(text) or _POINTS.search(text):
        return False
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return letters >= 0.8 * len(text) and text.count("(") == text.count(")") and "http" not in text
