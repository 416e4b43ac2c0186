"""The blocks of a Markdown document: CommonMark's, with tables, front matter, MDX and admonitions."""

from __future__ import annotations

import re
from collections.abc import Callable

from .blocks import Block, Kind, Lines, Parsed, says_nothing

_FENCE = re.compile(r"^\s*(?:>\s?)*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}(?=[^`]*$)|~{3,})")
_ATX = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r"^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])(?:\s+\S|\s*$)")
_QUOTE = re.compile(r"^ {0,3}>")
_DELIMITERS = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]]{1,300}\]:\s*\S")
_MYST_SILENT = re.compile(r"^\s*[`~]{3,}\{(?:include|toctree|contents|image|figure|tableofcontents)\}")
_RAW = re.compile(r"^ {0,3}<(pre|script|style|textarea)\b", re.IGNORECASE)
_HTML_HEADING = re.compile(r"^ {0,3}<h([1-6])\b", re.IGNORECASE)
_COMMENT = re.compile(r"^ {0,3}<!--")
_ADMONITION = re.compile(r"^\s*(?:!!!|\?\?\?\+?|:::)\s*\w")
_CONTENTS = re.compile(r"^\s*(?:\[\[?_?TOC_?\]?\]|\{:?\s*toc[^}]*\}|:::|\([\w:.-]+\)=)\s*$", re.IGNORECASE)
_MODULE = re.compile(r"^(?:import|export)\s.*(?:from\s|['\"{(]|=)")
_TITLE = re.compile(r"^title:\s*(['\"]?)(.+?)\1\s*$")
LONGEST_TITLE = 300
"""Characters of a heading that are kept as a section's title."""
_INLINE = (
    (re.compile(r"!\[[^\[\]]*\]\([^()]*\)"), ""),
    (re.compile(r"\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])"), r"\1"),
    (re.compile(r"<[^<>]{1,300}>"), ""),
    (re.compile(r"\{#?[\w:.= -]*\}\s*$"), ""),
    (re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!<>-])"), r"\1"),
    (re.compile(r"\s+"), " "),
)


def parse_markdown(text: str, *, mdx: bool = False) -> Parsed:
    """Return the blocks of a Markdown text; never fails, as every text is Markdown.

    Front matter is passed by, its `title` kept. With `mdx`, import and export lines are `meta`.

    Example:
        >>> found = parse_markdown("# Guide\\n\\nSome *text*.\\n\\n```sh\\n# no heading\\n```\\n")
        >>> [b.kind for b in found.blocks]
        ['heading', 'prose', 'code']
    """
    return _Parser(text, mdx).parse()


def plain_heading(text: str) -> str:
    """Return a heading's text without inline markup.

    Example:
        >>> plain_heading("The [`Client`](api.md) class {#client}")
        'The Client class'
    """
    for pattern, instead in _INLINE:
        text = pattern.sub(instead, text)
    return text.strip()


