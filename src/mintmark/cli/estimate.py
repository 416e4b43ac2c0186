"""`mintmark run --estimate`: what the whole run will need, from a few of its rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from ..terminal.words import duration
from .output import counted, draw, say, say_json, shell

if TYPE_CHECKING:
    from ..api import Recipe
    from ..forecast import Forecast
    from ..measures.projection import Range

ROWS = 12
"""Source rows of the sample where the option names no number."""


class WithEstimate(TyperCommand):
    """Lets `--estimate` stand without a number."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give the option its usual number where none follows."""
        given: list[str] = []
        for word, following in zip(args, [*args[1:], ""], strict=False):
            given.append(word)
            if word == "--estimate" and not following.isdigit():
                given.append(str(ROWS))
        return super().parse_args(ctx, given)


def show_estimate(
    recipe: Recipe, sample: int, file: Path, folder: Path, rows: int | None, calls: Path | None, overwrite: bool, wait: bool,
    json: bool,
) -> None:  # fmt: skip
    """Try some rows and print what all of them will need."""
    from ..forecast import forecast
    from ..terminal import listener

    told = None if json else listener(last_line=False)
    try:
        found = forecast(recipe, folder, rows=sample, calls=calls, overwrite=overwrite, wait=wait, progress=told)
    finally:
        close = getattr(told, "close", None)
        if close is not None:
            close()
    if json:
        say_json(found.as_dict())
        return
    _show(found)
    say()
    more: list[str | Path] = [*(("--calls", calls) if calls else ()), *(("--overwrite",) if overwrite else ())]
    wanted = ["--rows", str(rows)] if rows is not None else []
    say(f"  {shell('mintmark', 'run', file, '-o', folder, *wanted, *more)}")


def _show(found: Forecast) -> None:
    from rich.table import Table

    whole = found.reach == found.there
    say(f"from {found.sampled:,} source rows, drawn from {'all' if whole else 'the first'} {found.reach:,}")
    say()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("for the whole run", no_wrap=True)
    for name in ("estimate", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", style="dim")
    there = "the source has more than were counted" if found.there is None else f"of {found.there:,} that there are"
    wanted = f"of {found.wanted:,} asked for" if found.wanted is not None else ""
    priced = found.spent.calls > found.unpriced
    for name, value, words, note in (
        ("share kept", found.kept_share, _percent, "of rows kept, dropped or failed"),
        ("source rows read", found.rows_read, _count, there),
        ("rows kept", found.rows_kept, _count, wanted),
        ("calls", found.calls, _count, ""),
        ("tokens in", found.tokens_in, _count, ""),
        ("tokens out", found.tokens_out, _count, ""),
        ("dollars", found.dollars if priced or not found.unpriced else None, dollars,
         f"without {found.unpriced:,} calls of unknown price in the sample" if found.unpriced and priced else ""),
        ("time", found.seconds, duration, "of the slowest model, its calls open at once"),
    ):  # fmt: skip
        table.add_row(name, *(("unknown", "") if value is None else _cells(value, words)), note)
    draw(table)
    say()
    new = f", {found.fresh.calls:,} of them asked now" if found.fresh.calls < found.spent.calls else ""
    price = "price unknown" if found.unpriced and not priced else dollars(found.spent.dollars)
    tokens = f"{found.spent.tokens_in:,} + {found.spent.tokens_out:,} tokens"
    say(f"the sample cost {counted(found.spent.calls, 'call')}{new} · {tokens} · {price}")
    if found.spent.calls:
        say(f"its calls are in {found.log}, and the run will not ask them again")
    for note in found.notes:
        say(f"note: {note}")


def _cells(value: Range, words: Callable[[float], str]) -> tuple[str, str]:
    middle = "unknown" if value.value is None else words(value.value)
    if value.high is None:
        return middle, f"{words(value.low)} or more"
    return middle, "exactly" if value.low == value.high else f"{words(value.low)} to {words(value.high)}"


def _count(number: float) -> str:
    return f"{math.ceil(number - 1e-9):,}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def dollars(amount: float) -> str:
    """Return an amount for a reader: cents from a dollar on, two figures below.

    Example:
        >>> dollars(12.345), dollars(0.00123), dollars(0.0)
        ('$12.35', '$0.0012', '$0')
    """
    if amount >= 1:
        return f"${amount:,.2f}"
    return f"${amount:.{1 - math.floor(math.log10(amount))}f}" if amount else "$0"
