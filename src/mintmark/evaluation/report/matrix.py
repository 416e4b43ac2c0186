"""The risk matrix: four kinds of risk, for the data and the reference side by side, filled from findings alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ...core.finding import Finding
from .verdict import by_strength, is_judged

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Privacy and security": ("copying", "safety", "privacy"),
    "Bias and fairness": ("bias",),
    "Performance and robustness": (
        "fidelity", "diversity", "utility", "grounding", "contamination", "labels", "collapse", "promise",
    ),
    "Cost and scale": ("process", "cost"),
}  # fmt: skip
"""Which aspects speak of which risk; an aspect that is not here gets a line `Other`."""

Verdict = Literal["risk", "question", "benefit", "fact", "not judged"]


class Cell(BaseModel):
    """The worst that was found, and how much else was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict = "not judged"
    name: str = ""
    """The finding's name, `aspect.metric`."""
    claim: str = ""
    risks: int = 0
    benefits: int = 0
    unclear: int = 0
    not_judged: int = 0
    """Questions that need something that was not given."""


class Line(BaseModel):
    """One kind of risk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category: str
    data: Cell
    reference: Cell


def fill(data: Sequence[Finding], reference: Sequence[Finding] = ()) -> list[Line]:
    """Return the matrix: in each cell the worst verdict with the finding's name, `not judged` where nothing was.

    Example:
        >>> fill([])[0].data.verdict
        'not judged'
    """
    known = {a for aspects in CATEGORIES.values() for a in aspects}
    other = tuple(sorted({f.aspect for f in (*data, *reference)} - known))
    categories = {**CATEGORIES, **({"Other": other} if other else {})}
    return [
        Line(category=category, data=_cell(data, aspects), reference=_cell(reference, aspects))
        for category, aspects in categories.items()
    ]


def _cell(findings: Sequence[Finding], aspects: Sequence[str]) -> Cell:
    mine = by_strength(f for f in findings if f.aspect in aspects)
    # A question that waits for something is no verdict; it is counted, so that a cell never looks better than it is.
    waiting = [f for f in mine if f.kind == "question" and not is_judged(f)]
    settled = [f for f in mine if f.kind != "question" or is_judged(f)]
    ranks: dict[str, Verdict] = {"risk": "risk", "question": "question", "benefit": "benefit", "fact": "fact"}
    worst = next((f for kind in ranks for f in settled if f.kind == kind), None)
    return Cell(
        verdict=ranks[worst.kind] if worst else "not judged",
        name=worst.name if worst else "",
        claim=worst.claim if worst else "",
        risks=sum(f.kind == "risk" for f in mine),
        benefits=sum(f.kind == "benefit" for f in mine),
        unclear=sum(f.kind == "question" for f in settled),
        not_judged=len(waiting),
    )
