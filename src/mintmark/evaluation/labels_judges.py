"""Judges: whether they agree with people, and with themselves when the order is swapped."""

from __future__ import annotations

from ..core.finding import Estimate, Finding
from ..measures.agreement import cohen_kappa, position_flips
from .claim import Claim, needs
from .subject import Corpus, text_of

ASPECT = "labels"


def judges(data: Corpus) -> list[Claim | Finding]:
    """Return the agreement of `judge_label` with `human_label`, and the flips to `judge_label_swapped`."""
    names = {c for row in data.rows for c in row}
    found: list[Claim | Finding] = []
    if {"judge_label", "human_label"} <= names:
        pairs = [(text_of(r.get("judge_label")), text_of(r.get("human_label"))) for r in data.rows]
        found.append(_kappa([(a, b) for a, b in pairs if a and b]))
    if {"judge_label", "judge_label_swapped"} <= names:
        both = [(text_of(r.get("judge_label")), text_of(r.get("judge_label_swapped"))) for r in data.rows]
        flips = position_flips(*zip(*([(a, b) for a, b in both if a and b] or [("", "")])))
        found.append(Finding(
            aspect=ASPECT, metric="position_flips", kind="fact", estimate=flips, method=flips.method,
            claim=f"The judge changed its choice on {flips.value:.1%} of {flips.n:,} pairs when the order was swapped.",
            reference="Zheng et al. 2023, Judging LLM-as-a-judge with MT-Bench and Chatbot Arena",
        ))  # fmt: skip
    if not found:
        what = "columns `judge_label` and `human_label` on rows that both have judged"
        found.append(needs(ASPECT, "judge_agreement", what, "Whether a judge agrees with people cannot be told."))
    return found


def _kappa(pairs: list[tuple[str, str]]) -> Claim | Finding:
    if len(pairs) < 10:
        what = f"10 or more rows with both a judge's and a person's label (there are {len(pairs)})"
        return needs(ASPECT, "judge_agreement", what, "Too few rows were judged by both.")
    kappa = cohen_kappa([a for a, _ in pairs], [b for _, b in pairs])
    null = Estimate(value=0.4, low=0.4, high=0.4, n=len(pairs), method="by convention")
    said = f"Judge and people agree with a kappa of {kappa} on {kappa.n:,} rows"
    return Claim(
        ASPECT, "judge_agreement", "below", kappa, null, "the least that is called moderate agreement",
        risk=f"{said}, less than the 0.40 that is called moderate.", benefit=f"{said}, at least moderate.",
        unclear=f"{said}, which may be more or less than moderate (0.40).", method=kappa.method,
        reference="Cohen 1960; Landis and Koch 1977, The measurement of observer agreement",
    )  # fmt: skip
