"""The blocks that a document is made of, whatever its markup."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["heading", "prose", "item", "code", "table", "meta"]


@dataclass(slots=True)
class Block:
    """A run of whole lines.

    Attributes:
        start, end: character offsets; from the start of its first line to its last visible character.
        kind: `meta` is markup that says nothing by itself (link definitions, comments, badges, contents).
        indent: columns before its first character.
        level, title: of a heading: its depth from 1, its text without markup.
    """

    start: int
    end: int
    kind: Kind
    indent: int = 0
    level: int = 0
    title: str = ""


@dataclass(slots=True)
class Parsed:
    """A document as blocks in order; `title` is what its own header says, or None."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    title: str | None = None


class Lines:
    """The lines of a text with their offsets; lines end at `\\n` alone."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, n: int) -> str:
        return self.lines[n] if 0 <= n < len(self.lines) else ""

    def blank(self, n: int) -> bool:
        """Say whether line `n` shows nothing; lines beyond the end are blank."""
        return not self[n].strip()

    def indent(self, n: int) -> int:
        """Return the columns before line `n`'s first character, tabs to the next multiple of 8."""
        line = self[n].expandtabs(8)
        return len(line) - len(line.lstrip())

    def number_of(self, offset: int) -> int:
        """Return the line, from 1, that holds the character at `offset`."""
        return bisect.bisect_right(self.starts, offset)

    def block(self, first: int, end: int, kind: Kind, *, level: int = 0, title: str = "") -> Block:
        """Return lines `first` to `end` (exclusive) as a block, without blank lines at its end."""
        while end > first + 1 and self.blank(end - 1):
            end -= 1
        last = self.starts[end - 1] + len(self[end - 1].rstrip())
        return Block(self.starts[first], last, kind, self.indent(first), level, title)

    def past_indented(self, n: int, indent: int) -> int:
        """Return the line after the run from `n` on that is blank or indented by more than `indent`."""
        while n < len(self) and (self.blank(n) or self.indent(n) > indent):
            n += 1
        return n


_LINK = r"!?\[([^\[\]]{0,300})\](?:\([^()\s]{0,500}(?:\s[^()]{0,200})?\)|\[[^\[\]]{0,200}\])"
_RST_LINK = r"`([^`<>]{1,300})<[^<>`]{1,500}>`__?"
_LINKED = re.compile(f"{_RST_LINK}|{_LINK}")
_NOT_PROSE = re.compile(
    r"""
      ``[^`]{1,400}``                    # literals
    | :[\w:+.-]{1,40}:`[^`]{1,300}`      # reStructuredText roles
    | `[^`]{1,300}`_{0,2}                # code spans, references
    | <[^<>]{1,400}>                     # tags, autolinks
    | \b(?:https?|ftp)://\S{1,500}
    | \[\#?\w{1,40}\]_                   # footnote marks
    | \|[^|\s]{1,60}\|_?                 # substitutions
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LEGAL = re.compile(
    r"placed in the public domain|Permission is hereby granted|SPDX-License-Identifier"
    r"|licensed under the|copyright (?:\(c\)|©)|all rights reserved|CC0-1\.0",
    re.IGNORECASE,
)
_LEGAL_WORDS = 60


def prose_words(text: str) -> int:
    """Return how many words of prose a text holds: a link's text counts, code spans, tags and addresses do not.

    Example:
        >>> prose_words("Read [the guide](guide.md) before `pip install` runs.")
        5
    """
    return len(_WORD.findall(_NOT_PROSE.sub(" ", _LINKED.sub(r"\1\2", text))))


def says_nothing(text: str) -> bool:
    """Say whether a paragraph is only links, images, tags (beside one word at most) or a short licence notice.

    Example:
        >>> says_nothing("[![Build](badge.svg)](ci.html)"), says_nothing("The [guide](guide.md) tells how.")
        (True, False)
    """
    found = _LEGAL.search(text)
    if found and len(_WORD.findall(text)) < _LEGAL_WORDS:
        return True
    # Once for what stands within, once for what stands around: a badge is an image within a link.
    left, links = _LINKS.subn("", text)
    left, more = _LINKS.subn("", left)
    words = _ANY_WORD.findall(_MARKER.sub("", left))
    return len(words) <= (1 if links + more else 0)


_ANY_WORD = re.compile(r"\w+")
_LINKS = re.compile(
    rf"{_RST_LINK}|{_LINK}|:[\w:+.-]{{1,40}}:`[^`]{{1,300}}`|<[^<>]{{1,400}}>|\b(?:https?|ftp)://\S{{1,500}}"
    r"|\|(?=\S)[^|]{1,60}(?<=\S)\|"
)
_MARKER = re.compile(r"^\s*(?:[-*+•]|\(?\w{1,3}[.)]|\.\.\s[\w:+.-]{1,40}::)\s", re.MULTILINE)
