"""What stands in each part of the page, in words and numbers; how it looks is the template's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...core.finding import Finding
from .claims import Claim
from .clean import short
from .model import Examined, Part, Report
from .verdict import is_judged, needed
from .words import KINDS, aspect_title, aspects_of, counted

MOST_PARTS = 200
OPEN_PARTS = 10
"""Lines of a table that show unfolded."""
Groups = list[tuple[str, list[Claim]]]


class Section(NamedTuple):
    """One list of claims."""

    kind: str
    anchor: str
    heading: str
    lead: str
    groups: Groups


class Shares(NamedTuple):
    """One table of kept and removed rows."""

    shown: list[Part]
    folded: list[Part]
    more: int
    """Lines that are in report.json alone."""
    most: int
    """Rows of the longest line."""


def sections_of(claims: Sequence[Claim]) -> list[Section]:
    """Return the claims by kind: risks by strength, benefits and facts by aspect, questions by what they need."""
    mine = {kind: [c for c in claims if c.finding.kind == kind] for kind in KINDS}
    return [
        Section("risk", "risks", "Risks",
                "Estimates that lie beyond their null by more than chance explains; the furthest come first."
                if mine["risk"] else none_of(claims, "lies beyond its null by more than chance explains"),
                [("", mine["risk"])] if mine["risk"] else []),
        Section("benefit", "benefits", "Benefits",
                "Claims whose interval leaves no room for trouble that would matter."
                if mine["benefit"] else none_of(claims, "rules trouble out by its interval"),
                _by_aspect(mine["benefit"])),
        Section("question", "questions", "Evaluation concerns",
                "What stays open: claims that could go either way, and claims that need something that was not given."
                if mine["question"] else "No question was left open by what was examined." if claims else "Nothing was examined.",
                _by_need(mine["question"])),
        Section("fact", "facts", "Facts", "Counts and measurements that no verdict rests on."
                if mine["fact"] else "There are none.", _by_aspect(mine["fact"])),
    ]  # fmt: skip


def none_of(claims: Sequence[Claim], what: str) -> str:
    """Return that no claim does something, with how many could have: none of none is no comfort."""
    judged = sum(is_judged(c.finding) for c in claims)
    if not judged:
        return "Nothing could be judged."
    return f"None of the claims that could be judged ({judged:,}) {what}."


def contents_of(report: Report, plane: bool) -> list[tuple[str, str]]:
    """Return the places of the page as (anchor, name)."""
    some = [
        ("verdict", "Verdict", True), ("summary", "Summary", True), ("matrix", "Risk matrix", True),
        ("examined", "What was examined", True), ("evidence", "Evidence", bool(report.findings)), ("risks", "Risks", True),
        ("benefits", "Benefits", True), ("questions", "Concerns", True), ("facts", "Facts", True),
        ("removed", "What was removed", bool(report.waterfall)), ("map", "Map of rows", plane),
        ("conclusions", "Conclusions", True), ("references", "References", bool(report.references)),
    ]  # fmt: skip
    return [(anchor, name) for anchor, name, there in some if there]


def examined_of(e: Examined) -> list[tuple[str, str]]:
    """Return what was looked at as (name, text); what is not known is left out."""
    reference = ""
    if e.reference_rows is not None:
        reference = f"{short(e.reference or 'reference')}, {counted(e.reference_rows, 'row')}"
    documents = (
        f"{short(e.sources or 'documents')}, {counted(e.documents, 'passage')}" if e.documents is not None else ""
    )
    some = [
        ("Data", f"{short(e.data)}, {counted(e.rows, 'row')}"), ("Columns", ", ".join(map(short, e.columns))),
        ("Task", e.task), ("Reference", reference or "none given"), ("Made from", documents),
        ("Protected texts", counted(e.protected, "text") if e.protected is not None else ""),
        ("Benchmarks", ", ".join(map(short, e.benchmarks))), ("Models that made the rows", ", ".join(map(short, e.models))),
        ("Vectors", e.embedder), ("Judge", short(e.judge)), ("Seed", "" if e.seed is None else str(e.seed)),
        ("Mintmark", e.version), ("Date", e.date), ("Command", e.command), *(("Note", n) for n in e.notes),
    ]  # fmt: skip
    return [(name, text) for name, text in some if text]


def wanted_of(findings: Sequence[Finding], most: int = 6) -> list[tuple[str, str]]:
    """Return what stays open as (what would settle it, how many claims), what settles most first."""
    unclear = sum(f.kind == "question" and not f.needs for f in findings)
    found = [(f"Needs {what}", counted(len(some), "claim")) for what, some in needed(findings)]
    if unclear:
        found.insert(0, ("Could go either way at this number of rows", counted(unclear, "claim")))
    left = len(found) - most
    return [*found[:most], ("Further needs", str(left))] if left > 0 else found


def forest_of(claims: Sequence[Claim]) -> Groups:
    """Return the claims that have a place on the shared scale, by aspect."""
    return _by_aspect([c for c in claims if c.shared is not None and is_judged(c.finding)])


def spread_of(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """Return how many claims of each kind every aspect has."""
    names = {"risk": "risks", "benefit": "benefits", "question": "questions", "fact": "others"}
    groups = _by_aspect(claims)
    widest = max((len(some) for _, some in groups), default=0)
    return [
        {"aspect": a, "parts": [(names[k], sum(c.finding.kind == k for c in some)) for k in KINDS], "total": widest}
        for a, some in groups
    ]


def parts_of(parts: Sequence[Part]) -> list[tuple[str, Shares]]:
    """Return kept and removed rows by what tells them apart; the largest first."""
    found = []
    for by in dict.fromkeys(p.by for p in parts):
        some = sorted((p for p in parts if p.by == by), key=lambda p: (-(p.kept + p.removed), p.label))
        most = max(p.kept + p.removed for p in some)
        found.append((by, Shares(some[:OPEN_PARTS], some[OPEN_PARTS:MOST_PARTS], max(0, len(some) - MOST_PARTS), most)))
    return found


def closing(report: Report) -> str:
    """Return the page's last line."""
    version = f" {report.examined.version}" if report.examined.version else ""
    return (
        f"Made with Mintmark{version}. The same claims, with every number, stand in report.json; report.md holds them as "
        f"text, the folder figures/ each picture as SVG and PNG. {counted(len(report.findings), 'finding').capitalize()}."
    )


def _by_aspect(claims: Sequence[Claim]) -> Groups:
    order = aspects_of([c.finding for c in claims])
    return [(aspect_title(a), [c for c in claims if c.finding.aspect == a]) for a in order]


def _by_need(claims: Sequence[Claim]) -> Groups:
    """Group what is open by what would settle it; what could go either way comes first."""
    found: Groups = []
    needy = {id(f): what for what, some in needed([c.finding for c in claims]) for f in some}
    unclear = [c for c in claims if id(c.finding) not in needy]
    if unclear:
        found.append(("Could go either way", unclear))
    for what in dict.fromkeys(w for w, _ in needed([c.finding for c in claims])):
        found.append((f"Needs {what}", [c for c in claims if needy.get(id(c.finding)) == what]))
    return found
