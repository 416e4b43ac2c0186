"""Staleness: newer real data held against a dataset, to see whether the world has moved on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.finding import Exhibit, Finding
from ..measures.frequency import jensen_shannon
from ..measures.word_drift import Apart, apart, fold_rare, unseen_share, word_counts
from .drift import JSD_MARGIN, JSD_METHOD, UNSEEN_MARGIN, told_apart
from .reading import Reading, needs
from .version import LEAST, Version

METRICS = ("oov_share", "token_jsd", "c2st_auc")


def staleness(
    data: Version, live: Version, reference: Version | None = None, *, seed: int = 0
) -> list[Reading | Finding]:  # fmt: skip
    """Return how much of newer real data the dataset does not cover, against the same for the older real data.

    With a reference, the null is what real data of its time gives: live and reference rows change sides at random, and
    what sets the dataset apart from all real data cancels out. Without one the null is the dataset's own rows, so that a
    dataset which never was like real data is called stale, too; the sentences say so.

    Args:
        reference: the real data that the dataset was made after.
    """
    held = [data, live] if reference is None else [data, live, reference]
    small = [v for v in held if len(v.looked_at) < LEAST]
    if small:
        said = " and ".join(f"{v.name} has {len(v.looked_at)}" for v in small)
        what = f"at least {LEAST} rows with text in each set"
        return [needs("staleness", m, what, f"Staleness cannot be judged: {said}.") for m in METRICS]
    old = data if reference is None else reference
    matrices, words = word_counts(*(v.words for v in held))
    own, new = matrices[:2]
    fixed = None if reference is None else own
    pool = own if reference is None else matrices[2]
    unseen = apart(pool, new, unseen_share, fixed=fixed, seed=seed)
    often = fold_rare(matrices)
    jsd = apart(often[0 if reference is None else 2], often[1], jensen_shannon,
                fixed=None if reference is None else often[0], seed=seed)  # fmt: skip
    means = (
        f"rows of {old.name}" if reference is not None
        else f"rows of {live.name} and {old.name} exchanged; without older real data, age is not told from being synthetic"
    )  # fmt: skip
    caveat = "" if reference is not None else " This does not tell age from being synthetic: give older real data."
    given = old.name if reference is not None else "mixing the two"
    shared = {"data": data.name, "live": live.name, "reference": reference.name if reference else None}
    return [
        Reading(
            "staleness", "oov_share", "above", unseen.estimate, unseen.null, means, p=unseen.p, margin=UNSEEN_MARGIN,
            risk=f"{data.name} lacks words of {live.name}: {_share(unseen, given)}.{caveat}",
            calm=f"{data.name} has the words of {live.name} as far as could be expected: {_share(unseen, given)}.",
            unclear=f"Whether {data.name} lacks words of {live.name} cannot be told: {_share(unseen, given)}.",
            evidence=_lacking(own, new, words, live.name),
            method="share of the words of the newer data that the dataset does not have; 199 permutations of whole texts",
            details=shared,
        ),
        Reading(
            "staleness", "token_jsd", "above", jsd.estimate, jsd.null, means, p=jsd.p, margin=JSD_MARGIN,
            risk=f"The words of {live.name} have moved away from {data.name}: {_bits(jsd, given)}.{caveat}",
            calm=f"The words of {live.name} lie as near to {data.name} as could be expected: {_bits(jsd, given)}.",
            unclear=f"Whether the words of {live.name} have moved away from {data.name} cannot be told: {_bits(jsd, given)}.",
            method=JSD_METHOD,
            reference="Lin 1991, Divergence measures based on the Shannon entropy", details=shared,
        ),
        told_apart(old, live, aspect="staleness", seed=seed),
    ]  # fmt: skip


def _lacking(own: object, new: object, words: Sequence[str], name: str) -> tuple[Exhibit, ...]:
    have, wanted = (np.asarray(m.sum(axis=0), np.float64).ravel() for m in (own, new))  # type: ignore[attr-defined]
    missing = np.where(have == 0, wanted, 0)
    top = np.argsort(-missing, kind="stable")[:5]
    return tuple(
        Exhibit(text=words[i][:400], note=f"{missing[i]:.0f} times in {name}, never in the dataset", of="reference")
        for i in top if i < len(words) and missing[i] > 0
    )  # fmt: skip


def _share(found: Apart, old: str) -> str:
    return f"{found.estimate.value:.1%} of its words do not stand there, where {old} gives {found.null.value:.1%}"


def _bits(found: Apart, old: str) -> str:
    return f"{found.estimate.value:.3f} bits, where {old} gives {found.null.value:.3f}"
