"""Export: a finished run's kept rows in the form that another tool reads, streamed, written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

import orjson

from ..core.dataset import Row
from ..core.errors import PublishError, nearest
from ..core.store import RunFolder
from .beir import export_beir
from .formats import COLLECTION, FORMATS, PLAIN, Maker, maker
from .parts import groups, part_files, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

STDOUT = "-"
SUFFIX = {"csv": "csv", "parquet": "parquet", "jsonl": "jsonl", COLLECTION: COLLECTION}


def default_name(folder: str | Path, format: str) -> str:
    """Return the file name that an export has where none is given.

    Example:
        >>> default_name("runs/faq", "messages")
        'faq.messages.jsonl'
    """
    return f"{Path(folder).resolve().name}.{SUFFIX.get(format, f'{format}.jsonl')}"


def export(
    folder: str | Path, format: str, out: str | Path, *,
    roles: Mapping[str, str] | None = None, with_context: bool = False, overwrite: bool = False,
) -> int:  # fmt: skip
    """Write a run's kept rows in a format; return how many records. `out` holds all of them or is not there.

    Args:
        folder: a finished run.
        format: one of `FORMATS`; `csv` and `parquet` are files of their own kind, `beir` is a folder, all others are JSON lines.
        out: a file, or `-` for the standard output; for `beir` a folder.
        roles: role -> column, where the columns' names do not say it.
        with_context: put the `context` column into the question.
        overwrite: replace `out` where it exists.

    Raises:
        RunError: for an unfinished or broken run.
        PublishError: where the columns do not hold what the format needs, or `out` may not be written.
    """
    if format == COLLECTION:
        if str(out) == STDOUT or with_context:
            raise PublishError("a test collection is a folder of three files", remedy="name a folder with -o")
        return export_beir(RunFolder(folder), Path(out), roles or {}, overwrite=overwrite)
    run, make = opened(folder, format, roles, with_context)
    target = None if str(out) == STDOUT else target_of(run, Path(out), overwrite)
    if target is None and format == "parquet":
        raise PublishError("a Parquet file cannot be written to the standard output", remedy="name a file with -o")
    return write_whole(run, format, make, target)


def opened(
    folder: str | Path, format: str, roles: Mapping[str, str] | None, with_context: bool
) -> tuple[RunFolder, Maker | None]:
    """Return a finished run and what makes the records of a format out of its rows, None where they are the rows.

    Raises:
        RunError: for an unfinished or broken run.
        PublishError: where the columns do not hold what the format needs.
    """
    run = RunFolder(folder)
    run.manifest()
    if format not in FORMATS:
        raise PublishError(f"unknown format `{format}`", remedy=nearest(format, FORMATS), allowed=FORMATS)
    if format == COLLECTION:
        raise PublishError("a test collection is one folder of three files, so it cannot be split by a column")
    if format not in PLAIN:
        return run, maker(format, schema_of(run).names, roles or {}, with_context=with_context)
    if roles or with_context:
        raise PublishError(f"the format {format} holds the columns as they are; roles mean nothing in it")
    return run, None


def write_whole(
    run: RunFolder, format: str, make: Maker | None, target: Path | None, only: Collection[str] | None = None
) -> int:
    """Write the rows, those with an id in `only` where it is given, into a file or the standard output; return how many.

    Raises:
        PublishError: where it cannot be written; then nothing is.
    """
    with _whole_file(target) as file:
        if format == "parquet":
            return _write_parquet(run, file, only)
        if format == "csv":
            return _write_csv(run, file, only)
        return _write_lines(run, make, file, only)


def target_of(run: RunFolder, out: Path, overwrite: bool) -> Path:
    """Return the file to write.

    Raises:
        PublishError: where it may not be written: it is there, it is a folder, it lies within the run.
    """
    if "\x00" in str(out):
        raise PublishError("a file's name cannot hold a NUL character", got=str(out))
    if out.resolve().is_relative_to(run.path.resolve()):
        raise PublishError("a finished run is immutable: nothing is written into its folder", where=str(out))
    if out.is_dir():
        raise PublishError("is a folder", where=str(out), remedy="name a file")
    if out.exists() and not overwrite:
        raise PublishError("is there already", where=str(out), remedy="choose another name, or give --overwrite")
    return out


@contextlib.contextmanager
def _whole_file(target: Path | None) -> Iterator[IO[bytes]]:
    """Give a file that takes its name when all is written; an error leaves no trace."""
    if target is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    except OSError as e:
        raise PublishError(f"cannot be written: {e.strerror}", where=str(target)) from e
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except OSError as e:
        raise PublishError(f"cannot be written: {e.strerror}", where=str(target), remedy="free space") from e
    finally:
        Path(name).unlink(missing_ok=True)


def _tables(run: RunFolder, only: Collection[str] | None) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = None if only is None else pa.array(sorted(only), pa.string())
    for table in groups(part_files(run, "data")):
        yield table if wanted is None else table.filter(pc.is_in(table["id"], value_set=wanted))


def _rows(run: RunFolder, only: Collection[str] | None) -> Iterator[Row]:
    for table in _tables(run, only):
        yield from table.to_pylist()


def _write_lines(run: RunFolder, make: Maker | None, file: IO[bytes], only: Collection[str] | None) -> int:
    count = 0
    for row in _rows(run, only):
        made = make(row) if make is not None else row
        for record in made if isinstance(made, list) else [made]:
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _write_csv(run: RunFolder, file: IO[bytes], only: Collection[str] | None) -> int:
    """Write RFC 4180: CRLF between records, texts quoted where they need it, lists and structs as JSON."""
    names, count = schema_of(run).names, 0
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow(names)
        for row in _rows(run, only):
            writer.writerow([_cell(row[name]) for name in names])
            count += 1
    finally:
        text.detach()  # flushes, and leaves the file open for its owner
    return count


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _write_parquet(run: RunFolder, file: IO[bytes], only: Collection[str] | None) -> int:
    import pyarrow.parquet as pq

    count = 0
    with pq.ParquetWriter(file, schema_of(run), compression="zstd") as writer:
        for table in _tables(run, only):
            writer.write_table(table)
            count += table.num_rows
    return count
