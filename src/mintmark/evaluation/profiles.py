"""Profiles of the text: how long rows are, which words they use, how they are punctuated, beside real rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Figure, Finding, number
from ..measures.frequency import count_matrix, jensen_shannon
from ..measures.halves import SMALLEST as SMALLEST_DRAW
from ..measures.halves import Compared, Pairs, compare, draw_size
from ..measures.tokens import Vocabulary
from ..measures.word_drift import unseen_share
from . import figures
from .against_reference import ASPECT, Sides, rows_shown, sides_of, unanswered
from .claim import Claim
from .subject import Subject

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

QUESTIONS = (
    ("length_ks", "Are rows as long as real rows?"),
    ("unseen_words_share", "Does the data use words that real rows do not?"),
    ("vocabulary_ratio", "Does the data use as many different words as real rows?"),
    ("punctuation_jsd", "Are rows punctuated as real rows are?"),
)
DRAW_ROWS = 4000
_KS = "Smirnov 1948, Table for estimating the goodness of fit of empirical distributions"
_HERDAN = "Tweedie and Baayen 1998, How variable may a constant be? Measures of lexical richness in perspective"
_LIN = "Lin 1991, Divergence measures based on the Shannon entropy"


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return how lengths, words and signs of the data differ from those of real rows."""
    sides = sides_of(subject)
    if isinstance(sides, str):
        return list(unanswered(QUESTIONS, sides))
    if draw_size(len(sides.data), len(sides.reference)) < SMALLEST_DRAW:
        what = f"at least {2 * SMALLEST_DRAW} synthetic and {4 * SMALLEST_DRAW} real rows with a text"
        return list(unanswered(QUESTIONS, what))
    counted = _count(sides)
    found = compare(
        len(sides.data), len(sides.reference), counted.statistics, draws=24, most=DRAW_ROWS, seed=subject.seed
    )
    return [
        _lengths(sides, counted, found["length"]),
        *_vocabulary(sides, counted, found["unseen"], found["types"]),
        _punctuation(sides, counted, found["signs"]),
    ]


@dataclass(frozen=True)
class _Counted:
    """Counts of words and of signs, rows by words: of the data and of the reference."""

    words: tuple[Any, Any]
    signs: tuple[Any, Any]
    names: list[str]
    sign_names: list[str]

    @property
    def lengths(self) -> tuple[Floats, Floats]:
        """Words of each row."""
        return _across(self.words[0]), _across(self.words[1])

    def statistics(self, own: Ints, real: Ints, others: Ints) -> Pairs:
        """Return all four of the data's and of other real rows against real rows."""
        a, b, c = _down(self.words[0], own), _down(self.words[1], real), _down(self.words[1], others)
        long_a, long_b, long_c = (x[i] for x, i in zip((*self.lengths, self.lengths[1]), (own, real, others)))
        signs = [_down(m, rows) for m, rows in zip((*self.signs, self.signs[1]), (own, real, others))]
        return {
            "length": (_ks(long_a, long_b), _ks(long_c, long_b)),
            "unseen": (float(unseen_share(b, a)), float(unseen_share(b, c))),
            "types": (_types_ratio(a, b), _types_ratio(c, b)),
            "signs": (float(jensen_shannon(signs[0], signs[1])), float(jensen_shannon(signs[2], signs[1]))),
        }


def _count(sides: Sides) -> _Counted:
    vocabulary = Vocabulary()
    both = [count_matrix(rows, vocabulary) for rows in sides.tokens]
    for m in both:
        m.resize((m.shape[0], len(vocabulary)))
    names = vocabulary.words
    word = np.array([w[0].isalnum() or w[0] == "_" for w in names], np.bool_)
    words, signs = ([m[:, np.flatnonzero(kind)] for m in both] for kind in (word, ~word))
    return _Counted(
        (words[0], words[1]), (signs[0], signs[1]),
        [n for n, w in zip(names, word) if w], [n for n, w in zip(names, word) if not w],
    )  # fmt: skip


