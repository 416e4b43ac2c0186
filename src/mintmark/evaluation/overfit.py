"""Pattern overfit: does the data say the same few things too often, in the same words, from the same beginnings?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Figure, Finding, number
from ..measures.frequency import LogOdds, count_matrix, frequency_density, jensen_shannon, log_odds, overused
from ..measures.halves import SMALLEST as SMALLEST_DRAW
from ..measures.halves import Compared, Pairs, compare, draw_size
from ..measures.intervals import mean, wilson
from ..measures.neighbours import nearest, permuted_purity, purity
from ..measures.tokens import Vocabulary
from . import figures
from .against_reference import ASPECT, Sides, rows_shown, sides_of, unanswered
from .claim import Claim
from .subject import Subject
from .templates import TEMPLATES, commonest_opening, templates

Ints = npt.NDArray[np.int64]

QUESTIONS = (
    ("knn_label_purity", "Do synthetic rows lie among themselves?"),
    ("token_jsd", "Are words as frequent as in real rows?"),
    ("token_frequency_peaks", "Do many words come equally often, as those of a template do?"),
    ("overused_tokens", "Which words are over-used?"),
)
K = 10
PURITY_ROWS = 3000
PURITY_MARGIN, JSD_MARGIN, PEAKS_MARGIN, WORDS_MARGIN = 0.05, 0.01, 0.5, 0.02
DRAW_ROWS = 4000
_CHEN = "Chen et al. 2024, On the diversity of synthetic data and its impact on training (pattern overfit), arXiv 2406.12397"
_SCHILLING = "Schilling 1986, Multivariate two-sample tests based on nearest neighbors"
_MONROE = "Monroe, Colaresi, Quinn 2008, Fightin' words"


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return how far the data repeats a pattern beyond what real rows repeat."""
    sides = sides_of(subject)
    if isinstance(sides, str):
        return [*unanswered((*QUESTIONS, *TEMPLATES), sides), *commonest_opening(subject)]
    vocabulary = Vocabulary()
    x, y = (count_matrix(rows, vocabulary) for rows in sides.tokens)
    x.resize((x.shape[0], len(vocabulary)))
    return [_purity(sides), *_frequencies(sides, x, y), _words(sides, x, y, vocabulary.words), *templates(sides)]


def _purity(sides: Sides) -> Claim:
    rng = np.random.default_rng(sides.subject.seed)
    size = min(len(sides.data), len(sides.reference), PURITY_ROWS)
    x, y = sides.vectors
    own, real = (np.sort(rng.permutation(len(v))[:size]) for v in (x, y))
    vectors = np.concatenate([x[own], y[real]])
    labels = np.repeat([1, 0], size)
    reach, near = nearest(vectors, vectors, K, exclude_self=True)
    each = purity(near, labels)
    shuffled = permuted_purity(near, labels, draws=100, seed=sides.subject.seed)
    chance, spread = float(shuffled.mean()), max(float(shuffled.std(ddof=1)), 1e-9)
    value, error = float(each.mean()), max(float(each.std(ddof=1)) / np.sqrt(len(each)), spread)
    low, high = max(0.0, value - 1.959964 * error), min(1.0, value + 1.959964 * error)
    estimate = Estimate(value=value, low=low, high=high, n=len(each), method="normal, rows of both sets")
    null = Estimate(
        value=chance, low=chance - 1.959964 * spread, high=chance + 1.959964 * spread, n=len(each),
        method="100 permutations of the labels over the same neighbours",
    )  # fmt: skip
    said = f"{100 * value:.0f} % of a row's {near.shape[1]} nearest neighbours are of its own set, against {100 * chance:.0f} % by chance"
    tight = np.lexsort((reach[:size].mean(1), -each[:size]))[:25]
    notes = [f"{each[i]:.0%} of its neighbours are synthetic" for i in tight]
    return Claim(
        ASPECT, "knn_label_purity", "above", estimate, null, "the same rows, with `synthetic` and `real` dealt out by chance",
        risk=said + ": synthetic rows lie among themselves.", unclear=said + "; whether that is more than chance is open.",
        benefit=said + ": synthetic and real rows lie mixed.", p=_upper(value, chance, spread), margin=PURITY_MARGIN,
        evidence=rows_shown(sides.subject.data, sides.data[own[tight]].tolist(), notes), reference=f"{_CHEN}; {_SCHILLING}",
        method=f"{size:,} rows of each set, {K} nearest neighbours in the original space of vectors "
        f"({sides.subject.embedder}), not in a picture of it.{sides.sampled}",
        details={"k": K, "rows_a_side": size, "margin": PURITY_MARGIN},
    )  # fmt: skip


