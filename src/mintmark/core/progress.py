"""Progress: what a run tells while it works. Engines emit events; the command line draws them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson


@dataclass(slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: `start`, `progress`, `round`, `note`, `warning`, `waiting`, `end`.
        data: JSON-like facts; a `progress` event has rows, kept, dropped, failed, calls, fresh, tokens, dollars, by_step.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)

    def as_json(self) -> bytes:
        """Return the event as one JSON line, without its newline."""
        return orjson.dumps({"at": round(self.at, 3), "event": self.kind, **self.data})


Listener = Callable[[Event], None]


class EventFile:
    """Appends events to a file, a line each; a full disk loses events, never the run."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] | None
        try:
            self._file = path.open("ab")
        except OSError:
            self._file = None

    def __call__(self, event: Event) -> None:
        """Append one event."""
        if self._file is None:
            return
        try:
            self._file.write(event.as_json() + b"\n")
            self._file.flush()
        except OSError:
            self._file = None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
