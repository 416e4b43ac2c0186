"""How a row is printed: its columns one below the other, each on its line, long texts cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ..terminal.words import printable
from .output import console, draw, one_line, say

TEXT_CHARS = 240


def print_row(row: Mapping[str, Any], title: str, detail: Any = None) -> None:
    """Print a row's columns under a title; empty columns and the id are left out."""
    from rich.table import Table
    from rich.text import Text

    draw(Text(one_line(title, console().width), style=_style(title)))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    if detail is not None:
        grid.add_row(Text("  detail"), Text(one_line(shown(detail), TEXT_CHARS), style="yellow"))
    for name, value in row.items():
        if value not in (None, "") and name != "id":
            grid.add_row(Text(f"  {printable(name)}"), Text(one_line(shown(value), TEXT_CHARS)))
    draw(grid)
    say()


def shown(value: Any, chars: int = 10**9) -> str:
    """Return a value as text that is safe in a terminal, cut where it is long."""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    text = printable(text.strip())
    return text if len(text) <= chars else f"{text[:chars]}… ({len(text):,} characters)"


def _style(title: str) -> str:
    return {"kept": "bold green", "dropped": "bold yellow", "failed": "bold red"}.get(title.partition(" ")[0], "bold")
