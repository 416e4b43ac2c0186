"""`mintmark run`, `show`, `replay` and `verify`: what they print, write and exit with."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.made import script, write_recipe
from typer.testing import CliRunner

import mintmark as mm
from mintmark.cli.main import app
from mintmark.core.call import Fault, Reply, Request
from mintmark.models.scripted import ScriptedModel


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Give a command line in an empty folder, with the scripted model at hand."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str | Path, model: Callable[[Request], Any] = script) -> Any:
        with mm.scripted("made", model):
            return CliRunner().invoke(app, [str(w) for w in words])

    return call


def test_a_run_prints_its_waterfall_and_the_next_commands(cli: Callable[..., Any], tmp_path: Path) -> None:
    done = cli("run", write_recipe(tmp_path), "-o", "my runs/otters")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("otters: done, 4 rows kept of 12 candidates\n")
    assert "curate.length     6                    2             4  too_short 2\n" in done.stdout
    assert "8 calls · " in done.stdout and "tokens · $0" in done.stdout
    id = mm.Run("my runs/otters").rows["id"][0].as_py()
    assert f"mintmark trace 'my runs/otters' {id}" in done.stdout
    assert "mintmark export 'my runs/otters' --format messages" in done.stdout
    assert not any(line != line.rstrip() for line in done.stdout.splitlines())


def test_the_default_folder_is_named_after_the_recipe_and_a_finished_run_stays(
    cli: Callable[..., Any], tmp_path: Path
) -> None:
    recipe = write_recipe(tmp_path)
    assert cli("run", recipe, "--quiet").output == ""
    before = (tmp_path / "runs" / "recipe" / "manifest.json").stat().st_mtime_ns
    again = cli("run", recipe)
    assert again.exit_code == 0 and again.stdout.startswith("otters: already done, 4 rows kept")
    assert (tmp_path / "runs" / "recipe" / "manifest.json").stat().st_mtime_ns == before


def test_another_recipe_does_not_replace_a_run_unless_asked(cli: Callable[..., Any], tmp_path: Path) -> None:
    cli("run", write_recipe(tmp_path), "-q")
    other = write_recipe(tmp_path, **{"min_words: 3": "min_words: 1"})
    refused = cli("run", other)
    assert refused.exit_code == 1 and "--overwrite" in refused.stderr
    done = cli("run", other, "--overwrite")
    assert done.exit_code == 0 and "8 calls (8 from the log)" in done.stdout


def test_rows_and_a_shared_call_log(cli: Callable[..., Any], tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    assert cli("run", recipe, "--rows", "2", "--calls", "shared.sqlite", "-q").exit_code == 0
    assert len(mm.Run("runs/recipe")) == 2
    assert (tmp_path / "shared.sqlite").exists() and not (tmp_path / "runs/recipe/calls.sqlite").exists()
    for command in ("verify", "replay"):
        assert cli(command, "runs/recipe").exit_code == 0


def test_a_short_run_says_so_each_time(cli: Callable[..., Any], tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    for _ in range(2):
        short = cli("run", recipe, "--rows", "1000")
        assert short.exit_code == 3
        assert short.stdout.startswith("otters: short: source exhausted, 4 of 1,000 rows\n")
    events = cli("run", recipe, "--rows", "1000", "--json")
    assert events.exit_code == 3 and json.loads(events.stdout.splitlines()[-1])["status"] == "short"


def test_a_budget_that_ends_the_run(cli: Callable[..., Any], tmp_path: Path) -> None:
    done = cli("run", write_recipe(tmp_path, **{"max_failed: 1.0": "max_failed: 1.0\nbudget: {calls: 4}"}))
    assert done.exit_code == 3 and "short: budget spent" in done.stdout


def test_rows_that_wait_for_a_batch_job(
    cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: dict[str, Reply] = {}

    async def collect(self: ScriptedModel, job: str, keys: Sequence[str]) -> dict[str, Reply] | None:
        return dict.fromkeys(keys, answers["all"]) if answers else None

    monkeypatch.setattr(ScriptedModel, "collect", collect)
    recipe = write_recipe(tmp_path)
    for words in ((), ("--json",)):
        waiting = cli("run", recipe, *words, model=lambda r: Reply(job="job-1"))
        assert waiting.exit_code == 4, waiting.output
        assert "give the same command again, or add --wait" in waiting.stdout or '"status":"waiting"' in waiting.stdout
    answers["all"] = Reply(text='{"question": "Why?", "answer": "It is so."}')
    assert cli("run", recipe).exit_code == 0


def test_a_server_that_stays_away(cli: Callable[..., Any], tmp_path: Path) -> None:
    spec = "writer: {spec: 'http://127.0.0.1:9/v1#m', outage_timeout_s: 0.1}"
    away = cli("run", write_recipe(tmp_path, **{"writer: scripted/made": spec}))
    assert away.exit_code == 6 and "nothing is lost" in away.stderr


def test_too_many_failed_rows(cli: Callable[..., Any], tmp_path: Path) -> None:
    failed = cli("run", write_recipe(tmp_path, **{"max_failed: 1.0": "max_failed: 0.1"}))
    assert failed.exit_code == 5 and "--retry-failed" in failed.stderr and "Traceback" not in failed.output
    mended = cli("run", "recipe.yaml", "--retry-failed", model=lambda r: '{"question": "Why?", "answer": "It is so."}')
    assert mended.exit_code == 0, mended.output


def test_json_prints_events_and_the_result_alone(cli: Callable[..., Any], tmp_path: Path) -> None:
    done = cli("run", write_recipe(tmp_path), "--json")
    events = [json.loads(one) for one in done.stdout.splitlines()]
    assert events[0]["event"] == "start" and events[-2]["event"] == "end"
    result = events[-1]
    assert (result["event"], result["status"], result["kept"], result["dropped"]) == ("result", "done", 4, 2)


def test_preview_shows_rows_and_losses_and_writes_nothing(
    cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    recipe = write_recipe(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    shown = cli("run", recipe, "--preview", "4")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("\nkept ") + shown.stdout.startswith("kept ") == 4
    assert "at curate.length: too_short" in shown.stdout and '{"words":1}' in shown.stdout
    assert "at generate.prompt: http_400" in shown.stdout
    assert "nothing was written" in shown.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_preview_ends_where_a_filter_drops_everything(cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("".join(f'{{"topic": "t{i}"}}\n' for i in range(2000)))
    (tmp_path / "r.yaml").write_text(
        "rows: 100\nsource: {files: {path: t.jsonl}}\nmodels: {writer: scripted/made}\n"
        "steps: [{generate.prompt: {prompt: 'On {{ topic }}'}}, {curate.length: {min_words: 100}}]\n"
    )
    shown = cli("run", "r.yaml", "--preview", "2", model=lambda r: "short")
    assert shown.exit_code == 0 and "0 of 2 rows: the budget of a preview was spent" in shown.stdout


def test_preview_takes_no_other_option(cli: Callable[..., Any], tmp_path: Path) -> None:
    refused = cli("run", write_recipe(tmp_path), "--preview", "1", "-o", "x")
    assert refused.exit_code == 2 and "--preview" in refused.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("min_words: 3", "min_wrds: 3", "recipe.yaml:11: step 2 (curate.length): unknown field `min_wrds`"),
        ("curate.length", "curate.lenght", "did you mean `curate.length`?"),
        ("path: ", "path: no/such/", "no/such/"),
    ],
)
def test_a_wrong_recipe_is_one_line_with_its_place(
    cli: Callable[..., Any], tmp_path: Path, old: str, new: str, said: str
) -> None:
    wrong = cli("run", write_recipe(tmp_path, **{old: new}))
    assert wrong.exit_code == 1 and wrong.stdout == ""
    assert wrong.stderr.startswith("error: ") and wrong.stderr.count("\n") == 1 and said in wrong.stderr


def test_missing_files_and_folders(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert "`mintmark recipes new grounded-qa`" in cli("run", "grounded-qa").stderr
    assert "No such file" in cli("run", "nothing.yaml").stderr
    for command in (["show"], ["verify"], ["replay"], ["trace", "x"], ["export", "-f", "csv"]):
        refused = cli(command[0], "nowhere", *command[1:])
        assert refused.exit_code == 1 and "nowhere: is no run" in refused.stderr, command


def test_show_prints_rows_or_what_a_step_dropped(cli: Callable[..., Any], made: Path) -> None:
    shown = cli("show", made, "--rows", "1")
    assert shown.exit_code == 0 and shown.stdout.count("question") == 1 and "http_400 2" in shown.stdout
    lost = cli("show", made, "--dropped", "curate.length").stdout
    assert lost.count("dropped ") >= 2 and '{"words":1}' in lost
    assert "did you mean `curate.length`?" in cli("show", made, "--dropped", "curate.lenght").stderr


def test_verify_passes_and_finds_a_change(cli: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    assert cli("verify", made).stdout.endswith("5 files, 8 calls: all as they were sealed\n")
    run = Path(shutil.copytree(made, tmp_path / "run"))
    (run / "recipe.yaml").write_text("rows: 1\n")
    broken = cli("verify", run)
    assert broken.exit_code == 1 and broken.stderr == "error: recipe.yaml: its bytes have changed\n"
    told = cli("verify", run, "--json")
    assert told.exit_code == 1 and json.loads(told.stdout)["problems"] == ["recipe.yaml: its bytes have changed"]


def test_replay_is_identical_and_leaves_nothing(
    cli: Callable[..., Any], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    done = cli("replay", made)
    assert (done.exit_code, done.stdout) == (0, f"{made}: identical\n")
    assert list(temporary.iterdir()) == []
    assert cli("replay", made, "-o", "copy").exit_code == 0
    assert (tmp_path / "copy" / "data" / "part-00000.parquet").read_bytes() == (
        made / "data" / "part-00000.parquet"
    ).read_bytes()
    assert "not empty" in cli("replay", made, "-o", "copy").stderr


def test_replay_names_the_files_that_differ(cli: Callable[..., Any], made: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["content"]["files"]["lineage.parquet"] = "0" * 64
    (run / "manifest.json").write_text(json.dumps(manifest))
    differs = cli("replay", run)
    assert differs.exit_code == 1 and differs.stderr == "error: lineage.parquet: differs\n"


def test_ctrl_c_says_how_to_go_on(cli: Callable[..., Any], tmp_path: Path) -> None:
    pressed = []

    def interrupt(request: Request) -> Any:
        if not pressed:
            pressed.append(os.kill(os.getpid(), signal.SIGINT))
        return Fault("http_500", "later")

    stopped = cli("run", write_recipe(tmp_path), model=interrupt)
    assert stopped.exit_code == 130 and "give the same command again to go on" in stopped.stderr
    assert cli("run", "recipe.yaml").exit_code == 0


JUDGED = """
source: {rows: {rows: [{n: 1}, {n: 2}]}}
models: {writer: scripted/made, judge: %s}
steps:
  - generate.prompt: {prompt: "Ask about {{ n }}.", schema: {question: str, answer: str}}
  - curate.judge: {rubric: "Is it good?", model: judge}
