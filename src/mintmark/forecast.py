"""What a run will cost, said before it starts: a few source rows walk through the recipe, and the rest is projected."""

from __future__ import annotations

import math
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from .calls.cost import Spent
from .core.errors import Interrupted, RunError, RunExists
from .core.fingerprint import seed_for
from .core.progress import Event
from .core.recipe import Recipe
from .core.settings import Quota
from .core.store import RunFolder
from .engines.accounts import Account, accounts_of, seconds_by_model
from .engines.feed import feed
from .engines.local import LocalEngine
from .engines.options import Options
from .engines.plan import Plan, plan
from .measures.projection import Range, kept_a_row, kept_share, rows_needed, sum_for, whole_sum

COUNTED_MOST = 100_000
"""Source rows that are counted at most where far fewer are wanted; a hundred times as many as are wanted, if that is more."""

WAITING = 4
"""The exit code of a run that waits."""


@dataclass(frozen=True)
class Forecast:
    """What a whole run needs, the sample's part included; every number with its 95 % interval.

    Attributes:
        sampled: source rows that were tried.
        reach: they were drawn from this many rows at the source's beginning.
        there: rows that the source gives in all its passes; None where there are more than were counted.
        wanted: kept rows asked for; None where the run reads its whole source.
        kept_share: share of candidates kept, of those kept, dropped or failed.
        rows_read: source rows that the run will read.
        rows_kept: rows that it will keep.
        dollars: of the calls whose price is known; `unpriced` says how many of the sample's calls have none.
        seconds: time of the slowest model with as many calls open as it takes.
        spent: what the sample's rows cost; their calls are in the log, where the run finds them.
        fresh: the part of it that was asked for now.
        notes: what the numbers do not say.
        warnings: what the plan of the run warns of.
    """

    sampled: int
    reach: int
    there: int | None
    wanted: int | None
    kept_share: Range
    rows_read: Range
    rows_kept: Range
    calls: Range
    tokens_in: Range
    tokens_out: Range
    dollars: Range
    seconds: Range
    spent: Spent
    fresh: Spent
    unpriced: int
    log: Path
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        out: dict[str, Any] = {}
        for name, value in vars(self).items():
            if isinstance(value, Range):
                out[name] = value.as_dict()
            elif isinstance(value, Spent):
                out[name] = {f: getattr(value, f) for f in ("calls", "tokens_in", "tokens_out", "dollars", "unpriced")}
            else:
                out[name] = str(value) if isinstance(value, Path) else value
        return out


def forecast(
    recipe: Recipe, folder: str | Path, *, rows: int = 12, calls: str | Path | None = None, overwrite: bool = False,
    wait: bool = False, progress: Callable[[Event], None] | None = None,
) -> Forecast:  # fmt: skip
    """Return what a run into `folder` will need, from a sample of its source rows.

    The sample is drawn by the recipe's seed from the part of the source that the run will read if one row is kept of each
    (all of it where no number of rows is asked for). Its calls are written to the log that the run will use, under the
    same keys: the run asks none of them again. Nothing else is written.

    Args:
        recipe: what will be run.
        folder: where it will be run.
        rows: source rows of the sample.
        calls: the run's call log, where it is not the folder's own.
        overwrite: the run will replace a finished one.
        wait: stay until batch jobs have answered.
        progress: told of every event of the sample.

    Raises:
        RunExists: the folder holds a finished run.
        RunError: rows of the sample wait for replies that come later, or the budget allows none of them.
        MintmarkError: as a run does.
    """
    target = RunFolder(folder)
    if target.finished and not overwrite:
        raise RunExists(
            "holds a finished run", where=str(folder), remedy="choose another folder with -o, or give --overwrite"
        )
    planned = plan(recipe)
    log = Path(calls) if calls is not None else target.calls
    there = _count(recipe)
    if there == 0:
        next(feed(recipe.source))  # which says what is wrong
    reach, places = _places(recipe, there, rows)
    log.parent.mkdir(parents=True, exist_ok=True)
    small = recipe.model_copy(update={"rows": None, "passes": 1, "max_failed": 1.0})
    with tempfile.TemporaryDirectory(prefix="mintmark-estimate-") as tmp:
        sample = RunFolder(Path(tmp) / "sample")
        options = Options(calls=log, places=places, wait=wait, listeners=[progress] if progress else [])
        try:
            ended = LocalEngine(small, sample, options).run()
        except Interrupted as e:
            raise Interrupted("the estimate was stopped; its calls are written down", where=str(log)) from e
        if ended.manifest is None:
            error = RunError(
                f"{ended.waiting:,} rows of the sample wait for replies that come later", where="estimate",
                remedy="give the same command again later, or add --wait",
            )  # fmt: skip
            error.exit_code = WAITING
            raise error
        accounts = accounts_of(sample, log)
        if not accounts:
            raise RunError("the recipe's budget does not allow one source row", where="estimate")
        kept = _kept(recipe, sample, accounts)
        fresh = ended.manifest["process"]["fresh"]
    spent = Spent()
    for one in accounts:
        spent.merge(one.spent)
    there = None if there is None else there * recipe.passes
    asked = Spent(fresh["count"], fresh["tokens_in"], fresh["tokens_out"], fresh["dollars"], fresh["unpriced"])
    return _projected(planned, accounts, kept, reach, there, spent, asked, log)


