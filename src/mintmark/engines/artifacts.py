"""Artifacts kept in the workspace: what a step prepared once need not be prepared again by the next run.

An artifact is named by everything it can depend on: the step with its settings and version, its models, its side inputs'
content, the seed. It is no part of any fingerprint. It is believed only where this run's log holds the very results
that it was made from, so that a replay, which has the log alone, makes the same one. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from ..calls.log import CallLog
from ..core.fingerprint import digest

Arrays = Mapping[str, npt.NDArray[Any]]


class ArtifactCache:
    """Artifacts as arrays, a file each.

    Args:
        root: a folder of the workspace, or None for no cache.
        log: the run's call log.
    """

    def __init__(self, root: Path | None, log: CallLog) -> None:
        self._root, self._log = root, log

    def load(self, key: str) -> Arrays | None:
        """Return the arrays kept under `key`, or None where they are not there, torn, or not this log's."""
        path = self._path(key)
        if path is None or not path.is_file():
            return None
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            calls, seal = orjson.loads(head)
            if seal != self._seal(calls, body):
                return None
            with np.load(io.BytesIO(body), allow_pickle=False) as found:
                return dict(found)
        except (OSError, ValueError, TypeError, zipfile.BadZipFile):
            return None

    def save(self, key: str, arrays: Arrays, calls: Iterable[str]) -> None:
        """Keep arrays under `key`; a full disk costs the cache, not the run.

        Args:
            key: hash of everything that the artifact depends on.
            arrays: numbers only; nothing in the file is ever run.
            calls: keys of the calls that it was made from.
        """
        path, keys = self._path(key), sorted(set(calls))
        if path is None:
            return
        room = io.BytesIO()
        np.savez(room, **arrays)  # type: ignore[arg-type]
        body, part = room.getvalue(), path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(orjson.dumps([keys, self._seal(keys, body)]) + b"\n" + body)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)

    def _path(self, key: str) -> Path | None:
        return None if self._root is None else self._root / key[:2] / f"{key}.artifact"

    def _seal(self, calls: list[str], body: bytes) -> list[object]:
        found = [(key, result) for key, result, *_ in self._log.results(calls)] if calls else []
        return [len(calls), digest(found), hashlib.blake2b(body, digest_size=16).hexdigest()]
