"""Word problems: what is dropped, what fails, and what the answer is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.generate.math import _grounded
from mintmark.generate.math_prompts import SHOTS
from mintmark.measures.arithmetic import verdict
from mintmark.models.scripted import scripted

PROBLEM = "Three boxes hold 4 pens each. How many pens are there?"


def made(folder: Path, script: Callable[[Request], Any], **fields: Any) -> Run:
    recipe = Recipe.from_data(
        {
            "source": {"rows": {"rows": [{"topic": "pens"}]}},
            "models": {"writer": "scripted/math"},
            "steps": [{"generate.math": fields}],
            "max_failed": 1.0,
        }
    )
    with scripted("math", script):
        return recipe.run(folder, progress=False, workspace=None)


def answers(problem: str, *solutions: str) -> Callable[[Request], str]:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return problem if len(asked) == 1 else solutions[(len(asked) - 2) % len(solutions)]

    return script


def reasons(run: Run) -> list[tuple[str, str]]:
    return [(r["fate"], r["reason"]) for r in run.dropped().to_pylist()]


def test_the_answer_is_worked_out_here(tmp_path: Path) -> None:
    (row,) = list(made(tmp_path / "run", answers(PROBLEM, "3 * 4 = 12\n12 + 4 * 2 = 20.0")))
    assert (row["question"], row["answer"], row["topic"]) == (PROBLEM, "20", "pens")


def test_each_thing_that_is_wrong_has_its_reason(tmp_path: Path) -> None:
    cases = {
        "calculation_wrong": (PROBLEM, "3 * 4 = 13"),
        "answer_differs": (PROBLEM, "3 * 4 = 12\nThe answer is 14."),
        "number_not_in_problem": (PROBLEM, "3 * 4 = 12\n12 - 5 = 7"),
        "no_calculation": (PROBLEM, "Twelve pens."),
        "not_a_question": ("Three boxes hold 4 pens each.", "3 * 4 = 12"),
        "copies_example": (SHOTS[0].problem, "14 + 9 = 23"),
    }
    for reason, (problem, solution) in cases.items():
        fate = "failed" if reason == "no_calculation" else "dropped"
        assert reasons(made(tmp_path / reason, answers(problem, solution), shots=6)) == [(fate, reason)]


def test_solutions_must_agree(tmp_path: Path) -> None:
    run = made(tmp_path / "two", answers(PROBLEM, "3 * 4 = 12", "3 + 4 = 7"), votes=2)
    assert reasons(run) == [("dropped", "votes_differ")]
    (row,) = list(made(tmp_path / "same", answers(PROBLEM, "3 * 4 = 12", "4 * 3 = 12"), votes=4))
    assert row["answer"] == "12" and row["solution"] == "3 * 4 = 12"


def test_the_worked_examples_are_right() -> None:
    for shot in SHOTS:
        assert verdict(shot.solution)[0] == "kept", shot
        assert _grounded(shot.solution, shot.problem)[0] == "kept", shot
