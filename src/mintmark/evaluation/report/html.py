"""report.html: one file that opens with no network, runs no script but its own, and holds no more than 3 MB."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ...core.finding import Exhibit, Figure
from . import figures_static, scale, svg
from .claims import Claim, claims_of, exhibit_head
from .clean import clean, short
from .matrix import Cell
from .model import Report
from .pairs import shared_runs
from .plane import plane_of
from .sections import closing, contents_of, examined_of, forest_of, none_of, parts_of, sections_of, spread_of, wanted_of
from .verdict import tally
from .words import KINDS, MANY, counted

MOST_BYTES = 3_000_000


@dataclass(frozen=True)
class Level:
    """How much a page shows: figures in bytes, exhibits a claim, their characters, points of the map, claims."""

    figures: int
    exhibits: int
    chars: int
    points: int
    claims: int


LEVELS = (
    Level(1_500_000, 5, 600, 2000, 1500),
    Level(1_100_000, 5, 400, 1200, 1200),
    Level(700_000, 3, 300, 800, 1000),
    Level(300_000, 2, 200, 400, 700),
    Level(100_000, 1, 120, 200, 400),
    Level(0, 0, 0, 0, 300),
)
"""From all to the least; a page takes the first that fits. report.json always holds everything."""

_UNBROKEN = re.compile(r"\d %|\[[-\d.,e]+, [-\d.,e]+\]")
"""Numbers that a line's end must not tear apart."""
_CELL_WORD = {
    "risk": "Risk",
    "question": "Unclear",
    "benefit": "Benefit",
    "fact": "Facts only",
    "not judged": "Not judged",
}


def to_html(report: Report, *, figures: bool = True) -> str:
    """Return the page: under 3 MB, whatever the report holds; what is left out of it is said on it.

    Args:
        figures: whether to draw the findings' figures, which needs the extra `evaluate`.

    Raises:
        MissingExtra: where figures are to be drawn without vl-convert.
    """
    claims = claims_of(report.findings, report.checked)
    drawn = draw(claims) if figures else {}
    page = ""
    for level in LEVELS:
        page = _render(report, claims, drawn, level)
        if len(page.encode()) < MOST_BYTES:
            break
    return page


def draw(claims: Sequence[Claim]) -> dict[str, str]:
    """Return each figure's SVG for a page, or the reason why it cannot be drawn after a `!`, by its claim's anchor."""
    found: dict[str, str] = {}
    for c in claims:
        if c.finding.figure is None:
            continue
        try:
            found[c.anchor] = svg.inline(figures_static.to_svg(c.finding.figure, page=True), c.anchor)
        except (figures_static.FigureFailed, ValueError) as e:
            found[c.anchor] = f"!{clean(str(e), 200)}"
    return found


def _render(report: Report, claims: Sequence[Claim], drawn: Mapping[str, str], level: Level) -> str:
    shown = _with_figures(claims[: level.claims], drawn, level)
    views = [_with_exhibits(c, level) for c in shown]
    count = tally(report.findings)
    style, script = _asset("style.css"), _asset("script.js")
    by_name: dict[str, str] = {}
    for c in views:
        by_name.setdefault(c.finding.name, c.anchor)
    sections = sections_of(views)
    plane = plane_of(report.points, level.points)
    return str(
        _environment().get_template("report.html.j2").render(
            report=report,
            style=_markup(style),
            script=_markup(script),
            csp=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
            tone=next((k for k in ("risk", "benefit", "question") if count[MANY[k]]), "fact"),
            tallies=[
                (k, section.anchor, count[MANY[k]], MANY[k] if count[MANY[k]] != 1 else MANY[k].removesuffix("s"))
                for k, section in zip(KINDS, sections, strict=True)
            ],
            contents=contents_of(report, bool(plane)),
            claims=views,
            risks=_headlines(views, "risk", sections[0].anchor),
            benefits=_headlines(views, "benefit", sections[1].anchor),
            wanted=wanted_of(report.findings),
            no_risk=none_of(views, "is a risk beyond chance"),
            no_benefit=none_of(views, "is shown to be a benefit"),
            anchors=by_name,
            cell_kind={k: "none" if k == "not judged" else k for k in _CELL_WORD},
            cell_word=_CELL_WORD,
            counts_of=counts_of,
            examined=examined_of(report.examined),
            forest=forest_of(views),
            ticks=[(scale.shared_place(t), f"{t:+d}".replace("-", "−") if t else "null") for t in scale.TICKS],
            spread=spread_of(views),
            parts=parts_of(report.parts),
            sections=sections,
            left_out=len(claims) - len(views),
            widest=max([s.kept + s.removed for s in report.waterfall], default=0),
            plane=plane,
            closing=closing(report),
        )
    )  # fmt: skip


