"""`mintmark monitor`: has a series of datasets drifted, collapsed, or gone stale?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import say

if TYPE_CHECKING:
    from ..monitor.version import Version

EPILOG = """\b
Exit codes: 0 no alert, 1 an alert (or the data cannot be read), 2 something that was asked
for could not be judged.

\b
Examples:
  mintmark monitor runs/                       every finished run in a folder that grows
  mintmark monitor gen0.jsonl runs/gen1 runs/gen2 --generations
  mintmark monitor runs/ --live fresh.jsonl --reference real.jsonl --prometheus faq.prom
"""


def monitor(
    data: Annotated[
        list[str], typer.Argument(metavar="DATA...", help="Runs or data files, oldest first, or a folder of runs.")
    ],
    live: Annotated[
        str | None, typer.Option("--live", metavar="DATA", help="Newer real data: has the newest set gone stale?")
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", "-r", metavar="DATA", help="The real data of when the set was made.")
    ] = None,
    generations: Annotated[
        bool, typer.Option("--generations", help="Each set was made from the one before it; the first is real.")
    ] = False,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="What raises an alert; any risk where not given.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the page and of what is remembered.")] = Path(
        "monitor"
    ),
    prometheus: Annotated[
        Path | None, typer.Option("--prometheus", metavar="FILE", help="Write a Prometheus text file.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")] = 0,
) -> None:
    """Look at a series of datasets, write a page, and raise alerts.

    Safe to run from cron: a second look at the same time says so and ends, and one that is killed leaves the last
    look's files as they were.
    """
    import time

    from ..core.errors import RunError
    from ..core.gate import Policy
    from ..monitor.look import Outputs, look
    from ..monitor.series import Report, examine
    from ..monitor.version import find_runs

    bounds = Policy.from_file(policy) if policy is not None else None

    def examined() -> Report:
        places: list[str] = []
        left_out: list[str] = []
        for one in data:
            if Path(one).is_dir() and not _holds_data(Path(one)):
                found = find_runs(one)
                places += [str(p) for p in found.runs]
                left_out += [f"{p}: {why}" for p, why in found.left_out]
            else:
                places.append(one)
        if not places:
            raise RunError("holds no finished run and no data", where=", ".join(data))
        return examine(
            [_version(p, i if generations else None) for i, p in enumerate(places)],
            live=_version(live) if live else None, reference=_version(reference) if reference else None,
            seed=seed, left_out=left_out,
        )  # fmt: skip

    now = time.time()
    _, outcome = look(
        out / "state.json", examined, policy=bounds, outputs=Outputs(out, prometheus), dataset=" ".join(data),
        at=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)), seconds=now,
    )  # fmt: skip
    say(outcome.summary)
    for alert in (*outcome.new, *outcome.going_on):
        say(f"  {alert.name}: {alert.why}" + (f" (since {alert.since})" if alert.seen > 1 else ""))
    for text in outcome.unjudged:
        say(f"  not judged: {text}")
    say(f"page    {out / 'monitor.html'}")
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)


def _holds_data(folder: Path) -> bool:
    from ..reading import is_data

    return any(is_data(p) for p in folder.iterdir() if p.is_file())


def _version(path: str, generation: int | None = None) -> Version:
    from ..core.errors import MintmarkError
    from ..monitor.version import Version
    from ..reading import read
    from .gate import read_report

    try:
        findings = read_report(Path(path)).findings
    except MintmarkError:
        findings = ()
    return Version(Path(path).name, read(path, path).corpus.texts, findings, generation)
