"""Copying: rows, runs of words and rare names of the reference that come back, beside how often real rows repeat each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Finding
from ..measures.entities import once
from ..measures.intervals import two_shares_p, wilson
from ..measures.runs_shared import Runs, shared_runs
from .claim import A_REFERENCE, Claim, needs
from .copying_sources import licences, protected, sources
from .exchange import exchanged, share_p
from .figures import histogram
from .subject import Subject
from .twins import METHOD, REFERENCE, cut, side_by_side, twins, words_of

Mask = npt.NDArray[np.bool_]
ASPECT = "copying"
RUN = 20
"""Words in a row, shared with a reference row, that are no longer chance."""
LEAST, PLACES = 8, 4
ENTITY_ROWS = 5000
CARLINI = "Carlini et al. 2023, Quantifying memorization across neural language models"


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what of the reference, the sources and the protected texts comes back in the data, and the licences."""
    if not any(subject.data.tokens):
        return [needs(ASPECT, m, "rows with text", "There is no text that could be copied.") for m in _METRICS]
    found: list[Claim | Finding] = []
    real = 0 if subject.reference is None else sum(map(bool, subject.reference.tokens))
    if real < 20:
        what = A_REFERENCE if subject.reference is None else "a reference of at least 20 rows with text"
        found += [needs(ASPECT, m, what,
                        "Whether real rows come back in the data cannot be told without them.") for m in _METRICS]  # fmt: skip
    else:
        found += [_rows(subject, near=False), _rows(subject, near=True), _runs(subject), _entities(subject)]
    return [*found, *sources(subject), *protected(subject), licences(subject)]


_METRICS = ("verbatim_share", "near_copy_share", "long_run_share", "rare_entity_share")


def _rows(subject: Subject, *, near: bool) -> Claim:
    found = twins(subject)
    there = found.group >= 0
    data, real = found.members & there, ~found.members & there

    def hit(mask: Mask) -> tuple[Mask, Mask]:
        """Rows of the mask, and of the rest, that the rest has again: a row of the rest is held against the others."""
        rest = there.copy()
        rest[there] = ~mask
        met = found.met(rest, near=near)
        return met & ~rest & there, met & rest

    mine, theirs = hit(found.members[there])
    if near:
        # Verbatim copies are counted apart.
        same = found.met(real, near=False)
        mine, theirs = mine & ~same, theirs & ~same
    n, rest = int(data.sum()), int(real.sum())
    estimate, null = wilson(int(mine.sum()), n), wilson(int(theirs.sum()), rest)

    def hits(mask: Mask) -> tuple[int, int]:
        one, other = hit(mask)
        if near:
            outside = there.copy()
            outside[there] = ~mask
            same = found.met(outside, near=False)
            one, other = one & ~same, other & ~same
        return int(one.sum()), int(other.sum())

    what = "are near copies of a reference row" if near else "stand word for word in the reference"
    says = f"{int(mine.sum()):,} of {n:,} rows ({estimate.value:.1%}) {what}; {null.value:.1%} of real rows do so among themselves"
    return Claim(
        ASPECT, "near_copy_share" if near else "verbatim_share", "above", estimate, null, "each real row among the other real rows",
        risk=f"{says}.", unclear=f"{says}.", benefit=f"{says}.", p=share_p(hits, found.members[there], seed=subject.seed),
        margin=0.005, evidence=side_by_side(subject, found, np.flatnonzero(mine), real), method=METHOD, reference=REFERENCE,
        details={"rows": int(mine.sum()), "reference_rows": int(theirs.sum())},
    )  # fmt: skip


