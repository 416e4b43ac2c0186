"""Claims as a page shows them: every finding with its place, its words and its drawing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.finding import Exhibit, Finding, number
from .clean import short
from .scale import Strip, own_strip, shared_strip
from .verdict import by_strength, of_kind
from .words import SIGN, WORD, aspect_title, aspects_of, chance, words_of

DETAIL_CHARS = 240
TAKEN = (
    "verdict", "summary", "matrix", "examined", "evidence", "risks", "benefits", "questions", "facts", "removed", "map",
    "conclusions", "references", "rows", "h-", "sign-", "summary-",
)  # fmt: skip
"""Places of the page, and beginnings of names, that are not for claims."""
OF = {
    "data": "Row",
    "reference": "Reference",
    "source": "Source",
    "benchmark": "Benchmark",
    "dropped": "Dropped row",
    "": "Text",
}


@dataclass(frozen=True)
class Claim:
    """A finding with what a template needs of it."""

    finding: Finding
    anchor: str
    """Its place on the page, and the name of its figure's files; no two claims share one."""
    title: str
    aspect: str
    word: str
    sign: str
    facts: list[tuple[str, str]]
    """What is known of the claim, as (name, text)."""
    numbers: list[tuple[str, str]]
    """The details."""
    own: Strip | None
    shared: Strip | None
    ends: tuple[str, str] = ("", "")
    """What the ends of its own line stand for."""
    figure: str = ""
    """Its drawing, safe to stand in a page."""
    figure_note: str = ""
    """Where the figure is, if not here."""
    exhibits: list[Exhibit] = field(default_factory=list)
    more: int = 0
    """Exhibits that are in report.json alone."""


def claims_of(findings: Sequence[Finding], checked: dict[str, str] | None = None) -> list[Claim]:
    """Return claims in the report's order: by kind, risks by their distance from the null, the rest by aspect."""
    order: list[Finding] = by_strength(of_kind(findings, "risk"))
    for kind in ("benefit", "question", "fact"):
        some = of_kind(findings, kind)
        order += [f for a in aspects_of(some) for f in some if f.aspect == a]
    anchors = unique_names([f.name for f in order], apart_from=TAKEN)
    return [_claim(f, a, (checked or {}).get(f.name, "")) for f, a in zip(order, anchors, strict=True)]


def unique_names(names: Sequence[str], *, apart_from: Sequence[str] = ()) -> list[str]:
    """Return names fit for files and addresses, each once.

    Args:
        apart_from: what no name may be, or begin with where it ends in `-`; such a name gets `claim-` before it.

    Example:
        >>> unique_names(["a.b", "a.b", "Größe/../x", ""])
        ['a-b', 'a-b-2', 'gr-e-x', 'claim']
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        base = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:80] or "claim"
        if any(base == t or (t[-1] == "-" and base.startswith(t)) for t in apart_from):
            base = f"claim-{base}"
        one, n = base, 1
        while one in taken:
            n += 1
            one = f"{base}-{n}"
        taken.add(one)
        found.append(one)
    return found


def facts_of(f: Finding, checked: str = "") -> list[tuple[str, str]]:
    """Return what is known of a claim, in words, in the order in which a reader asks."""
    found: list[tuple[str, str]] = []
    if f.estimate:
        found.append(("Estimate", f"{f.estimate} (n = {f.estimate.n:,}; {f.estimate.method})"))
    if f.null:
        found.append(("Null", f"{f.null} (n = {f.null.n:,}; {f.null.method})"))
    if f.null_means:
        found.append(("The null is", f.null_means))
    if f.p is not None:
        adjusted = f.details.get("p_adjusted")
        holm = f"; {chance(adjusted)} after Holm's correction" if isinstance(adjusted, int | float) else ""
        found.append(("Chance under the null", f"p {_equals(chance(f.p))}{holm}"))
    for name, text in (("Needs", f.needs), ("Method", f.method), ("Checked", checked), ("Reference", f.reference)):
        if text:
            found.append((name, text))
    if f.command:
        found.append(("Command", f.command))
    return found


def numbers_of(f: Finding) -> list[tuple[str, str]]:
    """Return the numbers behind a claim as (name, text), what is nested as short JSON."""
    return [(short(words_of(k)), _value(v)) for k, v in f.details.items() if k != "p_adjusted"][:40]


def exhibit_head(of: str, name: str) -> tuple[str, str]:
    """Return what an exhibit is and its id, short."""
    return OF.get(of, "Text"), short(name) if name else ""


def _claim(f: Finding, anchor: str, checked: str) -> Claim:
    return Claim(
        finding=f, anchor=anchor, title=words_of(f.metric), aspect=aspect_title(f.aspect), word=WORD[f.kind],
        sign=SIGN[f.kind], facts=facts_of(f, checked), numbers=numbers_of(f),
        own=own_strip(f.estimate, f.null) if f.estimate else None, shared=shared_strip(f),
        ends=_ends(f), exhibits=list(f.evidence),
    )  # fmt: skip


def _ends(f: Finding) -> tuple[str, str]:
    both = [e for e in (f.estimate, f.null) if e is not None]
    return (number(min(e.low for e in both)), number(max(e.high for e in both))) if both else ("", "")


def _equals(text: str) -> str:
    return text if text.startswith("<") else f"= {text}"


def _value(value: Any, most: int = DETAIL_CHARS) -> str:
    """Return a detail as a reader wants it: numbers short, lists and what they hold on one line."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "not known"}[value]
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, dict):
        text = ", ".join(f"{words_of(k).lower()} {_value(v, most)}" for k, v in list(value.items())[:most])
    elif isinstance(value, list):
        text = ("; " if any(isinstance(v, dict | list) for v in value) else ", ").join(
            _value(v, most) for v in value[:most]
        )
    else:
        text = str(value)
    return text if len(text) <= most else text[: most - 1] + "…"
