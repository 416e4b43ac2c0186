"""An export in several files: one for each value of a column, with a share of the earlier ones to keep them in mind."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from ..core.errors import PublishError, nearest
from ..core.fingerprint import digest
from .export import SUFFIX, opened, target_of, write_whole
from .parts import groups, part_files, schema_of


def export_by(
    folder: str | Path, format: str, out: str | Path, by: str, *,
    replay: float = 0.0, roles: Mapping[str, str] | None = None, with_context: bool = False, overwrite: bool = False,
) -> dict[Path, tuple[int, int]]:  # fmt: skip
    """Write a run's kept rows into a file for each value of a column; return file -> (rows of its own, rows replayed).

    Files are named by their values, whose alphabetical order is the order of training: the file of each value also holds the share
    `replay` of the rows of every value before it. Rows stand in the run's order; a trainer shuffles within a file.

    Args:
        folder: a finished run.
        format: one of `formats.FORMATS`.
        out: the folder for the files; files of these names that are there are kept unless `overwrite` is given.
        by: the column.
        replay: share of each earlier value's rows, rounded up; which ones is drawn anew for each file, the same at every export.
        roles, with_context: as `export` takes them.
        overwrite: replace files that are there.

    Raises:
        RunError: for an unfinished or broken run.
        PublishError: where there is no such column, a row has no value in it, or a file may not be written.

    Reference: Sudalairaj et al. 2024, "LAB: Large-Scale Alignment for ChatBots", section 3.3 (phases with a replay buffer).
    """
    if not 0 <= replay <= 1:
        raise PublishError("must be from 0 to 1", where="--replay", got=replay)
    run, make = opened(folder, format, roles, with_context)
    names = schema_of(run).names
    if by not in names:
        raise PublishError(f"there is no column `{by}`", where="--by", remedy=nearest(by, names), allowed=names)
    values: dict[str, list[str]] = {}
    for table in groups(part_files(run, "data"), ["id", by]):
        for row in table.to_pylist():
            if row[by] is None:
                raise PublishError(f"the column `{by}` is empty", where=f"row {row['id']}", remedy="see curate.assign")
            values.setdefault(str(row[by]), []).append(row["id"])
    files = {value: Path(out) / f"{_slug(value)}.{SUFFIX.get(format, f'{format}.jsonl')}" for value in sorted(values)}
    if len(set(files.values())) < len(files):
        raise PublishError("several values would have one file name", where=f"--by {by}", got=sorted(values))
    targets = {value: target_of(run, path, overwrite) for value, path in files.items()}
    written: dict[Path, tuple[int, int]] = {}
    earlier: list[str] = []
    for value, target in targets.items():
        again = [one for before in earlier for one in drawn(values[before], replay, value)]
        count = write_whole(run, format, make, target, {*values[value], *again})
        written[target] = (count - len(again), len(again))
        earlier.append(value)
    return written


def drawn(ids: list[str], share: float, salt: str) -> list[str]:
    """Return a share of ids, rounded up: those whose hashes with `salt` are lowest, in their order.

    Example:
        >>> len(drawn(["a", "b", "c", "d", "e"], 0.4, "phase 2"))
        2
    """
    chosen = set(sorted(ids, key=lambda one: digest(salt, one))[: math.ceil(share * len(ids) - 1e-9)])
    return [one for one in ids if one in chosen]


def _slug(value: str) -> str:
    return re.sub(r"[^\w.-]+", "-", value).strip("-.") or "none"
