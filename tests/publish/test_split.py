"""Exports by the values of a column: training phases with a replay of the earlier ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mintmark.core.errors import PublishError
from mintmark.publish.split import drawn, export_by


def run_of(folder: Path, phases: list[str | None]) -> Path:
    rows = [{"id": f"r{i}", "question": f"q{i}", "answer": "a", "phase": phase} for i, phase in enumerate(phases)]
    (folder / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "part-00000.parquet")
    (folder / "manifest.json").write_text('{"format": 1, "content": {}}')
    return folder


def questions(path: Path) -> list[str]:
    return [json.loads(line)["messages"][0]["content"] for line in path.read_text().splitlines()]


def test_each_phase_has_a_file_with_a_share_of_the_earlier_ones(tmp_path: Path) -> None:
    phases = ["2-long"] * 10 + ["1-short"] * 20 + ["3-skills"] * 10
    run = run_of(tmp_path / "run", phases)
    written = export_by(run, "messages", tmp_path / "train", "phase", replay=0.1)
    names = ["1-short.messages.jsonl", "2-long.messages.jsonl", "3-skills.messages.jsonl"]
    assert [path.name for path in written] == names
    assert list(written.values()) == [(20, 0), (10, 2), (10, 3)]
    by_file = [Counter(phases[int(q[1:])] for q in questions(tmp_path / "train" / name)) for name in names]
    assert by_file == [{"1-short": 20}, {"2-long": 10, "1-short": 2}, {"3-skills": 10, "2-long": 1, "1-short": 2}]
    third = questions(tmp_path / "train" / names[2])
    assert third == sorted(third, key=lambda q: int(q[1:])), "in the run's order"
    again = export_by(run, "messages", tmp_path / "again", "phase", replay=0.1)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_without_replay_the_files_part_the_rows(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", ["a/b", "c", "a/b"])
    written = export_by(run, "parquet", tmp_path / "o", "phase")
    assert {path.name: pq.read_table(path)["id"].to_pylist() for path in written} == {
        "a-b.parquet": ["r0", "r2"],
        "c.parquet": ["r1"],
    }


def test_what_is_refused_leaves_no_file(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", ["a", "b"])
    for wrong, match in (({"by": "phse"}, "did you mean `phase`"), ({"by": "phase", "replay": 2}, "from 0 to 1")):
        with pytest.raises(PublishError, match=match):
            export_by(run, "messages", tmp_path / "o", **wrong)  # type: ignore[arg-type]
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "b.messages.jsonl").write_text("mine")
    with pytest.raises(PublishError, match="is there already"):
        export_by(run, "messages", tmp_path / "o", "phase")
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["b.messages.jsonl"], "all are checked before one is written"
    export_by(run, "messages", tmp_path / "o", "phase", overwrite=True)
    assert questions(tmp_path / "o" / "b.messages.jsonl") == ["q1"]
    with pytest.raises(PublishError, match="row r1: the column `phase` is empty"):
        export_by(run_of(tmp_path / "gaps", ["a", None]), "messages", tmp_path / "p", "phase")
    with pytest.raises(PublishError, match="one file name"):
        export_by(run_of(tmp_path / "alike", ["a b", "a/b"]), "messages", tmp_path / "p", "phase")


@given(st.lists(st.uuids().map(str), unique=True, max_size=40), st.floats(0, 1), st.text(max_size=3))
def test_a_share_is_drawn_whatever_the_order(ids: list[str], share: float, salt: str) -> None:
    found = drawn(ids, share, salt)
    assert share * len(ids) - 1e-6 <= len(found) < share * len(ids) + 1 and set(found) <= set(ids)
    assert set(drawn(ids[::-1], share, salt)) == set(found)
    more: Any = drawn(ids, 1.0, salt)
    assert more == ids


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    from mintmark.cli.main import app

    run = run_of(tmp_path / "run", ["1", "2"])
    out = str(tmp_path / "train")
    done = CliRunner().invoke(app, ["export", str(run), "-f", "messages", "--by", "phase", "--replay", "1", "-o", out])
    assert done.exit_code == 0 and "1 rows and 1 replayed in" in done.output
    assert CliRunner().invoke(app, ["export", str(run), "-f", "messages", "--replay", "1"]).exit_code == 2
