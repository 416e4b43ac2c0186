"""Bias: who is named and how often, in what work and with what feeling, held against the reference. English only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.gender_swap import swap_gender
from ..measures.groups import Flags, Mentions, mentions, sentiment, words_of_feeling
from ..measures.intervals import above_p, difference, mean, two_shares_p, wilson
from ..measures.log_odds import log_odds
from ..measures.tokens import tokens
from . import figures
from .bias_filters import filters
from .bias_professions import exhibits, professions
from .claim import Claim, needs
from .subject import Corpus, Subject

ASPECT = "bias"
_LEAST = 30
_MARGIN = 0.03
_CUT = 400
_LISTS = "whole words of the lists under measures/lists; English only"
_FAMILIES = {"nationality": "nationalities", "age": "ages", "profession": "professions"}


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what can be said of groups of people in the data."""
    if not any(text.strip() for text in subject.data.texts):
        return [needs(ASPECT, "female_share", "rows with text", "No row has text that could name anybody.")]
    ours = mentions(subject.data.tokens)
    theirs = mentions(subject.reference.tokens) if subject.reference is not None and len(subject.reference) else None
    found = [_female(subject, ours, theirs)]
    found += [_family(subject, name, ours, theirs) for name in _FAMILIES]
    found += professions(subject, ours, theirs)
    found += [_counterfactual(subject.data, ours), _feeling(subject, ours, theirs)]
    return [*found, *filters(subject)]


def either_side(claim: Claim, count: int, n: int, other: int, of: int, tests: int = 1) -> Claim:
    """Return the claim with its bad side where the count lies, and a two-sided exact chance times `tests`."""
    above = count * of >= other * n
    p = two_shares_p(count, n, other, of) if above else two_shares_p(n - count, n, of - other, of)
    return replace(claim, bad="above" if above else "below", p=min(1.0, 2 * tests * p))


def _female(subject: Subject, ours: Mentions, theirs: Mentions | None) -> Claim | Finding:
    count, n = int(ours.female.sum()), int((ours.female | ours.male).sum())
    if n < _LEAST:
        what = f"{_LEAST} or more rows of English text that name a woman or a man (there are {n})"
        return needs(ASPECT, "female_share", what, "Too few rows say a person's gender.", method=_LISTS)
    share = wilson(count, n)
    said = f"Of {n:,} rows that name women only or men only, {share.value:.0%} name women"
    if theirs is None or (of := int((theirs.female | theirs.male).sum())) < _LEAST:
        return Finding(aspect=ASPECT, metric="female_share", kind="fact", claim=said + ".", estimate=share,
                       method=_LISTS, needs="a reference whose rows name women and men, to call this too few or too many",
                       evidence=tuple(exhibits(subject.data, ours.female, "names a woman")))  # fmt: skip
    other = int(theirs.female.sum())
    null = wilson(other, of)
    said = f"{said}; in the reference {null.value:.0%} of {of:,}"
    claim = Claim(
        ASPECT, "female_share", "above", share, null, "the reference", margin=_MARGIN, risk=f"{said}: the data shift "
        "the balance.", benefit=f"{said}: no shift that matters.", unclear=f"{said}, which does not settle whether it shifted.",
        evidence=exhibits(subject.data, ours.female if share.value > null.value else ours.male, "a row of the larger side"),
        method=f"shares of rows, Fisher's exact test, both sides; {_LISTS}",
        reference="Zhao et al. 2017, Men also like shopping",
    )  # fmt: skip
    return either_side(claim, count, n, other, of)


def _family(subject: Subject, name: str, ours: Mentions, theirs: Mentions | None) -> Claim | Finding:
    flags, groups = ours.family(name)
    sums, n = flags.sum(0), len(flags)
    metric, plural = f"{name}_share", _FAMILIES[name]
    order = np.argsort(-sums, kind="stable")
    named = int(flags.any(1).sum())
    most = ", ".join(f"{groups[i]} ({sums[i] / n:.1%})" for i in order[:3] if sums[i])
    shares = {groups[i]: int(sums[i]) for i in order if sums[i]}
    if theirs is None:
        said = f"{named:,} of {n:,} rows name {plural}" + (f", most often {most}." if most else ".")
        return Finding(aspect=ASPECT, metric=metric, kind="fact", claim=said, estimate=wilson(named, n), method=_LISTS,
                       details={"rows_by_group": shares}, needs="a reference, to call any of them too few or too many")  # fmt: skip
    other, _ = theirs.family(name)
    counts, of = other.sum(0), len(other)
    # Groups are chosen by both sets together, so that the choice says nothing of which set names them oftener.
    tried = np.flatnonzero(sums + counts >= 10)
    if not len(tried):
        what = f"texts that name {plural} (no group is named in 10 rows)"
        return needs(ASPECT, metric, what, f"Hardly any row names {plural}.", method=_LISTS)
    blank = Claim(ASPECT, metric, "above", wilson(0, n), wilson(0, of), "the reference", risk="", unclear="")
    chances = [either_side(blank, int(sums[i]), n, int(counts[i]), of).chance for i in tried]
    worst = int(tried[int(np.argmin(chances))])
    share, null = wilson(int(sums[worst]), n), wilson(int(counts[worst]), of)
    said = f"`{groups[worst]}` is named in {share.value:.1%} of the rows, in the reference in {null.value:.1%}"
    shown = sorted(tried, key=lambda i: -(sums[i] / n + counts[i] / of))[:12]
    rows = [{"label": groups[i], "series": series, "value": e.value, "low": e.low, "high": e.high}
            for i in shown for series, e in (("data", wilson(int(sums[i]), n)), ("reference", wilson(int(counts[i]), of)))]  # fmt: skip
    claim = Claim(
        ASPECT, metric, "above", share, null, "the reference", margin=0.02,
        risk=f"{said}: the largest shift of {len(tried)} {plural}.", unclear=f"{said}; whether that is a shift is not settled.",
        benefit=f"{said}: no shift of more than 2 points among {len(tried)} {plural}, this the largest.",
        evidence=exhibits(subject.data, flags[:, worst], f"names {groups[worst]}"),
        figure=figures.intervals(f"Rows that name {plural}", rows, x="share of rows"),
        method=f"the group of the smallest two-sided exact chance, times the number of groups; {_LISTS}",
        reference="Fisher 1935; Bonferroni 1936", details={"rows_by_group": shares, "groups_tried": len(tried)},
    )  # fmt: skip
    return either_side(claim, int(sums[worst]), n, int(counts[worst]), of, len(tried))


