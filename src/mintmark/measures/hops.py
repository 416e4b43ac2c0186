"""Two texts that belong together: the names and the sentences that link them, and whether one of them is enough."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from .entities import entities
from .evidence import askable
from .sentences import content_words, plain_text
from .support import lexical_support

_CODE = re.compile(r"``?([A-Za-z_][\w.()-]{3,40})``?")
_SAME = 0.6
"""Share of the shorter sentence's content words from which two sentences say the same."""
Span = tuple[int, int]


def names(sentence: str) -> list[str]:
    """Return the names and the words set as code of a sentence; none so short that it may mean anything.

    Example:
        >>> names("The cache of Anna Brandt is read by `load_all`.")
        ['Anna Brandt', 'load_all']
    """
    found = [*entities(plain_text(sentence)), *_CODE.findall(sentence)]
    return [name for name in dict.fromkeys(found) if len(name) > 3 and name not in ("None", "True", "False")]


@lru_cache(maxsize=4096)  # a passage is looked through for every name that it holds
def sentences_to_ask(text: str, min_words: int, max_words: int) -> tuple[Span, ...]:
    """Return (start, end) of the sentences of a text that can stand as evidence; see `evidence.askable`."""
    return tuple(askable(text, min_words=min_words, max_words=max_words))


def linked(
    text: str, spans: Sequence[Span], other: str, others: Sequence[Span], name: str | None = None
) -> tuple[Span, Span, str] | None:
    """Return the two sentences that share most content words without saying the same, and the words; None where none do.

    Args:
        text, other: the two texts.
        spans, others: their sentences.
        name: what the other's sentence must name.

    Example:
        >>> a, b = "The bridge was drawn by Anna Brandt.", "Anna Brandt lived in Graz for years."
        >>> linked(a, [(0, len(a))], b, [(0, len(b))])
        ((0, 36), (0, 36), 'anna brandt')
    """
    best: set[str] = set()
    found = None
    for here in spans:
        own = content_words(text[slice(*here)])
        for there in others:
            words = content_words(sentence := other[slice(*there)])
            shared = own & words
            same = len(shared) > _SAME * min(len(own), len(words))
            if len(shared) > len(best) and not same and (name is None or name in names(sentence)):
                best, found = shared, (here, there)
    return None if found is None else (*found, " ".join(sorted(best)))


def one_suffices(question: str, answer: str, chunk: str, other_evidence: str, min_shared: int = 1) -> bool:
    """Return whether, as far as words show it, a chunk alone answers a question that should need other evidence too.

    So it is where every content word of the answer stands in the chunk, and the question shares fewer than `min_shared`
    content words with the other evidence that the chunk lacks.

    Example:
        >>> one_suffices("When was it built?", "In 1858.", "It was built in 1858.", "Anna Brandt drew the bridge.")
        True
    """
    only_there = content_words(other_evidence) - content_words(chunk)
    return len(content_words(question) & only_there) < min_shared and lexical_support(answer, chunk) == 1.0
