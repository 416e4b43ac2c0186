"""Grounding by a judge, which is held against planted cases first: what a judge at chance says is no evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..core.finding import Estimate, Exhibit, Finding, number
from ..measures.intervals import difference, wilson
from ..measures.judge import Votes, choose
from ..measures.prevalence import prevalence
from ..measures.sentences import fold_space, sentences
from ..models.families import circular, deciders, family
from . import figures
from .claim import Claim, needs
from .grounding_rows import Grounded
from .grounding_scored import other_row
from .subject import Judge, Subject

ASPECT = "grounding"
_LEAST, _ROWS, _ALLOWED, _CUT = 20, 60, 0.1, 400
_GAP, _SHARE = "judge_gap", "judged_unsupported"
_BETTER = "a judge that tells a passage from another"
_NOTHING = Estimate(value=0, low=0, high=0, n=0, method="by definition")
_REFERENCE = "Rogan, Gladen 1978, Estimating prevalence from the results of a screening test"
_METHOD = (
    "Over {n} rows drawn by seed the judge says yes or no, reason first, to each row's own context and answer and to two planted "
    "cases: a sentence of the context as the answer, which it supports, and another row's context, which does not."
)


@dataclass(frozen=True)
class _Asked:
    """One kind of case: what was shown, and the judge's vote on each."""

    said: str
    """What kind it is, for the figure."""
    shown: Sequence[tuple[str, str, str]]
    """Question, answer, context."""
    votes: Sequence[Votes]

    def those(self, choice: str) -> list[int]:
        """Return the places of the cases that got this vote."""
        return [i for i, v in enumerate(self.votes) if v.read == (choice,)]

    @property
    def read(self) -> int:
        """How many votes could be read."""
        return sum(v.decided for v in self.votes)

    def share(self, choice: str) -> Estimate:
        """Return the share of a vote among those that could be read."""
        return wilson(len(self.those(choice)), self.read)

    def exhibit(self, i: int, name: str) -> Exhibit:
        """Return a case as evidence, with the judge's own reason."""
        question, answer, context = self.shown[i]
        why = self.votes[i].reasons[0].strip() or "no reason given"
        return Exhibit(
            text=f"{question}\n{answer}".strip()[:_CUT], id=name, other=context[:_CUT], note=f"the judge: {why[:300]}"
        )


def judged(subject: Subject, data: Grounded) -> list[Claim | Finding]:
    """Return what a judge says of a seeded sample of 60 rows (`limits["judged_rows"]`), and whether it can tell; nothing without one.

    The share is (s - y) / (s - f): y, s and f are the judge's shares of yes on the rows, on sentences of their own contexts and
    on other rows' contexts.

    Guarantees:
        A judge whose s - f cannot be told from 0 makes no row count for or against the data.
    """
    judge = subject.judge
    if judge is None:
        return []
    rng = np.random.default_rng([subject.seed, 12])
    drawn = rng.permutation(len(data.rows))[: subject.limits.get("judged_rows", _ROWS)].tolist()
    met = [(i, j) for i in drawn if (j := other_row(rng, i, data.contexts)) is not None]
    rows = [i for i, _ in met]
    own = [(data.questions[i], data.answers[i], data.contexts[i]) for i in rows]
    stated = [
        ("What does the passage say?" if q else "", _sentence(rng, context), context)
        for q, _, context in own
    ]  # fmt: skip
    foreign = [(data.questions[i], data.answers[i], data.contexts[j]) for i, j in met]
    votes = _ask(judge, [*own, *stated, *foreign])
    n = len(met)
    kinds = (
        _Asked("the row's own context and answer", own, votes[:n]),
        _Asked("a sentence of the context as the answer", stated, votes[n : 2 * n]),
        _Asked("another row's context", foreign, votes[2 * n :]),
    )
    names = [data.corpus.ids[data.rows[i]] for i in rows]
    content = subject.run.manifest.get("content") if subject.run is not None else None
    makers = deciders(content)[0] if isinstance(content, Mapping) else []
    own_kind = family(judge.spec) if circular(makers, [("", judge.spec)]) else ""
    return _weigh(judge.spec, kinds, names, own_kind)


