"""A difference as Markdown."""

from __future__ import annotations

import re

from ..core.finding import Estimate, number
from ..measures.matching import Change
from .diff import Difference, MetricChanged

_SIGNS = re.compile(r"([\\`*_{}\[\]<>|~#!])")


def markdown(found: Difference) -> str:
    """Return the difference as Markdown that reads well as text: counts, metrics, then rows."""
    lines = [
        f"# From {_plain(found.a)} to {_plain(found.b)}",
        "",
        f"{found.rows_a:,} rows became {found.rows_b:,}: {found.same:,} are the same, {found.changed:,} changed, "
        f"{found.added:,} added, {found.removed:,} removed.",
    ]
    if found.renamed:
        lines.append(f"{found.renamed:,} of those that are the same bear another id.")
    lines.append(f"Ids were {found.ids}.")
    for what, columns in (("added", found.columns_added), ("removed", found.columns_removed)):
        if columns:
            lines.append(f"Columns {what}: {', '.join(_plain(c) for c in columns)}.")
    lines += ["", *_metrics(found)]
    if found.changed_rows:
        lines += _head("Changed", len(found.changed_rows), found.changed)
        for row in found.changed_rows:
            other = f" → {_plain(row.other_id)}" if row.other_id != row.id else ""
            lines.append(
                f"- `{_code(row.id)}`{other} ({', '.join(map(_plain, row.columns)) or 'id'}): {_words(row.words)}"
            )
    for name, rows, count in (
        ("Added", found.added_rows, found.added),
        ("Removed", found.removed_rows, found.removed),
    ):
        if rows:
            lines += _head(name, len(rows), count)
            lines += [f"- `{_code(row.id)}`: {_plain(row.text)}" for row in rows]
    return "\n".join([*lines, "", f"Method: {found.method}", ""])


def _metrics(found: Difference) -> list[str]:
    if not found.metrics:
        return ["No metric was given for either."]
    beyond = sum(m.beyond_chance for m in found.metrics)
    compared = sum(m.difference is not None for m in found.metrics)
    said = "No metric" if not beyond else "1 metric" if beyond == 1 else f"{beyond} metrics"
    return [
        f"## Metrics: {said} of {compared} differs beyond chance" if beyond < 2
        else f"## Metrics: {said} of {compared} differ beyond chance",
        "",
        "| metric | before | after | difference | p (Holm) | |",
        "|---|---|---|---|---|---|",
        *(_row(m) for m in found.metrics),
    ]  # fmt: skip


def _row(m: MetricChanged) -> str:
    told = "beyond chance" if m.beyond_chance else "" if m.difference else "cannot be compared"
    if m.kind_a != m.kind_b:
        told = ", ".join(filter(None, [told, f"{m.kind_a or 'not there'} → {m.kind_b or 'not there'}"]))
    p = "" if m.p is None else "< 0.001" if m.p < 0.001 else f"{m.p:.3f}"
    return f"| {_plain(m.name)} | {_shown(m.a)} | {_shown(m.b)} | {_shown(m.difference)} | {p} | {told} |"


def _shown(estimate: Estimate | None) -> str:
    return f"{number(estimate.value)} ({number(estimate.low)} to {number(estimate.high)})" if estimate else ""


def _head(name: str, shown: int, count: int) -> list[str]:
    return ["", f"## {name}: {count:,}" + (f", {shown} shown" if shown < count else ""), ""]


def _words(words: tuple[Change, ...]) -> str:
    if not words:
        return "the text is the same"
    marks = {"same": "", "removed": "~~", "added": "**"}
    # A mark beside white space is no mark in Markdown.
    out = []
    for what, text in words:
        inner = text.strip()
        if not inner or not marks[what]:
            out.append(_plain(text) or " ")
            continue
        head, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        out.append(f"{' ' if head else ''}{marks[what]}{_plain(inner).strip()}{marks[what]}{' ' if tail else ''}")
    return "".join(out).strip()


def _plain(text: str) -> str:
    """Return the text on one line, its Markdown signs made harmless; white space at the edges is one space."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return _SIGNS.sub(r"\\\1", re.sub(r"\s+", " ", text))


def _code(text: str) -> str:
    return re.sub(r"[`\s]+", " ", text)
