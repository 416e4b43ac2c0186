"""Progress in a terminal: a run's events as a live picture, as plain lines, or as JSON; its waterfall."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..core.progress import Event
from .numbers import Progress, ended, line, warning
from .table import waterfall
from .words import cost, duration, printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["cost", "duration", "listener", "printable", "waterfall"]

PLAIN_EVERY_S = 5.0


def listener(*, json: bool = False, last_line: bool = True) -> Callable[[Event], None]:
    """Return what draws a run's events: a live picture, plain lines where there is no terminal, or JSON.

    The live picture and the plain lines go to stderr. The returned object has a `close()`, to be called at the end.

    Args:
        json: one JSON event a line on stdout, nothing else.
        last_line: close the picture with one line that says how the run ended.
    """
    if json:
        return _Json()
    from rich.console import Console

    console = Console(stderr=True)
    return _Live(console, last_line) if console.is_terminal else _Plain(last_line)


class _Json:
    """Writes every event as it is."""

    def __call__(self, event: Event) -> None:
        print(event.as_json().decode(), flush=True)


class _Plain:
    """A line every few seconds, for logs."""

    def __init__(self, last_line: bool) -> None:
        self._progress, self._last_line, self._told = Progress(), last_line, time.monotonic()

    def __call__(self, event: Event) -> None:
        self._progress.take(event)
        now = time.monotonic()
        if event.kind == "warning":
            self._say(warning(event))
        elif event.kind in ("note", "waiting"):
            self._say(self._progress.notes[-1])
        elif event.kind == "round" or (event.kind == "progress" and now - self._told >= PLAIN_EVERY_S):
            self._told = now
            self._say(line(self._progress))
        elif event.kind == "end" and self._last_line:
            self._say(ended(self._progress))

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class _Live:
    """A picture that is drawn anew in its place at every event."""

    def __init__(self, console: Console, last_line: bool) -> None:
        from rich.live import Live

        self._progress, self._console, self._last_line = Progress(), console, last_line
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._open = False

    def __call__(self, event: Event) -> None:
        self._progress.take(event)
        if event.kind == "start":
            self._live.start()
            self._open = True
        if event.kind == "warning":
            self._console.print(warning(event), style="yellow", markup=False, highlight=False)
        if self._open:
            self._live.update(self._picture(), refresh=True)
        if event.kind == "end":
            self.close()
            if self._last_line:
                self._console.print(ended(self._progress), markup=False, highlight=False)

    def close(self) -> None:
        """Take the picture away."""
        if self._open:
            self._open = False
            self._live.stop()

    def _picture(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        p = self._progress
        parts: list[RenderableType] = [self._head()]
        parts.append(Text("  " + " · ".join(p.facts() or ["starting"]), style="dim"))
        if any(step.get("born") for step in p.now.get("by_step", ())):
            parts.append(waterfall({"waterfall": p.now["by_step"]}))
        parts += [Text(f"  {note}", style="yellow") for note in p.notes]
        return Group(*parts)

    def _head(self) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        p = self._progress
        kept = f"{p.kept:,} of {p.target:,} kept" if p.target else f"{p.kept:,} kept"
        if not p.rows and p.now.get("calls"):
            kept = "no row is through yet"
        times = [duration(float(p.now.get("seconds", 0)))]
        if p.round:
            times.append(p.round)
        if p.seconds_left is not None:
            times.append(f"about {duration(p.seconds_left)} left")
        head = Table.grid(padding=(0, 2))
        cells: list[RenderableType] = [Text(p.name, style="bold")]
        if p.target:
            cells.append(ProgressBar(total=p.target, completed=min(p.kept, p.target), width=30, complete_style="cyan"))
        head.add_row(*cells, Text(kept), Text(" · ".join(times), style="dim"))
        return head
