"""Alerts: by policy and without, from look to look, safe under cron."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from mintmark.core.errors import RunError, RunLocked
from mintmark.core.finding import Finding
from mintmark.core.gate import Policy
from mintmark.measures.intervals import wilson
from mintmark.monitor.alerts import ALERT, QUIET, UNJUDGED, State, held, raise_alerts, recall, remember
from mintmark.monitor.series import Report, Summary


def finding(name: str, kind: str = "risk", hits: int | None = 30, needs: str = "") -> Finding:
    aspect, _, metric = name.partition(".")
    estimate = None if hits is None else wilson(hits, 100)
    return Finding.model_validate(
        {
            "aspect": aspect,
            "metric": metric,
            "claim": f"{name} is so.",
            "kind": kind,
            "estimate": estimate,
            "needs": needs,
        }
    )


def report(*findings: Finding, newest: str = "v2") -> Report:
    versions = tuple(Summary(name=n, rows=9, words=90, generation=None, digest="d") for n in ("v1", newest))
    return Report(versions=versions, now=findings)


def test_without_a_policy_every_risk_is_an_alert() -> None:
    out = raise_alerts(report(finding("drift.token_jsd"), finding("drift.c2st_auc", "fact")))
    assert out.exit_code == ALERT
    assert [a.name for a in out.new] == ["drift.token_jsd"]
    assert out.summary == "1 alert, 1 of them new."
    assert raise_alerts(report(finding("drift.token_jsd", "fact"))).exit_code == QUIET


def test_what_could_not_be_judged_is_not_quiet() -> None:
    out = raise_alerts(report(finding("drift.token_jsd", "question", None, "two versions")))
    assert out.exit_code == UNJUDGED
    assert out.unjudged == ("drift.token_jsd is so. It needs two versions.",)
    risk = finding("collapse.types_kept")
    assert raise_alerts(report(risk, finding("drift.a", "question", None, "x"))).exit_code == ALERT


def test_a_policy_decides_alone() -> None:
    found = report(finding("drift.token_jsd"), finding("fidelity.x", "fact", 50))
    policy = Policy.from_yaml("fidelity.x: {max: 0.55}\ndrift.token_jsd: {max: 0.9}")
    out = raise_alerts(found, policy)
    assert out.exit_code == ALERT
    assert [a.name for a in out.new] == ["fidelity.x"]
    assert raise_alerts(found, Policy.from_yaml("drift.token_jsd: {max: 0.9}")).exit_code == QUIET
    assert raise_alerts(found, Policy.from_yaml("drift.jsd: {max: 0.9}")).exit_code == UNJUDGED


def test_alerts_are_new_then_go_on_then_are_cleared() -> None:
    first = raise_alerts(report(finding("drift.token_jsd")), at="Monday")
    assert (first.state.looks, first.state.at) == (1, "Monday")
    second = raise_alerts(report(finding("drift.token_jsd"), newest="v3"), last=first.state)
    assert not second.new
    assert [(a.since, a.seen) for a in second.going_on] == [("v2", 2)]
    third = raise_alerts(report(finding("drift.token_jsd", "fact"), newest="v4"), last=second.state)
    assert third.exit_code == QUIET
    assert [a.name for a in third.cleared] == ["drift.token_jsd"]
    assert "1 cleared" in third.summary


def test_the_state_is_read_back_and_a_strange_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    with held(path) as state:
        assert state == State()
        remember(path, raise_alerts(report(finding("drift.x"))).state)
    assert [a.name for a in recall(path).alerts] == ["drift.x"]
    path.write_text('{"format": 7}')
    with pytest.raises(RunError, match="move it away"):
        recall(path)
    path.write_text("half a fi")
    with pytest.raises(RunError, match="is not a state"), held(path):
        pass


def test_a_second_look_at_once_says_so_and_the_first_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with held(path):
        with pytest.raises(RunLocked, match=f"process '?{os.getpid()}|process {os.getpid()}"), held(path):
            pass
        remember(path, State(looks=3))
    with held(path) as state:
        assert state.looks == 3


def _hold_and_stay(path: Path, ready: Path) -> None:
    with held(path):
        ready.touch()
        time.sleep(60)


def test_a_look_that_is_killed_leaves_the_last_state_and_no_lock(tmp_path: Path) -> None:
    path, ready = tmp_path / "state.json", tmp_path / "ready"
    remember(path, State(looks=5))
    before = path.read_bytes()
    process = multiprocessing.get_context("spawn").Process(target=_hold_and_stay, args=(path, ready))
    process.start()
    end = time.monotonic() + 60
    while not ready.exists() and time.monotonic() < end:
        time.sleep(0.01)
    with pytest.raises(RunLocked), held(path):
        pass
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert path.read_bytes() == before
    with held(path) as state:
        assert state.looks == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == [".state.json.lock", "ready", "state.json"]


def test_a_state_that_cannot_be_written_leaves_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    remember(path, State(looks=1))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space"):
        remember(path, State(looks=2))
    assert recall(path).looks == 1
