"""Identifiers in a text: DOIs, arXiv numbers, PubMed numbers, ISBNs and addresses, and whether each can exist at all.

What is checked is form: a well-formed DOI may still point nowhere. A malformed one cannot point anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["doi", "arxiv", "pmid", "isbn", "url"]
_DOI = re.compile(
    r"(?<![\w.])(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.[^\s\"'<>]+/[^\s\"'<>]+)|\bdoi:\s*([^\s\"'<>]+)", re.I
)
_ARXIV = re.compile(r"\barxiv(?:\.org/(?:abs|pdf)/|:\s*)([^\s\"'<>,;()\[\]]+)", re.I)
_PMID = re.compile(r"\bPMID:?\s*(\w+)", re.I)
_ISBN = re.compile(r"\bISBN(?:-1[03])?:?\s*([0-9][0-9Xx\s\u2010-\u2015-]{7,20}[0-9Xx])\b", re.I)
_URL = re.compile(r"\b(?:https?|ftp)://[^\s\"'<>\u3000-\u9fff]*", re.I)
_TRAILING = ".,;:!?*_'\"\u201d\u2019>]}"
# RFC 2606 and 6761: names that will never lead anywhere.
_RESERVED = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org|edu)|example|invalid|test)$", re.I)
_LABEL = re.compile(r"^(?!-)[\w-]{1,63}(?<!-)$")


@dataclass(frozen=True, slots=True)
class Identifier:
    """Attributes:
    kind: what it is.
    text: as it stands, its label left off.
    problem: why it cannot exist, "" where its form is right.
    """

    kind: Kind
    text: str
    problem: str = ""

    @property
    def key(self) -> str:
        """One form for all the ways of writing it."""
        if self.kind == "isbn":
            return "isbn:" + re.sub(r"[^0-9Xx]", "", self.text).upper()
        text = self.text.lower().rstrip("/")
        if self.kind == "arxiv":
            text = re.sub(r"(?:v\d+)?(?:\.pdf)?$", "", text)
        return f"{self.kind}:{re.sub(r'^https?://(?:www[.])?', '', text)}"


def identifiers(text: str) -> list[Identifier]:
    """Return the identifiers of a text, those of one kind in order; e-mail addresses are none.

    Example:
        >>> [(i.kind, i.text, i.problem) for i in identifiers("See arXiv:1706.03762 and ISBN 978-3-16-148410-1.")]
        [('arxiv', '1706.03762', ''), ('isbn', '978-3-16-148410-1', 'wrong check digit')]
    """
    found: list[Identifier] = []
    if "/" not in text and ":" not in text and "isbn" not in text.lower() and "pmid" not in text.lower():
        return found
    found += (Identifier("doi", t, _doi(t)) for m in _DOI.finditer(text) if (t := _trim(m[1] or m[2])))
    found += (Identifier("arxiv", t, _arxiv(t)) for m in _ARXIV.finditer(text) if (t := _trim(m[1])))
    found += (Identifier("pmid", m[1], _pmid(m[1])) for m in _PMID.finditer(text))
    found += (Identifier("isbn", m[1].strip(), isbn_problem(m[1])) for m in _ISBN.finditer(text))
    for m in _URL.finditer(text):
        t = _trim(m[0])
        if not re.match(r"https?://(?:(?:dx\.)?doi\.org/10|(?:\w+\.)?arxiv\.org/(?:abs|pdf))", t, re.I):
            found.append(Identifier("url", t, _url(t)))
    return found


def isbn_problem(text: str) -> str:
    """Return why a text is no ISBN-10 or ISBN-13, or "".

    Example:
        >>> isbn_problem("0-306-40615-2"), isbn_problem("0-306-40615-3")
        ('', 'wrong check digit')
    """
    digits = re.sub(r"[^0-9Xx]", "", text).upper()
    if len(digits) == 10 and "X" not in digits[:9]:
        total = sum((10 - i) * (10 if c == "X" else int(c)) for i, c in enumerate(digits))
        return "" if total % 11 == 0 else "wrong check digit"
    if len(digits) == 13 and digits.isdigit():
        if not digits.startswith(("978", "979")):
            return "an ISBN-13 begins with 978 or 979"
        return "" if sum((1, 3)[i % 2] * int(c) for i, c in enumerate(digits)) % 10 == 0 else "wrong check digit"
    return f"{len(digits)} digits where 10 or 13 belong"


def by_key(texts: Iterable[str], read: Callable[[str], list[Identifier]] = identifiers) -> set[str]:
    """Return the keys of every identifier in the texts."""
    return {found.key for text in texts for found in read(text)}


def _doi(text: str) -> str:
    return "" if re.match(r"10\.\d{4,9}(?:\.\d+)*/\S+$", text) else "a DOI is 10.<4 to 9 digits>/<suffix>"


def _arxiv(text: str) -> str:
    bare = re.sub(r"\.pdf$", "", text, flags=re.I)
    if re.match(r"[a-z-]+(?:\.[A-Z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}(?:v\d+)?$", bare, re.I):
        return ""
    new = re.match(r"(\d{2})(\d{2})\.(\d{4,5})(?:v\d+)?$", bare)
    if not new:
        return "an arXiv number is YYMM.NNNNN or archive/YYMMNNN"
    year, month, digits = int(new[1]), int(new[2]), len(new[3])
    if not 1 <= month <= 12:
        return f"there is no month {month:02}"
    if (year, month) < (7, 4):
        return "this form began in April 2007"
    if digits != (5 if year >= 15 else 4):
        return "five digits since 2015, four before"
    return ""


def _pmid(text: str) -> str:
    return "" if text.isdigit() and 1 <= len(text) <= 8 and text[0] != "0" else "a PubMed number has 1 to 8 digits"


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "not an address"
    if not host:
        return "no host"
    if re.match(r"[\d.]+$", host):
        return (
            ""
            if re.match(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$", host)
            else "no such IP"
        )
    if _RESERVED.search(host):
        return "a reserved name that leads nowhere"
    if host == "localhost" or ":" in host:
        return ""
    labels = host.rstrip(".").split(".")
    if len(labels) < 2 or not all(_LABEL.match(x) for x in labels) or not re.match(r"[^\W\d_]{2,}$|xn--", labels[-1]):
        return "no such host name"
    return ""


def _trim(text: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays where its opening one is inside."""
    while text and (text[-1] in _TRAILING or (text[-1] == ")" and text.count("(") < text.count(")"))):
        text = text[:-1]
    return text