def _runs(subject: Subject) -> Claim:
    """Return how many rows share long runs with the reference.

    A quarter of the real rows is left out. Given the others, the data's rows and those left out are alike in chance
    to share a run with them, each by itself, so that Fisher's test is exact.
    """
    assert subject.reference is not None
    mine, real = words_of(subject.data), words_of(subject.reference)
    order = np.random.default_rng(subject.seed).permutation(len(real))
    out = max(1, len(real) // 4)
    # Those held against come first: a phrase of many places is followed to the first of them.
    ordered = [real[i] for i in (*order[out:].tolist(), *order[:out].tolist())]
    stay, n = len(real) - out, len(mine)
    runs = shared_runs([*mine, *ordered[stay:]], ordered, least=LEAST, most=PLACES)
    inside = runs.only(runs.other < stay)
    longest, _ = inside.longest(n + out)
    hit = longest >= RUN
    there = np.fromiter(map(bool, (*mine, *ordered[stay:])), np.bool_, n + out)
    one, rest = int(hit[:n].sum()), int(hit[n:].sum())
    sizes = int(there[:n].sum()), int(there[n:].sum())
    estimate, null = wilson(one, sizes[0]), wilson(rest, sizes[1])
    whole = runs.only(runs.row < n)
    most, which = whole.longest(n)
    count = int((most >= RUN).sum())
    says = (
        f"{count:,} rows ({count / max(1, sizes[0]):.1%}) share {RUN} words in a row or more with a reference row; with three "
        f"quarters of the reference {estimate.value:.1%} do, and {null.value:.1%} of the real rows left out; the longest run is of "
        f"{int(most.max(initial=0)):,} words"
    )
    shown = _run_exhibits(subject, whole, most, which, [*order[out:].tolist(), *order[:out].tolist()])
    return Claim(
        ASPECT, "long_run_share", "above", estimate, null, "real rows left out, against the other three quarters",
        risk=f"{says}.", unclear=f"{says}.", benefit=f"{says}.", p=two_shares_p(one, sizes[0], rest, sizes[1]), margin=0.005,
        evidence=shown, reference=CARLINI,
        figure=histogram("Longest run of words shared with the reference", {"data": longest[:n], "real rows": longest[n:]},
                         x=f"words (0: fewer than {LEAST})", caption="Real rows: a quarter, held against the other three."),
        method=f"Folded words; runs of {LEAST} words or more by hashed n-grams; a phrase found in more than {PLACES} places is followed "
               f"to {PLACES} of them. Fisher's exact test.",
        details={"rows": count, "rows_against_three_quarters": one, "left_out": rest, "longest": int(most.max(initial=0))},
    )  # fmt: skip


def _run_exhibits(
    subject: Subject, runs: Runs, longest: npt.NDArray[np.int64], which: npt.NDArray[np.int64], order: Sequence[int]
) -> list[Exhibit]:
    assert subject.reference is not None
    words, shown = words_of(subject.data), []
    for row in np.argsort(-longest, kind="stable")[:5].tolist():
        if longest[row] < RUN:
            break
        run = int(which[row])
        at, other = int(runs.start[run]), order[int(runs.other[run])]
        passage = " ".join(words[row][at : at + min(int(runs.length[run]), 40)])
        shown.append(Exhibit(text=cut(subject.data.texts[row]), id=subject.data.ids[row],
                             note=f"{int(runs.length[run]):,} words in a row: {cut(passage, 200)}",
                             other=cut(subject.reference.texts[other]), other_id=subject.reference.ids[other],
                             other_of="reference"))  # fmt: skip
    return shown


def _entities(subject: Subject) -> Claim | Finding:
    """Return how often a name or number of one single reference row comes back, beside other real rows."""
    assert subject.reference is not None
    rng = np.random.default_rng(subject.seed)
    real, data = subject.reference, subject.data
    order = rng.permutation(np.flatnonzero([bool(t) for t in real.tokens]))
    half = min(len(order) // 2, ENTITY_ROWS)
    mine = rng.permutation(np.flatnonzero([bool(t) for t in data.tokens]))[:half]
    first, held = order[:half], order[half : 2 * half][: len(mine)]
    pool = [data.texts[i] for i in mine.tolist()] + [real.texts[i] for i in held.tolist()]
    names, where, again, other = once([real.texts[i] for i in first.tolist()], pool)
    if len(names) < 20:
        return needs(ASPECT, "rare_entity_share", "a reference with names or long numbers in it",
                     "Too few names and long numbers stand in only one real row.")  # fmt: skip
    members = np.arange(len(pool)) < len(mine)

    def met(mask: Mask) -> tuple[int, int]:
        return len(np.unique(again[mask[other]])), len(np.unique(again[~mask[other]]))

    one, rest = met(members)
    estimate, null = wilson(one, len(names), of="names"), wilson(rest, len(names), of="names")
    chance = _names_p(met, members, len(names), seed=subject.seed)
    says = (
        f"Of {len(names):,} names and long numbers that stand in one real row only, {estimate.value:.1%} come back in "
        f"{len(mine):,} rows of the data; {null.value:.1%} in as many other real rows"
    )
    hits = members[other]
    shown: list[Exhibit] = []
    seen: set[int] = set()
    for name, row in sorted(zip(again[hits].tolist(), other[hits].tolist()), key=lambda x: (-len(names[x[0]]), x)):
        if name not in seen and len(shown) < 5:
            seen.add(name)
            source, at = int(first[where[name]]), int(mine[row])
            shown.append(Exhibit(text=cut(data.texts[at]), id=data.ids[at], note=cut(names[name]), other=cut(real.texts[source]),
                                 other_id=real.ids[source], other_of="reference"))  # fmt: skip
    return Claim(
        ASPECT, "rare_entity_share", "above", estimate, null, "held-out real rows, as many", risk=f"{says}.", unclear=f"{says}.",
        benefit=f"{says}.", p=chance, margin=0.01, evidence=shown, reference=CARLINI,
        method=f"Capitalised spans inside sentences and numbers of 5 digits or more, by form; {half:,} real rows at random.",
        details={"names": len(names), "met": one, "met_in_real": rest},
    )  # fmt: skip


def _names_p(met: Callable[[Mask], tuple[int, int]], members: Mask, names: int, *, seed: int) -> float:
    """Return the larger chance of two: names come in groups, which exchange of rows sees, and they are few."""
    one, rest = met(members)
    if not one:
        return 1.0

    def gap(mask: Mask) -> float:
        a, b = met(mask)
        return float(a - b)

    return max(two_shares_p(one, names, rest, names), exchanged(gap, members, seed=seed).p)
