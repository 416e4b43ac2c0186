"""Grounding: do the answers rest on the contexts that they stand beside?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core.finding import Estimate, Exhibit, Finding, number
from ..measures.extractive import extractiveness, has_names, ngram_precision, unsupported_names
from ..measures.intervals import mean, two_shares_p, wilson
from ..measures.sentences import fold_space
from ..measures.support import unsupported_numbers
from ..measures.tokens import tokens
from . import figures
from .claim import Claim, needs
from .grounding_judged import judged
from .grounding_rows import DRAWS, LEAST, Floats, Grounded, grounded
from .grounding_scored import scored
from .subject import Subject

ASPECT = "grounding"
ALLOWED = 0.05
"""Share of rows that may look unsupported without a reference to say what is usual: a word eye errs now and then."""
_MOST_FRAGMENTS = 2_000
_CUT = 400
Check = Callable[[str, str], Sequence[str]]
_METHOD = (
    "Lexical support is the share of an answer's content words, by rough stem, that stand in its context. A row counts as "
    "unsupported where some are missing and at least a tenth of {draws} other rows' answers, drawn by seed, are supported "
    "by this context as well."
)


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what words, and a scoring model and a judge where they are given, say of the answers' grounds."""
    data = grounded(subject.data, subject.seed)
    if data is None:
        what = f"at least {LEAST} rows with a context (context, evidence or document) and an answer (answer, response or text)"
        return [needs(ASPECT, "unsupported_share", what, "Whether the answers rest on a context cannot be told.")]
    reference = grounded(subject.reference, subject.seed) if subject.reference is not None else None
    shares = [
        _unsupported(data, reference),
        _unsupported_parts(data, reference, "number", unsupported_numbers, lambda t: any(c.isdigit() for c in t)),
        _unsupported_parts(data, reference, "name", unsupported_names, has_names),
    ]
    likely = scored(subject, data.questions, data.answers, data.contexts, [subject.data.ids[i] for i in data.rows])
    return [*shares, *_evidence(data, reference), _extractiveness(data, reference), *likely, *judged(subject, data)]


def _unsupported(data: Grounded, reference: Grounded | None) -> Claim | Finding:
    n, count = int(data.decided.sum()), int(data.unsupported.sum())
    metric, method = "unsupported_share", _METHOD.format(draws=DRAWS)
    if n < LEAST:
        what = f"at least {LEAST} answers with words in them, over more than one context"
        return needs(
            ASPECT, metric, what, "Whether the answers rest on their own contexts cannot be told.", method=method
        )
    share = f"{count / n:.1%} of {n:,} answers"
    by_chance = data.by_chance
    details = {
        "unjudged_rows": len(data.rows) - n, "share_if_answers_were_permuted": by_chance,
        "rows_that_rest_elsewhere_about": min(1.0, count / n / by_chance) if by_chance else 0.0,
        "mean_support": float(data.own[data.decided].mean()), "mean_support_of_others": float(np.nanmean(data.foreign)),
    }  # fmt: skip
    drawn = {"own answer": data.own[data.decided], "other rows' answers": data.foreign[~np.isnan(data.foreign)]}
    if reference is not None and reference.decided.any():
        drawn["reference's own answers"] = reference.own[reference.decided]
    return _claim(
        metric, data, reference, wilson(count, n),
        None if reference is None else (int(reference.unsupported.sum()), int(reference.decided.sum())),
        risk=f"{share} are no better supported by their own context than answers of other rows are by it",
        fine=f"{share} are no better supported by their own context than answers of other rows are by it; were the answers "
        f"dealt out at random, {by_chance:.0%} would be",
        evidence=[
            Exhibit(
                text=_cut(f"{data.questions[i]}\n{data.answers[i]}".strip()), id=data.corpus.ids[data.rows[i]],
                note=f"{data.own[i]:.0%} of the answer's content words stand in its context", other=_cut(data.contexts[i]),
            )
            for i in _worst(data)
        ],
        figure=figures.histogram("Support of answers by contexts", drawn, x="share of content words in the context"),
        method=method, details=details,
    )  # fmt: skip


