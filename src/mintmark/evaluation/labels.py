"""Labels: how many look wrong, which ones, how they are spread, and whether a judge agrees with people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.confident import label_errors
from ..measures.intervals import mean_of_seeds, wilson
from ..measures.label_noise import LabelNoise, draw, label_noise, out_of_fold
from . import figures
from .claim import Claim, needs
from .labelled import Labelled, labelled
from .labels_judges import judges
from .subject import Corpus, Subject

ASPECT = "labels"
_CUT = 400
_SPREAD = 5.0
"""One classifier judges all rows, so suspects are not independent: between halves of one set their number varied 1.6
(clinc150 domains), 2.6 (banking77) and 4.6 times (260 rows of politeness) as much as that of independent rows."""
_CONFIDENT = "Northcutt, Jiang, Chuang 2021, Confident learning: estimating uncertainty in dataset labels"


@dataclass(frozen=True)
class _Suspects:
    found: npt.NDArray[np.int64]
    given: Labelled
    probabilities: npt.NDArray[np.float64]
    noise: LabelNoise

    @property
    def right(self) -> float:
        """How often the classifier says the given label."""
        return float((self.probabilities.argmax(1) == self.given.numbers).mean())


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return what can be said of the labels; nothing is judged where there are none."""
    found = judges(subject.data)
    if not subject.data.has("label"):
        what = "a label column (role `label`), or rows of a classification task"
        return [*found, needs(ASPECT, "suspected_errors", what, "No row has a label, so none can be wrong.")]
    given = labelled(subject.data)
    if isinstance(given, str):
        return [*found, needs(ASPECT, "suspected_errors", given, f"Wrong labels cannot be looked for: {given}.")]
    return [*_errors(subject, given), *_balance(subject, given), *found]


def _errors(subject: Subject, given: Labelled) -> list[Claim | Finding]:
    ours, reference = _suspects(subject.lexical[0], given, subject.seed), None
    if subject.reference is not None and subject.reference.has("label"):
        theirs = labelled(subject.reference, most=len(given.rows))
        if not isinstance(theirs, str):
            reference = _suspects(subject.lexical[1], theirs, subject.seed)
    # A classifier taught by fewer rows suspects more labels: a smaller reference is no null for that.
    like = reference if reference and len(reference.given.rows) >= 0.8 * len(given.rows) else None
    return [_random(subject, ours, reference), _suspected(subject, ours, like)]


def _suspects(matrix: Any, given: Labelled, seed: int) -> _Suspects:
    probabilities = out_of_fold(matrix[given.rows], given.numbers, seed=seed)
    return _Suspects(
        label_errors(given.numbers, probabilities), given, probabilities, label_noise(given.numbers, probabilities)
    )


def _random(subject: Subject, ours: _Suspects, reference: _Suspects | None) -> Claim:
    n, noise = len(ours.given.rows), ours.noise
    estimate = Estimate(value=noise.share, low=noise.low, high=noise.high, n=n, method="profile likelihood, rows")
    null = Estimate(value=0, low=0, high=0, n=n, method="by definition")
    means, p = "labels that all follow the text", None if reference else noise.chance
    if reference is not None:
        other = reference.noise
        null = Estimate(value=other.share, low=other.low, high=other.high, n=len(reference.given.rows),
                        method="profile likelihood, rows")  # fmt: skip
        means = "the labels of the reference"
    said = f"{noise.share:.1%} of the labels look given without regard to the text (95 % interval {_span(noise)})"
    return Claim(
        ASPECT, "random_labels", "above", estimate, null, means, p=p, margin=0.01,
        risk=f"{said}; {means} give {null.value:.1%}.",
        benefit=f"The labels follow the text: at most {noise.high:.1%} look given at random; {means} give {null.value:.1%}.",
        unclear=f"{said}; {means} give {null.value:.1%}, which does not settle it.",
        evidence=_exhibits(subject.data, ours),
        method="mixture of calibrated out-of-fold probabilities and a uniform draw, by maximum likelihood; errors that follow "
        "the text, such as one class taken for its neighbour, are not counted",
        reference="Guo et al. 2017, On calibration of modern neural networks; Self and Liang 1987, Asymptotic properties "
        "of maximum likelihood estimators under nonstandard conditions",
        details={"rows": n, "labels": len(ours.given.names), "left_out": ours.given.left_out,
                 "classifier_accuracy": ours.right},
    )  # fmt: skip


