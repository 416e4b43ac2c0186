"""`mintmark recipes compare`: recipes side by side, in a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.finding import number
from .estimate import dollars
from .output import draw, say, say_json

if TYPE_CHECKING:
    from ..comparison import Side
    from ..core.progress import Event
    from ..core.recipe import Recipe
    from ..measures.projection import Range

EPILOG = """\b
Examples:
  mintmark recipes compare grounded-qa mine.yaml --rows 50
  mintmark recipes compare a.yaml b.yaml --source topics.jsonl --judge openai/gpt-5-mini
"""
LABELS = {
    "kept_share": "share kept", "calls": "calls a kept row", "tokens": "tokens a kept row", "dollars": "dollars a kept row",
    "seconds": "seconds a kept row", "words": "words a row", "distinct_2": "distinct-2", "compression": "compression ratio",
    "vendi": "Vendi score", "self_similarity": "self-similarity", "near_duplicates": "near-duplicate share",
    "judge": "judge's score (1 to 5)",
}  # fmt: skip


def compare(
    recipes: Annotated[list[str], typer.Argument(metavar="RECIPE...", help="Built-in recipes by name, or files.")],
    rows: Annotated[int, typer.Option(min=4, help="Rows that each must keep.")] = 50,
    source: Annotated[
        Path | None,
        typer.Option(
            "--source", metavar="PATH", help="A data file or documents for all, instead of each recipe's own."
        ),
    ] = None,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="SPEC", help="A model that scores the rows, from 1 to 5.")
    ] = None,
    rubric: Annotated[str | None, typer.Option("--rubric", help="What the judge judges.", show_default=False)] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the runs.")] = Path("runs/compare"),
    seed: Annotated[int, typer.Option("--seed", help="Of what the measures draw.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace finished runs; their calls are kept.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """Run recipes side by side and say what each costs and how varied its rows are.

    Every number has its 95 % interval. What grows or falls with the number of rows is taken at one size. Each run is a
    folder that can be looked at; the same command again reads it.
    """
    from ..comparison import compare as work
    from ..judging import RUBRIC
    from ..reading import source_at

    asked: dict[str, Recipe] = {}
    for word in recipes:
        name, recipe = _recipe(word)
        asked[name if name not in asked else f"{name}-{len(asked) + 1}"] = recipe
    sides = work(
        asked, out, rows=rows, source=None if source is None else source_at(source), judge=judge,
        rubric=rubric or RUBRIC, seed=seed, overwrite=overwrite, listener=None if as_json else _told,
    )  # fmt: skip
    if as_json:
        say_json([side.as_dict() for side in sides])
    else:
        _show(sides, rows)


def _recipe(word: str) -> tuple[str, Recipe]:
    from .. import recipes as built_in
    from ..core.recipe import Recipe

    path = Path(word)
    if not path.exists() and word in built_in.names():
        return word, Recipe.from_yaml(built_in.get(word).text, file=f"{word}.yaml")
    return path.stem, Recipe.from_file(path)


def _told(name: str) -> Callable[[Event], None]:
    from ..terminal import listener

    typer.echo(f"{name} ...", err=True)
    return listener(last_line=False)


def _show(sides: Sequence[Side], rows: int) -> None:
    from rich.table import Table
    from rich.text import Text

    from ..comparison import A_ROW, ORDER

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("")
    for side in sides:
        table.add_column(Text(side.name), justify="right", overflow="fold")
    table.add_row("rows kept", *(f"{side.kept:,}" for side in sides))
    for name in ORDER:
        found = [side.measures[name] for side in sides if name in side.measures]
        if found and not (name in A_ROW and all(value.high == 0 for value in found)):
            table.add_row(LABELS[name], *(_cell(side.measures.get(name), name) for side in sides))
    draw(table)
    say()
    for side in sides:
        if side.short:
            say(f"{side.name}: short: {side.short}")
        for note in side.notes:
            say(f"{side.name}: {note}")
    least = min((side.kept for side in sides if side.kept >= 4), default=0)
    if least:
        say(
            f"intervals of 95 %; what depends on the number of rows is taken at that of the smallest, {least:,}, or half of it"
        )
    say("runs    " + ", ".join(str(side.folder) for side in sides))


def _cell(value: Range | None, name: str) -> str:
    words = dollars if name == "dollars" else _percent if name in ("kept_share", "near_duplicates") else number
    if value is None:
        return ""
    if value.value is None:
        return f"over {words(value.low)}"
    if value.low == value.high:
        return words(value.value)
    return f"{words(value.value)} ({words(value.low)} to {'?' if value.high is None else words(value.high)})"


def _percent(share: float) -> str:
    return f"{share:.0%}"
