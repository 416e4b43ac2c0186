"""The waterfall: how many rows came to each step, and what became of them there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .words import printable

if TYPE_CHECKING:
    from rich.table import Table

REASONS_SHOWN = 4


def waterfall(content: Mapping[str, Any]) -> Table:
    """Return the counts of every step as a table: in + born = used + dropped + failed + kept.

    Args:
        content: a manifest's content, or any mapping with `waterfall` (a list of step counts).
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("step", no_wrap=True)
    for name in ("in", "born", "used", "dropped", "failed", "kept"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why not kept", style="dim")
    for step in content["waterfall"]:
        if step["step"] == "rows" and not step["dropped"]:
            continue
        counts = [f"{step[k]:,}" if step[k] else "" for k in ("came", "born", "used", "dropped", "failed")]
        table.add_row(Text(step["step"]), *counts, f"{step['kept']:,}", Text(_reasons(step["reasons"])))
    return table


def _reasons(reasons: Mapping[str, int]) -> str:
    shown = [f"{printable(reason)} {count:,}" for reason, count in list(reasons.items())[:REASONS_SHOWN]]
    more = len(reasons) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)
