"""The writer: finished trees in source order become the run's Parquet files, sorted, in parts of fixed size."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import orjson

from ..core.dataset import Columns, Row, SchemaBuilder, table_of
from ..core.errors import RunError
from ..core.lineage import FROM_SOURCE, Candidate, Waterfall
from ..core.store import RunFolder

if TYPE_CHECKING:
    import pyarrow as pa

PART_ROWS = 50_000
GROUP_ROWS = 5_000
META = ("fate", "step", "reason", "detail")
"""Columns that a row which was not kept has besides its own; a column of its own of that name is written as `name_`."""


class RunWriter:
    """Takes trees one by one and keeps them on disk until `finish` writes the run's files.

    Two passes, because a column's type is only known once every row has been seen; memory holds one row group.

    Args:
        folder: the run's folder.
        steps: the steps' names.
        declared: the columns that are known beforehand for kept rows.
    """

    def __init__(self, folder: RunFolder, steps: Sequence[str], declared: Columns) -> None:
        self.folder, self.steps = folder, ("source", *steps, "rows")
        self.waterfall = Waterfall(steps)
        self._end = len(steps)
        self._data = SchemaBuilder(declared, first=["id"])
        self._others = {"dropped": SchemaBuilder(first=["id", *META]), "used": SchemaBuilder(first=["id"])}
        self.trees_written = 0
        self._spool_path = folder / ".rows.jsonl"
        with _disk(self._spool_path):
            self._spool: IO[bytes] = self._spool_path.open("wb")

    def add(self, tree: Candidate) -> None:
        """Take the next tree in source order.

        Raises:
            RunError: where the disk is full; everything that was paid for is in the call log.
        """
        for one in tree.walk():
            self.waterfall.add(one)
            if one.fate == "kept":
                self._data.add(one.row)
            elif one.fate == "used":
                self._others["used"].add(one.row)
            else:
                self._others["dropped"].add(self._with_meta(one))
        try:
            self._spool.write(orjson.dumps(tree.to_wire(), option=orjson.OPT_APPEND_NEWLINE))
        except OSError as e:
            raise _full(self._spool_path, e) from e
        self.trees_written += 1

    def finish(self) -> None:
        """Write data, dropped, used and lineage, in one pass over the trees.

        Raises:
            RunError: where the disk is full.
        """
        with _disk(self.folder.path):
            self._spool.close()
            self._clear()
            sinks = {
                "data": _Parts(self.folder / "data", self._data.schema(), even_empty=True),
                "dropped": _Parts(self.folder / "dropped", self._others["dropped"].schema()),
                "used": _Parts(self.folder / "used", self._others["used"].schema()),
            }
            lineage = _ParquetFile(self.folder / "lineage.parquet", lineage_schema(), exact=True)
            with contextlib.ExitStack() as stack:
                stack.callback(lineage.close)
                for sink in sinks.values():
                    stack.callback(sink.close)
                for tree in self.trees():
                    for one in tree.walk():
                        lineage.add(self._lineage(one))
                        if one.fate == "kept":
                            sinks["data"].add(one.row)
                        elif one.fate == "used":
                            sinks["used"].add(one.row)
                        else:
                            sinks["dropped"].add(self._with_meta(one))

    def call_keys(self) -> Iterator[str]:
        """Yield the key of every call that the rows used; keys come again where calls are shared."""
        with self._spool_path.open("rb") as f:
            for line in f:
                yield from wire_keys(orjson.loads(line))

    def close(self) -> None:
        """Let go of the spool; the run's files, or its call log, hold everything."""
        with contextlib.suppress(OSError):  # a full disk: what could not be written is not needed any more
            self._spool.close()
        self._spool_path.unlink(missing_ok=True)

    def trees(self) -> Iterator[Candidate]:
        """Yield the trees again, in order."""
        with self._spool_path.open("rb") as f:
            for line in f:
                yield Candidate.from_wire(orjson.loads(line))

    def _clear(self) -> None:
        """Take away the files of an earlier try; part files are numbered, so a shorter run would leave old ones."""
        for name in ("data", "dropped", "used"):
            for old in (self.folder / name).glob("*.parquet"):
                old.unlink()

    def _with_meta(self, one: Candidate) -> Row:
        own = {f"{k}_" if k in META else k: v for k, v in one.row.items()}
        detail = one.detail if one.detail is None or isinstance(one.detail, str) else orjson.dumps(one.detail).decode()
        step = self.steps[one.ended_at + 1]
        return {"id": own.pop("id"), "fate": one.fate, "step": step, "reason": one.reason, "detail": detail, **own}

    def _lineage(self, one: Candidate) -> Row:
        return {
            "id": one.id, "fate": one.fate, "parents": one.parents,
            "born": "source" if one.born_at == FROM_SOURCE else self.steps[one.born_at + 1],
            "ended": self.steps[min(one.ended_at, self._end) + 1], "reason": one.reason,
            "calls": [{"step": self.steps[i + 1], "key": key} for i, key in one.calls], "source": one.span,
        }  # fmt: skip