def _projected(
    planned: Plan, accounts: Sequence[Account], kept: list[int], reach: int, there: int | None, spent: Spent,
    fresh: Spent, log: Path,
) -> Forecast:  # fmt: skip
    recipe = planned.recipe
    wanted, decided = _wanted(recipe.rows), [a.decided for a in accounts]
    each = recipe.rows.each if isinstance(recipe.rows, Quota) and wanted is not None else wanted

    def total(costs: Sequence[float]) -> Range:
        """The run ends with enough rows or with its source, whichever comes first."""
        return _sooner(
            None if each is None else sum_for(kept, decided, costs, each),
            None if there is None else whole_sum(costs, there),
        )

    rate = kept_a_row([len(a.kept) for a in accounts], decided)
    every = None if there is None else Range(there, there, there)
    read = _sooner(None if each is None else rows_needed(kept, decided, each), every)
    seconds = [total(own) for own in seconds_by_model(accounts, planned.models.values())]
    found = Forecast(
        sampled=len(accounts), reach=reach, there=there, wanted=wanted,
        kept_share=kept_share([len(a.kept) for a in accounts], decided), rows_read=read,
        rows_kept=_rows_kept(rate, len(accounts), wanted, there),
        calls=total([a.spent.calls for a in accounts]), tokens_in=total([a.spent.tokens_in for a in accounts]),
        tokens_out=total([a.spent.tokens_out for a in accounts]), dollars=total([a.spent.dollars for a in accounts]),
        seconds=max(seconds, key=lambda s: s.value or s.low, default=Range(0.0, 0.0, 0.0)), spent=spent, fresh=fresh,
        unpriced=spent.unpriced, log=log, notes=(), warnings=tuple(planned.warnings),
    )  # fmt: skip
    return replace(found, notes=tuple(_notes(planned, found)))


def _sooner(needed: Range | None, whole: Range | None) -> Range:
    """Return the smaller of what enough rows need and of what the whole source has to give, end by end."""
    if needed is None or whole is None:
        found = needed or whole
        assert found is not None, "a source is counted wherever all of it is read"
        return found
    assert whole.value is not None
    value = whole.value if needed.value is None else min(needed.value, whole.value)
    high = min((h for h in (needed.high, whole.high) if h is not None), default=None)
    return Range(value, min(needed.low, whole.low, value), None if high is None else max(high, value))


def _rows_kept(rate: Range, sampled: int, wanted: int | None, there: int | None) -> Range:
    most = math.inf if wanted is None else wanted
    rows = max(COUNTED_MOST, 100 * (wanted or 0)) if there is None else there
    if rate.value is None or rate.high is None:
        return Range(None, 0, None if wanted is None else wanted)
    unseen = math.sqrt(max(0.0, 1 - sampled / rows))
    low, high = (rate.value + (end - rate.value) * unseen for end in (rate.low, rate.high))
    return Range(*(min(most, share * rows) for share in (rate.value, low, high)))


