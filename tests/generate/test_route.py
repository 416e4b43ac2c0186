"""generate.route: rows of different kinds go different ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Fault, Request
from mintmark.core.errors import RecipeError
from mintmark.models.scripted import scripted

TOP = """
source:
  rows:
    rows:
      - {kind: ask, topic: tides}
      - {kind: ask, topic: rain}
      - {kind: judge, topic: x, response: It rained all day.}
      - {kind: judge, topic: x, response: Wet.}
      - {kind: pass, topic: x, response: Wet.}
models: {writer: scripted/route}
max_failed: 1.0
steps:
"""
ROUTE = """
  - generate.route:
      by: kind
      routes:
        ask:
          - generate.prompt: {prompt: "About {{ topic }}.", samples: 2}
          - curate.length: {on: response, min_words: 3}
        judge:
          - curate.length: {on: response, min_words: 3}
        pass: []
"""


def script(request: Request) -> Any:
    text = str(request.body["messages"][0]["content"])
    return f"Nothing much here, number {request.seed}." if "tides" in text else "Wet."


def made(text: str, folder: Path, answer: Any = script) -> Run:
    with scripted("route", answer):
        return Recipe.from_yaml(TOP + text).run(folder, progress=False, workspace=None)


def test_each_row_goes_its_own_way_and_all_meet_again(tmp_path: Path) -> None:
    run = made(ROUTE + "  - curate.exact: {on: response}\n", tmp_path / "run")
    assert sorted((r["kind"], r["topic"]) for r in run) == [("ask", "tides")] * 2 + [("judge", "x"), ("pass", "x")]
    gone = run.dropped().to_pylist()
    assert [(r["kind"], r["reason"]) for r in gone] == [("ask", "too_short")] * 2 + [("judge", "too_short")]
    assert "curate.length" in gone[2]["detail"]
    parents = {r["id"]: r["parents"] for r in run.lineage.to_pylist()}
    (asked,) = {parents[r["id"]][0] for r in run if r["kind"] == "ask"}
    assert parents[asked] == [], "a row that was asked about is the parent of what it bore"
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_a_way_decides_as_the_same_steps_would_alone(tmp_path: Path) -> None:
    alone = """
  - generate.prompt: {prompt: "About {{ topic }}.", samples: 2}
  - curate.length: {on: response, min_words: 3}
"""
    inside = made(ROUTE.replace("judge:", "j:").replace("pass:", "p:"), tmp_path / "in")
    outside = made(alone, tmp_path / "out")
    texts = [{r["topic"]: len(r["response"].split()) for r in run if r["kind"] == "ask"} for run in (inside, outside)]
    assert texts[0] == texts[1] == {"tides": 5}
    failed = [r for r in inside.dropped().to_pylist() if r["reason"] == "no_route"]
    assert len(failed) == 3 and all(r["kind"] in ("judge", "pass") for r in failed)


def test_a_model_that_is_gone_fails_the_rows_of_its_way_alone(tmp_path: Path) -> None:
    run = made(ROUTE, tmp_path / "run", lambda request: Fault("http_400", "no", terminal=True))
    assert [r["kind"] for r in run] == ["judge", "pass"]
    assert sorted(r["reason"] for r in run.dropped().to_pylist()) == ["http_400"] * 4 + ["too_short"]


def test_a_second_step_that_bears_rows_fails_the_row(tmp_path: Path) -> None:
    twice = ROUTE.replace(
        "curate.length: {on: response, min_words: 3}\n        judge", "generate.prompt: {prompt: x}\n        judge"
    )
    run = made(twice, tmp_path / "run")
    failed = [r for r in run.dropped().to_pylist() if r["reason"] == "error"]
    assert len(failed) == 2 and "a second step bears rows" in failed[0]["detail"]


def test_steps_that_need_other_rows_cannot_stand_on_a_way() -> None:
    with pytest.raises(RecipeError, match=r"curate\.exact needs to see other rows"):
        Recipe.from_yaml(TOP + ROUTE.replace("pass: []", "pass: [curate.exact: {on: response}]"))


def test_models_and_columns_of_all_ways_are_known_beforehand() -> None:
    recipe = Recipe.from_yaml(TOP + ROUTE + "  - curate.length: {on: response, min_words: 1}\n")
    assert "response" in recipe.check_columns()
    assert recipe.steps[0].requires() == {"writer": frozenset({"chat"})}
    versions = recipe.steps[0].versions()
    assert ("curate.length", 1) in versions and ("generate.prompt", 1) in versions
