"""Utility: what a model learns from the data, tested on real rows."""

from __future__ import annotations

import numpy as np

from ..core.finding import Exhibit, Figure, Finding, number
from . import figures, learning_curve
from .claim import Claim, needs
from .subject import Subject
from .trials import Labelled, Trials, labelled_rows, overlap, without_copies
from .utility_scored import in_context

ASPECT = "utility"
DRAWS, FOLDS = 8, 2
MARGIN = 0.01
_LEAST_DATA, _LEAST_REFERENCE, _MOST_TEST = 20, 40, 1_500
_TSTR = "Esteban, Hyland, Rätsch 2017, Real-valued (medical) time series generation, section 4 (train on synthetic, test on real)"
_HEAD = "logistic regression on TF-IDF of word 1- and 2-grams, C = 10, classes balanced"
_NAMES = {
    "synthetic": "synthetic, same size", "real": "real, same size", "again": "other real rows, same size",
    "all_synthetic": "synthetic, full size", "all_real": "real, full size",
    "alone": "real, before adding", "both": "the same and synthetic",
    "doubled": "the same and as many duplicates",
}  # fmt: skip


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what training on the data does on real held-out rows, for labelled rows; else what a scoring model says."""
    data, reference = labelled_rows(subject.data), labelled_rows(subject.reference)
    if data is None or reference is None:
        return _unlabelled(subject, data)
    given = len(data)
    data = without_copies(data, reference)
    shared = set(data.labels) & set(reference.labels)
    what = ""
    if given > 2 * len(data):
        what = f"rows that are not copies of the reference; {given - len(data):,} of {given:,} are, and know the test"
    elif len(shared) < 2:
        what = f"at least two labels that data and reference share; they share {len(shared)}"
    elif len(data) < _LEAST_DATA or len(reference) < _LEAST_REFERENCE:
        what = f"at least {_LEAST_DATA} labelled rows and {_LEAST_REFERENCE} of reference; got {len(data)} and {len(reference)}"
    if what:
        return [needs(ASPECT, "tstr_gap", what, "What can be learnt from the data cannot be told.", reference=_TSTR)]
    return [*_train(subject, data, reference, given - len(data)), *learning_curve.examine(subject)]


def _unlabelled(subject: Subject, data: Labelled | None) -> list[Claim | Finding]:
    if data is None and subject.task != "classification":
        return in_context(subject)
    missing = "a label column with classes" if data is None else "a reference with labels (--reference)"
    return [needs(ASPECT, "tstr_gap", missing, "What can be learnt from the data cannot be told.", reference=_TSTR)]


def _train(subject: Subject, data: Labelled, reference: Labelled, copies: int) -> list[Claim | Finding]:
    classes = len(set(reference.labels) | set(data.labels))
    most = int(np.clip(40_000 // classes, 300, 1000))
    trials = Trials(reference, data, subject.seed, folds=FOLDS, most=_MOST_TEST)
    pool = min(map(len, trials.pools))
    same = min(pool // 3, len(data) // 2, most // 2)
    real, made = min(2 * pool // 3, most), min(len(data) // 2, most)
    base, added = min(real, most * 4 // 10), min(made, most * 4 // 10)
    for draw in range(DRAWS):
        rng = np.random.default_rng([subject.seed, draw])
        ours, theirs = rng.permutation(len(data)), rng.permutation(trials.pools[draw % FOLDS])
        trials.train("synthetic", draw, made=ours[:same])
        trials.train("real", draw, real=theirs[:same])
        trials.train("again", draw, real=theirs[same : 2 * same])
        trials.train("all_synthetic", draw, made=ours[:made])
        trials.train("all_real", draw, real=theirs[:real])
        trials.train("alone", draw, real=theirs[:base])
        trials.train("both", draw, real=theirs[:base], made=ours[:added])
        trials.train("doubled", draw, real=np.concatenate([theirs[:base], rng.choice(theirs[:base], added)]))
    ours_kept, theirs_kept, mixed_kept = overlap(same, len(data)), overlap(same, pool), overlap(added, len(data))
    whole = max(overlap(made, len(data)), overlap(real, pool))
    method = (
        f"{_HEAD}; macro-F1 on {trials.tested:,} reference rows in {FOLDS} folds, {DRAWS} draws of training rows by seed from "
        f"the rest and from the {len(data):,} rows of data; same size {same:,}, full size {real:,} real and {made:,} synthetic, "
        f"together {base:,} and {added:,}; rows of data that stand in the reference are left out"
    )
    gap = trials.contrast({"synthetic": 1, "real": -0.5, "again": -0.5}, overlap=max(ours_kept, theirs_kept))
    null = trials.contrast({"again": 1, "real": -1}, overlap=theirs_kept)
    gain = trials.contrast({"both": 1, "alone": -1}, overlap=max(mixed_kept, theirs_kept))
    control = trials.contrast({"doubled": 1, "alone": -1}, overlap=theirs_kept)
    extra = trials.contrast({"both": 1, "doubled": -1}, overlap=max(mixed_kept, theirs_kept))
    score = {arm: float(trials.scores(arm).mean()) for arm in _NAMES}
    on_real = (score["real"] + score["again"]) / 2
    picture = _figure(
        trials, {"synthetic": ours_kept, "all_synthetic": whole, "all_real": whole, "both": mixed_kept}, theirs_kept
    )
    learnt = (
        f"A classifier trained on {same:,} of the rows reaches a macro-F1 of {number(score['synthetic'])} on real rows, one "
        f"trained on as many real rows {number(on_real)}"
    )
    mixed = (
        f"Adding {added:,} of the rows to {base:,} real ones moves the macro-F1 from {number(score['alone'])} to "
        f"{number(score['both'])}"
    )
    details = {
        "copies_of_the_reference_left_out": copies, "macro_f1": score,
        "accuracy": {arm: float(trials.scores(arm, "accuracy").mean()) for arm in _NAMES},
    }  # fmt: skip
    return [
        Claim(
            ASPECT, "tstr_gap", "below", gap.estimate, null.estimate, "other real rows against real rows of the same size",
            risk=f"{learnt}: the rows teach less than real ones.",
            benefit=f"{learnt}: " + ("they teach more." if gap.estimate.low > MARGIN else "they teach no less."),
            unclear=f"{learnt}; whether they teach less cannot be told.", p=gap.chance("below"), margin=MARGIN,
            evidence=_shown(trials, reference), figure=picture, method=method, reference=_TSTR, details=details,
        ),
        Claim(
            ASPECT, "added_gain", "below", gain.estimate, control.estimate, "as many duplicates of the real rows added instead",
            risk=f"{mixed}: adding them does harm.",
            benefit=f"{mixed}: " + ("adding them helps." if gain.estimate.low > 0 else "adding them does no harm."),
            unclear=f"{mixed}; whether adding them helps or harms cannot be told.", p=extra.chance("below"), margin=MARGIN,
            method=method, reference=_TSTR, details=details,
        ),
        Finding(
            aspect=ASPECT, metric="full_size_gap", kind="fact", method=method, reference=_TSTR,
            estimate=trials.contrast({"all_synthetic": 1, "all_real": -1}, overlap=whole).estimate,
            claim=f"With {made:,} rows the classifier reaches a macro-F1 of {number(score['all_synthetic'])} on real rows; with "
            f"{real:,} real ones, {number(score['all_real'])}.",
        ),
    ]  # fmt: skip


def _figure(trials: Trials, overlaps: dict[str, float], usual: float) -> Figure:
    rows = []
    for arm, label in _NAMES.items():
        one = trials.contrast({arm: 1}, overlap=overlaps.get(arm, usual)).estimate
        rows.append({"label": label, "value": one.value, "low": max(0.0, one.low), "high": min(1.0, one.high)})
    return figures.intervals("Tested on real rows", rows, x="macro-F1", caption="Trained on what the line says.")


def _shown(trials: Trials, reference: Labelled) -> list[Exhibit]:
    """Return real rows that training on real rows gets right and training on the data gets wrong."""
    lost = np.nan_to_num((trials.hits("real") + trials.hits("again")) / 2 - trials.hits("synthetic"))
    found = []
    for i in np.argsort(-lost, kind="stable")[:5].tolist():
        if lost[i] <= 0:
            break
        note = f"is {reference.labels[i]}; after training on the data mostly called {trials.said('synthetic', i)}"
        found.append(Exhibit(text=reference.texts[i][:400], id=reference.ids[i], of="reference", note=note))
    return found
