"""The report's folder: the page, the text, the data, and every figure as a file."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import MintmarkError
from ...core.store import write_atomically
from . import figures_static
from .claims import claims_of, unique_names
from .html import to_html
from .markdown import to_markdown
from .model import Report
from .summary_figures import summary_figures


def write_report(report: Report, folder: Path, *, static: bool = True) -> list[Path]:
    """Write report.html, report.md, report.json and, with `static`, figures/*.svg and *.png; return what was written.

    The same report gives the same bytes. Each file is whole or not there. A figure that cannot be drawn is named on
    the page and left out of the folder. Figures of a report that stood there before go; other files stay.

    Args:
        folder: made where it is not there.
        static: whether to write each figure as a file too.

    Raises:
        MissingExtra: without the extra `evaluate`, where there is anything to draw.
        RunError: where a file cannot be written.
    """
    files = {"report.json": report.to_json(), "report.html": to_html(report).encode()}
    if static:
        files |= figure_files(report)
    files["report.md"] = to_markdown(report, {name for name in files if name.startswith("figures/")}).encode()
    for old in _drawn_before(Path(folder)) - files.keys():
        (Path(folder) / old).unlink(missing_ok=True)
    written = []
    for name, data in sorted(files.items()):
        write_atomically(Path(folder) / name, data)
        written.append(Path(folder) / name)
    return written


def _drawn_before(folder: Path) -> set[str]:
    """Return the figure files of the report that stands in a folder; none where none can be read."""
    try:
        old = Report.from_json((folder / "report.json").read_bytes())
    except (OSError, MintmarkError):
        return set()
    names = [
        *(c.anchor for c in claims_of(old.findings) if c.finding.figure),
        *unique_names(list(summary_figures(old))),
    ]
    return {f"figures/{name}.{kind}" for name in names for kind in ("svg", "png")}


def figure_files(report: Report) -> dict[str, bytes]:
    """Return every figure as SVG and PNG, by its path in the folder."""
    found: dict[str, bytes] = {}
    drawings = {c.anchor: c.finding.figure for c in claims_of(report.findings) if c.finding.figure is not None}
    summary = summary_figures(report)
    names = dict(zip(summary, unique_names(list(summary)), strict=True))
    for name, figure in {**{names[k]: v for k, v in summary.items()}, **drawings}.items():
        try:
            svg = figures_static.to_svg(figure)
        except figures_static.FigureFailed:  # the page says so
            continue
        found[f"figures/{name}.svg"] = svg.encode()
        found[f"figures/{name}.png"] = figures_static.to_png(svg)
    return found
