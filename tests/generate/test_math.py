"""Word problems: what is dropped, what fails, and what the answer is."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.generate.math import _grounded, draw_calculation
from mintmark.generate.math_prompts import ONE_STEP, SHOTS
from mintmark.measures.arithmetic import numbers_in, value_of
from mintmark.measures.worked import verdict
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


def told(story: str, reply: str) -> Callable[[Request], str]:
    """Answer with a story in which A, B and SIGN stand for the calculation, and with a reply in which V is its value."""

    def script(request: Request) -> str:
        talk = request.body["messages"][-1]["content"]
        if "Calculation: " in talk:
            drawn = talk.partition("Calculation: ")[2].split()
            script.__dict__.update(zip(("A", "SIGN", "B"), drawn, strict=True))
        filled = story if "Calculation: " in talk else reply
        for key in ("SIGN", "A", "B"):
            filled = filled.replace(key, script.__dict__[key])
        return filled

    return script


def test_a_drawn_calculation_is_found_again(tmp_path: Path) -> None:
    fields = {"mode": "calculation_first", "votes": 2}
    story = "There are A pens and B boxes. How many?"
    (row,) = list(made(tmp_path / "kept", told(story, "A SIGN B = 1"), **fields))
    sign = row["solution"].split()[1]
    assert (
        verdict(row["solution"])[0] == "kept"
        and row["answer"] == row["solution"].rpartition("= ")[2]
        and sign in "+-*/"
    )
    cases = {
        "other_numbers": (story.replace("pens", "pens and 5 caps"), "A SIGN B = 1"),
        "shows_calculation": ("There are A SIGN B pens. How many?", "A SIGN B = 1"),
        "votes_differ": (story, "A SIGN B + 1 = 1"),
        "no_calculation": (story, "Quite a few."),
        "not_a_question": (story[:-1], "A SIGN B = 1"),
    }
    for reason, (text, reply) in cases.items():
        fate = "failed" if reason == "no_calculation" else "dropped"
        assert reasons(made(tmp_path / reason, told(text, reply), **fields)) == [(fate, reason)]


@given(st.integers())
def test_drawn_calculations_are_whole_and_true_of_two_numbers(seed: int) -> None:
    sign, left, right = draw_calculation(random.Random(seed))
    value = value_of(f"{left} {sign} {right}")
    assert value.denominator == 1 and value > 1 and left != right and min(left, right) > 1


def test_the_worked_examples_are_right() -> None:
    assert sorted(shot.solution.split()[1] for shot in ONE_STEP) == sorted("++--**//")
    for shot in ONE_STEP:
        left, _, right = shot.solution.split()[:3]
        assert (
            sorted(numbers_in(shot.problem)) == sorted([int(left), int(right)]) and verdict(shot.solution)[0] == "kept"
        )
    for shot in SHOTS:
        assert verdict(shot.solution)[0] == "kept", shot
        assert _grounded(shot.solution, shot.problem)[0] == "kept", shot
