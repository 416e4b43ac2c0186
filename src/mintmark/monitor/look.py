"""One look at a series, from the lock to the state: what a command, or cron, carries out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.gate import Policy
from ..core.store import write_atomically
from . import page, prometheus
from .alerts import Outcome, held, raise_alerts, remember
from .series import Report


@dataclass(frozen=True)
class Outputs:
    """Where a look is written to; nothing is written where a path is None.

    Args:
        folder: gets `monitor.html`, `monitor.md` and `monitor.json`.
        prometheus: the text file for the node exporter, whose name must end in `.prom`.
    """

    folder: Path | None = None
    prometheus: Path | None = None


def look(
    state: str | Path, examined: Callable[[], Report], *, policy: Policy | None = None, outputs: Outputs | None = None,
    title: str = "Monitor", dataset: str = "", at: str = "", seconds: float | None = None,
) -> tuple[Report, Outcome]:  # fmt: skip
    """Return what one look finds, after it is written down. Safe to be started by cron, twice at once, and to be killed.

    Every file is replaced whole, the state last: a look that is killed leaves the last state, and the next one raises
    as new what this one found.

    Args:
        state: the state file; its lock is held while `examined` reads and measures.
        examined: makes the report, as `series.examine` does.
        at, seconds: when the look is, for people and for Prometheus.

    Raises:
        RunLocked: where another look is going on; nothing is read or written.
        RunError: where a file cannot be read or written.
    """
    where = outputs or Outputs()
    with held(state) as last:
        report = examined()
        outcome = raise_alerts(report, policy, last, at=at)
        if where.folder is not None:
            page.write(where.folder / "monitor.html", page.html(report, outcome, title=title, at=at))
            page.write(where.folder / "monitor.md", page.markdown(report, outcome, title=title))
            write_atomically(where.folder / "monitor.json", report.to_json().encode())
        if where.prometheus is not None:
            text = prometheus.exposition(report, outcome, dataset=dataset, seconds=seconds)
            prometheus.write(where.prometheus, text)
        remember(state, outcome.state)
    return report, outcome