class _Parser:
    def __init__(self, text: str, mdx: bool) -> None:
        self.at = Lines(text)
        self.found = Parsed(text)
        self.mdx = mdx
        self.nested = False
        self.absent: set[str] = set()

    def parse(self) -> Parsed:
        n = self._front_matter()
        while n < len(self.at):
            n = n + 1 if self.at.blank(n) else self._block(n)
        return self.found

    def _front_matter(self) -> int:
        at = self.at
        if at[0].rstrip() not in ("---", "+++"):
            return 0
        for n in range(1, len(at)):
            if at[n].rstrip() in (at[0].rstrip(), "..."):
                return n + 1
            if title := _TITLE.match(at[n]):
                self.found.title = title[2].strip()
        self.found.title = None
        return 0

    def _add(self, first: int, end: int, kind: Kind) -> int:
        block = self.at.block(first, end, kind)
        if kind in ("prose", "item") and says_nothing(self.found.text[block.start : block.end]):
            block.kind = "meta"
        self.found.blocks.append(block)
        return end

    def _block(self, n: int) -> int:
        """Take the block that starts at line `n`; return the line after it."""
        at, line = self.at, self.at[n]
        if at.indent(n) == 0 and not _ITEM.match(line):
            self.nested = False
        if fence := _FENCE.match(line):
            return self._add(n, self._past_fence(n, fence[1]), "meta" if _MYST_SILENT.match(line) else "code")
        if at.indent(n) >= 4 and not self.nested:
            return self._add(n, at.past_indented(n, 3), "code")
        if _COMMENT.match(line):
            return self._add(n, self._past(n, "-->"), "meta")
        if raw := _RAW.match(line):
            return self._add(n, self._past(n, f"</{raw[1].lower()}>"), "code" if raw[1].lower() == "pre" else "meta")
        if heading := _ATX.match(line):
            return self._heading(n, n + 1, len(heading[1]), heading[2] or "")
        if heading := _HTML_HEADING.match(line):
            end = self._past(n, f"</h{heading[1]}>")
            return self._heading(n, end, int(heading[1]), " ".join(at[m] for m in range(n, end)))
        if _RULE.match(line) or _CONTENTS.match(line):
            return self._add(n, n + 1, "meta")
        if self._table(n):
            return self._add(n, self._while(n + 2, lambda m: "|" in at[m]), "table")
        if _DEFINITION.match(line):
            return self._add(n, self._while(n + 1, lambda m: bool(_DEFINITION.match(at[m]))), "meta")
        if self.mdx and _MODULE.match(line):
            return self._add(n, self._while(n + 1, lambda m: True), "meta")
        if _ITEM.match(line):
            self.nested = True
            return self._add(n, self._while(n + 1, lambda m: not self._interrupts(m)), "item")
        self.nested = self.nested or bool(_ADMONITION.match(line))
        return self._paragraph(n)

    def _paragraph(self, n: int) -> int:
        quoted = bool(_QUOTE.match(self.at[n]))
        end = n + 1
        while end < len(self.at) and not self.at.blank(end):
            underline = _SETEXT.match(self.at[end])
            if underline and not quoted and self.at.indent(n) < 4:
                title = " ".join(self.at[m].strip() for m in range(n, end))
                return self._heading(n, end + 1, 1 if underline[1][0] == "=" else 2, title)
            if self._interrupts(end) or (not quoted and _QUOTE.match(self.at[end])):
                break
            end += 1
        return self._add(n, end, "prose")

    def _heading(self, first: int, end: int, level: int, title: str) -> int:
        self.nested = False
        self.found.blocks.append(
            self.at.block(first, end, "heading", level=level, title=plain_heading(title[:LONGEST_TITLE]))
        )
        return end

    def _interrupts(self, n: int) -> bool:
        line = self.at[n]
        starts = (_FENCE, _ATX, _RULE, _COMMENT, _RAW, _ITEM)
        return any(p.match(line) for p in starts) or self._table(n)

    def _table(self, n: int) -> bool:
        return "|" in self.at[n] and "|" in self.at[n + 1] and bool(_DELIMITERS.match(self.at[n + 1]))

    def _while(self, n: int, holds: Callable[[int], bool]) -> int:
        while n < len(self.at) and not self.at.blank(n) and holds(n):
            n += 1
        return n

    def _past(self, n: int, mark: str) -> int:
        """Return the line after the first from `n` on that holds `mark`; without one, after the paragraph."""
        # Each mark is looked for to the end in vain once at most, or a hostile file would take hours.
        if mark not in self.absent:
            for m in range(n, len(self.at)):
                if mark in self.at[m].lower():
                    return m + 1
            self.absent.add(mark)
        return self._while(n + 1, lambda m: True)

    def _past_fence(self, n: int, mark: str) -> int:
        close = re.compile(rf"^\s*(?:>\s?)*{re.escape(mark[0])}{{{len(mark)},}}\s*$")
        for m in range(n + 1, len(self.at)):
            if close.match(self.at[m]):
                return m + 1
        return len(self.at)


def parse_plain(text: str) -> Parsed:
    """Return the blocks of a plain text: paragraphs between blank lines, no headings."""
    at = Lines(text)
    found: list[Block] = []
    n = 0
    while n < len(at):
        first = n
        while n < len(at) and not at.blank(n):
            n += 1
        if n > first:
            found.append(at.block(first, n, "prose"))
        n += 1
    return Parsed(text, found)
