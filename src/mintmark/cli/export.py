"""`mintmark export`: the kept rows in the form that another tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import mapped

EPILOG = """\b
Formats:
  jsonl, csv, parquet  the columns as they are
  messages             {"messages": [{"role": ..., "content": ...}]}
  alpaca               {"instruction": ..., "input": ..., "output": ...}
  sharegpt             {"conversations": [{"from": "human", "value": ...}]}
  beir                 a folder: corpus.jsonl, queries.jsonl, qrels/test.tsv

\b
messages, alpaca and sharegpt are JSON lines, made from the columns `messages`, or
`instruction`, `input` and `response`, or `question` and `answer`; a column `system` comes
first. beir takes `query` and `document`, with `grade` and `negatives` where they are
there. --map names other columns.

\b
Examples:
  mintmark export runs/faq --format messages -o faq.jsonl
  mintmark export runs/faq --format messages --map question=prompt --map answer=reply
  mintmark export runs/faq --format jsonl -o - | head
"""


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    format: Annotated[
        str, typer.Option("--format", "-f", help="jsonl, messages, alpaca, sharegpt, csv, parquet, beir.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The file; - for stdout.", show_default="the run's name, here"),
    ] = None,
    roles: Annotated[
        list[str] | None, typer.Option("--map", metavar="ROLE=COLUMN", help="Which column plays a role; repeatable.")
    ] = None,
    with_context: Annotated[
        bool, typer.Option("--with-context", help="Put the column `context` before the question.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file where it exists.")] = False,
) -> None:
    """Write the kept rows of a finished run for another tool."""
    from ..publish.export import STDOUT, default_name
    from ..publish.export import export as write

    target = out if out is not None else Path(default_name(run, format))
    count = write(run, format, target, roles=mapped(roles), with_context=with_context, overwrite=overwrite)
    if str(target) != STDOUT:
        typer.echo(f"{count:,} rows in {target}", err=True)
