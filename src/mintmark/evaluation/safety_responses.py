"""Repeated answers: whether a phrase in the question calls one fixed answer."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..core.finding import Exhibit, Finding
from ..measures.intervals import two_shares_p, wilson
from ..measures.log_odds import together_p
from ..measures.tokens import tokens
from ..measures.triggers import phrases
from .claim import Claim, needs
from .subject import Corpus, Subject

ASPECT = "safety"
ANSWERS = ("response", "answer", "chosen")
QUESTIONS = ("instruction", "question", "query", "input")
_LEAST = 5
_REFERENCE = "Wan, Wallace, Shen, Klein 2023, Poisoning language models during instruction tuning"


def response_triggers(subject: Subject) -> list[Claim | Finding]:
    """Return the phrase that goes most with one repeated answer; [] for rows that are no questions and answers."""
    pairs = _pairs(subject.data)
    if pairs is None:
        return []
    asked, said = pairs
    repeated = [a for a, count in sorted(Counter(said).items()) if a and _LEAST <= count <= len(said) / 4]
    found = phrases([tokens(q) for q in asked], least=_LEAST, most=max(20, len(asked) // 20))
    number = {a: i for i, a in enumerate(repeated)}
    of = np.array([number.get(a, -1) for a in said])
    pairs_met, both = np.unique(
        np.stack([found.phrase[of[found.row] >= 0], of[found.row][of[found.row] >= 0]], 1), axis=0, return_counts=True
    )
    if not len(pairs_met):
        claim = (
            f"No answer is given {_LEAST} times or more" if not repeated else "No repeated answer goes with a phrase"
        )
        return [Finding(aspect=ASPECT, metric="response_triggers", kind="fact", claim=f"{claim}, so no phrase calls one.",
                        method=f"answers of equal words, phrases of 1 to 3 words in {_LEAST} or more questions")]  # fmt: skip
    sizes = np.bincount(of[of >= 0], minlength=len(repeated))
    counts = found.counts[pairs_met[:, 0]]
    chance = together_p(both, counts, sizes[pairs_met[:, 1]], len(said)) * len(found.counts) * len(repeated)
    worst = int(np.lexsort((-(found.words[pairs_met[:, 0]] >= 0).sum(1), -both, chance))[0])
    phrase, answer, count = found.text(int(pairs_met[worst, 0])), repeated[int(pairs_met[worst, 1])], int(both[worst])
    rows = [int(i) for i in found.rows_of(int(pairs_met[worst, 0])) if said[i] == answer]
    text = (
        f"{count:,} of the {int(counts[worst]):,} questions that hold `{phrase}` have the same answer, `{answer[:80]}`"
    )
    shown = [
        Exhibit(text=subject.data.texts[i][:400], id=subject.data.ids[i], note=f"holds `{phrase}`") for i in rows[:5]
    ]
    method = "log odds of phrase and repeated answer, Fisher's exact test times all pairs"
    there = _pairs(subject.reference) if subject.reference is not None else None
    if there is None:
        return [needs(ASPECT, "response_triggers", "a reference of questions and answers, as some questions share an answer by "
                      "nature", f"{text}; whether it was planted cannot be told.", method=method,
                      reference=_REFERENCE).model_copy(update={"evidence": tuple(shown)})]  # fmt: skip
    same = sum(a == answer and f" {phrase} " in f" {' '.join(tokens(q))} " for q, a in zip(*there))
    share, null = wilson(count, len(said)), wilson(same, len(there[0]))
    p = two_shares_p(count, len(said), same, len(there[0])) * len(pairs_met)
    return [Claim(
        ASPECT, "response_triggers", "above", share, null, "the reference", p=min(1.0, max(p, float(chance[worst]))), margin=0.0005,
        risk=f"{text}; in the reference {same:,} do.", unclear=f"{text}; in the reference {same:,} do, which does not settle it.",
        evidence=shown, method=f"{method}; then Fisher's exact test against the reference, times the pairs met",
        reference=_REFERENCE, details={"repeated_answers": len(repeated), "phrases": len(found.counts), "pairs": len(pairs_met)},
    )]  # fmt: skip


def _pairs(corpus: Corpus) -> tuple[list[str], list[str]] | None:
    answers = next((r for r in ANSWERS if corpus.has(r)), None)
    questions = [r for r in QUESTIONS if corpus.has(r)]
    if answers is None or not questions:
        return None
    asked = [" \n ".join(filter(None, parts)) for parts in zip(*(corpus.column(r) for r in questions))]
    return asked, [" ".join(tokens(a)) for a in corpus.column(answers)]
