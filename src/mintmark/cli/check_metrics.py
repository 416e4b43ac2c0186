"""`mintmark check-metrics`: do the metrics give the numbers that are known?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import draw, say


def check_metrics(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The folder of data with known numbers.")],
) -> None:
    """Work out known numbers on data for which they are known, and print expected against found.

    Exit codes: 0 every number that could be looked for is right, 1 one is wrong, 2 none could be looked for.
    """
    from rich.table import Table

    from ..evaluation.known import run_checks

    table = Table("", "what", "known", "found", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    outcomes = list(run_checks(data))
    for o in outcomes:
        word = {True: "right", False: "WRONG", None: "no data"}[o.passed]
        table.add_row(word, o.check.what, o.check.shown, o.shown)
    draw(table)
    looked = [o for o in outcomes if o.passed is not None]
    wrong = [o for o in looked if not o.passed]
    say(f"{len(looked) - len(wrong)} of {len(looked)} right; {len(outcomes) - len(looked)} without data.")
    if wrong or not looked:
        raise typer.Exit(1 if wrong else 2)
