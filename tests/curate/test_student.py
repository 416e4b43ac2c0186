"""curate.student."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.models.scripted import scripted

ROW = {"instruction": "Add the numbers.", "input": "1, 3", "response": "one two three four"}


def made(folder: Path, answer: str, judged: str = "", row: Any = ROW, **step: Any) -> tuple[Run, list[str]]:
    asked: list[str] = []

    def script(request: Request) -> str:
        asked.append(request.body["messages"][0]["content"])
        return judged if "Reference answer" in asked[-1] else answer

    models = {"student": "scripted/student", "judge": "scripted/student"}
    recipe = Recipe.from_data(
        {"source": {"rows": {"rows": [row]}}, "models": models, "steps": [{"curate.student": step}], "max_failed": 1.0}
    )
    with scripted("student", script):
        return recipe.run(folder, progress=False, workspace=None), asked


@pytest.mark.parametrize(
    ("answer", "score", "below"), [("one two", 0.6667, False), ("one", 0.4, True), ("", 0.0, True)]
)
def test_without_a_judge_rouge_l_decides(answer: str, score: float, below: bool, tmp_path: Path) -> None:
    run, asked = made(tmp_path / "run", answer)
    (row,) = run
    assert (row["student_response"], row["student_score"], row["student_failed"]) == (answer, score, below)
    assert asked == ["Add the numbers.\n\n1, 3"]


@pytest.mark.parametrize(("score", "limit", "below"), [(4, None, False), (3, None, True), (3, 3, False), (0, 0, None)])
def test_a_judge_decides_on_its_scale(score: int, limit: float | None, below: bool | None, tmp_path: Path) -> None:
    said = '{"reason": "so", "score": %d}' % score  # noqa: UP031
    run, asked = made(tmp_path / "run", "4", said, judge="judge", min_score=limit)
    if below is None:
        assert [r["reason"] for r in run.dropped().to_pylist()] == ["cannot_judge"], "0 is not on the scale"
        return
    (row,) = run
    assert row["student_failed"] is below and row["student_score"] == score
    assert all(text in asked[1] for text in ("Add the numbers.\n\n1, 3", "one two three four", "Student's answer:\n4"))


def test_what_the_student_can_do_may_be_dropped(tmp_path: Path) -> None:
    run, _ = made(tmp_path / "can", "one two three four", keep="failed")
    assert len(run) == 0 and [r["reason"] for r in run.dropped().to_pylist()] == ["solved"]
    run, _ = made(tmp_path / "cannot", "nine", keep="failed")
    assert len(run) == 1


def test_a_row_without_a_reference_fails(tmp_path: Path) -> None:
    run, asked = made(tmp_path / "run", "4", row={"instruction": "Add.", "response": None})
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["missing_column"] and not asked
