"""Trace: from any row, kept or not, back to its parents, calls and place in the source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from ..calls.log import CallLog
from ..core.dataset import Row
from ..core.errors import PublishError
from ..core.fingerprint import canonical
from ..core.store import RunFolder
from .attribution import mark
from .parts import groups, part_files, rows_by_id
from .search import KINDS, Hit, find
from .traced import Traced, TracedCall
from .verify import call_log_of

META = ("fate", "step", "reason", "detail")


@dataclass(slots=True)
class Found:
    """What a trace found: one row with its history, or several that the question may mean.

    Attributes:
        row: the row, where there was one.
        hits: the rows found, at most as many as asked for.
        total: how many there are.
        has_log: False where the call log is not there, so that prompts and replies are unknown.
    """

    row: Traced | None
    hits: list[Hit]
    total: int
    has_log: bool

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)


def trace(folder: str | Path, what: str, *, limit: int = 20) -> Found:
    """Return the history of the row that `what` names: an id, the beginning of one, or a text in the row.

    Args:
        folder: a finished run.
        what: a full id, at least 4 characters of one, or any text.
        limit: how many rows are listed where several fit.

    Raises:
        RunError: for an unfinished run.
        PublishError: where no row fits.
    """
    run = RunFolder(folder)
    manifest = run.manifest()
    hits, total = find(run, what, limit)
    if not hits:
        raise PublishError(f"no row has this id or text: {what!r}", where=str(run.path))
    path = call_log_of(run, manifest)
    if total > 1:
        return Found(None, hits, total, path is not None)
    log = CallLog(path, read_only=True) if path is not None else None
    try:
        return Found(_Tracer(run, manifest["content"], log).row(hits[0].id), hits, 1, path is not None)
    finally:
        if log is not None:
            log.close()


class _Tracer:
    def __init__(self, run: RunFolder, content: dict[str, Any], log: CallLog | None) -> None:
        self._run, self._log = run, log
        self._files = [path for kind in KINDS for path in part_files(run, kind)]
        self._aliases = {canonical(m["identity"]): (a, m["spec"]) for a, m in content["models"].items()}

    def row(self, id: str) -> Traced:
        """Read the row and all its ancestors, a generation at a time, each row once."""
        traced: dict[str, Traced] = {}
        parents: dict[str, list[str]] = {}
        wanted = {id}
        while wanted:
            lineage = rows_by_id([self._run / "lineage.parquet"], wanted)
            values = rows_by_id(self._files, lineage)
            for one in sorted(wanted):
                found = lineage.get(one)
                traced[one] = Traced(one, "outside") if found is None else self._traced(found, values.get(one, {}))
                parents[one] = [] if found is None else list(found["parents"])
            wanted = {p for one in wanted for p in parents[one]} - traced.keys()
        root = traced[id]
        _hang(root, traced, parents)
        for parent in root.parents:
            mark(root, parent)
        root.children = list(self._children(id))
        return root

    def _traced(self, lineage: Row, row: Row) -> Traced:
        lost = lineage["fate"] in ("dropped", "failed")
        own = {k: v for k, v in row.items() if v is not None and k != "id" and not (lost and k in META)}
        source = {k: v for k, v in (lineage["source"] or {}).items() if v is not None}
        return Traced(
            lineage["id"], lineage["fate"], lineage["born"], lineage["ended"], lineage["reason"],
            _parsed(row.get("detail")) if lost else None, own, source or None,
            [self._call(c["step"], c["key"]) for c in lineage["calls"] or ()],
        )  # fmt: skip

    def _call(self, step: str, key: str) -> TracedCall:
        full = self._log.full(key) if self._log is not None else None
        if full is None:
            return TracedCall(step, key)
        alias, spec = self._aliases.get(canonical(full["identity"]), ("", ""))
        request = {k: full["request"].get(k) for k in ("body", "sampling", "schema", "seed")}
        return TracedCall(
            step, key, full["kind"], full["status"], alias, spec, request, full["result"] or {},
            full["tokens_in"], full["tokens_out"], full["dollars"], full["seconds"] or 0.0,
        )  # fmt: skip

    def _children(self, id: str) -> Iterator[Hit]:
        import pyarrow as pa
        import pyarrow.compute as pc

        for table in groups([self._run / "lineage.parquet"], ["id", "fate", "ended", "reason", "parents"]):
            parents = table["parents"].combine_chunks()
            flat, owner = pc.list_flatten(parents), pc.list_parent_indices(parents)
            at = sorted(set(owner.filter(pc.equal(flat, id)).to_pylist()))
            for row in table.take(pa.array(at, pa.int64())).to_pylist():
                lost = row["fate"] in ("dropped", "failed")
                yield Hit(row["id"], row["fate"], row["ended"] if lost else "", row["reason"] or "" if lost else "")


def _hang(root: Traced, traced: dict[str, Traced], parents: dict[str, list[str]]) -> None:
    """Give every row its parents; one that stands in the tree already is only named there."""
    shown, todo = {root.id}, [root]
    while todo:
        one = todo.pop(0)
        for id in parents[one.id]:
            parent = traced[id]
            if id in shown:
                one.parents.append(Traced(id, parent.fate))
                continue
            shown.add(id)
            one.parents.append(parent)
            todo.append(parent)


def _parsed(detail: Any) -> Any:
    """Return a detail as data: it rests as text, JSON where it was not text from the start."""
    try:
        return orjson.loads(detail) if isinstance(detail, str) else detail
    except orjson.JSONDecodeError:
        return detail
