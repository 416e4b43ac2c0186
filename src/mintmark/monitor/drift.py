"""Drift: how far one version lies from another, beyond what two draws from one source would."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.critic import critique, near_duplicate_groups
from ..measures.frequency import jensen_shannon
from ..measures.intervals import difference, mean
from ..measures.vectors import counts, weigh
from ..measures.word_drift import Apart, apart, fold_rare, unseen_share, word_counts
from .reading import Reading, needs
from .version import LEAST, Version

CRITIC_ROWS = 2000
"""Rows of either version that a classifier sees."""
JSD_MARGIN, UNSEEN_MARGIN, LENGTH_MARGIN, AUC_MARGIN = 0.005, 0.005, 0.05, 0.05
"""Changes smaller than these matter to nobody: bits (a new word as every hundredth), a share of words, a share of
length, an area."""
JSD_METHOD = "Jensen-Shannon divergence of word frequencies, words met fewer than 10 times as one; 199 permutations of whole texts"
METRICS = ("token_jsd", "new_word_share", "length_ratio", "c2st_auc")


def drift(before: Version, after: Version, *, aspect: str = "drift", seed: int = 0) -> list[Reading | Finding]:
    """Return how far `after` lies from `before` in its words, its new words, its lengths, and to a classifier.

    The two are taken for independent draws. Rows that stand in both make them more alike than such draws would be, so
    they can hide a change and never feign one.
    """
    small = [v for v in (before, after) if len(v.looked_at) < LEAST]
    if small:
        said = " and ".join(f"{v.name} has {len(v.looked_at)}" for v in small)
        return [
            needs(aspect, m, f"at least {LEAST} rows with text in either version", f"Drift cannot be judged: {said}.")
            for m in METRICS
        ]
    (first, second), words = word_counts(before.words, after.words)
    pair = f"from {before.name} to {after.name}"
    halves = "two draws from both versions together"
    often = fold_rare([first, second])
    jsd = apart(often[0], often[1], jensen_shannon, seed=seed)
    unseen = apart(first, second, unseen_share, seed=seed)
    moved = _moved(first, second, words)
    return [
        Reading(
            aspect, "token_jsd", "above", jsd.estimate, jsd.null, halves, p=jsd.p, margin=JSD_MARGIN,
            risk=f"The words changed {pair}: {_bits(jsd)}.",
            calm=f"The words are the same {pair}: {_bits(jsd)}.",
            unclear=f"Whether the words changed {pair} cannot be told: {_bits(jsd)}.",
            evidence=moved, method=JSD_METHOD,
            reference="Lin 1991, Divergence measures based on the Shannon entropy",
            details={"before": before.name, "after": after.name, "excess": jsd.estimate.value - jsd.null.value},
        ),
        Reading(
            aspect, "new_word_share", "above", unseen.estimate, unseen.null, halves, p=unseen.p, margin=UNSEEN_MARGIN,
            risk=f"New words came {pair}: {_share(unseen)}.", calm=f"No new words came {pair}: {_share(unseen)}.",
            unclear=f"Whether new words came {pair} cannot be told: {_share(unseen)}.",
            evidence=_new(first, second, words, after),
            method="share of the words of the later version that the earlier does not have; 199 permutations of whole texts",
            details={"before": before.name, "after": after.name},
        ),
        length_shift(before, after, aspect=aspect),
        told_apart(before, after, aspect=aspect, seed=seed),
    ]  # fmt: skip


def length_shift(before: Version, after: Version, *, aspect: str) -> Reading:
    """Return the ratio of the typical lengths, in words, of two versions."""
    one, other = (mean(np.log1p([len(t) for t in v.words])) for v in (before, after))
    gap = difference(other, one)
    ratio = Estimate(
        value=float(np.exp(gap.value)), low=float(np.exp(gap.low)), high=float(np.exp(gap.high)), n=gap.n,
        method="normal, logarithms of lengths",
    )  # fmt: skip
    half = 1.959964 * float(np.hypot(one.standard_error, other.standard_error))
    null = Estimate(value=1, low=float(np.exp(-half)), high=float(np.exp(half)), n=gap.n, method="normal")
    typical = [float(np.exp(e.value)) - 1 for e in (one, other)]
    said = f"a typical row had {typical[0]:.0f} words and has {typical[1]:.0f}, {ratio.value:.2f} times as many"
    pair = f"from {before.name} to {after.name}"
    return Reading(
        aspect, "length_ratio", "both", ratio, null, "no change", margin=LENGTH_MARGIN,
        risk=f"Rows changed in length {pair}: {said}.", calm=f"Rows are as long as before {pair}: {said}.",
        unclear=f"Whether rows changed in length {pair} cannot be told: {said}.",
        method="ratio of geometric means of the number of words",
        details={"before": before.name, "after": after.name, "words_before": typical[0], "words_after": typical[1]},
    )  # fmt: skip


def told_apart(
    before: Version, after: Version, *, aspect: str, metric: str = "c2st_auc", seed: int = 0
) -> Reading:  # fmt: skip
    """Return how well a classifier tells rows of `after` from rows of `before`."""
    old, new = (sample(v, CRITIC_ROWS, seed) for v in (before, after))
    first, second = weigh(counts(old), counts(new))
    found = critique(second, first, groups=near_duplicate_groups([*new, *old], seed=seed), seed=seed)
    null = Estimate(value=0.5, low=0.5, high=0.5, n=found.auc.n, method="by definition")
    said = f"AUC {found.auc.value:.2f}, where 0.50 is chance"
    if found.auc.high < 0.5:
        said += "; it lies below since the two share rows or parts of rows"
    order = np.argsort(-found.first, kind="stable")[:3]
    return Reading(
        aspect, metric, "above", found.auc, null, "labels that mean nothing", p=found.p, margin=AUC_MARGIN,
        risk=f"A classifier tells rows of {after.name} from rows of {before.name} ({said}).",
        calm=f"A classifier cannot tell rows of {after.name} from rows of {before.name} ({said}).",
        unclear=f"Whether a classifier tells rows of {after.name} from rows of {before.name} is open ({said}).",
        evidence=tuple(Exhibit(text=_cut(new[i]), note=f"looks most like {after.name}") for i in order),
        method=f"logistic regression on TF-IDF, cross-fitted, at most {CRITIC_ROWS:,} rows of each, near copies in one fold",
        reference="Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests",
        details={"before": before.name, "after": after.name},
    )  # fmt: skip


def sample(version: Version, most: int, seed: int) -> list[str]:
    """Return at most `most` texts, drawn by seed, in their order."""
    texts = version.looked_at
    if len(texts) <= most:
        return texts
    return [texts[i] for i in np.sort(np.random.default_rng(seed).permutation(len(texts))[:most])]


def _moved(first: object, second: object, words: list[str]) -> tuple[Exhibit, ...]:
    """Return the words whose frequency adds most to the distance."""
    p, q = _frequencies(first), _frequencies(second)
    middle = (p + q) / 2
    safe = np.where(middle > 0, middle, 1)
    parts = p * np.log2(np.where(p > 0, p / safe, 1)) + q * np.log2(np.where(q > 0, q / safe, 1))
    top = np.argsort(-parts, kind="stable")[:5]
    return tuple(
        Exhibit(text=_cut(words[i]), note=f"{p[i]:.3%} of words before, {q[i]:.3%} after")
        for i in top if i < len(words) and parts[i] > 0
    )  # fmt: skip


def _new(first: object, second: object, words: list[str], after: Version) -> tuple[Exhibit, ...]:
    """Return the most frequent words that only the later version has."""
    p, q = _frequencies(first), _frequencies(second)
    top = np.argsort(-np.where(p == 0, q, 0), kind="stable")[:5]
    return tuple(
        Exhibit(text=_cut(words[i]), note=f"{q[i]:.3%} of the words of {after.name}, none before")
        for i in top if i < len(words) and p[i] == 0 and q[i] > 0
    )  # fmt: skip


def _frequencies(matrix: object) -> npt.NDArray[np.float64]:
    total: npt.NDArray[np.float64] = np.asarray(matrix.sum(axis=0), np.float64).ravel()  # type: ignore[attr-defined]
    return total / max(1.0, float(total.sum()))


def _bits(found: Apart) -> str:
    return (
        f"their frequencies lie {found.estimate.value:.3f} bits apart, "
        f"where two draws from both together lie {found.null.value:.3f} apart"
    )


def _share(found: Apart) -> str:
    return (
        f"{found.estimate.value:.1%} of the words were not there before, "
        f"where two draws from both together give {found.null.value:.1%}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= 400 else text[:400] + "…"
