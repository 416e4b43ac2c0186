"""Rows of Parquet files, a bounded batch at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from ..core.dataset import plain
from ..core.errors import SourceError
from ..core.source import SourceRow, Span
from .inputs import Input
from .json_values import exact
from .text import BLOCK, BROKEN_GZIP, is_packed, open_bytes

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1024


def read_parquet(
    one: Input, *, select: list[str] | None, check_header: Callable[[list[str]], None]
) -> Iterator[SourceRow]:
    """Yield the rows of a Parquet file; span line: the row's number, from 1.

    Times finer than a microsecond are cut to it, since Python's have no more digits.

    Args:
        one: the file; gzip around it is taken off into a temporary file.
        select: the columns to read, or None for all.
        check_header: called with the column names; raises where they will not do.

    Raises:
        SourceError: for a file that is not Parquet, is damaged, or repeats a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    where = str(one.path)
    with open_bytes(one.path) as raw, tempfile.TemporaryFile() as spare:
        try:
            file = pq.ParquetFile(_unpacked(raw, spare) if is_packed(one.path) else raw)
            names = list(file.schema_arrow.names)
            if again := sorted({n for n in names if names.count(n) > 1}):
                raise SourceError("the schema repeats a column", where=where, got=again[0])
            check_header(names)
            number = 0
            for batch in file.iter_batches(BATCH_ROWS, columns=select):
                for values in _values(batch):
                    number += 1
                    span = Span(one.name, line=number)
                    yield SourceRow({}, span, *values) if isinstance(values, tuple) else SourceRow(values, span)
        except BROKEN_GZIP as e:
            raise SourceError("a damaged gzip file", where=where, got=str(e)) from e
        except (pa.ArrowException, OSError) as e:
            raise SourceError("cannot be read as Parquet", where=where, got=str(e)) from e


def _unpacked(raw: BinaryIO, spare: IO[bytes]) -> IO[bytes]:
    while block := raw.read(BLOCK):
        spare.write(block)
    spare.seek(0)
    return spare


def _values(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | tuple[str, str]]:
    import pyarrow as pa

    schema = pa.schema([pa.field(f.name, _held(f.type)) for f in batch.schema])
    table = pa.Table.from_batches([batch]).cast(schema, safe=False)
    try:
        rows = table.to_pylist()
    except (ValueError, OverflowError):
        # One value of the batch has no Python form (a date after the year 9999, text that is not UTF-8).
        for n in range(table.num_rows):
            yield _one(table.slice(n, 1))
        return
    for row in rows:
        yield _settled(row)


def _one(table: pa.Table) -> dict[str, Any] | tuple[str, str]:
    try:
        return _settled(table.to_pylist()[0])
    except UnicodeDecodeError as e:
        return ("bad_encoding", f"text that is not UTF-8: {e.reason}")
    except (ValueError, OverflowError) as e:
        return ("bad_value", f"{type(e).__name__}: {e}")


def _settled(row: dict[str, Any]) -> dict[str, Any] | tuple[str, str]:
    try:
        return {k: exact(plain(str(v) if isinstance(v, UUID) else v)) for k, v in row.items()}
    except TypeError as e:
        return ("bad_value", str(e))


def _held(kind: pa.DataType) -> pa.DataType:
    """Return the type that a column is read as: nanoseconds become microseconds, also inside lists and structs."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", kind.tz)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return pa.time64("us")
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return pa.duration("us")
    if pa.types.is_list(kind):
        return pa.list_(_held(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _held(f.type)) for f in kind])
    return kind
