"""Contamination: rows that also stand in a benchmark, word for word or reworded, beside how often clean rows seem to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Figure, Finding
from ..measures.copies import LONG, SHORT
from ..measures.intervals import two_shares_p, wilson
from .claim import Claim, needs
from .contamination_match import Match, compare
from .exchange import at_least
from .figures import histogram
from .subject import Benchmark, Corpus, Subject
from .twins import cut

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
ASPECT = "contamination"
CLEAN = 0.995
"""The part of clean rows that stays below the threshold of likeness."""
LEAST_LIKE = 0.35
"""No pair below this likeness is called a paraphrase, whatever clean rows look like."""
BAND = 0.95
TOLERANCE = 0.001
"""The share of copies that is borne where no clean rows say what is usual."""
ROWS, NULL_ROWS = 10_000, 4000
NGRAMS = (
    f"Folded words; a row is flagged where it shares {LONG} words in a row with a part (prompt, answer) of one item, or "
    f"runs of {SHORT} or more that cover half of the part's words. Runs all of whose {SHORT}-grams stand in 3 items or more "
    "are phrases of the genre and do not count."
)
CHARS = "Cosine of TF-IDF of 3- to 5-character grams inside words, each row's prompt against every item's prompt, top 1"
REFERENCES = (
    "Brown et al. 2020, Language models are few-shot learners, appendix C",
    "Yang et al. 2023, Rethinking benchmark and contamination for language models with rephrased samples",
)


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return the shares of rows that stand in a benchmark by n-grams and by likeness, and the pairs left to a judge."""
    metrics = ("ngram_share", "paraphrase_share", "doubtful_pairs")
    benchmarks = [b for b in subject.benchmarks if b.items]
    if not benchmarks:
        return [needs(ASPECT, m, "benchmark files (`--benchmark PATH`)", "Whether test questions stand in the data is not known.")
                for m in metrics]  # fmt: skip
    rng = np.random.default_rng(subject.seed)
    data = _sampled(subject.data, rng, ROWS)
    if not len(data):
        return [
            needs(ASPECT, m, "rows with text", "There is no text that could stand in a benchmark.") for m in metrics
        ]
    real = _sampled(subject.reference, rng, NULL_ROWS) if subject.reference is not None else np.zeros(0, np.int64)
    alone = subject.reference is None or len(real) < 40
    corpora = [(subject.data, data)]
    if subject.reference is not None and not alone:
        corpora.append((subject.reference, real))
    matches = compare(benchmarks, corpora, alone)
    return _claims(subject, data, [(b, m[0], m[1]) for b, m in zip(benchmarks, matches)], alone)


def _sampled(corpus: Corpus, rng: np.random.Generator, most: int) -> Ints:
    there = np.flatnonzero([bool(t) for t in corpus.tokens])
    return np.sort(rng.permutation(there)[:most])


def _threshold(like: Floats) -> tuple[float, float]:
    """Return where likeness is a paraphrase, and where doubt begins, by clean rows' likeness."""
    high, low = np.quantile(like, [CLEAN, BAND], method="higher") if len(like) else (LEAST_LIKE, LEAST_LIKE)
    return max(float(high), LEAST_LIKE), max(float(low), LEAST_LIKE)


def _claims(
    subject: Subject, rows: Ints, found: list[tuple[Benchmark, Match, Match]], alone: bool
) -> list[Claim | Finding]:
    counted: dict[str, Counted] = {}
    shown: dict[str, dict[str, list[Exhibit]]] = {}
    for number, (benchmark, match, null) in enumerate(found):
        # Clean rows of even places set the threshold, those of odd places say how often clean rows pass it.
        setting = np.arange(len(null.like)) % 2 == 0
        high, low = _threshold(null.like[setting])
        name = benchmark.name if benchmark.name not in counted else f"{benchmark.name} ({number + 1})"
        over, clean_over = ((m.like > high) & ~m.flagged for m in (match, null))
        between, clean_between = ((m.like > low) & (m.like <= high) & ~m.flagged for m in (match, null))
        hit = np.unique(np.concatenate([match.item[match.flagged], match.nearest[over]]))
        counted[name] = Counted(
            len(rows), len(benchmark.items), len(hit), high, low,
            {"ngrams": int(match.flagged.sum()), "likeness": int(over.sum()), "doubt": int(between.sum())},
            {"ngrams": int(null.flagged.sum()), "likeness": int(clean_over[~setting].sum()),
             "doubt": int(clean_between[~setting].sum())},
            {"ngrams": 0 if alone else len(setting), "likeness": int((~setting).sum()), "doubt": int((~setting).sum())},
        )  # fmt: skip
        shown[name] = {
            "ngrams": _exhibits(subject.data, rows, benchmark, match.flagged, match.item, match.covered, "ngrams"),
            "likeness": _exhibits(subject.data, rows, benchmark, over, match.nearest, match.like, "likeness"),
            "doubt": _exhibits(subject.data, rows, benchmark, between, match.nearest, match.like, "doubt"),
        }
    means = "different questions of the same benchmark" if alone else "rows of the reference"
    sampled = f" {len(rows):,} rows drawn at random." if len(rows) < len(subject.data) else ""
    worst = min(counted, key=lambda k: (counted[k].p("likeness"), -counted[k].rows["likeness"]))
    (match, null) = next((m, x) for k, (_, m, x) in zip(counted, found) if k == worst)
    figure = histogram(f"Likeness with the nearest question of {worst}", {"data": match.like, "clean rows": null.like},
                       x="cosine", caption=f"Clean rows: {means}.")  # fmt: skip
    return [
        _claim("ngram_share", "ngrams", "hold a test question of {} or its answer word for word", counted, shown, means,
               NGRAMS + sampled, REFERENCES[0]),
        _claim("paraphrase_share", "likeness", "seem to be reworded test questions of {}", counted, shown, means,
               f"{CHARS}; above the {CLEAN:.1%} quantile of half of the clean rows ({means}); the null is the other half.{sampled}",
               REFERENCES[1], figure),
        _doubt(counted, shown, means),
    ]  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """What was counted for one benchmark: rows, and clean rows, by n-grams, by likeness, and in doubt."""

    n: int
    items: int
    items_found: int
    threshold: float
    doubt_from: float
    rows: dict[str, int]
    clean: dict[str, int]
    clean_n: dict[str, int]

    def p(self, kind: str) -> float:
        """Return the chance of so many rows where they are as clean as clean rows."""
        if not self.clean_n[kind]:
            return at_least(self.rows[kind], self.n, TOLERANCE)
        return two_shares_p(self.rows[kind], self.n, self.clean[kind], self.clean_n[kind])


