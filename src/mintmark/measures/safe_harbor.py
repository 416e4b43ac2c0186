"""The identifiers of HIPAA's Safe Harbor in a text: those of a known record in any usual way of writing, and those seen by form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from . import pii
from .identifiers import identifiers
from .sentences import STOP_WORDS
from .wordlists import word_list

KINDS = (
    "name", "geography", "date", "age_over_89", "phone", "fax", "email", "ssn", "record_number", "health_plan", "account", "license",
    "vehicle", "device", "url", "ip", "biometric", "photo", "other",
)  # fmt: skip
"""The eighteen of 45 CFR 164.514(b)(2), ages over 89 told apart from dates; a text shows a `photo` or a `biometric` only by words."""
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = rf"(?:{'|'.join(m[:3] + (f'(?:{m[3:]})?' if m[3:] else '') for m in _MONTHS)}|sept)\.?"
_DATES = re.compile(
    r"\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))\b"
    rf"|\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s*(?:mg|ml|%))|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?!\w)"
    rf"|\b{_MONTH},?\s+(?:of\s+)?\d{{4}}\b",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"\b(?:in|since|until|last|early|late|by|from)\s+(?:{'|'.join(m.title() for m in _MONTHS)})\b")
_AGE = re.compile(
    r"\b(\d{2,3})[\s-]*(?:years?|yrs?|y)[\s./-]*(?:old|o\b|of age)|\b(?:aged?|age of)[:\s]+(\d{2,3})\b", re.IGNORECASE
)
_NUMBERED = "".join((
    r"\b(?P<record_number>(?:medical\s+record|record|chart|patient|mrn)\b)|",
    r"\b(?P<health_plan>(?:policy|member|beneficiary|plan|group)\b)|\b(?P<account>account\b)|",
    r"\b(?P<license>(?:licen[sc]e|certificate|passport)\b)|\b(?P<vehicle>(?:vin|plate)\b)|\b(?P<device>(?:serial|device|implant)\b)",
))  # fmt: skip
_LABELLED = re.compile(
    rf"(?:{_NUMBERED})\s*(?:number|no\.?|id|#|identifier)?\s*(?:is|:|#)?\s*((?=[\w-]*\d)[A-Z0-9][A-Z0-9-]{{3,}})",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d{1,6}\s+(?:[A-Z][\w'-]+\s+){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Way|Boulevard|Blvd|Court|Ct|Path|Place"
    r"|Terrace|Square|Highway)\b|\b(?:P\.?O\.?\s+Box)\s+\d+|\b(?:[A-Z]{2}|zip(?:\s+code)?:?)\s+\d{5}(?:-\d{4})?\b"
)
_SHOWN = re.compile(
    r"\b(?:photo(?:graph)?s?|fingerprints?|voice\s?prints?|retina\s+scans?)\s+(?:of|attached|shows?)\b", re.IGNORECASE
)
_TITLED = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Miss|Prof|Nurse|Doctor)\.?\s+([A-Z][^\W\d_]+)")
_CAPITAL = re.compile(r"\b[A-Z][^\W\d_]+\b")
_COMMON = STOP_WORDS | frozenset(
    "street avenue road lane drive way boulevard court path place terrace square highway unit apt suite county city town state parish"
    " saint north south east west mrs miss phd new lake hill park port mount united states".split()
)


def safe_harbor(text: str, allowed: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return (kind, found) of what has the form of an identifier.

    Names are seen after a title and where they stand in the list of first names; others cannot be seen by form.

    Args:
        text: the text.
        allowed: names that are nobody's, made for the text.

    Example:
        >>> safe_harbor("Seen on May 3, 2021; MRN 448-1201, ask jo@clinic.org. Asthma since 1999.")
        [('email', 'jo@clinic.org'), ('date', 'May 3'), ('record_number', '448-1201')]
    """
    types = {"us_ssn": "ssn", "card": "account", "iban": "account", "us_routing": "account", "url_credentials": "url"}
    found = [(types.get(i.type, i.type), i.value) for i in pii.find(text)]
    found += [("url", i.text) for i in identifiers(text) if i.kind == "url"]
    found += [("date", m.group()) for pattern in (_DATES, _ALONE) for m in pattern.finditer(text)]
    found += [("age_over_89", m.group()) for m in _AGE.finditer(text) if int(m.group(1) or m.group(2)) > 89]
    for m in _LABELLED.finditer(text):
        kind = next(k for k, v in m.groupdict().items() if v)
        found.append((kind, m.group(m.lastindex or 0)))
    found += [("geography", m.group()) for m in _STREET.finditer(text)]
    found += [
        ("photo" if m.group().lower().startswith("photo") else "biometric", m.group()) for m in _SHOWN.finditer(text)
    ]
    words = {w.casefold() for name in allowed for w in name.split()}
    named = [m.group(1) for m in _TITLED.finditer(text)] + [
        w for w in _CAPITAL.findall(text) if w.casefold() in _first_names()
    ]
    return found + [("name", name) for name in dict.fromkeys(named) if name.casefold() not in words]