"""


@pytest.mark.parametrize(("judge", "warned"), [("scripted/made-2", True), ("scripted/other", False)])
def test_a_judge_of_the_writers_family_is_warned_of_and_never_an_error(
    cli: Callable[..., Any], tmp_path: Path, judge: str, warned: bool
) -> None:
    (tmp_path / "judged.yaml").write_text(JUDGED % judge)
    said = f"warning: curate.judge judges with {judge}, of the family that wrote the rows"

    def verdict(request: Request) -> str:
        return '{"reason": "so", "score": 5}'

    with mm.scripted(judge.removeprefix("scripted/"), verdict):
        done = cli("run", "judged.yaml")
        assert done.exit_code == 0 and (said in done.stderr) == warned, done.output
        assert (said in cli("run", "judged.yaml", "--preview", "1").stderr) == warned
        assert cli("run", "judged.yaml", "-o", "quiet", "-q").output == ""
    assert [w.startswith(said[9:]) for w in mm.Run("runs/judged").manifest["process"]["warnings"]] == [True] * warned
    events = [json.loads(line) for line in (tmp_path / "quiet" / "events.jsonl").read_text().splitlines()]
    assert any(e["event"] == "warning" for e in events) == warned
    assert cli("replay", "runs/judged").exit_code == 0


def test_a_likelihood_is_measured_and_not_judged(tmp_path: Path) -> None:
    from mintmark.engines.plan import plan

    grounded = """
source: {rows: {rows: [{text: x}]}}
models: {writer: scripted/made}
steps: [generate.grounded_qa: {model: writer}, curate.grounding: {model: writer}]
"""
    assert plan(mm.Recipe.from_yaml(grounded)).warnings == []
