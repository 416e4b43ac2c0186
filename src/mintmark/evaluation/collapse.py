"""Collapse: how far the rows are from real ones by descent, and what is lost from generation to generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Finding, number
from ..measures.intervals import subsample, wilson
from ..measures.tokens import Vocabulary
from . import figures
from .claim import Claim, needs
from .descent import descent, runs_before
from .subject import Corpus, Subject

ASPECT = "collapse"
TAIL = 0.1
"""Share of generation 0's words, by mass, that are its tail: the rarest."""
_REFERENCE = (
    "Shumailov et al. 2024, AI models collapse when trained on recursively generated data; Gerstgrasser et al. 2024, Is model "
    "collapse inevitable?"
)
_DRAWS = 20
Ints = npt.NDArray[np.int64]


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return how many generations of made rows stand between the data and their sources, and how many rows rest on real ones."""
    if subject.run is None or not subject.run.lineage:
        what = "the run folder that the rows came from, with its lineage"
        said = "How many generations lie between these rows and real ones is not known."
        return [needs(ASPECT, "generation_depth", what, said, reference=_REFERENCE)]
    by_id = {str(row.get("id")): row for row in subject.run.lineage}
    before = runs_before(subject.run.manifest)
    found = descent(by_id)
    own = [found[i] for i in subject.data.ids if i in found]
    if not own:
        what = "rows whose ids are in the run's lineage"
        return [needs(ASPECT, "generation_depth", what, "The rows are not those of the run.", reference=_REFERENCE)]
    depths = np.bincount([depth + len(before) for depth, _ in own])
    anchored = sum(rooted for _, rooted in own) if not before else 0
    middle = float(np.mean([d for d, _ in own]) + len(before))
    deepest = len(depths) - 1
    spread = [
        {"label": f"generation {d}", "value": int(c), "series": "rows"} for d, c in enumerate(depths.tolist()) if c
    ]
    warn = f" Their source is itself the data of a run: {' < '.join(before[:3])}." if before else ""
    return [
        Finding(
            aspect=ASPECT, metric="generation_depth", kind="fact",
            claim=f"{number(middle)} generations lie between a row and its first source on average, {deepest} at most.{warn}",
            estimate=Estimate(value=middle, low=middle, high=middle, n=len(own), method="counted, every row"),
            figure=figures.bars("Generations between a row and its source", spread[:50], x="rows"),
            method="The longest way from a row to its sources, over parents in the lineage; a source that is another run's data "
            "adds one for each run.",
            reference=_REFERENCE, details={"rows_by_generation": depths.tolist(), "runs_before": before},
        ),
        Finding(
            aspect=ASPECT, metric="real_anchor_share", kind="fact", estimate=wilson(anchored, len(own)),
            claim=f"{anchored:,} of {len(own):,} rows rest on a place in a source that is not known to be made itself.",
            method="A row rests on a source where every way back over its parents ends at a place in one.", reference=_REFERENCE,
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class Generation:
    """What one generation of texts still holds, all counted on samples of one size.

    Attributes:
        types: different words and signs.
        distinct_2: different bigrams as a share of all.
        entropy: of the words, bits.
        tail_kept: mass of generation 0's rarest words, over their mass in rows of generation 0 held out; 1 where nothing is lost.
        divergence: Jensen-Shannon divergence of the words from generation 0's, bits; generation 0's own is that of two halves.
    """

    name: str
    rows: int
    types: Estimate
    distinct_2: Estimate
    entropy: Estimate
    tail_kept: Estimate
    divergence: Estimate


def over_generations(corpora: Sequence[Corpus], *, seed: int = 0) -> list[Generation]:
    """Return indicators of collapse for each generation, the first being generation 0; intervals of subsampling.

    Half of generation 0 (by seed) says what its tail and its words are; the other half stands for it. All others are counted on
    samples of as many rows.

    Raises:
        ValueError: where a corpus has fewer than 4 rows.
    """
    if any(len(c) < 4 for c in corpora):
        short = next(c for c in corpora if len(c) < 4)
        raise ValueError(f"a generation needs at least 4 rows, {short.name} has {len(short)}")
    words = Vocabulary()
    read = [_Words.of(c, words) for c in corpora]
    pairs = np.unique(np.concatenate([r.bigrams for r in read]), return_inverse=True)[1].ravel()
    ends = np.cumsum([len(r.bigrams) for r in read])
    order = np.random.default_rng(seed).permutation(len(corpora[0]))
    half = len(order) // 2
    base = read[0].counts(order[:half], len(words))
    # The tail: the rarest words that together bear a tenth of the mass.
    rarest = np.argsort(base, kind="stable")
    seen = np.cumsum(base[rarest]) / max(base.sum(), 1)
    tail = np.zeros(len(words), np.bool_)
    tail[rarest[seen <= TAIL]] = True
    size = min(half, *(len(c) // 2 for c in corpora))
    held = read[0].counts(order[half:], len(words))
    # What generation 0 keeps of its own tail: words that were rare in one half are rarer still in the other.
    usual = held[tail].sum() / max(held.sum(), 1)
    found = []
    for place, (corpus, one, part) in enumerate(zip(corpora, read, np.split(pairs, ends[:-1]))):
        rows = order[half:] if place == 0 else np.arange(len(corpus))

        def over(
            statistic: Callable[[Ints], float],
            one: _Words = one,
            part: Ints = part,
            rows: Ints = rows,
            *,
            two: bool = False,
        ) -> Estimate:
            def of(picked: Ints) -> float:
                chosen = rows[picked]
                return statistic(np.bincount(part[one.of_bigrams(chosen)]) if two else one.counts(chosen, len(words)))

            return subsample(len(rows), of, seed=seed, size=size, draws=_DRAWS)

        found.append(
            Generation(
                corpus.name, len(corpus), types=over(lambda c: float((c > 0).sum())),
                distinct_2=over(lambda c: float((c > 0).sum() / max(c.sum(), 1)), two=True), entropy=over(_entropy),
                tail_kept=over(lambda c: float(c[tail].sum() / max(c.sum(), 1) / usual) if usual else 1.0),
                divergence=over(lambda c: _divergence(c, base)),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, eq=False)
class _Words:
    numbers: Ints
    row: Ints
    bigrams: Ints
    bigram_row: Ints
    rows: int

    @staticmethod
    def of(corpus: Corpus, words: Vocabulary) -> _Words:
        parts = [words.read(t) for t in corpus.tokens]
        row = np.repeat(np.arange(len(parts)), [len(p) for p in parts])
        numbers = np.concatenate([np.zeros(0, np.int64), *parts])
        inside = row[1:] == row[:-1]
        bigrams = (numbers[:-1] << 32 | numbers[1:])[inside]
        return _Words(numbers, row, bigrams, row[1:][inside], len(parts))

    def counts(self, rows: Ints, size: int) -> Ints:
        chosen = np.zeros(self.rows, np.bool_)
        chosen[rows] = True
        return np.bincount(self.numbers[chosen[self.row]], minlength=size)

    def of_bigrams(self, rows: Ints) -> npt.NDArray[np.bool_]:
        chosen = np.zeros(self.rows, np.bool_)
        chosen[rows] = True
        found: npt.NDArray[np.bool_] = chosen[self.bigram_row]
        return found


def _entropy(counts: Ints) -> float:
    p = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(p * np.log2(p)).sum())


def _divergence(a: Ints, b: Ints) -> float:
    p, q = a / max(a.sum(), 1), b / max(b.sum(), 1)
    m = (p + q) / 2
    return sum(float((x[x > 0] * np.log2(x[x > 0] / m[x > 0])).sum()) / 2 for x in (p, q))