def _unsupported_parts(
    data: Grounded, reference: Grounded | None, part: str, check: Check, has: Callable[[str], bool]
) -> Claim | Finding:
    metric = f"unsupported_{part}s_share"
    there = [i for i, a in enumerate(data.answers) if has(a)]
    if len(there) < LEAST:
        what = f"at least {LEAST} answers with a {part} in them"
        return needs(ASPECT, metric, what, f"Whether the contexts hold the answers' {part}s cannot be told.")
    missing = {i: found for i in there if (found := check(data.answers[i], data.contexts[i]))}
    other = None
    if reference is not None:
        pairs = [(a, c) for a, c in zip(reference.answers, reference.contexts) if has(a)]
        other = (sum(bool(check(a, c)) for a, c in pairs), len(pairs))
    share = (
        f"{len(missing) / len(there):.1%} of the {len(there):,} answers with a {part} have one that their context lacks"
    )
    return _claim(
        metric, data, reference, wilson(len(missing), len(there)), other, risk=share, fine=share,
        evidence=[
            Exhibit(
                text=_cut(f"{data.questions[i]}\n{data.answers[i]}".strip()), id=data.corpus.ids[data.rows[i]],
                note=f"not in the context: {', '.join(missing[i][:5])}", other=_cut(data.contexts[i]),
            )
            for i in list(missing)[:5]
        ],
        method=f"{part.capitalize()}s of the answer, as written, that do not stand in the context"
        + ("; a name is a capitalised word inside a sentence." if part == "name" else "."),
        details={"rows_with_one": len(there)},
    )  # fmt: skip


def _evidence(data: Grounded, reference: Grounded | None) -> list[Claim | Finding]:
    """Return the share of rows whose evidence does not stand in their context, where rows carry both."""
    missing = _misquoted(data)
    if len(missing) < LEAST:
        return []
    bad = [i for i, wrong in missing.items() if wrong]
    n, metric = len(missing), "misquoted_evidence_share"
    said = f"The evidence of {len(bad) / n:.1%} of {n:,} rows does not stand in their context, word for word"
    if len(bad) > n / 2 and reference is None:
        what = "evidence that quotes its context, or a reference with both"
        return [needs(ASPECT, metric, what, f"{said}: it is no quotation, and cannot be checked as one.")]
    other = list(_misquoted(reference).values()) if reference is not None else []
    evidence = data.corpus.column("evidence")
    return [
        _claim(
            metric, data, reference, wilson(len(bad), n), (sum(other), len(other)) if len(other) >= LEAST else None, risk=said, fine=said,
            evidence=[
                Exhibit(text=_cut(evidence[data.rows[i]]), id=data.corpus.ids[data.rows[i]], note="not in the context",
                        other=_cut(data.contexts[i]))
                for i in bad[:5]
            ],
            method="The evidence is sought in the context as one run of characters, white space folded.", details={},
        )
    ]  # fmt: skip


def _misquoted(data: Grounded) -> dict[int, bool]:
    """Return for each row that has evidence beside its context whether the context lacks it."""
    if not data.corpus.has("evidence", "context") or data.corpus.roles["evidence"] == data.corpus.roles["context"]:
        return {}
    evidence = data.corpus.column("evidence")
    return {
        i: fold_space(evidence[row]) not in fold_space(data.contexts[i])
        for i, row in enumerate(data.rows)
        if evidence[row].strip()
    }


