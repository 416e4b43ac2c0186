"""Work and gender: which occupations the rows give to women or to men, and whether more so than the reference does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Estimate, Exhibit, Finding
from ..measures.groups import Flags, Mentions
from ..measures.intervals import difference, two_shares_p, wilson
from ..measures.log_odds import pmi
from . import figures
from .claim import A_REFERENCE, Claim, needs
from .subject import Corpus, Subject

ASPECT = "bias"
_LEAST = 10
_REFERENCE = "Zhao et al. 2017, Men also like shopping: reducing gender bias amplification"
_METHOD = "rows that name the occupation and either women only or men only; Fisher's exact test, both sides, times the number of "


@dataclass(frozen=True)
class _Table:
    """Rows that name each occupation and one gender only."""

    titles: list[str]
    female: npt.NDArray[np.int64]
    all: npt.NDArray[np.int64]
    total_female: int
    total: int


def professions(subject: Subject, ours: Mentions, theirs: Mentions | None) -> list[Claim | Finding]:
    """Return the most one-sided occupation, and the one whose side was most strengthened against the reference."""
    table = _count(ours)
    other = None if theirs is None else _count(theirs)
    return [_association(subject, ours, table, other), _amplification(subject, ours, table, other)]


def exhibits(data: Corpus, flags: Flags, note: str) -> list[Exhibit]:
    """Return up to five rows that are flagged."""
    rows = np.flatnonzero(flags)[:5]
    return [Exhibit(text=data.texts[i][:400], id=data.ids[i], note=note) for i in rows]


def _count(named: Mentions) -> _Table:
    flags, titles = named.family("profession")
    female, male = named.female, named.male
    return _Table(
        titles, flags[female].sum(0), flags[female | male].sum(0), int(female.sum()), int((female | male).sum())
    )


def _association(subject: Subject, ours: Mentions, table: _Table, other: _Table | None) -> Claim | Finding:
    named = table.all >= _LEAST
    if not named.any():
        what = f"an occupation that {_LEAST} rows name beside a woman or a man, in English"
        return needs(ASPECT, "profession_gender", what, "Too few rows say the gender of somebody in an occupation.")
    # Where the reference knows the occupation, `amplification` judges it: an old association is no fault of the data.
    judged = named if other is None else (table.all >= 2 * _LEAST) & (other.all < _LEAST // 2)
    tried = np.flatnonzero(judged if judged.any() else named)
    chances = [_two_sided(int(table.female[i]), int(table.all[i]), *_rest(table, int(i))) * len(tried) for i in tried]
    worst = int(tried[int(np.argmin(chances))])
    share, rest = wilson(int(table.female[worst]), int(table.all[worst])), wilson(*_rest(table, worst))
    said = f"In {_side(share)} of the {share.n:,} rows that name `{table.titles[worst]}` and one gender, the gender is "
    said += f"{_gender(share)}; in the other rows of one gender {_same(rest, share):.0%}"
    figure, details = _figure(table, other), {"pmi_bits": _pmi(table), "tried": len(tried)}
    method = f"{_METHOD}occupations; associations as PMI in bits, half a row added"
    shown = _exhibits(subject, ours, table.titles[worst], share.value >= rest.value)
    if not judged.any():
        return Finding(aspect=ASPECT, metric="profession_gender", kind="fact", claim=f"{said}; `amplification` says whether the "
                       "reference does so too.", estimate=share, evidence=tuple(shown), figure=figure, details=details,
                       method=method, reference=_REFERENCE)  # fmt: skip
    known = "" if other is None else ", and the reference hardly names it"
    return Claim(
        ASPECT, "profession_gender", "above" if share.value >= rest.value else "below", share, rest,
        "rows of one gender that do not name the occupation", p=min(1.0, min(chances)), margin=0.1, risk=f"{said}{known}.",
        unclear=f"{said}, which does not settle whether the two go together.", benefit=f"{said}: no association that matters, "
        f"and this is the strongest of {len(tried)}.", evidence=shown, figure=figure, method=method, reference=_REFERENCE,
        details=details,
    )  # fmt: skip


def _amplification(subject: Subject, ours: Mentions, table: _Table, other: _Table | None) -> Claim | Finding:
    if other is None:
        return needs(ASPECT, "amplification", A_REFERENCE,
                     "Whether the data strengthen the gender of occupations cannot be told.", reference=_REFERENCE)  # fmt: skip
    # Chosen by both sets together, so that the choice says nothing of the difference.
    tried = np.flatnonzero((table.all + other.all >= 2 * _LEAST) & (table.all > 0) & (other.all > 0))
    if not len(tried):
        what = f"an occupation that {2 * _LEAST} rows of data and reference name beside a woman or a man"
        return needs(ASPECT, "amplification", what, "Too few rows say the gender of somebody in an occupation.")
    chances = [
        _two_sided(int(table.female[i]), int(table.all[i]), int(other.female[i]), int(other.all[i])) * len(tried)
        for i in tried
    ]
    worst = int(tried[int(np.argmin(chances))])
    share = wilson(int(table.female[worst]), int(table.all[worst]))
    there = wilson(int(other.female[worst]), int(other.all[worst]))
    gap = difference(share, there)
    none = Estimate(value=0, low=0, high=0, n=gap.n, method="by definition")
    said = (
        f"In {_side(share)} of the {share.n:,} rows that name `{table.titles[worst]}` and one gender, the gender is "
        f"{_gender(share)}; in the reference it is so in {_same(there, share):.0%} of {there.n:,}"
    )
    return Claim(
        ASPECT, "amplification", "above" if gap.value >= 0 else "below", gap, none, "the reference's own share",
        p=min(1.0, min(chances)), margin=0.1, risk=f"{said}: the data make more of it.",
        unclear=f"{said}; whether the data make more of it is not settled.",
        benefit=f"{said}: no difference that matters, and this is the largest of {len(tried)} occupations.",
        evidence=_exhibits(subject, ours, table.titles[worst], gap.value >= 0), figure=_figure(table, other),
        method=f"difference of shares, Newcombe; {_METHOD}occupations", reference=_REFERENCE,
        details={"tried": len(tried), "female_share": share.value, "reference_female_share": there.value},
    )  # fmt: skip


def _rest(table: _Table, i: int) -> tuple[int, int]:
    return table.total_female - int(table.female[i]), table.total - int(table.all[i])


def _two_sided(count: int, n: int, other: int, of: int) -> float:
    return 2 * min(two_shares_p(count, n, other, of), two_shares_p(n - count, n, of - other, of))


def _gender(share: Estimate) -> str:
    return "female" if share.value >= 0.5 else "male"


def _side(share: Estimate) -> str:
    return f"{max(share.value, 1 - share.value):.0%}"


def _same(other: Estimate, share: Estimate) -> float:
    return other.value if share.value >= 0.5 else 1 - other.value


def _pmi(table: _Table) -> list[dict[str, Any]]:
    order = np.argsort(-table.all, kind="stable")[:20]
    order = order[table.all[order] >= _LEAST]
    total = np.full(len(order), table.total_female)
    found = pmi(table.female[order], table.all[order], total, table.total)
    other = pmi(table.all[order] - table.female[order], table.all[order], table.total - total, table.total)
    return [
        {"profession": table.titles[i], "rows": int(table.all[i]), "female": _three(found, k), "male": _three(other, k)}
        for k, i in enumerate(order)
    ]


def _three(found: Any, k: int) -> list[float]:
    return [round(float(v[k]), 4) for v in (found.value, found.low, found.high)]


def _figure(table: _Table, other: _Table | None) -> Any:
    order = [int(i) for i in np.argsort(-table.all, kind="stable")[:15] if table.all[i]]
    sets = [("data", table), *([("reference", other)] if other is not None else [])]
    rows = []
    for i in order:
        for series, t in sets:
            if t.all[i]:
                e = wilson(int(t.female[i]), int(t.all[i]))
                rows.append({"label": t.titles[i], "series": series, "value": e.value, "low": e.low, "high": e.high})
    return figures.intervals(
        "Women among the rows of an occupation", rows, x="share of rows of one gender that is female"
    )


def _exhibits(subject: Subject, ours: Mentions, title: str, female: bool) -> list[Exhibit]:
    gender = ours.female if female else ours.male
    return exhibits(
        subject.data, ours.of(f"profession:{title}") & gender, f"names a {title}, {'female' if female else 'male'}"
    )
