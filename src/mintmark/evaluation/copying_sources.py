"""What comes back of the sources and of protected texts, and under which licences the sources stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.intervals import mean
from ..measures.runs_shared import shared_runs
from ..measures.sentences import STOP_WORDS
from .claim import Claim, needs
from .subject import Corpus, Subject
from .twins import cut, words_of

LEAST = 8
RUN = 20
STYLE_WORDS = 2000
"""Words that either side needs before a profile of function words means anything."""
_DRAWS = 100
_FUNCTION = sorted(STOP_WORDS)


def sources(subject: Subject) -> list[Claim | Finding]:
    """Return how much of the rows is copied from their sources: a fact, for extractive answers are copied on purpose."""
    if subject.sources is None or not any(subject.sources.tokens):
        return [needs("copying", "source_run_words", "the sources the rows were made from (`--sources DIR`)",
                      "How much of the rows is copied from their sources is not known.")]  # fmt: skip
    return [_against(subject, subject.sources, "source", "source_run_words", "the sources")]


def protected(subject: Subject) -> list[Claim | Finding]:
    """Return what the rows share with protected texts: long runs, and nearness of style by function words."""
    if subject.protected is None or not any(subject.protected.tokens):
        what = "the protected texts (`--protected DIR`)"
        return [needs("copying", m, what, "Whether words or style of protected texts are copied is not known.")
                for m in ("protected_run_words", "protected_style_distance")]  # fmt: skip
    return [
        _against(subject, subject.protected, "source", "protected_run_words", "the protected texts"),
        _style(subject),
    ]


def licences(subject: Subject) -> Finding:
    """Return what the run's source and side inputs declare as their licences."""
    recipe = ((subject.run.manifest.get("content") or {}).get("recipe") or {}) if subject.run else {}
    entries: dict[str, Any] = {}
    if isinstance(recipe, Mapping) and recipe.get("source"):
        entries["the source"] = recipe["source"]
        entries |= {f"the input `{k}`": v for k, v in (recipe.get("inputs") or {}).items()}
    if not entries:
        return needs("copying", "source_licences", "a run folder made by Mintmark, whose manifest names the sources",
                     "Under which licences the sources stand is not known.")  # fmt: skip
    found = {}
    for where, entry in entries.items():
        kind, fields = next(iter(entry.items())) if isinstance(entry, Mapping) and entry else (str(entry), None)
        found[f"{where} (`{kind}`)"] = fields.get("license") if isinstance(fields, Mapping) else None
    silent = [where for where, licence in found.items() if not licence]
    said = "; ".join(f"{where}: {licence}" for where, licence in found.items() if licence)
    if silent:
        return Finding(
            aspect="copying", metric="source_licences", claim=f"No licence is declared for {', '.join(silent)}.{' ' if said else ''}"
            f"{said}", needs="a `license` in the recipe's source and inputs", details={"licences": found},
        )  # fmt: skip
    return Finding(
        aspect="copying",
        metric="source_licences",
        kind="fact",
        claim=f"Licences as declared: {said}.",
        details={"licences": found},
    )


