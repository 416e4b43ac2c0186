"""Which real regions the data miss: clusters of the reference, named by their words, with rows of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Finding
from ..measures.intervals import holm, two_shares_p, wilson
from ..measures.topics import cluster_centres, name_topics, nearest
from .claim import Claim, needs
from .exchange import around, exchanged
from .figures import bars
from .subject import Subject
from .twins import cut

Ints = npt.NDArray[np.int64]
LEAST = 100
"""Real rows below which regions are too small to count in."""
ROWS = 5000
ROWS_A_REGION, REGIONS = 40, 40


def regions(subject: Subject) -> list[Claim | Finding]:
    """Return how much of the real rows' regions the data cover, and which regions are missing or thin.

    Half of the reference is clustered; the other half and the data fall into its clusters. What the data cover
    of the first half's shares, and what the other half covers of them, are estimate and null.
    """
    assert subject.reference is not None
    data, real = subject.vectors
    assert real is not None
    rng = np.random.default_rng(subject.seed)
    mine = np.flatnonzero((data * data).sum(axis=1) > 0.5)
    theirs = rng.permutation(np.flatnonzero((real * real).sum(axis=1) > 0.5))
    half = min(len(theirs) // 2, ROWS)
    if 2 * half < LEAST or len(mine) < 20:
        what = f"a reference of at least {LEAST} rows with text and 20 rows of data"
        return [needs("diversity", m, what, "Too few rows to say which real regions the data cover.")
                for m in ("cluster_coverage", "missing_regions")]  # fmt: skip
    first, held = theirs[:half], theirs[half : 2 * half]
    mine = rng.permutation(mine)[:half]
    held = held[: len(mine)]
    centres = cluster_centres(real[first], max(1, min(REGIONS, half // ROWS_A_REGION)), subject.seed)
    place = [nearest(x, centres) for x in (real[first], real[held], data[mine])]
    k = len(centres)
    shares = np.bincount(place[0], minlength=k) / half
    there, here = (np.bincount(p, minlength=k) for p in place[1:])
    pool = np.concatenate([place[2], place[1]])
    members = np.arange(len(pool)) < len(mine)

    def covered(counts: Ints) -> float:
        return float(np.minimum(shares, counts / max(1, counts.sum())).sum())

    def lost(mask: npt.NDArray[np.bool_]) -> float:
        return covered(np.bincount(pool[~mask], minlength=k)) - covered(np.bincount(pool[mask], minlength=k))

    chance = exchanged(lost, members, seed=subject.seed)
    spread = chance.spread / np.sqrt(2)
    n = len(mine)
    estimate = around(covered(here), spread, n, "spread under exchange of rows")
    null = around(covered(there), spread, n, "spread under exchange of rows")
    chances = [two_shares_p(int(b), len(held), int(d), n) for b, d in zip(there, here)]
    adjusted = holm(chances)
    thin = [j for j in range(k) if adjusted[j] < 0.05 and here[j] < there[j] / 2]
    thin.sort(key=lambda j: int(here[j]) - int(there[j]))
    texts = [subject.reference.tokens[i] for i in first.tolist()]
    names = [[cut(w) for w in words] for words in name_topics(texts, place[0], k)]
    says = f"The data cover {estimate.value:.0%} of the real rows' regions by their shares; held-out real rows cover {null.value:.0%}"
    method = (
        f"k-means, {k} clusters of {half:,} real rows ({subject.embedder}); {n:,} rows of the data and {len(held):,} "
        "held-out real rows fall into them; chance by exchange of rows."
    )
    rows = [{"label": ", ".join(names[j][:3]), "value": float(c[j] / max(1, c.sum())), "series": s}
            for j in np.argsort(-np.abs(here / n - there / len(held)), kind="stable")[:15].tolist()
            for s, c in (("data", here), ("reference", there))]  # fmt: skip
    coverage = Claim(
        "diversity", "cluster_coverage", "below", estimate, null, "held-out real rows", risk=f"{says}.", unclear=f"{says}.",
        benefit=f"{says}.", p=chance.p, margin=0.03, method=method, evidence=_rows(subject, first, place[0], real, centres, thin, names),
        figure=bars("Regions that differ most", rows, percent=True, caption="Clusters of the reference, named by their words."),
        reference="Sajjadi et al. 2018, Assessing generative models via precision and recall",
        details={"regions": [{"words": names[j][:8], "data": int(here[j]), "held_out": int(there[j])} for j in range(k)]},
    )  # fmt: skip
    return [coverage, _missing(thin, there, here, names, min([1.0, *(k * p for p in chances)]), coverage, method)]


def _missing(
    thin: list[int], there: Ints, here: Ints, names: Sequence[Sequence[str]], p: float, coverage: Claim, method: str
) -> Claim:
    n = int(there.sum())
    mass = wilson(int(sum(there[j] for j in thin)), n)
    listed = "; ".join(
        f"{', '.join(names[j][:4])} ({here[j]:,} rows where {there[j]:,} real ones are)" for j in thin[:3]
    )
    none = f"None of {len(here)} regions of the reference is missing or thin in the data."
    return Claim(
        "diversity", "missing_regions", "above", mass, wilson(0, n), "no region is thin", p=p if thin else 1.0, margin=0.01,
        risk=f"{len(thin)} of {len(here)} real regions, {mass.value:.0%} of the real rows, are missing or thin in the data: {listed}.",
        unclear=none if not thin else f"{len(thin)} regions may be thin in the data: {listed}.",
        benefit=none if not thin else "", evidence=coverage.evidence if thin else (), reference=coverage.reference,
        method=method + " Thin: fewer than half as many rows as held-out real ones, one-sided Fisher test, Holm over regions.",
        details={"thin": [{"words": list(names[j][:8]), "data": int(here[j]), "held_out": int(there[j])} for j in thin]},
    )  # fmt: skip


def _rows(
    subject: Subject, first: Ints, place: Ints, real: npt.NDArray[np.float32], centres: npt.NDArray[np.float32],
    thin: list[int], names: Sequence[Sequence[str]],
) -> list[Exhibit]:  # fmt: skip
    assert subject.reference is not None
    shown = []
    for j in thin[:5]:
        own = first[place == j]
        best = own[np.argsort(-(real[own] @ centres[j]), kind="stable")[:1]]
        shown += [Exhibit(text=cut(subject.reference.texts[i]), id=subject.reference.ids[i], of="reference",
                          note=f"region: {', '.join(names[j][:5])}") for i in best.tolist()]  # fmt: skip
    return shown
