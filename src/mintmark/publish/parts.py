"""The rows of a finished run, read a part at a time: memory holds one row group, however large the run is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import RunError
from ..core.store import RunFolder

if TYPE_CHECKING:
    import pyarrow as pa


def part_files(folder: RunFolder, name: str) -> list[Path]:
    """Return the part files of `data`, `dropped` or `used`, in the order of their rows."""
    return sorted((folder / name).glob("part-*.parquet"))


def schema_of(folder: RunFolder, name: str = "data") -> pa.Schema:
    """Return the columns of a kind of rows; none where the run has no such rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = part_files(folder, name)
    with readable(files[0]) if files else _nothing():
        return pq.read_schema(files[0]) if files else pa.schema([])


def groups(files: Iterable[Path], columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield the row groups of Parquet files in order, as tables.

    Raises:
        RunError: for a file that is missing or broken.
    """
    import pyarrow.parquet as pq

    for path in files:
        with readable(path), pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, columns=columns)


def first_rows(folder: RunFolder, kind: str, most: int, *, step: str | None = None) -> list[dict[str, Any]]:
    """Return the first `most` rows of a kind, of those that a step dropped or failed where one is named."""
    import pyarrow.compute as pc

    found: list[dict[str, Any]] = []
    for table in groups(part_files(folder, kind)):
        if len(found) >= most:
            break
        own = table if step is None else table.filter(pc.equal(table["step"], step))
        found += own.slice(0, most - len(found)).to_pylist()
    return found


def rows_by_id(files: Iterable[Path], wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return id -> row of the wanted rows that are in the files; only the ids of the others are read."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    missing = set(wanted)
    found: dict[str, dict[str, Any]] = {}
    for path in files:
        with readable(path), pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                if not missing:
                    return found
                ids = file.read_row_group(number, columns=["id"])["id"]
                at = pc.indices_nonzero(pc.is_in(ids, value_set=pa.array(sorted(missing), pa.string())))
                if len(at):
                    for row in file.read_row_group(number).take(at).to_pylist():
                        found[row["id"]] = row
                        missing.discard(row["id"])
    return found


class readable:
    """Inside the block a missing or broken file is a `RunError` that names it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, OSError | pa.ArrowException):
            raise RunError(
                "cannot be read", where=str(self._path), remedy="`mintmark verify` says what else is wrong"
            ) from error


class _nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
