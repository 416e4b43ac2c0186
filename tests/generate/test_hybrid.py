"""Hybrid data: exact counts by stratum, every row marked, shortfalls said."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import mintmark as mm
from mintmark.generate.hybrid import Hybrid, mix
from mintmark.measures.apportion import exact
from mintmark.sources.rows import Rows

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 200), max_size=8)
SHARES = st.integers(1, 99).map(lambda n: n / 100)


@given(COUNTS.map(lambda c: {k: n for k, n in c.items() if n}), COUNTS, SHARES)
def test_counts_are_exact(rows: dict[str, int], pool: dict[str, int], share: float) -> None:
    found = mix(rows, pool, share)
    ratio = exact(share) / (1 - exact(share))
    full = {s for s, n in rows.items() if ratio * n <= pool.get(s, 0)}
    for s, (stay, drawn) in found.items():
        assert 0 <= stay <= rows[s] and 0 <= drawn <= pool.get(s, 0)
        if s in full:
            assert stay == rows[s] and abs(drawn - ratio * stay) < 1
        else:
            assert drawn == pool.get(s, 0) and (stay == 0) == (drawn == 0)
            assert stay == 0 or stay == 1 or 0 <= drawn - ratio * stay < ratio
    total = sum((ratio * rows[s] for s in full), start=exact(0.0))
    assert abs(sum(found[s][1] for s in full) - total) * 2 <= 1, "the whole has the share too"


def run(tmp_path: Path, rows: dict[str, int], real: dict[str, int], **fields: Any) -> Any:
    made = tuple({"text": f"made {s}{i}", "label": s} for s, n in rows.items() for i in range(n))
    true = tuple({"text": f"real {s}{i}", "label": s} for s, n in real.items() for i in range(n))
    recipe = mm.Recipe(source=Rows(rows=made), inputs={"real": Rows(rows=true)}, steps=[Hybrid(**fields)])
    return recipe.run(tmp_path / "run", progress=False, workspace=None)


def test_strata_get_their_share_and_shortfalls_are_said(tmp_path: Path) -> None:
    found = run(tmp_path, {"a": 7, "b": 6, "c": 2}, {"a": 50, "b": 2}, share=0.5, by="label")
    counts = Counter((r["label"], r["origin"]) for r in found)
    assert counts == {("a", "synthetic"): 7, ("a", "real"): 7, ("b", "synthetic"): 2, ("b", "real"): 2}
    out = found.dropped().to_pylist()
    assert Counter(r["reason"] for r in out) == {"no_counterpart": 6}
    assert {(r["label"], str(r["detail"])) for r in out} == {
        ("b", '{"stratum":"b","wanted":6.0,"there":2}'), ("c", '{"stratum":"c","wanted":2.0,"there":0}'),
    }  # fmt: skip


def test_drawn_rows_stand_in_pairs_and_none_twice(tmp_path: Path) -> None:
    run_ = run(tmp_path, {"a": 20}, {"a": 30})
    found = list(run_)
    pairs = Counter(r["pair"] for r in found)
    assert set(pairs.values()) == {2} and len(pairs) == 20
    real = [r["text"] for r in found if r["origin"] == "real"]
    assert len(set(real)) == 20 and all(t.startswith("real") for t in real)
    assert real != sorted(real), "drawn at random"
    assert all(r["pair"] == r["id"] for r in found if r["origin"] == "synthetic")
    parents = {r["id"]: r["parents"] for r in run_.lineage.to_pylist()}
    real_ids = {parents[r["id"]][1] for r in found if r["origin"] == "real"}
    assert len(real_ids) == 20 and all(parents[r["id"]][0] == r["pair"] for r in found if r["origin"] == "real")


def test_a_small_share_of_many(tmp_path: Path) -> None:
    found = run(tmp_path, {"a": 95, "b": 19}, {"a": 9, "b": 9}, share=0.05, by="label", names=("made", "true"))
    assert Counter((r["label"], r["origin"]) for r in found) == {
        ("a", "made"): 95, ("a", "true"): 5, ("b", "made"): 19, ("b", "true"): 1,
    }  # fmt: skip
