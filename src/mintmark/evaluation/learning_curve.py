"""The learning curve: what the first hundreds of rows teach, and what a hundred more of each kind add."""

from __future__ import annotations

import numpy as np

from ..core.finding import Figure, Finding
from . import figures
from .claim import Claim, needs
from .subject import Subject
from .trials import Contrast, Trials, labelled_rows, overlap, without_copies

ASPECT = "utility"
DRAWS, FOLDS = 20, 4
MARGIN = 0.01
_FIRST, _SIZES, _LEAST, _MOST_TEST = 100, (25, 50, 100, 200, 400, 800), 20, 1_000
_REFERENCE = (
    "Nadaş, Dioşan, Tomescu 2025, Synthetic data generation using large language models (the gains reported for text)"
)
_ADDED = {"synthetic": "synthetic rows", "duplicate": "duplicates of the same rows", "more": "other real rows"}


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what adding as many synthetic rows to 100 real ones does to accuracy, beside duplicates and more real rows."""
    data, reference = labelled_rows(subject.data), labelled_rows(subject.reference)
    said = "What a hundred more rows add cannot be told."
    if data is None or reference is None or len(set(data.labels) & set(reference.labels)) < 2:
        return [needs(ASPECT, "added_100_gain", "labelled rows and a labelled reference that share two labels", said)]
    data = without_copies(data, reference)
    trials = Trials(reference, data, subject.seed, folds=FOLDS, most=_MOST_TEST)
    pool = min(map(len, trials.pools))
    first = min(_FIRST, pool // 4, len(data) // 2)
    if first < _LEAST:
        what = f"at least {8 * _LEAST} labelled reference rows and {2 * _LEAST} labelled rows; got {len(reference)} and {len(data)}"
        return [needs(ASPECT, "added_100_gain", what, said)]
    most = 400 if len(trials.classes) > 20 else 800
    sizes = [k for k in _SIZES if k <= min(most, max(pool, len(data)) // 2)]
    for draw in range(DRAWS):
        _draw(trials, first, sizes if draw < DRAWS // 2 else [], draw, np.random.default_rng([subject.seed, 1, draw]))
    return [_claim(trials, pool, first, sizes)]


def _draw(trials: Trials, first: int, sizes: list[int], draw: int, rng: np.random.Generator) -> None:
    """Train once on each arm, and on each size of the curve."""
    theirs, ours = rng.permutation(trials.pools[draw % FOLDS]), rng.permutation(len(trials.data))
    alone = theirs[:first]
    trials.train("alone", draw, real=alone)
    trials.train("synthetic", draw, real=alone, made=ours[:first])
    trials.train("duplicate", draw, real=np.concatenate([alone, alone]))
    trials.train("more", draw, real=theirs[: 2 * first])
    for size in sizes:
        if size <= len(theirs) // 2:
            trials.train(f"real {size}", draw, real=theirs[:size])
        if size <= len(ours) // 2:
            trials.train(f"synthetic {size}", draw, made=ours[:size])


def _claim(trials: Trials, pool: int, first: int, sizes: list[int]) -> Claim:
    real, made = overlap(2 * first, pool), overlap(first, len(trials.data))
    base = float(trials.scores("alone", "accuracy").mean())
    gains = {
        arm: trials.contrast(
            {arm: 1, "alone": -1}, metric="accuracy", overlap=max(real, made) if arm == "synthetic" else real
        )
        for arm in _ADDED
    }
    against = trials.contrast({"synthetic": 1, "duplicate": -1}, metric="accuracy", overlap=max(real, made))
    synthetic, duplicate = gains["synthetic"], gains["duplicate"]
    spoken = "; ".join(f"{first} {_ADDED[arm]}: {_points(one, base)}" for arm, one in gains.items())
    text = f"To {first} real rows, with which a classifier gets {base:.1%} of real test rows right, are added {spoken}"
    short = synthetic.estimate.high < gains["more"].estimate.low
    helps = (
        "the synthetic rows raise accuracy"
        if synthetic.estimate.low > 0
        else "the synthetic rows do no harm, and no gain is shown"
    )
    return Claim(
        ASPECT, "added_100_gain", "below", synthetic.estimate, duplicate.estimate, f"{first} duplicates of the same real rows",
        risk=f"{text}. The synthetic rows lower accuracy.", benefit=f"{text}. So {helps}{', less than real rows do' if short else ''}.",
        unclear=f"{text}. Whether the synthetic rows help cannot be told.", p=against.chance("below"), margin=MARGIN,
        figure=_figure(trials, pool, sizes),
        method=f"Logistic regression on TF-IDF of word 1- and 2-grams, C = 10, classes balanced; accuracy on {trials.tested:,} held-out "
        f"reference rows, {DRAWS} draws by seed; intervals over draws and test rows.",
        reference=_REFERENCE,
        details={
            "alone": base, "rows": first,
            "points": {arm: _three(one, 100) for arm, one in gains.items()},
            "percent": {arm: _three(one, 100 / base) for arm, one in gains.items()} if base else {},
            "macro_f1": {arm: float(trials.scores(arm).mean()) for arm in ("alone", *_ADDED)},
        },
    )  # fmt: skip


def _points(one: Contrast, base: float) -> str:
    e = one.estimate
    percent = f", {100 * e.value / base:+.1f} % [{100 * e.low / base:+.1f}, {100 * e.high / base:+.1f}]" if base else ""
    return f"{100 * e.value:+.1f} points [{100 * e.low:+.1f}, {100 * e.high:+.1f}]{percent}"


def _three(one: Contrast, by: float) -> list[float]:
    return [by * x for x in (one.estimate.value, one.estimate.low, one.estimate.high)]


def _figure(trials: Trials, pool: int, sizes: list[int]) -> Figure:
    rows = []
    for series, there in (("real", pool), ("synthetic", len(trials.data))):
        for size in sizes:
            if f"{series} {size}" in trials.guesses:
                one = trials.contrast({f"{series} {size}": 1}, metric="accuracy", overlap=overlap(size, there)).estimate
                rows.append(
                    {
                        "x": size,
                        "value": one.value,
                        "low": max(0.0, one.low),
                        "high": min(1.0, one.high),
                        "series": series,
                    }
                )
    return figures.lines("Learning curve on real test rows", rows, x="training rows", y="accuracy", log_x=True)
