"""Batch APIs: a call that is answered in hours is pending; the process may end and another one goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.harness import (
    TWO_CALLS,
    FaultServer,
    Process,
    check_laws,
    recipe_text,
    replay,
    run,
    sealed,
    source_file,
)  # fmt: skip

from mintmark.core.store import RunFolder

ROWS = 50


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


@pytest.fixture
def recipe(server: FaultServer, tmp_path: Path) -> str:
    return recipe_text(source_file(tmp_path, ROWS), server.spec, model="batch: true")


def test_answered_after_a_restart(server: FaultServer, recipe: str, tmp_path: Path) -> None:
    """Two dependent calls a row: two jobs, three processes, nothing sent twice."""
    ended = [Process(recipe, tmp_path / "run").end()]
    assert server.stats()["jobs"] == 1
    ended.append(Process(recipe, tmp_path / "run").end())
    assert server.stats()["jobs"] == 1, "asked after, not sent again"
    server.tell("finish_jobs")
    ended.append(Process(recipe, tmp_path / "run").end())
    assert server.stats()["jobs"] == 2
    assert [(code, out["status"], out["waiting"]) for code, out, _ in ended] == [(0, "waiting", ROWS)] * 3
    assert not RunFolder(tmp_path / "run").finished
    server.tell("finish_jobs")
    code, out, err = Process(recipe, tmp_path / "run").end()
    assert (code, out["status"]) == (0, "done"), err
    stats = server.stats()
    assert stats["distinct"] == 2 * ROWS and stats["again"] == 0 and stats["requests"] == 0
    check_laws(tmp_path / "run")

    made = RunFolder(tmp_path / "run").manifest()["content"]
    assert replay(tmp_path / "run", tmp_path / "again") == made
    direct = run(recipe.replace(", batch: true", ""), tmp_path / "direct")
    assert direct.manifest is not None
    assert {k: v for k, v in sealed(tmp_path / "direct").items() if k != "recipe.yaml"} == {
        k: v for k, v in sealed(tmp_path / "run").items() if k != "recipe.yaml"
    }, "the same request by another door gives the same rows"


def test_waits_where_told_to(server: FaultServer, recipe: str, tmp_path: Path) -> None:
    one = Process(recipe, tmp_path / "run", wait=True, poll_s=0.1)
    while server.stats()["jobs"] < 2 and one.process.poll() is None:
        server.tell("finish_jobs")
        time.sleep(0.02)
    server.tell("finish_jobs")
    code, out, err = one.end()
    assert (code, out["status"]) == (0, "done"), err
    assert server.stats()["jobs"] == 2 and server.stats()["again"] == 0


def test_a_refusal_within_a_job_fails_its_row_alone(server: FaultServer, recipe: str, tmp_path: Path) -> None:
    server.set({"kind": "status", "status": 400, "when": "topic 7."})
    for _ in range(2):
        assert run(recipe, tmp_path / "run").status == "waiting"
        server.tell("finish_jobs")
    assert run(recipe, tmp_path / "run").status == "done"
    failed = pq.read_table(tmp_path / "run" / "dropped").to_pylist()
    assert [(r["topic"], r["reason"]) for r in failed] == [("topic 7", "http_400")]
    check_laws(tmp_path / "run")


def test_pending_after_a_table_step(server: FaultServer, tmp_path: Path) -> None:
    """A step behind a table step may wait too."""
    first, second = TWO_CALLS.strip("\n").split("\n")
    steps = f"\n{first}\n  - curate.exact: {{on: response}}\n{second}\n"
    recipe = recipe_text(source_file(tmp_path, ROWS), server.spec, steps, model="batch: true")
    for _ in range(2):
        assert run(recipe, tmp_path / "run").status == "waiting"
        server.tell("finish_jobs")
    assert run(recipe, tmp_path / "run").status == "done"
    assert server.stats()["again"] == 0
    check_laws(tmp_path / "run")
