"""Which of the values that a run was to cover have kept rows: classes, styles, principles, leaves, documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import MintmarkError
from ..core.operator import whole
from ..core.recipe import Recipe
from ..core.store import RunFolder
from .parts import groups, part_files, schema_of

DOCUMENTS = "document"
"""What the files that rows come from are called."""
_SHOWN = 20
"""Values that are named one by one."""


def coverage(folder: RunFolder, column: str) -> dict[str, int]:
    """Return how many kept rows each value of a column has, with those that only parents or rows not kept have: 0."""
    import pyarrow.compute as pc

    found: dict[str, int] = {}
    for kind in ("data", "used", "dropped"):
        if column not in schema_of(folder, kind).names:
            continue
        for table in groups(part_files(folder, kind), [column]):
            for one in pc.value_counts(table[column].drop_null()).to_pylist():
                value = str(one["values"])
                found[value] = found.get(value, 0) + (one["counts"] if kind == "data" else 0)
    return found


def covered(folder: RunFolder, recipe: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return, for each column that the recipe's source and steps spread their rows by, value -> kept rows.

    Values that were asked for and have none are there with 0. Files of the source are the column `document`, where there are
    several. A recipe that cannot be read again, since its plug-ins are not here, has none.
    """
    try:
        asked = Recipe.from_data(dict(recipe))
    except MintmarkError:
        return {}
    kept = schema_of(folder).names
    found = {
        column: {**dict.fromkeys(values, 0), **coverage(folder, column)}
        for axes in [asked.source.axes(), *(step.axes() for step in whole(asked.steps))]
        for column, values in axes.items() if column in kept or not kept
    }  # fmt: skip
    found[DOCUMENTS] = _documents(folder)
    return {column: values for column, values in found.items() if len(values) > 1}


def told(found: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return a line for each column: how many of its values have rows, how many rows, and which have none.

    Example:
        >>> told({"style": {"easy": 3, "hard": 0}})
        ['`style`: 1 of 2 values have kept rows (easy 3); none: hard']
    """
    return [f"`{column}`: {_values(values)}" for column, values in found.items()]


def _values(values: Mapping[str, int]) -> str:
    full = sorted(((n, v) for v, n in values.items() if n), key=lambda one: (-one[0], one[1]))
    empty = sorted(v for v, n in values.items() if not n)
    counts = ", ".join(f"{_short(v)} {n:,}" for n, v in full[:_SHOWN])
    more = f", {len(full) - _SHOWN:,} more with {full[-1][0]:,} to {full[_SHOWN][0]:,}" if len(full) > _SHOWN else ""
    said = f"{len(full):,} of {len(values):,} values have kept rows" + (f" ({counts}{more})" if full else "")
    if empty:
        rest = f" and {len(empty) - _SHOWN:,} more" if len(empty) > _SHOWN else ""
        said += f"; none: {', '.join(map(_short, empty[:_SHOWN]))}{rest}"
    return said


def _short(value: str) -> str:
    one = " ".join(value.split())
    return one if len(one) <= 60 else f"{one[:59]}…"


def _documents(folder: RunFolder) -> dict[str, int]:
    """Return file -> kept rows that come from it, as the lineage tells."""
    import pyarrow.compute as pc

    found: dict[str, int] = {}
    for table in groups([folder / "lineage.parquet"], ["fate", "source"]):
        paths = pc.struct_field(table["source"], "path")
        for path, fate in zip(paths.to_pylist(), table["fate"].to_pylist(), strict=True):
            if path is not None:
                found[path] = found.get(path, 0) + (fate == "kept")
    return found