def own_identifiers(record: Mapping[str, Any], text: str) -> list[tuple[str, str]]:
    """Return (column, found) of a record's own identifiers that stand in a text, in any usual way of writing.

    A date is looked for in every order and with its month in words, a number by its digits alone, a name or an address whole and by
    each of its words that is no common one, all without case and accents. Rather one too many than one too few.

    Example:
        >>> own_identifiers({"born": "1989-05-25", "last": "G\u00f3mez206"}, "Ms Gomez, born 25 May 1989")
        [('born', '25 may 1989'), ('last', 'gomez')]
    """
    plain = _plain(text)
    digits = re.sub(r"(?<=\d)[ ()./-]+(?=\d)", "", plain)

    def stands(form: str) -> bool:
        if form[0].isupper():
            return re.search(rf"\b{re.escape(form)}\b", text) is not None
        return re.search(rf"(?<!\w){re.escape(form)}(?!\w)", plain) is not None or (
            form.isdigit() and len(form) > 4 and form in digits
        )

    found = []
    for column, value in record.items():
        if form := next((f for f in dict.fromkeys(_forms(value)) if stands(f)), None):
            found.append((column, form))
    return found


def _forms(value: Any) -> Iterator[str]:
    text = _plain(str(value)) if value is not None else ""
    if date := re.match(r"(\d{4})-(\d\d?)-(\d\d?)", text):
        year, month, day = date.group(1), int(date.group(2)), int(date.group(3))
        if 1 <= month <= 12:
            name = _MONTHS[month - 1]
            for m in (name, name[:3]):
                yield from (f"{m} {day} {year}", f"{day} {m} {year}", f"{m} {day}", f"{day} {m}", f"{m} {year}")
        for sign in "-/.":
            m, d, short = str(month), str(day), str(int(year[2:]))
            yield from (sign.join(p) for p in ((year, m, d), (m, d, year), (d, m, year), (m, d, short), (d, m, short)))
        return
    if len(re.sub(r"\D", "", text)) > 4 and re.fullmatch(r"[\d\s()+./-]+", text):
        yield re.sub(r"\D", "", text)
    if " " in text:
        yield " ".join(text.split())
    if start := re.match(r"\d+ [^\W\d_]+", text):
        yield start.group()
    if single := re.fullmatch(r"([^\W\d_]{2,})\d*", str(value).strip()):
        yield single.group(1)[0].upper() + single.group(1)[1:]
    for word in re.findall(r"[^\W_]+", text):
        bare = re.sub(r"(?<=[^\W\d])\d+$", "", word)
        yield from (w for w in (word, bare) if len(w) >= 3 and w not in _COMMON and not (w.isdigit() and len(w) < 5))


def _plain(text: str) -> str:
    """Return a text in small letters, without accents, ordinal endings, leading zeros and signs at a word's end."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return " ".join(
        re.sub(r"(?<=[^\W\d])[.,](?=\s|$)|(?<=\d),(?=\s)|(?<=\d)(?:st|nd|rd|th)\b|\b0(?=\d\b)", "", bare).split()
    )


@cache
def _first_names() -> frozenset[str]:
    groups = word_list("names")["groups"]
    return frozenset([*groups["female"], *groups["male"]])
