"""The words with which `generate.lab_skill` asks and has judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..measures.judge import Rubric

Seed = Mapping[str, Any]
Messages = list[dict[str, str]]

PAIR = Rubric(
    "Below is an instruction and the response that an assistant gave. Judge the pair: does the response do what the instruction asks, "
    "correctly and completely, and would somebody learn the skill from it?",
    (1, 3),
    {
        1: "the response is wrong, empty or about something else",
        2: "the response is on the subject, with an error or a part missing",
        3: "the response is correct, complete and to the point",
    },
)
"""The scale by which a pair is judged; the top is a pair to train on."""


def ask_context(task: str, shown: Sequence[Seed]) -> Messages:
    """Return the messages that ask for a new text which such instructions could be about."""
    return _turns(
        f"You write short texts for exercises. The exercise: {task} Each text is of the same kind and length as those before it, "
        "about something else. Reply with the text only.",
        [("Write a text.", str(seed["context"])) for seed in shown],
        "Write another text.",
    )


def ask_instruction(task: str, shown: Sequence[Seed], context: str | None) -> Messages:
    """Return the messages that ask for a new instruction of the skill, on a text where one is given."""
    system = (
        f"You write instructions that exercise one skill: {task} Each instruction is of the same kind as those before it, with other "
        "content, and can be followed without anything that it does not say. Reply with the instruction only."
    )
    if context is None:
        turns = [("Write an instruction.", str(seed["question"])) for seed in shown]
        return _turns(system, turns, "Write another instruction, about something else.")
    turns = [(f"Write an instruction about this text:\n{seed['context']}", str(seed["question"])) for seed in shown]
    return _turns(system, turns, f"Write an instruction about this text:\n{context}")


def ask_response(task: str, shown: Sequence[Seed], instruction: str) -> Messages:
    """Return the messages that ask for the response to an instruction, after worked examples."""
    turns = [(whole(str(s["question"]), s.get("context")), str(s["answer"])) for s in shown]
    return _turns(f"You answer instructions of one kind correctly and completely: {task}", turns, instruction)


def check_instruction(task: str, instruction: str) -> str:
    """Return what the judge of instructions is asked."""
    return (
        f"An instruction is meant to exercise this skill: {task}\n\nInstruction:\n{instruction}\n\nIs it clear, does it exercise this "
        "skill, and does it hold all that is needed to follow it? Choose yes or no."
    )


def show_pair(task: str, instruction: str, response: str) -> str:
    """Return what the judge of pairs is shown."""
    return f"Skill:\n{task}\n\nInstruction:\n{instruction}\n\nResponse:\n{response}"


def whole(question: str, context: str | None) -> str:
    """Return an instruction with the text that it is about.

    Example:
        >>> whole("Shorten this.", "It rained and rained.")
        'Shorten this.\\n\\nIt rained and rained.'
    """
    return f"{question}\n\n{context}" if context else question


def _turns(system: str, turns: Sequence[tuple[str, str]], ask: str) -> Messages:
    messages = [{"role": "system", "content": system}]
    for user, assistant in turns:
        messages += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return [*messages, {"role": "user", "content": ask}]
