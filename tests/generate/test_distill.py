"""Distillation: right results, and soft labels where the teacher has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import RecipeError
from mintmark.models.scripted import ScriptedModel, scripted

ROW = {"question": "What is 48 + 24?", "answer": "48 + 24 = 72\n#### 72"}


def recipe(row: dict[str, Any] = ROW, **fields: Any) -> Recipe:
    return Recipe.from_data({
        "source": {"rows": {"rows": [row]}}, "models": {"teacher": "scripted/t"}, "max_failed": 1.0,
        "steps": [{"generate.distill": {"prompt": "{{ question }}", **fields}}],
    })  # fmt: skip


def made(folder: Path, script: Callable[[Request], Any], found: Recipe | None = None, **fields: Any) -> Run:
    with scripted("t", script):
        return (found or recipe(**fields)).run(folder, progress=False, workspace=None)


def test_only_right_results_are_kept(tmp_path: Path) -> None:
    answers = iter(["It is 72.", "48 and 24 make 62", "I do not know.", "So 7,200 / 100 = 72.0 dollars."])
    run = made(tmp_path / "run", lambda request: next(answers), right="answer", samples=4)
    assert sorted(row["response"] for row in run) == ["It is 72.", "So 7,200 / 100 = 72.0 dollars."]
    assert sorted(r["reason"] for r in run.dropped().to_pylist()) == ["no_result", "wrong_result"]
    assert '"found":62' in str([r["detail"] for r in run.dropped().to_pylist()])


def test_a_row_without_a_known_result_cannot_be_decided(tmp_path: Path) -> None:
    run = made(tmp_path / "run", lambda request: "72", recipe({**ROW, "answer": "unknown"}, right="answer"))
    (gone,) = run.dropped().to_pylist()
    assert (gone["fate"], gone["reason"]) == ("failed", "no_known_result")


def test_a_lost_reply_takes_no_other_with_it(tmp_path: Path) -> None:
    seen: list[int] = []

    def script(request: Request) -> Any:
        seen.append(1)
        return (Fault("content_filter", terminal=True), Reply("So", finish="length"), " ", "Fine.")[len(seen) - 1]

    run = made(tmp_path / "run", script, samples=4, system="Be brief.")
    assert [row["response"] for row in run] == ["Fine."]
    assert sorted(r["reason"] for r in run.dropped().to_pylist()) == ["content_filter", "cut_off", "empty_reply"]


def with_tokens(request: Request) -> Reply:
    top = [{"token": "72", "logprob": -0.1}, {"token": "73", "logprob": -2.5}]
    content = [{**top[0], "top_logprobs": top[: request.sampling.get("top_logprobs", 0)]}]
    return Reply(
        "72", finish="stop", extra={"logprobs": {"content": content}} if request.sampling.get("logprobs") else {}
    )


def test_tokens_and_their_alternatives_are_written_down_where_asked_for(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "two", with_tokens, top_tokens=2)
    assert row["soft_labels"] == [
        {
            "token": "72",
            "logprob": -0.1,
            "alternatives": [{"token": "72", "logprob": -0.1}, {"token": "73", "logprob": -2.5}],
        }
    ]
    (row,) = made(tmp_path / "none", with_tokens)
    assert row["soft_labels"] is None


class Chats(ScriptedModel):
    capabilities = frozenset({"chat", "schema"})


def without_scores(folder: Path, script: Callable[[Request], Any], **fields: Any) -> Run:
    from mintmark.core.store import RunFolder
    from mintmark.engines.local import LocalEngine
    from mintmark.engines.options import Options

    with scripted("t", script):
        LocalEngine(recipe(**fields), RunFolder(folder), Options(models={"teacher": Chats("t")})).run()
    return Run(folder)


def test_a_teacher_without_log_probabilities_gives_none(tmp_path: Path) -> None:
    (row,) = without_scores(tmp_path / "run", with_tokens, top_tokens=2)
    assert (row["response"], row["soft_labels"]) == ("72", None)


@pytest.mark.parametrize(("known", "reply", "right"), [
    ("#### 1,024", "1024.", True), (7, "7.0", True), ("5", "10-5 is 5", True), ("-3", "It is -3.", True), ("2.5", "$2.50", True),
    ("12", "The answer is 12, as 3 x 4 says.", True), ("12", "12 of 40", False), ("80%", "80", True), ("1/3", "four", False),
])  # fmt: skip
def test_results_are_numbers_however_they_are_written(known: Any, reply: str, right: bool, tmp_path: Path) -> None:
    found = recipe({"question": "How much?", "answer": known}, right="answer")
    assert len(made(tmp_path / "run", lambda request: reply, found)) == right


def test_a_prompt_that_is_no_template_is_refused() -> None:
    with pytest.raises(RecipeError, match="template"):
        recipe(prompt="{{ question")
