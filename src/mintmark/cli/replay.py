"""`mintmark replay`: the same bytes again, from the call log alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from .output import fail, say

EPILOG = """\b
Examples:
  mintmark replay runs/faq                   # compare, and leave nothing behind
  mintmark replay runs/faq -o runs/faq-again # keep the copy

Exit code 1 where a file differs.
"""


def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="An empty folder for the new run.", show_default="one that is removed"),
    ] = None,
) -> None:
    """Make a run again from its call log, and compare.

    No model is asked and no network used; every file is compared with the original. The source is read again and must
    be what it was; replies come from the call log.
    """
    from ..api import replay as again

    if folder is not None:
        _, differ = again(run, folder)
    else:
        with tempfile.TemporaryDirectory(prefix="mintmark-replay-") as temporary:
            _, differ = again(run, Path(temporary) / "run")
    if not differ:
        say(f"{run}: identical")
        return
    for name in differ:
        fail(f"{name}: differs")
    raise typer.Exit(1)
