"""The stage cache: finished slices of a segment, so that a second run need not even walk its rows.

A slice is named by its segment (operators, models, seed) and by its source rows' ids and places (the rows of a renamed
file have the same ids, but their lineage names the file); `rows`, budget and limits are no part of it. It is believed
only where this run's log holds the very results it was made from, so a deleted or foreign log can never leave rows
without their calls. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from ..calls.log import CallLog
from ..core.fingerprint import digest
from ..core.lineage import Candidate

SLICE_ROWS = 256
SourceKey: TypeAlias = "tuple[str, dict[str, Any] | None]"
"""A source row's id and span."""


class StageCache:
    """Slices of one segment.

    Args:
        root: the workspace's `.mintmark/stages`, or None for no cache.
        segment: hash of everything in the segment that can change a result.
        log: the run's call log.
    """

    def __init__(self, root: Path | None, segment: str, log: CallLog) -> None:
        self._root, self._segment, self._log = root, segment, log

    def _path(self, ids: Sequence[SourceKey]) -> Path | None:
        if self._root is None:
            return None
        return self._root / self._segment[:2] / self._segment / f"{digest([list(i) for i in ids])}.jsonl"

    def load(self, ids: Sequence[SourceKey]) -> list[Candidate] | None:
        """Return the finished trees of a slice, or None where they are not there or not this log's."""
        path = self._path(ids)
        if path is None or not path.is_file():
            return None
        try:
            head, *lines = path.read_bytes().split(b"\n")
            trees = [Candidate.from_wire(orjson.loads(line)) for line in lines]
            keys = {key for tree in trees for one in tree.walk() for _, key in one.calls}
            if orjson.loads(head) != self._seal(keys, lines) or [(t.id, t.span) for t in trees] != list(ids):
                return None
            return trees
        except (OSError, ValueError, TypeError):
            return None

    def save(self, ids: Sequence[SourceKey], lines: Sequence[bytes], keys: Set[str]) -> None:
        """Keep a finished slice; a full disk costs the cache, not the run.

        Args:
            ids: the source rows of the slice.
            lines: their trees, as `Candidate.to_wire` in JSON, written before anyone else could change them.
            keys: the calls that they used.
        """
        path = self._path(ids)
        if path is None or path.exists():
            return
        part = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # No fsync: the seal tells a torn file, and the loop must not wait for a disk.
            part.write_bytes(b"\n".join([orjson.dumps(self._seal(keys, lines)), *lines]))
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)

    def _seal(self, keys: Set[str], lines: Sequence[bytes]) -> list[object]:
        whole = hashlib.blake2b(b"\n".join(lines), digest_size=16).hexdigest()
        found = [(key, result) for key, result, *_ in self._log.results(keys)] if keys else []
        return [len(keys), digest(found), whole]
