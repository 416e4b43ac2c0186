"""Realism of the promise: does the data do well only in its own world, with its own judges, on references that do not exist?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.finding import Estimate, Exhibit, Finding, number
from ..measures.heads import Labels, train_counts, word_counts
from ..measures.identifiers import Identifier, by_key, identifiers
from ..measures.intervals import student_quantile, two_shares_p, wilson
from ..models.families import circular, deciders, family
from . import figures
from .claim import Claim, needs
from .subject import Corpus, Subject
from .trials import Floats, labelled_rows

ASPECT = "promise"
_DRAWS, _LEAST, _MOST, _MOST_TEST, _MARGIN, _ALLOWED = 8, 60, 500, 1_000, 0.02, 0.05
_TSTR = "Esteban, Hyland, Rätsch 2017, Real-valued (medical) time series generation, section 4 (TSTR and TRTS)"
_SELF = "Panickssery, Bowman, Feng 2024, LLM evaluators recognize and favor their own generations"
_FORM = (
    "DOI, arXiv and PubMed numbers, ISBN (with check digit) and addresses, found by pattern; what is well formed may still lead "
    "nowhere, since nothing is looked up."
)


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return whether success inside the data carries over to real rows, who judged, and whether identifiers can be true."""
    return [_own_world(subject), *_judges(subject), *_identifiers(subject)]


