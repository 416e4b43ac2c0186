"""Sources: one that floods the data with copies, and names that imitate a trusted one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.imitation import host, imitations, known_sources
from ..measures.intervals import two_shares_p, wilson
from ..measures.log_odds import together_p
from . import figures
from .claim import Claim, needs
from .subject import Corpus, Subject, text_of

ASPECT = "safety"
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
COLUMNS = ("source", "url", "domain", "site", "publisher", "author", "source_name")
_LEAST = 5
_CUT = 400
_METHOD = (
    "one edit from a trusted name, two where it is long, or signs of the same shape; trusted are well-known sources, the "
    "reference's, and those of a twentieth of the rows"
)


def sources(subject: Subject) -> list[Claim | Finding]:
    """Return whether one source repeats itself oftener than the others, and whether one is named like another."""
    names = named(subject.data)
    if names is None:
        what = f"a column that says where each row comes from ({', '.join(COLUMNS)})"
        return [
            needs(ASPECT, "duplicate_bursts", what, "Whether one source floods the data with copies cannot be told."),
            needs(ASPECT, "imitated_sources", what, "Whether a source's name imitates another cannot be told."),
        ]
    return [_bursts(subject, names), _imitated(subject, names)]


def named(corpus: Corpus) -> list[str] | None:
    """Return each row's source, "" where it has none; None where no column says it."""
    for column in COLUMNS:
        found = [host(text_of(row.get(column))) for row in corpus.rows]
        if any(found):
            return found
    return None


def _bursts(subject: Subject, names: list[str]) -> Claim | Finding:
    data = subject.data
    again, first = _repeats(data)
    counts = Counter(name for name in names if name)
    tried = sorted(name for name, count in counts.items() if count >= _LEAST)
    if len(counts) < 2 or not tried:
        what = f"two or more sources, one of {_LEAST} rows or more"
        return needs(ASPECT, "duplicate_bursts", what, "Too few sources to hold one against the others.")
    place = {name: i for i, name in enumerate(tried)}
    rows = np.array([bool(name) for name in names])
    of = np.array([place.get(name, -1) for name in names])
    copies, sizes = (np.bincount(of[(of >= 0) & chosen], minlength=len(tried)) for chosen in (again, rows))
    chance = _burst_p(of, first, again & rows, rows, len(tried))
    worst = int(np.argmin(chance))
    share = wilson(int(copies[worst]), int(sizes[worst]))
    other = wilson(int((rows & again).sum() - copies[worst]), int(rows.sum() - sizes[worst]))
    p, means = min(1.0, float(chance[worst])), "rows of the other sources"
    there = _worst_of(subject.reference)
    if there is not None and there.value > other.value:
        other, means = there, "the most repetitive source of the reference"
        p = max(p, two_shares_p(int(copies[worst]), int(sizes[worst]), round(there.value * there.n), there.n))
    said = f"{share.value:.1%} of the {share.n:,} rows from `{tried[worst]}` repeat an earlier row; of {means} {other.value:.1%}"
    shown = np.flatnonzero((of == worst) & again)[:5]
    bars = [
        {"label": tried[i], **_ends(wilson(int(copies[i]), int(sizes[i])))}
        for i in np.argsort(chance, kind="stable")[:12]
    ]
    return Claim(
        ASPECT, "duplicate_bursts", "above", share, other, means, p=p, margin=0.05,
        risk=f"{said}.", unclear=f"{said}, which does not settle it.", benefit=f"{said}: no source floods the data.",
        evidence=[Exhibit(text=data.texts[i][:_CUT], id=data.ids[i], note=f"from {names[i]}", other_of="data",
                          other=data.texts[first[i]][:_CUT], other_id=data.ids[first[i]]) for i in shown],
        figure=figures.intervals("Rows that repeat an earlier one, by source", bars, x="share of the source's rows"),
        method="rows of equal words; how many different texts a source repeats (Fisher's exact test), and how many copies of one "
        "text it holds (binomial), times the number of tests",
        reference="Carlini et al. 2023, Poisoning web-scale training datasets is practical",
        details={"sources": len(counts), "tried": len(tried)},
    )  # fmt: skip