def _frequencies(sides: Sides, x: Any, y: Any) -> list[Claim | Finding]:
    if draw_size(x.shape[0], y.shape[0]) < SMALLEST_DRAW:
        what = f"at least {2 * SMALLEST_DRAW} synthetic and {4 * SMALLEST_DRAW} real rows with a text"
        return list(unanswered(QUESTIONS[1:3], what))
    seed = sides.subject.seed

    def statistics(own: Ints, real: Ints, others: Ints) -> Pairs:
        a, b, c = (_sums(m, rows) for m, rows in ((x, own), (y, real), (y, others)))
        peaks = [float(len(frequency_density(counts, seed=seed).peaks)) for counts in (a, c)]
        return {"jsd": (float(jensen_shannon(a, b)), float(jensen_shannon(c, b))), "peaks": (peaks[0], peaks[1])}

    found = compare(x.shape[0], y.shape[0], statistics, draws=24, most=DRAW_ROWS, seed=seed)
    rows = f"{found['jsd'].estimate.n:,} rows a side"
    bits, beside = (number(e.value) for e in (found["jsd"].estimate, found["jsd"].null))
    said = f"Word frequencies differ from real ones by {bits} bits (Jensen-Shannon, {rows}); two sets of real rows differ by {beside}"
    peaks, usual = (f"{e.value:.1f}" for e in (found["peaks"].estimate, found["peaks"].null))
    counted = f"Word frequencies have {peaks} narrow peaks, where many words come equally often; real rows have {usual}"
    out: list[Claim | Finding] = [
        _claim("token_jsd", found["jsd"], JSD_MARGIN, said, "no more than real rows from each other, or hardly",
               figure=_densities(_sums(x), _sums(y))),
        _claim("token_frequency_peaks", found["peaks"], PEAKS_MARGIN, counted, "not more than real rows have"),
    ]  # fmt: skip
    return out


def _claim(metric: str, found: Compared, margin: float, said: str, good: str, figure: Figure | None = None) -> Claim:
    limits = {"low": max(0.0, found.estimate.low)}, {"low": max(0.0, found.null.low)}
    estimate, null = (e.model_copy(update=u) for e, u in zip((found.estimate, found.null), limits))
    return Claim(
        ASPECT, metric, "above", estimate, null, "other real rows in the place of the synthetic ones, as many",
        risk=said + ".", unclear=said + "; whether the difference is more than chance, and matters, is open.",
        benefit=f"{said}: {good}.", p=found.p_above, margin=margin, figure=figure, reference=_CHEN,
        method="Counts of words and signs of rows drawn from both sets, at one size.",
        details={"margin": margin, "draws": len(found.pairs)},
    )  # fmt: skip


