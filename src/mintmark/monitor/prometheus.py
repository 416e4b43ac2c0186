"""A look at a series as a text file for Prometheus' node exporter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.finding import Finding
from ..core.store import write_atomically
from .alerts import Outcome
from .series import Report

Sample = tuple[Mapping[str, str], float]


def exposition(report: Report, outcome: Outcome, *, dataset: str = "", seconds: float | None = None) -> str:
    """Return the text of a look: estimates with their intervals and nulls, alerts, counts, the exit code.

    A metric that several findings bear is given once, as the first of them says it: Prometheus takes no sample twice.

    Args:
        dataset: the value of the label `dataset` of every sample.
        seconds: when the look was, in seconds since 1970; without it the file says nothing of time.

    Reference: Prometheus documentation, Exposition formats, text format 0.0.4.
    """
    base = {"dataset": dataset}
    estimates: list[Sample] = []
    nulls: list[Sample] = []
    chances: list[Sample] = []
    known: dict[str, Finding] = {}
    for f in report.now:
        if f.name in known:
            continue
        known[f.name] = f
        labels = {**base, "aspect": f.aspect, "metric": f.metric}
        if f.estimate is not None:
            ends = (("value", f.estimate.value), ("low", f.estimate.low), ("high", f.estimate.high))
            estimates += [({**labels, "bound": bound}, value) for bound, value in ends]
        if f.null is not None:
            nulls.append((labels, f.null.value))
        if f.p is not None:
            chances.append((labels, f.details.get("p_adjusted", f.p)))
    kinds = [
        ({**base, "kind": k}, float(sum(f.kind == k for f in report.now)))
        for k in ("risk", "question", "benefit", "fact")
    ]
    alerts = [({**base, "rule": a.name}, 1.0) for a in (*outcome.new, *outcome.going_on)]
    parts = [
        _family("mintmark_estimate", "A metric's estimate (bound=value) and the ends of its 95 % interval.", estimates),
        _family("mintmark_null", "The same metric where nothing is going on.", nulls),
        _family("mintmark_chance", "The chance of the estimate where nothing is going on, corrected by Holm.", chances),
        _family("mintmark_findings", "Findings by kind.", kinds),
        _family("mintmark_alert", "1 for every alert that is raised.", alerts),
        _family("mintmark_alerts", "Alerts that are raised.", [(base, float(len(alerts)))]),
        _family("mintmark_unjudged", "What could not be judged.", [(base, float(len(outcome.unjudged)))]),
        _family("mintmark_versions", "Versions in the series.", [(base, float(len(report.versions)))]),
        _family("mintmark_rows", "Rows of the newest version.",
                [(base, float(report.versions[-1].rows))] if report.versions else []),
        _family("mintmark_exit_code", "0 nothing to do, 1 an alert, 2 not judged.", [(base, float(outcome.exit_code))]),
        _family("mintmark_last_look_timestamp_seconds", "When the series was last looked at.",
                [] if seconds is None else [(base, seconds)]),
    ]  # fmt: skip
    return "".join(parts)


def write(path: str | Path, text: str) -> None:
    """Write the text, all of it or nothing, for a reader may come at any time.

    Raises:
        RunError: where it cannot be written.
    """
    write_atomically(Path(path), text.encode("utf-8", "replace"))


def _family(name: str, told: str, samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    lines = [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inner = ",".join(f'{k}="{_escaped(v)}"' for k, v in labels.items() if v)
        lines.append(f"{name}{{{inner}}} {value:.10g}" if inner else f"{name} {value:.10g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    """Return a label's value with the three signs escaped that the format reserves."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
