"""`mintmark trace`: a row's history as a tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import say_json

EPILOG = """\b
Examples:
  mintmark trace runs/faq 9f93cbf41fe9c985   # an id; at least 4 characters of one are enough
  mintmark trace runs/faq "Who signed"       # any text of a row, kept, dropped, failed or used
  mintmark trace runs/faq 9f93 --json | jq .row.parents
"""


def trace(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    row: Annotated[str, typer.Argument(metavar="ROW", help="A row's id, the beginning of one, or a text in it.")],
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show prompts and replies whole, and every call.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows listed where several fit.")] = 20,
) -> None:
    """Follow a row back to its prompts and its source.

    Shows the calls of each step with prompt, reply, seed and tokens, the parents in turn, and the place in the source.
    Works for every row of the run, kept or not. Where several rows fit, they are listed with their ids.
    """
    from ..publish.trace import trace as find

    found = find(run, row, limit=limit)
    if json:
        say_json(found.as_dict())
        return
    from .tree import print_hits, print_trace

    if found.row is None:
        print_hits(run, found)
    else:
        print_trace(found, full)
