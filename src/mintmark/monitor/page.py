"""A look at a series for people: one HTML file that opens with no network, and the same as Markdown."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from ..core.finding import Finding, number
from ..core.store import write_atomically
from .alerts import ALERT, UNJUDGED, Alert, Outcome
from .draw import svg
from .series import Report, Track

DRAWN = 16
"""Tracks drawn at most; alerts come first, then what moved most."""
_SECTIONS = {
    "drift": "Against the version before", "drift_since_first": "Against the first version",
    "collapse": "Over all generations", "staleness": "Against newer real data",
}  # fmt: skip
_KIND = {"risk": "changed", "fact": "calm", "question": "open"}
_STYLE = Path(__file__).with_name("style.css")


def markdown(report: Report, outcome: Outcome, *, title: str = "Monitor") -> str:
    """Return the look as Markdown that reads well as text on its own."""
    lines = [f"# {_line(title)}", "", f"**{outcome.summary}**", ""]
    for name, alerts in _groups(outcome):
        lines += [f"## {name}", "", *(f"- `{a.name}`: {_line(a.why)}{_since(a)}" for a in alerts), ""]
    if outcome.unjudged:
        lines += ["## Could not be judged", "", *(f"- {_line(u)}" for u in outcome.unjudged), ""]
    for name, findings in _sections(report):
        lines += [f"## {name}", ""]
        for f in findings:
            shown = f"  \n  {f.estimate}; {_null(f)}" if f.estimate else f" Needs {_line(f.needs)}." if f.needs else ""
            lines.append(f"- {_word(f)}: {_line(f.claim)}{shown}")
        lines.append("")
    lines += ["## Versions", "", "| version | rows | words | generation |", "|---|--:|--:|--:|"]
    for v in report.versions:
        lines.append(f"| {_line(v.name)} | {v.rows:,} | {v.words:,} | {'' if v.generation is None else v.generation} |")
    if report.left_out:
        lines += ["", "Left out:", "", *(f"- {_line(one)}" for one in report.left_out)]
    return "\n".join(lines) + "\n"


def html(report: Report, outcome: Outcome, *, title: str = "Monitor", at: str = "") -> str:
    """Return the look as one HTML file; every text in it is escaped.

    Args:
        at: when the look was, as the page should say it.

    Raises:
        MissingExtra: without vl-convert, which draws the figures.
    """
    state = {ALERT: "alert", UNJUDGED: "open"}.get(outcome.exit_code, "calm")
    body = [
        f'<header class="{state}"><h1>{escape(title)}</h1><p class="verdict">{escape(outcome.summary)}</p>',
        f'<p class="quiet">{_look(report, outcome, at)}</p></header>',
    ]
    for name, alerts in _groups(outcome):
        items = "".join(
            f"<li><code>{escape(a.name)}</code> {escape(a.why)}<span class=quiet>{escape(_since(a))}</span></li>"
            for a in alerts
        )
        body.append(f"<section><h2>{name}</h2><ul>{items}</ul></section>")
    if outcome.unjudged:
        items = "".join(f"<li>{escape(u)}</li>" for u in outcome.unjudged)
        body.append(f"<section><h2>Could not be judged</h2><ul>{items}</ul></section>")
    tracks = _drawn(report, outcome)
    if tracks:
        figures = "".join(
            f"<figure><figcaption>{escape(t.name)}</figcaption>{svg(t, prefix=f't{i}')}</figure>"
            for i, t in enumerate(tracks)
        )
        told = "Dots with the 95 % interval of each; dashed: the same where nothing is going on."
        more = f" {len(tracks)} of {len(report.tracks)} are drawn." if len(tracks) < len(report.tracks) else ""
        body.append(
            f'<section><h2>Over time</h2><p class="quiet">{told}{more}</p><div class="figures">{figures}</div></section>'
        )
    body += [
        f"<section><h2>{name}</h2>{''.join(_claim(f) for f in findings)}</section>"
        for name, findings in _sections(report)
    ]
    body.append(_versions(report))
    style = _STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>\n{style}</style></head>\n'
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def write(path: str | Path, text: str) -> None:
    """Write a page, all of it or nothing, for a reader may come at any time.

    Raises:
        RunError: where it cannot be written.
    """
    write_atomically(Path(path), text.encode("utf-8", "replace"))


def _groups(outcome: Outcome) -> list[tuple[str, tuple[Alert, ...]]]:
    named = [("New alerts", outcome.new), ("Alerts that go on", outcome.going_on), ("Cleared", outcome.cleared)]
    return [(name, alerts) for name, alerts in named if alerts]


def _sections(report: Report) -> list[tuple[str, list[Finding]]]:
    """Return the findings by section, what changed first; the newest version's own evaluation comes last."""
    order = {"risk": 0, "question": 1, "benefit": 2, "fact": 3}
    found: dict[str, list[Finding]] = {name: [] for name in _SECTIONS.values()}
    for f in report.now:
        found.setdefault(_SECTIONS.get(f.aspect, "The newest version's own evaluation"), []).append(f)
    return [(name, sorted(fs, key=lambda f: order[f.kind])) for name, fs in found.items() if fs]


