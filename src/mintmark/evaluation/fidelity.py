"""Is the synthetic text like the real text? Critics try to tell them apart; real text held against itself is the null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Figure, Finding, number
from ..measures.critic import Critique, critique, matched_lengths, near_duplicate_groups
from . import figures
from .against_reference import ASPECT, SMALLEST, Sides, rows_shown, sides_of, unanswered
from .claim import Claim, needs
from .clouds import CLOUDS, clouds
from .subject import Subject

Ints = npt.NDArray[np.int64]

QUESTIONS = (
    ("c2st_auc", "Can a classifier that reads words tell synthetic rows from real ones?"),
    ("c2st_auc_embedding", "Can a classifier that reads vectors tell synthetic rows from real ones?"),
    ("c2st_auc_length_matched", "Can a classifier tell rows of one length apart?"),
)
C2ST_MARGIN = 0.05
"""An area under the curve of .55 is a faint difference: what one row in ten that gives itself away makes."""
_C2ST = "Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests; DeLong et al. 1988"


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what critics, neighbourhoods and MAUVE say of the data beside the reference."""
    sides = sides_of(subject)
    if isinstance(sides, str):
        return list(unanswered((*QUESTIONS, *CLOUDS), sides))
    return [*_critics(sides), *clouds(sides)]


@dataclass(frozen=True)
class _Critic:
    metric: str
    reads: str
    """What the critic reads, as the report says it."""
    found: Critique
    null: Critique
    rows: Ints
    """The rows of the data that it was shown."""


def _critics(sides: Sides) -> list[Claim | Finding]:
    subject, (data, real) = sides.subject, (sides.data, sides.reference)
    own, theirs = subject.data.texts, sides.real.texts
    groups = near_duplicate_groups([own[i] for i in data] + [theirs[i] for i in real], seed=subject.seed)
    critics: list[_Critic] = []
    kinds: tuple[tuple[str, str, tuple[Any, Any]], ...] = (
        ("c2st_auc", "words and pairs of words", sides.lexical),
        ("c2st_auc_embedding", subject.embedder, sides.vectors),
    )
    for metric, reads, (x, y) in kinds:
        null = _real_against_real(y, groups[len(data) :], len(data), subject.seed)
        found = critique(x, y, groups=groups, seed=subject.seed)
        critics.append(_Critic(metric, reads, found, null, data))
    i, j = matched_lengths(*(np.array([len(t) for t in words], np.int64) for words in sides.tokens), seed=subject.seed)
    if len(i) >= SMALLEST:
        x, y = sides.lexical
        together = groups[np.concatenate([i, len(data) + j])]
        found = critique(x[i], y[j], groups=together, seed=subject.seed)
        critics.append(_Critic("c2st_auc_length_matched", "words", found, critics[0].null, data[i]))
    out: list[Claim | Finding] = [_critic_claim(critic, critics, sides) for critic in critics]
    if len(i) < SMALLEST:
        what = f"at least {SMALLEST} synthetic and real rows of like length; there are {len(i)}"
        out.append(needs(ASPECT, QUESTIONS[2][0], what, "Synthetic and real rows are hardly ever of one length."))
    return out


def _real_against_real(real: Any, groups: Ints, most: int, seed: int) -> Critique:
    order = np.random.default_rng(seed).permutation(real.shape[0])
    size = min(most, len(order) // 2)
    first, second = np.sort(order[:size]), np.sort(order[size : 2 * size])
    together = groups[np.concatenate([first, second])]
    return critique(real[first], real[second], groups=together, seed=seed)


def _critic_claim(critic: _Critic, critics: list[_Critic], sides: Sides) -> Claim:
    auc, null = critic.found.auc, critic.null.auc
    matched = critic.metric.endswith("matched")
    who = "A classifier that reads " + critic.reads
    if matched:
        who = f"On {len(critic.rows):,} synthetic and as many real rows of like length, a classifier that reads words"
    beside = f"with an AUC of {number(auc.value)}; real against real gives {number(null.value)}"
    surest = np.argsort(-critic.found.first, kind="stable")[:25]
    chances = 1 / (1 + np.exp(-critic.found.first[surest]))
    notes = [f"the critic holds it synthetic with {min(c, 0.999):.1%}" for c in chances]
    evidence: list[Exhibit] = rows_shown(sides.subject.data, critic.rows[surest].tolist(), notes)
    return Claim(
        ASPECT, critic.metric, "above", auc, null, "two halves of the real rows, read by the same kind of classifier",
        risk=f"{who} tells synthetic rows from real ones {beside}.",
        unclear=f"{who} tells synthetic rows from real ones {beside}; whether that is more than chance, and enough to "
        "matter, is open.",
        benefit=f"{who} does hardly better than chance at telling synthetic rows from real ones ({beside}).",
        p=critic.found.p, margin=C2ST_MARGIN, evidence=evidence, reference=_C2ST,
        figure=_areas(critics) if matched else _scores(critic),
        method=f"Logistic regression on {critic.reads}, cross-fitted in 5 folds (3 for more than 10,000 rows), near "
        "duplicates in one fold; held-out AUC; p by permuted held-out labels, twice the variance as folds share rows." + sides.sampled,
        details={"rows": [len(critic.found.first), len(critic.found.second)], "null_rows": null.n, "margin": C2ST_MARGIN},
    )  # fmt: skip


def _scores(critic: _Critic) -> Figure:
    series = {"synthetic": critic.found.first, "real": critic.found.second}
    return figures.histogram(
        "What the critic says of rows it has not seen", series, x="score: the further right, the more it looks synthetic",
        caption=f"A logistic regression on {critic.reads}. Where the two shapes lie over each other it cannot tell.",
    )  # fmt: skip


def _areas(critics: list[_Critic]) -> Figure:
    rows = [
        {
            "label": c.metric, "value": c.found.auc.value, "low": c.found.auc.low, "high": c.found.auc.high,
            "null_low": c.null.auc.low, "null_high": c.null.auc.high,
        }
        for c in critics
    ]  # fmt: skip
    return figures.intervals(
        "How well three critics tell synthetic from real", rows, x="AUC", caption="Grey: real rows against real rows."
    )