def _against(subject: Subject, texts: Corpus, of: Any, metric: str, what: str) -> Finding:
    words = words_of(subject.data)
    runs = shared_runs(words, words_of(texts), least=LEAST)
    longest, which = runs.longest(len(words))
    sizes = np.fromiter(map(len, words), np.int64, len(words))
    covered = runs.covered(len(words))[sizes > 0] / sizes[sizes > 0]
    n = len(covered)
    long = int((longest >= RUN).sum())
    shown = []
    for row in np.argsort(-longest, kind="stable")[:5].tolist():
        if longest[row] < LEAST:
            break
        run = int(which[row])
        other, at = int(runs.other[run]), int(runs.start[run])
        passage = " ".join(words[row][at : at + int(longest[row])])
        shown.append(Exhibit(text=cut(subject.data.texts[row]), id=subject.data.ids[row], other=cut(passage),
                             note=f"{int(longest[row]):,} words in a row", other_id=texts.ids[other], other_of=of))  # fmt: skip
    return Finding(
        aspect="copying", metric=metric, kind="fact", estimate=mean(longest[sizes > 0].astype(np.float64)),
        claim=f"{long:,} of {n:,} rows ({long / max(1, n):.1%}) share {RUN} words in a row or more with {what}; the longest run is "
              f"of {int(longest.max(initial=0)):,} words, and runs of {LEAST} or more cover {covered.mean():.1%} of a row on average.",
        evidence=tuple(shown), method=f"Folded words; runs of {LEAST} words or more by hashed n-grams. The estimate is the mean of each "
        "row's longest run. Extractive answers share long runs on purpose.",
        reference="Carlini et al. 2023, Quantifying memorization across neural language models",
        details={"rows_with_long_runs": long, "longest": int(longest.max(initial=0)), "mean_covered": float(covered.mean())},
    )  # fmt: skip


def _style(subject: Subject) -> Claim | Finding:
    """Return how near the data's profile of function words lies to the protected texts', beside the reference's."""
    assert subject.protected is not None
    profiles = [_counts(c.tokens) for c in (subject.data, subject.protected)]
    name, reference = "protected_style_distance", "Burrows 2002, Delta: a measure of stylistic difference"
    if any(x[0].sum() < STYLE_WORDS / 4 or x[1].sum() < STYLE_WORDS or x[0].sum() < 0.1 * x[1].sum() for x in profiles):
        return needs("copying", name, f"{STYLE_WORDS:,} words of English in the data and in the protected texts",
                     "The style cannot be compared: too little text, or not English.", reference=reference)  # fmt: skip
    method = f"Cosine distance of the frequencies of {len(_FUNCTION)} English function words; bootstrap over rows."
    theirs = profiles[1][0].sum(axis=0)
    mine = _distance(profiles[0][0], theirs, subject.seed)
    real = _counts(subject.reference.tokens) if subject.reference is not None else None
    if real is None or real[1].sum() < STYLE_WORDS or real[0].sum() < STYLE_WORDS / 4:
        return Finding(aspect="copying", metric=name, kind="fact", estimate=mine, method=method, reference=reference,
                       claim=f"The data's function words lie at a distance of {mine} from the protected texts'; with real rows it "
                             "could be said whether that is near.")  # fmt: skip
    null = _distance(real[0], theirs, subject.seed + 1)
    says = (
        f"the data's function words lie at a distance of {mine} from the protected texts'; those of real rows at {null}"
    )
    return Claim(
        "copying", name, "below", mine, null, "real rows against the protected texts", margin=0.01, method=method,
        risk=f"The style leans to the protected texts: {says}.", unclear=f"{says[0].upper()}{says[1:]}.",
        benefit=f"The style is no nearer to the protected texts than that of real rows: {says}.", reference=reference,
    )  # fmt: skip


def _counts(rows: Sequence[Sequence[str]]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each row's counts of function words, and its words."""
    place = {w: i for i, w in enumerate(_FUNCTION)}
    found = np.zeros((len(rows), len(place)))
    for i, row in enumerate(rows):
        for word, count in Counter(w for w in row if w in place).items():
            found[i, place[word]] = count
    return found, np.array([sum(w[0].isalnum() for w in row) for row in rows], np.float64)


def _distance(rows: npt.NDArray[np.float64], other: npt.NDArray[np.float64], seed: int) -> Estimate:
    rng = np.random.default_rng(seed)
    n = len(rows)
    weights = np.concatenate([np.ones((1, n)), rng.multinomial(n, np.full(n, 1 / n), _DRAWS)])
    profiles = weights @ rows
    cosine = profiles @ other / np.maximum(np.linalg.norm(profiles, axis=1) * np.linalg.norm(other), 1e-12)
    value, drawn = float(1 - cosine[0]), 1 - cosine[1:]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(
        value=value, low=min(float(low), value), high=max(float(high), value), n=n, method="bootstrap over rows"
    )