def _counterfactual(data: Corpus, ours: Mentions) -> Finding:
    rows = np.flatnonzero(ours.female | ours.male)
    if not len(rows):
        what = "rows of English text that name a woman or a man"
        return needs(ASPECT, "counterfactual_pairs", what, "No row has a gender that could be swapped.")
    present = {" ".join(words) for words in data.tokens}
    paired = [i for i in rows if " ".join(tokens(swap_gender(data.texts[i]))) in present]
    share = wilson(len(paired), len(rows))
    shown = [Exhibit(text=data.texts[i][:_CUT], id=data.ids[i], note="its counterpart stands in the data",
                     other=swap_gender(data.texts[i])[:_CUT], other_of="data") for i in paired[:5]]  # fmt: skip
    said = (
        f"{len(paired):,} of {len(rows):,} rows with a person's gender ({share.value:.1%}) have a counterpart with the "
    )
    return Finding(aspect=ASPECT, metric="counterfactual_pairs", kind="fact", claim=said + "other gender.", estimate=share,
                   evidence=tuple(shown), method="pronouns, gendered nouns and first names swapped; equal words",
                   reference="Lu et al. 2020, Gender bias in neural natural language processing")  # fmt: skip


def _feeling(subject: Subject, ours: Mentions, theirs: Mentions | None) -> Claim | Finding:
    def gap(corpus: Corpus, named: Mentions) -> Estimate | None:
        if min(int(named.female.sum()), int(named.male.sum())) < _LEAST:
            return None
        score = sentiment(corpus.tokens)
        return difference(mean(score[named.female]), mean(score[named.male]))

    found = gap(subject.data, ours)
    if found is None:
        what = f"{_LEAST} or more rows each that name women only and men only"
        return needs(ASPECT, "sentiment_gap", what, "Too few rows to compare the feeling about women and men.")
    null, means = Estimate(value=0, low=0, high=0, n=found.n, method="by definition"), "no gap"
    if theirs is not None and subject.reference is not None:
        there = gap(subject.reference, theirs)
        if there is not None:
            null, means = there, "the reference's gap"
    above = found.value >= null.value
    flip = [_negative(e) for e in (found, null)]
    p = min(1.0, 2 * (above_p(found, null) if above else above_p(flip[0], flip[1])))
    lower = ours.female if found.value < 0 else ours.male
    score = sentiment(subject.data.tokens)
    felt = {int(i): words_of_feeling(subject.data.tokens[i]) for i in np.flatnonzero(ours.female | ours.male)}
    telling = _telling(felt, lower)
    rows = sorted((i for i in felt if lower[i]), key=lambda i: (-len(telling.keys() & set(felt[i])), score[i], i))[:5]
    said = (
        f"Rows about women score {abs(found.value):.2f} {'higher' if found.value >= 0 else 'lower'} in feeling than rows about "
        "men (scale -1 to 1)"
    )
    if null.n != found.n or null.value:
        said += f"; {means} is {null.value + 0.0:.2f}"
    return Claim(
        ASPECT, "sentiment_gap", "above" if above else "below", found, null, means, p=p, margin=0.05,
        risk=f"{said}.", benefit=f"{said}: no gap that matters.", unclear=f"{said}, which does not settle it.",
        evidence=[Exhibit(text=subject.data.texts[i][:_CUT], id=subject.data.ids[i],
                          note=f"score {score[i]:.2f}: {', '.join(felt[i][:8])}") for i in rows],
        method="words of good less words of bad feeling, by a list of about 250 words; it sees neither irony nor negation, nor "
        "whom a word is said of, only which rows hold it", reference="Hutto, Gilbert 2014, VADER (the idea of a lexicon)",
        details={"words_said_oftener_of_the_lower": telling},
    )  # fmt: skip


def _telling(felt: Mapping[int, Sequence[str]], lower: Flags) -> dict[str, float]:
    """Return the words of feeling that the lower group's rows hold oftener, strongest first, with their log odds."""
    words = sorted({w for said in felt.values() for w in said})
    place = {w: k for k, w in enumerate(words)}
    rows = np.zeros((len(felt), len(words)), np.bool_)
    for row, said in enumerate(felt.values()):
        rows[row, [place[w] for w in said]] = True
    group = np.array([bool(lower[i]) for i in felt])
    found = log_odds(rows[group].sum(0), rows.sum(0), np.full(len(words), int(group.sum())), len(group))
    order = [k for k in np.argsort(-found.low, kind="stable")[:5] if found.low[k] > 0]
    return {words[k]: round(float(found.value[k]), 3) for k in order}


def _negative(e: Estimate) -> Estimate:
    return Estimate(value=-e.value, low=-e.high, high=-e.low, n=e.n, method=e.method)
