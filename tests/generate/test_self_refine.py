"""Self-Refine: rounds go on until the critique says stop, and every version is kept with what was said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Fault, Reply, Request
from mintmark.models.scripted import scripted


def made(folder: Path, script: Callable[[Request], Any], **fields: Any) -> Run:
    recipe = Recipe.from_data({
        "source": {"rows": {"rows": [{"instruction": "Name a river."}]}}, "max_failed": 1.0,
        "models": {"writer": "scripted/w", "reader": "scripted/r"}, "steps": [{"generate.self_refine": fields}],
    })  # fmt: skip
    with scripted("w", script), scripted("r", script):
        return recipe.run(folder, progress=False, workspace=None)


def refined(stops_at: int, revise: Callable[[int], Any] = lambda n: f"version {n}") -> Callable[[Request], Any]:
    """Stop at a version; versions are numbered."""

    def script(request: Request) -> Any:
        told = [str(m["content"]) for m in request.body["messages"]]
        if told[0].startswith("Task:"):
            n = int(told[0].split("version ")[1].split()[0])
            return json.dumps({"feedback": f"mend {n}", "stop": n >= stops_at})
        if len(told) == 1:
            return revise(0)
        assert "mend" in told[2] and told[1].startswith("version")
        return revise(int(told[1].split()[1]) + 1)

    return script


@pytest.mark.parametrize(
    ("stops_at", "rounds", "last", "until"),
    [(0, 3, 0, "stop"), (2, 3, 2, "stop"), (9, 3, 3, "rounds"), (1, 1, 1, "rounds")],
)
def test_rounds_end_at_stop_or_at_their_number(
    stops_at: int, rounds: int, last: int, until: str, tmp_path: Path
) -> None:
    (row,) = made(tmp_path / "run", refined(stops_at), max_rounds=rounds)
    assert (row["response"], row["refined_until"]) == (f"version {last}", until)
    assert [v["response"] for v in row["versions"]] == [f"version {n}" for n in range(last + 1)]
    critiques = [f"mend {n}" for n in range(last + 1)]
    assert [v["critique"] for v in row["versions"]] == (critiques if until == "stop" else [*critiques[:-1], None])


def test_a_rewrite_that_changes_nothing_ends_the_rounds(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "run", refined(9, lambda n: f"version {min(n, 1)}"), max_rounds=5)
    assert row["refined_until"] == "unchanged" and len(row["versions"]) == 2


def test_talk_around_a_rewrite_is_left_out(tmp_path: Path) -> None:
    (row,) = made(
        tmp_path / "run", refined(1, lambda n: f"Sure! Here is the new answer:\n\nversion {n}" if n else "version 0")
    )
    assert row["response"] == "version 1"


def test_another_model_may_criticise(tmp_path: Path) -> None:
    asked: list[bool] = []

    def script(request: Request) -> Any:
        asked.append("Task:" in str(request.body))
        return refined(0)(request)

    recipe = made(tmp_path / "run", script, critic="reader")
    assert recipe.manifest["content"]["calls"]["count"] == 2 and asked == [False, True]
    by_model = {m["spec"] for m in recipe.manifest["content"]["models"].values()}
    assert by_model == {"scripted/w", "scripted/r"}


@pytest.mark.parametrize(
    ("at", "answer", "fate", "reason"),
    [
        (0, " ", "dropped", "empty_reply"), (1, Reply("version 1", finish="length"), "dropped", "cut_off"),
        (1, "This answer is correct and mends version 0.", "dropped", "speaks_of_itself"),
        (1, Fault("content_filter", terminal=True), "failed", "content_filter"),
    ],
)  # fmt: skip
def test_what_cannot_stand_does_not(at: int, answer: Any, fate: str, reason: str, tmp_path: Path) -> None:
    run = made(tmp_path / "run", refined(9, lambda n: answer if n == at else f"version {n}"))
    (gone,) = run.dropped().to_pylist()
    assert (gone["fate"], gone["reason"]) == (fate, reason)


def test_a_critique_that_cannot_be_read_fails_the_row(tmp_path: Path) -> None:
    (gone,) = made(tmp_path / "run", lambda request: "Fine, I think.", tries=2).dropped().to_pylist()
    assert (gone["fate"], gone["reason"]) == ("failed", "invalid_json")


@pytest.mark.parametrize(
    ("feedback", "until"),
    [
        ("The answer is incorrect: name a river.", "rounds"),
        ("It is not complete.", "rounds"),
        ("Nothing is missing, and it is not wrong.", "stop"),
        ("A fine answer.", "stop"),
    ],
)
def test_a_critic_that_stops_and_complains_is_taken_at_its_complaint(feedback: str, until: str, tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        told = [str(m["content"]) for m in request.body["messages"]]
        if told[0].startswith("Task:"):
            return json.dumps({"feedback": feedback, "stop": True})
        return f"version {len(told)}"

    (row,) = made(tmp_path / "run", script, max_rounds=1)
    assert row["refined_until"] == until


def test_a_critique_that_is_the_answer_is_none(tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        told = str(request.body["messages"][0]["content"])
        return json.dumps({"feedback": "the  elbe.", "stop": True}) if told.startswith("Task:") else "The Elbe."

    assert [r["reason"] for r in made(tmp_path / "run", script).dropped().to_pylist()] == ["no_critique"]
