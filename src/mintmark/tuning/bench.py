"""The bench: a variant is run on some source rows, and each row is given a value."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..core.dataset import Row
from ..core.errors import Interrupted, RecipeError, RunError
from ..core.recipe import Recipe
from ..core.store import RunFolder
from ..engines.accounts import Account, accounts_of
from ..engines.local import LocalEngine
from ..engines.options import Options
from ..judging import RUBRIC, scores
from ..publish.parts import groups, part_files

Metric = Literal["kept", "judge", "gain"]
GAIN = "grounding_gain"
"""The column that `curate.grounding` writes."""
MIDDLE = 3.0
"""The judge's score from which a row is better kept than dropped."""


@dataclass
class Tried:
    """What came of some source rows.

    Attributes:
        values: source row -> what its rows were worth.
        kept, lost: the rows themselves; `lost` with step, reason and detail.
    """

    values: dict[str, float]
    kept: list[Row]
    lost: list[Row]


@dataclass
class Bench:
    """Runs recipes on chosen source rows, every call through one log, and counts what that takes.

    The value of a source row is the sum over its kept rows of 1 (`kept`), of the judge's score less 3, the scale's middle
    (`judge`), or of the gain that `curate.grounding` measured (`gain`), over all rows that it gave, kept or not.

    Attributes:
        log: the call log.
        metric: what a kept row is worth.
        budget: calls that may be used in all; may be raised on the way.
        judge: the model that scores, for `judge`.
        spent: calls used so far, whether asked now or answered by the log.
    """

    log: Path
    metric: Metric
    budget: int
    judge: str | None = None
    rubric: str = RUBRIC
    spent: int = 0
    _tried: dict[tuple[int, int], int] = field(default_factory=dict)
    """(variant, place) -> calls."""

    @property
    def a_row(self) -> float:
        """Calls that a row has taken so far, in the mean; at least one."""
        return max(1.0, sum(self._tried.values()) / max(1, len(self._tried)))

    def run(self, recipe: Recipe, number: int, places: Sequence[int]) -> Tried:
        """Try a variant, by its number, on the source rows at some places.

        What it was tried on before comes from the log and costs nothing; of the others only as many are tried as the budget
        has calls for, by what a row has taken so far.

        Raises:
            RunError: rows wait for batch jobs, which a search cannot.
            RecipeError: the metric is one that the recipe's rows do not have.
        """
        new = [p for p in places if (number, p) not in self._tried]
        for_new = max(0, int((self.budget - self.spent) / self.a_row))
        some = sorted({p for p in places if p not in new} | set(new[:for_new]))
        accounts, kept, lost = self._carried_out(recipe, some)
        worth = self._worth(kept)
        for place, one in zip(some, accounts, strict=True):
            calls = one.spent.calls + (len(one.kept) if self.metric == "judge" else 0)
            self.spent += calls - self._tried.get((number, place), 0)
            self._tried[number, place] = calls
        return Tried({a.id: sum(worth[k] for k in a.kept) / max(1, a.decided) for a in accounts}, kept, lost)

    def _carried_out(self, recipe: Recipe, places: list[int]) -> tuple[list[Account], list[Row], list[Row]]:
        if not places:
            return [], [], []
        whole = recipe.model_copy(update={"rows": None, "passes": 1, "max_failed": 1.0, "budget": None})
        with tempfile.TemporaryDirectory(prefix="mintmark-tune-") as tmp:
            folder = RunFolder(Path(tmp) / "trial")
            try:
                ended = LocalEngine(whole, folder, Options(calls=self.log, places=frozenset(places))).run()
            except Interrupted as e:
                raise Interrupted(
                    "stopped; every call that was answered is written down", where=str(self.log),
                    remedy="give the same command again to go on",
                ) from e  # fmt: skip
            if ended.manifest is None:
                raise RunError("a model that answers in batch jobs cannot be tuned with", where="tune")
            kept: list[Row] = [row for t in groups(part_files(folder, "data")) for row in t.to_pylist()]
            lost: list[Row] = [row for t in groups(part_files(folder, "dropped")) for row in t.to_pylist()]
            return accounts_of(folder, self.log), kept, lost

    def _worth(self, kept: Sequence[Row]) -> dict[str, float]:
        if self.metric == "kept":
            return {row["id"]: 1.0 for row in kept}
        if self.metric == "gain":
            if kept and GAIN not in kept[0]:
                raise RecipeError(f"rows have no column `{GAIN}`", where="tune", remedy="add the step curate.grounding")
            return {row["id"]: float(row[GAIN] or 0.0) for row in kept}
        assert self.judge is not None
        found = scores(kept, self.judge, self.log, rubric=self.rubric) if kept else []
        return {row["id"]: 0.0 if s is None else s - MIDDLE for row, s in zip(kept, found, strict=True)}
