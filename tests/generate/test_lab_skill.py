"""generate.lab_skill: four stages, each of which can end a candidate and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Fault, Reply, Request
from mintmark.models.scripted import scripted

SEEDS = [(w, f"{r}.") for w, r in (("hat", "Cat"), ("moon", "Spoon"), ("tree", "Sea"), ("fox", "Box"))]


def row(context: str | None = None) -> dict[str, Any]:
    made = [{"question": f"What rhymes with {w}?", "answer": r, "context": context} for w, r in SEEDS]
    return {"leaf": "x/rhymes", "task": "Find a rhyme.", **made[0], "examples": made[1:]}


class Talk:
    """Plays writer and judge, and notes what was asked by stage."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {
            "context": "The ship sails at noon.", "instruction": "Name a word that sounds like sun.",
            "checked": '{"reason": "clear", "choice": "yes"}', "response": "Fun.", "judged": '{"reason": "so", "score": 3}',
        } | answers  # fmt: skip
        self.asked: dict[str, list[Request]] = {}

    def __call__(self, request: Request) -> Any:
        messages = request.body["messages"]
        system = str(messages[0]["content"])
        stage = (
            "context" if system.startswith("You write short texts")
            else "instruction" if system.startswith("You write instructions")
            else "response" if system.startswith("You answer")
            else "checked" if "Choose yes or no" in str(messages)
            else "judged"
        )  # fmt: skip
        self.asked.setdefault(stage, []).append(request)
        found = self.answers[stage]
        return found(request) if callable(found) else found


def made(folder: Path, talk: Callable[[Request], Any], fields: str = "{}", given: dict[str, Any] | None = None) -> Run:
    recipe = Recipe.from_data({
        "source": {"rows": {"rows": [given or row()]}}, "max_failed": 1.0,
        "models": {"writer": "scripted/lab", "judge": "scripted/lab"},
    })  # fmt: skip
    steps = Recipe.from_yaml(recipe.to_yaml().replace("steps: []", f"steps: [generate.lab_skill: {fields}]"))
    with scripted("lab", talk):
        return steps.run(folder, progress=False, workspace=None)


def test_a_pair_passes_all_four_stages(tmp_path: Path) -> None:
    talk = Talk()
    run = made(tmp_path / "run", talk)
    (kept,) = run
    assert (kept["question"], kept["answer"]) == ("Name a word that sounds like sun.", "Fun.")
    assert kept["leaf"] == "x/rhymes" and kept["pair_score"] == 3.0
    assert {stage: len(asked) for stage, asked in talk.asked.items()} == dict.fromkeys(
        ("instruction", "checked", "response", "judged"), 1
    )
    shown = [m["content"] for m in talk.asked["response"][0].body["messages"] if m["role"] == "assistant"]
    assert len(shown) == 3 and shown[-1] == "Cat.", "its own seed example is shown last, two others before it"
    assert "Name a word" in str(talk.asked["judged"][0].body) and "Fun." in str(talk.asked["judged"][0].body)
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


@pytest.mark.parametrize(
    ("answers", "fate", "reason", "stages"),
    [
        ({"instruction": "What rhymes with moon?"}, "dropped", "copies_example", 1),
        ({"instruction": "I'm sorry, but I can't help with that."}, "dropped", "refused", 1),
        ({"instruction": "  "}, "dropped", "empty_reply", 1),
        ({"checked": '{"reason": "vague", "choice": "no"}'}, "dropped", "instruction_rejected", 2),
        ({"checked": "perhaps"}, "failed", "cannot_judge", 2),
        ({"response": Reply(text="Fun and", finish="length")}, "dropped", "cut_off", 3),
        ({"response": "Name a word that sounds like sun!"}, "dropped", "repeats_instruction", 3),
        ({"judged": '{"reason": "an error", "score": 2}'}, "dropped", "pair_scored_low", 4),
        ({"judged": "three"}, "failed", "cannot_judge", 4),
        ({"response": Fault("http_400", "no", terminal=True)}, "failed", "http_400", 3),
    ],
)
def test_each_stage_ends_a_candidate_with_its_reason(
    tmp_path: Path, answers: dict[str, Any], fate: str, reason: str, stages: int
) -> None:
    talk = Talk(**answers)
    run = made(tmp_path / "run", talk)
    assert len(run) == 0
    (gone,) = [r for r in run.dropped().to_pylist() if r["reason"]]
    assert (gone["fate"], gone["reason"]) == (fate, reason)
    assert len(talk.asked) == stages, "nothing is asked of a candidate that is gone"


def test_votes_decide_by_majority_and_by_mean(tmp_path: Path) -> None:
    votes = iter(["yes", "no", "no"])
    talk = Talk(checked=lambda request: f'{{"reason": "so", "choice": "{next(votes)}"}}')
    run = made(tmp_path / "run", talk, "{votes: 3}")
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["instruction_rejected"]
    scores = iter([3, 3, 2])
    talk = Talk(judged=lambda request: f'{{"reason": "so", "score": {next(scores)}}}')
    (kept,) = made(tmp_path / "mean", talk, "{votes: 3, min_pair_score: 2}")
    assert kept["pair_score"] == pytest.approx(2.6667)


def test_a_grounded_skill_gets_a_new_text_and_its_instruction_holds_it(tmp_path: Path) -> None:
    talk = Talk()
    (kept,) = made(tmp_path / "run", talk, given=row("The cat sat."))
    assert kept["question"] == "Name a word that sounds like sun.\n\nThe ship sails at noon."
    assert kept.get("context") is None
    assert "The ship sails at noon." in str(talk.asked["instruction"][0].body["messages"][-1])
    assert "The ship sails at noon." in str(talk.asked["response"][0].body["messages"][-1])


def test_seed_examples_are_drawn_anew_for_every_call(tmp_path: Path) -> None:
    numbers = iter(range(100))
    talk = Talk(instruction=lambda request: f"Rhyme on number {next(numbers)} of the list, please.")
    run = made(tmp_path / "run", talk, "{per_seed: 12, shots: 2}")
    assert len(run) == 12
    shown = {str(r.body["messages"][2]["content"]) for r in talk.asked["instruction"]}
    assert shown == {f"What rhymes with {w}?" for w, _ in SEEDS[1:]}


def test_a_row_without_a_seed_example_fails(tmp_path: Path) -> None:
    run = made(tmp_path / "run", Talk(), given={**row(), "answer": None})
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["not_text"]
