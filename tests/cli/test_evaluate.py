"""`mintmark evaluate`, `gate`, `diff`, `monitor` and `check-metrics`, as a user gives them."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mintmark.cli.main import app

WORDS = "river bridge mill stone pond bench park owner parish hill stream town".split()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("made", "real")):
        rng = random.Random(seed)
        rows = [{"question": " ".join(rng.choices(WORDS, k=9)) + f" {name} {i}?", "answer": "Yes."} for i in range(80)]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return lambda *words: CliRunner().invoke(app, [str(w) for w in words])


def test_a_report_is_written_and_summed_up(cli: Callable[..., Any]) -> None:
    done = cli("evaluate", "made.jsonl", "-r", "real.jsonl", "-o", "out", "--aspect", "copying", "--aspect", "bias")
    assert done.exit_code == 0, done.output
    assert (
        "Not judged (" in done.stdout
        and "need 30 or more rows" in done.stdout
        and "report  out/report.html" in done.stdout
    )
    report = json.loads(Path("out/report.json").read_text())
    assert report["examined"]["command"] == "mintmark evaluate made.jsonl --reference real.jsonl"
    assert {f["aspect"] for f in report["findings"]} == {"copying", "bias"}
    assert all(f["command"].startswith("mintmark evaluate made.jsonl") for f in report["findings"])
    assert "<script src" not in Path("out/report.html").read_text()


def test_a_private_report_says_so_and_lies_under_private(cli: Callable[..., Any]) -> None:
    done = cli("evaluate", "made.jsonl", "-r", "real.jsonl", "--aspect", "copying", "--private")
    assert done.exit_code == 0, done.output
    report = json.loads(Path("private/report/report.json").read_text())
    assert "private" in report["examined"]["notes"][0] and report["examined"]["command"].endswith("--private")
    assert not Path("report").exists()


def test_an_unfinished_run_is_not_judged(cli: Callable[..., Any]) -> None:
    Path("run").mkdir()
    Path("run/recipe.yaml").write_text("source: {files: {path: made.jsonl}}\n")
    done = cli("evaluate", "run")
    assert done.exit_code == 1 and "is unfinished" in done.output


def test_a_finding_s_command_makes_it_again(cli: Callable[..., Any]) -> None:
    cli("evaluate", "made.jsonl", "-r", "real.jsonl", "-o", "one", "--aspect", "copying", "--seed", "3")
    first = json.loads(Path("one/report.json").read_text())["findings"]
    again = cli(*first[0]["command"].split()[1:], "-o", "two", "--json")
    found = json.loads(again.stdout)["findings"]
    assert [f["estimate"] for f in found] == [f["estimate"] for f in first]


def test_a_run_keeps_its_report_and_stays_whole(cli: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(made, "run")
    assert cli("evaluate", "run", "--aspect", "process").exit_code == 0
    assert Path("run/report/report.html").is_file()
    assert cli("verify", "run").exit_code == 0


def test_a_policy_decides_the_exit_code(cli: Callable[..., Any]) -> None:
    words = ("evaluate", "made.jsonl", "-r", "real.jsonl", "-o", "out", "--aspect", "copying")
    for rules, code in (("copying.verbatim_share: {max: 0.2}", 0), ("copying.verbatim_share: {min: 0.2}", 1),
                        ("utility.tstr_gap: {min: -0.1}", 2)):  # fmt: skip
        Path("gate.yaml").write_text(rules)
        done = cli(*words, "--policy", "gate.yaml", "--junit", "gate.xml")
        assert done.exit_code == code, done.output
        assert cli("gate", "check", "out").exit_code == code
        assert ET.parse("gate.xml").getroot().attrib["failures"] == str(int(code == 1))
    Path("gate.yaml").write_text("copying.verbatim_share: {maxx: 1}")
    done = cli(*words, "--policy", "gate.yaml")
    assert done.exit_code == 1 and "gate.yaml:1" in done.stderr and "did you mean `max`" in done.stderr


def test_a_first_policy_is_kept_by_its_own_report(cli: Callable[..., Any]) -> None:
    cli("evaluate", "made.jsonl", "-r", "real.jsonl", "-o", "out", "--aspect", "copying")
    assert cli("gate", "init", "out").exit_code == 0
    assert cli("gate", "check", "out").exit_code == 0
    again = cli("gate", "init", "out")
    assert again.exit_code == 1 and "--overwrite" in again.stderr
    assert "run `mintmark evaluate none`" in cli("gate", "check", "none").stderr


def test_diff_tells_what_changed(cli: Callable[..., Any]) -> None:
    lines = Path("made.jsonl").read_text().splitlines()
    Path("new.jsonl").write_text("\n".join([*lines[2:], '{"question": "Quite another?", "answer": "No."}']) + "\n")
    found = json.loads(cli("diff", "made.jsonl", "new.jsonl", "--json").stdout)
    assert (found["same"], found["added"], found["removed"]) == (78, 1, 2)
    assert "became 79" in cli("diff", "made.jsonl", "new.jsonl").stdout


def test_a_monitor_looks_remembers_and_alerts(cli: Callable[..., Any]) -> None:
    done = cli("monitor", "made.jsonl", "real.jsonl", "-o", "look", "--prometheus", "m.prom")
    assert (
        done.exit_code in (0, 1, 2)
        and Path("look/monitor.html").is_file()
        and "mintmark_" in Path("m.prom").read_text()
    )
    other = [{"question": f"Zebra quagga {i} gnu impala {i % 7} kudu?", "answer": "Yes."} for i in range(80)]
    Path("other.jsonl").write_text("".join(json.dumps(r) + "\n" for r in other))
    done = cli("monitor", "made.jsonl", "other.jsonl", "-o", "look")
    assert done.exit_code == 1 and "drift." in done.stdout
    assert "(since other.jsonl)" in cli("monitor", "made.jsonl", "other.jsonl", "-o", "look").stdout
    Path("empty").mkdir()
    assert "no finished run" in cli("monitor", "empty", "-o", "x").stderr


def test_metrics_without_data_are_no_pass(cli: Callable[..., Any], tmp_path: Path) -> None:
    done = cli("check-metrics", "--data", tmp_path)
    assert done.exit_code == 0 and "no data" in done.stdout and "WRONG" not in done.stdout
