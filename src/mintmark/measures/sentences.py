"""Sentences of prose inside marked-up text, with their place, and the words that carry their content."""

from __future__ import annotations

import re

_BLOCK_SKIP = re.compile(r"^(?:\s{4,}\S|\t|\.\. |:\w[\w -]*:|[=\-~^\"'`#*+.]{3,}\s*$|#{1,6}\s|\||>>> |\$ |!\[|\[!|<)")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")
_END = re.compile(r"(?<=[.!?])[\"')\]`*]*(?=\s+[\"'(\[`*]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Dr|Mr|Mrs|Ms|St|No|Fig|approx|al)|\b[A-Z])\.$")
_WORD = re.compile(r"[^\W_]+(?:['’_.-][^\W_]+)*")

STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but by
    can cannot could did do does doing down during each either else ever few for from further get had has have having he
    her here hers him his how however i if in into is it its itself just let like made make many may me might more most
    much must my no nor not now of off on once one only onto or other our out over own per rather same shall she should
    since so some such than that the their theirs them then there therefore these they this those through thus to too
    under until up upon us use used using very was we were what when where whether which while who whom whose why will
    with within without would yet you your yours""".split()
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of every sentence of prose in a text, in order; offsets are characters, end exclusive.

    Headings, code, tables, directives and field lists are passed over; a list item is read as prose. Markdown and
    reStructuredText are both understood well enough for choosing sentences, not for rendering.

    Example:
        >>> t = "# Title\\n\\nOne is here. Two is there."
        >>> [t[a:b] for a, b in sentences(t)]
        ['One is here.', 'Two is there.']
    """
    found: list[tuple[int, int]] = []
    for start, end in _paragraphs(text):
        at = start
        body = text[start:end]
        for match in _END.finditer(body):
            stop = start + match.end()
            if _ABBREVIATION.search(text[at:stop].rstrip("\"')]`*")):
                continue
            found.append((at, stop))
            at = stop
            while at < end and text[at].isspace():
                at += 1
        if text[at:end].rstrip().endswith((".", "!", "?", '."', ".)", ".`", ".*")):
            found.append((at, at + len(text[at:end].rstrip())))
    return [(a, b) for a, b in found if b > a]


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the spans of paragraphs and list items."""
    spans: list[tuple[int, int]] = []
    begin: int | None = None
    at, fenced, literal = 0, False, False
    for line in text.splitlines(keepends=True):
        end = at + len(line)
        bare = line.strip()
        if _FENCE.match(line):
            fenced = not fenced
            bare = ""
        mark = _LIST_MARK.match(line)
        indented = line.startswith(("    ", "\t")) or (line.startswith("   ") and not mark)
        if literal and bare and not indented:
            literal = False
        goes_on = mark is not None or (begin is not None and indented)
        skip = fenced or not bare or literal or (_BLOCK_SKIP.match(line) is not None and not goes_on)
        if (skip or mark) and begin is not None:
            spans.append((begin, at))
            begin = None
        if not skip and begin is None:
            begin = at + (mark.end() if mark else len(line) - len(line.lstrip()))
        if bare.endswith("::"):
            literal = True
            if begin is not None:
                spans.append((begin, end))
                begin = None
        at = end
    if begin is not None:
        spans.append((begin, len(text)))
    return spans


def prose(text: str) -> str:
    """Return the sentences of prose of a text in one line, without markup; headings, code, tables are left out.

    Example:
        >>> prose("# Title\\n\\nOne is *here*.\\n\\n    code = 1\\n\\nTwo is there.")
        'One is here. Two is there.'
    """
    return " ".join(plain_text(text[a:b]) for a, b in sentences(text))


def plain_text(text: str) -> str:
    """Return a text without inline markup: links keep their words, emphasis and code marks go, white space is one space.

    Example:
        >>> plain_text("Use [the `run`](cli.md) command, **always**.")
        'Use the run command, always.'
        >>> plain_text("See :pep:`484` on ``__init__`` and __path__.")
        'See PEP 484 on __init__ and __path__.'
    """
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"!?\[([^\]]*)\]\[[^\]]*\]", r"\1", text)
    text = re.sub(r":(pep|rfc):`(\d+)`", lambda found: f"{found[1].upper()} {found[2]}", text)
    text = re.sub(r":[\w:.-]+:`~?([^`<]*?)(?:\s*<[^`]*>)?`", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^`>]*>`__?", r"\1", text)
    text = re.sub(r"``?([^`]*)``?_{0,2}", r"\1", text)
    text = re.sub(r"(?<!\w)(\*\*|__(?!\w+__(?!\w)))(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2", text)  # `__init__` is a name
    text = re.sub(r"(?<!\w)([*_])(?=[^\s_])(.+?)(?<=[^\s_])\1(?!\w)", r"\2", text)
    text = re.sub(r"\[#?\w+\]_", "", text)
    return " ".join(text.split())


def content_words(text: str) -> set[str]:
    """Return the lower-case words of a text that carry content, cut to a rough stem.

    Example:
        >>> sorted(content_words("How does the client retry failed requests?"))
        ['client', 'fail', 'request', 'retry']
    """
    return {stem(w) for w in _WORD.findall(text.lower()) if w not in STOP_WORDS and (len(w) > 1 or w.isdigit())}


def stem(word: str) -> str:
    """Return a word without its commonest English endings; enough to see that two words are of one family."""
    for ending in ("ies", "ing", "edly", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def fold_space(text: str) -> str:
    """Return a text with every run of white space as one space."""
    return " ".join(text.split())


def find_folded(needle: str, text: str) -> tuple[int, int] | None:
    """Return where `needle` stands in `text`, white space folded on both sides, as (start, end); None where it does not.

    Example:
        >>> find_folded("two words", "See: two\\n  words.")
        (5, 16)
    """
    parts = needle.split()
    if not parts:
        return None
    match = re.search(r"\s+".join(map(re.escape, parts)), text)
    return None if match is None else (match.start(), match.end())
