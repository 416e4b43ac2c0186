"""Pictures of the report as a whole: evidence against its nulls, counts by kind and aspect, waterfall, sources, map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ...core.finding import Figure, Finding
from . import scale
from .model import Part, Report, Step
from .theme import KIND, SERIES
from .verdict import of_kind
from .words import KINDS, MANY, WORD, aspect_title, aspects_of, words_of

_SHAPES = {"risk": "triangle-up", "benefit": "circle", "question": "diamond", "fact": "square"}
_MOST = 60
_LABELS = {"labelLimit": 260}


def summary_figures(report: Report) -> dict[str, Figure]:
    """Return the pictures that the report has data for, by the names of their files."""
    found: dict[str, Figure | None] = {
        "summary-evidence": evidence(report.findings),
        "summary-findings": counts(report.findings),
        "summary-waterfall": waterfall(report.waterfall),
        "summary-map": row_map(report),
    }
    for by in dict.fromkeys(p.by for p in report.parts):
        found[f"summary-parts-{by}"] = parts(by, [p for p in report.parts if p.by == by])
    return {name: figure for name, figure in found.items() if figure is not None}


def evidence(findings: Sequence[Finding]) -> Figure | None:
    """Return every estimate with its interval in units of chance, the null's band beside it; None without any."""
    ordered = [f for kind in KINDS for f in of_kind(findings, kind)]
    marks = scale.on_scale([f for a in aspects_of(ordered) for f in ordered if f.aspect == a])[:_MOST]
    if not marks:
        return None
    rows = [
        {
            "label": f"{aspect_title(m.finding.aspect)}: {words_of(m.finding.metric)}"[:70] + (" " * i), "kind": WORD[m.finding.kind],
            **{k: scale.shared_place(getattr(m, k)) for k in ("value", "low", "high", "null_low", "null_high")},
        }
        for i, m in enumerate(marks)
    ]  # fmt: skip
    ticks = {round(scale.shared_place(t), 3): t for t in scale.TICKS}
    names = " : ".join(f"abs(datum.value - {place}) < 0.01 ? '{t}'" for place, t in ticks.items()) + " : ''"
    axis = {
        "values": list(ticks),
        "labelOverlap": False,
        "labelExpr": names,
        "title": "distance from the null (chance reaches 1)",
    }
    x = {"type": "quantitative", "scale": {"domain": [0, 100]}, "axis": axis}
    y = {"field": "label", "type": "nominal", "sort": [r["label"] for r in rows], "title": None}
    kinds = {"field": "kind", "type": "nominal", "title": None}
    order = [WORD[k] for k in KINDS]
    colour = {**kinds, "scale": {"domain": order, "range": [KIND[k] for k in KINDS]}}
    shape = {**kinds, "scale": {"domain": order, "range": [_SHAPES[k] for k in KINDS]}}
    spec = _spec(rows, layer=[
        {"mark": {"type": "bar", "height": 12, "opacity": 0.25, "color": "#888"},
         "encoding": {"x": {**x, "field": "null_low"}, "x2": {"field": "null_high"}}},
        {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": colour}},
        {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
         "encoding": {"x": {**x, "field": "value"}, "color": colour, "shape": shape}},
    ], encoding={"y": {**y, "axis": _LABELS}})  # fmt: skip
    return Figure(title="Every estimate against its null", spec=spec)


def counts(findings: Sequence[Finding]) -> Figure | None:
    """Return how many findings of each kind every aspect has."""
    rows = [
        {"label": aspect_title(a), "value": n, "kind": MANY[k], "order": i}
        for a in aspects_of(findings)
        for i, k in enumerate(KINDS)
        if (n := sum(f.aspect == a for f in of_kind(findings, k)))
    ]
    colour = [KIND[k] for k in KINDS]
    return _bars("Findings by aspect and kind", rows, "findings", [MANY[k] for k in KINDS], colour)


def waterfall(steps: Sequence[Step]) -> Figure | None:
    """Return what each step kept, dropped and failed."""
    rows = [
        {"label": s.step, "value": n, "kind": kind, "order": i}
        for s in steps
        for i, (kind, n) in enumerate((("kept", s.kept), ("dropped", s.dropped), ("failed", s.failed)))
        if n
    ]
    return _bars(
        "What each step kept and removed",
        rows,
        "rows",
        ["kept", "dropped", "failed"],
        [KIND["fact"], SERIES[1], SERIES[3]],
    )


def parts(by: str, some: Sequence[Part]) -> Figure | None:
    """Return kept and removed rows of each source, topic or group."""
    rows = [
        {"label": p.label[:60], "value": n, "kind": kind, "order": i}
        for p in list(some)[:_MOST]
        for i, (kind, n) in enumerate((("kept", p.kept), ("removed", p.removed)))
        if n
    ]
    return _bars(f"Rows by {by}", rows, "rows", ["kept", "removed"], [KIND["fact"], SERIES[1]])


def row_map(report: Report) -> Figure | None:
    """Return the map of the rows."""
    if not report.points:
        return None
    rows = [{"x": p.x, "y": p.y, "series": p.series} for p in thinned(report.points, 2000)]
    encoding = {"x": {"field": "x", "type": "quantitative", "axis": None, "scale": {"zero": False}},
                "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"zero": False}},
                "color": {"field": "series", "type": "nominal", "title": None},
                "shape": {"field": "series", "type": "nominal", "title": None}}  # fmt: skip
    spec = _spec(
        rows, mark={"type": "point", "opacity": 0.6, "size": 28, "filled": True}, encoding=encoding, height=400
    )
    return Figure(title="Map of the rows", spec=spec, caption=report.points_caption)


def thinned(points: Sequence[Any], most: int) -> list[Any]:
    """Return at most `most` items, evenly over the whole."""
    if len(points) <= most:
        return list(points)
    return [points[i * len(points) // most] for i in range(most)]


def _bars(title: str, rows: list[dict[str, Any]], x: str, kinds: list[str], colours: list[str]) -> Figure | None:
    if not rows:
        return None
    totals: Counter[str] = Counter()
    for r in rows:
        totals[r["label"]] += r["value"]
    longest = max(totals.values())
    encoding = {
        "y": {"field": "label", "type": "nominal", "sort": list(_once(r["label"] for r in rows)), "title": None, "axis": _LABELS},
        "x": {"field": "value", "type": "quantitative", "title": x, "axis": {"format": ",d", "tickCount": min(6, longest)}},
        "color": {"field": "kind", "type": "nominal", "title": None, "scale": {"domain": kinds, "range": colours}},
        "order": {"field": "order", "type": "quantitative"},
    }  # fmt: skip
    return Figure(
        title=title, spec=_spec(rows, mark={"type": "bar", "stroke": "white", "strokeWidth": 1}, encoding=encoding)
    )


def _once(items: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(items)


def _spec(rows: list[dict[str, Any]], **rest: Any) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": rows},
        "width": "container",
        **rest,
    }