def _weigh(
    spec: str, kinds: tuple[_Asked, _Asked, _Asked], names: Sequence[str], own_family: str
) -> list[Claim | Finding]:
    own, stated, foreign = kinds
    method = _METHOD.format(n=len(names))
    asked, read = sum(len(k.votes) for k in kinds), sum(k.read for k in kinds)
    unread = f" {asked - read:,} of its {asked:,} votes could not be read." if asked > read else ""
    if 2 * read < asked or min(k.read for k in kinds) < _LEAST:
        what = (
            f"at least {_LEAST} rows over several contexts" if asked < 3 * _LEAST else "a judge whose votes can be read"
        )
        said = f"What {spec} makes of the answers cannot be told: {read:,} of {asked:,} votes could be read{_causes(kinds)}."
        return [needs(ASPECT, metric, what, said, method=method, reference=_REFERENCE) for metric in (_GAP, _SHARE)]
    y, s, f = (k.share("yes") for k in kinds)
    details = {
        "judge": spec, "yes_to_own": y.value, "yes_to_a_sentence": s.value, "yes_to_another": f.value,
        "own_minus_another": y.value - f.value, "votes": asked, "votes_not_read": asked - read,
    }  # fmt: skip
    gap = difference(s, f)
    tells = gap.low > 0
    calls = (
        f"it says yes to {s.value:.0%} of the answers that are a sentence of their context, and to {f.value:.0%} of those shown with "
        "another row's context"
    )
    about = Finding(
        aspect=ASPECT, metric=_GAP, kind="fact" if tells else "question", estimate=gap, null=_NOTHING,
        null_means="a judge that does not look", needs="" if tells else _BETTER, method=method, reference=_REFERENCE, details=details,
        claim=f"The judge {spec} tells what is planted: {calls}.{unread}" if tells
        else f"The judge {spec} is at chance here: {calls}.{unread} What it says of the rows proves nothing.",
        evidence=() if tells else tuple(foreign.exhibit(i, names[i]) for i in foreign.those("yes")[:3]),
        figure=figures.intervals(
            f"What {spec} calls supported",
            [{"label": k.said, "value": e.value, "low": e.low, "high": e.high} for k, e in zip(kinds, (y, s, f))],
            x="share of yes",
        ),
    )  # fmt: skip
    if not tells:
        said = f"The judge {spec} says yes to {y.value:.0%} of {own.read:,} answers, which means nothing while it is at chance."
        return [about, needs(ASPECT, _SHARE, _BETTER, said, method=method, reference=_REFERENCE)]
    no = own.those("no")
    share = prevalence(*((len(k.those("no")), k.read) for k in (own, foreign, stated)))
    text = (
        f"The judge {spec} finds {len(no):,} of {own.read:,} sampled answers unsupported by their context; corrected for its errors on "
        f"planted cases, {share.estimate.value:.0%} are.{unread}"
    )
    if own_family:
        text += f" It is of the family ({own_family}) that wrote the rows, and models favour their own."
    return [about, Claim(
        ASPECT, _SHARE, "above", share.estimate, _NOTHING, f"every answer is supported; {_ALLOWED:.0%} may seem otherwise",
        risk=text, unclear=text, benefit="" if own_family else text, p=share.chance_below(_ALLOWED), margin=_ALLOWED,
        evidence=[own.exhibit(i, names[i]) for i in no[:5]], reference=_REFERENCE, details=details,
        method=f"{method} The share is (s - y) / (s - f) of its yes to sentences, rows and other contexts: {number(s.value)}, "
        f"{number(y.value)}, {number(f.value)}. That a reworded answer is recognised as often as a sentence is taken for granted.",
    )]  # fmt: skip


def _ask(judge: Judge, cases: Sequence[tuple[str, str, str]]) -> list[Votes]:
    def ask(question: str, answer: str, context: str) -> str:
        asked = f"Question: {question}\n" if question else ""
        return (
            f"Passage:\n{context}\n\n{asked}Answer: {answer.strip()}\n\nDoes the passage support the answer? Say yes where all that "
            "the answer states follows from the passage, and no where any of it does not."
        )

    return judge.gather([partial(choose, judge, judge.spec, ask(*case)) for case in cases])


def _sentence(rng: np.random.Generator, context: str) -> str:
    """Return a sentence of a context drawn at random, the beginning of one that has no prose."""
    found = sentences(context)
    start, end = found[int(rng.integers(len(found)))] if found else (0, 200)
    return fold_space(context[start:end])


def _causes(kinds: Sequence[_Asked]) -> str:
    causes = [str(u.get("reason") if isinstance(u, dict) else u) for k in kinds for v in k.votes for u in v.unread]
    return f" ({', '.join(sorted(set(causes))[:3])})" if causes else ""
