"""`mintmark run --preview`: a few rows in the terminal, what was dropped and why, and nothing left on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import console, one_line, say
from .rows import print_row

if TYPE_CHECKING:
    from ..api import Recipe, Run

CALLS_A_ROW = 100
"""Calls, for each row asked for, after which a preview gives up: a filter may drop everything a source has."""
IN_FLIGHT = 4
LOST_SHOWN = 8


def show_preview(recipe: Recipe, rows: int) -> None:
    """Run for so many rows in a folder that is then removed, and print what came of it."""
    from ..core.errors import Interrupted
    from ..terminal import listener

    small = _small(recipe, rows)
    told = listener(last_line=False)
    with tempfile.TemporaryDirectory(prefix="mintmark-preview-") as folder:
        try:
            run = small.run(Path(folder) / "preview", progress=told, workspace=None)
        except Interrupted as e:
            raise Interrupted("the preview was stopped; nothing was written") from e
        finally:
            close = getattr(told, "close", None)
            if close is not None:
                close()
        if run.status == "waiting":
            say(f"{run.waiting:,} rows wait for a batch job or a review; a preview does not")
            return
        _show(run, rows)


def _small(recipe: Recipe, rows: int) -> Recipe:
    """Return the recipe with few rows, few calls in flight and an end to its calls; its rows are the same rows."""
    from ..core.settings import Budget

    budget, most = recipe.budget or Budget(), CALLS_A_ROW * rows
    models = {
        alias: spec.model_copy(update={"max_in_flight": min(spec.max_in_flight or IN_FLIGHT, IN_FLIGHT)})
        for alias, spec in recipe.models.items()
    }
    capped = budget.model_copy(update={"calls": min(most, budget.calls) if budget.calls is not None else most})
    return recipe.model_copy(update={"rows": rows, "max_failed": 1.0, "models": models, "budget": capped})


def _show(run: Run, rows: int) -> None:
    from .summary import show_counts, spent, time_of

    manifest = run.manifest
    content = manifest["content"]
    for row in run:
        print_row(row, f"kept {row['id']}")
    lost = run.dropped()
    shown: dict[Any, int] = {}
    for row in lost.to_pylist():
        kind = (row["step"], row["reason"])
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] == 1 and len(shown) <= LOST_SHOWN and row["step"] != "rows":
            why = f"{row['fate']} {row['id']} at {row['step']}: {row['reason']}"
            print_row(
                {k: v for k, v in row.items() if k not in ("fate", "step", "reason", "detail")}, why, row["detail"]
            )
    show_counts(content)
    say()
    if content["kept"] < rows:
        why = "the budget of a preview was spent" if content["stop"] == "budget" else "the source ended"
        say(f"{content['kept']:,} of {rows:,} rows: {why}")
    say(one_line(f"preview: {spent(manifest)} · {time_of(manifest)} · nothing was written", console().width))
