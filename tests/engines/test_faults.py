"""Whatever a server does, no row is lost, none is failed for an outage, and timing decides nothing."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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

from mintmark.core.errors import ModelError, ModelUnavailable, ReplayMiss, TooManyFailed
from mintmark.core.store import RunFolder

ROWS = 200
SHAPED = """
  - generate.prompt: {prompt: "Ask about {{ topic }}.", schema: {question: str, kind: [fact, reason]}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return source_file(tmp_path, ROWS)


@pytest.fixture(scope="module")
def undisturbed(server: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Hashes of data and fates where nothing went wrong, less the lineage, which names the source's path."""
    folder = tmp_path_factory.mktemp("undisturbed")
    server.fresh()
    run(recipe_text(source_file(folder, ROWS), server.spec), folder / "run")
    return rows_of(folder / "run")


def rows_of(folder: Path) -> dict[str, str]:
    return {k: v for k, v in sealed(folder).items() if k.split("/")[0] in ("data", "dropped", "used")}


def content(folder: Path) -> dict[str, Any]:
    return dict(RunFolder(folder).manifest()["content"])


def fails(folder: Path) -> list[dict[str, Any]]:
    """Return the rows that failed."""
    parts = sorted((folder / "dropped").glob("*.parquet"))
    return [r for p in parts for r in pq.read_table(p).to_pylist() if r["fate"] == "failed"]


def in_log(folder: Path, status: str) -> list[dict[str, Any]]:
    db = sqlite3.connect(folder / "calls.sqlite")
    found = db.execute("SELECT result FROM calls WHERE status = ?", (status,)).fetchall()
    db.close()
    return [json.loads(r[0]) for r in found]


HEALS = {
    "500": {"kind": "status", "status": 500, "p": 0.02},
    "429": {"kind": "status", "status": 429, "p": 0.05, "retry_after": 0.2},
    "cut": {"kind": "cut", "p": 0.05},
    "reset": {"kind": "reset", "p": 0.05},
    "garbage": {"kind": "garbage", "p": 0.05},
    "half of all": {"kind": "status", "status": 503, "p": 0.5, "times": 200},
    "429 for long": {"kind": "status", "status": 429, "p": 0.8, "times": 600, "retry_after": 0.02},
}


@pytest.mark.parametrize("fault", HEALS)
def test_faults_that_pass(
    server: FaultServer, source: Path, undisturbed: dict[str, str], tmp_path: Path, fault: str
) -> None:
    server.fresh().set(HEALS[fault], latency_s=0.002)
    assert run(recipe_text(source, server.spec), tmp_path / "run").status == "done"
    assert not fails(tmp_path / "run") and not in_log(tmp_path / "run", "failed")
    assert rows_of(tmp_path / "run") == undisturbed
    stats = server.stats()
    assert stats["distinct"] == 2 * ROWS and stats["again"] > 0
    check_laws(tmp_path / "run")


def test_server_goes_away(server: FaultServer, source: Path, undisturbed: dict[str, str], tmp_path: Path) -> None:
    server.fresh().set(latency_s=0.02)
    one = Process(recipe_text(source, server.spec), tmp_path / "run")
    server.wait_for(ROWS)
    server.tell("away", seconds=4)
    code, _, err = one.end()
    assert code == 0, err
    assert not fails(tmp_path / "run") and not in_log(tmp_path / "run", "failed")
    assert rows_of(tmp_path / "run") == undisturbed
    assert server.stats()["again"] <= 3 * 16, "only calls whose connection was dropped are sent again"


def test_slow_start(source: Path, tmp_path: Path) -> None:
    with FaultServer("--slow-start-s", "1.5") as late:
        run(recipe_text(source, late.spec), tmp_path / "run")
        assert late.stats()["requests"] == late.stats()["distinct"] == 2 * ROWS
    assert content(tmp_path / "run")["kept"] == ROWS


def test_away_for_good(source: Path, tmp_path: Path) -> None:
    with FaultServer() as gone:
        recipe = recipe_text(source, gone.spec, model="outage_timeout_s: 1.0")
    with pytest.raises(ModelUnavailable, match="start the server, then give the same command again"):
        run(recipe, tmp_path / "run")
    assert not RunFolder(tmp_path / "run").finished and not in_log(tmp_path / "run", "failed")


def test_hanging_calls_time_out(server: FaultServer, tmp_path: Path) -> None:
    server.fresh().set({"kind": "hang", "p": 0.3, "times": 5})
    run(recipe_text(source_file(tmp_path, 40), server.spec, model="timeout_s: 0.5"), tmp_path / "run")
    assert content(tmp_path / "run")["kept"] == 40
    assert server.stats()["again"] == 5


def test_refused_for_good_is_failed_recorded_and_replayed(server: FaultServer, source: Path, tmp_path: Path) -> None:
    filtered = {"kind": "content_filter", "when": "topic 23."}
    server.fresh().set({"kind": "status", "status": 400, "when": "topic 17."}, filtered)
    recipe = recipe_text(source, server.spec)
    run(recipe, tmp_path / "run")
    found = {r["topic"]: r["reason"] for r in fails(tmp_path / "run")}
    assert found == {"topic 17": "http_400", "topic 23": "content_filter"}
    assert sorted(r["reason"] for r in in_log(tmp_path / "run", "failed")) == ["content_filter", "http_400"]
    assert server.stats()["again"] == 0, "a refusal is asked once"
    check_laws(tmp_path / "run")
    assert replay(tmp_path / "run", tmp_path / "again") == content(tmp_path / "run")

    server.set()
    seen = server.stats()["requests"]
    run(recipe, tmp_path / "run", overwrite=True)
    assert server.stats()["requests"] == seen and len(fails(tmp_path / "run")) == 2, "refusals are kept"
    run(recipe, tmp_path / "run", overwrite=True, retry_failed=True)
    assert server.stats()["requests"] == seen + 4 and not fails(tmp_path / "run"), "asked again where told to"


def test_too_many_failed_then_mended(
    server: FaultServer, source: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    server.fresh().set({"kind": "status", "status": 400, "p": 0.3, "by": "body"})
    recipe = recipe_text(source, server.spec)
    with pytest.raises(TooManyFailed, match=r"http_400.*--retry-failed"):
        run(recipe, tmp_path / "run")
    assert not RunFolder(tmp_path / "run").finished
    server.set()
    with pytest.raises(TooManyFailed):
        run(recipe, tmp_path / "run")
    run(recipe, tmp_path / "run", retry_failed=True)
    assert rows_of(tmp_path / "run") == undisturbed


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_that_is_refused_stops_the_run(
    server: FaultServer, source: Path, tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk-" + "Zq7" * 300
    monkeypatch.setenv("MINTMARK_TEST_KEY", secret)
    rule = {"kind": "status", "status": status, "echo": True}
    server.fresh().set(rule, {"kind": "status", "status": 400, "echo": True, "when": "topic 3."})
    recipe = recipe_text(source, server.spec, model="api_key_env: MINTMARK_TEST_KEY")
    with pytest.raises(ModelError, match="the server refuses every call") as caught:
        run(recipe, tmp_path / "run", stages=tmp_path / "stages")
    assert "Zq7" not in str(caught.value)
    if status == 401:
        assert "MINTMARK_TEST_KEY" in str(caught.value)
    assert not RunFolder(tmp_path / "run").finished
    assert all(r["reason"] == "http_400" for r in in_log(tmp_path / "run", "failed"))
    server.set({"kind": "status", "status": 400, "echo": True, "when": "topic 3."})
    run(recipe, tmp_path / "run", stages=tmp_path / "stages")
    assert [r["topic"] for r in fails(tmp_path / "run")] == ["topic 3"]
    for file in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert b"Zq7" not in file.read_bytes(), file


@pytest.mark.parametrize(("kind", "reason"), [("bad_json", "invalid_json"), ("mismatch", "schema_mismatch")])
def test_replies_of_the_wrong_shape(server: FaultServer, source: Path, tmp_path: Path, kind: str, reason: str) -> None:
    """A quarter never fits and is failed after three replies, all kept; others are mended by being told."""
    server.fresh().set({"kind": kind, "when": "topic 1."}, {"kind": kind, "p": 0.2, "when": "topic"})
    run(recipe_text(source, server.spec, SHAPED, top="max_failed: 0.5"), tmp_path / "run")
    failed = fails(tmp_path / "run")
    assert "topic 1" in [r["topic"] for r in failed] and {r["reason"] for r in failed} == {reason}
    assert all(json.loads(r["detail"])["tries"] == 3 for r in failed)
    kept = pq.read_table(tmp_path / "run" / "data").to_pylist()
    assert len(kept) + len(failed) == ROWS and len(kept) > 0.95 * ROWS
    assert all(r["question"] and r["kind"] in ("fact", "reason") for r in kept)
    lineage = {r["id"]: r for r in pq.read_table(tmp_path / "run" / "lineage.parquet").to_pylist()}
    parents = [lineage[lineage[r["id"]]["parents"][0]] for r in failed]
    assert all(len(p["calls"]) == 3 for p in parents), "every reply is kept"
    assert server.stats()["requests"] == len(in_log(tmp_path / "run", "done")) > ROWS
    assert replay(tmp_path / "run", tmp_path / "again") == content(tmp_path / "run")
    check_laws(tmp_path / "run")


def test_replay_needs_no_network(
    server: FaultServer, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.fresh().set({"kind": "status", "status": 400, "p": 0.02, "by": "body"})
    run(recipe_text(source, server.spec, TWO_CALLS + "\n  - curate.exact: {on: short}"), tmp_path / "run")

    def refuse(*args: object, **more: object) -> None:
        raise AssertionError("a replay opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert replay(tmp_path / "run", tmp_path / "again") == content(tmp_path / "run")
    assert sealed(tmp_path / "run") == sealed(tmp_path / "again")
    db = sqlite3.connect(tmp_path / "run" / "calls.sqlite", isolation_level=None)
    db.execute("DELETE FROM calls WHERE rowid = 5")
    db.close()
    with pytest.raises(ReplayMiss, match="the log holds no chat call"):
        replay(tmp_path / "run", tmp_path / "miss")


def test_arrival_order_decides_nothing(server: FaultServer, source: Path, tmp_path: Path) -> None:
    """Log-normal latencies: the same bytes each time, and a slow row holds up no other."""
    recipe = recipe_text(source, server.spec, TWO_CALLS.replace('{{ topic }}."', '{{ topic }}.", samples: 3'))
    found = []
    for name, sigma in (("a", 1.0), ("b", 1.5)):
        server.fresh().set(latency_s=0.005, sigma=sigma)
        run(recipe, tmp_path / name)
        check_laws(tmp_path / name)
        found.append(sealed(tmp_path / name))
    assert found[0] == found[1]


def test_slow_calls_are_no_barrier(server: FaultServer, tmp_path: Path) -> None:
    server.fresh().set(latency_s=0.02, sigma=1.0)
    run(recipe_text(source_file(tmp_path, 20), server.spec), tmp_path / "warm")
    mean, calls = 0.02 * 2.718**0.5, 1_200
    source = source_file(tmp_path, calls // 2)
    began = time.monotonic()
    run(recipe_text(source, server.spec), tmp_path / "run")
    ideal = calls * mean / 16
    assert time.monotonic() - began < 1.6 * ideal + 1.0


@pytest.mark.parametrize("budget", ["calls: 101", "tokens: 9000"])
def test_budget_is_a_prefix(server: FaultServer, source: Path, tmp_path: Path, budget: str) -> None:
    found = []
    for name, sigma in (("a", 0.8), ("b", 1.2), ("cached", 0.0)):
        server.fresh().set(latency_s=0.004 if sigma else 0.0, sigma=sigma)
        log = tmp_path / ("a" if name == "cached" else name) / "log.sqlite"
        log.parent.mkdir(exist_ok=True)
        recipe = recipe_text(source, server.spec, top=f"budget: {{{budget}}}")
        ended = run(recipe, tmp_path / name / "run", calls=log)
        assert ended.status == "short" and content(tmp_path / name / "run")["stop"] == "budget"
        found.append(sealed(tmp_path / name / "run"))
    assert found[0] == found[1] == found[2]
    made = content(tmp_path / "a" / "run")
    assert 0 < made["taken"] < ROWS
    spent, most = made["calls"], int(budget.split()[1])
    assert (spent["count"] if "calls" in budget else spent["tokens_in"] + spent["tokens_out"]) <= most
    again = replay(tmp_path / "a" / "run", tmp_path / "again", calls=tmp_path / "a" / "log.sqlite")
    assert again == made, "replay obeys the stop ordinal"


def test_rows_is_a_prefix(server: FaultServer, source: Path, tmp_path: Path) -> None:
    steps = TWO_CALLS + "\n  - curate.expression: {keep: 'len(short) % 3 != 0'}"
    found = []
    for name, sigma in (("a", 0.8), ("b", 1.2)):
        server.fresh().set(latency_s=0.004, sigma=sigma)
        run(recipe_text(source, server.spec, steps, top="rows: 40"), tmp_path / name)
        check_laws(tmp_path / name)
        found.append(sealed(tmp_path / name))
    made = content(tmp_path / "a")
    assert found[0] == found[1] and made["kept"] == 40 and made["stop"] == "rows"
    assert replay(tmp_path / "a", tmp_path / "again") == made


def test_quota_and_stages_do_not_mix(server: FaultServer, tmp_path: Path) -> None:
    """A quota drops rows after the fact: a later run with a larger one finds them kept again."""
    (tmp_path / "topics.jsonl").write_text(
        "".join(f'{{"topic": "topic {i}", "leaf": "{i % 3}"}}\n' for i in range(600))
    )
    steps = '\n  - generate.prompt: {prompt: "Write about {{ topic }}.", inherit: [leaf]}'
    server.fresh()
    for each in (2, 90, 200):
        top = f"rows: {{by: leaf, each: {each}}}"
        recipe = recipe_text(tmp_path / "topics.jsonl", server.spec, steps, top=top)
        run(recipe, tmp_path / f"{each}", stages=tmp_path / "stages")
        check_laws(tmp_path / f"{each}")
        made = content(tmp_path / f"{each}")
        assert made["kept"] == 3 * each
        alone = run(recipe, tmp_path / f"{each}-alone", calls=tmp_path / f"{each}" / "calls.sqlite")
        assert alone.manifest is not None and alone.manifest["content"] == made


def test_stages_know_where_rows_stand(server: FaultServer, tmp_path: Path) -> None:
    """The rows of a renamed file are the same rows, and their lineage names the new file."""
    server.fresh()
    source = source_file(tmp_path, 300)
    run(recipe_text(source, server.spec), tmp_path / "one", calls=tmp_path / "log", stages=tmp_path / "stages")
    moved = source.rename(tmp_path / "moved.jsonl")
    recipe = recipe_text(moved, server.spec)
    run(recipe, tmp_path / "two", calls=tmp_path / "log", stages=tmp_path / "stages")
    run(recipe, tmp_path / "three", calls=tmp_path / "log")
    assert sealed(tmp_path / "two") == sealed(tmp_path / "three")
    assert server.stats()["again"] == 0
    spans = pq.read_table(tmp_path / "two" / "lineage.parquet")["source"].to_pylist()
    assert {s["path"].rsplit("/")[-1] for s in spans} == {"moved.jsonl"}


def test_passes(server: FaultServer, tmp_path: Path) -> None:
    server.fresh()
    recipe = recipe_text(source_file(tmp_path, 30), server.spec, top="passes: 3\nrows: 80")
    run(recipe, tmp_path / "run")
    check_laws(tmp_path / "run")
    made = content(tmp_path / "run")
    assert made["kept"] == 80 and server.stats()["again"] == 0, "another pass is other calls"
    assert replay(tmp_path / "run", tmp_path / "again") == made
    short = run(recipe_text(tmp_path / "topics.jsonl", server.spec, top="passes: 2\nrows: 80"), tmp_path / "short")
    assert short.status == "short" and content(tmp_path / "short")["short"] == "60 of 80 rows"


def test_budget_in_rounds_does_not_depend_on_time(server: FaultServer, tmp_path: Path) -> None:
    """What was read beyond the cut is a matter of timing; the manifest must not say so."""
    first, second = TWO_CALLS.strip("\n").split("\n")
    steps = f"\n{first}\n  - curate.exact: {{on: response}}\n{second}\n"
    recipe = recipe_text(source_file(tmp_path, 300), server.spec, steps, top="rows: 150\nbudget: {calls: 230}")
    found = set()
    for n in range(3):
        server.fresh().set(latency_s=0.004, sigma=1.0)
        ended = run(recipe, tmp_path / f"run{n}")
        assert ended.status == "short"
        found.add(RunFolder(tmp_path / f"run{n}").manifest()["content_digest"])
    assert len(found) == 1
    again = replay(tmp_path / "run0", tmp_path / "again")
    assert again["files"] == RunFolder(tmp_path / "run0").manifest()["content"]["files"]
