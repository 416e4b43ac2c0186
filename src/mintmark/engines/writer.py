"""The writer: finished trees in source order become the run's Parquet files, sorted, in parts of fixed size."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
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
        declared: the columns that operators declare for kept rows, or None.
    """

    def __init__(self, folder: RunFolder, steps: Sequence[str], declared: Columns | None) -> None:
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
        with _disk(self._spool_path):
            self._spool.write(orjson.dumps(tree.to_wire()) + b"\n")
        self.trees_written += 1

    def finish(self) -> None:
        """Write data, dropped, used and lineage.

        Raises:
            RunError: where the disk is full.
        """
        with _disk(self.folder.path):
            self._spool.close()
            self._clear()
            self._write("data", self._data.schema(), lambda c: c.row if c.fate == "kept" else None)
            dropped = self._others["dropped"].schema()
            self._write("dropped", dropped, lambda c: self._with_meta(c) if c.fate in ("dropped", "failed") else None)
            self._write("used", self._others["used"].schema(), lambda c: c.row if c.fate == "used" else None)
            self._parquet(self.folder / "lineage.parquet", lineage_schema(), self._lineage())

    def call_keys(self) -> Iterator[str]:
        """Yield the key of every call that the rows used; keys come again where calls are shared."""
        for tree in self.trees():
            for one in tree.walk():
                for _, key in one.calls:
                    yield key

    def close(self) -> None:
        """Let go of the spool; the run's files, or its call log, hold everything."""
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

    def _write(self, name: str, schema: pa.Schema, pick: Callable[[Candidate], Row | None]) -> None:
        def rows() -> Iterator[Row]:
            for tree in self.trees():
                for one in tree.walk():
                    row = pick(one)
                    if row is not None:
                        yield row

        part = 0
        source = rows()
        first = next(source, None)
        if first is None and name != "data":
            return
        while first is not None or part == 0:
            head = [] if first is None else [first]
            path = self.folder / name / f"part-{part:05d}.parquet"
            self._parquet(path, schema, _chain(head, source, PART_ROWS - len(head)))
            part += 1
            first = next(source, None)

    def _parquet(self, path: Path, schema: pa.Schema, rows: Iterator[Row]) -> None:
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(path, schema, compression="zstd", write_statistics=True) as writer:
            group: list[Row] = []
            for row in rows:
                group.append(row)
                if len(group) == GROUP_ROWS:
                    writer.write_table(table_of(group, schema))
                    group = []
            if group:
                writer.write_table(table_of(group, schema))

    def _lineage(self) -> Iterator[Row]:
        for tree in self.trees():
            for one in tree.walk():
                ended = self.steps[min(one.ended_at, self._end) + 1]
                calls = [{"step": self.steps[i + 1], "key": key} for i, key in one.calls]
                yield {
                    "id": one.id, "fate": one.fate, "parents": list(one.parents),
                    "born": "source" if one.born_at == FROM_SOURCE else self.steps[one.born_at + 1],
                    "ended": ended, "reason": one.reason, "calls": calls, "source": one.span,
                }  # fmt: skip


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


def _chain(head: list[Row], rest: Iterator[Row], most: int) -> Iterator[Row]:
    yield from head
    for _ in range(most):
        row = next(rest, None)
        if row is None:
            return
        yield row


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise RunError(
            f"cannot be written: {e.strerror or e}", where=str(path),
            remedy="free space, then give the same command again; every call that was answered is kept",
        ) from e  # fmt: skip
