"""Spectral outliers: rows of a label that lie far from the rest of it, oftener than in the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Finding
from ..measures.intervals import two_shares_p, wilson
from ..measures.spectral import outliers, spectral_scores
from . import figures
from .claim import Claim, needs
from .labelled import Labelled, labelled
from .subject import Subject, Vectors

ASPECT = "safety"
_LEAST = 20
_REFERENCE = "Tran, Li, Madry 2018, Spectral signatures in backdoor attacks"


def spectral(subject: Subject, given: Labelled) -> Claim | Finding:
    """Return the label with the most outliers beyond the reference's; nothing is judged without labels there."""
    other = labelled(subject.reference) if subject.reference is not None and subject.reference.has("label") else None
    if other is None or isinstance(other, str):
        return needs(ASPECT, "spectral_outliers", "a reference with the same labels, to tell outliers from a label's natural "
                     "spread", "Some rows of every label lie apart; whether more than usual cannot be told.",
                     reference=_REFERENCE)  # fmt: skip
    # Texts that are all alike have no direction in which they vary; that is no news here.
    with np.errstate(invalid="ignore", divide="ignore"):
        ours, theirs = subject.vectors
    assert theirs is not None
    far, there = _by_label(ours, given), _by_label(theirs, other)
    common = sorted(far.keys() & there.keys())
    if not common:
        what = f"{_LEAST} or more rows of one label both in data and reference"
        return needs(ASPECT, "spectral_outliers", what, "Too few rows of one label to look for outliers.")
    chances = {
        name: two_shares_p(int(far[name][1].sum()), len(far[name][0]), int(there[name][1].sum()), len(there[name][0]))
        for name in common
    }
    worst = min(common, key=lambda name: (chances[name], name))
    rows, flags = far[worst]
    share = wilson(int(flags.sum()), len(rows))
    null = wilson(int(there[worst][1].sum()), len(there[worst][0]))
    said = (
        f"{share.value:.1%} of the {share.n:,} rows labelled `{worst}` lie far outside the rest of the label; in the reference "
        f"{null.value:.1%}"
    )
    scores = spectral_scores(ours[rows])
    shown = np.flatnonzero(flags)[np.argsort(-scores[flags], kind="stable")[:5]]
    bars = []
    for name in sorted(common, key=lambda k: (chances[k], k))[:12]:
        for series, found in (("data", far), ("reference", there)):
            e = wilson(int(found[name][1].sum()), len(found[name][0]))
            bars.append({"label": name, "series": series, "value": e.value, "low": e.low, "high": e.high})
    return Claim(
        ASPECT, "spectral_outliers", "above", share, null, "rows of the label in the reference", margin=0.005,
        p=min(1.0, chances[worst] * len(common)), risk=f"{said}.", unclear=f"{said}, which does not settle whether it is more.",
        benefit=f"{said}: no more than usual, and this is the worst of {len(common)} labels.",
        evidence=[Exhibit(text=subject.data.texts[rows[i]][:400], id=subject.data.ids[rows[i]], note=f"labelled {worst}")
                  for i in shown],
        figure=figures.intervals("Outliers along each label's first direction", bars, x="share of the label's rows"),
        method=f"more than 5 robust deviations along the label's first principal direction, {subject.embedder}; Fisher's exact "
        "test times the number of labels", reference=_REFERENCE, details={"labels": len(common)},
    )  # fmt: skip


def _by_label(vectors: Vectors, given: Labelled) -> dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
    found = {}
    for k, name in enumerate(given.names):
        rows = given.rows[given.numbers == k]
        if len(rows) >= _LEAST:
            found[name] = rows, outliers(vectors[rows])
    return found
