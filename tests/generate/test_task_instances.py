"""generate.task_instances: the label first for classifications, and which instances stay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Reply, Request
from mintmark.generate.task_prompts import INPUT_FIRST, LABEL_FIRST, read_instances
from mintmark.measures.instructions import task_problem
from mintmark.models.scripted import scripted


def made(folder: Path, script: Callable[[Request], Any], **step: Any) -> Run:
    recipe = Recipe.from_data(
        {
            "source": {"rows": {"rows": [{"instruction": "Is it a fruit?", "topic": "food"}]}},
            "models": {"writer": "scripted/ti"},
            "steps": [{"generate.task_instances": step}],
            "max_failed": 1.0,
        }
    )
    with scripted("ti", script):
        return recipe.run(folder, progress=False, workspace=None)


def gone(run: Run) -> list[tuple[str, str]]:
    return [(r["fate"], r["reason"]) for r in run.dropped().to_pylist()]


@pytest.mark.parametrize(
    ("says", "kind", "asks"),
    [("Yes, it is.", "classification", "first the label"), ("no", "generation", "each with an Input")],
)
def test_a_classification_gets_its_labels_first(says: str, kind: str, asks: str, tmp_path: Path) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return (
            says if len(asked) == 1 else "Output: yes\nInput: apple" if kind[0] == "c" else "Input: apple\nOutput: yes"
        )

    (row,) = made(tmp_path / "run", script)
    del row["id"]
    assert row == {"instruction": "Is it a fruit?", "topic": "food", "input": "apple", "response": "yes", "kind": kind}
    assert asks in asked[1].body["messages"][0]["content"]


def test_a_kind_that_is_known_is_not_asked_for(tmp_path: Path) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return "Input: none\nOutput: Yes, it is."

    (row,) = made(tmp_path / "run", script, kind="generation")
    assert row["input"] == "" and len(asked) == 1


def test_a_kind_that_cannot_be_read_fails_the_row(tmp_path: Path) -> None:
    run = made(tmp_path / "run", lambda request: "Perhaps.")
    assert len(run) == 0 and gone(run) == [("failed", "cannot_classify")]


def test_identical_inputs_with_different_outputs_are_dropped(tmp_path: Path) -> None:
    text = (
        "Example 1\nInput: apple\nOutput: yes\n\nExample 2\nInput: apple\nOutput: no\n\nExample 3\nInput: pear\nOutput: yes\n\n"
        "Example 4\nInput: pear\nOutput: yes"
    )
    run = made(tmp_path / "run", lambda request: text, kind="generation", max_instances=9)
    assert [(row["input"], row["response"]) for row in run] == [("pear", "yes")]
    assert gone(run) == [("dropped", "contradicts"), ("dropped", "contradicts"), ("dropped", "repeated_instance")]


def test_several_answers_without_an_input_do_not_contradict_each_other(tmp_path: Path) -> None:
    text = "Input: none\nOutput: An apple.\n\nInput: none\nOutput: A pear."
    assert len(made(tmp_path / "run", lambda request: text, kind="generation")) == 2


def test_what_is_incomplete_beyond_or_cut_is_told_apart(tmp_path: Path) -> None:
    text = "Input: a\nOutput: 1\n\nInput: b\n\nInput: c\nOutput: c\n\nInput: d\nOutput: 4\n\nInput: e\nOutput: 5 an"
    reply = Reply(text=text, finish="length")
    run = made(tmp_path / "run", lambda request: reply, kind="generation", max_instances=3)
    assert [row["input"] for row in run] == ["a"]
    assert gone(run) == [
        ("failed", "incomplete_instance"),
        ("dropped", "echoes_input"),
        ("dropped", "beyond_max"),
        ("dropped", "cut_off"),
    ]


def test_a_reply_without_an_instance_fails_and_is_not_lost(tmp_path: Path) -> None:
    run = made(tmp_path / "run", lambda request: "An apple is a fruit.", kind="classification")
    (row,) = run.dropped().to_pylist()
    assert (row["fate"], row["reason"], row["response"]) == ("failed", "no_instance", "An apple is a fruit.")


def test_an_instance_of_the_prompt_s_own_examples_is_dropped(tmp_path: Path) -> None:
    text = "Input: She walks to the market and buys two lemons!\nOutput: She walked.\n\nInput: none\nOutput: A short reply."
    run = made(tmp_path / "run", lambda request: text, kind="generation")
    assert [row["response"] for row in run] == ["A short reply."] and gone(run) == [("dropped", "copies_example")]


def test_every_worked_example_is_valid_itself() -> None:
    for shots, label_first in ((LABEL_FIRST, True), (INPUT_FIRST, False)):
        for shot in shots:
            for one in read_instances(shot.reply, label_first):
                assert task_problem(one["input"], one["response"]) is None
