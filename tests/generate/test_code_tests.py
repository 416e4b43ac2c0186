"""Execution feedback, with a scripted writer and the real sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Fault, Request
from mintmark.models.scripted import scripted

TESTS = ["assert double(2) == 4", "assert double(5) == 10", "assert double(-1) == -2"]
GOOD, HARD_CODED, WRONG = (f"```python\ndef double(x):\n    return {body}\n```" for body in ("2 * x", "4", "x"))


def made(folder: Path, script: Callable[[Request], Any], tests: Any = TESTS, **fields: Any) -> Run:
    recipe = Recipe.from_data(
        {
            "source": {"rows": {"rows": [{"problem": "Write double(x).", "tests": tests}]}},
            "models": {"writer": "scripted/coder", "python": "sandbox/python"},
            "steps": [{"generate.code_tests": fields}],
            "max_failed": 1.0,
        }
    )
    with scripted("coder", script):
        return recipe.run(folder, progress=False, workspace=None)


def answers(*replies: Any) -> tuple[Callable[[Request], Any], list[list[dict[str, str]]]]:
    talks: list[list[dict[str, str]]] = []

    def script(request: Request) -> Any:
        talks.append(list(request.body["messages"]))
        return replies[min(len(talks), len(replies)) - 1]

    return script, talks


def test_what_went_wrong_is_given_back_and_the_first_try_stays(tmp_path: Path) -> None:
    script, talks = answers("I cannot.", WRONG, GOOD)
    run = made(tmp_path / "run", script)
    (row,) = list(run)
    assert row["turns"] == 3 and row["solution"] == "def double(x):\n    return 2 * x"
    assert row["rejected"] == "I cannot." and [t["reason"] for t in row["tries"]] == ["crashed", "failed_tests"]
    assert [len(talk) for talk in talks] == [1, 3, 5]
    assert "SyntaxError" in talks[1][-1]["content"] and "AssertionError" in talks[2][-1]["content"]
    assert talks[2][3] == {"role": "assistant", "content": WRONG}
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_held_out_tests_are_never_shown_and_decide(tmp_path: Path) -> None:
    script, talks = answers(WRONG, HARD_CODED, GOOD)
    run = made(tmp_path / "run", script)
    assert len(run) == 0 and len(talks) == 2, "no try learns from a held-out test"
    (gone,) = [r for r in run.dropped().to_pylist() if r["step"]]
    assert gone["reason"] == "failed_held_out" and gone["turns"] == 2
    assert [t["reason"] for t in gone["tries"]] == ["failed_tests", "failed_held_out"]
    assert "assert double(5) == 10" in gone["detail"]
    said = str(talks)
    assert TESTS[0] in said and TESTS[1] not in said and TESTS[2] not in said


def test_the_turns_end(tmp_path: Path) -> None:
    script, talks = answers(WRONG)
    run = made(tmp_path / "run", script, turns=2, shown=2)
    (gone,) = run.dropped().to_pylist()
    assert gone["reason"] == "failed_tests" and len(gone["tries"]) == len(talks) == 2
    assert all(TESTS[1] in talk[0]["content"] and TESTS[2] not in str(talk) for talk in talks)


def test_a_right_first_try_has_nothing_rejected(tmp_path: Path) -> None:
    script, _ = answers(GOOD)
    (row,) = list(made(tmp_path / "run", script))
    assert row["rejected"] is None and row["tries"] == [] and row["turns"] == 1
    assert row["shown_tests"] == TESTS[:1] and row["held_out_tests"] == TESTS[1:]


def test_the_model_writes_the_tests(tmp_path: Path) -> None:
    tests = "```python\nassert double(1) == 2\nassert double(1) == 2\nassert True\nprint(double(2))\nassert double(2) == 4\n```"
    script, _ = answers(tests, GOOD)
    (row,) = list(made(tmp_path / "run", script, write_tests=3))
    assert row["shown_tests"] == ["assert double(1) == 2"] and row["held_out_tests"] == ["assert double(2) == 4"]
    script, _ = answers("There is nothing to test.", GOOD)
    run = made(tmp_path / "none", script, write_tests=3)
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["too_few_tests"]


@pytest.mark.parametrize(("tests", "reason"), [(None, "not_tests"), ([1], "not_tests"), (TESTS[:1], "too_few_tests")])
def test_without_tests_nothing_is_asked(tmp_path: Path, tests: Any, reason: str) -> None:
    run = made(tmp_path / "run", lambda request: pytest.fail("asked"), tests=tests)
    assert [(r["fate"], r["reason"]) for r in run.dropped().to_pylist()] == [("failed", reason)]


def test_a_lost_reply_fails_its_solution_alone(tmp_path: Path) -> None:
    asked: list[int] = []

    def script(request: Request) -> Any:
        asked.append(request.seed)
        return Fault("http_400", "no", terminal=True) if len(asked) == 1 else GOOD

    run = made(tmp_path / "run", script, samples=2)
    assert len(run) == 1 and [r["reason"] for r in run.dropped().to_pylist()] == ["http_400"]