def _claim(
    metric: str, data: Grounded, reference: Grounded | None, estimate: Estimate, other: tuple[int, int] | None, *,
    risk: str, fine: str, **rest: Any,
) -> Claim | Finding:  # fmt: skip
    """Hold a share against the reference's, else against none at all where answers are lifted from their contexts."""
    from scipy.stats import binom

    count = round(estimate.value * estimate.n)
    if reference is not None and other is not None and other[1] >= LEAST:
        null = wilson(*other)
        said = f"; in the reference it is {null.value:.1%}."
        return Claim(
            ASPECT, metric, "above", estimate, null, "the same share in the reference", risk=risk + said,
            unclear=fine + said, benefit=fine + said, p=two_shares_p(count, estimate.n, *other), margin=0.02, **rest,
        )  # fmt: skip
    if not data.extractive:
        return Finding(
            aspect=ASPECT, metric=metric, claim=f"{fine}; the answers use words of their own, so words alone cannot judge them.",
            estimate=estimate, needs="a reference with contexts and answers, or a scoring model",
            method=rest["method"], evidence=tuple(rest["evidence"]), figure=rest.get("figure"), details=rest["details"],
        )  # fmt: skip
    null = Estimate(value=0, low=0, high=0, n=0, method="by definition")
    return Claim(
        ASPECT, metric, "above", estimate, null, f"every answer rests on its own context; {ALLOWED:.0%} may look otherwise",
        risk=risk + ".", unclear=fine + ".", benefit=fine + ".", margin=ALLOWED,
        p=float(binom.sf(count - 1, estimate.n, ALLOWED)), **rest,
    )  # fmt: skip


def _extractiveness(data: Grounded, reference: Grounded | None) -> Finding:
    series: dict[str, Floats] = {}
    numbers: dict[str, dict[str, float]] = {}
    for name, one in (("data", data), ("reference", reference)):
        if one is None:
            continue
        chosen = np.random.default_rng(one.seed).permutation(len(one.rows))[:_MOST_FRAGMENTS].tolist()
        pairs = [(tokens(one.answers[i][:20_000])[:2_000], tokens(one.contexts[i][:200_000])[:20_000]) for i in chosen]
        found = [extractiveness(a, c) for a, c in pairs]
        series[name] = np.array([f.coverage for f in found])
        trigrams = [p for a, c in pairs if (p := ngram_precision(a, c, 3)) is not None]
        numbers[name] = {
            "coverage": float(series[name].mean()), "density_median": float(np.median([f.density for f in found])),
            "unigram_precision": float(np.mean([ngram_precision(a, c) or 0.0 for a, c in pairs])),
            "trigram_precision": float(np.mean(trigrams)) if trigrams else 0.0, "rows": float(len(pairs)),
        }  # fmt: skip
    estimate = mean(series["data"])
    own = numbers["data"]
    against = f" In the reference it is {numbers['reference']['coverage']:.0%}." if "reference" in numbers else ""
    return Finding(
        aspect=ASPECT, metric="extractiveness", kind="fact", estimate=estimate,
        claim=f"On average {own['coverage']:.0%} of an answer's words and signs are lifted from its context in runs, the middle "
        f"answer's density is {number(own['density_median'])} tokens, and {own['trigram_precision']:.0%} of the trigrams stand "
        f"there.{against} The more answers reword, the less the lexical measures can tell.",
        figure=figures.histogram("Extractive coverage", series, x="share of the answer in fragments of its context"),
        method=f"Greedy extractive fragments over at most {_MOST_FRAGMENTS:,} rows drawn by seed; of a long row the first "
        "2,000 tokens of the answer and 20,000 of the context.",
        reference="Grusky, Naaman, Artzi 2018, Newsroom: A Dataset of 1.3 Million Summaries", details=numbers,
    )  # fmt: skip


def _worst(data: Grounded) -> list[int]:
    """Return five unsupported rows: least support first, then most words that lack it."""
    flagged = np.flatnonzero(data.unsupported).tolist()
    return sorted(
        flagged, key=lambda i: (float(data.own[i]), -len(data.answers[i]) if len(data.answers[i]) < 200 else 0, i)
    )[:5]


def _cut(text: str) -> str:
    return text if len(text) <= _CUT else text[: _CUT - 1] + "…"
