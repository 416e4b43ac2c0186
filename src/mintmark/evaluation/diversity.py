"""Diversity: do the data vary as much as real rows do, at the same size?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding, number
from ..measures.diversity import Grams, compression_ratio, distinct, grams_up_to, repeated, self_bleu, vendi
from ..measures.intervals import subsample, wilson
from .claim import A_REFERENCE, Claim, needs
from .exchange import Ratio, ratio, share_p
from .figures import intervals
from .missing import regions
from .subject import Corpus, Subject
from .tail import tail
from .twins import METHOD as TWINS
from .twins import REFERENCE as TWINS_REFERENCE
from .twins import cut, side_by_side, twins

Ints = npt.NDArray[np.int64]
ASPECT = "diversity"
LEAST = 20
"""Rows with text that either side needs before anything is judged."""
ROWS, BLEU_ROWS, BYTES = 4000, 400, 200_000
MARGIN = 0.05
"""A ratio to the reference within 5 % of 1 matters to nobody."""


_REGIONAL = ("tail_mass_kept", "cluster_coverage", "missing_regions")


@dataclass(frozen=True)
class Measure:
    """A statistic that is compared at one size, and the words for it."""

    metric: str
    says: str
    below: bool
    rows: int
    reference: str
    method: str
    units: bool = False


MEASURES = (
    Measure("vendi_ratio", "The Vendi score, the effective number of unlike rows,", True, ROWS,
            "Friedman, Dieng 2023, The Vendi score", "cosine kernel of the rows' vectors"),
    *(Measure(f"distinct_{n}_ratio", f"The share of different {what}", True, ROWS,
              "Li et al. 2016, A diversity-promoting objective function", "at the same number of n-grams", True)
      for n, what in ((1, "words"), (2, "word pairs"), (3, "word triples"))),
    Measure("self_bleu_ratio", "Self-BLEU, how far each row can be put together from the others,", False, BLEU_ROWS,
            "Zhu et al. 2018, Texygen", "BLEU-4 of each row against all others, smoothed"),
    Measure("compression_ratio", "The compression ratio, which is high where text repeats,", False, ROWS,
            "Shaib et al. 2024, Standardizing the measurement of text diversity",
            "DEFLATE of rows in random order, the same number of bytes", True),
)  # fmt: skip


@dataclass(eq=False)
class Side:
    """One set, ready to be measured: rows with text, `ROWS` drawn at random where there are more."""

    corpus: Corpus
    vectors: npt.NDArray[np.float32]
    seed: int
    keep: Ints = field(init=False)

    def __post_init__(self) -> None:
        there = np.flatnonzero([bool(t) for t in self.corpus.tokens])
        self.keep = np.sort(np.random.default_rng(self.seed).permutation(there)[:ROWS])

    @cached_property
    def orders(self) -> list[Grams]:
        return grams_up_to([self.corpus.tokens[i] for i in self.keep.tolist()], 4)

    @cached_property
    def texts(self) -> list[str]:
        return [self.corpus.texts[i] for i in self.keep.tolist()]

    def value(self, measure: Measure, rows: Ints, limit: int | None) -> float:
        """Return the statistic of `rows`, numbered among those kept."""
        if measure.metric == "vendi_ratio":
            return vendi(self.vectors[self.keep[rows]])
        if measure.metric == "self_bleu_ratio":
            return self_bleu(self.orders, rows)
        if measure.metric == "compression_ratio":
            return compression_ratio((self.texts[i] for i in rows.tolist()), limit or BYTES)
        return distinct(self.orders[int(measure.metric[9]) - 1], rows, limit)

    def sizes(self, measure: Measure) -> Ints:
        """Return how many units (n-grams, bytes) each kept row has."""
        if measure.metric == "compression_ratio":
            return np.array([len(t) for t in self.texts], np.int64)
        order = int(measure.metric[9]) if measure.metric.startswith("distinct") else 1
        return np.diff(self.orders[order - 1].offsets)


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return how varied the data are beside the reference, what repeats, and which real regions are missing."""
    if sum(map(bool, subject.data.tokens)) < LEAST:
        return [
            needs(ASPECT, m, f"at least {LEAST} rows with text", "There are too few rows to say how varied they are.")
            for m in (*(x.metric for x in MEASURES), "near_duplicate_share", *_REGIONAL)
        ]
    real = subject.reference
    enough = real is not None and sum(map(bool, real.tokens)) >= LEAST
    subject = subject if enough else replace(subject, reference=None)
    vectors = subject.vectors
    data = Side(subject.data, vectors[0], subject.seed)
    repeats = _repeats(subject, data)
    found: list[Claim | Finding] = [] if repeats is None else [repeats]
    shown = () if repeats is None else repeats.evidence
    if subject.reference is None or vectors[1] is None:
        what = A_REFERENCE if real is None else f"a reference of at least {LEAST} rows with text"
        found += [_alone(data, m, subject.seed) for m in MEASURES]
        found += [
            needs(ASPECT, m, what, "Whether the data vary as real rows do cannot be told without real rows.")
            for m in (*(x.metric for x in MEASURES), *_REGIONAL)
        ]
        return [*found, _near_alone(subject)]
    others = Side(subject.reference, vectors[1], subject.seed)
    ratios = [(m, _ratio(data, others, m, subject.seed)) for m in MEASURES]
    claims = [_claim(m, r, shown if m.metric != "vendi_ratio" else _typical(data)) for m, r in ratios]
    picture = intervals(
        "Diversity beside real rows",
        [{"label": m.metric, "value": r.estimate.value, "low": r.estimate.low, "high": r.estimate.high,
          "null_low": r.null.low, "null_high": r.null.high} for m, r in ratios],
        x="data / reference",
        caption="1 is as varied as real rows. Grey: two draws of the reference. For self-BLEU and compression more is worse.",
    )  # fmt: skip
    claims[0] = replace(claims[0], figure=picture)
    return [*found, *claims, _near(subject), tail(subject), *regions(subject)]


