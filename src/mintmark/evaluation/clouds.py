"""How synthetic and real rows lie in each other as clouds of points: PRDC and MAUVE, each beside its null."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Figure, Finding, number
from ..measures.halves import SMALLEST as SMALLEST_DRAW
from ..measures.halves import Compared, Pairs, compare, draw_size
from ..measures.mauve import mauve
from ..measures.neighbours import nearest, prdc
from . import figures
from .against_reference import ASPECT, Sides, rows_shown, unanswered
from .claim import Claim

Ints = npt.NDArray[np.int64]

CLOUDS = (
    ("prdc_precision", "Do synthetic rows lie where real rows lie?"),
    ("prdc_recall", "Do synthetic rows reach where real rows lie?"),
    ("prdc_density", "Do synthetic rows lie as close to real rows as real rows do?"),
    ("prdc_coverage", "Has every real row a synthetic row nearby?"),
    ("mauve", "Do synthetic rows fill the same clusters as real rows?"),
)
K = 5
MAUVE_ROWS = 500
_PRDC = "Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models"
_MAUVE = "Pillutla et al. 2021, MAUVE: Measuring the gap between neural text and human text"


@dataclass(frozen=True)
class _Sight:
    metric: str
    margin: float
    says: Callable[[str, str], str]
    benefit: str
    reference: str
    method: str


def clouds(sides: Sides) -> list[Claim | Finding]:
    """Return PRDC and MAUVE of the compared rows, each beside its null."""
    subject = sides.subject
    size = draw_size(len(sides.data), len(sides.reference))
    if size < SMALLEST_DRAW:
        what = f"at least {2 * SMALLEST_DRAW} synthetic and {4 * SMALLEST_DRAW} real rows with a text"
        return list(unanswered(CLOUDS, what))
    x, y = sides.vectors

    def neighbourhoods(own: Ints, real: Ints, others: Ints) -> Pairs:
        a, b = prdc(y[real], x[own], K), prdc(y[real], y[others], K)
        return {name: (getattr(a, name), getattr(b, name)) for name in ("precision", "recall", "density", "coverage")}

    def clusters(own: Ints, real: Ints, others: Ints) -> Pairs:
        return {"mauve": (mauve(x[own], y[real], seed=subject.seed), mauve(y[others], y[real], seed=subject.seed))}

    found = compare(len(x), len(y), neighbourhoods, draws=16, seed=subject.seed)
    found |= compare(len(x), len(y), clusters, draws=10, most=MAUVE_ROWS, seed=subject.seed)
    made = f" Vectors: {subject.embedder}.{sides.sampled}"
    figure = _neighbourhood_figure(found)
    rare = _unreached(x, y, sides)
    return [
        _cloud_claim(sight, found[sight.metric.removeprefix("prdc_")], made, figure,
                     rare if sight.metric in ("prdc_recall", "prdc_coverage") else [])
        for sight in _SIGHTS
    ]  # fmt: skip


_K_BALLS = f"k = {K} neighbours in the space of vectors; draws of one size from both sets."
_SIGHTS = (
    _Sight("prdc_precision", 0.05, lambda v, n: f"{v} of the synthetic rows lie where real rows lie, against {n} of other "
           "real rows", "Synthetic rows lie where real rows lie", _PRDC, _K_BALLS),
    _Sight("prdc_recall", 0.05, lambda v, n: f"{v} of the real rows lie where synthetic rows lie, against {n} that lie "
           "where other real rows do", "Synthetic rows reach where real rows lie", _PRDC, _K_BALLS),
    _Sight("prdc_density", 0.1, lambda v, n: f"Synthetic rows lie in {v} times as many real neighbourhoods as they would "
           f"by right (other real rows: {n})", "Synthetic rows lie as close to real rows as real rows do", _PRDC, _K_BALLS),
    _Sight("prdc_coverage", 0.05, lambda v, n: f"{v} of the real neighbourhoods hold a synthetic row, against {n} that hold "
           "another real row", "Real neighbourhoods hold synthetic rows as often as other real rows", _PRDC, _K_BALLS),
    _Sight("mauve", 0.1, lambda v, n: f"MAUVE of synthetic and real rows is {v}, against {n} of real and real rows",
           "Synthetic and real rows fill the same clusters alike", _MAUVE,
           "PCA to 90 % of the variance, k-means with one cluster for ten rows, scale 5; draws of one size from both sets. "
           "Not comparable with values from other vectors or sizes."),
)  # fmt: skip


def _cloud_claim(sight: _Sight, found: Compared, made: str, figure: Figure, evidence: list[Exhibit]) -> Claim:
    share = sight.metric in ("prdc_precision", "prdc_recall", "prdc_coverage")
    value, null = (_percent(e) if share else number(e.value) for e in (found.estimate, found.null))
    said = sight.says(value, null)
    return Claim(
        ASPECT, sight.metric, "below", _bounded(found.estimate, sight), _bounded(found.null, sight),
        "other real rows in the place of the synthetic ones, as many",
        risk=said + ".", unclear=said + "; whether that is less than chance would give, and matters, is open.",
        benefit=f"{sight.benefit}: {said[0].lower() if not said.startswith('MAUVE') else said[0]}{said[1:]}.",
        p=found.p_below, margin=sight.margin, evidence=evidence, reference=sight.reference, method=sight.method + made,
        figure=figure if sight.metric == "prdc_coverage" else None,
        details={"margin": sight.margin, "rows_a_draw": found.estimate.n, "draws": len(found.pairs)},
    )  # fmt: skip


def _unreached(x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], sides: Sides) -> list[Exhibit]:
    """Return real rows that synthetic rows come least near to, by the distance that other real rows keep."""
    rng = np.random.default_rng(sides.subject.seed)
    own = np.sort(rng.permutation(len(x))[:2000])
    real = np.sort(rng.permutation(len(y))[:2000])
    theirs = nearest(y[real], x[own], 1)[0][:, 0]
    ours = nearest(y[real], y[real], K, exclude_self=True)[0][:, -1]
    far = np.argsort(ours - theirs, kind="stable")[:25]
    far = far[theirs[far] > ours[far]]
    notes = [
        f"nearest of {len(own):,} synthetic rows at {theirs[i]:.2f}; {K} of {len(real):,} real rows are within {ours[i]:.2f}"
        for i in far
    ]
    return rows_shown(sides.real, sides.reference[real[far]].tolist(), notes)


def _neighbourhood_figure(found: dict[str, Compared]) -> Figure:
    rows = [
        {
            "label": name, "value": c.estimate.value, "low": c.estimate.low, "high": c.estimate.high,
            "null_low": c.null.low, "null_high": c.null.high,
        }
        for name, c in found.items()
    ]  # fmt: skip
    return figures.intervals(
        "How synthetic and real rows lie in each other", rows, x="1 where they are alike",
        caption="Grey: other real rows in the place of the synthetic ones.",
    )  # fmt: skip


def _bounded(e: Estimate, sight: _Sight) -> Estimate:
    if sight.metric == "prdc_density":
        return e.model_copy(update={"low": max(0.0, e.low)})
    return e.model_copy(update={"low": max(0.0, e.low), "high": min(1.0, e.high)})


def _percent(e: Estimate) -> str:
    return f"{100 * e.value:.0f} %"
