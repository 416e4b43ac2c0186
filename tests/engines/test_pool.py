"""The pool: rounds that grow, so that what was kept early serves what comes later; and rows made from their siblings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mintmark.api import Recipe, replay
from mintmark.core import registry
from mintmark.core.dataset import Row
from mintmark.core.operator import RowContext, RowOperator
from mintmark.core.outcome import Child, RowOutcome, born
from mintmark.engines.rounds import POOL_ROWS


class Counts(RowOperator):
    """Says how many rows it saw in the pool, and makes a second version out of the first."""

    uses_pool = True

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        first = Child({"version": 1, "pool": len(ctx.pool)})
        return born([first, Child({"version": 2, "pool": len(ctx.pool)}, siblings=(first,))])


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    registry.operator("generate.counts", version=1)(Counts)
    yield
    del registry._operators["generate.counts"]


def recipe(**more: object) -> Recipe:
    rows = {"rows": {"rows": [{"slot": i} for i in range(10)]}}
    return Recipe.from_data({"source": rows, "passes": 100, "steps": [{"generate.counts": {}}], **more})


@pytest.mark.parametrize("wanted", [300, None])
def test_no_round_reads_more_rows_than_all_before_it(wanted: int | None, tmp_path: Path) -> None:
    limits = {"rows": wanted} if wanted else {"max_rounds": 4}
    run = recipe(**limits).run(tmp_path / "run", progress=False, workspace=None)
    seen = [row["pool"] for row in run]
    sizes = [seen.count(pool) // 2 for pool in sorted(set(seen))]
    assert sizes[:3] == [POOL_ROWS, POOL_ROWS, 2 * POOL_ROWS]
    assert sorted(set(seen)) == [2 * sum(sizes[:i]) for i in range(len(sizes))]
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_a_row_made_from_its_sibling_names_it_as_a_parent(tmp_path: Path) -> None:
    run = recipe(rows=2).run(tmp_path / "run", progress=False, workspace=None)
    first, second = run
    parents = {row["id"]: row["parents"] for row in run.lineage.to_pylist()}
    assert parents[second["id"]] == [*parents[first["id"]], first["id"]]
