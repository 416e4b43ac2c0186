"""Asked and come: whether a run's rows are what its source asked for, and which values it asked for have no row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.dataset import Row
from ..core.finding import Exhibit, Finding
from ..measures.control import Fits, Ints, control, length_rule, recognised
from ..measures.intervals import wilson
from . import figures
from .claim import Claim
from .subject import TEXT_ROLES, RunFacts, Subject, text_of

ASPECT = "process"
_MOST_VALUES = 100
_LEAST_ROWS = 40
_LEAST_OF_VALUE = 5
_CUT = 60


@dataclass(frozen=True)
class _Asked:
    """What the source asked for: its rows, and for each kept row the one source row that it came from."""

    rows: Mapping[str, Row]
    kept: Sequence[tuple[Row, Row]]

    def values(self, column: str) -> dict[str, int]:
        """Return how many kept rows came of each value of a column, those without any too."""
        found = dict.fromkeys((str(row[column]) for row in self.rows.values() if row.get(column) is not None), 0)
        for _, root in self.kept:
            if root.get(column) is not None:
                found[str(root[column])] += 1
        return found


def examine(subject: Subject) -> list[Claim | Finding]:
    """Return coverage and control of what a generating run's source asked for; nothing of a run that only filters."""
    asked = _asked(subject)
    if asked is None:
        return []
    columns = {c: v for c in _columns(asked) if 2 <= len(v := asked.values(c)) <= _MOST_VALUES}
    found: list[Claim | Finding] = [_coverage(columns)] if columns else []
    assert subject.run is not None
    return [*found, *_gaps(subject.run, asked), *(c for name in columns for c in _controlled(subject, asked, name))]


def _asked(subject: Subject) -> _Asked | None:
    if subject.run is None or subject.sources is None:
        return None
    parents = {str(row["id"]): [str(p) for p in row.get("parents") or ()] for row in subject.run.lineage}
    roots = {i for i, above in parents.items() if not above}
    used = {str(row.get("id")): row for row in subject.sources.rows if str(row.get("id")) in roots}
    if not used:
        return None
    # A source row that bore nothing was dropped or failed itself; it was asked for like the others.
    columns = {c for row in used.values() for c in row}
    lost = {
        str(row.get("id")): {k: v for k, v in row.items() if k in columns}
        for row in subject.run.dropped if str(row.get("id")) in roots
    }  # fmt: skip
    rows = {**lost, **used}
    kept = []
    for row in subject.data.rows:
        at, seen = str(row.get("id")), set[str]()
        while parents.get(at) and at not in seen:
            seen.add(at)
            at = parents[at][0]
        if at in rows:
            kept.append((row, rows[at]))
    return _Asked(rows, kept)


def _columns(asked: _Asked) -> list[str]:
    """Return the columns of the source that hold single values, in order."""
    found: dict[str, bool] = {}
    for row in asked.rows.values():
        for column, value in row.items():
            if value is not None and column not in ("id", "source_id", "have", "want"):
                found[column] = found.get(column, True) and isinstance(value, str | int | float)
    return [column for column, single in found.items() if single]


def _coverage(columns: Mapping[str, Mapping[str, int]]) -> Finding:
    lacking = {c: [v for v, n in values.items() if not n] for c, values in columns.items()}
    there = sum(len(values) - len(lacking[c]) for c, values in columns.items())
    total = sum(map(len, columns.values()))
    short = [
        f"`{c}` lacks {len(v)} of {len(columns[c])} ({', '.join(_cut(x) for x in v[:3])}{' ...' if len(v) > 3 else ''})"
        for c, v in lacking.items() if v
    ]  # fmt: skip
    named = ", ".join(f"`{c}`" for c in columns)
    said = f"Every value that the source gave of {named} has a kept row" if not short else (
        f"Of {total:,} values that the source gave of {named}, {there:,} have a kept row; {'; '.join(short)}")  # fmt: skip
    bars = [{"label": c, "value": (len(v) - len(lacking[c])) / len(v)} for c, v in columns.items()]
    return Finding(
        aspect=ASPECT, metric="asked_coverage", kind="fact", claim=said + ".", estimate=wilson(there, total, of="values"),
        figure=figures.bars("Values with a kept row", bars, x="share of the values that the source gave", percent=True),
        method=f"Columns of the source with 2 to {_MOST_VALUES} values; a kept row counts for the source row that it came from.",
        details={"rows_by_value": {c: dict(v) for c, v in columns.items()}, "lacking": lacking},
    )  # fmt: skip


