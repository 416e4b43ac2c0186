"""Rows from data files: JSON lines, JSON, CSV, TSV and Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import Field, field_validator

from ..core.dataset import Column, Columns, Row
from ..core.errors import SourceError, nearest
from ..core.registry import source
from ..core.source import Source, SourceRow
from .csv_rows import read_csv
from .inputs import Input, content_of, find_inputs
from .json_rows import read_json, read_jsonl
from .parquet_rows import read_parquet
from .text import BROKEN_GZIP, binary_kind, open_bytes, sniff_file

Format: TypeAlias = Literal["jsonl", "json", "csv", "tsv", "parquet"]
FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
"""File name endings, each of which `.gz` may follow."""

WHERE = "source (files)"


@source("files", version=1)
class Files(Source):
    """Reads the rows of data files in the order of their names, and never loses a line without saying so.

    A row holds the file's columns and nothing else. An input column `id` (in any case) becomes `source_id`
    (`source_id_2` and so on where the row has that too), since a row's own id is made from its content. CSV and
    TSV values are text as it stands; JSON integers beyond 64 bits become their text, NaN becomes null; dates become ISO
    text. Text is UTF-8 or what a byte order mark says, else Windows-1252; `fingerprint` records it.

    A line that cannot be read is a row that failed. Reasons: `bad_json`, `not_an_object`, `duplicate_key`,
    `bad_csv`, `bad_encoding`, `nul_byte`, `too_long`, `truncated_gzip`, `bad_gzip`, `bad_value`,
    `missing_column`. Spans hold the line; in Parquet files and JSON documents, the number of the row.

    Memory stays flat for JSON lines, CSV, TSV and Parquet; a JSON document is read whole (at most 1 GiB).

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "a.jsonl").write_text('{"prompt": "Hi", "id": 7}\\n')
        ...     [row.values for row in Files(path=folder).read()]
        [{'prompt': 'Hi', 'source_id': 7}]
    """

    path: str | list[str]
    """A file, a folder (walked to the bottom) or a glob, or several; relative to the working directory."""
    format: Format | None = None
    """The format, where the file names do not say it."""
    select: dict[str, Column] = Field(default_factory=dict)
    """Input column to row column: only these are read, under the new names; empty for all as they are."""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """Between the fields of a CSV file; a comma, or a tab in TSV, unless set."""
    quote: str = Field('"', max_length=1)
    """Around the fields of CSV and TSV; "" where quotes are part of the text."""
    limit: int | None = Field(None, ge=1)
    """At most this many rows, readable or not, from the first on."""
    max_line_bytes: int = Field(16 << 20, ge=64, le=1 << 30)
    """A longer line (or CSV record) is passed by in pieces and fails as `too_long`."""

    @field_validator("select")
    @classmethod
    def _names_differ(cls, select: dict[str, str]) -> dict[str, str]:
        again = [name for name, n in Counter(select.values()).items() if n > 1]
        if again or any(name.lower() == "id" for name in select.values()):
            raise ValueError(f"each column needs a name of its own other than `id`, got {again or ['id']}")
        return select

    def read(self) -> Iterator[SourceRow]:
        """Yield every row.

        Raises:
            SourceError: where a path does not exist, a file is not what its name says, a header will not do,
                or there is no row at all.
        """
        count = 0
        for row in islice(self._rows(), self.limit):
            count += 1
            yield row
        if count == 0:
            raise SourceError("no rows", where=WHERE, got=self.path, remedy="every file that was read is empty")

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings that shape rows, and each file's name, SHA-256 and (where not UTF-8) encoding."""
        inputs = self._inputs()
        encodings = {i.name: sniff_file(i.path) for i in inputs if self._format(i.path) != "parquet"}
        return {
            "source": self.source_name,
            "version": self.source_version,
            **self.model_dump(mode="json", exclude={"path", "license"}),
            "files": content_of(inputs, where=WHERE),
            "encodings": {name: encoding for name, encoding in encodings.items() if encoding != "utf-8"},
        }

    def columns(self) -> Columns | None:
        """Return the columns that `select` names, or None where only the data can tell."""
        return dict.fromkeys(self.select.values()) or None

    def _inputs(self) -> list[Input]:
        inputs = find_inputs(self.path, lambda p: self._format(p) is not None, where=WHERE)
        for one in inputs:
            if self._format(one.path) is None:
                raise SourceError(
                    "unknown kind of file",
                    where=f"{WHERE}: {one.path}",
                    got=one.path.suffix,
                    allowed=[*FORMATS, "each also with .gz"],
                    remedy="set `format`",
                )
        if not inputs:
            raise SourceError("no data files here", where=WHERE, got=self.path, allowed=FORMATS)
        return inputs

    def _format(self, path: Path) -> Format | None:
        name = path.name.lower().removesuffix(".gz")
        return self.format or FORMATS.get(Path(name).suffix)

    def _rows(self) -> Iterator[SourceRow]:
        for one in self._inputs():
            try:
                for row in self._read_one(one):
                    yield self._shaped(row)
            except OSError as e:
                raise SourceError("cannot be read", where=f"{WHERE}: {one.path}", got=e.strerror or str(e)) from e

    def _read_one(self, one: Input) -> Iterator[SourceRow]:
        form = self._format(one.path)
        if form == "parquet":
            return read_parquet(one, select=list(self.select) or None, check_header=self._check(one))
        try:
            with open_bytes(one.path) as stream:
                kind = binary_kind(stream.read(4096))
        except BROKEN_GZIP:
            kind = None
        if kind:
            raise SourceError(f"not {form} but {kind}", where=f"{WHERE}: {one.path}")
        encoding = sniff_file(one.path)
        if form == "jsonl":
            return read_jsonl(one, encoding, self.max_line_bytes)
        if form == "json":
            return read_json(one, encoding, self.max_line_bytes)
        delimiter = self.delimiter or ("\t" if form == "tsv" else ",")
        return read_csv(
            one, encoding, self.max_line_bytes, delimiter=delimiter, quote=self.quote, check_header=self._check(one)
        )

    def _check(self, one: Input) -> Callable[[list[str]], None]:
        def check(names: list[str]) -> None:
            if missing := [name for name in self.select if name not in names]:
                raise SourceError(
                    f"no column `{missing[0]}`",
                    where=f"{WHERE}: {one.path}",
                    allowed=names,
                    remedy=nearest(missing[0], names),
                )

        return check

    def _shaped(self, row: SourceRow) -> SourceRow:
        if self.select:
            missing = [name for name in self.select if name not in row.values]
            if missing and row.reason is None:
                row.reason, row.detail = "missing_column", f"no `{missing[0]}` among {sorted(row.values)}"
            row.values = {new: row.values[old] for old, new in self.select.items() if old in row.values}
        elif any(name.lower() == "id" for name in row.values):
            row.values = _without_id(row.values)
        return row


def _without_id(values: Row) -> Row:
    # SQL compares names without case, so `ID` and `Id` would collide with the row's own `id` too.
    taken = {name.lower() for name in values}
    found: Row = {}
    for name, value in values.items():
        if name.lower() == "id":
            tries = ("source_id", *(f"source_id_{n}" for n in range(2, len(values) + 3)))
            name = next(t for t in tries if t not in taken)
            taken.add(name)
        found[name] = value
    return found
