"""The evaluation's report: findings in, a page, a text, data and figures out."""

from .html import to_html
from .markdown import to_markdown
from .matrix import Cell, Line
from .model import Examined, Part, Point, Report, Step, steps_of
from .write import write_report

__all__ = [
    "Cell", "Examined", "Line", "Part", "Point", "Report", "Step", "steps_of", "to_html", "to_markdown", "write_report",
]  # fmt: skip