def _ratio(data: Side, real: Side, m: Measure, seed: int) -> Ratio:
    return ratio(
        (lambda rows, limit: data.value(m, rows, limit), lambda rows, limit: real.value(m, rows, limit)),
        (data.sizes(m), real.sizes(m)), rows=m.rows, seed=seed, below=m.below, units=m.units,
        most=BYTES if m.metric == "compression_ratio" else None,
    )  # fmt: skip


def _claim(m: Measure, r: Ratio, shown: Sequence[Exhibit]) -> Claim:
    numbers = (
        f"{m.says} of the data is {number(r.data)}; that of as many real rows is {number(r.reference)} "
        f"(ratio {r.estimate})."
    )
    return Claim(
        ASPECT, m.metric, "below" if m.below else "above", r.estimate, r.null, "two draws of the reference",
        risk=f"The data vary less than real rows: {numbers[0].lower()}{numbers[1:]}",
        benefit=f"The data vary as much as real rows, or more: {numbers[0].lower()}{numbers[1:]}",
        unclear=numbers, p=r.p, margin=MARGIN, evidence=shown, reference=m.reference,
        method=f"{m.method}; {r.rows:,} rows of each, drawn at random where there are more; error by the jackknife.",
        details={"data": r.data, "reference": r.reference, "rows": r.rows},
    )  # fmt: skip


