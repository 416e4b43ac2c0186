"""The blocks of a reStructuredText document."""

from __future__ import annotations

import re

from .blocks import Kind, Lines, Parsed, says_nothing

_ADORNMENT = re.compile(r"^([!-/:-@\[-`{-~])\1*\s*$")
_EXPLICIT = re.compile(r"^\s*\.\.(?:\s|$)")
_ANONYMOUS = re.compile(r"^\s*__(?:\s|$)")
_DIRECTIVE = re.compile(r"^\s*\.\.\s+(?:\|[^|]+\|\s+)?([\w:.+-]+?)::(?:\s|$)")
_ITEM = re.compile(r"^\s*((?:[-*+•]|\(?(?:\d{1,3}|[A-Za-z]|#|[ivxIVX]{1,5})[.)])\s+)\S")
_FIELD = re.compile(r"^\s*:[^:`\s][^:`]{0,80}:(?:\s|$)")
_MAIL = re.compile(r"^[A-Z][A-Za-z-]*:(?:\s|$)")
_SIMPLE = re.compile(r"^\s*=+(?:[ \t]+=+)+[ \t]*$")
_GRID = re.compile(r"^\s*\+[-=+]{3,}\+\s*$")
_ROLE = re.compile(r":[\w:+.-]{1,40}:`")
_LINK = re.compile(r"`([^`<>]*?)\s*(?:<[^<>`]*>)?`(?:__?)?")

LONGEST_TITLE = 300
"""Characters of a title that are kept."""
LONGEST_TABLE = 1000
"""Lines within which a simple table must end."""

_CODE = frozenset({
    "code", "code-block", "doctest", "highlight", "ipython", "literalinclude", "math", "parsed-literal", "prompt",
    "sourcecode", "testcode",
})  # fmt: skip
_TABLES = frozenset({"table", "list-table", "csv-table"})
_SILENT = frozenset({
    "canonical", "contents", "currentmodule", "date", "default-role", "figure", "footer", "header", "image",
    "include", "index", "meta", "module", "only", "raw", "replace", "role", "sectnum", "tabularcolumns",
    "target-notes", "toctree", "unicode", "youtube",
})  # fmt: skip


