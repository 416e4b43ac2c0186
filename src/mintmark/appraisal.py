"""Evaluation from Python: a dataset in, a report out."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core.errors import MintmarkError, MissingExtra
from .core.store import RunFolder
from .evaluation.aspects import ALONE, chosen, examine
from .evaluation.benchmarks import read as read_benchmark
from .evaluation.parts import parts
from .evaluation.report.model import Examined, Part, Point, Report, steps_of
from .evaluation.report.write import write_report
from .evaluation.subject import Benchmark, Corpus, RunFacts, Subject
from .models.bridge import bridges
from .reading import MAX_ROWS, Read, read, sources_of

if TYPE_CHECKING:
    from .core.finding import Finding
    from .core.gate import Decision


_PRIVATE = "This report is private: it quotes rows that must not be shown. Keep it out of what is published."


class Evaluation:
    """A report and where it was written.

    Attributes:
        report: everything that was found.
        files: what was written; empty where nothing was.
    """

    def __init__(self, report: Report, files: Sequence[Path] = ()) -> None:
        self.report, self.files = report, list(files)

    def __repr__(self) -> str:
        return f"Evaluation({self.report.verdict!r})"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding."""
        return self.report.findings

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of a name such as `fidelity.c2st_auc`.

        Raises:
            KeyError: where nothing has that name.
        """
        for finding in self.report.findings:
            if finding.name == name:
                return finding
        raise KeyError(name)

    def gate(self, policy: str | Path | Mapping[str, Any]) -> Decision:
        """Return what comes of a policy: a file, or `{"fidelity.c2st_auc": {"max": 0.8}}`."""
        from .core.gate import Policy

        found = Policy.from_data(policy) if isinstance(policy, Mapping) else Policy.from_file(policy)
        return found.judge(self.report.findings)


def evaluate(
    data: Any, reference: Any = None, *, out: str | Path | None = None, task: str | None = None,
    roles: Mapping[str, str] | None = None, sources: Any = None, protected: Any = None,
    benchmarks: Iterable[str | Path] = (), model: str | None = None, judge: str | None = None,
    embed: str | None = None, aspects: Iterable[str] | None = None, calls: str | Path | None = None, seed: int = 0,
    max_rows: int = MAX_ROWS, known: str | Path | None = None, static: bool = True, private: bool = False,
    command: str = "", tell: Callable[[str], None] | None = None,
) -> Evaluation:  # fmt: skip
    """Return what is known of a dataset's benefits, risks and open questions; alters nothing that it reads.

    Args:
        data: rows to examine: a run, its folder, data files, a folder of documents, a table, or a list of dicts.
        reference: real rows to hold them against, given likewise.
        out: folder for report.html, report.md, report.json and figures; nothing is written where None.
        task: `classification`, `qa`, `instruction` ..., where the columns do not say it.
        roles: role to column (`{"text": "review"}`), where column names do not say it; for data and reference.
        sources: what the rows were made from; a run's own by default.
        protected: texts whose words and style must not be copied.
        benchmarks: files of test questions that must not be in the data.
        model: a model that can score, such as `local/smollm2`, for claims of likelihood.
        judge: a model that judges whether answers rest on their contexts; it is held against planted cases first.
        embed: a model that can embed, such as `embed/minilm`; vectors of words otherwise.
        aspects: names of the aspects wanted; all by default.
        calls: the call log of the models; beside the report, or in the run's folder, by default.
        seed: of everything that is drawn.
        max_rows: rows of each set that are read at most, drawn at random from more.
        known: folder of data with known numbers; the report then says which of its metrics gave them.
        static: write the figures as SVG and PNG files too.
        private: the report quotes rows that must not be shown: it says so, and `out` is best under a folder `private`.
        command: the command that makes the report again; made from the paths where not given.
        tell: told the name of each aspect before it is asked.

    Raises:
        MintmarkError: for what cannot be read, a column that is not there, an unknown aspect.
        MissingExtra: without the extra `evaluate`.

    Example:
        >>> rows = [{"text": f"Row {i} says nothing new."} for i in range(40)]
        >>> evaluate(rows, aspects=["copying"]).findings[0].aspect
        'copying'
    """
    wanted = chosen(aspects)
    given = _given(data, "data", roles, max_rows, seed)
    held = None if reference is None else _given(reference, "reference", roles, max_rows, seed)
    own = sources_of(given.run, max_rows=max_rows, seed=seed) if sources is None and given.run else None
    tests = [read_benchmark(b) for b in benchmarks]
    log = _log(calls, out, given.run)
    command = command or f"mintmark evaluate {_name(data)}" + (f" --reference {_name(reference)}" if held else "")
    if (model or judge or embed) and log is None:
        raise MintmarkError("a model's calls need a log", where="evaluate", remedy="give `out` or `calls`")
    with bridges({"model": model, "judge": judge, "embed": embed}, log or Path()) as asked, _one_thread():
        scorer, embedder = asked.get("model"), asked.get("embed")
        subject = Subject(
            data=given.corpus, reference=held.corpus if held else None,
            sources=own if sources is None else _given(sources, "source", None, max_rows, seed).corpus,
            protected=None if protected is None else _given(protected, "protected", None, max_rows, seed).corpus,
            benchmarks=tests, run=given.run, task=task, seed=seed, command=command,
            score=scorer.score if scorer else None, judge=asked.get("judge"), embed=embedder.embed if embedder else None,
            embedder=embed or Subject.embedder,
        )  # fmt: skip
        findings = examine(subject, wanted, tell=tell)
        others = _of_reference(subject, wanted) if held else []
        told = parts(subject) if "process" in wanted else []
        placed = _points(subject) if "fidelity" in wanted and held else ([], "")
    report = Report(
        title=f"What {_title(data)} is worth",
        examined=_examined(subject, data, reference, given, held, tests, (model, judge), private),
        findings=tuple(findings), reference_findings=tuple(others),
        waterfall=tuple(steps_of(given.run.manifest)) if given.run else (), parts=[Part(**part._asdict()) for part in told],
        points=placed[0], points_caption=placed[1], checked=_checked(known),
    )  # fmt: skip
    return Evaluation(report, write_report(report, Path(out), static=static) if out is not None else ())


def _one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra runs on one thread.

    Sums then do not depend on the machine, and the matrices are small: on 2 cores beside other work, two threads that
    wait for each other took eight times as long as one.

    Raises:
        MissingExtra: without the extra `evaluate`.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError as e:
        raise MissingExtra("scikit-learn", "evaluate", where="evaluate") from e
    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


def _given(data: Any, name: str, roles: Mapping[str, str] | None, max_rows: int, seed: int) -> Read:
    """Return rows from whatever holds them."""
    folder = getattr(data, "folder", None)
    if isinstance(folder, RunFolder):
        data = folder.path
    if isinstance(data, str | Path):
        return read(data, name, roles=roles, max_rows=max_rows, seed=seed)
    rows = data.to_pylist() if hasattr(data, "to_pylist") else list(data)
    for i, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise MintmarkError("a row must be a dict", where=f"{name}, row {i}", got=type(row).__name__)
    return Read(Corpus.of(name, rows[:max_rows], roles))


def _of_reference(subject: Subject, wanted: Sequence[str]) -> list[Finding]:
    """Return what can be said of the real rows by themselves, for the risk matrix."""
    assert subject.reference is not None
    alone = Subject(
        data=subject.reference, benchmarks=subject.benchmarks, seed=subject.seed, task=subject.task,
        command=subject.command,
    )  # fmt: skip
    # What an aspect has worked out already, in the space of both sets.
    alone.__dict__.update({k: (v[1], None) for k, v in vars(subject).items() if k in ("vectors", "lexical")})
    return examine(alone, [a for a in wanted if a in ALONE]) if any(a in ALONE for a in wanted) else []


def _points(subject: Subject) -> tuple[tuple[Point, ...], str]:
    from .evaluation.plane import points

    rows, caption = points(subject)
    return tuple(Point.model_validate(row) for row in rows), caption


def _examined(
    subject: Subject, data: Any, reference: Any, given: Read, held: Read | None, tests: Sequence[Benchmark],
    models: tuple[str | None, str | None], private: bool,
) -> Examined:  # fmt: skip
    (model, judge), run = models, given.run
    made_by = (run.manifest["content"].get("models") or {}) if run else {}
    columns = dict.fromkeys(c for row in given.corpus.rows for c in row)
    return Examined(
        data=_name(data), rows=len(given.corpus), columns=tuple(columns), task=subject.task or "",
        reference=_name(reference) if held else "", reference_rows=len(held.corpus) if held else None,
        sources=str(run.manifest["content"].get("source", {}).get("source", "")) if run else "",
        documents=len(subject.sources) if subject.sources else None,
        protected=len(subject.protected) if subject.protected else None,
        benchmarks=tuple(f"{b.name} ({len(b.items):,})" for b in tests),
        models=tuple(sorted({str(m["spec"]) for m in made_by.values()})),
        embedder=subject.embedder + (f"; scores by {model}" if model else ""), judge=judge or "", seed=subject.seed,
        version=importlib.metadata.version("mintmark"), command=subject.command,
        notes=(*((_PRIVATE,) if private else ()), *given.notes, *(held.notes if held else ())),
    )  # fmt: skip


def _checked(folder: str | Path | None) -> dict[str, str]:
    """Return metric name -> what it has been seen to give, for metrics none of whose known numbers came out wrong."""
    if folder is None:
        return {}
    from .evaluation.known import run_checks

    found: dict[str, list[str]] = {}
    wrong: set[str] = set()
    for outcome in run_checks(Path(folder)):
        for metric in outcome.check.metrics:
            if outcome.passed is None:
                continue
            found.setdefault(metric, []).append(f"{outcome.check.what}: {outcome.shown} (known {outcome.check.shown})")
            if not outcome.passed:
                wrong.add(metric)
    return {metric: "; ".join(told[:3]) for metric, told in found.items() if metric not in wrong}


def _log(calls: str | Path | None, out: str | Path | None, run: RunFacts | None) -> Path | None:
    if calls is not None:
        return Path(calls)
    if out is not None:
        return Path(out) / "calls.sqlite"
    return run.folder / "report" / "calls.sqlite" if run else None


def _name(data: Any) -> str:
    folder = getattr(data, "folder", None)
    if isinstance(folder, RunFolder):
        return str(folder.path)
    return str(data) if isinstance(data, str | Path) else "(rows in memory)"


def _title(data: Any) -> str:
    name = _name(data)
    return "the dataset" if name.startswith("(") else Path(name).name or name
