"""The feed: ids by content, and an order that does not depend on position."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.core.errors import SourceError
from mintmark.engines.feed import feed, rows_of
from mintmark.sources.files import Files
from mintmark.sources.rows import Rows


def ids(*texts: str, passes: int = 1, shuffle: int | None = None) -> list[str]:
    return [c.id for c in feed(Rows(rows=tuple({"t": t} for t in texts)), passes, shuffle)]


def test_equal_rows_have_ids_of_their_own() -> None:
    found = ids("a", "a", "b")
    assert len(set(found)) == 3
    assert set(ids("b", "a", "a")) == set(found)


def test_passes_have_ids_of_their_own() -> None:
    found = ids("a", "b", passes=3)
    assert len(set(found)) == 6 and found[:2] == ids("a", "b")


def test_a_shuffled_order_depends_on_seed_and_ids_alone() -> None:
    letters = [chr(97 + i) for i in range(20)]
    one = ids(*letters, shuffle=1)
    assert sorted(one) == sorted(ids(*letters)) and one != ids(*letters)
    assert ids(*reversed(letters), shuffle=1) == one
    assert ids(*letters, shuffle=2) != one


def test_an_incoming_id_is_kept_under_another_name() -> None:
    (row,) = rows_of(Rows(rows=({"id": "mine", "t": "x"},)))
    assert row["source_id"] == "mine" and row["id"] != "mine"


def test_a_side_input_must_be_whole(tmp_path: object) -> None:
    path = f"{tmp_path}/bad.jsonl"
    with Path(path).open("w", encoding="utf-8") as f:
        f.write('{"a": 1}\nnot json\n')
    with pytest.raises(SourceError, match="line 2"):
        rows_of(Files(path=path))


def test_a_barren_beginning_does_not_end_a_run_in_rounds(tmp_path: Path) -> None:
    from mintmark.api import Recipe

    rows = tuple({"t": "x" if i < 40 else f"a long text {i}"} for i in range(60))
    steps = [{"curate.length": {"on": "t", "min_chars": 5}}, {"curate.exact": {"on": "t"}}]
    recipe = Recipe.from_data({"rows": 4, "source": Rows(rows=rows), "steps": steps})
    assert len(recipe.run(tmp_path / "run", progress=False, workspace=None)) == 4


def test_a_barren_source_ends_before_it_is_read_whole(tmp_path: Path) -> None:
    from mintmark.api import Recipe

    rows = tuple({"t": f"{i}"} for i in range(5000))
    steps = [{"curate.length": {"on": "t", "min_chars": 9}}, {"curate.exact": {"on": "t"}}]
    run = Recipe.from_data({"rows": 4, "source": Rows(rows=rows), "steps": steps}).run(
        tmp_path / "run", progress=False, workspace=None
    )
    assert run.status == "short" and run.manifest["content"]["stop"] == "no_gain"
    assert run.manifest["content"]["taken"] < 200
