"""Nothing paid twice, nothing lost: however a run ends, the same command goes on and makes the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.harness import (
    TWO_CALLS,
    FaultServer,
    Process,
    check_laws,
    recipe_text,
    run,
    sealed,
    seen_again,
    source_file,
)  # fmt: skip

from mintmark.core.errors import RunLocked
from mintmark.core.store import RunFolder

IN_FLIGHT = 16
LATENCY_S = 0.005
GROUP_S = 0.010
SLACK_S = 0.050
"""A busy machine's delay between bytes on the wire and the turn of the process that reads them."""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as found:
        yield found


@dataclass(frozen=True)
class Case:
    """A recipe of two-call rows, and the hashes of what it makes where nothing disturbs it."""

    recipe: str
    rows: int
    undisturbed: dict[str, str]


def case(server: FaultServer, folder: Path, rows: int) -> Case:
    server.fresh()
    recipe = recipe_text(source_file(folder, rows), server.spec)
    assert run(recipe, folder / "run").status == "done"
    check_laws(folder / "run")
    return Case(recipe, rows, sealed(folder / "run"))


@pytest.fixture(scope="module")
def large(server: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case(server, tmp_path_factory.mktemp("large"), 2_000)


@pytest.fixture(scope="module")
def small(server: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case(server, tmp_path_factory.mktemp("small"), 500)


def check_paid_once(server: FaultServer, ended_at: list[float]) -> int:
    """Check that every call seen again was unanswered, or just answered, when a run ended; return their number."""
    again = seen_again(server)
    for entries in again:
        for asked, answered, _ in entries[:-1]:
            cut = next(t for t in ended_at if t >= asked - SLACK_S)
            assert answered is None or answered > cut - GROUP_S - SLACK_S, f"answered {cut - answered:.3f} s before"
    return len(again)


def test_kill_9_at_half(server: FaultServer, large: Case, tmp_path: Path) -> None:
    server.fresh().set(latency_s=LATENCY_S)
    first = Process(large.recipe, tmp_path / "run")
    server.wait_for(large.rows)
    killed_at = first.signal(signal.SIGKILL)
    assert first.end()[0] == -signal.SIGKILL
    assert not RunFolder(tmp_path / "run").finished

    code, ended, err = Process(large.recipe, tmp_path / "run").end()
    assert code == 0, err
    stats = server.stats()
    assert stats["distinct"] == 2 * large.rows, "nothing lost"
    again = check_paid_once(server, [killed_at])
    assert again == stats["again"] <= 2 * IN_FLIGHT, "nothing paid twice but what was in flight or in the last group"
    assert ended["fresh"] + large.rows // 2 < 2 * large.rows, "the log answered what it held"
    assert sealed(tmp_path / "run") == large.undisturbed
    check_laws(tmp_path / "run")


def test_kill_9_again_and_again(server: FaultServer, large: Case, tmp_path: Path) -> None:
    server.fresh().set(latency_s=LATENCY_S)
    draw, killed = random.Random(7), []
    for _ in range(5):
        before = server.stats()["requests"]
        one = Process(large.recipe, tmp_path / "run", stages=str(tmp_path / "stages"))
        server.wait_for(before + draw.randrange(1, 700))
        time.sleep(draw.random() * 0.05)
        killed.append(one.signal(signal.SIGKILL))
        one.end()
    code, _, err = Process(large.recipe, tmp_path / "run", stages=str(tmp_path / "stages")).end()
    assert code == 0, err
    assert check_paid_once(server, killed) <= 2 * IN_FLIGHT * len(killed)
    assert server.stats()["distinct"] == 2 * large.rows
    assert sealed(tmp_path / "run") == large.undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop(server: FaultServer, small: Case, tmp_path: Path, number: signal.Signals) -> None:
    server.fresh().set(latency_s=LATENCY_S)
    one = Process(small.recipe, tmp_path / "run")
    server.wait_for(small.rows // 2)
    one.signal(number)
    code, _, err = one.end()
    assert code == 130
    assert "give the same command again to go on" in err and "calls are written down" in err
    assert "Traceback" not in err
    assert server.stats()["requests"] < 2 * small.rows

    code, _, err = Process(small.recipe, tmp_path / "run").end()
    assert code == 0, err
    assert server.stats()["again"] == 0, "what was in flight had been finished and written"
    assert sealed(tmp_path / "run") == small.undisturbed


def test_stopped_while_every_call_hangs(server: FaultServer, small: Case, tmp_path: Path) -> None:
    server.fresh().set({"kind": "hang"})
    one = Process(small.recipe, tmp_path / "run")
    server.wait_for(IN_FLIGHT)
    one.signal(signal.SIGINT)
    time.sleep(0.3)
    assert one.process.poll() is None, "the first Ctrl-C waits for what is in flight"
    second = one.signal(signal.SIGINT)
    one.end(timeout_s=10)
    assert time.monotonic() - second < 5, "the second ends at once"
    server.fresh()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_full_disk(server: FaultServer, small: Case, small_disk: Path) -> None:
    server.fresh().set(latency_s=LATENCY_S)
    code, _, err = Process(small.recipe, small_disk / "run").end()
    assert code == 1
    assert "RunError" in err and "free space" in err and "give the same command again" in err
    assert "Traceback" not in err
    assert 0 < server.stats()["requests"] < 2 * small.rows

    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    code, _, err = Process(small.recipe, small_disk / "run").end()
    assert code == 0, err
    assert server.stats()["distinct"] == 2 * small.rows
    assert server.stats()["again"] <= 3 * IN_FLIGHT, "only what was in flight when the disk was full"
    assert sealed(small_disk / "run") == small.undisturbed


def test_full_disk_by_limit(server: FaultServer, small: Case, tmp_path: Path) -> None:
    import resource

    server.fresh().set(latency_s=LATENCY_S)
    one = Process(small.recipe, tmp_path / "run")
    resource.prlimit(one.process.pid, resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
    code, _, err = one.end()
    assert code == 1 and "RunError" in err and "give the same command again" in err, err
    assert "Traceback" not in err
    assert Process(small.recipe, tmp_path / "run").end()[0] == 0
    assert server.stats()["again"] <= 3 * IN_FLIGHT
    assert sealed(tmp_path / "run") == small.undisturbed


def test_two_processes_one_folder(server: FaultServer, small: Case, tmp_path: Path) -> None:
    server.fresh().set({"kind": "hang"})
    one = Process(small.recipe, tmp_path / "run")
    server.wait_for(10)
    with pytest.raises(RunLocked, match=f"process {one.process.pid}"):
        run(small.recipe, tmp_path / "run")
    code, _, err = Process(small.recipe, tmp_path / "run").end()
    assert code == 1 and "another process is working" in err
    one.signal(signal.SIGKILL)
    one.end()


def test_shared_log(server: FaultServer, small: Case, tmp_path: Path) -> None:
    """Two runs at once on one log: each makes the same bytes, and a third is free."""
    server.fresh().set(latency_s=LATENCY_S)
    log = str(tmp_path / "shared.sqlite")
    both = [Process(small.recipe, tmp_path / name, calls=log) for name in ("one", "two")]
    for one in both:
        code, _, err = one.end()
        assert code == 0, err
    seen = server.stats()["requests"]
    assert Process(small.recipe, tmp_path / "three", calls=log).end()[1]["fresh"] == 0
    assert server.stats()["requests"] == seen
    for name in ("one", "two", "three"):
        assert sealed(tmp_path / name) == small.undisturbed
        assert not (tmp_path / name / "calls.sqlite").exists()


def test_log_survives_its_folder(server: FaultServer, small: Case, tmp_path: Path) -> None:
    """Data deleted, log kept: the run is made again for nothing. Stages kept, log deleted: they are not believed."""
    server.fresh()
    rows = {"stages": tmp_path / "stages"}
    run(small.recipe, tmp_path / "run", **rows)
    for name in ("manifest.json", "lineage.parquet"):
        (tmp_path / "run" / name).unlink()
    shutil.rmtree(tmp_path / "run" / "data")
    assert run(small.recipe, tmp_path / "run", **rows).manifest["process"]["fresh"]["count"] == 0  # type: ignore[index]
    assert sealed(tmp_path / "run") == small.undisturbed
    assert server.stats()["again"] == 0
    shutil.rmtree(tmp_path / "run")
    assert run(small.recipe, tmp_path / "run", **rows).manifest["process"]["fresh"]["count"] == 2 * small.rows  # type: ignore[index]
    assert sealed(tmp_path / "run") == small.undisturbed


def test_kill_9_in_rounds(server: FaultServer, tmp_path: Path) -> None:
    """A table step and `rows`: rounds, surplus marked, the same bytes after a kill."""
    steps = TWO_CALLS + "\n  - curate.exact: {on: short}"
    recipe = recipe_text(source_file(tmp_path, 1_500), server.spec, steps, top="rows: 300")
    server.fresh().set(answers=500)
    run(recipe, tmp_path / "whole")
    check_laws(tmp_path / "whole")
    content = RunFolder(tmp_path / "whole").manifest()["content"]
    assert content["kept"] == 300 and len(content["rounds"]) > 1
    assert content["waterfall"][-1]["reasons"].keys() <= {"surplus"}
    server.set(latency_s=LATENCY_S)
    server.tell("forget")
    one = Process(recipe, tmp_path / "run")
    server.wait_for(350)
    killed_at = one.signal(signal.SIGKILL)
    one.end()
    code, _, err = Process(recipe, tmp_path / "run").end()
    assert code == 0, err
    assert check_paid_once(server, [killed_at]) <= 2 * IN_FLIGHT
    assert sealed(tmp_path / "run") == sealed(tmp_path / "whole")


if os.name != "posix":
    pytest.skip("signals of POSIX", allow_module_level=True)
