"""One look from lock to state."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.core.errors import RunLocked
from mintmark.monitor import look as looking
from mintmark.monitor.alerts import held, recall
from mintmark.monitor.look import Outputs, look
from mintmark.monitor.series import Report, Version, examine

TEXTS = [f"row number {i} speaks of {['cats', 'dogs', 'birds'][i % 3]} and of {i * 7}" for i in range(160)]


def drifted() -> Report:
    return examine([Version("v1", TEXTS[:80]), Version("v2", [t + " which is quite new here" for t in TEXTS[80:]])])


def test_a_look_writes_everything_and_the_next_knows_what_it_said(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "page", tmp_path / "mintmark.prom")
    _, first = look(tmp_path / "state.json", drifted, outputs=outputs, at="Monday", seconds=1.0)
    assert first.exit_code == 1 and first.new
    assert sorted(p.name for p in (tmp_path / "page").iterdir()) == ["monitor.html", "monitor.json", "monitor.md"]
    assert "mintmark_exit_code 1" in (tmp_path / "mintmark.prom").read_text()
    assert Report.model_validate_json((tmp_path / "page" / "monitor.json").read_text()) == drifted()
    _, second = look(tmp_path / "state.json", drifted)
    assert not second.new
    assert [a.name for a in second.going_on] == [a.name for a in first.new]
    assert recall(tmp_path / "state.json").looks == 2


def test_while_a_look_goes_on_another_reads_and_writes_nothing(tmp_path: Path) -> None:
    def never() -> Report:
        raise AssertionError("was read")

    with held(tmp_path / "state.json"), pytest.raises(RunLocked):
        look(tmp_path / "state.json", never, outputs=Outputs(tmp_path / "page"))
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize("at", ["page.html", "page.write", "prometheus.exposition", "remember"])
def test_a_look_that_ends_early_leaves_the_last_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    look(tmp_path / "state.json", lambda: examine([]))
    before = (tmp_path / "state.json").read_bytes()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    holder, _, name = at.rpartition(".")
    monkeypatch.setattr(getattr(looking, holder) if holder else looking, name, killed)
    with pytest.raises(KeyboardInterrupt):
        look(tmp_path / "state.json", drifted, outputs=Outputs(tmp_path / "page", tmp_path / "m.prom"))
    assert (tmp_path / "state.json").read_bytes() == before
    monkeypatch.undo()
    _, again = look(tmp_path / "state.json", drifted)
    assert again.new