def _suspected(subject: Subject, ours: _Suspects, reference: _Suspects | None) -> Claim | Finding:
    n, count = len(ours.given.rows), len(ours.found)
    estimate = wilson(count, n)
    if reference is not None:
        null = wilson(len(reference.found), len(reference.given.rows))
        means = "the labels of the reference"
    else:
        rng = np.random.default_rng(subject.seed)
        draws = [
            len(label_errors(draw(ours.noise.clean, rng), ours.probabilities)) / n for _ in range(5 if n > 5000 else 10)
        ]
        null = mean_of_seeds(draws, of="drawn sets of labels")
        means = "labels drawn from the classifier's own calibrated doubts"
    spread = math.sqrt(_SPREAD) * math.hypot(estimate.standard_error, null.standard_error if reference else 0)
    p = 1 - NormalDist().cdf(
        (estimate.value - null.value) / math.hypot(spread, 0 if reference else null.standard_error)
    )
    if null.value > 0.2:
        return needs(
            ASPECT, "suspected_errors", "vectors that tell the labels apart better (`embed`), or fewer labels",
            f"The classifier gives the given label to {ours.right:.0%} of the rows it has not seen, too few to suspect single "
            f"labels: it would doubt {null.value:.0%} of labels that are right.", reference=_CONFIDENT,
        )  # fmt: skip
    said = f"{count:,} of {n:,} labels ({count / n:.1%}) are likely wrong"
    return Claim(
        ASPECT, "suspected_errors", "above", estimate, null, means, p=p, margin=0.01,
        risk=f"{said}; {means} give {null.value:.1%}.",
        benefit=f"{said}, no more than chance brings: {means} give {null.value:.1%}.",
        unclear=f"{said}; {means} give {null.value:.1%}, which does not settle it.",
        evidence=_exhibits(subject.data, ours), figure=_by_label(ours),
        method="confident learning, pruned by noise rate, on out-of-fold probabilities of TF-IDF and logistic regression; "
        f"variance of the count times {_SPREAD:g}, since one classifier judges all",
        reference=_CONFIDENT,
        details={"rows": n, "suspected": count, "classifier_accuracy": ours.right, "left_out": ours.given.left_out,
                 "ids": [subject.data.ids[ours.given.rows[i]] for i in ours.found[:200]]},
    )  # fmt: skip


def _exhibits(data: Corpus, ours: _Suspects) -> list[Exhibit]:
    found = []
    for i in ours.found[:5]:
        row, best = int(ours.given.rows[i]), int(ours.probabilities[i].argmax())
        given, other = ours.given.names[ours.given.numbers[i]], ours.given.names[best]
        note = f"given: {given}; suggested: {other} ({ours.probabilities[i, best]:.0%})"
        found.append(Exhibit(text=data.texts[row][:_CUT], id=data.ids[row], note=note))
    return found


def _by_label(ours: _Suspects) -> Any:
    rows = np.bincount(ours.given.numbers, minlength=len(ours.given.names))
    wrong = np.bincount(ours.given.numbers[ours.found], minlength=len(rows))
    worst = np.argsort(-wrong / rows, kind="stable")[:20]
    bars = [{"label": ours.given.names[i], **_ends(wilson(int(wrong[i]), int(rows[i])))} for i in worst]
    return figures.intervals("Labels likely wrong, by label", bars, x="share of the label's rows",
                             caption="The 20 labels with the largest share; intervals after Wilson.")  # fmt: skip