def parse_rst(text: str) -> Parsed:
    """Return the blocks of a reStructuredText document; never fails.

    A literal block or code directive is one block with all its lines. Comments, targets, footnotes, fields at
    the top (also a PEP's mail header, whose `Title` is kept) and directives without prose are `meta`.

    Example:
        >>> found = parse_rst("Guide\\n=====\\n\\nLike this::\\n\\n    # code\\n\\nMore.\\n")
        >>> [(b.kind, b.title) for b in found.blocks]
        [('heading', 'Guide'), ('prose', ''), ('code', ''), ('prose', '')]
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.at = Lines(text)
        self.found = Parsed(text)
        self.styles: list[tuple[str, bool]] = []

    def parse(self) -> Parsed:
        n = self._mail_header()
        while n < len(self.at):
            n = n + 1 if self.at.blank(n) else self._block(n)
        return self.found

    def _mail_header(self) -> int:
        at, n = self.at, 0
        while at.blank(n) and n < len(at):
            n += 1
        first, fields = n, 0
        while not at.blank(n) and (_MAIL.match(at[n]) or (n > first and at.indent(n) > 0)):
            fields += at.indent(n) == 0
            if at[n].startswith("Title:"):
                self.found.title = at[n][6:].strip()
            n += 1
        if fields < 2 or not at.blank(n):
            self.found.title = None
            return 0
        return self._add(first, n, "meta")

    def _add(self, first: int, end: int, kind: Kind) -> int:
        block = self.at.block(first, end, kind)
        if kind in ("prose", "item") and says_nothing(self.found.text[block.start : block.end]):
            block.kind = "meta"
        self.found.blocks.append(block)
        return end

    def _block(self, n: int) -> int:
        """Take the block that starts at line `n`; return the line after it."""
        at, line = self.at, self.at[n]
        if end := self._heading(n):
            return end
        if _SIMPLE.match(line):
            return self._add(n, self._past_simple_table(n), "table")
        if _GRID.match(line):
            return self._add(n, self._while(n + 1, r"^\s*[+|]"), "table")
        if _ADORNMENT.match(line) and at.blank(n + 1) and len(line.strip()) >= 4:
            return self._add(n, n + 1, "meta")
        if _EXPLICIT.match(line) or _ANONYMOUS.match(line):
            return self._explicit(n)
        if line.lstrip().startswith(">>>"):
            return self._add(n, self._past_paragraph(n), "code")
        if _FIELD.match(line):
            end = self._past_fields(n)
            said = any(b.kind not in ("meta", "heading") for b in self.found.blocks)
            return self._add(n, end, "item" if said else "meta")
        if line.strip() == "::":
            self._add(n, n + 1, "meta")
            return self._literal(n + 1, at.indent(n))
        return self._paragraph(n)

    def _paragraph(self, n: int) -> int:
        item = _ITEM.match(self.at[n])
        inside = self.at.indent(n) + (len(item[1]) if item else 0)
        end = n + 1
        while not self.at.blank(end):
            if self._heading(end, look=True) or (item and _ITEM.match(self.at[end])):
                break
            deeper = self.at.indent(end) - self.at.indent(n)
            if deeper < 0 or (deeper == 0 and _EXPLICIT.match(self.at[end])):
                break
            end += 1
        self._add(n, end, "item" if item else "prose")
        last = self.at[end - 1].rstrip()
        if last.endswith("::") and not last.lstrip().startswith(".."):
            # The literal is deeper than the last line, which in a definition or item is deeper than the first.
            return self._literal(end, max(inside, self.at.indent(end - 1)))
        return end

    def _literal(self, n: int, indent: int) -> int:
        """Take the lines from `n` on that are indented by more than `indent`, where there are any, as code."""
        end = self.at.past_indented(n, indent)
        while n < end and self.at.blank(n):
            n += 1
        return self._add(n, end, "code") if n < end else end

    def _heading(self, n: int, *, look: bool = False) -> int:
        """Take a section title at line `n` and return the line after it, or 0 where there is none."""
        at = self.at
        over = _ADORNMENT.match(at[n])
        if over and not at.blank(n + 1) and at[n + 2].rstrip() == at[n].rstrip() and len(at[n].strip()) >= 3:
            return self._take_heading(n, n + 3, at[n + 1], (over[1], True), look)
        under = _ADORNMENT.match(at[n + 1])
        if not under or over or at.indent(n) or at.blank(n) or _EXPLICIT.match(at[n]):
            return 0
        size = len(at[n + 1].rstrip())
        if (size < len(at[n].rstrip()) and size < 4) or size < 2:
            return 0
        return self._take_heading(n, n + 2, at[n], (under[1], False), look)

    def _take_heading(self, first: int, end: int, title: str, style: tuple[str, bool], look: bool) -> int:
        if look:
            return end
        if style not in self.styles:
            self.styles.append(style)
        level = self.styles.index(style) + 1
        self.found.blocks.append(
            self.at.block(first, end, "heading", level=level, title=plain_heading(title[:LONGEST_TITLE]))
        )
        return end

    def _explicit(self, n: int) -> int:
        at = self.at
        end = at.past_indented(n + 1, at.indent(n))
        directive = _DIRECTIVE.match(at[n])
        if not directive:
            return self._add(n, end, "meta")
        name = directive[1].lower().rpartition(":")[2]
        body = n + 1
        while body < end and (at.blank(body) or _FIELD.match(at[body])):
            body += 1
        if name in _CODE or name in _TABLES:
            kind: Kind = "code" if name in _CODE else "table"
            return self._add(n, end, kind if body < end or name == "literalinclude" else "meta")
        said = at[n][directive.end() :].strip()
        speaks = "version" in name or name in ("deprecated", "note", "warning", "tip", "important", "caution")
        if name in _SILENT or name.startswith("auto") or (body == end and not (said and speaks)):
            return self._add(n, end, "meta")
        if body == end:
            return self._add(n, end, "prose")
        if _EXPLICIT.match(at[body]):
            self._add(n, body, "meta")
            return body
        # The directive's line goes with the first paragraph of what it holds; the rest are blocks as elsewhere.
        first_end = min(self._past_paragraph(body), end)
        self._add(n, first_end, "prose")
        if at[first_end - 1].rstrip().endswith("::"):
            return self._literal(first_end, at.indent(first_end - 1))
        return first_end

    def _past_paragraph(self, n: int) -> int:
        while not self.at.blank(n):
            n += 1
        return n

    def _past_fields(self, n: int) -> int:
        indent = self.at.indent(n)
        while not self.at.blank(n) and (_FIELD.match(self.at[n]) or self.at.indent(n) > indent):
            n += 1
        return n

    def _past_simple_table(self, n: int) -> int:
        borders = 0
        for m in range(n, min(len(self.at), n + LONGEST_TABLE)):
            if _SIMPLE.match(self.at[m]):
                borders += 1
                if borders > 1 and self.at.blank(m + 1):
                    return m + 1
        return self._past_paragraph(n)

    def _while(self, n: int, pattern: str) -> int:
        while not self.at.blank(n) and re.match(pattern, self.at[n]):
            n += 1
        return n


def plain_heading(text: str) -> str:
    """Return a title's text without roles, literals and links.

    Example:
        >>> plain_heading("The ``with`` statement and :pep:`310`")
        'The with statement and 310'
    """
    text = text.replace("``", "`")
    return " ".join(_LINK.sub(r"\1", _ROLE.sub("`", text)).split())
