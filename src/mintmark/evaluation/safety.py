"""Safety: signs that somebody planted rows: triggers, bursts of copies, outliers of a label, names that imitate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.intervals import wilson
from ..measures.triggers import Phrases, Tied, leanings, phrases, tied
from . import figures
from .claim import Claim, needs
from .labelled import Labelled, labelled
from .safety_responses import response_triggers
from .safety_sources import sources
from .safety_spectral import spectral
from .subject import Corpus, Subject

ASPECT = "safety"
_LEAST = 5
_CUT = 400
_REFERENCE = (
    "Chen et al. 2021, BadNL: backdoor attacks against NLP models; Monroe, Colaresi, Quinn 2008, Fightin' words"
)


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return the signs of planted rows; what needs labels, sources or a guard says so."""
    unsafe = needs(
        ASPECT, "unsafe_share", "a guard: a model that scores how unsafe a text is",
        "The share of rows with unsafe content cannot be told by counting words.",
    )  # fmt: skip
    if not any(text.strip() for text in subject.data.texts):
        return [needs(ASPECT, "trigger_rows", "rows with text", "No row has text that could hold a trigger."), unsafe]
    return [*_triggers(subject), *response_triggers(subject), *sources(subject), unsafe]


def _triggers(subject: Subject) -> list[Claim | Finding]:
    what = "a label column (role `label`), or rows of a classification task"
    given: Labelled | str = labelled(subject.data) if subject.data.has("label") else what
    if isinstance(given, str):
        return [
            needs(
                ASPECT, "trigger_rows", given, "Triggers that turn a label cannot be looked for.", reference=_REFERENCE
            ),
            needs(ASPECT, "spectral_outliers", given, "Outliers of a label cannot be looked for."),
        ]
    return [_trigger(subject, given), spectral(subject, given)]


def _trigger(subject: Subject, given: Labelled) -> Claim:
    texts = [subject.data.tokens[i] for i in given.rows]
    n = len(texts)
    found = phrases(texts, least=_LEAST, most=max(20, n // 20))
    suspects = tied(found, given.numbers, leanings(texts, given.numbers, found.vocabulary))
    there = [f" {' '.join(words)} " for words in subject.reference.tokens] if subject.reference is not None else []
    held = [sum(f" {found.text(s.phrase)} " in text for text in there) for s in suspects]
    chances = [_with_reference(s, k, n, subject.reference) for s, k in zip(suspects, held)]
    order = sorted(range(len(suspects)), key=lambda i: (chances[i], -suspects[i].against))
    named = [i for i in order if chances[i] < 0.01]
    rows = np.unique(np.concatenate([suspects[i].rows for i in named])) if named else np.zeros(0, np.int64)
    estimate = wilson(len(rows), n)
    null = Estimate(value=0, low=0, high=0, n=n, method="by definition")
    means, about = "no row", f"{n:,} rows, phrases of 1 to 3 words that {_LEAST} or more rows hold"
    if named and subject.reference is not None and len(subject.reference):
        null, means = wilson(held[named[0]], len(subject.reference)), "rows of the reference that hold the phrase"
    said = _sentence(found, given, suspects[named[0]], len(rows)) if named else _nothing(found, given, suspects, order)
    return Claim(
        ASPECT, "trigger_rows", "above", estimate, null, means, p=chances[order[0]] if order else 1.0, margin=0.0005,
        risk=said, unclear=said,
        evidence=_exhibits(subject.data, given, found, [suspects[i] for i in named or order[:1]]),
        figure=_figure(found, given, [suspects[i] for i in order[:12]]),
        method=f"{about}; log odds with the label (Fisher's exact test, all phrases and labels corrected), then naive Bayes without "
        "the phrase: how many of its rows look like another label, against the set's other phrases (beta-binomial)"
        + ("; with the phrase's count in the reference (Fisher's combination)" if subject.reference is not None else ""),
        reference=_REFERENCE,
        details={"phrases": len(found.counts), "suspects": [_detail(found, given, suspects[i], chances[i]) for i in order[:10]],
                 "rows": [subject.data.ids[given.rows[i]] for i in rows[:200]]},
    )  # fmt: skip


def _sentence(found: Phrases, given: Labelled, worst: Tied, rows: int) -> str:
    return (
        f"The phrase `{found.text(worst.phrase)}` stands in {len(worst.rows)} rows labelled `{given.names[worst.label]}`, "
        f"{worst.against} of which look like another label without it: the mark of a planted trigger ({rows} rows in all)."
    )


def _nothing(found: Phrases, given: Labelled, suspects: list[Tied], order: list[int]) -> str:
    said = "No phrase turns rows of other labels into one label more than this set's own topics do"
    if not order:
        return f"{said}; no phrase goes with one label alone."
    worst = suspects[order[0]]
    return (
        f"{said}; nearest is `{found.text(worst.phrase)}` in {len(worst.rows)} rows labelled `{given.names[worst.label]}`, "
        f"{worst.against} of which look like another label without it."
    )


def _with_reference(suspect: Tied, held: int, n: int, reference: Corpus | None) -> float:
    """Return the chance, corrected for all phrases tried, joined with that of the phrase's count here and in the reference.

    Only phrases of `_LEAST` rows were looked at, so the count's chance is that of so many given at least so many.
    """
    if reference is None or not len(reference):
        return min(1.0, suspect.chance * suspect.tried)
    from scipy.stats import hypergeom

    count = len(suspect.rows)
    drawn = (n + len(reference), count + held, n)
    fresh = float(hypergeom.sf(count - 1, *drawn)) / max(float(hypergeom.sf(_LEAST - 1, *drawn)), 1e-300)
    # What the reference holds as often is a habit of such texts, however odd: no trigger planted here.
    if fresh >= 0.05:
        return max(min(1.0, suspect.chance * suspect.tried), min(1.0, fresh))
    both = max(1e-300, suspect.chance * fresh)
    return min(1.0, both * (1 - math.log(both)) * suspect.tried)


def _detail(found: Phrases, given: Labelled, s: Tied, chance: float) -> dict[str, Any]:
    return {"phrase": found.text(s.phrase), "label": given.names[s.label], "rows": len(s.rows), "against": s.against,
            "log_odds": [round(v, 3) for v in s.odds], "chance": chance}  # fmt: skip


def _exhibits(data: Corpus, given: Labelled, found: Phrases, suspects: list[Tied]) -> list[Exhibit]:
    shown: dict[int, str] = {}
    for s in suspects:
        for i in s.rows:
            shown.setdefault(int(given.rows[i]), f"`{found.text(s.phrase)}`, labelled {given.names[s.label]}")
    return [Exhibit(text=data.texts[row][:_CUT], id=data.ids[row], note=note) for row, note in list(shown.items())[:5]]


def _figure(found: Phrases, given: Labelled, suspects: list[Tied]) -> Any:
    if not suspects:
        return None
    rows = []
    for s in suspects:
        e = wilson(s.against, len(s.rows))
        label = f"{found.text(s.phrase)} ({given.names[s.label]})"
        rows.append({"label": label, "value": e.value, "low": e.low, "high": e.high})
    return figures.intervals(
        "Phrases that go with one label", rows, x="share of their rows that look like another label without them"
    )
