"""Code that passes its tests, in the real sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run


def run(folder: Path, row: dict[str, Any], **fields: Any) -> Run:
    recipe = {
        "source": {"rows": {"rows": [row]}},
        "models": {"python": "sandbox/python"},
        "steps": [{"curate.code_runs": fields}],
        "max_failed": 1.0,
    }
    return Recipe.from_data(recipe).run(folder, progress=False, workspace=None)


@pytest.mark.parametrize(
    ("row", "fields", "reason"),
    [
        (
            {"code": "def f(): return 1", "setup": "x = 1", "tests": ["assert f() == x"]},
            {"tests": ["setup", "tests"]},
            None,
        ),
        ({"code": "def f(): return 1", "setup": "", "tests": ["assert f() == 1"]}, {"tests": ["setup", "tests"]}, None),
        ({"code": "def f(): return 1", "tests": ["assert f() == 2"]}, {}, "failed_tests"),
        ({"code": "x = 1"}, {"tests": []}, None),
        ({"code": "x = y"}, {"tests": []}, "crashed"),
        ({"code": "while True: pass", "tests": ["assert True"]}, {"limits": {"cpu_s": 1}}, "timeout"),
        ({"code": "x = 1", "tests": ["", "  "]}, {}, "no_tests"),
        ({"code": "x = 1", "tests": [1]}, {}, "not_tests"),
        ({"answer": "```python\nx = 1\n```", "tests": "assert x == 1"}, {"on": "answer"}, None),
    ],
)
def test_each_row_has_its_reason(
    tmp_path: Path, row: dict[str, Any], fields: dict[str, Any], reason: str | None
) -> None:
    found = run(tmp_path / "run", row, **fields)
    assert [r["reason"] for r in found.dropped().to_pylist()] == ([reason] if reason else [])
    assert len(found) == (reason is None)


def test_a_dropped_row_shows_what_went_wrong(tmp_path: Path) -> None:
    tests = ["assert f() == 1", "assert f() == 2"]
    (gone,) = run(tmp_path / "run", {"code": "def f(): return 1", "tests": tests}).dropped().to_pylist()
    assert "assert f() == 2" in gone["detail"] and '"passed":1' in gone["detail"] and '"tests":2' in gone["detail"]
