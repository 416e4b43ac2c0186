"""What follows from findings, in sentences: the verdict, the conclusions, what is still needed, the references."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ...core.finding import Finding
from .words import MANY, aspect_title, aspects_of, counted, listed, mid_sentence, words_of

MOST_NEEDS = 5
"""Needs that the conclusions name; all stand with the questions."""


def sentence(findings: Sequence[Finding]) -> str:
    """Return the verdict: how many risks and which, how many benefits, how many questions.

    Example:
        >>> sentence([Finding(aspect="bias", metric="pmi", claim="Not judged.", needs="a reference")])
        'Nothing could be judged with what was given: 1 open question.'
    """
    if not findings:
        return "Nothing was examined: there are no findings."
    risks, benefits, questions = (of_kind(findings, k) for k in ("risk", "benefit", "question"))
    judged = [f for f in findings if is_judged(f)]
    open_ones = counted(len(questions), "open question")
    if not judged and not risks:
        if not questions:
            return f"Nothing was judged: {counted(len(findings), 'fact')}, no claim that a verdict rests on."
        return f"Nothing could be judged with what was given: {open_ones}."
    rest = f"{counted(len(benefits), 'benefit')} and {open_ones}"
    if not risks:
        return f"No risk was found in {counted(len(judged), 'claim')} that could be judged; {rest}."
    ordered = by_strength(risks)
    if len(risks) <= 3:
        return f"{counted(len(risks), 'risk')}: {listed([metric_title(f) for f in ordered])}; {rest}."
    where = [_most_of([f for f in ordered if f.aspect == a]) for a in dict.fromkeys(f.aspect for f in ordered)]
    return f"{counted(len(risks), 'risk')}: {listed(where, 4)}; {rest}."


def conclusions(findings: Sequence[Finding]) -> list[str]:
    """Return what the findings bear out, a sentence each; nothing that no finding says."""
    found: list[str] = []
    judged = [f for f in findings if is_judged(f)]
    for kind, lead in (("risk", "Trouble was found in"), ("benefit", "The data stand up in")):
        some = by_strength(of_kind(findings, kind))
        if some:
            where = listed(
                [f"{mid_sentence(aspect_title(a))} ({sum(f.aspect == a for f in some)})" for a in aspects_of(some)], 12
            )
            found.append(f"{lead} {where}. The clearest sign: {_ended(some[0].claim)}")
    if judged and not of_kind(findings, "risk"):
        found.append(
            f"None of the {counted(len(judged), 'claim')} with an estimate and a null is a risk beyond chance. "
            "That is no proof that there is none: the interval of each claim says how large one could still be."
        )
    unclear = [f for f in judged if f.kind == "question"]
    if unclear:
        names = listed([metric_title(f) for f in unclear])
        found.append(
            f"{counted(len(unclear), 'claim').capitalize()} could go either way at this number of rows: {names}."
        )
    wanted = needed(findings)
    for what, asked in wanted[:MOST_NEEDS]:
        found.append(
            f"Given {what}, {counted(len(asked), 'more claim')} could be judged: {listed([metric_title(f) for f in asked])}."
        )
    if left := sum(len(asked) for _, asked in wanted[MOST_NEEDS:]):
        found.append(
            f"{counted(left, 'further claim').capitalize()} would need something else; each question says what."
        )
    if judged:
        found.append(
            "A risk is called only where the interval lies beyond the null and the chance of that, corrected for "
            "every claim of this report (Holm), is under 5 %."
        )
    return found


def needed(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return what would have to be given, and which questions it would settle; what settles most comes first."""
    found: dict[str, list[Finding]] = {}
    for f in findings:
        if f.kind == "question" and f.needs:
            found.setdefault(f.needs.strip().rstrip("."), []).append(f)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def references(findings: Iterable[Finding]) -> list[str]:
    """Return the works that findings name, each once, sorted; a finding may name several, apart by `;`."""
    parts = (" ".join(part.split()).rstrip(".") for f in findings for part in f.reference.split(";"))
    found = {part.casefold(): part for part in parts if part}
    return [found[key] for key in sorted(found)]


def of_kind(findings: Iterable[Finding], kind: str) -> list[Finding]:
    """Return the findings of a kind, in their order."""
    return [f for f in findings if f.kind == kind]


def is_judged(finding: Finding) -> bool:
    """Return whether a finding rests on an estimate and a null."""
    return finding.estimate is not None and finding.null is not None


def by_strength(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, those furthest from their null first; ties and what has no null by name."""
    return sorted(findings, key=lambda f: (-distance(f), f.name))


def distance(finding: Finding) -> float:
    """Return how many standard errors lie between estimate and null; 0 where one is missing."""
    if finding.estimate is None or finding.null is None:
        return 0.0
    gap = abs(finding.estimate.value - finding.null.value)
    error = math.hypot(finding.estimate.standard_error, finding.null.standard_error)
    if not error:
        return math.inf if gap else 0.0
    return gap / error


def metric_title(finding: Finding) -> str:
    """Return a finding's name in words, as a sentence has it: `C2ST AUC (fidelity)`."""
    return f"{mid_sentence(words_of(finding.metric))} ({finding.aspect})"


def tally(findings: Sequence[Finding]) -> dict[str, int]:
    """Return how many findings there are of each kind, by the kind's name in the plural."""
    return {MANY[k]: len(of_kind(findings, k)) for k in MANY}


def _most_of(some: Sequence[Finding]) -> str:
    """Return how many findings an aspect has, and the first two by name."""
    names = [mid_sentence(words_of(f.metric)) for f in some]
    return f"{len(some)} in {some[0].aspect} ({'above all ' if len(names) > 2 else ''}{listed(names[:2])})"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."
