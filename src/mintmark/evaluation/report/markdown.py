"""report.md: the same report as text that reads well with no page around it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ...core.finding import Exhibit
from .claims import Claim, claims_of, exhibit_head
from .html import counts_of
from .matrix import Cell
from .model import Part, Report
from .sections import Section, closing, examined_of, forest_of, parts_of, sections_of
from .words import SIGN

_SPECIAL = re.compile(r"[\\*_~$]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\[(?![-\d.,e ]+\](?![(\[:]))")
"""What Markdown would take for a sign; brackets around an interval and a lone `<` are none."""
_LEAD = re.compile(r"^([-+=>]|#+|\d+[.)])(?=\s|$)")
_CELL = {
    "risk": "▲ risk",
    "question": "◇ unclear",
    "benefit": "● benefit",
    "fact": "■ facts only",
    "not judged": "not judged",
}


def to_markdown(report: Report, files: Collection[str] = ()) -> str:
    """Return the report as Markdown; what came from data cannot form headings, links, images or HTML in it.

    Args:
        files: the figures that stand in the folder, which the text links to.
    """
    claims = claims_of(report.findings, report.checked)
    sections = sections_of(claims)
    parts = [
        f"# {safe(report.title)}",
        f"**{safe(report.verdict)}**",
        "Signs: ▲ risk, ● benefit, ◇ open question, ■ fact. Numbers in brackets are 95 % intervals.",
        "## Conclusions\n\n" + "\n".join(f"{i}. {safe(t)}" for i, t in enumerate(report.conclusions, 1))
        if report.conclusions else "",
        "## Risk matrix\n\n" + _table(
            ["risk", "these data", "the reference"],
            [[row.category, _cell(row.data), _cell(row.reference)] for row in report.risk_matrix],
        ),
        "## What was examined\n\n" + _table(["", ""], [[name, safe(text)] for name, text in examined_of(report.examined)]),
        _evidence(claims, files),
        *(_section(s, files) for s in sections),
        _waterfall(report),
        *(_parts(by, rows.shown + rows.folded) for by, rows in parts_of(report.parts)),
        "## References\n\n" + "\n".join(f"- {safe(t)}" for t in report.references) if report.references else "",
        "---\n\n" + closing(report),
    ]  # fmt: skip
    return "\n\n".join(p for p in parts if p) + "\n"


def safe(text: str) -> str:
    """Return a text on one line that Markdown shows as it is.

    Example:
        >>> print(safe("<b>1 * 2</b> [x](y) a_b [0.1, 0.2] `--x`"), safe("1. x"))
        \\<b>1 \\* 2\\</b> \\[x](y) a_b [0.1, 0.2] `--x` 1\\. x
    """
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:  # an odd one out is a back-tick of the text's own
        return _plain("`".join(parts)).replace("`", "\\`")
    return "".join(_code(p) if i % 2 and p else _plain(p) for i, p in enumerate(parts))


def _plain(one: str) -> str:
    one = _SPECIAL.sub(lambda m: m[0] if m[0] == "_" and _inside(one, m.start()) else "\\" + m[0], one)
    return _LEAD.sub(lambda m: m[1][:-1] + "\\" + m[1][-1], one)


def fenced(text: str) -> str:
    """Return a block of text whose fence no line of the text can close."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`{3,}", text)), default=0))
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _evidence(claims: Sequence[Claim], files: Collection[str]) -> str:
    rows = [
        [c.sign, safe(f"{aspect}: {c.title}"), str(c.finding.estimate), str(c.finding.null)]
        for aspect, some in forest_of(claims)
        for c in some
    ]
    if not rows:
        return ""
    return (
        "## The evidence at a glance\n\n"
        + _table(["", "claim", "estimate", "null"], rows)
        + _image("summary-evidence", files)
    )


def _section(s: Section, files: Collection[str]) -> str:
    text = f"## {s.heading}\n\n{s.lead}"
    for name, some in s.groups:
        level = "###"
        if name:
            text += f"\n\n### {safe(name)}"
            level = "####"
        for c in some:
            text += f"\n\n{_claim(c, level, files)}"
    return text


def _claim(c: Claim, level: str, files: Collection[str]) -> str:
    parts = [f"{level} {SIGN[c.finding.kind]} {safe(c.finding.claim)}", f"`{c.finding.name.replace('`', '')}`"]
    if c.facts:
        parts.append(
            "\n".join(f"- {name}: {_code(text) if name == 'Command' else safe(text)}" for name, text in c.facts)
        )
    parts += [_exhibit(i, e) for i, e in enumerate(c.exhibits, 1)]
    if c.finding.figure and (image := _image(c.anchor, files, c.finding.figure.title)):
        parts.append(image.strip())
    return "\n\n".join(parts)


def _exhibit(n: int, e: Exhibit) -> str:
    def side(of: str, name: str, text: str) -> str:
        head, id_ = exhibit_head(of, name)
        return f"{head}{f' {_code(id_)}' if id_ else ''}:\n\n{fenced(text)}"

    text = f"Evidence {n}{f': {safe(e.note)}' if e.note else ''}\n\n" + side(e.of, e.id, e.text)
    return text + (f"\n\n{side(e.other_of, e.other_id, e.other)}" if e.other else "")


def _cell(cell: Cell) -> str:
    name, counts = f"`{cell.name}`" if cell.name else "", counts_of(cell)
    return " ".join(filter(None, (_CELL[cell.verdict], name, f"({counts})" if counts else "")))


def _waterfall(report: Report) -> str:
    if not report.waterfall:
        return ""
    rows = [
        [f"`{s.step}`", *(f"{n:,}" for n in (s.came, s.born, s.kept, s.dropped, s.failed)),
         safe(", ".join(f"{r} {n:,}" for r, n in sorted(s.reasons.items(), key=lambda item: (-item[1], item[0]))))]
        for s in report.waterfall
    ]  # fmt: skip
    heads = ["step", "in", "made", "kept", "dropped", "failed", "why"]
    return "## What was removed, and why\n\n" + _table(heads, rows, right=range(1, 6))


def _parts(by: str, rows: Sequence[Part]) -> str:
    cells = [[safe(p.label), f"{p.kept:,}", f"{p.removed:,}"] for p in rows]
    return f"## Rows by {safe(by)}\n\n" + _table([safe(by), "kept", "removed"], cells, right=(1, 2))


def _image(name: str, files: Collection[str], title: str = "") -> str:
    return f"\n\n![{safe(title) or 'Figure'}](figures/{name}.svg)" if f"figures/{name}.svg" in files else ""


def _code(text: str) -> str:
    text = " ".join(text.split())
    ticks = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> str:
    rule = ["---:" if i in right else "---" for i in range(len(heads))]
    return "\n".join(f"| {' | '.join(map(_in_cell, row))} |" for row in (heads, rule, *rows))


def _in_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _inside(text: str, at: int) -> bool:
    """Whether an underscore stands inside a word, where Markdown leaves it alone."""
    return 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()