def counts_of(cell: Cell) -> str:
    """Return what else a cell of the matrix holds, as a few words."""
    some = [
        counted(cell.risks, "risk") if cell.risks > 1 else "",
        counted(cell.benefits, "benefit") if cell.benefits and (cell.verdict != "benefit" or cell.benefits > 1) else "",
        f"{cell.unclear:,} unclear" if cell.unclear and (cell.verdict != "question" or cell.unclear > 1) else "",
        f"{cell.not_judged:,} not judged" if cell.not_judged else "",
    ]
    return "; ".join(s for s in some if s)


def _with_figures(claims: Sequence[Claim], drawn: Mapping[str, str], level: Level) -> list[Claim]:
    """Return claims with their drawings, each drawing once, until the page's share for them is spent."""
    found: list[Claim] = []
    first: dict[str, str] = {}
    left = level.figures
    for c in claims:
        figure = c.finding.figure
        if figure is None or c.anchor not in drawn:
            found.append(c)
            continue
        drawing, key = drawn[c.anchor], _key(figure)
        if drawing.startswith("!"):
            found.append(replace(c, figure_note=f"This figure could not be drawn: {drawing[1:]}"))
        elif key in first:
            found.append(replace(c, figure_note=f"The same figure stands at {first[key]}."))
        elif len(drawing.encode()) > left:
            found.append(replace(c, figure_note=f"Drawn in figures/{c.anchor}.svg; this page is kept under 3 MB."))
        else:
            left -= len(drawing.encode())
            first[key] = f"{c.aspect}, {c.title}"
            found.append(replace(c, figure=_markup(drawing)))
    return found


def _with_exhibits(c: Claim, level: Level) -> Claim:
    kept = c.exhibits[: level.exhibits]
    views: Any = [_exhibit(e, level.chars) for e in kept]
    return replace(c, exhibits=views, more=len(c.exhibits) - len(kept))


def _exhibit(e: Exhibit, chars: int) -> dict[str, Any]:
    left, right = shared_runs(clean(e.text, chars), clean(e.other, chars))
    return {
        "note": e.note,
        "left": [p for p in left if p[0]],
        "right": [p for p in right if p[0]] if e.other else [],
        "left_head": exhibit_head(e.of, e.id),
        "right_head": exhibit_head(e.other_of, e.other_id),
    }


def coded(text: str) -> Any:
    """Return a sentence with what stands between back-ticks as code; everything in it is escaped."""
    from markupsafe import Markup, escape

    parts = _UNBROKEN.sub(lambda m: m[0].replace(" ", "\u00a0"), text).split("`")
    if len(parts) % 2 == 0:  # an odd one out is a back-tick of the text's own
        return escape("`".join(parts))
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts))


def _headlines(claims: Sequence[Claim], kind: str, anchor: str, most: int = 5) -> dict[str, Any]:
    some = [c for c in claims if c.finding.kind == kind]
    return {"shown": some[:most], "more": max(0, len(some) - most), "anchor": anchor}


def _key(figure: Figure) -> str:
    return hashlib.sha256(repr((figure.title, figure.spec)).encode("utf-8", "replace")).hexdigest()


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@cache
def _environment() -> Any:
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), undefined=jinja2.StrictUndefined,
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters["short"] = short
    found.filters["coded"] = coded
    return found
