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
  dpo                  {"prompt": [...], "chosen": [...], "rejected": [...]}, messages each
  reward               {"chosen": [...], "rejected": [...], "margin": ...}
  kto                  {"prompt": [...], "completion": [...], "label": true}, two a row
  beir                 a folder: corpus.jsonl, queries.jsonl, qrels/test.tsv

\b
All but the first line's and beir are JSON lines, made from the columns `messages`, or
`instruction`, `input` and `response`, or `question` and `answer`; dpo, reward and kto from
`instruction` or `question`, `chosen` and `rejected`. A column `system` comes first. beir takes
`query` and `document`, with `grade` and `negatives` where they are there. --map names other
columns.

\b
Examples:
  mintmark export runs/faq --format messages -o faq.jsonl
  mintmark export runs/faq --format messages --map question=prompt --map answer=reply
  mintmark export runs/faq --format jsonl -o - | head
  mintmark export runs/lab --format messages --by phase --replay 0.1 -o train/
"""


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    format: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="jsonl, messages, alpaca, sharegpt, dpo, reward, kto, beir, csv or parquet."
        ),
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
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="COLUMN", help="A file for each value of a column; -o is their folder."),
    ] = None,
    replay: Annotated[
        float, typer.Option("--replay", help="With --by: the share of each earlier file's rows that a file repeats.")
    ] = 0.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file where it exists.")] = False,
) -> None:
    """Write the kept rows of a finished run for another tool."""
    from ..publish.export import STDOUT, default_name
    from ..publish.export import export as write

    if by is not None:
        _by(run, format, out, by, replay, mapped(roles), with_context, overwrite)
        return
    if replay:
        raise typer.BadParameter("needs --by", param_hint="--replay")
    target = out if out is not None else Path(default_name(run, format))
    count = write(run, format, target, roles=mapped(roles), with_context=with_context, overwrite=overwrite)
    if str(target) != STDOUT:
        typer.echo(f"{count:,} rows in {target}", err=True)


def _by(
    run: Path, format: str, out: Path | None, by: str, replay: float, roles: dict[str, str], with_context: bool,
    overwrite: bool,
) -> None:  # fmt: skip
    from ..publish.split import export_by

    folder = out if out is not None else Path(run.resolve().name)
    written = export_by(
        run, format, folder, by, replay=replay, roles=roles, with_context=with_context, overwrite=overwrite
    )
    for file, (own, again) in written.items():
        typer.echo(f"{own:,} rows{f' and {again:,} replayed' if again else ''} in {file}", err=True)
