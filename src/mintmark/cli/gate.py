"""`mintmark gate`: bounds that a report must keep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import draw, say

if TYPE_CHECKING:
    from ..core.gate import Decision
    from ..evaluation.report.model import Report

app = typer.Typer(
    help="Hold a report against a policy: a YAML file of bounds such as `fidelity.c2st_auc: {max: 0.8}`.",
    no_args_is_help=True,
)
_Report = Annotated[
    Path, typer.Argument(metavar="REPORT", help="A report.json, its folder, or the folder of a run that has one.")
]


@app.command("check")
def check(
    report: _Report,
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="The policy.")] = Path("gate.yaml"),
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the outcome as JUnit XML.")
    ] = None,
) -> None:
    """Hold a report against a policy.

    A bound is compared with the interval's bad end unless the policy says `use: point`. Exit codes: 0 every bound is
    kept, 1 one is broken, 2 one could not be judged.
    """
    from ..core.gate import Policy

    decide(Policy.from_file(policy).judge(read_report(report).findings), junit)


@app.command("init")
def init(
    report: _Report,
    out: Annotated[Path, typer.Option("-o", "--out", help="The policy file.")] = Path("gate.yaml"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file where it exists.")] = False,
) -> None:
    """Write a first policy from a report: a bound for every estimate, with some room beside where it stands now."""
    from ..core.errors import MintmarkError
    from ..core.store import write_atomically
    from ..evaluation.gate import policy_from

    if out.exists() and not overwrite:
        raise MintmarkError("exists already", where=str(out), remedy="choose another name, or give --overwrite")
    write_atomically(out, policy_from(read_report(report).findings).encode())
    say(f"policy  {out}")


def read_report(path: Path) -> Report:
    """Return the report in a file, a report's folder or a run's folder.

    Raises:
        MintmarkError: where there is none.
    """
    from ..core.errors import MintmarkError
    from ..evaluation.report.model import Report

    for place in (path, path / "report.json", path / "report" / "report.json"):
        if place.is_file():
            return Report.from_json(place.read_bytes())
    raise MintmarkError("there is no report", where=str(path), remedy=f"run `mintmark evaluate {path}`")


def decide(decision: Decision, junit: Path | None, *, quiet: bool = False) -> None:
    """Print what came of a policy, and end with its exit code where it is not kept."""
    from rich.table import Table

    from ..core.store import write_atomically
    from ..evaluation.gate_output import HEADERS, summary, table_rows
    from ..evaluation.gate_output import junit as as_junit

    if junit is not None:
        write_atomically(junit, as_junit(decision).encode())
    if not quiet:
        table = Table(*HEADERS, box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for row in table_rows(decision):
            table.add_row(*row)
        say()
        draw(table)
        say(summary(decision))
    if decision.exit_code:
        raise typer.Exit(decision.exit_code)
