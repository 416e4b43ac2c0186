"""Verify: a changed byte is found wherever it is sealed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from mintmark.core.errors import RunError
from mintmark.publish.verify import verify

SEALED = [
    "data/part-00000.parquet", "dropped/part-00000.parquet", "used/part-00000.parquet",
    "lineage.parquet", "recipe.yaml",
]  # fmt: skip


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def test_an_untouched_run_has_no_problems(run: Path) -> None:
    found = verify(run)
    assert (found.problems, found.files, found.calls) == ([], 5, 8)


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("at", [0.0, 0.5, 0.999])
def test_a_flipped_byte_is_found_in_every_sealed_file(run: Path, name: str, at: float) -> None:
    data = bytearray((run / name).read_bytes())
    data[int(at * len(data))] ^= 1
    (run / name).write_bytes(data)
    assert verify(run).problems == [f"{name}: its bytes have changed"]


def test_missing_and_added_files_are_found(run: Path) -> None:
    (run / "used" / "part-00000.parquet").unlink()
    (run / "data" / "part-00001.parquet").write_bytes(b"more")
    assert verify(run).problems == [
        "data/part-00001.parquet: was not there when the run was sealed", "used/part-00000.parquet: is missing",
    ]  # fmt: skip


def test_a_changed_count_in_the_manifest_is_found(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["content"]["kept"] += 1
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert verify(run).problems == ["manifest.json: its content is not what its digest says"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE calls SET result = replace(result, 'They say', 'I say')", "not those that made the run"),
        ("DELETE FROM calls WHERE status = 'failed'", "not those that made the run"),
        ("UPDATE calls SET request = replace(request, 'Ask about', 'Tell of')", "recorded request is not the one"),
    ],
)
def test_changed_calls_are_found(run: Path, change: str, said: str) -> None:
    db = sqlite3.connect(run / "calls.sqlite")
    db.execute(change)
    db.commit()
    db.close()
    problems = verify(run).problems
    assert problems and all(said in p and p.startswith("calls.sqlite: ") for p in problems)


def test_a_broken_log_is_a_finding_not_a_crash(run: Path) -> None:
    (run / "calls.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    (problem,) = verify(run).problems
    assert problem.startswith("calls.sqlite: ")


def test_a_run_without_its_log_is_verified_without_calls(run: Path) -> None:
    (run / "calls.sqlite").unlink()
    found = verify(run)
    assert (found.problems, found.calls) == ([], None)


def test_only_a_finished_run_can_be_verified(run: Path, tmp_path: Path) -> None:
    (run / "manifest.json").unlink()
    with pytest.raises(RunError, match="is unfinished"):
        verify(run)
    with pytest.raises(RunError, match="is no run"):
        verify(tmp_path / "nowhere")
