"""`mintmark run`: a recipe in, a folder with a dataset and its history out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import shell

if TYPE_CHECKING:
    from ..api import Recipe, Run

EPILOG = """\b
Examples:
  mintmark run faq.yaml --preview 3          # look at three rows first; writes nothing
  mintmark run faq.yaml -o runs/faq --estimate   # calls, tokens, dollars and time, before they are spent
  mintmark run faq.yaml -o runs/faq          # the same command again goes on where it was stopped
  mintmark run faq.yaml --rows 1000 --calls calls.sqlite

\b
Exit codes:
  0    done, or the folder holds this finished run already
  1    an error: the recipe, its source or the folder
  2    a wrong option
  3    short: the source, the budget or the rounds ended before enough rows were kept
  4    waiting for batch jobs or reviews; give the command again later, or --wait
  5    too many rows failed (max_failed)
  6    a model stayed away; give the command again when it is back
  130  stopped by Ctrl-C; the command given again goes on from there
"""
SHORT, WAITING = 3, 4


def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.")],
    folder: Annotated[
        Path | None, typer.Option("-o", "--out", help="The run's folder.", show_default="runs/ and the recipe's name")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows that must pass, over what the recipe says.")] = None,
    preview: Annotated[
        int | None,
        typer.Option(min=1, help="Show this many rows, and what was dropped and why; nothing is written or kept."),
    ] = None,
    estimate: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="[ROWS]",
            show_default=False,
            help="Say what the run will need, from so many of its source rows (12 where no number is given).",
        ),
    ] = None,
    calls: Annotated[Path | None, typer.Option(help="A call log that several runs share.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a finished run; its calls are kept.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until batch jobs and reviews have answered.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again the calls that failed for good.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print progress as JSON, one event a line.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Make a dataset: carry a recipe out into a folder.

    Nothing that was answered is asked again: after Ctrl-C, a crash or a lost server the same command goes on where it
    was. Every row that was dropped or failed stays in the folder with its reason.
    """
    from ..api import Recipe

    _check_there(recipe)
    asked = Recipe.from_file(recipe)
    if preview is not None:
        if folder or calls or overwrite or retry_failed or wait or json or quiet or estimate:
            raise typer.BadParameter("takes no other option but --rows: it writes nothing", param_hint="--preview")
        from .preview import show_preview

        show_preview(asked, preview)
        return
    if rows is not None:
        asked = asked.model_copy(update={"rows": rows})
    target = folder if folder is not None else Path("runs") / recipe.stem
    if estimate is not None:
        if retry_failed or quiet:
            raise typer.BadParameter("takes neither --retry-failed nor --quiet", param_hint="--estimate")
        from .estimate import show_estimate

        show_estimate(asked, estimate, recipe, target, rows, calls, overwrite, wait, json)
        return
    ended = _carry_out(asked, target, calls, overwrite, wait, retry_failed, json, quiet)
    short = _is_short(ended)
    if json:
        _last_event(ended, short)
    elif not quiet:
        from .summary import summarise

        summarise(ended)
    if ended.status == "waiting":
        raise typer.Exit(WAITING)
    if short:
        raise typer.Exit(SHORT)


def _check_there(recipe: Path) -> None:
    """Say how to begin where a built-in recipe is named instead of a file."""
    from .. import recipes
    from ..core.errors import RecipeError

    if not recipe.exists() and recipe.name in recipes.names():
        begin = shell("mintmark", "recipes", "new", recipe.name)
        raise RecipeError("is a built-in recipe, not a file", where=str(recipe), remedy=f"copy it first: `{begin}`")


def _carry_out(
    asked: Recipe, target: Path, calls: Path | None, overwrite: bool, wait: bool, retry_failed: bool, json: bool,
    quiet: bool,
) -> Run:  # fmt: skip
    from ..core.errors import Interrupted
    from ..terminal import listener

    told = None if quiet else listener(json=json, last_line=False)
    try:
        return asked.run(
            target, calls=calls, overwrite=overwrite, wait=wait, retry_failed=retry_failed, progress=told or False
        )
    except Interrupted as e:
        raise Interrupted(
            "stopped; every call that was answered is written down", where=str(target),
            remedy="give the same command again to go on",
        ) from e  # fmt: skip
    finally:
        close = getattr(told, "close", None)
        if close is not None:
            close()


def _is_short(ended: Run) -> bool:
    if ended.status == "waiting":
        return False
    content = ended.manifest["content"]
    return bool(content["short"]) or content["stop"] == "budget"


def _last_event(ended: Run, short: bool) -> None:
    """Print one last event, so that a reader of the stream has the result without opening the folder."""
    from ..core.progress import Event

    status = "short" if short else ended.status
    data = {"status": status, "folder": str(ended.folder.path), "waiting": ended.waiting}
    if ended.status != "waiting":
        content = ended.manifest["content"]
        data |= {k: content[k] for k in ("kept", "dropped", "failed", "used", "stop", "short")}
    typer.echo(Event("result", data).as_json().decode())
