"""`mintmark tune`: a prompt that improves itself, judged on rows that nothing was chosen on."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import say, say_json, shell

if TYPE_CHECKING:
    from ..tuning.evidence import Tuned

EPILOG = """\b
Examples:
  mintmark tune faq.yaml --budget 600
  mintmark tune faq.yaml --metric judge --judge openai/gpt-5-mini --writer openai/gpt-5 --budget 2000
"""


class Metric(StrEnum):
    """What a kept row is worth."""

    KEPT = "kept"
    JUDGE = "judge"
    GAIN = "gain"


def tune(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")],
    budget: Annotated[int, typer.Option(min=1, metavar="CALLS", help="Calls that the search may use.")],
    metric: Annotated[
        Metric,
        typer.Option(
            help="What a kept row is worth: 1; a judge's score less 3; the gain that curate.grounding measured."
        ),
    ] = Metric.KEPT,
    step: Annotated[
        str | None,
        typer.Option("--step", metavar="NAME", help="The step to tune; the first with a template otherwise."),
    ] = None,
    writer: Annotated[
        str | None,
        typer.Option("--writer", metavar="SPEC", help="A model that writes variants; the step's own otherwise."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="SPEC", help="The model that scores rows from 1 to 5, for its metric."),
    ] = None,
    rubric: Annotated[str | None, typer.Option("--rubric", help="What the judge judges.", show_default=False)] = None,
    variants: Annotated[int, typer.Option("--variants", min=1, help="Variants at most in each of two searches.")] = 8,
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")] = 0,
    calls: Annotated[
        Path | None,
        typer.Option(help="The call log.", show_default="runs/tune/ and the recipe's name"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier search wrote.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the evidence as JSON.")] = False,
) -> None:
    """Search for a better prompt, and say what it gains.

    A model is shown what the recipe drops and why, and writes variants of the template; others change its examples or
    its temperature. They run against the original on some source rows, and what is left is compared with it on rows
    that nothing was chosen on. Only if the whole interval of its gain lies above 0, NAME.tuned.yaml is written beside the
    recipe; the evidence always is, as NAME.tuning.json and NAME.tuning.md.
    """
    from ..core.errors import RecipeError
    from ..judging import RUBRIC
    from ..tuning.evidence import CAUTION
    from ..tuning.tune import tune as work

    better, data, page = (
        recipe.with_name(f"{recipe.stem}.{end}") for end in ("tuned.yaml", "tuning.json", "tuning.md")
    )
    there = [p for p in (better, data, page) if p.exists()]
    if there and not overwrite:
        raise RecipeError("is there already", where=str(there[0]), remedy="give --overwrite, or move it")
    try:
        text = recipe.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise RecipeError(f"cannot be read: {getattr(e, 'strerror', 'not UTF-8')}", where=str(recipe)) from e
    log = calls if calls is not None else Path("runs") / "tune" / recipe.stem / "calls.sqlite"
    found = work(
        text, metric=metric.value, budget=budget, log=log, file=recipe.name, step=step, writer=writer, judge=judge,
        rubric=rubric or RUBRIC, variants=variants, seed=seed, tell=lambda said: typer.echo(f"{said} ...", err=True),
    )  # fmt: skip
    _write(found, recipe, better, data, page)
    if as_json:
        say_json(found.as_dict())
        return
    say(found.verdict)
    say(f"evidence  {page}, {data}")
    say(f"calls     {found.spent:,} of {found.budget:,}, in {log}")
    if found.text is not None:
        say()
        say(CAUTION)
        say(f"  {shell('mintmark', 'run', better, '--preview', '3')}")


def _write(found: Tuned, recipe: Path, better: Path, data: Path, page: Path) -> None:
    import orjson

    from ..core.store import write_atomically

    for old in (better, data, page):
        old.unlink(missing_ok=True)
    write_atomically(data, orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
    write_atomically(page, found.as_markdown(f"Tuning {recipe.name}").encode())
    if found.text is not None:
        head = f"# Tuned from {recipe.name} by `mintmark tune`: a gain in `{found.metric}` of {found.gain}; see {page.name}.\n"
        write_atomically(better, f"{head}{found.text}".encode())
