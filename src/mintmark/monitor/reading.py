"""Readings: a quantity with its null, and the finding that comes of it once all readings are weighed together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..core.finding import Estimate, Exhibit, Finding, Kind
from ..measures.intervals import holm
from ..measures.verdict import Side, chance_of, judge


@dataclass(frozen=True)
class Reading:
    """What was measured, and the sentences for each way it may have come out.

    Args:
        bad: on which side of the null trouble lies; `both` where any change is one.
        p: chance of an estimate so far on the bad side; from the intervals where not given.
        margin: a difference smaller than this matters to nobody.
        risk, calm, unclear: one plain sentence each.
    """

    aspect: str
    metric: str
    bad: Side
    estimate: Estimate
    null: Estimate
    null_means: str
    risk: str
    calm: str
    unclear: str
    p: float | None = None
    margin: float = 0.0
    evidence: tuple[Exhibit, ...] = ()
    method: str = ""
    reference: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """`p`, or what the intervals of estimate and null give."""
        return chance_of(self.bad, self.estimate, self.null) if self.p is None else self.p


def weigh(readings: Iterable[Reading | Finding]) -> list[Finding]:
    """Return the findings: a risk where the corrected chance is under 5 % and the interval lies beyond the margin.

    A fact where the interval lies within the margin, a question between the two. Findings that are given pass as they are.
    """
    given = list(readings)
    measured = [r for r in given if isinstance(r, Reading)]
    adjusted = dict(zip(map(id, measured), holm([r.chance for r in measured])))
    return [r if isinstance(r, Finding) else _finding(r, adjusted[id(r)]) for r in given]


def needs(aspect: str, metric: str, what: str, claim: str) -> Finding:
    """Return the question that stays open until `what` is given."""
    return Finding(aspect=aspect, metric=metric, claim=claim, needs=what)


def _finding(r: Reading, adjusted: float) -> Finding:
    outcome = judge(r.bad, r.estimate, r.null, r.margin, adjusted)
    kind: Kind = "question"
    claim = r.unclear
    if outcome == "risk":
        kind, claim = "risk", r.risk
    elif outcome == "fine":
        kind, claim = "fact", r.calm
    return Finding(
        aspect=r.aspect, metric=r.metric, claim=claim, kind=kind, estimate=r.estimate, null=r.null,
        null_means=r.null_means, p=r.chance, evidence=r.evidence, method=r.method, reference=r.reference,
        details={**r.details, "bad": r.bad, "margin": r.margin, "p_adjusted": adjusted},
    )  # fmt: skip