def _own_world(subject: Subject) -> Claim | Finding:
    data, reference = labelled_rows(subject.data), labelled_rows(subject.reference)
    said = "Whether a score on the data itself would hold on real rows cannot be told."
    if data is None or reference is None:
        return needs(ASPECT, "own_world_gap", "labelled rows and a labelled reference", said, reference=_TSTR)
    shared = sorted(set(data.labels) & set(reference.labels))
    if len(shared) < 2 or min(len(data), len(reference)) < _LEAST:
        what = f"at least {_LEAST} rows on either side and two labels in common; got {len(data)}, {len(reference)} and {len(shared)}"
        return needs(ASPECT, "own_world_gap", what, said, reference=_TSTR)
    counted = word_counts([*data.texts, *reference.texts])
    made, real = counted[: len(data)], counted[len(data) :]
    ours, theirs = np.array(data.labels), np.array(reference.labels)
    size = min(len(data) // 2, len(reference) // 2, _MOST)
    rows = []
    for draw in range(_DRAWS):
        rng = np.random.default_rng([subject.seed, 11, draw])
        a, b = rng.permutation(len(data)), rng.permutation(len(reference))
        held = a[len(a) // 2 :][:_MOST_TEST]
        test, rest = b[len(b) // 2 :][:_MOST_TEST], b[: len(b) // 2]
        synthetic = train_counts(made[a[:size]], ours[a[:size]].tolist())
        control = train_counts(real[rest[:size]], theirs[rest[:size]].tolist())
        on_real = control.predict(real[test])
        half = len(test) // 2
        rows.append(
            (
                recall(ours[held], synthetic.predict(made[held]), shared), recall(theirs[test], synthetic.predict(real[test]), shared),
                recall(theirs[test[:half]], on_real[:half], shared), recall(theirs[test[half:]], on_real[half:], shared),
            )
        )  # fmt: skip
    own, abroad, first, second = np.array(rows).T
    gap, null = _halves(own - abroad), _halves(first - second)
    text = (
        f"A classifier trained on {size:,} of the rows gets a balanced accuracy of {number(float(own.mean()))} on held-out rows of "
        f"the same data and of {number(float(abroad.mean()))} on real rows"
    )
    bars = [
        {"label": name, "value": e.value, "low": max(0.0, e.low), "high": min(1.0, e.high)}
        for name, e in (
            ("trained on the data, tested on it", _halves(own)), ("trained on the data, tested on real rows", _halves(abroad)),
            ("trained on real rows, tested on real rows", _halves((first + second) / 2)),
        )
    ]  # fmt: skip
    return Claim(
        ASPECT, "own_world_gap", "above", gap, null, "real rows: one held-out half against the other",
        risk=f"{text}: a score on the data itself promises more than it keeps.", benefit=f"{text}: a score on the data itself holds.",
        unclear=f"{text}; whether a score on the data itself holds cannot be told.", p=_chance(own - abroad), margin=_MARGIN,
        figure=figures.intervals("In its own world and in the real one", bars, x="balanced accuracy"), reference=_TSTR,
        method="Logistic regression on TF-IDF of word 1- and 2-grams; mean recall over the labels that both sides have, which does "
        f"not depend on how common each is; {_DRAWS} random halves of both sides by seed, delete-half jackknife. Rows that "
        "reword each other can fall on both sides of a split, as they would in a test on the data itself.",
        details={"own": own.tolist(), "real": abroad.tolist(), "real_on_real": ((first + second) / 2).tolist()},
    )  # fmt: skip


def recall(truth: Labels, guess: Labels, labels: list[str]) -> float:
    """Return the mean over labels of the share of their rows that were found; labels without a row are passed over."""
    right = truth == guess
    shares = [float(right[truth == label].mean()) for label in labels if (truth == label).any()]
    return float(np.mean(shares)) if shares else 0.0


def _halves(values: Floats) -> Estimate:
    """Each draw leaves out half of the rows, so the draws spread as much as the mean errs (Shao, Wu 1989)."""
    half = student_quantile(0.975, len(values) - 1) * float(values.std(ddof=1)) * math.sqrt(1 + 1 / len(values))
    centre = float(values.mean())
    return Estimate(
        value=centre,
        low=centre - half,
        high=centre + half,
        n=len(values),
        method="delete-half jackknife over draws, Student's t",
    )


def _chance(values: Floats) -> float:
    from scipy.stats import t

    error = float(values.std(ddof=1)) * math.sqrt(1 + 1 / len(values))
    return float(t.sf(values.mean() / error, len(values) - 1)) if error else float(values.mean() <= 0)


def _judges(subject: Subject) -> list[Finding]:
    content = subject.run.manifest.get("content") if subject.run is not None else None
    if not isinstance(content, Mapping):
        what = "the run folder that the rows came from"
        said = "Whether a model judged text of its own family is not known."
        return [needs(ASPECT, "circular_judge", what, said, reference=_SELF)]
    makers, judges = deciders(content)
    if subject.judge is not None:
        judges.append(("evaluate --judge", subject.judge.spec))
    same = circular(makers, judges)
    details: dict[str, Any] = {"generators": [list(m) for m in makers], "judges": [list(j) for j in judges]}
    if same:
        named = "; ".join(
            f"`{step}` decided with {spec}, of the family ({family(spec)}) that wrote the rows" for step, spec in same
        )
        return [
            Finding(
                aspect=ASPECT, metric="circular_judge", reference=_SELF, details=details,
                claim=f"The judging is circular: {named}. Models favour text of their own kind, so what was kept is not shown to be good; "
                "a judge of another family, or people's labels for a sample of the rows, would tell.",
                method="Families by the models' names, from the manifest; steps that decide with a model against steps that write.",
            )
        ]  # fmt: skip
    named = ", ".join(f"`{step}` with {spec}" for step, spec in judges)
    text = (
        f"Judged by models of other families than the writers': {named}."
        if judges
        else "No model judged the rows in the run."
    )
    return [Finding(aspect=ASPECT, metric="circular_judge", kind="fact", claim=text, reference=_SELF, details=details)]


def _identifiers(subject: Subject) -> list[Claim | Finding]:
    found = _of(subject.data)
    if not found:
        text = "No DOI, arXiv or PubMed number, ISBN or address stands in the rows."
        return [Finding(aspect=ASPECT, metric="malformed_identifiers_share", kind="fact", claim=text, method=_FORM)]
    bad = [(i, one) for i, one in found if one.problem]
    kinds = Counter(one.kind for _, one in found)
    details: dict[str, Any] = {"found": dict(kinds), "malformed": dict(Counter(one.kind for _, one in bad))}
    n = len(found)
    counted = ", ".join(f"{c:,} {k}" for k, c in kinds.most_common())
    share = f"{len(bad):,} of {n:,} identifiers in the rows ({counted}) cannot exist as written"
    others = _of(subject.reference) if subject.reference is not None else []
    made_up = sum(bool(one.problem) for _, one in others)
    rows: list[Claim | Finding] = [
        _share(
            "malformed_identifiers_share",
            len(bad),
            n,
            (made_up, len(others)),
            share,
            _exhibits(subject.data, bad),
            details,
        )
    ]
    held = subject.sources.texts if subject.sources is not None else _contexts(subject.data)
    if not held:
        said = f"Whether the {n:,} identifiers in the rows exist was not checked."
        return [
            *rows,
            needs(
                ASPECT, "unsourced_identifiers_share", "the sources that the rows were made from", said, method=_FORM
            ),
        ]
    there = by_key(held)
    missing = [(i, one) for i, one in found if one.key not in there]
    share = f"{len(missing):,} of {n:,} identifiers in the rows do not stand in the sources"
    noted = [(i, Identifier(one.kind, one.text, one.problem or "not in the sources")) for i, one in missing]
    return [
        *rows,
        _share("unsourced_identifiers_share", len(missing), n, (0, 0), share, _exhibits(subject.data, noted), {}),
    ]


def _share(
    metric: str, count: int, n: int, usual: tuple[int, int], said: str, shown: list[Exhibit], details: dict[str, Any]
) -> Claim:
    from scipy.stats import binom

    if usual[1] >= 10:
        null, means, p = (
            wilson(*usual, of="identifiers"),
            "identifiers in the reference",
            two_shares_p(count, n, *usual),
        )
        said += f"; in the reference {usual[0]:,} of {usual[1]:,}"
    else:
        null = Estimate(value=0, low=0, high=0, n=0, method="by definition")
        means, p = f"true identifiers; {_ALLOWED:.0%} may be misread", float(binom.sf(count - 1, n, _ALLOWED))
    return Claim(
        ASPECT, metric, "above", wilson(count, n, of="identifiers"), null, means, risk=said + ".", unclear=said + ".", benefit=said + ".",
        p=p, margin=_ALLOWED, evidence=shown, method=_FORM, details=details,
    )  # fmt: skip


def _of(corpus: Corpus) -> list[tuple[int, Identifier]]:
    return [(i, one) for i, text in enumerate(corpus.texts) for one in identifiers(text)]


def _contexts(corpus: Corpus) -> list[str]:
    return [
        text for role in ("context", "document", "evidence") if corpus.has(role) for text in corpus.column(role) if text
    ]


def _exhibits(corpus: Corpus, bad: list[tuple[int, Identifier]]) -> list[Exhibit]:
    shown = []
    for i, one in bad[:5]:
        at = max(0, corpus.texts[i].find(one.text) - 150)
        shown.append(
            Exhibit(text=corpus.texts[i][at : at + 400], id=corpus.ids[i], note=f"{one.text[:80]}: {one.problem}")
        )
    return shown