def _drawn(report: Report, outcome: Outcome) -> list[Track]:
    alerted = {re.sub(r"_(kept|trend)$", "", a.name) for a in (*outcome.new, *outcome.going_on)}
    tracks = [t for t in report.tracks if len(t.points) > 1]
    return sorted(tracks, key=lambda t: t.name not in alerted)[:DRAWN]


def _claim(f: Finding) -> str:
    rows = "".join(
        f"<li><q>{escape(e.text)}</q> <span class=quiet>{escape(' '.join(filter(None, [e.id, e.note])))}</span></li>"
        for e in f.evidence
    )
    facts = [f"<code>{escape(f.name)}</code>"]
    if f.estimate:
        facts += [escape(str(f.estimate)), escape(_null(f))]
    if f.needs:
        facts.append(f"needs {escape(f.needs)}")
    facts += [escape(part) for part in (f.method, f.reference) if part]
    evidence = f"<ul>{rows}</ul>" if rows else ""
    return (
        f'<details class="{f.kind}"><summary><b>{_word(f)}</b> {escape(f.claim)}</summary>'
        f'<p class="quiet">{"; ".join(facts)}.</p>{evidence}</details>'
    )


def _versions(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{escape(v.name)}</td><td>{v.rows:,}</td><td>{v.words:,}</td>"
        f"<td>{'' if v.generation is None else v.generation}</td></tr>"
        for v in report.versions
    )
    left = "".join(f"<li>{escape(one)}</li>" for one in report.left_out)
    out = f"<h3>Left out</h3><ul>{left}</ul>" if left else ""
    head = "<tr><th>version</th><th>rows</th><th>words</th><th>generation</th></tr>"
    return f'<section><h2>Versions</h2><div class="wide"><table>{head}{rows}</table></div>{out}</section>'


def _look(report: Report, outcome: Outcome, at: str) -> str:
    versions = f"{len(report.versions)} version{'' if len(report.versions) == 1 else 's'}"
    return escape(", ".join(filter(None, [f"Look {outcome.state.looks}", at, versions])) + ".")


def _word(f: Finding) -> str:
    """Return a word for what came of a claim: of the series in the series' words, of an evaluation in its own."""
    return _KIND.get(f.kind, f.kind) if f.aspect in _SECTIONS else f.kind


def _null(f: Finding) -> str:
    if f.null is None:
        return "no null"
    p: float = f.details.get("p_adjusted", f.p if f.p is not None else 1.0)
    chance = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"{number(f.null.value)} for {_line(f.null_means)}" + (f", {chance}" if f.p is not None else "")


def _since(alert: Alert) -> str:
    return f" (since {alert.since}, look {alert.seen} in a row)" if alert.seen > 1 else ""


def _line(text: str) -> str:
    return (
        " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("|", r"\|").replace("<", "&lt;")
    )
