"""A talk with a model about one row: what is said, and whether a reply can stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.call import Reply
from ..measures.refusal import is_refusal
from ..measures.rouge import rouge_l
from ..measures.sentences import fold_space
from ..measures.tokens import tokens
from .parsing import without_talk

Message = Mapping[str, Any]
MAX_LIKE_CRITIQUE = 0.9
"""ROUGE-L of a rewrite and its critique; of 19 kept rewrites read one by one, 8 lay above: 7 wrong, 1 flawed."""
COPY = 0.8
"""Share of words in common, from which one text is another again."""
_OF_ITSELF = re.compile(
    r"\b(?:revised|rewritten|reworded|updated|improved|corrected) (?:version|response|reply|answer|text|sentence|message)\b"
    r"|^\W*(?:two|three|two or three) sentences\b|\boriginal text\b|\balternative (?:version|response|reply|answer)\b"
    r"|\b(?:can|could) be (?:rephrased|reworded|rewritten)\b"
    r"|\b(?:original|previous|earlier|new) (?:response|reply|answer)\b|\b(?:this|my|your) (?:response|reply|rewrite|revision)\b"
    r"|\bthis (?:version|answer) (?:is|was|has|does|doesn|will)\b"
    r"|\bI(?:['\u2019]ve| have)? (?:rewrote|rewritten|rephrased|reworded|revised)\b"
    r"|\bI(?:['\u2019]ve| have)? (?:also )?made (?:\w+ ){1,3}(?:change|edit|adjustment|mistake)s?\b"
    r"|\bre-?writ(?:e|ten|ing) (?:the|this|my|your) (?:reply|response|answer|text)\b",
    re.IGNORECASE,
)


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


def says_again(critique: str, version: str) -> bool:
    """Say whether a critique is the version itself; white space and case do not count."""
    return fold_space(critique).casefold() == fold_space(version).casefold()


def bad_revision(revision: str, critique: str, before: str) -> str | None:
    """Return why a rewrite cannot stand, None where it can.

    `no_critique`: the critique says the text over again. `copies_critique`: the rewrite is the critique (ROUGE-L of 0.9 or more).
    `speaks_of_itself`: the rewrite tells of the rewriting, or says over what was asked for, in place of the reply.

    Example:
        >>> bad_revision("I have made a few changes to my reply.", "Be kinder.", "Go away.")
        'speaks_of_itself'
        >>> bad_revision("Please go.", "Go  away.", "Go away."), bad_revision("Please go.", "Be kinder.", "Go away.")
        ('no_critique', None)
    """
    if says_again(critique, before):
        return "no_critique"
    if rouge_l(revision, critique) >= MAX_LIKE_CRITIQUE:
        return "copies_critique"
    return "speaks_of_itself" if _OF_ITSELF.search(revision) else None
