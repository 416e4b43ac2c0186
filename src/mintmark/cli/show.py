"""`mintmark show`: a finished run at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say

EPILOG = """\b
Examples:
  mintmark show runs/faq
  mintmark show runs/faq --rows 10 --dropped curate.grounding
"""


def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    rows: Annotated[int, typer.Option(min=0, help="How many rows are shown.")] = 3,
    dropped: Annotated[
        str | None,
        typer.Option(metavar="STEP", help="Show rows that this step dropped or failed; `all` for every step."),
    ] = None,
) -> None:
    """Show a finished run's counts, cost and a few rows."""
    from ..api import Run
    from ..core.errors import PublishError, nearest
    from ..publish.coverage import covered, told
    from ..publish.parts import first_rows
    from .rows import print_row
    from .summary import headline, show_counts, spent, time_of

    found = Run(run)
    content = found.manifest["content"]
    steps = [step["step"] for step in content["waterfall"]]
    if dropped not in (None, "all", *steps):
        raise PublishError(f"the run has no step `{dropped}`", remedy=nearest(dropped or "", steps), allowed=steps)
    say(headline(found))
    say()
    show_counts(content)
    say()
    if lines := told(covered(found.folder, content["recipe"])):
        say("\n".join(lines) + "\n")
    say(f"spent   {spent(found.manifest)}")
    say(f"time    {time_of(found.manifest)}")
    say()
    if dropped is None:
        for row in first_rows(found.folder, "data", rows):
            print_row(row, f"kept {row['id']}")
        return
    for row in first_rows(found.folder, "dropped", rows, step=None if dropped == "all" else dropped):
        title = f"{row['fate']} {row['id']} at {row['step']}: {row['reason']}"
        print_row({k: v for k, v in row.items() if k not in ("fate", "step", "reason", "detail")}, title, row["detail"])
