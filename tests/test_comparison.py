"""Recipes side by side: the poorer one is seen to be poorer, the dearer one dearer, and the runs can be looked at."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mintmark as mm
from mintmark.cli.main import app
from mintmark.comparison import ORDER, rows_of
from mintmark.core.call import Request
from mintmark.core.store import RunFolder

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("", "n", "r")]
RECIPE = """
rows: 5
source: {files: {path: topics.jsonl}}
models: {writer: {spec: scripted/%s, price: {input: 100, output: 100}}}
steps:
  - generate.prompt: {prompt: "Write about {{ topic }}."}
  - curate.length: {on: response, min_words: %d}
"""


def rich(request: Request) -> str:
    rng = random.Random(request.seed)
    return " ".join(rng.choices(WORDS, k=rng.choice([4, 12, 12, 12])))


def poor(request: Request) -> str:
    rng = random.Random(request.seed)
    return "this is a good and useful thing about " + rng.choice(["tides", "ice"]) + " " * 3 + "x y z w " * 5


def judged(request: Request) -> str:
    return json.dumps({"reason": "so", "score": 2 if "good and useful" in str(request.body) else 4})


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    Path("topics.jsonl").write_text("".join(f'{{"topic": "the very same topic, number {i}"}}\n' for i in range(300)))
    Path("rich.yaml").write_text(RECIPE % ("rich", 8))
    Path("poor.yaml").write_text(RECIPE % ("poor", 8))

    def call(*words: str) -> Any:
        with mm.scripted("rich", rich), mm.scripted("poor", poor), mm.scripted("wise", judged):
            return CliRunner().invoke(app, ["recipes", "compare", *words])

    return call


def test_each_is_measured_and_can_be_looked_at(cli: Callable[..., Any]) -> None:
    done = cli("rich.yaml", "poor.yaml", "--rows", "40", "--judge", "scripted/wise", "--json")
    assert done.exit_code == 0, done.output
    one, other = json.loads(done.stdout)
    assert (one["name"], other["name"]) == ("rich", "poor") and one["kept"] == other["kept"] == 40
    assert list(one["measures"]) == list(ORDER)
    for name, sign in (("distinct_2", 1), ("vendi", 1), ("compression", -1), ("self_similarity", -1), ("judge", 1)):
        best, worst = (one, other) if sign > 0 else (other, one)
        assert best["measures"][name]["low"] > worst["measures"][name]["high"], name
    share = one["measures"]["kept_share"]
    assert share["low"] < 0.75 < share["high"] and other["measures"]["kept_share"]["value"] == 1
    assert one["measures"]["dollars"]["value"] > 0 and one["measures"]["calls"]["value"] > 1
    for side in (one, other):
        run = mm.Run(side["folder"])
        assert len(run) == 40 and (run.folder / "README.md").exists()
        spent = run.manifest["content"]["calls"]
        assert side["measures"]["dollars"]["value"] == pytest.approx(spent["dollars"] / 40)
    assert other["measures"]["words"]["value"] == 29, "the topic is given, not written"


def test_the_table_and_what_is_read_again(cli: Callable[..., Any], tmp_path: Path) -> None:
    first = cli("rich.yaml", "poor.yaml", "--rows", "12", "-o", "side by side")
    assert first.exit_code == 0, first.output
    lines = first.stdout.splitlines()
    assert lines[0].split() == ["rich", "poor"]
    assert any(line.startswith("rows kept ") and line.split()[-2:] == ["12", "12"] for line in lines)
    for label in ("share kept", "dollars a kept row", "Vendi score", "near-duplicate share"):
        assert any(line.startswith(f"{label} ") for line in lines), label
    with mm.scripted("rich", lambda request: pytest.fail("a finished run asks nothing")):
        again = CliRunner().invoke(
            app, ["recipes", "compare", "rich.yaml", "poor.yaml", "--rows", "12", "-o", "side by side"]
        )
    assert again.stdout == first.stdout
    assert cli("rich.yaml", "--rows", "13", "-o", "side by side").exit_code == 1
    assert cli("rich.yaml", "--rows", "13", "-o", "side by side", "--overwrite").exit_code == 0


def test_one_source_for_all_and_built_in_recipes(cli: Callable[..., Any], tmp_path: Path) -> None:
    Path("mine.jsonl").write_text("".join(f'{{"topic": "mine {i}"}}\n' for i in range(9)))
    done = cli("rich.yaml", "rich.yaml", "--rows", "20", "--source", "mine.jsonl", "--json")
    names = [side["name"] for side in json.loads(done.stdout)]
    assert names == ["rich", "rich-2"]
    for side in json.loads(done.stdout):
        assert "of 20 rows" in side["short"] and mm.Run(side["folder"]).manifest["content"]["taken"] == 9
    wrong = cli("grounded-qa", "rich.yaml", "--source", "nowhere/")
    assert wrong.exit_code == 1 and "nowhere" in wrong.stderr
    other = cli("grounded-qa", "rich.yaml", "--source", "mine.jsonl")
    assert other.exit_code == 1 and "grounded-qa" in other.stderr


def test_a_judge_of_the_writers_family_and_unread_votes_are_said(cli: Callable[..., Any]) -> None:
    with mm.scripted("rich-7", lambda request: "five stars"):
        done = cli("rich.yaml", "poor.yaml", "--rows", "5", "--judge", "scripted/rich-7")
    assert "rich: scripted/rich-7 is of the family that wrote the rows" in done.stdout
    assert "poor: the judge gave 5 of 5 rows no score" in done.stdout and "judge's score" not in done.stdout


def test_what_a_row_has_from_its_source_is_not_what_was_written(tmp_path: Path) -> None:
    text = """
source: {rows: {rows: [{text: "The sea is salt."}]}}
models: {writer: scripted/rich}
steps:
  - generate.prompt: {prompt: "{{ text }}", into: question}
  - generate.prompt: {prompt: "{{ question }}", into: answer}
"""
    with mm.scripted("rich", rich):
        run = mm.Recipe.from_yaml(text).run(tmp_path / "run", progress=False, workspace=None)
    (row,), (written,) = rows_of(RunFolder(run.folder.path))
    assert row["text"] == "The sea is salt."
    assert written == f"{row['question']}\n{row['answer']}"
    kept = "source: {rows: {rows: [{text: as it was}]}}\nsteps: [curate.exact: {on: text}]"
    filtered = mm.Recipe.from_yaml(kept).run(tmp_path / "kept", progress=False, workspace=None)
    assert rows_of(RunFolder(filtered.folder.path))[1] == ["as it was"]
