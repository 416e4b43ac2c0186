"""Utility without labels: does a model that is shown the rows answer real questions better?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.finding import Finding, number
from ..measures.intervals import mean
from .claim import Claim, needs
from .subject import Corpus, Subject, text_of

ASPECT = "utility"
_ROWS, _SHOWN, _LEAST, _MARGIN = 40, 3, 20, 0.02
_ROLES = (("question", "answer"), ("instruction", "response"), ("query", "answer"))
_REFERENCE = (
    "Brown et al. 2020, Language Models are Few-Shot Learners, section 2 (learning from examples in the context)"
)
_METHOD = (
    "Mean negative log-likelihood a token of the reference's own answers, after {shown} rows as examples in the context. It "
    "stands for training, which it is not: a student trained on the data would say more."
)


def in_context(subject: Subject) -> list[Claim | Finding]:
    """Return the held-out loss of reference answers after examples from the data, against examples from the reference."""
    said, metric = "What can be learnt from the data cannot be told.", "in_context_loss_gap"
    method = _METHOD.format(shown=_SHOWN)
    reference = subject.reference
    what = ""
    data_pairs, real_pairs = _pairs(subject.data), _pairs(reference) if reference is not None else []
    if not data_pairs:
        what = "labels (a `label` column), or questions with answers or instructions with responses"
    elif reference is None:
        what = "a reference with labels, or one of the same shape and a scoring model"
    elif subject.score is None:
        what = "a scoring model for held-out loss, or a student trained on the data and its scores"
    elif len(data_pairs) < _SHOWN or len(real_pairs) < _LEAST + 2 * _SHOWN:
        what = f"at least {_LEAST + 2 * _SHOWN} questions with answers in the reference; it has {len(real_pairs)}"
    if what or subject.score is None:
        return [needs(ASPECT, metric, what, said, method=method, reference=_REFERENCE)]
    rng = np.random.default_rng(subject.seed)
    order = rng.permutation(len(real_pairs))
    held = order[: min(subject.limits.get("scored_rows", _ROWS), len(order) - 2 * _SHOWN)].tolist()
    rest = order[len(held) :]
    prompts: dict[str, list[tuple[str, str]]] = {"data": [], "real": [], "again": []}
    for i in held:
        asked, answer, _ = real_pairs[i]
        real = rng.choice(rest, 2 * _SHOWN, replace=False).tolist()
        shown = {
            "data": [data_pairs[j] for j in rng.choice(len(data_pairs), _SHOWN, replace=False).tolist()],
            "real": [real_pairs[j] for j in real[:_SHOWN]], "again": [real_pairs[j] for j in real[_SHOWN:]],
        }  # fmt: skip
        for arm, examples in shown.items():
            before = "\n\n".join(f"{q}\nAnswer: {a}" for q, a, _ in examples)
            prompts[arm].append((f"{before}\n\n{asked}\nAnswer:", " " + answer))
    loss = {arm: _losses(subject, pairs) for arm, pairs in prompts.items()}
    known = np.isfinite(loss["data"]) & np.isfinite(loss["real"]) & np.isfinite(loss["again"])
    if known.sum() < _LEAST:
        what = f"at least {_LEAST} reference answers that the model can score; {int(known.sum())} could be"
        return [needs(ASPECT, metric, what, said, method=method, reference=_REFERENCE)]
    gaps = (loss["data"] - (loss["real"] + loss["again"]) / 2)[known]
    gap, null = mean(gaps), mean((loss["again"] - loss["real"])[known])
    kinds = [real_pairs[i][2] for i in held]
    by_task = {
        kind: float(np.mean([g for g, k in zip(gaps.tolist(), np.array(kinds)[known].tolist()) if k == kind]))
        for kind in sorted(set(kinds)) if kind
    }  # fmt: skip
    real_loss = float((loss["real"] + loss["again"])[known].mean() / 2)
    text = (
        f"After {_SHOWN} of the rows as examples, reference answers cost {number(float(loss['data'][known].mean()))} nats a token; "
        f"after {_SHOWN} reference rows, {number(real_loss)}"
    )
    return [
        Claim(
            ASPECT, metric, "above", gap, null, "other reference rows as examples", risk=f"{text}: the rows prepare less well.",
            benefit=f"{text}: the rows prepare no worse.", unclear=f"{text}; which prepare better cannot be told.",
            margin=_MARGIN, method=f"{method.format(shown=_SHOWN)} {len(gaps)} reference rows drawn by seed.",
            reference=_REFERENCE, details={"gap_by_task": by_task} if by_task else {},
        ),
        needs(ASPECT, "trained_loss_gap", "a student trained on the data, and one on the reference",
              "What a model trained on the data loses on held-out real rows is not known."),
    ]  # fmt: skip


def _pairs(corpus: Corpus) -> list[tuple[str, str, str]]:
    """Return (question with its context, answer, task) of each row that has them."""
    roles = next((r for r in _ROLES if corpus.has(*r)), None)
    if roles is None:
        return []
    asked, answers = (corpus.column(r) for r in roles)
    contexts = corpus.column("context") if corpus.has("context") else [""] * len(corpus)
    inputs = corpus.column("input") if corpus.has("input") else [""] * len(corpus)
    found = []
    for i, row in enumerate(corpus.rows):
        if asked[i].strip() and answers[i].strip():
            passage = f"Passage: {contexts[i][:800]}\n" if contexts[i] else ""
            rest = f"\n{inputs[i][:800]}" if inputs[i] else ""
            task = text_of(row.get("task") or row.get("category") or row.get("topic"))
            found.append((f"{passage}Question: {asked[i][:800]}{rest}", answers[i].strip()[:800], task[:80]))
    return found


def _losses(subject: Subject, pairs: Sequence[tuple[str, str]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    assert subject.score is not None
    found = [np.asarray(one, np.float64) for one in subject.score(pairs)]
    return np.array([-float(one.mean()) if one.size and np.isfinite(one).all() else np.nan for one in found])
