"""Replies of models taken apart: lists, labelled sections; whatever was said around them is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ITEM = re.compile(
    r"^[ \t]*(?:(?:#+[ ]*)?(?:task|question|instruction|problem|item)?[ ]*\(?\d{1,3}[.):]|[-*\u2022])[ \t]+", re.I
)
_LEAD = re.compile(
    r"^(?:(?:sure|certainly|of course|okay|ok|yes)\b[^\n:]{0,80}[!.:,][ \t]*\n?"
    r"|here(?:\u2019|')?(?:s| is| are)\b[^\n]{0,120}:[ \t]*\n+)+",
    re.I,
)
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}


def list_items(text: str, *, bare: bool = True) -> list[str]:
    """Return the items of a numbered or bulleted list; lines below an item belong to it. Without marks, one a line, or none
    at all where `bare` is false.

    Example:
        >>> list_items("Here you go:\\n1. Boil water.\\n2) Add salt,\\n   a little.")
        ['Boil water.', 'Add salt, a little.']
    """
    lines = text.strip().splitlines()
    if not any(_ITEM.match(line) for line in lines):
        return [line.strip() for line in lines if line.strip()] if bare else []
    found: list[list[str]] = []
    for line in lines:
        mark = _ITEM.match(line)
        if mark:
            found.append([line[mark.end() :].strip()])
        elif found and line.strip():
            found[-1].append(line.strip())
    return [item for lines in found if (item := " ".join(lines).strip())]


def sections(text: str, labels: Sequence[str]) -> dict[str, str]:
    """Return label -> what follows `Label:` up to the next label, for the labels that are there; the first of each counts.

    Labels stand at the start of a line, in any case, perhaps in bold or as a heading.

    Example:
        >>> sections("**Question:** Why?\\nAnswer: Because\\nof rain.", ["Question", "Answer"])
        {'Question': 'Why?', 'Answer': 'Because\\nof rain.'}
    """
    names = {label.casefold(): label for label in labels}
    either = "|".join(re.escape(label).replace(r"\ ", r"[ \t]+") for label in sorted(labels, key=len, reverse=True))
    mark = re.compile(rf"^[ \t]*(?:\#+[ ]*)?(?:\*\*|__)?({either})[ \t]*(?:\*\*|__)?[ \t]*:(?:\*\*|__)?", re.I | re.M)
    places = list(mark.finditer(text))
    found: dict[str, str] = {}
    for i, place in enumerate(places):
        end = places[i + 1].start() if i + 1 < len(places) else len(text)
        label = names[" ".join(place[1].casefold().split())]
        found.setdefault(label, text[place.end() : end].strip())
    return found


def without_talk(text: str) -> str:
    """Return a reply without what chat models put around it: "Sure! Here is ...:", quotation marks about the whole.

    Example:
        >>> without_talk('Sure! Here is a question:\\n\\n"Why is it cold?"')
        'Why is it cold?'
    """
    found = _LEAD.sub("", text.strip()).strip()
    if len(found) > 1 and _QUOTES.get(found[0]) == found[-1] and found[0] not in found[1:-1]:
        found = found[1:-1].strip()
    return found
