"""Collapse: what generations of making data from data leave of the first one's variety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Finding
from ..measures.diversity import Grams, grams
from ..measures.variety import at_size, effective_kinds, kinds, mass, of_one_size, rare, ratio, trend
from .reading import Reading, needs
from .version import LEAST, Version

Ints = npt.NDArray[np.int64]
KEPT_MARGIN, TREND_MARGIN = 0.05, 0.01
"""A loss of less than 5 % in all, or 1 % a generation, matters to nobody."""
TAIL = 0.1
"""The tail: the rarest words, which together make a tenth of all words of the versions held together."""
ROWS, WORDS = 5000, 100_000
"""Rows of a version, and words of one draw, that are looked at."""
_LEAST_WORDS = 200
_NAMES = {
    "types": "different words", "distinct_2": "different pairs of words", "entropy": "effective words (2 to the entropy)",
    "tail_mass": "mass of the rare words",
}  # fmt: skip
METRICS = tuple(f"{name}_{what}" for name in _NAMES for what in ("kept", "trend"))
_REFERENCES = {
    "types": "Shumailov et al. 2024, AI models collapse when trained on recursively generated data",
    "distinct_2": "Li et al. 2016, A diversity-promoting objective function; Guo et al. 2024, The curious decline of linguistic diversity",
    "entropy": "Hill 1973, Diversity and evenness",
    "tail_mass": "Shumailov et al. 2024, AI models collapse when trained on recursively generated data, early collapse",
}


@dataclass(frozen=True)
class Curve:
    """One indicator over the generations."""

    name: str
    versions: tuple[str, ...]
    at: tuple[float, ...]
    values: tuple[Estimate, ...]
    ends: tuple[Estimate, Estimate]
    """The first and the last, made without the others."""


def curves(versions: Sequence[Version], *, seed: int = 0) -> list[Curve]:
    """Return the indicators of each version, all at one number of words, in the order of their generations.

    Raises:
        ValueError: for fewer than 2 versions, or one with too few words.
    """
    if len(versions) < 2:
        raise ValueError("a curve needs 2 versions")
    order, at = in_order(versions)
    looked = [_sample(v, seed) for v in order]
    words = [text for texts in looked for text in texts]
    rows = np.split(np.arange(len(words)), np.cumsum([len(texts) for texts in looked])[:-1])
    names, places = tuple(v.name for v in order), tuple(at)
    single, double = grams(words, 1), grams(words, 2)
    found = []
    for name, whole, statistic in (
        ("types", single, kinds),
        ("distinct_2", double, kinds),
        ("entropy", single, effective_kinds),
    ):
        parts = [_part(whole, own) for own in rows]
        size = min(WORDS, min(len(p.ids) for p in parts) * 2 // 5)
        if size < _LEAST_WORDS:
            raise ValueError(f"a version has fewer than {_LEAST_WORDS * 5 // 2} words")
        values = tuple(at_size(p, size, statistic, seed=seed) for p in parts)
        found.append(Curve(name, names, places, values, (values[0], values[-1])))
    first, last = _tail(single, [rows[0], rows[-1]], seed)
    return [*found, Curve("tail_mass", names, places, _tail(single, rows, seed), (first, last))]


def collapse(versions: Sequence[Version], *, seed: int = 0) -> tuple[list[Reading | Finding], list[Curve]]:
    """Return what the last generation has kept of the first, how fast each indicator falls, and the curves.

    Where versions bear no generation, their order in the series stands for it, and the sentences speak of versions.
    """
    small = [v for v in versions if len(v.looked_at) < LEAST]
    what = ""
    if len(versions) < 2:
        what, said = "at least 2 versions", "there is one version" if versions else "there is no version"
    elif small:
        what = f"at least {LEAST} rows with text in each version"
        said = " and ".join(f"{v.name} has {len(v.looked_at)}" for v in small)
    else:
        try:
            found = curves(versions, seed=seed)
        except ValueError as e:
            what, said = "more text in each version", str(e)
    if what:
        return [needs("collapse", m, what, f"Collapse cannot be judged: {said}.") for m in METRICS], []
    unit = "generation" if _numbered(versions) else "version"
    return [r for curve in found for r in _readings(curve, unit)], found


def in_order(versions: Sequence[Version]) -> tuple[list[Version], list[float]]:
    """Return the versions by generation, and their generations; where not all bear one, in their order from 0."""
    if not _numbered(versions):
        return list(versions), [float(i) for i in range(len(versions))]
    order = sorted(versions, key=lambda v: v.generation or 0)
    return order, [float(v.generation or 0) for v in order]


def _numbered(versions: Sequence[Version]) -> bool:
    return all(v.generation is not None for v in versions) and len({v.generation for v in versions}) > 1


def _readings(curve: Curve, unit: str) -> list[Reading | Finding]:
    label = _NAMES[curve.name]
    if min(v.value for v in (*curve.values, *curve.ends)) <= 0:
        gone = f"No {label} left in some {unit}." if curve.values[0].value > 0 else f"The first {unit} has no {label}."
        return [needs("collapse", f"{curve.name}_{w}", "more text in each version", gone) for w in ("kept", "trend")]
    kept, none = ratio(curve.ends[1], curve.ends[0])
    slope, flat = trend(curve.at, curve.values)
    first, last = curve.versions[0], curve.versions[-1]
    whole = f"{last} has {kept.value:.0%} of the {label} of {first} ({kept.low:.0%} to {kept.high:.0%})"
    change = f"{label}, {slope.value - 1:+.1%} a {unit} ({slope.low - 1:+.1%} to {slope.high - 1:+.1%})"
    method = (
        "the rarest words, a tenth of all, of the versions held together at one size; their share in each"
        if curve.name == "tail_mass" else f"at most {ROWS:,} rows; at {curve.values[0].n:,} words of each version, texts whole, 30 draws"
    )  # fmt: skip
    details = {
        "versions": list(curve.versions), "at": list(curve.at), "values": [v.value for v in curve.values],
        "low": [v.low for v in curve.values], "high": [v.high for v in curve.values],
    }  # fmt: skip
    return [
        Reading(
            "collapse", f"{curve.name}_kept", "below", kept, none, f"nothing lost since {first}", margin=KEPT_MARGIN,
            risk=f"Variety is being lost: {whole}.", calm=f"Variety is kept: {whole}.",
            unclear=f"Whether variety is lost cannot be told: {whole}.", method=method,
            reference=_REFERENCES[curve.name], details=details,
        ),
        Reading(
            "collapse", f"{curve.name}_trend", "below", slope, flat, f"no change from {unit} to {unit}",
            margin=TREND_MARGIN, risk=f"Variety falls from {unit} to {unit}: {change}.",
            calm=f"Variety does not fall from {unit} to {unit}: {change}.",
            unclear=f"Whether variety falls from {unit} to {unit} cannot be told: {change}.",
            method=f"{method}; weighted straight line through logarithms",
            reference=_REFERENCES[curve.name], details=details,
        ),
    ]  # fmt: skip


def _sample(version: Version, seed: int) -> list[list[str]]:
    """Return the words of at most `ROWS` texts."""
    if len(version.words) <= ROWS:
        return version.words
    chosen = np.sort(np.random.default_rng(seed).permutation(len(version.words))[:ROWS])
    return [version.words[i] for i in chosen]


def _part(whole: Grams, rows: Ints) -> Grams:
    """Return the n-grams of some texts alone."""
    start, end = whole.offsets[rows[0]], whole.offsets[rows[-1] + 1]
    return Grams(whole.ids[start:end], whole.offsets[rows[0] : rows[-1] + 2] - start, whole.kinds)


def _tail(whole: Grams, groups: Sequence[Ints], seed: int) -> tuple[Estimate, ...]:
    """Return each version's share of the words that are rare in all versions held together.

    Words that are rare in one sample are less rare elsewhere or not there at all, so a tail chosen by one version would
    look lost in every other. Chosen by all at one size, it favours none.
    """
    drawn = of_one_size(whole, groups, seed=seed)
    tail = rare(whole, np.concatenate(drawn), TAIL)
    return tuple(mass(whole, own, tail) for own in drawn)
