"""Runs steps over a few rows with the scripted model, for tests of what a step decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.core.operator import Operator
from mintmark.models.scripted import scripted
from mintmark.sources.rows import Rows

Script = Callable[[Request], Any]


def run_steps(
    folder: Path, steps: Sequence[Operator], rows: Sequence[Mapping[str, Any]], script: Script = lambda request: "",
    **inputs: Sequence[Mapping[str, Any]],
) -> Run:  # fmt: skip
    """Return the run of `steps` over `rows`, every model of theirs being the script, with side inputs by name."""
    models = {name: "scripted/steps" for step in steps for name in step.requires()}
    sides = {name: Rows(rows=tuple(map(dict, given))) for name, given in inputs.items()}
    recipe = Recipe(source=Rows(rows=tuple(map(dict, rows))), steps=steps, models=models, inputs=sides, max_failed=1.0)
    with scripted("steps", script):
        return recipe.run(folder, progress=False, workspace=None)


def reasons(run: Run) -> list[tuple[str, str]]:
    """Return (fate, reason) of the rows that were not kept, in their order."""
    return [(row["fate"], row["reason"]) for row in run.dropped().to_pylist()]