def _wanted(rows: int | Quota | None) -> int | None:
    if isinstance(rows, Quota):
        return None if rows.values is None else rows.each * len(rows.values)
    return rows


def _count(recipe: Recipe) -> int | None:
    """Return how many rows the source gives; None where there are far more than the run can need."""
    wanted = _wanted(recipe.rows)
    if wanted is None:
        return sum(1 for _ in recipe.source.read())
    most = max(COUNTED_MOST, 100 * wanted)
    count = sum(1 for _ in islice(recipe.source.read(), most + 1))
    return None if count > most else count


def _places(recipe: Recipe, there: int | None, rows: int) -> tuple[int, frozenset[int]]:
    """Return from how many rows at the beginning the sample is drawn, and its places among them."""
    wanted = _wanted(recipe.rows)
    most = there if there is not None else max(COUNTED_MOST, 100 * (wanted or 0))
    if recipe.shuffle:  # any beginning of a shuffled source is a random sample, and the run reads it first
        return most, frozenset(range(min(rows, most)))
    reach = most if wanted is None else min(most, max(wanted, rows))
    drawn = random.Random(seed_for(recipe.seed, "estimate")).sample(range(reach), min(rows, reach))
    return reach, frozenset(drawn)


def _kept(recipe: Recipe, sample: RunFolder, accounts: Sequence[Account]) -> list[int]:
    """Return how many rows each source row gave that count; of a quota, those of its scarcest value."""
    quota = recipe.rows
    if not isinstance(quota, Quota) or quota.values is None:
        return [len(a.kept) for a in accounts]
    import pyarrow.parquet as pq

    value = {
        str(row["id"]): str(row.get(quota.by))
        for part in sorted((sample / "data").glob("*.parquet"))
        for row in pq.read_table(part).to_pylist()
    }
    counts = [[sum(value[k] == v for k in a.kept) for a in accounts] for v in quota.values]
    return min(counts, key=sum)


def _notes(planned: Plan, found: Forecast) -> list[str]:
    recipe, notes = planned.recipe, []
    priceless = [m.spec for m in recipe.models.values() if m.price is None] if found.unpriced else []
    if priceless:
        notes.append(
            f"the price of {found.unpriced:,} of the sample's {found.spent.calls:,} calls is not known: "
            f"give `price: {{input: ..., output: ...}}` to {' or '.join(f'`{s}`' for s in priceless)}"
        )
    short = found.wanted is not None and found.there is not None and (found.rows_kept.value or 0) < found.wanted
    if short:
        notes.append(
            f"the source ends too soon: it gives {found.there:,} rows; add to it, loosen a filter, or set `passes`"
        )
    beyond = found.rows_read.value is not None and found.rows_read.value > found.reach
    if beyond and not recipe.shuffle:
        notes.append(
            f"the run will read beyond the first {found.reach:,} rows, from which the sample was drawn; if later rows may "
            "differ, set `shuffle: true`"
        )
    tables = [n for n, s in zip(planned.names, recipe.steps, strict=True) if s.scope == "table"]
    if tables:
        notes.append(f"{', '.join(tables)}: what compares rows with each other drops more of many rows than of a few")
    if any(s.uses_pool for s in recipe.steps):
        notes.append(
            "a step reads the rows kept so far, so that prompts of the run differ from those of the sample: some of its "
            "calls will be asked again"
        )
    if planned.in_rounds and found.wanted is not None:
        notes.append("the run proceeds in rounds and may read up to a tenth more rows than it needs")
    if recipe.budget is not None:
        tokens = (found.tokens_in.value or 0) + (found.tokens_out.value or 0)
        needs = {"calls": found.calls.value or 0, "tokens": tokens, "dollars": found.dollars.value or 0}
        for name, need in needs.items():
            most = getattr(recipe.budget, name)
            if most is not None and need > most:
                notes.append(
                    f"the budget of {most:g} {name} will end the run first, after about {most / need:.0%} of it"
                )
    return notes
