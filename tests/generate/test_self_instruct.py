"""generate.self_instruct: what a call shows, how its list is read, what is dropped, and how rounds go on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Reply, Request
from mintmark.core.errors import RecipeError
from mintmark.generate.task_prompts import list_tasks, read_instances, read_tasks
from mintmark.models.scripted import scripted

SEEDS = [
    {"instruction": f"Seed number {n} asks for something", "input": "", "response": f"Reply {n}."} for n in range(9)
]
LINE = st.text("abc5 ,;!?#*é", min_size=1).map(str.strip).filter(lambda t: any(c.isalpha() for c in t))


def recipe(step: dict[str, Any], *, slots: int = 1, seeds: Any = None, more: Any = (), **fields: Any) -> Recipe:
    return Recipe.from_data(
        {
            "source": {"rows": {"rows": [{"slot": n} for n in range(slots)]}},
            "inputs": {"seeds": {"rows": {"rows": seeds or SEEDS}}},
            "models": {"writer": "scripted/si"},
            "steps": [{"generate.self_instruct": step}, *more],
            "max_failed": 1.0,
            **fields,
        }
    )


def made(found: Recipe, folder: Path, script: Callable[[Request], Any]) -> Run:
    with scripted("si", script):
        return found.run(folder, progress=False, workspace=None)


def shown(request: Request) -> list[str]:
    return re.findall(r"^\d+\. (.*)$", request.body["messages"][1]["content"], re.MULTILINE)


def answering(text: Any) -> tuple[Callable[[Request], Any], list[Request]]:
    asked: list[Request] = []

    def script(request: Request) -> Any:
        asked.append(request)
        return text

    return script, asked


def test_a_first_call_shows_seeds_alone_drawn_anew_for_each(tmp_path: Path) -> None:
    script, asked = answering("9. Write a short poem about rain")
    made(recipe({}, slots=6), tmp_path / "run", script)
    lists = [shown(request) for request in asked]
    texts = {seed["instruction"] for seed in SEEDS}
    assert all(len(one) == len(set(one)) == 8 and set(one) <= texts for one in lists)
    assert len({tuple(one) for one in lists}) == 6
    assert "numbered 9 to 16" in asked[0].body["messages"][2]["content"]


def test_later_rounds_show_two_of_the_pool_and_name_them_as_parents(tmp_path: Path) -> None:
    count = itertools.count()
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        n = next(count)
        return f"9. Made {n} tells of {n}{n} bears\n10. Made {n} counts {n}{n}{n} birds"

    run = made(recipe({}, slots=40, rows=60), tmp_path / "run", script)
    later = [one for one in map(shown, asked) if any("Made" in text for text in one)]
    assert later
    for one in later:
        assert ["Made" in text for text in one] == [False] * 6 + [True] * 2
    texts = {row["id"]: row["instruction"] for row in run}
    parents = [row["parents"] for row in run.lineage.to_pylist() if row["id"] in texts]
    assert {len(one) for one in parents} == {1, 3}
    assert all(one in texts for ids in parents for one in ids[1:])
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_an_instruction_with_several_instances_is_shown_once(tmp_path: Path) -> None:
    def script(request: Request) -> str:
        if "Task: " in request.body["messages"][-1]["content"]:
            return "Input: 1\nOutput: 2\n\nInput: 2\nOutput: 3\n\nInput: 3\nOutput: 4"
        assert len(set(shown(request))) == 8
        return (
            "9. Add one to the number\n10. Count up from the number" if "Add" not in str(request.body) else "9. A b c d"
        )

    instances = {"generate.task_instances": {"kind": "generation"}}
    run = made(recipe({}, slots=40, more=[instances], max_rounds=3), tmp_path / "run", script)
    assert len(run) > 6


def test_every_item_is_kept_or_dropped_with_its_reason(tmp_path: Path) -> None:
    text = (
        'Sure! Here are 8 tasks:\n\n9. Write a short poem about rain\n\n10. "Tell why bread rises in the oven"\n'
        "11. Draw a picture of a house\n12. Sing\n* 13. Say in which month\n   the tulips bloom\n\nLet me know if you need more!"
    )
    script, _ = answering(text)
    run = made(recipe({}), tmp_path / "run", script)
    kept = ["Write a short poem about rain", "Tell why bread rises in the oven", "Say in which month the tulips bloom"]
    assert [row["instruction"] for row in run] == kept
    assert [(r["instruction"], r["reason"]) for r in run.dropped().to_pylist()] == [
        ("Draw a picture of a house", "names_unseen"),
        ("Sing", "too_short"),
    ]


def test_a_reply_that_was_cut_off_loses_its_last_item(tmp_path: Path) -> None:
    script, _ = answering(Reply(text="9. Write a poem about rain\n10. Write a long story about the", finish="length"))
    run = made(recipe({}), tmp_path / "run", script)
    assert [row["instruction"] for row in run] == ["Write a poem about rain"]
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["cut_off"]


@pytest.mark.parametrize(("ask", "reason"), [("instructions", "no_list"), ("tasks", "no_tasks")])
def test_a_reply_that_is_no_list_fails_and_is_not_lost(ask: str, reason: str, tmp_path: Path) -> None:
    script, _ = answering("I would rather talk about the weather.")
    run = made(recipe({"ask": ask}), tmp_path / "run", script)
    (row,) = run.dropped().to_pylist()
    assert (row["fate"], row["reason"], row["instruction"]) == (
        "failed",
        reason,
        "I would rather talk about the weather.",
    )


def test_a_base_model_continues_the_list(tmp_path: Path) -> None:
    script, asked = answering(" Write a poem about rain\n10. Tell why the bread rises")
    run = made(recipe({"raw": True}), tmp_path / "run", script)
    assert asked[0].kind == "complete" and asked[0].body["prompt"].endswith("\n9.")
    assert asked[0].sampling["stop"] == ["\n\n", "\n17."]
    assert [row["instruction"] for row in run] == ["Write a poem about rain", "Tell why the bread rises"]


def test_alpaca_asks_for_whole_tasks(tmp_path: Path) -> None:
    text = (
        "**Instruction:** 1. Add the numbers in the list\nInput: 1, 2\nOutput: 3\n###\n"
        "4. Instructions: Name a river in Asia\nInput: <noinput>\nOutput: The Mekong.\n###\nTask 5\nMore to come!\n"
        "Instruction: Repeat the word in capitals\nInput: HOUSE\nOutput: HOUSE\n###\nInstruction: Name a sea in Asia"
    )
    script, asked = answering(text)
    step = {"ask": "tasks", "human": 3, "generated": 0, "wanted": 20, "subject": "programming"}
    run = made(recipe(step), tmp_path / "run", script)
    assert [(row["instruction"], row["input"], row["response"]) for row in run] == [
        ("Add the numbers in the list", "1, 2", "3"),
        ("Name a river in Asia", "", "The Mekong."),
    ]
    assert [(r["fate"], r["reason"]) for r in run.dropped().to_pylist()] == [
        ("dropped", "echoes_input"),
        ("failed", "incomplete_task"),
    ]
    talk = asked[0].body["messages"]
    assert "23 different tasks about programming" in talk[0]["content"] and talk[1]["content"].count("###") == 3


def test_seeds_may_have_the_form_of_self_instructs_own(tmp_path: Path) -> None:
    script, asked = answering("Instruction: Name a river in Asia\nInput: none\nOutput: The Mekong.")
    seeds = [
        {"instruction": "Add them.", "instances": [{"input": "4, 5", "output": "9"}, {"input": "1", "output": "1"}]}
    ]
    made(recipe({"ask": "tasks"}, seeds=seeds), tmp_path / "run", script)
    assert asked[0].body["messages"][1]["content"] == "Instruction: Add them.\nInput: 4, 5\nOutput: 9\n###"


@pytest.mark.parametrize(
    ("ask", "seed", "says"),
    [
        ("instructions", {"text": "Add them."}, "no text in `instruction`"),
        ("tasks", {"instruction": "Add them."}, "neither `response` nor `instances`"),
    ],
)
def test_seeds_without_what_is_shown_are_explained(ask: str, seed: dict[str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=says):
        made(recipe({"ask": ask}, seeds=[seed]), tmp_path / "run", lambda request: "")


def test_what_a_student_failed_is_shown_first_and_named(tmp_path: Path) -> None:
    count = itertools.count()
    asked: list[Request] = []

    answers = {"generate.prompt": {"prompt": "{{ instruction }}", "into": "response", "temperature": 1.0}}
    student = {"curate.student": {"model": "writer", "min_score": 0.9}}

    def replies(request: Request) -> str:
        # The writer answers warm, the student at 0: the student fails whatever holds an even number.
        text = request.body["messages"][-1]["content"]
        if "Go on with" in text:
            asked.append(request)
            return "".join(f"{n}. Made {next(count)} for a student to do\n" for n in (9, 10, 11))
        odd = int(re.findall(r"Made (\d+)", text)[0]) % 2
        return "the right answer" if odd or request.sampling["temperature"] else "something else"

    step = {"prefer": "student_failed"}
    run = made(recipe(step, slots=40, rows=60, more=[answers, student]), tmp_path / "run", replies)
    assert {row["student_failed"] for row in run} == {True, False}
    later = [request for request in asked if "A student failed tasks 7 to 8" in request.body["messages"][2]["content"]]
    assert later
    for request in later:
        assert all(int(re.findall(r"Made (\d+)", text)[0]) % 2 == 0 for text in shown(request)[6:])


TASK = st.fixed_dictionaries({"instruction": LINE, "input": st.just("") | LINE, "response": LINE})


@given(st.lists(TASK, min_size=1, max_size=6))
def test_tasks_come_back_as_they_are_shown(tasks: list[dict[str, str]]) -> None:
    assert read_tasks(list_tasks(tasks, 1, "").shown) == tasks


@given(st.text())
def test_no_reply_breaks_the_readers(text: str) -> None:
    for found in (read_tasks(text), read_instances(text, True), read_instances(text, False)):
        assert all(value is None or isinstance(value, str) for one in found for value in one.values())
