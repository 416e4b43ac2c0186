"""Blocks to chunks: whole blocks of one section, packed up to a budget, broken where it hurts least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile

from .blocks import Block, Parsed, prose_words
from .tokens import Tally, estimate_tokens, tally
from .units import Unit, introduces, units_of

LONG_META_TOKENS = 30
"""Markup without content that is longer than this ends a chunk; shorter stays inside one."""
LONG_GAP_TOKENS = 120
"""A weak chunk does not join a neighbour across more left-out markup than this."""


@dataclass(slots=True)
class Chunk:
    """One piece of a document: `text[start:end]`.

    Attributes:
        start, end: character offsets.
        headings: the titles of the sections that hold it, outermost first.
        section: which section of the document it begins in.
        tokens, words: the estimate, and the words of prose.
    """

    start: int
    end: int
    headings: tuple[str, ...]
    section: int
    tokens: int
    words: int


@dataclass(slots=True)
class _Section:
    headings: tuple[str, ...] = ()
    heading: Block | None = None
    body: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chunker:
    """How a document is cut.

    Attributes:
        budget: the most tokens of a chunk (estimated, overlap included).
        overlap: up to this many tokens of the chunk before, in the same section, are repeated at whole sentences.
        min_tokens, min_words: a chunk with fewer tokens, or fewer words of prose, joins a neighbour where both fit.
    """

    budget: int
    overlap: int = 0
    min_tokens: int = 20
    min_words: int = 12

    def cut(self, document: Parsed) -> list[Chunk]:
        """Return the chunks of a document in order; without overlap, no two share a character.

        Every block with content is covered. A block is broken only where it alone exceeds the budget. Markup
        that says nothing (`meta`) never begins or ends a chunk, nor is one; nor does a heading alone.
        """
        chunks: list[Chunk] = []
        for number, section in enumerate(_sections(document.blocks)):
            for run in _runs(section, document.text):
                chunks.extend(self._pack(document.text, run, section, number))
        chunks = self._join(document.text, chunks)
        return self._overlapped(document, chunks) if self.overlap else chunks

    def _pack(self, text: str, run: list[Block], section: _Section, number: int) -> Iterator[Chunk]:
        budget = self.budget - self.overlap
        units = units_of(text, run, budget)
        sums = _sums(text, units)
        first = 0
        while first < len(units):
            if units[first].kind == "meta":
                first += 1
                continue
            end = first + 1
            while end < len(units) and sums.tokens(first, end + 1) <= budget:
                end += 1
            if end < len(units):
                end = self._best_break(units, sums, first, end, budget)
            last = next(n for n in range(end - 1, first - 1, -1) if units[n].kind != "meta")
            # A title that does not fit beside what follows makes no chunk; it is in `headings` all the same.
            if units[last].kind != "heading":
                start, stop = units[first].start, units[last].end
                words = prose_words(text[start:stop])
                yield Chunk(start, stop, section.headings, number, sums.tokens(first, last + 1), words)
            first = end

    def _best_break(self, units: list[Unit], sums: _Sums, first: int, end: int, budget: int) -> int:
        """Return where to end a chunk that must end by `end`: the last of the least bad places in its second half."""
        best, least = end, 1 << 30
        for at in range(end, first, -1):
            if at < end and sums.tokens(first, at) * 2 < budget:
                break
            badness = units[at].badness + (5 if sums.tokens(at, len(units)) < self.min_tokens else 0)
            if badness < least:
                best, least = at, badness
        return best

    def _weak(self, chunk: Chunk) -> bool:
        return chunk.tokens < self.min_tokens or chunk.words < self.min_words

    def _join(self, text: str, chunks: list[Chunk]) -> list[Chunk]:
        done: list[Chunk] = []
        for chunk in chunks:
            # A chunk before that is still weak had nobody to join on its left: it joins this one if it can.
            while done and (self._weak(chunk) or self._weak(done[-1])):
                both = self._both(text, done[-1], chunk)
                if both is None:
                    break
                chunk = both
                done.pop()
            done.append(chunk)
        return done

    def _both(self, text: str, left: Chunk, right: Chunk) -> Chunk | None:
        between = text[left.end : right.start]
        tokens = estimate_tokens(text[left.start : right.end])
        if tokens > self.budget - self.overlap or estimate_tokens(between) > LONG_GAP_TOKENS:
            return None
        pairs = takewhile(lambda p: p[0] == p[1], zip(left.headings, right.headings, strict=False))
        shared = tuple(title for title, _ in pairs)
        stronger = left if left.words >= right.words else right
        headings = shared or stronger.headings
        return Chunk(left.start, right.end, headings, right.section, tokens, left.words + right.words)

    def _overlapped(self, document: Parsed, chunks: list[Chunk]) -> list[Chunk]:
        text = document.text
        content = [b for b in document.blocks if b.kind not in ("heading", "meta")]
        starts = [unit.start for unit in units_of(text, content, 0)]
        found = chunks[:1]
        for before, chunk in pairwise(chunks):
            start = chunk.start
            if before.section == chunk.section:
                for earlier in (s for s in reversed(starts) if before.start < s < chunk.start):
                    repeated = estimate_tokens(text[earlier : chunk.start])
                    if repeated > self.overlap or estimate_tokens(text[earlier : chunk.end]) > self.budget:
                        break
                    start = earlier
            part = text[start : chunk.end]
            found.append(
                Chunk(start, chunk.end, chunk.headings, chunk.section, estimate_tokens(part), prose_words(part))
            )
        return found


@dataclass(slots=True)
class _Sums:
    """Tallies from the first unit to each, so that any run of units is estimated at once."""

    upto: list[Tally]
    gaps: list[Tally]

    def tokens(self, first: int, end: int) -> int:
        return self.upto[end].less(self.upto[first]).less(self.gaps[first]).tokens


def _sums(text: str, units: list[Unit]) -> _Sums:
    upto, gaps = [Tally()], []
    for n, unit in enumerate(units):
        gaps.append(tally(text[units[n - 1].end : unit.start]) if n else Tally())
        upto.append(upto[-1].plus(gaps[-1]).plus(tally(text[unit.start : unit.end])))
    return _Sums(upto, gaps)


def _sections(blocks: list[Block]) -> Iterator[_Section]:
    stack: list[tuple[int, str]] = []
    section = _Section()
    for block in blocks:
        if block.kind != "heading":
            section.body.append(block)
            continue
        yield section
        stack = [*(s for s in stack if s[0] < block.level), (block.level, block.title)]
        section = _Section(tuple(title for _, title in stack if title), block)
    yield section


def _runs(section: _Section, text: str) -> Iterator[list[Block]]:
    """Yield the runs of blocks that chunks are made of: each has content, and no long `meta` is within.

    Markup that a paragraph introduces ("Read more:" above a list of links) belongs to it, as content.
    """
    run: list[Block] = [section.heading] if section.heading else []
    introduced = False
    for block in section.body:
        tokens = estimate_tokens(text[block.start : block.end]) if block.kind == "meta" else 0
        if block.kind != "meta":
            introduced = introduces(text, block)
        elif introduced and tokens <= LONG_GAP_TOKENS:
            block = replace(block, kind="prose")
        elif tokens > LONG_META_TOKENS:
            if _speaks(run):
                yield run
            run = []
            continue
        run.append(block)
    if _speaks(run):
        yield run


def _speaks(run: list[Block]) -> bool:
    return any(block.kind not in ("meta", "heading") for block in run)