def _balance(subject: Subject, given: Labelled) -> list[Claim | Finding]:
    sizes = np.bincount(given.numbers)
    largest, n = int(sizes.argmax()), int(sizes.sum())
    entropy = float(-(sizes / n * np.log(sizes / n)).sum() / np.log(len(sizes)))
    said = (
        f"{len(sizes)} labels; `{given.names[largest]}` is the commonest with {sizes[largest] / n:.1%} of the rows, "
        f"`{given.names[int(sizes.argmin())]}` the rarest with {sizes.min() / n:.1%}."
    )
    fact = Finding(
        aspect=ASPECT, metric="balance", kind="fact", claim=said, estimate=wilson(int(sizes[largest]), n),
        method="share of the commonest label", details={"evenness": entropy, "labels": len(sizes)},
    )  # fmt: skip
    shift = _shift(subject)
    return [fact] if shift is None else [fact, shift]


def _shift(subject: Subject) -> Claim | None:
    if subject.reference is None or not subject.reference.has("label"):
        return None
    # Rare labels count too: one that falls below a bound in one set only would feign a shift.
    given, other = labelled(subject.data, least=1), labelled(subject.reference, least=1)
    if isinstance(given, str) or isinstance(other, str):
        return None
    from scipy.stats import chi2_contingency

    names = sorted({*given.names, *other.names})
    place = {name: i for i, name in enumerate(names)}
    a, b = (
        np.bincount([place[x.names[k]] for k in x.numbers], minlength=len(names)).astype(np.float64)
        for x in (given, other)
    )
    rng, pooled = np.random.default_rng(subject.seed), (a + b) / (a + b).sum()
    n, m = int(a.sum()), int(b.sum())
    value = float(np.abs(a / n - b / m).sum() / 2)
    chance = np.abs(rng.multinomial(n, pooled, 200) / n - rng.multinomial(m, pooled, 200) / m).sum(1) / 2
    again = np.abs(rng.multinomial(n, a / n, 200) / n - rng.multinomial(m, b / m, 200) / m).sum(1) / 2
    # Sampling alone sets two histograms apart: what it adds to the resamples is taken from them again.
    low, high = np.quantile(again - (again.mean() - value), [0.025, 0.975])
    estimate = Estimate(value=value, low=max(0.0, min(float(low), value)), high=max(float(high), value), n=n + m,
                        method="parametric bootstrap over rows")  # fmt: skip
    null = Estimate(value=float(chance.mean()), low=min(float(np.quantile(chance, 0.025)), float(chance.mean())),
                    high=float(np.quantile(chance, 0.975)), n=n + m, method="draws from the pooled labels")  # fmt: skip
    wide = np.argsort(-np.abs(a / n - b / m), kind="stable")[:15]
    rows = [{"label": names[i], "value": float(v[i] / t), "series": s} for i in wide
            for v, t, s in ((a, n, "data"), (b, m, "reference"))]  # fmt: skip
    said = f"{value:.1%} of the rows would need another label for the labels to be as common as in the reference"
    return Claim(
        ASPECT, "label_shift", "above", estimate, null, "labels drawn from both sets together", margin=0.02,
        p=float(chi2_contingency(np.stack([a, b])).pvalue),
        risk=f"{said}; chance gives {null.value:.1%}.", benefit=f"{said}, as chance gives ({null.value:.1%}).",
        unclear=f"{said}; chance gives {null.value:.1%}, which does not settle it.",
        figure=figures.bars("Label shares", rows, x="share of rows", percent=True,
                            caption="The labels whose shares differ most."),
        method="total variation distance; chi-square test", reference="Pearson 1900, On the criterion",
    )  # fmt: skip


def _ends(e: Estimate) -> dict[str, float]:
    return {"value": e.value, "low": e.low, "high": e.high}


def _span(noise: LabelNoise) -> str:
    return f"{noise.low:.1%} to {noise.high:.1%}"
