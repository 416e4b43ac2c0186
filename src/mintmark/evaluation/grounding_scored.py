"""Grounding by a scoring model: what context and question do for the likelihood of an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding, number
from ..measures.intervals import mean, wilson
from . import figures
from .claim import Claim, needs
from .subject import Subject

ASPECT = "grounding"
_LEAST, _ROWS, _ALLOWED = 20, 60, 0.1
_REFERENCE = "Ethayarajh et al. 2022, Understanding Dataset Difficulty with V-usable Information, section 3"
Score = Callable[[Sequence[tuple[str, str]]], list[npt.NDArray[np.float64]]]
Floats = npt.NDArray[np.float64]


def scored(
    subject: Subject, questions: Sequence[str], answers: Sequence[str], contexts: Sequence[str], ids: Sequence[str]
) -> list[Claim | Finding]:
    """Return what a scoring model says, over a seeded sample of 60 rows (`limits["scored_rows"]`); what is needed without one."""
    if subject.score is None:
        said = "How much likelier the contexts make the answers was not measured."
        return [needs(ASPECT, "ungrounded_share", "a scoring model", said, reference=_REFERENCE)]
    rng = np.random.default_rng(subject.seed)
    drawn = rng.permutation(len(answers))[: subject.limits.get("scored_rows", _ROWS)].tolist()
    met = [(i, j) for i in drawn if (j := other_row(rng, i, contexts)) is not None]
    rows, others = [i for i, _ in met], [j for _, j in met]
    sets = [
        [(f"Passage: {contexts[i]}\nQuestion: {questions[i]}\nAnswer:", " " + answers[i].strip()) for i in rows],
        [("Answer:", " " + answers[i].strip()) for i in rows],
        [
            (f"Passage: {contexts[j]}\nQuestion: {questions[i]}\nAnswer:", " " + answers[i].strip())
            for i, j in zip(rows, others)
        ],
        [(f"Passage: {contexts[i]}\nAnswer:", " " + answers[i].strip()) for i in rows],
        [
            (f"Passage: {contexts[i]}\nQuestion: {questions[j]}\nAnswer:", " " + answers[i].strip())
            for i, j in zip(rows, others)
        ],
    ]
    both, blind, foreign, unasked, misasked = (_means(subject.score, pairs) for pairs in sets)
    known = np.isfinite(both) & np.isfinite(blind) & np.isfinite(foreign)
    if known.sum() < _LEAST:
        what = f"at least {_LEAST} rows over several contexts that the model can score; {int(known.sum())} could be"
        said = "How much likelier the contexts make the answers cannot be told."
        return [needs(ASPECT, "ungrounded_share", what, said, reference=_REFERENCE)]
    found: list[Claim | Finding] = [
        _context(both - blind, foreign - blind, known, rows, answers, contexts, questions, ids)
    ]
    if any(questions[i].strip() for i in rows):
        found.append(_question(both - unasked, misasked - unasked))
    return found


def _context(
    own: Floats, foreign: Floats, known: npt.NDArray[np.bool_], rows: Sequence[int], answers: Sequence[str],
    contexts: Sequence[str], questions: Sequence[str], ids: Sequence[str],
) -> Claim:  # fmt: skip
    from scipy.stats import binom

    middle = float(np.median(foreign[known]))
    low = known & (own <= middle)
    n, count = int(known.sum()), int(low.sum())
    # Half of the ungrounded rows lie under the middle of ungrounded gains, and hardly a grounded one: so twice as many.
    half = wilson(count, n)
    estimate = Estimate(
        value=min(1.0, 2 * half.value), low=min(1.0, 2 * half.low), high=min(1.0, 2 * half.high), n=n,
        method="Wilson of the share under the null's median, doubled",
    )  # fmt: skip
    said = (
        f"The contexts make the answers likelier by {number(float(own[known].mean()))} nats a token on average, other rows' "
        f"contexts by {number(float(foreign[known].mean()))}; about {estimate.value:.0%} of {n} sampled rows do not rest on their own"
    )
    worst = sorted(np.flatnonzero(low).tolist(), key=lambda k: (float(own[k]), k))[:5]
    return Claim(
        ASPECT, "ungrounded_share", "above", estimate, Estimate(value=0, low=0, high=0, n=0, method="by definition"),
        f"every answer rests on its own context; {_ALLOWED:.0%} may seem otherwise", risk=said + ".", unclear=said + ".",
        benefit=said + ".", p=float(binom.sf(count - 1, n, _ALLOWED / 2)), margin=_ALLOWED,
        evidence=[
            Exhibit(
                text=f"{questions[rows[k]]}\n{answers[rows[k]]}".strip()[:400], id=ids[rows[k]], other=contexts[rows[k]][:400],
                note=f"its context gains {own[k]:.2f} nats a token, another row's {foreign[k]:.2f}",
            )
            for k in worst
        ],
        figure=figures.histogram(
            "Likelihood gain of the answers", {"own context": own[known], "another row's context": foreign[known]},
            x="nats a token",
        ),
        method="log p(answer | context, question) - log p(answer), mean over tokens; null: another row's context. The share is "
        f"twice that of rows at or under the null's median, over {n} rows drawn by seed.",
        reference=_REFERENCE, details={"median_of_null": middle, "under_it": count},
    )  # fmt: skip


def _question(own: Floats, other: Floats) -> Finding | Claim:
    known = np.isfinite(own) & np.isfinite(other)
    if known.sum() < _LEAST:
        return needs(
            ASPECT,
            "question_gain",
            f"at least {_LEAST} rows that the model can score",
            "The questions' gain is not known.",
        )
    estimate, null = mean(own[known]), mean(other[known])
    return Finding(
        aspect=ASPECT, metric="question_gain", kind="fact", estimate=estimate, null=null, null_means="another row's question",
        claim=f"Given the context, its question makes an answer likelier by {number(estimate.value)} nats a token; another row's "
        f"question by {number(null.value)}.",
        method="log p(answer | context, question) - log p(answer | context), mean over tokens.", reference=_REFERENCE,
    )  # fmt: skip


def _means(score: Score, pairs: Sequence[tuple[str, str]]) -> Floats:
    found = [np.asarray(one, np.float64) for one in score(pairs)]
    return np.array([float(one.mean()) if one.size and np.isfinite(one).all() else np.nan for one in found])


def other_row(rng: np.random.Generator, row: int, contexts: Sequence[str]) -> int | None:
    """Return a row with another context, None where ten draws find none."""
    for j in rng.integers(0, len(contexts), 10).tolist():
        if contexts[j] != contexts[row]:
            return int(j)
    return None