def _claim(metric: str, kind: str, does: str, counted: dict[str, Counted], shown: dict[str, dict[str, list[Exhibit]]],
           means: str, method: str, reference: str, figure: Figure | None = None) -> Claim | Finding:  # fmt: skip
    """Return the claim on the benchmark that stands out most; its chance is corrected for having been chosen."""
    worst = min(counted, key=lambda k: (counted[k].p(kind), -counted[k].rows[kind]))
    c = counted[worst]
    estimate, null = wilson(c.rows[kind], c.n), wilson(c.clean[kind], c.clean_n[kind])
    says = f"{c.rows[kind]:,} of {c.n:,} rows ({estimate.value:.1%}) {does.format(worst)}"
    if c.clean_n[kind]:
        says += f"; {null.value:.1%} of clean rows seem to"
    else:
        null, means = wilson(0, c.n), f"none: no clean rows were given, and up to {TOLERANCE:.1%} of rows is borne"
        says += f"; {c.clean[kind]:,} of its {c.items:,} items seem to hold another item"
    if len(counted) > 1:
        says += f" (of {len(counted)} benchmarks this one stands out most)"
    details = {"worst": worst, "benchmarks": {k: asdict(v) for k, v in counted.items()}}
    if not any(v.rows[kind] for v in counted.values()):
        return Finding(aspect=ASPECT, metric=metric, kind="fact", claim=f"{says}.", estimate=estimate, null=null, null_means=means,
                       method=method, reference=reference, figure=figure, details=details)  # fmt: skip
    return Claim(
        ASPECT, metric, "above", estimate, null, means, risk=f"{says}. {c.items_found:,} of its {c.items:,} items are met.",
        unclear=f"{says}.", benefit=f"{says}.", p=min(1.0, len(counted) * c.p(kind)), margin=0.002,
        evidence=[e for k in (worst, *(k for k in counted if k != worst)) for e in shown[k][kind]][:5], figure=figure,
        method=method, reference=reference, details=details,
    )  # fmt: skip


def _doubt(counted: dict[str, Counted], shown: dict[str, dict[str, list[Exhibit]]], means: str) -> Finding:
    """Return the band between as a question, unless clean rows are in it as often: then it says nothing of these rows."""
    worst = min(counted, key=lambda k: (counted[k].p("doubt"), -counted[k].rows["doubt"]))
    c = counted[worst]
    count, clean = c.rows["doubt"], wilson(c.clean["doubt"], c.clean_n["doubt"]).value
    says = (
        f"{count:,} rows are more like a question of {worst} than {BAND:.0%} of clean rows are, yet below its threshold"
    )
    common: dict[str, Any] = {
        "aspect": ASPECT, "metric": "doubtful_pairs", "method": CHARS, "reference": REFERENCES[1],
        "evidence": tuple(shown[worst]["doubt"]),
        "details": {"benchmarks": {k: {"rows": v.rows["doubt"], "clean": v.clean["doubt"]} for k, v in counted.items()}},
    }  # fmt: skip
    if min(1.0, len(counted) * c.p("doubt")) > 0.05:
        return Finding(kind="fact", claim=f"{says}; no more than clean rows ({clean:.1%} of the {means}).", **common)
    return Finding(
        kind="question", claim=f"{says}; {clean:.1%} of clean rows are: some may be paraphrases.",
        needs=f"a judge or a person to read {count:,} pairs", **common,
    )  # fmt: skip


def _exhibits(corpus: Corpus, rows: Ints, benchmark: Benchmark, chosen: npt.NDArray[np.bool_], at: Ints,
              value: npt.NDArray[Any], kind: str) -> list[Exhibit]:  # fmt: skip
    best = np.flatnonzero(chosen)
    best = best[np.argsort(-value[best], kind="stable")[:5]]
    shown = []
    for i in best.tolist():
        row, item = int(rows[i]), int(at[i])
        note = (f"runs of {SHORT} or more words cover {value[i]:.0%} of the item's part" if kind == "ngrams"
                else f"likeness {value[i]:.2f}")  # fmt: skip
        text = "\n".join(filter(None, (v for k, v in benchmark.items[item].items() if k != "choices")))
        shown.append(Exhibit(text=cut(corpus.texts[row]), id=corpus.ids[row], note=note, other=cut(text),
                             other_id=f"{benchmark.name} {item + 1}", other_of="benchmark"))  # fmt: skip
    return shown
