"""Finding a row of a run by its id, the beginning of its id, or a text in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from ..core.store import RunFolder
from .parts import groups, part_files

if TYPE_CHECKING:
    import pyarrow as pa

MIN_PREFIX = 4
"""Characters from which a beginning of an id is taken for one."""
SURE_PREFIX = 8
"""Characters from which it is not looked for in texts as well, where an id begins so."""
EXCERPT = 120
"""Characters of a found text that are shown."""
KINDS = ("data", "dropped", "used")
_NOT_TEXT = {"id", "fate", "step", "reason"}


@dataclass(slots=True)
class Hit:
    """A row that was found.

    Attributes:
        id: the row's id.
        fate: `kept`, `dropped`, `failed` or `used`.
        step, reason: where and why it was not kept; "" for other rows.
        column, excerpt: where the text was found and what stands around it; "" where it was found by its id.
    """

    id: str
    fate: str
    step: str = ""
    reason: str = ""
    column: str = ""
    excerpt: str = ""


def find(run: RunFolder, what: str, limit: int) -> tuple[list[Hit], int]:
    """Return the first `limit` rows that `what` may mean, and how many there are.

    An exact id means that row alone, and a long beginning of ids no text; a short one (`face`) may be either, so both
    are looked for. Text is compared without regard to case, over every column of text, and the JSON form of lists and
    structs.
    """
    hits, total = _by_id(run, what, limit)
    if not what or (hits and (len(what) >= SURE_PREFIX or hits[0].id == what)):
        return hits, total
    more, others = _by_text(run, what, limit)
    named = {hit.id for hit in hits}
    return [*hits, *(hit for hit in more if hit.id not in named)][:limit], total + others


def _by_id(run: RunFolder, what: str, limit: int) -> tuple[list[Hit], int]:
    import pyarrow.compute as pc

    if len(what) < MIN_PREFIX or re.search(r"\s", what):
        return [], 0
    hits: list[Hit] = []
    total = 0
    for table in groups([run / "lineage.parquet"], ["id", "fate", "ended", "reason"]):
        found = table.filter(pc.starts_with(table["id"], what))
        for row in found.slice(0, limit).to_pylist():
            lost = row["fate"] in ("dropped", "failed")
            hit = Hit(row["id"], row["fate"], row["ended"] if lost else "", row["reason"] or "" if lost else "")
            if hit.id == what:
                return [hit], 1
            hits.append(hit)
        total += found.num_rows
    return hits[:limit], total


def _by_text(run: RunFolder, what: str, limit: int) -> tuple[list[Hit], int]:
    hits: list[Hit] = []
    total = 0
    for kind in KINDS:
        for table in groups(part_files(run, kind)):
            at = _matches(table, what)
            total += len(at)
            for i in at[: max(0, limit - len(hits))]:
                hits.append(_hit(table.slice(i, 1).to_pylist()[0], kind, what))
    return hits, total


def _matches(table: pa.Table, what: str) -> list[int]:
    """Return the places of the rows that hold the text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: set[int] = set()
    for name in table.column_names:
        if name in _NOT_TEXT:
            continue
        column = table[name]
        if pa.types.is_nested(column.type):
            column = pa.chunked_array([pa.array([_text(v) for v in column.to_pylist()], pa.string())])
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            mask = pc.fill_null(pc.match_substring(column, what, ignore_case=True), False)
            found.update(pc.indices_nonzero(mask).to_pylist())
    return sorted(found)


def _hit(row: dict[str, object], kind: str, what: str) -> Hit:
    lost = kind == "dropped"
    hit = Hit(
        str(row["id"]), str(row["fate"]) if lost else "kept" if kind == "data" else "used",
        str(row["step"]) if lost else "", str(row["reason"] or "") if lost else "",
    )  # fmt: skip
    for name, value in row.items():
        text = "" if name in _NOT_TEXT else _text(value) or ""
        at = re.search(re.escape(what), text, re.IGNORECASE)
        if at is not None:
            hit.column, hit.excerpt = name, _around(text, at.start(), len(what))
            break
    return hit


def _around(text: str, start: int, length: int) -> str:
    """Return what stands around a place in a text, on one line."""
    side = max(0, EXCERPT - length) // 2
    first, last = max(0, start - side), min(len(text), start + length + side)
    cut = " ".join(text[first:last].split())
    return f"{'…' if first else ''}{cut}{'…' if last < len(text) else ''}"


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else str(value)
