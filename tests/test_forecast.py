"""A forecast: what it says comes true, its calls are the run's own, and what it cannot know it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mintmark as mm
from mintmark.cli.main import app
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import RunError, RunExists, SourceError
from mintmark.forecast import Forecast, forecast

STEPS = """
  - generate.prompt: {prompt: "Ask about {{ n }}.", schema: {question: str}, inherit: [n, group]}
  - curate.judge: {rubric: 'Good?', model: writer, min_score: 4}"""


def script(request: Request) -> Any:
    """Keep three rows of four; only rows that were written are judged, in one call more."""
    text = str(request.body["messages"][-1]["content"])
    if "Good?" in text:
        number = int(text.rpartition("about ")[2].split("?")[0])
        return Reply(
            text=json.dumps({"reason": "so", "score": 1 if number % 4 == 0 else 5}), tokens_in=30, tokens_out=5
        )
    number = int(text.removeprefix("Ask about ").removesuffix("."))
    if number % 10 == 9:
        return Fault("http_400", "no", terminal=True)
    return Reply(text=json.dumps({"question": f"What about {number}?"}), tokens_in=10, tokens_out=4)


PRICE = "{input: 1000, output: 2000}"


def recipe_of(folder: Path, rows: int = 200, *, top: str = "", steps: str = STEPS, price: str = PRICE) -> mm.Recipe:
    source = folder / "numbers.jsonl"
    source.write_text("".join(f'{{"n": {i}, "group": "{"ab"[i % 5 == 0]}"}}\n' for i in range(rows)))
    return mm.Recipe.from_yaml(f"""
