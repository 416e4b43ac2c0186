"""What is different between two versions of a dataset: its rows, its columns, its metrics."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from ..core.dataset import Row, plain
from ..core.finding import Estimate, Finding, Kind
from ..measures.intervals import above_p, difference, holm
from ..measures.matching import Change, nearest_pairs, word_changes
from ..measures.verdict import ALPHA
from .subject import Corpus

_CUT = 400
_METHOD = (
    "Rows by id, then by equal content, then by nearest text (Jaccard of word pairs, at least {threshold}); "
    "metrics by the interval of their difference, two-sided normal chance, Holm over all metrics. The two sets are taken "
    "for independent: where they share rows or a reference, the intervals are too wide rather than too narrow."
)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowShown(_Frozen):
    """A row that stands in one set only."""

    id: str
    text: str


class RowChanged(_Frozen):
    """A row that stands in both sets, not quite the same."""

    id: str
    """In the first set."""
    other_id: str
    """In the second set."""
    by: str
    """How the two were found to be one: `id` or `text`."""
    columns: tuple[str, ...]
    """Whose values differ."""
    words: tuple[Change, ...] = ()
    """What stayed, went and came in its text; empty where the text is the same."""


class MetricChanged(_Frozen):
    """A metric in both sets."""

    name: str
    a: Estimate | None
    b: Estimate | None
    kind_a: Kind | None
    kind_b: Kind | None
    difference: Estimate | None = None
    """b - a, with its interval."""
    p: float | None = None
    """The chance of so large a difference, either way, where there is none; corrected by Holm over all metrics."""
    beyond_chance: bool = False


class Difference(_Frozen):
    """What is different between two sets; counts are of all rows, rows are shown up to a limit."""

    a: str
    b: str
    rows_a: int
    rows_b: int
    same: int
    renamed: int
    """Rows of equal content under another id; among `same`."""
    added: int
    removed: int
    changed: int
    ids: str
    """Whether ids were used, and why not."""
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    added_rows: tuple[RowShown, ...] = ()
    removed_rows: tuple[RowShown, ...] = ()
    changed_rows: tuple[RowChanged, ...] = ()
    metrics: tuple[MetricChanged, ...] = ()
    method: str = ""

    def to_json(self) -> str:
        """Return everything as JSON, the same text for the same difference."""
        return self.model_dump_json(indent=2)


def diff(
    a: Corpus, b: Corpus, findings_a: Sequence[Finding] = (), findings_b: Sequence[Finding] = (), *,
    shown: int = 20, threshold: float = 0.5,
) -> Difference:  # fmt: skip
    """Return what is different from `a` to `b`. Symmetric: `diff(b, a)` has added and removed exchanged.

    Ids that only number the rows are not used: then most rows whose content changed under an id stand, unchanged,
    under another. Cost grows with n log n, and only rows that no id and no equal content has matched are compared by text.

    Args:
        findings_a, findings_b: of one kind of report on either set.
        shown: rows of each kind that are written out.
        threshold: how alike two texts must be, at least, to be one text changed.
    """
    by_id, same, renamed, left_a, left_b, ids = _matched(a, b)
    near = nearest_pairs([a.texts[i] for i in left_a], [b.texts[j] for j in left_b], threshold=threshold)
    by_text = sorted((left_a[i], left_b[j]) for i, j, _ in near)
    gone = sorted(set(left_a) - {i for i, _ in by_text})
    came = sorted(set(left_b) - {j for _, j in by_text})
    changed = sorted([(i, j, "id") for i, j in by_id] + [(i, j, "text") for i, j in by_text])
    columns_a, columns_b = _columns(a.rows), _columns(b.rows)
    return Difference(
        a=a.name, b=b.name, rows_a=len(a), rows_b=len(b), same=same, renamed=renamed, added=len(came),
        removed=len(gone), changed=len(changed), ids=ids,
        columns_added=tuple(_legal(c) for c in columns_b if c not in columns_a),
        columns_removed=tuple(_legal(c) for c in columns_a if c not in columns_b),
        added_rows=tuple(RowShown(id=_legal(b.ids[j]), text=_cut(b.texts[j])) for j in came[:shown]),
        removed_rows=tuple(RowShown(id=_legal(a.ids[i]), text=_cut(a.texts[i])) for i in gone[:shown]),
        changed_rows=tuple(_changed(a, b, i, j, by) for i, j, by in changed[:shown]),
        metrics=tuple(compare(findings_a, findings_b)), method=_METHOD.format(threshold=threshold),
    )  # fmt: skip


def compare(findings_a: Iterable[Finding], findings_b: Iterable[Finding]) -> list[MetricChanged]:
    """Return every metric that either report measured, those beyond chance first, then the largest chance last."""
    left, right = _named(findings_a), _named(findings_b)
    keys = list(dict.fromkeys([*left, *right]))
    both = {}
    for key in keys:
        e, f = (side[key].estimate if key in side else None for side in (left, right))
        if e is not None and f is not None:
            both[key] = (difference(f, e), min(1.0, 2 * min(above_p(e, f), above_p(f, e))))
    adjusted = dict(zip(both, holm([p for _, p in both.values()])))
    found = []
    for key in keys:
        one, other = left.get(key), right.get(key)
        gap = both.get(key)
        found.append(
            MetricChanged(
                name=key[0] if not key[1] else f"{key[0]} ({key[1] + 1})",
                a=one.estimate if one else None, b=other.estimate if other else None,
                kind_a=one.kind if one else None, kind_b=other.kind if other else None,
                difference=gap[0] if gap else None, p=adjusted.get(key), beyond_chance=adjusted.get(key, 1.0) < ALPHA,
            )
        )  # fmt: skip
    return sorted(
        (m for m in found if m.a is not None or m.b is not None or m.kind_a != m.kind_b),
        key=lambda m: (not m.beyond_chance, m.p is None, m.p or 0.0),
    )


def _named(findings: Iterable[Finding]) -> dict[tuple[str, int], Finding]:
    """Return findings by name; the second of one name is apart from the first."""
    found: dict[tuple[str, int], Finding] = {}
    seen: dict[str, int] = defaultdict(int)
    for f in findings:
        found[(f.name, seen[f.name])] = f
        seen[f.name] += 1
    return found


Pairs = list[tuple[int, int]]


def _matched(a: Corpus, b: Corpus) -> tuple[Pairs, int, int, list[int], list[int], str]:
    """Return changed pairs by id, counts of equal rows and of those renamed, the places left over, a word on ids."""
    content_a, content_b = _contents(a.rows), _contents(b.rows)
    ids_a, ids_b = _own_ids(a.rows), _own_ids(b.rows)
    why = "used"
    if ids_a is None or ids_b is None:
        why = "not used: not every row has an id of its own"
        ids_a = ids_b = {}
    shared = [(i, ids_b[key]) for key, i in ids_a.items() if key in ids_b]
    different = [(i, j) for i, j in shared if content_a[i] != content_b[j]]
    elsewhere = set(content_b)
    if different and sum(content_a[i] in elsewhere for i, _ in different) > len(different) / 2:
        why = "not used: they number the rows, most of which stand under another id now"
        shared, different = [], []
    used_a, used_b = {i for i, _ in shared}, {j for _, j in shared}
    same = len(shared) - len(different)
    waiting = defaultdict(list)
    for j in range(len(b) - 1, -1, -1):
        if j not in used_b:
            waiting[content_b[j]].append(j)
    renamed, left_a = 0, []
    for i in range(len(a)):
        if i in used_a:
            continue
        if waiting.get(content_a[i]):
            used_b.add(waiting[content_a[i]].pop())
            renamed += 1
        else:
            left_a.append(i)
    left_b = [j for j in range(len(b)) if j not in used_b]
    return different, same + renamed, renamed if why == "used" else 0, left_a, left_b, why


def _own_ids(rows: Sequence[Row]) -> dict[str, int] | None:
    """Return id -> place where every row has an id of its own."""
    found = {str(row["id"]): i for i, row in enumerate(rows) if row.get("id") not in (None, "")}
    return found if len(found) == len(rows) else None


def _contents(rows: Sequence[Row]) -> list[str]:
    """Return one text for each row's values, its id and its nulls aside; equal rows, equal texts."""
    values = ({str(k): w for k, v in row.items() if k != "id" and (w := _plain(v)) is not None} for row in rows)
    return [json.dumps(value, sort_keys=True) for value in values]


