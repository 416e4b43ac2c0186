"""`mintmark diff`: what is different from one dataset to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  mintmark diff runs/faq-1 runs/faq-2
  mintmark diff old.jsonl new.jsonl --json > diff.json
"""


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="The older dataset: a run, a data file or glob.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The newer one.")],
    shown: Annotated[int, typer.Option("--rows", min=0, help="Rows of each kind that are written out.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show rows added, removed and changed, and the metrics of both reports side by side.

    Rows are matched by id, then by the nearest text. Where both have a report, each metric's difference has its
    interval, and those beyond chance come first.
    """
    from ..core.errors import MintmarkError
    from ..evaluation.diff import diff as compare
    from ..evaluation.diff_output import markdown
    from ..reading import read
    from .gate import read_report

    findings = []
    for path in (a, b):
        try:
            findings.append(read_report(Path(path)).findings)
        except MintmarkError:
            findings.append(())
    found = compare(read(a, a).corpus, read(b, b).corpus, *findings, shown=shown)
    typer.echo(found.to_json() if as_json else markdown(found))