def _burst_p(of: Ints, first: Ints, again: Flags, rows: Flags, tried: int) -> npt.NDArray[np.float64]:
    """Return each source's corrected chance of so many repeated texts, or so many copies of one, were sources dealt anew.

    A text counts once a source in the first test: 50 copies of one text are one event there, not fifty.
    """
    from scipy.stats import binom

    sizes = np.bincount(of[of >= 0], minlength=tried)
    if not again.any():
        return np.ones(tried)
    texts = np.unique(np.stack([of[again], first[again]], 1), axis=0)
    events = np.bincount(texts[texts[:, 0] >= 0, 0], minlength=tried)
    copies = np.bincount(of[again & (of >= 0)], minlength=tried)
    n = int(rows.sum() - again.sum()) + len(texts)
    chance = together_p(events, sizes - copies + events, np.full(tried, len(texts)), n) * tried
    of_text = np.bincount(first[rows], minlength=len(first))
    many = rows & (of >= 0) & (of_text[first] >= _LEAST)
    pairs, held = np.unique(np.stack([of[many], first[many]], 1), axis=0, return_counts=True)
    if len(pairs):
        one = binom.sf(held - 2, of_text[pairs[:, 1]] - 1, sizes[pairs[:, 0]] / rows.sum()) * len(pairs)
        np.minimum.at(chance, pairs[:, 0], one)
    found: npt.NDArray[np.float64] = 2 * chance
    return found


def _worst_of(reference: Corpus | None) -> Estimate | None:
    names = named(reference) if reference is not None else None
    if reference is None or names is None:
        return None
    again, _ = _repeats(reference)
    sizes, copies = Counter(names), Counter(name for name, said in zip(names, again) if said)
    shares = [wilson(copies[name], size) for name, size in sorted(sizes.items()) if name and size >= _LEAST]
    return max(shares, key=lambda e: (e.low, e.value), default=None)


def _repeats(data: Corpus) -> tuple[Flags, Ints]:
    """Return whether each row says an earlier row's words again, and the first row of the same words."""
    met: dict[str, int] = {}
    first = np.array([met.setdefault(" ".join(words), i) for i, words in enumerate(data.tokens)], np.int64)
    empty = np.array([not words for words in data.tokens], np.bool_)
    return (first != np.arange(len(first))) & ~empty, first


def _imitated(subject: Subject, names: list[str]) -> Claim | Finding:
    counts = Counter(name for name in names if name)
    n = sum(counts.values())
    trusted = {*known_sources(), *(name for name, count in counts.items() if count >= max(20, 0.05 * n))}
    there = named(subject.reference) if subject.reference is not None else None
    trusted |= {name for name, count in Counter(filter(None, there or [])).items() if count >= _LEAST}
    # A name as frequent as the one it is like stands for itself.
    found = {name: like for name, like in imitations(sorted(counts), sorted(trusted)).items()
             if like not in counts or counts[name] * 4 <= counts[like]}  # fmt: skip
    rows = [i for i, name in enumerate(names) if name in found]
    if not rows:
        return Finding(aspect=ASPECT, metric="imitated_sources", kind="fact", estimate=wilson(0, n), method=_METHOD,
                       claim=f"None of the {len(counts):,} sources bears a name that imitates another's.")  # fmt: skip
    estimate, null = wilson(len(rows), n), Estimate(value=0, low=0, high=0, n=n, method="by definition")
    means, p = "sources that bear their own names", None
    if there:
        known = [name for name in there if name]
        same = sum(name in found for name in known)
        null, means = wilson(same, len(known)), "the reference"
        p = two_shares_p(len(rows), n, same, len(known))
    said = f"{len(rows):,} of {n:,} rows come from a source whose name imitates another" + (
        ": " + ", ".join(f"`{name}` like `{like}`" for name, like in list(found.items())[:3]) if found else ""
    )
    return Claim(
        ASPECT, "imitated_sources", "above", estimate, null, means, p=p, risk=f"{said}.", unclear=f"{said}.",
        evidence=[Exhibit(text=subject.data.texts[i][:_CUT], id=subject.data.ids[i], note=f"{names[i]}, like {found[names[i]]}")
                  for i in rows[:5]],
        method=_METHOD, reference="Damerau 1964, A technique for computer detection and correction of "
        "spelling errors", details={"imitations": found, "sources": len(counts)},
    )  # fmt: skip


def _ends(e: Estimate) -> dict[str, float]:
    return {"value": e.value, "low": e.low, "high": e.high}
