"""The page and the Prometheus file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mintmark.core.finding import Exhibit, Finding
from mintmark.monitor import page, prometheus
from mintmark.monitor.alerts import Outcome, raise_alerts
from mintmark.monitor.series import Report, Version, examine

NASTY = 'v"2\\ <script>alert(1)</script>\n|x'


@pytest.fixture(scope="module")
def look() -> tuple[Report, Outcome]:
    texts = [f"row number {i} speaks of {['cats', 'dogs', 'birds'][i % 3]} and of {i * 7}" for i in range(120)]
    versions = [
        Version("v1", texts[:40]),
        Version("v2", texts[40:80]),
        Version(NASTY, [t + " <b>new" for t in texts[80:]]),
    ]
    report = examine(versions, left_out=["half: is unfinished"])
    return report, raise_alerts(report)


class Checked(HTMLParser):
    """Every tag that is opened is closed, in order; nothing is fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href") and v and not v.startswith("#")]
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_that_fetches_nothing_and_runs_nothing(look: tuple[Report, Outcome]) -> None:
    text = page.html(*look, title="<faq> & co")
    found = Checked(text)
    assert found.links == []
    assert "script" not in found.tags
    assert "<script" not in text
    assert found.tags.count("svg") >= 4
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert len(text) < 1_000_000
    assert "&lt;faq&gt; &amp; co" in text
    assert "half: is unfinished" in text


def test_the_page_says_what_came_of_the_look(look: tuple[Report, Outcome]) -> None:
    report, outcome = look
    text = page.markdown(report, outcome)
    assert outcome.exit_code == 1
    assert outcome.summary in text
    assert all(f"`{a.name}`" in text for a in outcome.new)
    assert "half: is unfinished" in text
    assert "<script" not in text
    assert page.markdown(report, outcome) == text


def test_a_look_at_nothing_has_a_page() -> None:
    report = examine([])
    outcome = raise_alerts(report)
    Checked(page.html(report, outcome))
    assert "there is no version" in page.markdown(report, outcome)
    assert outcome.exit_code == 2
    lines(prometheus.exposition(report, outcome))


def test_exhibits_are_escaped() -> None:
    f = Finding(aspect="drift", metric="x", claim="<i>claim", kind="risk", evidence=(Exhibit(text="<img src=x>"),))
    report = Report(versions=(), now=(f,))
    text = page.html(report, raise_alerts(report))
    assert "<img" not in text
    assert "<i>" not in text


SAMPLE = re.compile(r'^(mintmark_[a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)$')


def lines(text: str) -> dict[tuple[str, str], float]:
    """Read the exposition format: HELP and TYPE before the samples of a name, no sample twice."""
    found: dict[tuple[str, str], float] = {}
    told = ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            told = line.split()[2]
        elif line.startswith("# TYPE "):
            assert line.split()[2:] == [told, "gauge"]
        else:
            match = SAMPLE.match(line)
            assert match, line
            assert match[1] == told
            key = (match[1], match[2] or "")
            assert key not in found
            found[key] = float(match[3])
    return found


def test_the_text_file_is_what_prometheus_reads(look: tuple[Report, Outcome]) -> None:
    report, outcome = look
    text = prometheus.exposition(report, outcome, dataset=NASTY, seconds=1.7e9)
    found = lines(text)
    label = 'dataset="v\\"2\\\\ <script>alert(1)</script>\\n|x"'
    assert found[("mintmark_exit_code", label)] == 1
    assert found[("mintmark_alerts", label)] == len(outcome.new)
    assert found[("mintmark_last_look_timestamp_seconds", label)] == 1.7e9
    f = next(f for f in report.now if f.name == "drift.token_jsd")
    assert f.estimate is not None
    key = ("mintmark_estimate", f'{label},aspect="drift",metric="token_jsd",bound="high"')
    assert found[key] == pytest.approx(f.estimate.high)


def test_a_name_borne_twice_is_given_once() -> None:
    f = Finding.model_validate(
        {
            "aspect": "a",
            "metric": "b",
            "claim": "c",
            "estimate": {"value": 1, "low": 0, "high": 2, "n": 3, "method": "m"},
        }
    )
    lines(prometheus.exposition(Report(versions=(), now=(f, f)), Outcome()))


def test_files_are_written_whole(tmp_path: Path) -> None:
    page.write(tmp_path / "page.html", "é \ud800")
    prometheus.write(tmp_path / "m.prom", "x 1\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.prom", "page.html"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "é ?"
