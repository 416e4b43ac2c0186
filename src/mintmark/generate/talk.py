"""A talk with a model about one row: what is said, and whether a reply can stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.call import Reply
from ..measures.refusal import is_refusal
from ..measures.tokens import tokens
from .parsing import without_talk

Message = Mapping[str, Any]
COPY = 0.8
"""Share of words in common, from which one text is another again."""


def user(text: str) -> Message:
    """Return a message of the user's."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    """Return a message of the model's."""
    return {"role": "assistant", "content": text}


def opened(system: str | None, text: str) -> list[Message]:
    """Return the beginning of a talk: the system message, where there is one, and the user's."""
    return [*([{"role": "system", "content": system}] if system else []), user(text)]


def unusable(reply: Reply) -> str | None:
    """Return why a reply cannot stand as a row's text, `empty_reply` or `cut_off` (by its token limit); None where it can.

    Example:
        >>> unusable(Reply(text="  ")), unusable(Reply(text="And so", finish="length")), unusable(Reply(text="So."))
        ('empty_reply', 'cut_off', None)
    """
    if not reply.text.strip():
        return "empty_reply"
    return "cut_off" if reply.finish == "length" else None


def written(reply: Reply) -> tuple[str, tuple[str, Any] | None]:
    """Return a reply's text without what was said around it, and why it cannot be used, if so: reason and detail.

    Example:
        >>> written(Reply(text='Sure! Here is one:\\n\\n"Why is it cold?"'))
        ('Why is it cold?', None)
        >>> written(Reply(text="I'm sorry, but I can't help with that."))[1][0]
        'refused'
    """
    text = without_talk(reply.text)
    if problem := unusable(reply):
        return text, (problem, {"tokens_out": reply.tokens_out})
    if not text:
        return text, ("empty_reply", None)
    return text, ("refused", text[:200]) if is_refusal(text) else None


def alike(a: str, b: str) -> bool:
    """Say whether most words of two texts are the same.

    Example:
        >>> alike("What rhymes with hat?", "what rhymes with: Hat!"), alike("What rhymes with hat?", "Name a fruit.")
        (True, False)
    """
    one, other = set(tokens(a, signs=False)), set(tokens(b, signs=False))
    return len(one & other) >= COPY * len(one | other)
