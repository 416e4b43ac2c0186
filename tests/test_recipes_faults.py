"""Every built-in recipe against a server that fails: nothing is lost, nothing changes, nothing is paid for twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.real_recipes import beside
from tests.support.harness import FaultServer, Process, check_laws, run, sealed, seen_again
from tests.test_recipes_embedded import INPUTS, ROOT

from mintmark.core.recipe import Recipe
from mintmark.recipes import get, names

CONTENT = (
    {"kind": "bad_json", "p": 0.1},
    {"kind": "mismatch", "p": 0.1},
    {"kind": "status", "status": 400, "p": 0.05, "by": "body"},
)
"""What the model itself gets wrong: always the same of the same request."""
TRANSPORT = (
    {"kind": "status", "status": 500, "p": 0.1},
    {"kind": "status", "status": 429, "retry_after": 0.01, "p": 0.05},
    {"kind": "cut", "p": 0.05},
    {"kind": "reset", "p": 0.05},
)
"""What happens on the way, anew at each arrival."""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


@pytest.fixture(autouse=True)
def _workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").symlink_to(ROOT / "docs")
    for file, content in INPUTS.items():
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(content)


def asked_of(server: FaultServer, name: str) -> str:
    """Return a built-in recipe, small, with all its language models behind the server."""
    beside(name, Path())
    data: dict[str, Any] = Recipe.from_yaml(get(name).text).to_data()
    for alias, spec in data.get("models", {}).items():
        address = spec if isinstance(spec, str) else spec["spec"]
        if not address.startswith(("sandbox/", "embed/")):
            data["models"][alias] = {"spec": server.spec, "id": alias, "can_score": True, "max_in_flight": 4}
    for step in data["steps"]:
        if "generate.magpie" in step:  # a server hides its template
            step["generate.magpie"]["header"] = "<|im_start|>user\n"
    small = {"rows": 3, "max_failed": 1.0, "max_rounds": 2, "budget": {"calls": 40}}
    return Recipe.from_data({**data, **small}).to_yaml()


@pytest.mark.parametrize("name", names())
def test_faults_change_nothing_and_lose_nothing(name: str, server: FaultServer, tmp_path: Path) -> None:
    text = asked_of(server.fresh(), name)
    server.set(*CONTENT)
    run(text, tmp_path / "calm")
    check_laws(tmp_path / "calm")
    server.set(*CONTENT, *TRANSPORT)
    run(text, tmp_path / "storm")
    check_laws(tmp_path / "storm")
    assert sealed(tmp_path / "storm") == sealed(tmp_path / "calm")


@pytest.mark.parametrize("name", names())
def test_a_killed_run_goes_on(name: str, server: FaultServer, tmp_path: Path) -> None:
    text = asked_of(server.fresh(), name)
    server.set(*CONTENT)
    run(text, tmp_path / "whole")
    asked = server.stats()["requests"]
    if asked < 2:
        pytest.skip("the recipe asks no server")
    server.fresh().set(*CONTENT, latency_s=0.02)
    process = Process(text, tmp_path / "killed")
    server.wait_for(max(1, asked // 3))
    killed = process.signal(signal.SIGKILL)
    process.end()
    server.set(*CONTENT, latency_s=0.0)
    run(text, tmp_path / "killed")
    check_laws(tmp_path / "killed")
    assert sealed(tmp_path / "killed") == sealed(tmp_path / "whole")
    for first, *_ in seen_again(server):
        assert first[1] is None or first[1] > killed - 0.1, "an answer that was long there is not asked for again"