source: {{files: {{path: {source}}}}}
models: {{writer: {{spec: scripted/told, price: {price}}}}}
max_failed: 1.0
{top}
steps:{steps}""")


def told(recipe: mm.Recipe, folder: Path, **more: Any) -> Forecast:
    with mm.scripted("told", script):
        return forecast(recipe, folder, **more)


def run(recipe: mm.Recipe, folder: Path, **more: Any) -> mm.Run:
    with mm.scripted("told", script):
        return recipe.run(folder, progress=False, workspace=None, **more)


@pytest.mark.parametrize("top", ["rows: 60", "rows: 60\nshuffle: true", ""])
def test_what_it_says_comes_true_and_its_calls_are_the_runs_own(tmp_path: Path, top: str) -> None:
    recipe = recipe_of(tmp_path, top=top)
    found = told(recipe, tmp_path / "run", rows=25)
    assert found.sampled == 25 and found.there == 200 and found.fresh.calls == found.spent.calls
    made = run(recipe, tmp_path / "run")
    content, process = made.manifest["content"], made.manifest["process"]
    used = content["calls"]
    for name, value in (("calls", used["count"]), ("tokens_in", used["tokens_in"]), ("dollars", used["dollars"]),
                        ("rows_read", content["taken"]), ("rows_kept", content["kept"])):  # fmt: skip
        expected = getattr(found, name)
        assert expected.low <= value <= expected.high, (name, expected, value)
        assert abs(expected.value - value) < 0.5 * value, name
    # A run in a stream may ask some calls of rows beyond its cut, so the log is what tells.
    assert process["fresh"]["count"] >= used["count"] - found.spent.calls
    again = told(recipe_of(tmp_path, top=top), tmp_path / "other", rows=25, calls=tmp_path / "run" / "calls.sqlite")
    assert again.fresh.calls == 0 and again.spent == found.spent and again.calls == found.calls


def test_rows_with_equal_content_keep_their_ids_in_the_sample(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    (tmp_path / "numbers.jsonl").write_text('{"n": 1, "group": "a"}\n' * 30)
    found = told(recipe, tmp_path / "run", rows=5)
    made = run(recipe, tmp_path / "run")
    assert made.manifest["process"]["fresh"]["count"] == 60 - found.spent.calls


def test_a_sample_of_everything_leaves_nothing_open(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, rows=20)
    found = told(recipe, tmp_path / "run", rows=50)
    assert found.sampled == 20
    for name in ("calls", "tokens_out", "dollars", "rows_read", "rows_kept"):
        value = getattr(found, name)
        assert value.low == pytest.approx(value.value) == value.high, name
    made = run(recipe, tmp_path / "run").manifest
    assert made["process"]["fresh"]["count"] == 0
    assert made["content"]["calls"]["count"] == found.calls.value
    assert made["content"]["kept"] == found.rows_kept.value


def test_a_source_that_is_too_short_is_seen(tmp_path: Path) -> None:
    found = told(recipe_of(tmp_path, rows=30, top="rows: 500"), tmp_path / "run")
    assert found.rows_read.value == 30 and found.rows_kept.value is not None and found.rows_kept.value < 31
    assert any("ends too soon" in note and "passes" in note for note in found.notes)
    more = told(recipe_of(tmp_path, rows=30, top="rows: 500\npasses: 40"), tmp_path / "run")
    assert more.there == 1200 and not any("ends too soon" in note for note in more.notes)


def test_nothing_kept_means_no_end_but_that_of_the_source(tmp_path: Path) -> None:
    never = STEPS + "\n  - curate.length: {on: question, min_words: 100}"
    found = told(recipe_of(tmp_path, rows=100, top="rows: 10", steps=never), tmp_path / "run")
    assert found.kept_share.value == 0 and found.calls.value is not None
    assert found.rows_read.high == 100 and found.rows_kept.value == 0


def test_a_quota_is_filled_by_its_scarcest_value(tmp_path: Path) -> None:
    quota = told(recipe_of(tmp_path, top="rows: {by: group, each: 10, values: [a, b]}"), tmp_path / "run", rows=60)
    plain = told(recipe_of(tmp_path, top="rows: 20"), tmp_path / "other", rows=60)
    assert quota.wanted == plain.wanted == 20
    assert quota.rows_read.value > 2 * plain.rows_read.value


def test_a_budget_that_is_too_small_is_said(tmp_path: Path) -> None:
    found = told(recipe_of(tmp_path, top="budget: {calls: 90}", price="null"), tmp_path / "run")
    assert found.unpriced == 0 and found.dollars.high == 0, "a scripted model costs nothing"
    assert any("the budget of 90 calls will end the run first" in note for note in found.notes)
    with pytest.raises(RunError, match="budget does not allow one"):
        told(recipe_of(tmp_path, top="budget: {calls: 1}"), tmp_path / "tiny", rows=3)


def test_a_finished_folder_and_an_empty_source_are_refused(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, top="rows: 5")
    run(recipe, tmp_path / "run")
    before = (tmp_path / "run" / "calls.sqlite").read_bytes()
    with pytest.raises(RunExists, match="--overwrite"):
        told(recipe, tmp_path / "run")
    assert (tmp_path / "run" / "calls.sqlite").read_bytes() == before
    assert told(recipe, tmp_path / "run", overwrite=True).spent.calls
    (tmp_path / "numbers.jsonl").write_text("")
    with pytest.raises(SourceError, match="no rows"):
        told(recipe, tmp_path / "empty")
    assert not (tmp_path / "empty").exists()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    recipe_of(tmp_path, top="rows: 40").to_yaml("faq.yaml")

    def call(*words: str) -> Any:
        with mm.scripted("told", script):
            return CliRunner().invoke(app, ["run", "faq.yaml", *words])

    return call


def test_the_command_says_it_in_a_table(cli: Callable[..., Any], tmp_path: Path) -> None:
    done = cli("--estimate", "-o", "my runs")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "from 12 source rows, drawn from the first 40"
    for name in ("share kept", "source rows read", "rows kept", "calls", "tokens in", "dollars", "time"):
        assert any(line.startswith(f"{name} ") and (" to " in line or "exactly" in line) for line in lines), name
    assert any(line.startswith("the sample cost ") for line in lines)
    assert "its calls are in my runs/calls.sqlite" in done.stdout
    assert lines[-1].strip() == "mintmark run faq.yaml -o 'my runs'"
    again = cli("--estimate", "3", "-o", "my runs", "--rows", "9").stdout.splitlines()
    assert again[-1].strip() == "mintmark run faq.yaml -o 'my runs' --rows 9"
    assert not (tmp_path / "my runs" / "manifest.json").exists()
    assert cli("-o", "my runs").exit_code == 0


def test_the_size_of_the_sample_and_json(cli: Callable[..., Any]) -> None:
    data = json.loads(cli("--estimate", "7", "--json", "--rows", "50").stdout)
    assert (
        data["sampled"] == 7
        and data["wanted"] == 50
        and data["calls"]["low"] <= data["calls"]["value"] < data["calls"]["high"]
    )
    assert data["spent"]["calls"] == data["fresh"]["calls"] > 7
    assert cli("--estimate", "0").exit_code == 2 and cli("--estimate", "--preview", "2").exit_code == 2
    assert cli("--estimate", "--quiet").exit_code == 2


def test_calls_without_a_price_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mintmark.models import client

    monkeypatch.setattr(client, "price_of", lambda spec: lambda tokens_in, tokens_out: None)
    monkeypatch.chdir(tmp_path)
    recipe_of(tmp_path, top="rows: 40", price="null").to_yaml("faq.yaml")
    with mm.scripted("told", script):
        done = CliRunner().invoke(app, ["run", "faq.yaml", "--estimate"])
    assert "dollars" in done.stdout and "unknown" in done.stdout and "price unknown" in done.stdout
    assert "give `price: {input: ..., output: ...}` to `scripted/told`" in done.stdout
