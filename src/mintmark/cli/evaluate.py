"""`mintmark evaluate`: the evidence report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .output import draw, mapped, say, say_json, shell

if TYPE_CHECKING:
    from ..appraisal import Evaluation

EPILOG = """\b
Exit codes: 0 the report is written (and the policy, if any, is kept), 1 the policy is
broken or the data cannot be read, 2 the policy could not be judged.

\b
Examples:
  mintmark evaluate runs/faq
  mintmark evaluate runs/faq --reference real.jsonl --policy gate.yaml
  mintmark evaluate synthetic.jsonl --reference human.jsonl --task classification -o report/
  mintmark evaluate runs/faq --benchmark HumanEval.jsonl --aspect contamination
"""


def evaluate(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A run's folder, a data file or glob, or a folder of documents.")
    ],
    reference: Annotated[
        str | None, typer.Option("--reference", "-r", metavar="DATA", help="Real rows to hold them against.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder of the report.", show_default="report in the run, or ./report"),
    ] = None,
    task: Annotated[str | None, typer.Option("--task", help="classification, qa, instruction ...")] = None,
    roles: Annotated[
        list[str] | None, typer.Option("--map", metavar="ROLE=COLUMN", help="Which column plays a role; repeatable.")
    ] = None,
    benchmark: Annotated[
        list[Path] | None,
        typer.Option("--benchmark", metavar="FILE", help="Test questions that must not be in the data; repeatable."),
    ] = None,
    sources: Annotated[
        str | None, typer.Option("--sources", metavar="DATA", help="What the rows were made from; a run knows its own.")
    ] = None,
    protected: Annotated[
        str | None, typer.Option("--protected", metavar="DIR", help="Texts whose words and style must not be copied.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="SPEC", help="A model that scores, e.g. local/smollm2.")
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="SPEC", help="A model that judges, e.g. openai/gpt-5-mini; it is calibrated."),
    ] = None,
    embed: Annotated[
        str | None, typer.Option("--embed", metavar="SPEC", help="A model that embeds, e.g. embed/minilm.")
    ] = None,
    aspect: Annotated[list[str] | None, typer.Option("--aspect", help="Only this aspect; repeatable.")] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Bounds for the findings; see `mintmark gate`.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the policy's outcome as JUnit XML.")
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option("--known", metavar="DIR", help="Data with known numbers: say which metrics give them."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")] = 0,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=1, help="Rows of each set at most; of more, a random draw.")
    ] = 50_000,
    private: Annotated[
        bool, typer.Option("--private", help="The rows must not be shown: the report says so and lies under private/.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json instead of the summary.")] = False,
) -> None:
    """Write a report of a dataset's benefits, risks and open questions.

    Each claim has an estimate with its interval, what it would be if nothing were wrong, the rows that show it, and
    the command that makes it again. What cannot be judged with what was given says what it would need.
    """
    from ..appraisal import evaluate as work
    from ..core.gate import Policy

    bounds = Policy.from_file(policy) if policy is not None else None
    target = out if out is not None else _default_out(data, private)
    words: list[str | Path] = ["mintmark", "evaluate", data]
    for flag, value in (("--reference", reference), ("--task", task), ("--sources", sources), ("--protected", protected),
                        ("--model", model), ("--judge", judge), ("--embed", embed)):  # fmt: skip
        words += [flag, value] if value else []
    for pair in roles or []:
        words += ["--map", pair]
    for path in benchmark or []:
        words += ["--benchmark", path]
    words += ["--seed", str(seed)] if seed else []
    words += ["--private"] if private else []
    found = work(
        data, reference, out=target, task=task, roles=mapped(roles), sources=sources, protected=protected,
        benchmarks=benchmark or (), model=model, judge=judge, embed=embed, aspects=aspect, seed=seed, max_rows=max_rows,
        known=known, private=private,
        command=shell(*words), tell=_tell(as_json),
    )  # fmt: skip
    if as_json:
        say_json(found.report.model_dump(mode="json"))
    else:
        _summary(found, target)
    if bounds is not None:
        from .gate import decide

        decide(bounds.judge(found.findings), junit, quiet=as_json)


def _default_out(data: str, private: bool) -> Path:
    from ..reading import is_run

    folder = Path(data) if is_run(Path(data)) else Path()
    return folder / "private" / "report" if private else folder / "report"


def _tell(quiet: bool) -> Callable[[str], None] | None:
    import sys

    if quiet or not sys.stderr.isatty():
        return None
    return lambda aspect: typer.echo(f"\r\x1b[K{aspect} ...", err=True, nl=False)


def _summary(found: Evaluation, target: Path) -> None:
    import sys

    from ..evaluation.report.verdict import needed

    if sys.stderr.isatty():
        typer.echo("\r\x1b[K", err=True, nl=False)
    say(found.report.verdict)
    for kind, title in (("risk", "Risks"), ("benefit", "Benefits"), ("question", "Could go either way")):
        own = [(f.name, f.claim) for f in found.findings if f.kind == kind and not (f.needs and kind == "question")]
        _listed(title, len(own), own)
    open_ = [
        (f"{len(some)} of {', '.join(dict.fromkeys(f.aspect for f in some))}", f"need {what}")
        for what, some in needed(found.findings)
    ]
    _listed("Not judged", sum(bool(f.needs) for f in found.findings if f.kind == "question"), open_)
    say()
    say(f"report  {target / 'report.html'}")


def _listed(title: str, count: int, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    from rich.table import Table

    say()
    say(f"{title} ({count})")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=44)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, text)
    draw(table)
