"""Finished rows wait for their turn: in memory while they are few, on disk when a slow row holds many back."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import IO

import orjson

from ..core.errors import RunError
from ..core.lineage import Candidate

IN_MEMORY = 2_000


class Reorder:
    """Takes trees in any order and gives them back in source order.

    Example:
        >>> r = Reorder()
        >>> r.put(1, Candidate({"id": "b"})); r.put(0, Candidate({"id": "a"}))
        >>> [r.pop().id, r.pop().id, r.pop()]
        ['a', 'b', None]
    """

    def __init__(self) -> None:
        self._next = 0
        self._here: dict[int, Candidate] = {}
        self._there: dict[int, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None

    def __len__(self) -> int:
        return len(self._here) + len(self._there)

    def put(self, ordinal: int, tree: Candidate) -> None:
        """Take a finished tree.

        Raises:
            RunError: where the temporary folder is full.
        """
        if ordinal == self._next or len(self._here) < IN_MEMORY:
            self._here[ordinal] = tree
            return
        data = orjson.dumps(tree.to_wire())
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed in `close`)
            at = self._file.seek(0, 2)
            if self._file.write(data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as e:
            raise RunError(
                f"finished rows cannot be put aside: {e.strerror or e}", where=tempfile.gettempdir(),
                remedy="free space, or set TMPDIR, then give the same command again; nothing is lost",
            ) from e  # fmt: skip
        self._there[ordinal] = (at, len(data))

    def pop(self) -> Candidate | None:
        """Return the next tree in order, or None while it is not finished."""
        tree = self._here.pop(self._next, None)
        if tree is None and self._next in self._there:
            assert self._file is not None
            at, size = self._there.pop(self._next)
            self._file.seek(at)
            tree = Candidate.from_wire(orjson.loads(self._file.read(size)))
        if tree is not None:
            self._next += 1
        return tree

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
