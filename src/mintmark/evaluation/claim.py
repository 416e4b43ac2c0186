"""Claims: what an aspect found, before all that were found are weighed together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..core.finding import Estimate, Exhibit, Figure, Finding, Kind
from ..measures.intervals import holm
from ..measures.verdict import chance_of, judge


@dataclass(frozen=True)
class Claim:
    """A quantity, where it would stand if nothing were wrong, and the sentences for each way it may have come out.

    Args:
        aspect, metric: its name; `fidelity` and `c2st_auc`.
        bad: on which side of the null trouble lies.
        estimate, null: the quantity and what it is where nothing is going on.
        p: one-sided chance of an estimate this bad, or worse, under the null; from the two intervals where not given.
        margin: a difference smaller than this matters to nobody; no risk is called inside it.
        risk, benefit, unclear: one plain sentence for each outcome; without `benefit` a good outcome is a `fact`.

    Example:
        >>> from mintmark.measures.intervals import wilson
        >>> one = Claim("copying", "verbatim_share", "above", wilson(30, 100), wilson(1, 100), "real rows",
        ...             risk="30 % of the rows stand in the reference.", unclear="Copies cannot be told.")
        >>> [f.kind for f in settle([one])]
        ['risk']
    """

    aspect: str
    metric: str
    bad: Literal["above", "below"]
    estimate: Estimate
    null: Estimate
    null_means: str
    risk: str
    unclear: str
    benefit: str = ""
    p: float | None = None
    margin: float = 0.0
    evidence: Sequence[Exhibit] = ()
    figure: Figure | None = None
    method: str = ""
    reference: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """`p`, or what the intervals of estimate and null give."""
        return chance_of(self.bad, self.estimate, self.null) if self.p is None else self.p


def settle(claims: Iterable[Claim | Finding]) -> list[Finding]:
    """Return the findings, risks, benefits and questions told apart by interval, null and Holm's correction.

    A claim is a risk where its chance under the null, corrected for all claims of the report, is below 5 % and its
    interval lies beyond the null by more than the margin. It is a benefit where the interval's bad end does not
    pass the null by more than the margin: then the trouble, if any, is too small to matter. Everything between is a
    question. Findings that are given pass as they are.
    """
    given = list(claims)
    weighed = [c for c in given if isinstance(c, Claim)]
    adjusted = dict(zip(map(id, weighed), holm([c.chance for c in weighed])))
    return [_finding(c, adjusted[id(c)]) if isinstance(c, Claim) else c for c in given]


A_REFERENCE = "a reference of real rows"
"""What most claims need that compare: one wording, so that a report can gather them."""


def needs(aspect: str, metric: str, what: str, claim: str, *, method: str = "", reference: str = "") -> Finding:
    """Return the question that stays open until `what` is given."""
    return Finding(aspect=aspect, metric=metric, claim=claim, needs=what, method=method, reference=reference)


def _finding(claim: Claim, adjusted: float) -> Finding:
    outcome = judge(claim.bad, claim.estimate, claim.null, claim.margin, adjusted)
    kind: Kind = "question"
    text = claim.unclear
    if outcome == "risk":
        kind, text = "risk", claim.risk
    elif outcome == "fine":
        kind, text = ("benefit", claim.benefit) if claim.benefit else ("fact", claim.unclear)
    return Finding(
        aspect=claim.aspect, metric=claim.metric, claim=text, kind=kind, estimate=claim.estimate, null=claim.null,
        null_means=claim.null_means, p=claim.chance, evidence=tuple(claim.evidence), figure=claim.figure,
        method=claim.method, reference=claim.reference,
        details={**claim.details, "p_adjusted": adjusted, "bad": claim.bad, "margin": claim.margin},
    )  # fmt: skip
