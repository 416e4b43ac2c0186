"""Recipes side by side: each is run, and what came of it is measured in the same way and at one size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .core.dataset import Row
from .core.errors import MintmarkError, RunError
from .core.progress import Event
from .core.recipe import Recipe
from .core.source import Source
from .core.store import RunFolder
from .engines.accounts import Account, accounts_of, seconds_by_model
from .engines.local import LocalEngine
from .engines.options import Options
from .engines.plan import Plan, plan
from .evaluation.subject import Corpus
from .judging import RUBRIC, scores
from .measures.intervals import mean_of_seeds
from .measures.one_size import MEASURES, side_by_side
from .measures.projection import Range, cost_of_one, kept_share
from .models.families import circular
from .publish.card import write_card
from .publish.parts import groups, part_files

A_ROW = ("calls", "tokens", "dollars", "seconds")
"""What is counted for each kept row."""
ORDER = ("kept_share", *A_ROW, *MEASURES, "judge")


@dataclass(frozen=True)
class Side:
    """One recipe's run, measured.

    Attributes:
        name: of the recipe.
        folder: where its run lies.
        kept: rows kept.
        short: why there are fewer than asked for, "" where there are not.
        measures: by name, in the order of `ORDER`; what cannot be measured is not there.
        notes: what to know before believing them.
    """

    name: str
    folder: Path
    kept: int
    short: str
    measures: dict[str, Range]
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        measures = {name: value.as_dict() for name, value in self.measures.items()}
        return {**vars(self), "folder": str(self.folder), "measures": measures}


def compare(
    recipes: Mapping[str, Recipe], out: str | Path, *, rows: int = 50, source: Source | None = None,
    judge: str | None = None, rubric: str = RUBRIC, seed: int = 0, overwrite: bool = False,
    listener: Callable[[str], Callable[[Event], None]] | None = None,
) -> list[Side]:  # fmt: skip
    """Run each recipe into `out/NAME` and return what came of it, with 95 % intervals.

    A run that is finished there is read, and one that was stopped is gone on with. Texts are what the recipe wrote: cells
    that a row has from its source are left out. Costs count calls whether they were asked now or answered by a log.

    Args:
        recipes: by name.
        rows: rows that each must keep.
        source: one source for all, in place of each recipe's own.
        judge: a model that scores the kept rows from 1 to 5; its calls go to `out/judge.sqlite`.
        rubric: what it judges.
        overwrite: replace finished runs of other recipes.
        listener: makes what is told of a run's events, from its name.

    Raises:
        MintmarkError: a recipe that cannot run, before any is run; or as a run does.
    """
    asked = {
        name: recipe.model_copy(update={"rows": rows, "max_failed": 1.0, **({"source": source} if source else {})})
        for name, recipe in recipes.items()
    }
    planned = {name: _planned(name, recipe) for name, recipe in asked.items()}
    sides, texts, kept = [], [], []
    for name, recipe in asked.items():
        folder = RunFolder(Path(out) / name)
        told = listener(name) if listener else None
        try:
            options = Options(overwrite=overwrite, before_seal=write_card, listeners=[told] if told else [])
            ended = LocalEngine(recipe, folder, options).run()
        finally:
            close = getattr(told, "close", None)
            if close is not None:
                close()
        if ended.manifest is None:
            raise RunError(f"{ended.waiting:,} rows wait for replies that come later", where=name)
        content = ended.manifest["content"]
        own, written = rows_of(folder)
        texts.append(written)
        kept.append(own)
        accounts = accounts_of(folder, folder.path / ended.manifest["process"]["call_log"])
        measures = _spent(accounts, planned[name])
        sides.append(Side(name, folder.path, len(own), content["short"], measures, _notes(accounts, planned[name])))
    for side, found in zip(sides, side_by_side(texts, seed=seed), strict=True):
        side.measures.update({name: Range(e.value, e.low, e.high) for name, e in found.items()})
    if judge is not None:
        for side, own in zip(sides, kept, strict=True):
            _judge(side, own, judge, rubric, Path(out) / "judge.sqlite", planned[side.name])
    return sides


def _planned(name: str, recipe: Recipe) -> Plan:
    try:
        return plan(recipe)
    except MintmarkError as e:
        raise MintmarkError(str(e), where=name) from e


def rows_of(folder: RunFolder) -> tuple[list[Row], list[str]]:
    """Return the kept rows of a run, and of each the text that the recipe wrote."""
    import pyarrow.parquet as pq

    kept: list[Row] = [row for table in groups(part_files(folder, "data")) for row in table.to_pylist()]
    born = pq.read_table(folder / "lineage.parquet", columns=["id", "born"]).to_pylist()
    sources = {row["id"] for row in born if row["born"] == "source"}
    given = {
        (column, repr(value))
        for table in groups(part_files(folder, "used"))
        for row in table.to_pylist()
        if row["id"] in sources
        for column, value in row.items()
    }
    written = [{c: v for c, v in row.items() if c == "id" or (c, repr(v)) not in given} for row in kept]
    return kept, Corpus.of("data", written).texts


def _spent(accounts: Sequence[Account], planned: Plan) -> dict[str, Range]:
    kept, decided = [len(a.kept) for a in accounts], [a.decided for a in accounts]
    seconds = seconds_by_model(accounts, planned.models.values())
    costs: dict[str, list[float]] = {
        "calls": [a.spent.calls for a in accounts],
        "tokens": [a.spent.tokens_in + a.spent.tokens_out for a in accounts],
        "dollars": [a.spent.dollars for a in accounts],
        "seconds": max(seconds, key=sum, default=[0.0] * len(accounts)),
    }
    if any(a.spent.unpriced for a in accounts):
        del costs["dollars"]
    return {"kept_share": kept_share(kept, decided)} | {n: cost_of_one(kept, decided, c) for n, c in costs.items()}


def _notes(accounts: Sequence[Account], planned: Plan) -> list[str]:
    unpriced = sum(a.spent.unpriced for a in accounts)
    return [*planned.warnings, *([f"the price of {unpriced:,} calls is not known"] if unpriced else [])]


def _judge(side: Side, rows: Sequence[Row], judge: str, rubric: str, log: Path, planned: Plan) -> None:
    given = [s for s in scores(rows, judge, log, rubric=rubric) if s is not None] if rows else []
    if len(given) > 1:
        found = mean_of_seeds(given, of="rows")
        side.measures["judge"] = Range(found.value, max(1.0, found.low), min(5.0, found.high))
    if len(given) < len(rows):
        side.notes.append(f"the judge gave {len(rows) - len(given):,} of {len(rows):,} rows no score that can be read")
    if circular(planned.deciders[0], [("compare", judge)]):
        side.notes.append(f"{judge} is of the family that wrote the rows, and models favour text of their own kind")
