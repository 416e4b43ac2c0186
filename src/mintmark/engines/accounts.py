"""What each source row of a sealed run cost, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..calls.cost import Spent
from ..calls.keys import model_digest
from ..calls.log import CallLog
from ..core.store import RunFolder
from ..models.base import Model


@dataclass(slots=True)
class Account:
    """One source row of a run.

    Attributes:
        id: the source row's id.
        kept: ids of the rows kept that came of it.
        decided: rows that were kept, dropped or failed, itself among them where it bore none.
        spent: what its calls cost, whether they were asked for now or answered from the log. A call that several rows
            share is the first one's.
        seconds: by model digest, from each request to its reply.
    """

    id: str
    kept: list[str] = field(default_factory=list)
    decided: int = 0
    spent: Spent = field(default_factory=Spent)
    seconds: dict[str, float] = field(default_factory=dict)


def accounts_of(folder: RunFolder, log: Path) -> list[Account]:
    """Return the accounts of a sealed run, in source order.

    Args:
        folder: the run.
        log: its call log.

    Raises:
        RunError: where the log cannot be opened.
    """
    import pyarrow.parquet as pq

    accounts: dict[str, Account] = {}
    owner: dict[str, Account] = {}
    asked: dict[str, Account] = {}
    for row in pq.read_table(folder / "lineage.parquet", columns=["id", "fate", "parents", "calls"]).to_pylist():
        # Parents come before their children, and the row that another was born from comes first among its parents.
        parents = row["parents"]
        own = owner[parents[0]] if parents else accounts.setdefault(row["id"], Account(row["id"]))
        owner[row["id"]] = own
        if row["fate"] != "used":
            own.decided += 1
        if row["fate"] == "kept":
            own.kept.append(row["id"])
        for call in row["calls"]:
            asked.setdefault(call["key"], own)
    read = CallLog(log, read_only=True)
    try:
        for key, model, tokens_in, tokens_out, dollars, seconds in read.costs(asked):
            own = asked[key]
            own.spent.add(tokens_in, tokens_out, dollars)
            own.seconds[model] = own.seconds.get(model, 0.0) + seconds
    finally:
        read.close()
    return list(accounts.values())


def seconds_by_model(accounts: Sequence[Account], models: Iterable[Model]) -> list[list[float]]:
    """Return for each model the seconds that it takes for each source row, with as many calls open as it takes."""
    found = []
    for model in models:
        name, at_once = model_digest(model.identity), model.max_in_flight * model.max_batch
        found.append([a.seconds.get(name, 0.0) / at_once for a in accounts])
    return found
