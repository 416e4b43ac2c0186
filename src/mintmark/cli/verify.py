"""`mintmark verify`: is a run what it was when it was sealed?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import fail, say, say_json

EPILOG = """\b
Example:
  mintmark verify runs/faq && echo unchanged

Exit code 1 where anything does not hold.
"""


def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compute every hash of a run again.

    Files, counts, and the recorded calls that the rows used are compared with the manifest.
    """
    from ..publish.verify import verify as check

    found = check(run)
    if json:
        say_json({"problems": found.problems, "files": found.files, "calls": found.calls})
    else:
        for problem in found.problems:
            fail(problem)
        if not found.problems:
            calls = "the call log is not here" if found.calls is None else f"{found.calls:,} calls"
            say(f"{run}: {found.files:,} files, {calls}: all as they were sealed")
    if found.problems:
        raise typer.Exit(1)
