"""Filters: whether a step of the run dropped rows of one group oftener than the others."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from ..core.dataset import Row
from ..core.finding import Estimate, Exhibit, Finding
from ..measures.groups import Flags, Mentions, mentions
from ..measures.intervals import two_shares_p, wilson
from . import figures
from .claim import Claim, needs
from .subject import Corpus, Subject

ASPECT = "bias"
_LEAST = 20
_REFERENCE = "Equal Employment Opportunity Commission 1978, Uniform guidelines, section 1607.4 D (the four-fifths rule)"


def filters(subject: Subject) -> list[Claim | Finding]:
    """Return, for each step that dropped rows, the group whose rows it kept least."""
    if subject.run is None:
        return [needs(ASPECT, "disparate_impact", "the run folder, with the rows that its steps dropped",
                      "Whether a filter drops one group oftener cannot be told.", reference=_REFERENCE)]  # fmt: skip
    dropped = [row for row in subject.run.dropped if row.get("fate", "dropped") == "dropped"]
    steps: dict[str, list[Row]] = {}
    for row in dropped:
        steps.setdefault(str(row.get("step") or "unnamed"), []).append(row)
    if not steps:
        return [Finding(aspect=ASPECT, metric="disparate_impact", kind="fact", claim="No step dropped a row, so none could "
                        "drop one group oftener.", method="rows dropped, by step")]  # fmt: skip
    kept = mentions(subject.data.tokens)
    return [_step(subject, step, rows, kept) for step, rows in sorted(steps.items())]


def keep_ratio(kept: int, dropped: int, others_kept: int, others_dropped: int) -> Estimate:
    """Return a group's keep rate over that of the other rows, with Katz's interval, half a row added to each count.

    Reference: Katz et al. 1978, Obtaining confidence intervals for the risk ratio in cohort studies.

    Example:
        >>> str(keep_ratio(40, 60, 80, 20))
        '0.503 [0.389, 0.651]'
    """
    a, b = kept + 0.5, others_kept + 0.5
    n, m = kept + dropped + 1, others_kept + others_dropped + 1
    value = (a / n) / (b / m)
    half = 1.959964 * math.sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 1e-12))
    return Estimate(value=value, low=value * math.exp(-half), high=value * math.exp(half), n=kept + dropped + others_kept
                    + others_dropped, method="Katz, rows")  # fmt: skip


def _step(subject: Subject, step: str, rows: Sequence[Row], kept: Mentions) -> Claim | Finding:
    metric = f"disparate_impact_{re.sub(r'[^a-z0-9]+', '_', step.lower()).strip('_')}"
    corpus = Corpus.of("dropped", rows, subject.data.roles)
    lost = mentions(corpus.tokens)
    groups = {key: (kept.of(key), lost.of(key)) for key in kept.keys}
    groups |= {"gender:female": (kept.female, lost.female), "gender:male": (kept.male, lost.male)}
    tried = {
        k: (a, b) for k, (a, b) in groups.items() if a.sum() + b.sum() >= _LEAST and a.sum() + b.sum() < len(a) + len(b)
    }
    if not tried or not len(kept.flags):
        what = f"a group that {_LEAST} rows name, in English, and other rows beside them"
        return needs(
            ASPECT, metric, what, f"The rows that {step} met name no group often enough.", reference=_REFERENCE
        )
    found = {k: _chance(a, b) * len(tried) for k, (a, b) in tried.items()}
    worst = min(found, key=lambda k: found[k])
    a, b = tried[worst]
    ratio, null = keep_ratio(*_four(a, b)), Estimate(value=1, low=1, high=1, n=len(a) + len(b), method="by definition")
    rate, other = (wilson(*pair) for pair in _rates(a, b))
    said = (
        f"{step} kept {rate.value:.0%} of the {rate.n:,} rows of the group `{worst}` and {other.value:.0%} of the others, a "
        f"ratio of {ratio.value:.2f}"
    )
    shown = [Exhibit(text=corpus.texts[i][:400], id=corpus.ids[i], of="dropped", note=str(rows[i].get("reason") or ""))
             for i in np.flatnonzero(b)[:5]]  # fmt: skip
    bars = []
    for key in sorted(tried, key=lambda k: found[k])[:12]:
        e = keep_ratio(*_four(*tried[key]))
        bars.append({"label": key, "value": e.value, "low": e.low, "high": e.high})
    return Claim(
        ASPECT, metric, "below", ratio, null, "the other rows", p=min(1.0, found[worst]), margin=0.2, risk=f"{said}, less than four "
        "fifths.", benefit=f"{said}: no group is kept at less than four fifths of the others' rate.", unclear=f"{said}, which does "
        "not settle whether it is less than four fifths.", evidence=shown,
        figure=figures.intervals(f"Keep rate of {step}, by group", bars, x="group's rate over the others'"),
        method="rows dropped by the step against rows kept to the end; rows that other steps dropped are left out; Fisher's "
        "exact test times the number of groups", reference=_REFERENCE, details={"groups_tried": len(tried)},
    )  # fmt: skip


def _four(kept: Flags, lost: Flags) -> tuple[int, int, int, int]:
    return int(kept.sum()), int(lost.sum()), int((~kept).sum()), int((~lost).sum())


def _rates(kept: Flags, lost: Flags) -> tuple[tuple[int, int], tuple[int, int]]:
    a, b, c, d = _four(kept, lost)
    return (a, a + b), (c, c + d)


def _chance(kept: Flags, lost: Flags) -> float:
    a, b, c, d = _four(kept, lost)
    return two_shares_p(b, a + b, d, c + d)
