"""Rules on instructions and on replies to them that need nothing but their texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .sentences import STOP_WORDS
from .tokens import tokens

Problem = tuple[str, Any]
"""A reason and its detail."""

UNSEEN = (
    "image", "images", "graph", "graphs", "picture", "pictures", "photo", "photos", "file", "files", "map", "maps", "draw",
    "plot", "go to", "video", "videos", "audio", "diagram", "flowchart",
)  # fmt: skip
"""English words for what a model of text can neither see nor do."""


def instruction_problem(
    text: str, *, min_words: int = 4, max_words: int = 150, banned: Sequence[str] = UNSEEN
) -> Problem | None:
    """Return why an instruction is of no use to a model that reads and writes text, or None.

    Args:
        text: the instruction.
        min_words, max_words: its length, inclusive; scripts without spaces count a character as a word.
        banned: words that it must not hold, in any case.

    Reference: Wang et al. 2022, "Self-Instruct", section 2.2 (filtering); the word list is extended.

    Example:
        >>> instruction_problem("Describe the image in two sentences.")
        ('names_unseen', {'word': 'image'})
    """
    words = len(tokens(text, signs=False))
    if words < min_words:
        return "too_short", {"words": words}
    if words > max_words:
        return "too_long", {"words": words}
    if not text[0].isalnum() and text[0] not in "\u00bf\u00a1":
        return "starts_with_punctuation", {"sign": text[0]}
    for word in banned:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            return "names_unseen", {"word": word}
    return None


def response_problem(text: str, *, min_sorry_words: int = 80) -> Problem | None:
    """Return why a reply shows that its instruction could not be answered, or None.

    Args:
        text: the reply.
        min_sorry_words: words from which a reply may say "sorry".

    Reference: Xu et al. 2023, "WizardLM", section 3.2 (elimination evolving), rules 2 and 3.

    Example:
        >>> response_problem("I'm sorry, I cannot do that.")
        ('sorry', {'words': 6})
    """
    words = tokens(text, signs=False)
    if not text.strip():
        return "empty_response", None
    if all(word in STOP_WORDS for word in words):
        return "only_stop_words", {"response": text[:80]}
    if "sorry" in words and len(words) < min_sorry_words:
        return "sorry", {"words": len(words)}
    return None


def task_problem(input: str, response: str) -> Problem | None:
    """Return why an instance of a task is invalid by its form, or None.

    Reference: Wang et al. 2022, "Self-Instruct", section 2.2, as its public code filters instances.

    Example:
        >>> task_problem("2, 1", "2, 1")
        ('echoes_input', None)
    """
    if not response:
        return "empty_response", None
    if response == input:
        return "echoes_input", None
    if response.endswith(":") or input.endswith(":"):
        return "unfinished", None
    return None


def looping(text: str, *, ngram: int = 6, max_share: float = 0.3, min_words: int = 24) -> Problem | None:
    """Return that a text says the same again and again, as a model does that cannot stop, or None.

    Args:
        text: at least `min_words` words, or it cannot loop.
        ngram: words of a phrase.
        max_share: share of the text's phrases, inclusive, that may be repeats of an earlier one.

    Example:
        >>> looping("the sea is blue and the sky is blue and " * 8)[0]
        'loops'
    """
    words = tokens(text, signs=False)
    if len(words) < min_words:
        return None
    phrases = [tuple(words[i : i + ngram]) for i in range(len(words) - ngram + 1)]
    share = 1 - len(set(phrases)) / len(phrases)
    return ("loops", {"repeated_share": round(share, 4)}) if share > max_share else None
