"""Progress from a run's events: numbers, plain lines, JSON, the live picture, and texts that would steer a terminal."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from mintmark import terminal
from mintmark.core.progress import Event
from mintmark.terminal.numbers import Progress, line
from mintmark.terminal.words import cost, duration, printable

STEPS = [
    {"step": "source", "came": 0, "born": 20, "kept": 20, "dropped": 0, "failed": 0, "used": 0, "reasons": {}},
    {"step": "curate.length", "came": 20, "born": 0, "kept": 10, "dropped": 8, "failed": 2, "used": 0,
     "reasons": {"too_short": 8, "[red]odd[/red]\x1b[2J": 2}},
    {"step": "rows", "came": 10, "born": 0, "kept": 10, "dropped": 0, "failed": 0, "used": 0, "reasons": {}},
]  # fmt: skip


def progress(at: float, **data: Any) -> Event:
    numbers = {
        "rows": 0, "kept": 0, "dropped": 0, "failed": 0, "calls": 0, "fresh": 0, "tokens_in": 0, "tokens_out": 0,
        "dollars": 0.0, "unpriced": 0, "seconds": at, "by_step": STEPS,
    }  # fmt: skip
    return Event("progress", numbers | data, at=at)


START = Event("start", {"recipe": "faq", "steps": ["curate.length"], "rows": 50, "source": "files"}, at=0.0)
SECOND = progress(10.0, rows=20, kept=10, dropped=8, failed=2, calls=60, fresh=40, tokens_in=1200, tokens_out=300)
END = Event("end", {"status": "done", **SECOND.data}, at=12.0)


def test_rates_and_time_left_come_from_successive_events() -> None:
    p = Progress()
    for event in (START, progress(0.0), SECOND):
        p.take(event)
    assert (p.rate(1), p.rate(2), p.rate(3)) == (2.0, 4.0, 1.0)
    assert p.seconds_left == 40.0
    assert line(p) == (
        "10.0 s · 10 of 50 kept · 8 dropped · 2 failed · 20 rows read · 2.0 rows/s · 60 calls (20 from the log) · "
        "4.0 calls/s · 1,200 + 300 tokens · $0 · about 40.0 s left"
    )


def test_rates_forget_what_is_long_past() -> None:
    p = Progress()
    for at in range(0, 100, 5):
        p.take(progress(float(at), rows=at if at < 50 else 50))
    assert p.rate(1) == 0.0 and p.seconds_left is None


def test_rounds_count_where_rows_are_not_counted_yet() -> None:
    p = Progress()
    for event in (START, Event("round", {"round": 1, "source_rows": 30, "kept": 21}), progress(5.0, calls=9)):
        p.take(event)
    assert (p.rows, p.kept, p.seconds_left) == (30, 21, None)
    assert "rows/s" not in line(p)


def test_quotas_and_no_target() -> None:
    for rows, target in (({"by": "x", "each": 5, "values": ["a", "b"]}, 10), ({"by": "x", "each": 5}, 0), (None, 0)):
        p = Progress()
        p.take(Event("start", {"rows": rows, "source": "files"}))
        assert (p.target, p.name) == (target, "files")


def test_plain_lines_go_to_stderr_a_few_seconds_apart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("mintmark.terminal.time.monotonic", lambda: now[0])
    told = terminal.listener()
    for second in range(12):
        now[0] = float(second)
        told(progress(float(second)))
    told(Event("note", {"text": "stopping"}))
    told(END)
    out, err = capsys.readouterr()
    assert out == ""
    said = err.splitlines()
    assert len(said) == 4 and said[2] == "stopping" and said[3].startswith("run: done, ")


def test_json_events_are_lines_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    told = terminal.listener(json=True)
    for event in (START, SECOND, END):
        told(event)
    out, err = capsys.readouterr()
    assert [json.loads(one)["event"] for one in out.splitlines()] == ["start", "progress", "end"] and err == ""


def test_the_live_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None, legacy_windows=False)
    monkeypatch.setattr("rich.console.Console", lambda **_: console)
    told = terminal.listener()
    for event in (START, Event("note", {"text": "a note"}), progress(0.0), SECOND, END):
        told(event)
    told.close()  # type: ignore[attr-defined]  # a second close does nothing
    drawn = screen.getvalue()
    for part in ("faq", "10 of 50 kept", "curate.length", "too_short 8", "a note", "4.0 calls/s", "faq: done"):
        assert part in drawn
    assert "\x1b[2J" not in drawn and "[red]odd" in drawn


def test_the_waterfall_leaves_out_a_cut_that_took_nothing() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(terminal.waterfall({"waterfall": STEPS}))
    assert "curate.length" in out.getvalue() and "\nrows " not in out.getvalue()


def test_control_characters_are_made_visible() -> None:
    assert printable("plain é 漢 👩\u200d🔬\n\t") == "plain é 漢 👩\u200d🔬\n\t"
    assert printable("\x1b]0;x\x07\r\x9b\x7f\u202e") == "␛]0;x␇␍\ufffd␡\ufffd"
    assert printable("soft\u00adhyphen \U000e0041") == "soft\u00adhyphen \ufffd"


def test_words() -> None:
    assert [duration(s) for s in (0, 59.9, 60, 3599, 3600)] == [
        "0.0 s",
        "59.9 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 00 min",
    ]
    assert cost(0.5, 2) == "$0.5000 + 2 calls of unknown price"
