"""The search finds the one instruction that makes rows pass, says so only on rows it never saw, and is honest otherwise."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mintmark as mm
from mintmark.cli.main import app
from mintmark.core.call import Reply, Request
from mintmark.core.errors import RecipeError, RunError
from mintmark.tuning.tune import tune

RECIPE = """\
# title: Explanations
#
# How it came to be stands here.
rows: 100

source:
  files: {path: topics.jsonl}                # one topic a line

models: {writer: scripted/told}

steps:
  - generate.prompt:
      prompt: Explain {{ topic }}.           # the line to improve
      temperature: 0.7
      max_tokens: 60                         # stays
  - curate.length: {on: response, min_words: 8}
"""
KEY = "in full sentences"


class Told:
    """Writes at length only where it is told to; proposes the key to that once, among texts that do not help."""

    def __init__(self, proposal: str = f"Explain {{{{ topic }}}} {KEY}.") -> None:
        self.proposal, self.topics, self.shown = proposal, list[str](), list[str]()

    def __call__(self, request: Request) -> Any:
        text = str(request.body["messages"][-1]["content"])
        if "Write one better template" in text:
            self.shown.append(text)
            return Reply(
                text=json.dumps({"prompt": self.proposal if len(self.shown) == 2 else f"Tell me, {text[-20:-10]}"})
            )
        self.topics.append(text)
        return "A long answer that has quite enough words in it." if KEY in text else "Short."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("topics.jsonl").write_text("".join(f'{{"topic": "topic {i}"}}\n' for i in range(120)))
    Path("faq.yaml").write_text(RECIPE)
    return tmp_path


def search(told: Callable[[Request], Any], text: str = RECIPE, **more: Any) -> Any:
    options: dict[str, Any] = {"metric": "kept", "budget": 300, "log": Path("log.sqlite"), "variants": 4, **more}
    with mm.scripted("told", told):
        return tune(text, **options)


def test_the_instruction_that_makes_rows_pass_is_found_and_judged_on_other_rows(folder: Path) -> None:
    told = Told()
    found = search(told)
    assert found.better and found.best.fields["prompt"] == f"Explain {{{{ topic }}}} {KEY}."
    assert found.before.value == 0 and found.after.value == 1 and found.gain.value == 1 and found.gain.low > 0.6
    assert found.spent <= 300 and found.slices["judged_on"] == found.gain.n >= 10
    assert "curate.length" in told.shown[0] and "too_short" in told.shown[0] and "{{ topic }}" in told.shown[0]
    assert found.text == "".join(
        line.replace(f"Explain {{{{ topic }}}}.  {'':<9}", f'"Explain {{{{ topic }}}} {KEY}."           ')
        for line in RECIPE.splitlines(keepends=True)
    )
    assert mm.Recipe.from_yaml(found.text).steps[0].max_tokens == 60  # type: ignore[attr-defined]


def test_nothing_that_chose_a_variant_has_seen_the_rows_it_is_judged_on(folder: Path) -> None:
    lines = [f'{{"topic": "topic {i % 60}"}}\n' for i in range(240)]  # every row four times
    Path("topics.jsonl").write_text("".join(lines))
    told = Told()
    found = search(told)
    assert found.better
    asked = [t.removeprefix("Explain ").removeprefix("Tell me, ") for t in told.topics]
    topic = [int("".join(c for c in t.partition("topic ")[2] if c.isdigit()) or -1) for t in asked]
    # The end is judged last: everything asked before the first of its rows is search.
    judged = set(topic[-2 * found.gain.n :])
    assert len(judged) == found.gain.n, "rows of equal content are one row"
    assert not judged & set(topic[: -2 * found.gain.n])
    assert not any(f"topic {j}\n" in text for j in judged for text in told.shown)


def test_without_a_better_variant_nothing_but_the_evidence_is_written(folder: Path) -> None:
    found = search(Told("Explain {{ topic }} as you like."))
    assert not found.better and found.text is None
    assert "nothing was changed" in found.verdict
    assert found.as_dict()["better"] is False and "nothing was changed" in found.as_markdown("T")


def test_chance_alone_is_seldom_taken_for_a_gain(folder: Path) -> None:
    def luck(request: Request) -> Any:
        text = str(request.body["messages"][-1]["content"])
        if "Write one better template" in text:
            return json.dumps({"prompt": f"Explain {{{{ topic }}}} well, {request.seed}."})
        return (
            "A long answer that has quite enough words in it."
            if zlib.crc32(f"{text} {request.seed}".encode()) % 2
            else "Short."
        )

    better = [search(luck, seed=s, budget=120, log=Path(f"{s}.sqlite")).better for s in range(4)]
    assert sum(better) <= 1


def test_the_same_search_asks_nothing_again(folder: Path) -> None:
    first = search(Told())
    with_log = search(lambda request: pytest.fail("the log has it"))
    assert with_log.as_dict() == first.as_dict()


def test_examples_and_settings_are_tried_too(folder: Path) -> None:
    def copies(request: Request) -> Any:
        """Write at length where two long examples were shown, or where it is cold."""
        text = str(request.body["messages"][-1]["content"])
        if "Write one better template" in text:
            return "no JSON"
        long = text.count("quite enough") >= 2 or text.endswith(("7.", "3."))
        return "A long answer that has quite enough words in it." if long else "Short."

    found = search(copies, variants=8, budget=500)
    assert found.better and found.best.how == "examples"
    assert all(why == "no reply that can be read" for _, why in found.refused) and found.refused
    recipe = mm.Recipe.from_yaml(found.text)
    assert recipe.steps[0].few_shot == "examples" and "examples" in recipe.inputs  # type: ignore[attr-defined]
    assert "# How it came to be stands here." in found.text and "# stays" in found.text
    kinds = {v.how for g in found.generations for v in g.tried}
    assert {"original", "temperature", "examples"} <= kinds


def test_a_judges_score_and_a_gain_are_metrics(folder: Path) -> None:
    def judge(request: Request) -> str:
        return json.dumps({"reason": "so", "score": 5 if "quite enough" in str(request.body) else 2})

    loose = RECIPE.replace("min_words: 8", "min_words: 1")
    with mm.scripted("wise", judge):
        found = search(Told(), loose, metric="judge", judge="scripted/wise", budget=500)
    assert found.better and found.gain.value == pytest.approx(3)
    with pytest.raises(RecipeError, match="grounding_gain"):
        search(Told(), loose, metric="gain", log=Path("other.sqlite"))


def test_a_rubric_is_tuned_by_another_judge_for_whom_bad_rows_are_worth_less_than_none(folder: Path) -> None:
    def wise(request: Request) -> str:
        return json.dumps({"reason": "so", "score": 5 if "quite enough" in str(request.body) else 1})

    def filters(request: Request) -> Any:
        text = str(request.body["messages"][-1]["content"])
        if "Write one better template" in text:
            return json.dumps({"prompt": "Keep long answers only.\n\nIs it good?"})
        if "Is it good?" in text:
            strict = "Keep long answers only." in text
            return json.dumps({"reason": "so", "score": 5 if not strict or "quite enough" in text else 1})
        return "A long answer that has quite enough words in it." if zlib.crc32(text.encode()) % 2 else "Short."

    judged = (
        RECIPE.replace("min_words: 8}", "min_words: 1}") + "  - curate.judge: {rubric: 'Is it good?', model: writer}\n"
    )
    with mm.scripted("wise", wise):
        found = search(filters, judged, metric="judge", judge="scripted/wise", step="curate.judge", budget=900)
    assert found.better and "Keep long answers only." in found.best.fields["rubric"]


def test_what_cannot_be_tuned_is_refused_before_it_costs(folder: Path) -> None:
    judged = RECIPE + "  - curate.judge: {rubric: 'Is it good?', model: writer}\n"
    with pytest.raises(RecipeError, match="keeping everything"):
        search(Told(), judged, step="curate.judge")
    with pytest.raises(RecipeError, match=r"needs a model that judges"):
        search(Told(), metric="judge")
    with pytest.raises(RecipeError, match=r"no step `generate.evol`"):
        search(Told(), step="generate.evol")
    with pytest.raises(RecipeError, match="has a template to tune"):
        search(Told(), "source: {files: {path: topics.jsonl}}\nsteps: [curate.exact: {on: topic}]")
    assert not Path("log.sqlite").exists()
    with pytest.raises(RunError, match=r"is too small: a source row takes 1\.0 calls; give 5"):
        search(Told(), budget=20)
    Path("topics.jsonl").write_text("".join(f'{{"topic": "topic {i % 15}"}}\n' for i in range(120)))
    with pytest.raises(RecipeError, match="15 different rows"):
        search(Told())


def test_the_command_writes_the_recipe_beside_the_old_one_with_its_evidence(folder: Path) -> None:
    told = Told()
    with mm.scripted("told", told):
        done = CliRunner().invoke(app, ["tune", "faq.yaml", "--budget", "300", "--variants", "4"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Variant ") and "is better than the original: a gain of 1 [" in done.stdout
    better = Path("faq.tuned.yaml").read_text()
    assert better.startswith("# Tuned from faq.yaml by `mintmark tune`: a gain in `kept` of 1 [")
    assert KEY in better and "# title: Explanations" in better
    data = json.loads(Path("faq.tuning.json").read_text())
    assert data["better"] and data["gain"]["low"] > 0 and data["source_rows"]["judged_on"] == data["gain"]["n"]
    assert len(data["generations"]) == 2 and data["generations"][0]["tried"][0]["how"] == "original"
    page = Path("faq.tuning.md").read_text()
    assert page.startswith("# Tuning faq.yaml\n") and "## Search 1" in page and KEY in page and "2211.01910" in page
    assert Path("runs/tune/faq/calls.sqlite").exists() and Path("faq.yaml").read_text() == RECIPE
    again = CliRunner().invoke(app, ["tune", "faq.yaml", "--budget", "300"])
    assert again.exit_code == 1 and "--overwrite" in again.stderr
    with mm.scripted("told", told):
        same = CliRunner().invoke(
            app, ["tune", "faq.yaml", "--budget", "300", "--variants", "4", "--overwrite", "--json"]
        )
    assert json.loads(same.stdout) == data
