"""The smallest pieces that chunks are packed from, each with how bad it is to begin a chunk there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from .blocks import Block, Kind
from .tokens import estimate_tokens

NESTED, NEXT_ITEM, APART, CONTINUES, INTRODUCED = 2, 1, 2, 2, 3
SENTENCE, LINES, WORD, CHARACTER = 4, 5, 8, 9

_ABBREVIATED = re.compile(
    r"(?:^|[\s(\[\"'])(?:e\.g|i\.e|etc|vs|cf|al|approx|fig|figs|eq|sec|no|nos|vol|pp?|ch|ed|eds|dr|mr|mrs|ms|prof|st"
    r"|jr|sr|inc|ltd|co|resp|ca|viz|z\.b|d\.h|bzw|usw|ca|nr|[A-Za-z])\.$",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?…][\"'”’)\]*_`]{0,4}(?=\s)|[。！？](?=.)", re.DOTALL)
_GROUPS = re.compile(r"\n[ \t]*\n")
_LINE = re.compile(r"\n")
_SPACE = re.compile(r"\s+")


_Starts: TypeAlias = Callable[[str], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of text that is not broken further.

    Attributes:
        start, end: character offsets.
        badness: what it costs to begin a chunk here.
        kind: of the block that it is (a piece of).
    """

    start: int
    end: int
    badness: int
    kind: Kind


def units_of(text: str, blocks: list[Block], budget: int) -> list[Unit]:
    """Return the blocks as units in order; a block of more than `budget` tokens in pieces of at most that.

    With a budget of 0, every block of prose comes in sentences and every other block whole.
    """
    found: list[Unit] = []
    for n, block in enumerate(blocks):
        first = _badness(text, blocks[n - 1], block) if n else 0
        for m, (start, end, badness) in enumerate(_pieces(text, block, budget)):
            found.append(Unit(start, end, badness if m else first, block.kind))
    return found


def sentence_starts(text: str) -> list[int]:
    """Return the offsets at which sentences begin, the first included.

    Example:
        >>> sentence_starts("See e.g. PEP 8. It helps.")
        [0, 16]
    """
    starts = [0]
    for found in _END.finditer(text):
        rest = _SPACE.match(text, found.end())
        begins = rest.end() if rest else found.end()
        if begins >= len(text) or text[begins].islower():
            continue
        if found[0] == "." and _ABBREVIATED.search(text[max(0, found.end() - 12) : found.end()]):
            continue
        starts.append(begins)
    return starts


def introduces(text: str, block: Block) -> bool:
    """Say whether a block ends as one does that something belongs to: with a colon or dots."""
    return block.kind in ("prose", "item") and text[block.start : block.end].rstrip("`*_").endswith((":", "...", "…"))


def _badness(text: str, before: Block, block: Block) -> int:
    if before.kind == "heading":
        return 100
    badness = 0
    if introduces(text, before):
        badness += INTRODUCED
    if block.kind in ("code", "table"):
        badness += APART
    elif block.indent > 0:
        badness += NESTED
    elif block.kind == "item" and (before.kind == "item" or before.indent > 0):
        badness += NEXT_ITEM
    if block.kind == "prose" and text[block.start : block.end].lstrip()[:1].islower():
        badness += CONTINUES
    return badness


def _pieces(text: str, block: Block, budget: int) -> Iterator[tuple[int, int, int]]:
    part = text[block.start : block.end]
    speaks = block.kind in ("prose", "item")
    if block.kind == "heading" or (not budget and not speaks) or (budget and estimate_tokens(part) <= budget):
        yield block.start, block.end, 0
        return
    ways: list[tuple[int, _Starts]] = (
        [(SENTENCE, sentence_starts)] if speaks else [(LINES - 1, _after(_GROUPS)), (LINES, _after(_LINE))]
    )
    if budget:
        ways += [(WORD, _after(_SPACE)), (CHARACTER, _every(max(1, budget // 4)))]
    yield from ((block.start + s, block.start + e, b) for s, e, b in _break(part, ways, budget))


def _break(text: str, ways: list[tuple[int, _Starts]], budget: int) -> Iterator[tuple[int, int, int]]:
    (badness, starts_of), *finer = ways
    starts = [*starts_of(text), len(text)]
    for n, (start, end) in enumerate(pairwise(starts)):
        piece = text[start:end].rstrip()
        if not piece.strip():
            continue
        bad = badness if n else 0
        if not finer or estimate_tokens(piece) <= budget:
            yield start, start + len(piece), bad
        else:
            for m, (s, e, b) in enumerate(_break(piece, finer, budget)):
                yield start + s, start + e, b if m else bad


def _after(pattern: re.Pattern[str]) -> _Starts:
    return lambda text: [0, *(found.end() for found in pattern.finditer(text))]


def _every(size: int) -> _Starts:
    return lambda text: range(0, len(text), size)