def _plain(value: Any) -> Any:
    try:
        return plain(value)
    except TypeError:
        return repr(value)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _changed(a: Corpus, b: Corpus, i: int, j: int, by: str) -> RowChanged:
    one, other = a.rows[i], b.rows[j]
    names = [k for k in dict.fromkeys([*one, *other]) if k != "id" and _plain(one.get(k)) != _plain(other.get(k))]
    words = word_changes(a.texts[i], b.texts[j]) if a.texts[i] != b.texts[j] else []
    return RowChanged(
        id=_legal(a.ids[i]),
        other_id=_legal(b.ids[j]),
        by=by,
        columns=tuple(map(_legal, names)),
        words=tuple(_trimmed(words)),
    )


def _trimmed(words: Sequence[Change]) -> list[Change]:
    """Return the passages, long ones cut in the middle, so that what was changed can be seen."""
    return [(what, _legal(t if len(t) <= _CUT else f"{t[: _CUT // 2]} … {t[-_CUT // 2 :]}")) for what, t in words[:200]]


def _cut(text: str) -> str:
    return _legal(text if len(text) <= _CUT else text[:_CUT] + "…")


def _legal(text: str) -> str:
    """Return the text without lone surrogates, which broken JSON holds and no file takes."""
    return text.encode("utf-8", "replace").decode()
