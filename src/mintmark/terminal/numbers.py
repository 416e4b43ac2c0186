"""The numbers of a run under way, read off its events."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from ..core.progress import Event
from .words import cost, duration, printable

WINDOW_S = 20.0
"""Seconds over which rates are measured."""


class Progress:
    """The numbers of a run under way, with rates over the last seconds."""

    def __init__(self) -> None:
        self.name, self.target = "run", 0
        self.now: dict[str, Any] = {}
        self.notes: deque[str] = deque(maxlen=3)
        self.round = ""
        self._seen: deque[tuple[float, int, int, int]] = deque()
        self._round: dict[str, Any] = {}

    def take(self, event: Event) -> None:
        """Take one event in."""
        data = event.data
        if event.kind == "start":
            self.name = printable(str(data.get("recipe") or data.get("source") or "run"))
            self.target = _target(data.get("rows"))
        elif event.kind in ("progress", "end"):
            self.now = data
            self._seen.append((event.at, self.rows, int(data.get("fresh", 0)), self.kept))
            while len(self._seen) > 2 and event.at - self._seen[0][0] > WINDOW_S:
                self._seen.popleft()
        elif event.kind == "round":
            self._round = data
            self.round = f"round {data.get('round', 0)} ended"
        elif event.kind == "note":
            self.notes.append(printable(str(data.get("text", ""))))
        elif event.kind == "waiting":
            self.notes.append(f"{int(data.get('rows', 0)):,} rows wait for a reply that comes later")

    @property
    def rows(self) -> int:
        """Source rows that are done; in rounds, those of the rounds that ended."""
        return int(self.now.get("rows") or self._round.get("source_rows", 0))

    @property
    def kept(self) -> int:
        """Rows kept so far."""
        return int(self.now.get("kept") or self._round.get("kept", 0))

    @property
    def streams(self) -> bool:
        """True where rows are counted as they come: counts that jump at a round's end make no rate."""
        return bool(self.now.get("rows"))

    def rate(self, which: int) -> float:
        """Return what was done a second: 1 for source rows, 2 for calls, 3 for kept rows."""
        if len(self._seen) < 2:
            return 0.0
        first, last = self._seen[0], self._seen[-1]
        return max(0.0, (last[which] - first[which]) / max(1e-9, last[0] - first[0]))

    @property
    def seconds_left(self) -> float | None:
        """Seconds until enough rows are kept, at the present rate; None where nothing tells."""
        if not self.streams:
            return None
        rate = self.rate(3)
        return (self.target - self.kept) / rate if rate and self.target > self.kept else None

    def facts(self) -> list[str]:
        """Return rates, tokens and cost in words."""
        now, fresh = self.now, int(self.now.get("fresh", 0))
        calls = int(now.get("calls", 0))
        said = [f"{self.rows:,} rows read"] if self.rows else []
        if self.streams:
            said.append(f"{self.rate(1):.1f} rows/s")
        if calls:
            logged = f" ({calls - fresh:,} from the log)" if calls > fresh else ""
            said += [f"{calls:,} calls{logged}", f"{self.rate(2):.1f} calls/s"]
            said.append(f"{now.get('tokens_in', 0):,} + {now.get('tokens_out', 0):,} tokens")
            said.append(cost(float(now.get("dollars", 0)), int(now.get("unpriced", 0))))
        return said


def _target(rows: Any) -> int:
    if isinstance(rows, Mapping):
        return int(rows.get("each", 0)) * len(rows.get("values") or ())
    return int(rows or 0)


def warning(event: Event) -> str:
    """Return a warning on one line."""
    return f"warning: {printable(str(event.data.get('text', '')))}"


def line(p: Progress) -> str:
    """Return where the run stands, on one line."""
    of = f" of {p.target:,}" if p.target else ""
    fates = [f"{p.kept:,}{of} kept", *(f"{p.now.get(k, 0):,} {k}" for k in ("dropped", "failed") if p.now.get(k))]
    left = p.seconds_left
    ending = [f"about {duration(left)} left"] if left is not None else []
    return " · ".join([duration(float(p.now.get("seconds", 0))), *fates, *p.facts(), *ending])


def ended(p: Progress) -> str:
    """Return how the run ended, on one line."""
    return f"{p.name}: {p.now.get('status', 'ended')}, {line(p)}"
