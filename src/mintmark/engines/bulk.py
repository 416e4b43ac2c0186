"""Rows as the table that a bulk operator sees, and its outcome as that of one row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.dataset import Row, SchemaBuilder, plain, table_of
from ..core.operator import Operator
from ..core.outcome import Outcome, RowOutcome


def row_outcome(outcome: Outcome, i: int) -> RowOutcome:
    """Return the i-th row's part of a bulk outcome."""
    fate = outcome.fates[i]
    updates = {k: plain(v[i]) for k, v in outcome.updates.items()} if fate == "kept" else {}
    return RowOutcome(fate, updates, outcome.reasons[i], plain(outcome.details[i]))


def to_table(rows: Sequence[Row], operator: Operator) -> Any:
    """Return the columns that an operator reads (all of them where it does not say) as an Arrow table, `id` first."""
    wanted = list(operator.reads())
    builder = SchemaBuilder(first=["id", *wanted])
    for row in rows:
        builder.add({k: row.get(k) for k in ("id", *wanted)} if wanted else row)
    return table_of(list(rows), builder.schema())
