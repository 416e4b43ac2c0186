"""Trace: from rows of every fate to their calls, parents and places in the source."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.made import DOCUMENTS

import mintmark as mm
from mintmark.core.errors import MintmarkError, PublishError, RunError
from mintmark.core.fingerprint import digest
from mintmark.engines.writer import lineage_schema
from mintmark.publish.trace import trace
from mintmark.publish.traced import Traced


def row_of(run: Path, what: str) -> Traced:
    found = trace(run, what)
    assert found.row is not None, found.hits
    return found.row


def test_a_kept_row_leads_to_its_call_and_its_characters(made: Path) -> None:
    first = next(iter(mm.Run(made)))
    row = row_of(made, first["id"])
    assert (row.fate, row.born, row.values["question"]) == ("kept", "generate.prompt", first["question"])
    (parent,) = row.parents
    assert (parent.fate, parent.born, parent.ended, parent.parents) == ("used", "source", "generate.prompt", [])
    mine = [call for call in parent.calls if call.holds]
    assert len(mine) == 1 and len(parent.calls) == 2 and mine[0].holds == ["question", "answer"]
    call = mine[0]
    assert (call.kind, call.status, call.model, call.spec) == ("chat", "done", "writer", "scripted/made")
    assert call.request["body"]["messages"][0]["content"].startswith("Ask about: ")
    assert call.request["sampling"] == {"max_tokens": 50} and str(call.request["seed"]) in first["question"]
    assert json.loads(call.result["text"])["answer"] == first["answer"] and call.tokens_out > 0
    assert parent.source is not None
    text = DOCUMENTS[parent.source["path"]]
    assert text[parent.source["start"] : parent.source["end"]] == parent.values["text"]


def test_a_dropped_row_has_its_reason_and_the_same_history(made: Path) -> None:
    lost = mm.Run(made).dropped("curate.length").to_pylist()[0]
    row = row_of(made, lost["id"])
    assert (row.fate, row.ended, row.reason, row.detail) == ("dropped", "curate.length", "too_short", {"words": 1})
    assert "fate" not in row.values and row.values["answer"] == "Yes."
    assert [c.holds for c in row.parents[0].calls if c.holds] == [["question", "answer"]]


def test_a_failed_row_leads_to_the_fault(made: Path) -> None:
    lost = mm.Run(made).dropped("generate.prompt").to_pylist()[0]
    row = row_of(made, lost["id"])
    assert (row.fate, row.reason, row.detail) == ("failed", "http_400", "refused")
    assert {c.status for c in row.parents[0].calls} == {"failed"}
    assert row.parents[0].calls[0].result == {"reason": "http_400", "detail": "refused"}


def test_a_used_row_shows_what_it_bore(made: Path) -> None:
    used = next(r for r in mm.Run(made).used.to_pylist() if r["title"] == "Stubs")
    row = row_of(made, used["id"])
    assert row.fate == "used" and not row.parents
    assert [(c.fate, c.step, c.reason) for c in row.children] == [("dropped", "curate.length", "too_short")] * 2


def test_a_beginning_of_an_id_or_a_text_is_enough(made: Path) -> None:
    first = next(iter(mm.Run(made)))
    assert row_of(made, first["id"][:8]).id == first["id"]
    assert row_of(made, first["question"].upper()).id == first["id"]


def test_several_hits_are_listed_with_ids_kept_first(made: Path) -> None:
    found = trace(made, "OTTERS SLEEP")
    assert found.row is None and found.total == 3
    assert [hit.fate for hit in found.hits] == ["kept", "kept", "used"]
    assert found.hits[0].column == "text" and "otters sleep" in found.hits[0].excerpt
    few = trace(made, "OTTERS SLEEP", limit=1)
    assert (len(few.hits), few.total) == (1, 3)
    stubs = trace(made, "one word")
    assert ("dropped", "curate.length", "too_short") in [(h.fate, h.step, h.reason) for h in stubs.hits]


@pytest.mark.parametrize("what", ["no such text", "0000000000000000", "", ".*", "%"])
def test_nothing_found_is_an_error(made: Path, what: str) -> None:
    with pytest.raises(PublishError, match="no row has this id or text"):
        trace(made, what)


def test_a_run_without_its_log_is_traced_without_prompts(made: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    (run / "calls.sqlite").unlink()
    found = trace(run, next(iter(mm.Run(run)))["id"])
    assert found.row is not None and not found.has_log
    assert found.row.parents[0].calls[0].key and found.row.parents[0].calls[0].status == ""


def test_an_unfinished_run_says_so(made: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    (run / "manifest.json").unlink()
    with pytest.raises(RunError, match="is unfinished"):
        trace(run, "otters")


def test_a_broken_file_is_an_error_that_names_it(made: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    (run / "lineage.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(MintmarkError, match=r"lineage\.parquet: cannot be read"):
        trace(run, "0123456789abcdef")


def large_run(folder: Path, rows: int) -> list[str]:
    """Write a run of many rows, each with two parents, one of them a row of a side input."""
    ids = [digest(i, size=8) for i in range(rows)]
    (folder / "data").mkdir(parents=True)
    words = "the quick brown fox jumps over the lazy dog " * 10
    table = pa.table(
        {
            "id": ids,
            "text": [f"{words} {i}" for i in range(rows)],
            "messages": [[{"role": "user", "content": f"{i}!"}] for i in range(rows)],
        }
    )
    pq.write_table(table, folder / "data" / "part-00000.parquet", row_group_size=5000)
    lineage: list[dict[str, Any]] = [
        {"id": id, "fate": "kept", "parents": [ids[(i - 1) % rows], "outside"] if i % 2 else [], "born": "generate.x",
         "ended": "rows", "reason": None, "calls": [], "source": None}
        for i, id in enumerate(ids)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(lineage, lineage_schema()), folder / "lineage.parquet", row_group_size=5000)
    (folder / "manifest.json").write_text('{"format": 1, "content": {"models": {}}, "process": {}}')
    return ids


def test_a_large_run_is_traced_without_reading_it_whole(tmp_path: Path) -> None:
    ids = large_run(tmp_path / "run", 40_000)
    before, began = pa.total_allocated_bytes(), time.perf_counter()
    row = row_of(tmp_path / "run", ids[39_999])
    assert [p.fate for p in row.parents] == ["kept", "outside"] and row.parents[0].id == ids[39_998]
    assert row_of(tmp_path / "run", " 31234").id == ids[31_234]
    assert trace(tmp_path / "run", '"31234!"').total == 1  # inside a column of structs
    assert trace(tmp_path / "run", "LAZY DOG").total == 40_000
    assert pa.total_allocated_bytes() - before < 20 << 20
    assert time.perf_counter() - began < 10


def small_run(run: Path, rows: dict[str, tuple[str, list[str]]]) -> Path:
    """Write a run of kept rows: id -> (text, parents)."""
    (run / "data").mkdir(parents=True)
    texts = [text for text, _ in rows.values()]
    pq.write_table(pa.table({"id": list(rows), "text": texts}), run / "data" / "part-00000.parquet")
    fixed = {"fate": "kept", "born": "x", "ended": "rows", "reason": None, "calls": [], "source": None}
    lineage = [{"id": id, "parents": parents, **fixed} for id, (_, parents) in rows.items()]
    pq.write_table(pa.Table.from_pylist(lineage, lineage_schema()), run / "lineage.parquet")
    (run / "manifest.json").write_text('{"format": 1, "content": {"models": {}}, "process": {}}')
    return run


def test_a_word_that_begins_an_id_is_looked_for_in_texts_too(tmp_path: Path) -> None:
    run = small_run(tmp_path / "run", {"face0123aaaabbbb": ("x", []), "0123aaaabbbbcccc": ("About Face", [])})
    assert [(hit.id[:4], hit.column) for hit in trace(run, "face").hits] == [("face", ""), ("0123", "text")]
    assert row_of(run, "face0123").id == "face0123aaaabbbb"
    assert row_of(run, "0123").id == "0123aaaabbbbcccc"


def test_ancestors_that_meet_again_are_shown_once(tmp_path: Path) -> None:
    rows: dict[str, tuple[str, list[str]]] = {
        "aaaa": ("one", []), "bbbb": ("two", ["aaaa"]), "cccc": ("three", ["aaaa"]), "dddd": ("four", ["bbbb", "cccc"]),
    }  # fmt: skip
    row = row_of(small_run(tmp_path / "run", rows), "dddd")
    first, second = row.parents
    assert first.parents[0].values and not second.parents[0].values
    assert first.parents[0].id == second.parents[0].id == "aaaa"