def _gaps(run: RunFacts, asked: _Asked) -> list[Finding]:
    """Return which regions were thin, and how far the run fills them; nothing for another source."""
    content: Mapping[str, Any] = run.manifest.get("content") or {}
    source = ((content.get("recipe") or {}).get("source") or {}).get("gaps")
    if source is None:
        return []
    column = source.get("by") or "region"
    thin = {str(row[column]): row for row in asked.rows.values() if row.get(column) is not None}
    if not thin:
        return []
    made = asked.values(column)
    full = [r for r, row in thin.items() if row["have"] + made[r] >= row["want"]]
    thinnest = min(thin, key=lambda r: thin[r]["have"])
    bars = [
        {"label": _cut(r), "series": series, "value": value}
        for r, row in sorted(thin.items(), key=lambda item: item[1]["have"])[:20]
        for series, value in (("had", row["have"]), ("made", made[r]), ("lacks", max(0, row["want"] - row["have"] - made[r])))
    ]  # fmt: skip
    return [Finding(
        aspect=ASPECT, metric="gaps_filled", kind="fact", estimate=wilson(len(full), len(thin), of="thin regions"),
        claim=f"{len(thin):,} values of `{column}` had fewer than {thin[thinnest]['want']:,} rows, the thinnest {thin[thinnest]['have']:,} "
        f"(`{_cut(thinnest)}`); with {sum(made.values()):,} rows made, {len(full):,} of them have enough.",
        figure=figures.bars("Thin regions", bars, x="rows"), method="Counted in the source's rows and their kept descendants.",
        details={r: {"had": row["have"], "wanted": row["want"], "made": made[r]} for r, row in thin.items()},
    )]  # fmt: skip


def _controlled(subject: Subject, asked: _Asked, column: str) -> list[Claim]:
    """Return whether rows are what was asked for in a column, where that can be told."""
    rows = [(row, root) for row, root in asked.kept if root.get(column) is not None]
    counts = Counter(str(root[column]) for _, root in rows)
    values = sorted(v for v, n in counts.items() if n >= _LEAST_OF_VALUE)
    rows = [(row, root) for row, root in rows if str(root[column]) in values]
    own = [c for r in TEXT_ROLES if (c := subject.data.roles.get(r))]
    own = [c for c in own if all(root.get(c) is None for root in asked.rows.values())]
    texts = ["\n".join(filter(None, (text_of(row.get(c)) for c in own))) for row, _ in rows]
    if len(values) < 2 or len(rows) < _LEAST_ROWS or not own:
        return []
    number = np.array([values.index(str(root[column])) for _, root in rows], np.int64)
    how, fits = _fits(column, values, [row for row, _ in rows], texts, number, subject.seed)
    found = control(fits, number, seed=subject.seed)
    parts = [(v, wilson(int(found.right[number == i].sum()), int((number == i).sum()))) for i, v in enumerate(values)]
    bars = [{"label": _cut(v), "value": e.value, "low": e.low, "high": e.high} for v, e in parts]
    said = (
        f"{found.share.value:.0%} of the rows are what was asked for in `{column}`, {how}; by chance it would be "
        f"{found.chance.value:.0%}"
    )
    wrong = [i for i in range(len(rows)) if not found.right[i]][:5]
    return [Claim(
        ASPECT, f"control_{re.sub(r'[^a-z0-9]+', '_', column.lower()).strip('_')}", "below", found.share, found.chance,
        "the same texts dealt to the same requests at random", p=1 - found.p,
        risk=f"{said}: less than chance.", benefit=f"{said}.", unclear=f"{said}, which does not show that the texts follow the request.",
        evidence=[Exhibit(text=texts[i][:400], id=str(rows[i][0].get("id", "")), note=f"asked for: {_cut(values[number[i]])}")
                  for i in wrong],
        figure=figures.intervals(f"What was asked for in `{column}`, and came", bars, x="share of the value's rows"),
        method=f"{how}; null by permuting what was asked", reference="Yu et al. 2023, Large Language Model as Attributed Training "
        "Data Generator, section 5", details={"rows": len(rows), "values": {v: e.value for v, e in parts}},
    )]  # fmt: skip


def _fits(
    column: str, values: Sequence[str], rows: Sequence[Row], texts: Sequence[str], number: Ints, seed: int
) -> tuple[str, Fits]:
    """Return how it is told what came, and whether each row would do for each value."""
    came = [text_of(row.get(f"came_{column}")).strip().casefold() for row in rows]
    if any(came):
        return f"by the column `came_{column}`", np.array([[c == v.casefold() for v in values] for c in came])
    rules = [length_rule(v) for v in values]
    if all(rules):
        return "by counting", np.array([[rule is not None and rule(text) for rule in rules] for text in texts])
    return "by a classifier of words taught on the other rows", recognised(texts, number, seed=seed)


def _cut(text: str) -> str:
    return text if len(text) <= _CUT else text[: _CUT - 3] + "..."
