"""The text of an HTML page and its blocks, without what is not for reading."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from .blocks import Block, Kind, Parsed, says_nothing

_SILENT = frozenset({
    "aside", "button", "canvas", "footer", "iframe", "math", "nav", "noscript", "object", "script", "select",
    "style", "svg", "template", "textarea",
})  # fmt: skip
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BREAKING = frozenset({
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "form", "header", "hr", "html", "main", "ol", "p", "section", "summary", "table",
    "tbody", "tfoot", "thead", "ul",
})  # fmt: skip
_ENDING = frozenset({"table", "li", "ul", "ol"})
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SPACES = re.compile(r"[ \t\r\n\f]+")


def parse_html(page: str) -> Parsed:
    """Return the page's readable text as blocks; offsets are into that text (`Parsed.text`), not into the page.

    Scripts, styles, navigation, asides, footers and controls are left out, and where there is a `<main>` all
    that is outside it. Blocks stand a blank line apart; items begin with `- `; a table's cells are parted by
    ` | `; preformatted text keeps its lines.

    Raises:
        ValueError: for markup that the standard library's parser gives up on.

    Example:
        >>> found = parse_html("<nav>Home</nav><h1>Guide</h1><p>Some <b>text</b>.<ul><li>One</ul>")
        >>> found.text
        'Guide\\n\\nSome text.\\n\\n- One'
    """
    reader = _Reader(main_only=re.search(r"<main[\s>]", page, re.IGNORECASE) is not None)
    try:
        reader.feed(_closed(page))
        reader.close()
    except AssertionError as e:
        raise ValueError(f"HTML that cannot be parsed: {e}") from e
    reader.flush("prose")
    return Parsed(reader.text, reader.blocks, reader.title.strip() or None)


def _closed(page: str) -> str:
    """Take out comments and what opens one, or a tag, that never ends: for each the parser would read all the rest."""
    last = page.rfind("-->")
    page = _COMMENT.sub("", page[: last + 3]) + page[last + 3 :].replace("<!--", "") if last >= 0 else page
    last = page.rfind(">") + 1
    return page[:last].replace("<!--", "") + page[last:].replace("<", "&lt;")


class _Reader(HTMLParser):
    def __init__(self, *, main_only: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.title = ""
        self._parts: list[str] = []
        self._size = 0
        self._line: list[str] = []
        self._silent: list[str] = []
        self._main = 0 if main_only else 1
        self._in_title = False
        self._pre = 0
        self._kind: Kind = "prose"
        self._level = 0
        self._rows: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent or tag in _SILENT or (tag not in _VOID and any(name == "hidden" for name, _ in attrs)):
            if tag not in _VOID:
                self._silent.append(tag)
        elif tag == "title":
            self._in_title = not self.title
        elif tag == "main":
            self._main += 1
        elif tag in _HEADINGS:
            self.flush(self._kind)
            self._kind, self._level = "heading", _HEADINGS[tag]
        elif tag == "li":
            self.flush(self._kind)
            self._kind = "item"
        elif tag == "pre":
            self.flush(self._kind)
            self._kind = "code"
            self._pre += 1
        elif tag == "br":
            self._line.append("\n")
        elif tag == "tr":
            self._end_row()
            self._kind = "table"
        elif tag in ("td", "th"):
            self._line.append(" | " if any(part.strip() for part in self._line) else "")
        elif tag in _BREAKING and self._kind != "table":
            self.flush(self._kind)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            # An end tag closes the last of its name and all that was left open within.
            if tag in self._silent:
                del self._silent[len(self._silent) - 1 - self._silent[::-1].index(tag) :]
        elif tag == "title":
            self._in_title = False
        elif tag == "main":
            self.flush(self._kind)
            self._main -= 1
        elif tag == "pre":
            self.flush("code")
            self._pre = max(0, self._pre - 1)
            self._forget()
        elif tag == "tr":
            self._end_row()
        elif tag in _ENDING or tag in _HEADINGS:
            self._end_row()
            self.flush(self._kind)
            self._forget()
        elif tag in _BREAKING and self._kind != "table":
            self.flush(self._kind)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._silent and self._main > 0:
            self._line.append(data if self._pre else _SPACES.sub(" ", data))

    def flush(self, kind: Kind) -> None:
        """End the block in hand, if it has any text."""
        text = "\n".join([*self._rows, *([said] if (said := self._said(kind)) else [])])
        self._line, self._rows = [], []
        if not text.strip():
            return
        level = self._level
        self._forget()
        gap = "\n\n" if self._parts else ""
        start = self._size + len(gap)
        self._parts += [gap, text]
        self._size = start + len(text)
        if kind == "heading":
            title = " ".join(text.split()).rstrip("¶#").strip()
            self.blocks.append(Block(start, self._size, kind, level=level, title=title))
        else:
            quiet = kind in ("prose", "item") and says_nothing(text)
            self.blocks.append(Block(start, self._size, "meta" if quiet else kind))

    def _forget(self) -> None:
        self._kind, self._level = "code" if self._pre else "prose", 0

    def _said(self, kind: Kind) -> str:
        text = "".join(self._line)
        if kind == "code":
            return text.strip("\n").rstrip()
        text = "\n".join(_SPACES.sub(" ", part).strip() for part in text.split("\n")).strip()
        return f"- {text}" if kind == "item" and text else text

    def _end_row(self) -> None:
        if self._kind == "table":
            if row := self._said("table").replace("\n", " "):
                self._rows.append(row)
            self._line = []