def _lengths(sides: Sides, counted: _Counted, found: Compared) -> Claim:
    own, real = counted.lengths
    middle = [float(np.median(x)) for x in (own, real)]
    said = (
        f"Half of the synthetic rows have at most {number(middle[0])} words, half of the real rows at most {number(middle[1])}; "
        f"the lengths differ by {number(found.estimate.value)} (Kolmogorov-Smirnov), those of real rows among each other by "
        f"{number(found.null.value)}"
    )
    low, high = np.quantile(real, [0.01, 0.99])
    odd = np.argsort(-np.maximum(own - high, low - own), kind="stable")[:25]
    odd = odd[(own[odd] > high) | (own[odd] < low)]
    notes = [f"{own[i]:.0f} words; 98 % of the real rows have {low:.0f} to {high:.0f}" for i in odd]
    shares = {f"{q:.0%}": [float(np.quantile(x, q)) for x in (own, real)] for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
    figure = figures.histogram("Length of rows", {"synthetic": own, "real": real}, x="words")
    return _claim(
        "length_ks", found, "above", 0.1, said, "they are as long as real rows", figure, _KS,
        "Words of a row (signs not counted); the largest gap of the two distribution functions.",
        evidence=rows_shown(sides.subject.data, sides.data[odd].tolist(), notes),
        details={"quantiles": shares, "longer_share": _longer(own, real)},
    )  # fmt: skip


def _vocabulary(sides: Sides, counted: _Counted, unseen: Compared, types: Compared) -> list[Claim | Finding]:
    own, real = (_down(m) for m in counted.words)
    strange = np.flatnonzero((real == 0) & (own > 0))
    top = strange[np.argsort(-own[strange], kind="stable")][:15]
    new = [counted.names[i] for i in top]
    rows = [np.flatnonzero(counted.words[0][:, [i]].toarray())[0] for i in top[:5]]
    size = f"{unseen.estimate.n:,} rows a side"
    said = (
        f"{100 * unseen.estimate.value:.1f} % of the words said in the data are not among those of as many real rows ({size}), "
        f"against {100 * unseen.null.value:.1f} % of the words of other real rows"
    )
    if new:
        said += "; the commonest that no real row has are " + ", ".join(f"`{w}`" for w in new[:5])
    ratio = (
        f"The data has {number(types.estimate.value)} times as many different words as real rows, at one number of words; "
        f"other real rows have {number(types.null.value)} times as many"
    )
    figure = figures.bars(
        "Words that no real row has", [{"label": w, "value": float(own[i]), "series": "synthetic"} for w, i in zip(new, top)],
        x="times said",
    ) if new else None  # fmt: skip
    return [
        _claim("unseen_words_share", unseen, "above", 0.02, said, "its words are those of real rows", figure, _HERDAN,
               "Share of running words whose form is not in an equally large sample of real rows.",
               evidence=rows_shown(sides.subject.data, sides.data[rows].tolist(), [f"has `{w}`" for w in new]),
               details={"commonest": new}),
        _claim("vocabulary_ratio", types, "below", 0.1, ratio, "its vocabulary is at least as rich, or hardly poorer", None, _HERDAN,
               "Expected number of different words in as many words of each set, drawn without replacement."),
    ]  # fmt: skip


def _punctuation(sides: Sides, counted: _Counted, found: Compared) -> Claim:
    per_hundred = [
        100 * _down(s) / max(1.0, _down(s).sum() + _down(w).sum()) for s, w in zip(counted.signs, counted.words)
    ]
    gap = per_hundred[0] - per_hundred[1]
    top = np.argsort(-np.abs(gap), kind="stable")[:12]
    rows = [
        {"label": counted.sign_names[i], "value": float(values[i]), "series": name}
        for i in top
        for name, values in zip(("synthetic", "real"), per_hundred)
    ]
    said = (
        f"Signs are shared out differently by {number(found.estimate.value)} bits (Jensen-Shannon), in real rows among each "
        f"other by {number(found.null.value)}"
    )
    if len(top):
        i = int(top[0])
        said += f"; most so `{counted.sign_names[i]}`, {per_hundred[0][i]:.2f} of 100 words and signs against {per_hundred[1][i]:.2f}"
    changed = _most_of(counted.signs[0], int(top[0])) if len(top) and gap[top[0]] > 0 else []
    figure = figures.bars("Signs that differ most", rows, x="of 100 words and signs") if rows else None
    return _claim(
        "punctuation_jsd", found, "above", 0.01, said, "it is punctuated as real rows are", figure, _LIN,
        "Counts of every sign that is no word and no space, over all rows of a draw.",
        evidence=rows_shown(sides.subject.data, sides.data[changed].tolist()),
        details={"per_100": {counted.sign_names[i]: [float(v[i]) for v in per_hundred] for i in top}},
    )  # fmt: skip


def _claim(
    metric: str, found: Compared, bad: Any, margin: float, said: str, good: str, figure: Figure | None, reference: str,
    method: str, *, evidence: Any = (), details: dict[str, Any] | None = None,
) -> Claim:  # fmt: skip
    estimate, null = (e.model_copy(update={"low": max(0.0, e.low)}) for e in (found.estimate, found.null))
    return Claim(
        ASPECT, metric, bad, estimate, null, "other real rows in the place of the synthetic ones, as many",
        risk=said + ".", unclear=said + "; whether that is more than chance, and matters, is open.",
        benefit=f"{said}: {good}.", p=found.p(bad), margin=margin, evidence=evidence, figure=figure, reference=reference,
        method=f"{method} Draws of {found.estimate.n:,} rows a side.",
        details={**(details or {}), "margin": margin},
    )  # fmt: skip


def _ks(a: Floats, b: Floats) -> float:
    at = np.unique(np.concatenate([a, b]))
    gaps = [np.searchsorted(np.sort(x), at, side="right") / len(x) for x in (a, b)]
    return float(np.abs(gaps[0] - gaps[1]).max())


def _longer(a: Floats, b: Floats) -> float:
    """Return the chance that a row of a is longer than one of b, ties half."""
    b = np.sort(b)
    below, upto = np.searchsorted(b, a), np.searchsorted(b, a, side="right")
    return float((below + upto).mean() / (2 * len(b)))


def _types_ratio(a: Floats, b: Floats) -> float:
    """Return how many types a has over b, both rarefied to the words of the shorter."""
    size = min(a.sum(), b.sum())
    first, second = _rarefied(a, size), _rarefied(b, size)
    return first / second if second else 1.0


def _rarefied(counts: Floats, size: float) -> float:
    """Return the types expected among `size` words drawn from these, by the binomial in place of the hypergeometric."""
    total = counts.sum()
    if not total:
        return 0.0
    kept = counts[counts > 0]
    return float(np.sum(1 - (1 - min(1.0, size / total)) ** kept))


def _most_of(signs: Any, sign: int) -> list[int]:
    counts = np.asarray(signs[:, [sign]].toarray()).ravel()
    found: list[int] = np.argsort(-counts, kind="stable")[:5].tolist()
    return found


def _down(m: Any, rows: Ints | None = None) -> Floats:
    return np.asarray((m if rows is None else m[rows]).sum(0), np.float64).ravel()


def _across(m: Any) -> Floats:
    return np.asarray(m.sum(1), np.float64).ravel()
