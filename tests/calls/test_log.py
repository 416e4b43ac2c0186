"""The call log: on disk before it is used, the first result wins, and a full disk is said."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.harness import ROOT

from mintmark.calls import log as module
from mintmark.calls.log import CallLog, Stored
from mintmark.core.call import Fault, Reply
from mintmark.core.errors import RunError


async def put(log: CallLog, key: str, answer: Reply | Fault) -> Stored:
    return await log.put(key, b'{"q":1}', "chat", "m", answer, dollars=0.5, seconds=0.1)


def test_what_is_put_is_there(tmp_path: Path) -> None:
    async def work() -> None:
        log = CallLog(tmp_path / "log")
        reply = Reply("text", [0.5], "stop", 3, 4, {"refusal": "no"})
        stored = await put(log, "a", reply)
        assert stored.reply == reply and stored.status == "done"
        await put(log, "b", Fault("http_400", "bad", terminal=True))
        await put(log, "c", Reply(job="job-1"))
        found = log.get("a"), log.get("b"), log.get("c")
        assert all(found) and log.get("d") is None
        log.close()
        again = CallLog(tmp_path / "log", read_only=True)
        assert (again.get("a"), again.get("b"), again.get("c")) == found
        assert again.get("a").reply == reply  # type: ignore[union-attr]
        assert again.get("b").fault == Fault("http_400", "bad", terminal=True)  # type: ignore[union-attr]
        assert again.pending() == {"job-1": [("c", "m")]} and again.count() == 3
        assert again.full("a")["request"] == {"q": 1}  # type: ignore[index]
        again.close()

    asyncio.run(work())


def test_the_first_result_wins(tmp_path: Path) -> None:
    """Two processes that share a log both go on with what it holds, whoever was first."""

    async def work() -> None:
        one, two = CallLog(tmp_path / "log"), CallLog(tmp_path / "log")
        first = await put(one, "a", Reply("first"))
        mixed = await asyncio.gather(put(two, "a", Reply("second")), put(two, "b", Reply("other")))
        assert [s.reply.text for s in (first, *mixed) if s.reply] == ["first", "first", "other"]
        one.close()
        two.close()

    asyncio.run(work())


def test_writes_travel_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []
    commit = CallLog._commit

    def counted(self: CallLog, records: list[tuple[object, ...]]) -> bool:
        groups.append(len(records))
        return commit(self, records)

    monkeypatch.setattr(CallLog, "_commit", counted)

    async def work() -> None:
        log = CallLog(tmp_path / "log")
        await asyncio.gather(*(put(log, f"{i}", Reply(f"{i}")) for i in range(1_200)))
        assert log.count() == 1_200
        log.close()

    asyncio.run(work())
    assert sum(groups) == 1_200 and len(groups) <= 5 and max(groups) == module.GROUP_MAX


def test_results_of_few_and_of_many(tmp_path: Path) -> None:
    async def work() -> None:
        log = CallLog(tmp_path / "log")
        keys = [f"{i:05d}" for i in range(module.FEW + 50)]
        await asyncio.gather(*(put(log, k, Reply(k, tokens_in=2)) for k in keys))
        many = list(log.results([*reversed(keys), *keys, "none"]))
        assert [r[0] for r in many] == keys and all(r[2] == 2 for r in many)
        assert list(log.results(["none", *keys[9:3:-1], keys[4]])) == many[4:10]
        assert list(log.results([])) == []
        log.close()
        again = CallLog(tmp_path / "log", read_only=True)
        assert list(again.results(keys)) == many
        again.close()

    asyncio.run(work())


def test_answers_to_what_was_pending(tmp_path: Path) -> None:
    async def work() -> None:
        log = CallLog(tmp_path / "log")
        for key in "abc":
            await put(log, key, Reply(job="job"))
        log.resolve({"a": Reply("yes"), "b": Fault("batch_expired", terminal=True), "zz": Reply("who?")}, {"a": 0.25})
        assert log.get("a").reply == Reply("yes") and log.get("a").dollars == 0.25  # type: ignore[union-attr]
        assert log.get("b").status == "failed" and log.get("zz") is None  # type: ignore[union-attr]
        assert log.pending() == {"job": [("c", "m")]}
        assert log.forget_failed() == 1 and log.get("b") is None and log.count() == 2
        log.close()

    asyncio.run(work())


def test_checkpoints_keep_the_wal_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_EVERY", 500)

    async def work() -> None:
        log = CallLog(tmp_path / "log")
        for start in range(0, 6_000, 300):
            await asyncio.gather(*(put(log, f"{i}", Reply("x" * 500)) for i in range(start, start + 300)))
            await asyncio.sleep(0.005)
        assert (tmp_path / "log-wal").stat().st_size < 6_000 * 1_000
        log.close()
        assert not (tmp_path / "log-wal").exists(), "one file is left"

    asyncio.run(work())
    db = sqlite3.connect(tmp_path / "log")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("SELECT count(*) FROM calls").fetchone() == (6_000,)
    db.close()


def test_not_a_log(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    with pytest.raises(RunError, match="cannot be opened as a call log"):
        CallLog(tmp_path / "text")
    with pytest.raises(RunError, match="cannot be opened"):
        CallLog(tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()
    db = sqlite3.connect(tmp_path / "newer")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(RunError, match="another version"):
        CallLog(tmp_path / "newer", read_only=True)


WRITER = """
import asyncio, sys
from mintmark.calls.log import CallLog
from mintmark.core.call import Reply
async def work():
    log = CallLog(sys.argv[1])
    async def chain(n):
        for i in range(10**6):
            await log.put(f"{n}-{i}", b"{}", "chat", "m", Reply("x" * 200), dollars=None, seconds=0)
            print(f"{n}-{i}", flush=True)   # used: from here on it must never be lost
    await asyncio.gather(*(chain(n) for n in range(8)))
asyncio.run(work())
"""


def test_nothing_that_was_used_is_lost_by_kill_9(tmp_path: Path) -> None:
    for n in range(3):
        one = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / f"log{n}")], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert one.stdout is not None
        used = [one.stdout.readline().strip() for _ in range(300 * (n + 1))]
        os.kill(one.pid, signal.SIGKILL)
        used += one.communicate()[0].split("\n")[:-1]
        log = CallLog(tmp_path / f"log{n}")
        assert all(log.get(key) is not None for key in used)
        log.close()
