"""A folder of runs that grows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mintmark.core.errors import RunError
from mintmark.monitor.version import find_runs


def run(place: Path, started: str = "", manifest: object = None) -> Path:
    place.mkdir(parents=True)
    (place / "recipe.yaml").write_text("rows: 1\n")
    found = {"format": 1, "content": {}, "process": {"started": started}} if manifest is None else manifest
    (place / "manifest.json").write_text(found if isinstance(found, str) else json.dumps(found))
    return place


def test_runs_come_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    late = run(tmp_path / "a", "2025-02-01T00:00:00Z")
    early = run(tmp_path / "b", "2025-01-01T00:00:00Z")
    assert find_runs(tmp_path).runs == (early, late)
    assert find_runs(late).runs == (late,)


def test_a_run_that_is_unfinished_or_broken_is_left_out_and_said(tmp_path: Path) -> None:
    done = run(tmp_path / "done")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "recipe.yaml").write_text("rows: 1\n")
    (tmp_path / "half" / "run.lock").touch()
    run(tmp_path / "torn", manifest='{"format": 1')
    (tmp_path / "notes").mkdir()
    (tmp_path / "readme.txt").touch()
    found = find_runs(tmp_path)
    assert found.runs == (done,)
    assert [(p.name, why.split(":")[0]) for p, why in found.left_out] == [
        ("half", "is unfinished"),
        ("torn", "cannot be read"),
    ]


def test_a_folder_that_is_empty_or_not_there(tmp_path: Path) -> None:
    assert find_runs(tmp_path).runs == ()
    with pytest.raises(RunError, match="is not a folder"):
        find_runs(tmp_path / "none")