class _ParquetFile:
    """One Parquet file, written in row groups of fixed size; `exact` where every value is known to fit the schema."""

    def __init__(self, path: Path, schema: pa.Schema, *, exact: bool = False) -> None:
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema, self._exact, self._group = schema, exact, list[Row]()
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", write_statistics=True)

    def add(self, row: Row) -> None:
        self._group.append(row)
        if len(self._group) == GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(_table(self._group, self._schema, self._exact))
        self._group = []

    def close(self) -> None:
        try:
            if self._group:
                self._flush()
        finally:
            self._writer.close()


class _Parts:
    """A folder of Parquet files of fixed size; with `even_empty` there is one even without a row."""

    def __init__(self, folder: Path, schema: pa.Schema, *, even_empty: bool = False) -> None:
        self._folder, self._schema = folder, schema
        self._file: _ParquetFile | None = None
        self._rows = 0
        if even_empty:
            self._open()

    def _open(self) -> _ParquetFile:
        path = self._folder / f"part-{self._rows // PART_ROWS:05d}.parquet"
        self._file = _ParquetFile(path, self._schema)
        return self._file

    def add(self, row: Row) -> None:
        if self._rows and self._rows % PART_ROWS == 0:
            self.close()
        (self._file or self._open()).add(row)
        self._rows += 1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _table(rows: list[Row], schema: pa.Schema, exact: bool) -> pa.Table:
    """Return the rows as a table: columns at once where their values fit, else value by value."""
    import pyarrow as pa

    arrays = []
    for field in schema:
        if exact or not pa.types.is_nested(field.type):
            try:
                arrays.append(pa.array([row.get(field.name) for row in rows], type=field.type))
                continue
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                pass
        arrays.append(table_of(rows, pa.schema([field])).column(0))
    return pa.Table.from_arrays(arrays, schema=schema)


def wire_keys(wire: Sequence[Any]) -> Iterator[str]:
    """Yield the call keys of a tree as it stands on the wire (`Candidate.to_wire`)."""
    for _, key in wire[7]:
        yield key
    for child in wire[9]:
        yield from wire_keys(child)


def lineage_schema() -> pa.Schema:
    """Return the columns of `lineage.parquet`."""
    import pyarrow as pa

    text = pa.string()
    return pa.schema(
        [
            ("id", text),
            ("fate", text),
            ("parents", pa.list_(text)),
            ("born", text),
            ("ended", text),
            ("reason", text),
            ("calls", pa.list_(pa.struct([("step", text), ("key", text)]))),
            ("source", pa.struct([("path", text), ("start", pa.int64()), ("end", pa.int64()), ("line", pa.int64())])),
        ]
    )


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise _full(path, e) from e


def _full(path: Path, e: OSError) -> RunError:
    return RunError(
        f"cannot be written: {e.strerror or e}", where=str(path),
        remedy="free space, then give the same command again; every call that was answered is kept",
    )  # fmt: skip