def _words(sides: Sides, x: Any, y: Any, words: list[str]) -> Claim:
    rng = np.random.default_rng(sides.subject.seed)
    has = [(m > 0).astype(np.int64).tocsr() for m in (x, y)]
    picking, counting = [], []
    for m in has:
        order = rng.permutation(m.shape[0])
        picking.append(m[np.sort(order[: len(order) // 2])])
        counting.append(m[np.sort(order[len(order) // 2 :])])
    picked = overused(_sums(picking[0]), picking[0].shape[0], _sums(picking[1]), picking[1].shape[0])
    shares = [np.asarray(m[:, picked].mean(1)).ravel() if len(picked) else np.zeros(m.shape[0]) for m in counting]
    estimate, null = (_mean(s) for s in shares)
    spread = float(np.sqrt(sum(s.var(ddof=1) / len(s) for s in shares)))
    named = ", ".join(f"`{words[i]}`" for i in picked[:5])
    said = (
        f"The {len(picked)} most over-used words ({named} ...) stand, on average, in {100 * estimate.value:.1f} % of synthetic "
        f"rows and {100 * null.value:.1f} % of real rows" if len(picked) else "No word stands out against the real rows"
    )  # fmt: skip
    ranked, odds = _ranked(has[0], has[1])
    return Claim(
        ASPECT, "overused_tokens", "above", estimate, null, "the same words in real rows",
        risk=said + ".", unclear=said + "; whether that is more than chance, and matters, is open.",
        benefit=said + (", which is little." if len(picked) else "."), margin=WORDS_MARGIN,
        p=_upper(estimate.value, null.value, spread) if len(picked) else 1.0,
        evidence=_with_words(sides, has[0], [int(i) for i in picked], words), reference=_MONROE,
        figure=_word_figure(has, [int(i) for i in ranked], words) if len(ranked) else None,
        method="Words picked on half of the rows by log odds with an informative Dirichlet prior (rows that have the word are "
        f"counted), then counted on the other half.{sides.sampled}",
        details={
            "margin": WORDS_MARGIN, "picked": [words[i] for i in picked],
            "ranked": [_ranking(words[i], odds, int(i)) for i in ranked],
        },
    )  # fmt: skip


def _ranked(first: Any, second: Any) -> tuple[Ints, LogOdds]:
    """Return the words whose odds are surest to be higher in the data, over all rows."""
    odds = log_odds(_sums(first), first.shape[0], _sums(second), second.shape[0])
    order = np.argsort(-odds.z, kind="stable")[:20]
    return order[odds.low[order] > 0], odds


def _ranking(word: str, odds: LogOdds, i: int) -> dict[str, Any]:
    return {"word": word, "odds_ratio": float(np.exp(odds.ratio[i])), "low": float(np.exp(odds.low[i])),
            "high": float(np.exp(odds.high[i])), "z": float(odds.z[i])}  # fmt: skip


def _with_words(sides: Sides, has: Any, picked: list[int], words: list[str]) -> list[Exhibit]:
    """Return the rows that have most of the words that were picked."""
    if not picked:
        return []
    own = has[:, picked]
    rows = np.argsort(-_sums(own.T), kind="stable")[:25]
    notes = ["has " + ", ".join(f"`{words[picked[j]]}`" for j in np.flatnonzero(own[r].toarray()[0])) for r in rows]
    return rows_shown(sides.subject.data, sides.data[rows].tolist(), notes)


def _word_figure(has: list[Any], ranked: list[int], words: list[str]) -> Figure:
    rows = [
        {"label": words[i], "value": float(_sums(m[:, [i]])[0] / m.shape[0]), "series": name}
        for i in ranked
        for name, m in zip(("synthetic", "real"), has)
    ]
    return figures.bars("The words most over-used", rows, x="share of rows that have the word", percent=True)


def _densities(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Figure | None:
    rows: list[dict[str, Any]] = []
    for name, counts in (("synthetic", first), ("real", second)):
        found = frequency_density(counts)
        for i in range(0, len(found.x), max(1, len(found.x) // 100)):
            value = round(float(found.narrow[i]), 4)
            rows.append({"x": round(float(found.x[i]), 3), "value": value, "low": value, "high": value, "series": name})
    if not rows:
        return None
    return figures.lines(
        "How frequent words are", rows, x="log10 of a word's share of all words", y="density of words",
        caption="Words said at least 20 times. A narrow peak in one line alone is a set of words that come together.",
    )  # fmt: skip


def _sums(m: Any, rows: Ints | None = None) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = np.asarray((m if rows is None else m[rows]).sum(0)).ravel()
    return found


def _mean(values: npt.NDArray[np.float64]) -> Estimate:
    if not values.any():
        return wilson(0, len(values))
    found = mean(values)
    return found.model_copy(update={"low": max(0.0, found.low), "high": min(1.0, found.high)})


def _upper(value: float, null: float, spread: float) -> float:
    from scipy.stats import norm

    return float(norm.sf((value - null) / spread)) if spread > 0 else float(value <= null)