def _alone(data: Side, m: Measure, seed: int) -> Finding:
    """Return the plain value of a measure, which claims nothing where there is nothing to hold it against."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(data.keep))[: m.rows]
    held = subsample(len(chosen), lambda rows: data.value(m, chosen[rows], None), seed=seed, draws=8)
    return Finding(
        aspect=ASPECT, metric=m.metric.removesuffix("_ratio"), kind="fact", estimate=held,
        claim=f"{m.says} is {held} on {held.n:,} rows; it depends on their number.", method=m.method,
        reference=m.reference,
    )  # fmt: skip


def _near(subject: Subject) -> Claim:
    found = twins(subject)
    there = found.group >= 0
    data, real = found.members & there, ~found.members & there
    n, rest = int(data.sum()), int(real.sum())
    # The chance to meet a near copy grows with the size of the set: the reference's share is brought to the data's.
    scale = n / rest
    hit = found.met(data, near=True) & data
    real_hit = int((found.met(real, near=True) & real).sum())
    grown = min(1.0, scale * real_hit / rest)
    null = wilson(real_hit, rest) if scale <= 1 else wilson(round(grown * rest), rest)
    if scale < 1:
        null = _scaled(null, scale)

    def hits(mask: npt.NDArray[np.bool_]) -> tuple[int, int]:
        one, other = np.zeros(len(found), np.bool_), np.zeros(len(found), np.bool_)
        one[there], other[there] = mask, ~mask
        return (int((found.met(one, near=True) & one).sum()), int((found.met(other, near=True) & other).sum()))

    estimate = wilson(int(hit.sum()), n)
    share = f"{estimate.value:.1%} of the rows repeat another row, or nearly; {null.value:.1%} of real rows do"
    return Claim(
        ASPECT, "near_duplicate_share", "above", estimate, null, "real rows among themselves, brought to the data's size",
        risk=f"{share}.", unclear=f"{share}.", benefit=f"Near duplicates are no more common than among real rows: {share}.",
        p=share_p(hits, found.members[there], seed=subject.seed, scale=scale), margin=0.01,
        evidence=_pairs(subject, np.flatnonzero(hit)), method=TWINS, reference=TWINS_REFERENCE,
        details={"rows": int(hit.sum()), "reference_rows": real_hit, "scale": scale},
    )  # fmt: skip


def _near_alone(subject: Subject) -> Finding:
    found = twins(subject)
    data = found.members & (found.group >= 0)
    hit = np.flatnonzero(found.met(data, near=True) & data)
    estimate = wilson(len(hit), int(data.sum()))
    return Finding(
        aspect=ASPECT, metric="near_duplicate_share", kind="fact", estimate=estimate, method=TWINS,
        claim=f"{estimate.value:.1%} of the rows repeat another row, or nearly; how many real rows do is not known.",
        evidence=tuple(_pairs(subject, hit)), reference=TWINS_REFERENCE, details={"rows": len(hit)},
    )  # fmt: skip


def _pairs(subject: Subject, rows: Ints) -> list[Exhibit]:
    found = twins(subject)
    return side_by_side(subject, found, rows, found.members)


def _scaled(e: Estimate, scale: float) -> Estimate:
    return Estimate(value=e.value * scale, low=e.low * scale, high=e.high * scale, n=e.n, method=e.method)


def _repeats(subject: Subject, data: Side) -> Finding | None:
    """Return the word sequences that most rows share: the templates the data were made with, or of the genre."""
    rows = [subject.data.tokens[i] for i in data.keep.tolist()]
    given = repeated(rows)
    if not given:
        return None
    words, count = cut(given[0][0]), given[0][1]
    share = count / len(rows)
    shown = []
    for sequence, number_of in given:
        at = next(i for i, row in enumerate(rows) if sequence in " ".join(row))
        place = int(data.keep[at])
        shown.append(Exhibit(text=cut(subject.data.texts[place]), id=subject.data.ids[place],
                             note=f"\u201c{cut(sequence)}\u201d stands in {number_of:,} rows"))  # fmt: skip
    return Finding(
        aspect=ASPECT, metric="repeated_sequences", kind="fact", evidence=tuple(shown),
        claim=f"The most repeated run of 8 words and signs, \u201c{words}\u201d, stands in {count:,} of {len(rows):,} rows ({share:.1%}).",
        method="Word and sign 8-grams by the number of rows they stand in; of overlapping ones the first.",
        details={"sequences": [{"text": cut(t), "rows": c} for t, c in given]},
    )  # fmt: skip


def _typical(data: Side) -> list[Exhibit]:
    """Return the rows that lie closest to the middle of all: what the data say most."""
    own = data.vectors[data.keep]
    middle = own.mean(axis=0)
    order = np.argsort(-(own @ middle), kind="stable")[:3]
    return [Exhibit(text=cut(data.texts[i]), id=data.corpus.ids[int(data.keep[i])], note="close to the middle of all rows")
            for i in order.tolist()]  # fmt: skip
