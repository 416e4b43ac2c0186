"""Executions as calls: run once, written down, replayed without running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, replay
from mintmark.calls.log import CallLog
from mintmark.core.errors import CapabilityError, ModelError, SandboxUnavailable
from mintmark.models import sandboxed
from mintmark.models.spec import ModelSpec, build

ROWS: list[dict[str, Any]] = [
    {"code": "def f(x): return 2 * x", "tests": ["assert f(1) == 2"]},
    {"code": "def f(x): return x", "tests": ["assert f(1) == 2"]},
    {"code": "def f(x): return open('/etc/passwd')", "tests": ["assert f(1) == 2"]},
    {"code": "import os; os._exit(0)", "tests": ["assert False"]},
    {"code": "Sure!\n```python\ndef f(x): return x + x\n```", "tests": "assert f(1) == 2"},
]


def recipe(**fields: Any) -> Recipe:
    steps = [{"curate.code_runs": {"limits": {"timeout_s": 30}}}]
    return Recipe.from_data(
        {"models": {"python": "sandbox/python"}, "source": {"rows": {"rows": ROWS}}, "steps": steps, **fields}
    )


def test_a_run_executes_and_a_replay_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = recipe().run(tmp_path / "run", progress=False, workspace=None)
    assert len(run) == 2
    assert sorted(row["reason"] for row in run.dropped().to_pylist()) == ["exited", "failed_tests", "failed_tests"]
    for row in run.lineage.to_pylist():
        (key,) = row["calls"]
        with CallLogOf(tmp_path / "run") as log:
            call = log.full(key if isinstance(key, str) else key["key"])
        assert call is not None and call["kind"] == "execute" and call["identity"]["id"] == "sandbox/python"
        assert call["request"]["body"]["limits"]["timeout_s"] == 30 and "python" in call["identity"]

    def blocked(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a replay ran something")

    monkeypatch.setattr(sandboxed, "execute", blocked)
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


class CallLogOf:
    def __init__(self, folder: Path) -> None:
        self.log = CallLog(folder / "calls.sqlite", read_only=True)

    def __enter__(self) -> CallLog:
        return self.log

    def __exit__(self, *args: object) -> None:
        self.log.close()


def test_the_same_program_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    real = sandboxed.execute

    def counting(code: str, *args: Any, **kwargs: Any) -> Any:
        ran.append(code)
        return real(code, *args, **kwargs)

    monkeypatch.setattr(sandboxed, "execute", counting)
    source = {"rows": {"rows": [{**ROWS[0], "n": n} for n in range(5)]}}
    run = recipe(source=source).run(tmp_path / "run", progress=False, workspace=None)
    assert len(run) == 5 and ran.count(str(ROWS[0]["code"])) == 1


def test_without_isolation_the_run_ends_and_no_row_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*args: Any, **kwargs: Any) -> None:
        raise SandboxUnavailable("this machine offers no isolation")

    monkeypatch.setattr(sandboxed, "execute", none)
    with pytest.raises(SandboxUnavailable):
        recipe().run(tmp_path / "run", progress=False, workspace=None)
    assert not (tmp_path / "run").exists(), "said before anything is begun"


def test_a_sandbox_only_executes() -> None:
    with pytest.raises(ModelError, match="sandbox/python"):
        build(ModelSpec(spec="sandbox/perl"))
    assert build(ModelSpec(spec="sandbox/python", max_in_flight=3)).max_in_flight == 3
    wrong = {"python": "embed/tfidf"}
    with pytest.raises(CapabilityError, match="the address `sandbox/python`"):
        recipe(models=wrong).run("runs/never", progress=False, workspace=None)
