"""Two passages side by side: the runs of words that they share, marked for the eye."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from .clean import TEXT_CHARS

Piece = tuple[str, bool]
MIN_WORDS = 4
"""Shorter shared runs are what any two texts have in common."""
_WORD = re.compile(r"\s*\S+|\s+$")


def shared_runs(a: str, b: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces, with whether each piece is a run of at least `MIN_WORDS` words that both hold.

    Joined, the pieces give the texts again.

    Example:
        >>> shared_runs("Yes, the cat sat down here", "Now the cat sat down")[1]
        [('Now', False), (' the cat sat down', True)]
    """
    if not a or not b or max(len(a), len(b)) > 2 * TEXT_CHARS:
        return [(a, False)], [(b, False)]
    left, right = _WORD.findall(a), _WORD.findall(b)
    a_keys, b_keys = map(_keys, (left, right))
    blocks = [
        m for m in SequenceMatcher(None, a_keys, b_keys, autojunk=False).get_matching_blocks() if m.size >= MIN_WORDS
    ]
    return (
        _pieces(left, [(m.a, m.a + m.size) for m in blocks]),
        _pieces(right, [(m.b, m.b + m.size) for m in blocks]),
    )


def _keys(words: list[str]) -> list[str]:
    return [w.strip().casefold().strip(".,;:!?\"'()") for w in words]


def _pieces(words: list[str], runs: list[tuple[int, int]]) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for start, stop in runs:
        found += [("".join(words[at:start]), False), ("".join(words[start:stop]), True)]
        at = stop
    found.append(("".join(words[at:]), False))
    return [(text, marked) for text, marked in found if text]
