"""Datasets as an evaluation reads them: run folders, data files, folders of documents."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .core.dataset import Row
from .core.errors import MintmarkError, SourceError
from .core.source import Source
from .core.store import RunFolder
from .evaluation.subject import Corpus, RunFacts
from .publish.parts import groups, part_files
from .sources.documents import Documents
from .sources.files import FORMATS, Files

MAX_ROWS = 50_000
"""Rows read of a set; of more, that many are drawn by seed, and the report says so."""
_CHUNK_TOKENS = 400


@dataclass(frozen=True)
class Read:
    """A set that was read.

    Attributes:
        corpus: its rows.
        run: what the run folder says, where it is one.
        notes: plain sentences that the report must carry: rows drawn, rows that could not be read.
        unreadable: rows that could not be read.
    """

    corpus: Corpus
    run: RunFacts | None = None
    notes: tuple[str, ...] = ()
    unreadable: int = 0


def read(
    path: str | Path,
    name: str = "data",
    *,
    roles: Mapping[str, str] | None = None,
    max_rows: int = MAX_ROWS,
    seed: int = 0,
) -> Read:
    """Return the rows of a run folder, of data files, or of documents (chunk by chunk).

    Args:
        path: a run's folder, a data file, a glob, a folder of data files or of documents.
        name: what the report calls the set.
        roles: role to column, where column names do not say it.
        max_rows: of more rows, so many are drawn by `seed`, each as likely as any other.

    Raises:
        SourceError, RunError: where nothing can be read, or a run is unfinished.
    """
    folder = Path(path)
    facts = None
    if is_run(folder):
        found = RunFolder(folder)
        rows: Iterator[Row | None] = (row for table in groups(part_files(found, "data")) for row in table.to_pylist())
        facts = _facts(found)
        if any(folder.joinpath("data").iterdir()):
            kept, total, unreadable = _drawn(rows, max_rows, seed)
        else:
            kept, total, unreadable = [], 0, 0
    else:
        if (folder / "recipe.yaml").is_file():
            RunFolder(folder).manifest()  # says that the run is unfinished, and what to do
        kept, total, unreadable = _drawn(
            (row.values if row.reason is None else None for row in source_at(folder).read()), max_rows, seed
        )
    notes = []
    if total > len(kept):
        notes.append(f"{len(kept):,} of the {total:,} rows of {name} were drawn at random (seed {seed}).")
    if unreadable:
        notes.append(f"{unreadable:,} rows of {name} could not be read and were left out.")
    _known(roles, kept, name, folder)
    return Read(Corpus.of(name, kept, roles), facts, tuple(notes), unreadable)


def is_run(folder: Path) -> bool:
    """Return whether a folder is a finished run."""
    return (folder / "manifest.json").is_file() and (folder / "data").is_dir()


def sources_of(run: RunFacts, *, max_rows: int = MAX_ROWS, seed: int = 0) -> Corpus | None:
    """Return the rows that a run's rows were made from, or None where it kept none."""
    files = part_files(RunFolder(run.folder), "used")
    rows, _, _ = _drawn((row for table in groups(files) for row in table.to_pylist()), max_rows, seed)
    return Corpus.of("source", rows) if rows else None


def source_at(path: Path) -> Source:
    """Return what reads a run's kept rows, a data file, a glob, a folder of data files, or documents.

    Raises:
        SourceError: where there is nothing.
    """
    if (path / "data").is_dir() and any((path / "data").glob("*.parquet")):
        return Files(path=str(path / "data" / "*.parquet"))
    if path.is_dir():
        return Files(path=str(path)) if any(is_data(p) for p in path.rglob("*")) else _documents(path)
    if any(c in str(path) for c in "*?["):
        return Files(path=str(path)) if is_data(path) else _documents(path)
    if not path.exists():
        raise SourceError("there is no such file or folder", where=str(path))
    return Files(path=str(path)) if is_data(path) else _documents(path)


def _documents(path: Path) -> Documents:
    return Documents(path=str(path), chunk_tokens=_CHUNK_TOKENS)


def is_data(path: Path) -> bool:
    """Return whether a file's name is that of a data file."""
    return path.name.lower().removesuffix(".gz").endswith(tuple(FORMATS))


def _drawn(rows: Iterator[Row | None], most: int, seed: int) -> tuple[list[Row], int, int]:
    """Return at most `most` rows in their order, how many there were, and how many could not be read.

    Reference: Vitter 1985, Random sampling with a reservoir, algorithm R.
    """
    rng = random.Random(seed)
    kept: list[tuple[int, Row]] = []
    total = unreadable = 0
    for row in rows:
        if row is None:
            unreadable += 1
            continue
        total += 1
        if len(kept) < most:
            kept.append((total, row))
        elif (place := rng.randrange(total)) < most:
            kept[place] = (total, row)
    return [row for _, row in sorted(kept, key=lambda pair: pair[0])], total, unreadable


def _facts(folder: RunFolder) -> RunFacts:
    lineage = folder / "lineage.parquet"
    dropped: list[Row] = [r for t in groups(part_files(folder, "dropped")) for r in t.to_pylist()]
    born: list[Row] = [r for t in groups([lineage] if lineage.is_file() else []) for r in t.to_pylist()]
    return RunFacts(folder.path, folder.manifest(), dropped, born)


def _known(roles: Mapping[str, str] | None, rows: Sequence[Row], name: str, path: Path) -> None:
    columns: dict[str, Any] = {column: None for row in rows for column in row}
    for role, column in (roles or {}).items():
        if rows and column not in columns:
            raise MintmarkError(
                f"has no column `{column}` for the role `{role}`", where=f"{name} ({path})", allowed=sorted(columns)
            )
