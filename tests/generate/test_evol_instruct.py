"""generate.evol_instruct: chains of versions, the rules of elimination, and their lineage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Reply, Request
from mintmark.generate.evol_instruct import EVOLUTIONS, MARKS
from mintmark.models.scripted import scripted

DIFFERENT, SAME = '{"reason": "so", "choice": "no"}', '{"reason": "so", "choice": "yes"}'


def made(folder: Path, script: Callable[[Request], Any], *rows: dict[str, Any], **step: Any) -> Run:
    recipe = Recipe.from_data(
        {
            "source": {"rows": {"rows": list(rows or [{"instruction": "Name a river."}])}},
            "models": {"writer": "scripted/evol", "judge": "scripted/evol"},
            "steps": [{"generate.evol_instruct": step}],
            "max_failed": 1.0,
        }
    )
    with scripted("evol", script):
        return recipe.run(folder, progress=False, workspace=None)


def world(
    evolve: Callable[[str], Any], judge: str = DIFFERENT, answer: Any = "The Yangtze, in Asia."
) -> Callable[..., Any]:
    """Return a script: `evolve` makes the next version of a text."""

    def script(request: Request) -> Any:
        text = request.body["messages"][-1]["content"]
        if "#Given Task#" in text:
            return evolve(text.split("#Given Task#:\n")[1].split("\n\n#Rewritten")[0])
        return judge if "First task" in text else answer

    return script


def test_each_generation_is_made_from_the_last_and_names_it(tmp_path: Path) -> None:
    run = made(tmp_path / "run", world(lambda text: f"{text} Longer."), generations=3)
    assert [(row["generation"], row["instruction"]) for row in run] == [
        (n, "Name a river." + n * " Longer.") for n in (1, 2, 3)
    ]
    assert [row["evolved_from"] for row in run] == ["Name a river." + n * " Longer." for n in (0, 1, 2)]
    parents = {row["id"]: row["parents"] for row in run.lineage.to_pylist()}
    ids = [row["id"] for row in run]
    assert [parents[one][1:] for one in ids] == [[], [ids[0]], [ids[1]]]
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_a_version_that_fell_is_not_built_upon(tmp_path: Path) -> None:
    tries = iter(["Name a river that is long.", "Dance for the given task.", "Name a river that is long and wide."])
    run = made(tmp_path / "run", world(lambda text: next(tries)), generations=3)
    first, last = run
    (fell,) = run.dropped().to_pylist()
    assert fell["reason"] == "copies_prompt" and fell["evolved_from"] == last["evolved_from"] == first["instruction"]
    parents = {row["id"]: row["parents"] for row in run.lineage.to_pylist()}
    assert parents[last["id"]][1] == parents[fell["id"]][1] == first["id"]


@pytest.mark.parametrize(
    ("script", "fate", "reason"),
    [
        (world(lambda text: f"Longer: {text}", judge=SAME), "dropped", "nothing_gained"),
        (world(lambda text: ' "name a river!" '), "dropped", "nothing_gained"),
        (world(lambda text: "  "), "dropped", "empty_instruction"),
        (world(lambda text: "#Rewritten Task#: Name two rivers."), "dropped", "copies_prompt"),
        (world(lambda text: EVOLUTIONS["constrain"].after.upper()), "dropped", "copies_prompt"),
        (world(lambda text: f"Longer: {text}", answer="Sorry, I do not know."), "dropped", "sorry"),
        (world(lambda text: f"Longer: {text}", answer="It is as it is."), "dropped", "only_stop_words"),
        (world(lambda text: f"Longer: {text}", answer=" "), "dropped", "empty_response"),
        (world(lambda text: f"Longer: {text}", answer=Reply(text="It", finish="length")), "dropped", "only_stop_words"),
        (world(lambda text: f"Longer: {text}", answer=Reply(text="The Po", finish="length")), "dropped", "cut_off"),
        (world(lambda text: Reply(text="Name", finish="length")), "dropped", "cut_off"),
        (world(lambda text: f"Longer: {text}", judge="well"), "failed", "cannot_judge"),
    ],
)
def test_the_rules_of_elimination(script: Callable[..., Any], fate: str, reason: str, tmp_path: Path) -> None:
    run = made(tmp_path / "run", script, judge="judge", operations=["constrain"])
    (row,) = run.dropped().to_pylist()
    assert (row["fate"], row["reason"]) == (fate, reason)


def test_words_that_the_task_had_itself_are_not_copied_from_the_prompt(tmp_path: Path) -> None:
    run = made(
        tmp_path / "run", world(lambda text: f"{text} Say why."), {"instruction": "Name the steps of a given task."}
    )
    assert len(run) == 1


def test_an_input_is_shown_and_becomes_part_of_the_task(tmp_path: Path) -> None:
    row = {"instruction": "Add the numbers.", "input": "1, 2", "topic": "sums"}
    (found,) = made(tmp_path / "run", world(lambda text: f"{text}, 3"), row)
    assert (found["instruction"], found["input"], found["topic"]) == ("Add the numbers.\n\n1, 2, 3", "", "sums")


def test_operations_are_drawn_and_their_words_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def script(request: Request) -> Any:
        asked.append(request.body["messages"][-1]["content"])
        return world(lambda text: f"{text} More.")(request)

    rows = [{"instruction": f"Name river {n}."} for n in range(40)]
    run = made(tmp_path / "run", script, *rows)
    drawn = {row["operation"] for row in run}
    assert drawn == set(EVOLUTIONS)
    for row in run:
        words = EVOLUTIONS[row["operation"]].ask or "rarer"
        assert any(words in text and row["evolved_from"] in text for text in asked)


def test_without_a_judge_only_the_words_are_compared(tmp_path: Path) -> None:
    assert len(made(tmp_path / "run", world(lambda text: f"{text} More.", judge=SAME))) == 1


def test_each_operation_is_shown_by_an_example_of_its_own(tmp_path: Path) -> None:
    asked: list[Request] = []

    def script(request: Request) -> Any:
        asked.append(request)
        return world(lambda text: f"{text} More.")(request)

    made(tmp_path / "run", script, operations=["reason"])
    talk = [one["content"] for one in asked[0].body["messages"]]
    assert EVOLUTIONS["reason"].before in talk[0] and talk[1] == EVOLUTIONS["reason"].after
    assert not any(mark in one.after.lower() for one in EVOLUTIONS.values() for mark in MARKS)
