"""Spectral outliers: rows of a label that lie far from the rest of it, oftener than in the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Finding
from ..measures.intervals import two_shares_p, wilson
from ..measures.spectral import tails
from . import figures
from .claim import Claim, needs
from .labelled import Labelled, labelled
from .subject import Subject, Vectors

ASPECT = "safety"
_LEAST = 20
Flagged = dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]
_REFERENCE = "Tran, Li, Madry 2018, Spectral signatures in backdoor attacks"


def spectral(subject: Subject, given: Labelled) -> Claim | Finding:
    """Return the label with the most outliers beyond the reference's; nothing is judged without labels there."""
    other = labelled(subject.reference) if subject.reference is not None and subject.reference.has("label") else None
    if other is None or isinstance(other, str):
        return needs(ASPECT, "spectral_outliers", "a reference with the same labels, to tell outliers from a label's natural "
                     "spread", "Some rows of every label lie apart; whether more than usual cannot be told.",
                     reference=_REFERENCE)  # fmt: skip
    ours, theirs = subject.vectors
    assert theirs is not None
    far, there, chances = _by_label(ours, given, theirs, other)
    if not far:
        what = f"{_LEAST} or more rows of one label both in data and reference"
        return needs(ASPECT, "spectral_outliers", what, "Too few rows of one label to look for outliers.")
    common = sorted(far)
    worst = min(common, key=lambda name: (chances[name], name))
    rows, flags = far[worst]
    share = wilson(int(flags.sum()), len(rows))
    null = wilson(int(there[worst][1].sum()), len(there[worst][0]))
    said = (
        f"{share.value:.1%} of the {share.n:,} rows labelled `{worst}` lie together at an end of the label; of the reference's "
        f"{null.value:.1%}"
    )
    shown = np.flatnonzero(flags)[:5]
    bars = []
    for name in sorted(common, key=lambda k: (chances[k], k))[:12]:
        for series, found in (("data", far), ("reference", there)):
            e = wilson(int(found[name][1].sum()), len(found[name][0]))
            bars.append({"label": name, "series": series, "value": e.value, "low": e.low, "high": e.high})
    return Claim(
        ASPECT, "spectral_outliers", "above", share, null, "rows of the label in the reference", margin=0.01,
        p=min(1.0, chances[worst] * len(common)), risk=f"{said}.", unclear=f"{said}, which does not settle whether it is more.",
        benefit=f"{said}: no more than usual, and this is the worst of {len(common)} labels.",
        evidence=[Exhibit(text=subject.data.texts[rows[i]][:400], id=subject.data.ids[rows[i]], note=f"labelled {worst}")
                  for i in shown],
        figure=figures.intervals("Rows at the end of a label where the data have most", bars, x="share of the label's rows"),
        method="data and reference as one group: the 5 % of a label's rows at either end of its first 8 principal directions, "
        f"{subject.embedder}; Fisher's exact test times ends and labels", reference=_REFERENCE, details={"labels": len(common)},
    )  # fmt: skip


def _by_label(
    ours: Vectors, given: Labelled, theirs: Vectors, other: Labelled
) -> tuple[Flagged, Flagged, dict[str, float]]:
    """Return, for each label of both sets, its rows in each, which of them lie at the end that the data fill most, and
    the chance of that, times the ends."""
    far: Flagged = {}
    there: Flagged = {}
    chances: dict[str, float] = {}
    place = {name: k for k, name in enumerate(other.names)}
    for k, name in enumerate(given.names):
        a = given.rows[given.numbers == k]
        b = other.rows[other.numbers == place.get(name, -1)]
        if min(len(a), len(b)) < _LEAST:
            continue
        ends = tails(np.concatenate([ours[a], theirs[b]]))
        if not ends.shape[1]:
            continue
        counts = ends[: len(a)].sum(0)
        end = int(counts.argmax())
        far[name], there[name] = (a, ends[: len(a), end]), (b, ends[len(a) :, end])
        chances[name] = ends.shape[1] * two_shares_p(int(counts[end]), len(a), int(ends[len(a) :, end].sum()), len(b))
    return far, there, chances
