"""OSS-Instruct: lines drawn from real code, and what a reply must be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.generate.oss_instruct import _draw, _problem_with, _says_something
from mintmark.generate.oss_prompts import SHOTS
from mintmark.measures.code import parsed
from mintmark.models.scripted import scripted
from mintmark.sandbox.run import execute

LINE = st.sampled_from(["def f(x):", "    return x + 1", "", "   ", "# note", "x = [1, 2, 3]"])


@given(
    st.lists(LINE, min_size=1, max_size=40).filter(lambda ls: any(map(_says_something, ls))),
    st.integers(),
    st.integers(1, 15),
)
def test_drawn_lines_are_whole_consecutive_and_few(lines: list[str], seed: int, most: int) -> None:
    code = "\n".join(lines)
    start, end, before = _draw(code, 1, most, random.Random(seed))
    drawn = code[start:end].split("\n")
    assert drawn == lines[before : before + len(drawn)] and 1 <= len(drawn) <= most
    assert _says_something(drawn[0]) and drawn[-1].strip()


def test_lines_point_into_their_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n\n\ndef first():\n    return os.getcwd()\n")
    reply = "Problem: Write a function `f(x)` that doubles a number.\nSolution:\n```python\ndef f(x):\n    return 2 * x\n```"
    recipe = Recipe.from_data(
        {
            "source": {"code": {"path": str(tmp_path)}},
            "models": {"writer": "scripted/oss"},
            "steps": [{"generate.oss_instruct": {"samples": 6, "max_lines": 2}}],
        }
    )
    with scripted("oss", lambda request: reply):
        run = recipe.run(tmp_path / "run", progress=False, workspace=None)
    spans = {row["id"]: row["source"] for row in run.lineage.to_pylist()}
    text = (tmp_path / "a.py").read_text()
    assert len(run) == 6 and len({row["seed"] for row in run}) > 1
    for row in run:
        span = spans[row["id"]]
        assert text[span["start"] : span["end"]] == row["seed"]
        assert text.split("\n")[span["line"] - 1] == row["seed"].split("\n")[0]
        assert row["language"] == "python" and row["path"] == "a.py"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, None),
        ({"problem": "Do it."}, "no_problem"),
        ({"problem": "Extend the given code snippet so that it doubles numbers."}, "not_standalone"),
        ({"solution": "def f(x) return"}, "does_not_compile"),
        ({"solution": "def g(x):\n    return 1"}, "other_name"),
        ({"solution": "def g(x):\n    return 1", "problem": "Write a function that takes `x` and doubles it."}, None),
        ({"solution": "class f:\n    def other(self): pass"}, None),
        ({"solution": "def f(x, y):\n    return x"}, "other_parameters"),
        ({"solution": "def f():\n    return 1"}, "other_parameters"),
        ({"solution": "def f(x, y=1, *z):\n    return x"}, None),
        ({"solution": "def f(*xs):\n    return xs"}, None),
        (
            {"problem": "Write a function `f(x, n=2)` that repeats x.", "solution": "def f(x, n):\n    return x"},
            "other_parameters",
        ),
        ({"problem": "Write a function `f(x, ...)` that repeats x.", "solution": "def f(x, n):\n    return x"}, None),
        ({"solution": "def f(x):\n    return np.sum(x)"}, "undefined_name"),
        ({"seed": "a = f(1)\n  b = 2", "solution": "def f(x):\n    a = f(1)\n    b = 2"}, "copies_seed"),
        ({"solution": "int f() {", "language": "c"}, None),
        ({"problem": "Write a function `split_lines(x)` that cuts a text."}, "copies_example"),
    ],
)
def test_what_a_reply_must_be(values: dict[str, Any], reason: str | None) -> None:
    whole = {
        "problem": "Write a function `f(x)` that returns twice x.", "solution": "def f(x):\n    return 2 * x",
        "seed": "import os", "language": "python",
    }  # fmt: skip
    found = _problem_with({**whole, **values}, SHOTS)
    assert (found and found[0]) == reason


def test_the_worked_examples_are_right() -> None:
    for shot in SHOTS:
        values = {"problem": shot.problem, "solution": shot.solution, "seed": shot.seed, "language": "python"}
        assert _problem_with(values, []) is None and parsed(shot.solution)
    checks = [
        "assert split_lines('a\\n\\nb\\n') == ['a', 'b']", "assert title_keys({'a b': 1}) == {'A B': 1}",
        "c = SmallCache(1)\nc.put(1, 2)\nc.put(3, 4)\nassert (c.get(1), c.get(3)) == (None, 4)", "assert clamp(5, 1, 3) == 3",
    ]  # fmt: skip
    for shot, check in zip(SHOTS, checks, strict=True):
        assert execute(shot.solution, [check]).passed, shot


PROBLEM, SOLUTION = "Write a function `f(x)` that returns twice x.", "```python\ndef f(x): return 2 * x\n```"


def two_calls(folder: Path, problem: str) -> tuple[Run, list[Any]]:
    talks: list[Any] = []

    def script(request: Request) -> str:
        talks.append(request.body["messages"])
        return problem if len(talks) == 1 else SOLUTION

    recipe = Recipe.from_data(
        {
            "source": {"rows": {"rows": [{"text": "secret_seed = 1"}]}},
            "models": {"writer": "scripted/oss"},
            "steps": [{"generate.oss_instruct": {"mode": "problem_first", "shots": 2}}],
        }
    )
    with scripted("oss", script):
        return recipe.run(folder, progress=False, workspace=None), talks


def test_problem_first_shows_the_solver_the_problem_alone(tmp_path: Path) -> None:
    run, talks = two_calls(tmp_path / "run", f"Sure! Here is an exercise:\n\n{PROBLEM}")
    (row,) = list(run)
    assert row["problem"] == PROBLEM and row["solution"] == "def f(x): return 2 * x"
    assert "secret_seed" in talks[0][-1]["content"] and "secret_seed" not in str(talks[1])


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(f"{PROBLEM}\n{SOLUTION}", "solves_itself"), ("Write a function that returns twice x.", "names_nothing")],
)
def test_problem_first_asks_for_a_problem_alone(tmp_path: Path, problem: str, reason: str) -> None:
    run, talks = two_calls(tmp_path / "run", problem)
    assert [r["reason"] for r in run.dropped().to_pylist()] == [reason] and len(talks) == 1
