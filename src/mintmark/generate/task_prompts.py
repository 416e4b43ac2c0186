"""The words with which `generate.self_instruct` and `generate.task_instances` ask, and how replies are taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..core.dataset import Row
from .parsing import sections

Messages = list[dict[str, str]]
_NONE = re.compile(r"[\W_]*(?:none|no ?input|n/?a|not needed|empty)[\W_]*", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:\n[ \t]*(?:[#*_=-]{2,}|\W*(?:task|example)[ \t]*\d{1,3}\W*|\d{1,3}[.)])[ \t]*)+\s*\Z", re.IGNORECASE
)
_RULE = re.compile(r"^[ \t]*###[ \t]*$", re.MULTILINE)
_ABILITY = "Each can be done by reading and writing text alone, and says all that is needed to do it."


class Shot(NamedTuple):
    """A worked example: a task, and a reply in the form that is asked for."""

    task: str
    reply: str


KINDS = (
    Shot("Say whether the review is positive or negative.", "yes"),
    Shot("Write a short letter of thanks to a neighbour who fed the cat.", "no"),
    Shot("Decide which of the three given sentences is grammatical.", "yes"),
    Shot("Convert the given temperature from Celsius to Fahrenheit.", "no"),
    Shot("Is the e-mail spam? Answer with yes or no.", "yes"),
    Shot("List five questions to ask a new flatmate.", "no"),
    Shot("Name the language of the sentence: English, French or German.", "yes"),
    Shot("Shorten the paragraph to a single sentence.", "no"),
)
"""Tasks that have a small set of possible answers, and others."""
LABEL_FIRST = (
    Shot(
        "Say whether the sentence is about sport or about politics.",
        "Output: sport\nInput: The goalkeeper saved two penalties in the final.\n\n"
        "Output: politics\nInput: Parliament passed the new budget late at night.",
    ),
    Shot(
        "Does the second sentence follow from the first? Answer yes or no.",
        "Output: yes\nInput: All shops on the square close at six. The bakery on the square closes at six.\n\n"
        "Output: no\nInput: Anna owns a bicycle. Anna rides to work every day.",
    ),
    Shot(
        "Name the tense of the verb: past, present or future.",
        "Output: past\nInput: The ferry left at noon.\n\nOutput: present\nInput: Two gulls sit on the roof.\n\n"
        "Output: future\nInput: The bridge will open in May.",
    ),
)
INPUT_FIRST = (
    Shot(
        "Suggest a name for a bakery that only sells rye bread.",
        "Input: none\nOutput: The Rye Corner",
    ),
    Shot(
        "Sort the numbers in ascending order.",
        "Input: 10, 92, 2, 5\nOutput: 2, 5, 10, 92\n\nInput: 7, -3, 0\nOutput: -3, 0, 7",
    ),
    Shot(
        "Explain in two sentences why leaves turn yellow in autumn.",
        "Input: none\nOutput: In autumn a tree takes back the green pigment of its leaves. The yellow ones, which were there all "
        "the time, are then seen.",
    ),
    Shot(
        "Rewrite the sentence in the past tense.",
        "Input: She walks to the market and buys two lemons.\nOutput: She walked to the market and bought two lemons.",
    ),
    Shot(
        "Write an invitation to a small concert in the garden.",
        "Input: none\nOutput: Dear neighbours, on Saturday at five we play three pieces for two violins under the apple tree. Come "
        "as you are and bring a chair.",
    ),
    Shot(
        "List three ways to save water in the kitchen.",
        "Input: none\nOutput: 1. Wash vegetables in a bowl.\n2. Run the dishwasher only when it is full.\n3. Water the plants with "
        "what was used for rinsing.",
    ),
)
"""Instances as they are to be written, for classifications and for other tasks."""


class Listing(NamedTuple):
    """A list of tasks that is to be continued.

    Attributes:
        ask: what asks for the whole list.
        shown: its beginning.
        more: what asks to go on.
        mark: how the next task begins.
        stop: what ends a text that goes on with the list.
    """

    ask: str
    shown: str
    more: str
    mark: str
    stop: tuple[str, ...] = ()

    def messages(self) -> Messages:
        """Return the list as a conversation in which the model has written its beginning: a chat model goes on with what it
        has said itself more willingly than with what it is shown."""
        said = (("user", self.ask), ("assistant", self.shown), ("user", self.more))
        return [{"role": role, "content": text} for role, text in said]

    def prompt(self) -> str:
        """Return the list as a text that breaks off."""
        return f"{self.ask}\n\n{self.shown}\n{self.mark}"


def list_instructions(shown: Sequence[str], wanted: int, subject: str, hard: int) -> Listing:
    """Return the list of instructions shown, the last `hard` of which a student failed, to be continued by `wanted` new ones."""
    first, last = len(shown) + 1, len(shown) + wanted
    failed = (
        f" A student failed tasks {first - hard} to {first - 1}: make the new ones as hard as these." if hard else ""
    )
    return Listing(
        f"Write a list of {last} different tasks{_about(subject)} for an assistant, one on each line. {_ABILITY}",
        "\n".join(f"{n}. {' '.join(text.split())}" for n, text in enumerate(shown, 1)),
        f"Go on with {wanted} new tasks, numbered {first} to {last}. Each differs from all others in topic, in kind and in "
        f"wording.{failed} Do not answer them.",
        f"{first}.",
        ("\n\n", f"\n{last + 1}."),
    )


def list_tasks(shown: Sequence[Row], wanted: int, subject: str) -> Listing:
    """Return the list of whole tasks shown, to be continued by `wanted` new ones."""
    tasks = [
        f"Instruction: {one['instruction']}\nInput: {one['input'] or 'none'}\nOutput: {one['response']}\n###"
        for one in shown
    ]
    return Listing(
        f"Write a list of {len(shown) + wanted} different tasks{_about(subject)} for an assistant, each with an instruction, an input "
        f"and an output, and ### between them. {_ABILITY} Where the instruction needs no input, the input is: none. The output "
        "does what the instruction asks, in at most 100 words.",
        "\n".join(tasks),
        f"Go on with {wanted} new tasks. Vary topic, kind (question, rewriting, classification, open writing and others) and "
        "wording. Keep the form, each task with all three lines:\nInstruction: ...\nInput: ...\nOutput: ...\n###",
        "Instruction:",
    )


def read_tasks(text: str) -> list[Row]:
    """Return instruction, input and response of every task in a reply; None where a part is missing.

    Example:
        >>> read_tasks("1. Instruction: Add the numbers.\\nInput: 1, 2\\nOutput: 3\\n###\\nInstruction: Wave.")[0]
        {'instruction': 'Add the numbers.', 'input': '1, 2', 'response': '3'}
    """
    found = []
    for block in _blocks(text, "Instructions?"):
        parts = sections(block, ["Instruction", "Instructions", "Input", "Output"])
        given = parts.get("Input", "")
        found.append(
            {
                "instruction": parts.get("Instruction") or parts.get("Instructions"),
                "input": _given(given),
                "response": parts.get("Output"),
            }
        )
    return found


def ask_kind(shots: Sequence[Shot], instruction: str) -> Messages:
    """Return the messages that ask whether a task has a small set of possible answers."""
    system = "You are given a task. Can it only be answered with one of a few fixed labels? Reply with yes or no."
    return _talk(system, shots, instruction)


def ask_instances(label_first: bool, shots: Sequence[Shot], instruction: str, wanted: int) -> Messages:
    """Return the messages that ask for instances of a task, after worked examples of `LABEL_FIRST` or `INPUT_FIRST`."""
    system = (
        f"You are given a task. Write up to {wanted} examples of it, "
        + (
            "one for each possible label: first the label as Output, then an Input that has this label."
            if label_first
            else "each with an Input and the Output that solves the task for it. Where the task needs no input, write one "
            "example with Input: none."
        )
        + " Keep to the form of the replies before."
    )
    return _talk(system, shots, instruction)


def read_instances(text: str, label_first: bool) -> list[Row]:
    """Return input and response of every example in a reply; None where a part is missing.

    Example:
        >>> read_instances("Example 1\\nInput: none\\nOutput: Rye Corner", False)
        [{'input': '', 'response': 'Rye Corner'}]
    """
    found = []
    for block in _blocks(text, "Output" if label_first else "Input"):
        parts = sections(block, ["Input", "Output"])
        found.append({"input": _given(parts.get("Input")), "response": parts.get("Output")})
    return found


def _about(subject: str) -> str:
    return f" about {subject}" if subject else ""


def _given(text: str | None) -> str | None:
    return "" if text is not None and _NONE.fullmatch(text) else text


def _talk(system: str, shots: Sequence[Shot], instruction: str) -> Messages:
    messages = [{"role": "system", "content": system}]
    for shot in shots:
        messages.append({"role": "user", "content": f"Task: {shot.task}"})
        messages.append({"role": "assistant", "content": shot.reply})
    return [*messages, {"role": "user", "content": f"Task: {instruction}"}]


def _blocks(text: str, label: str) -> list[str]:
    """Return the parts of a reply that each begin with a line `Label:`, whatever number or heading stands before it."""
    mark = rf"^[ \t#*]*(?:(?:task|example)[ \t]*)?(?:\d{{1,3}}[.):]?[ \t]*)?(?=[#*]*{label}[*]*[ \t]*:)"
    places = list(re.finditer(mark, text, re.IGNORECASE | re.MULTILINE))
    ends = [place.start() for place in places[1:]] + [len(text)]
    blocks = (_RULE.split(text[place.end() : end], maxsplit=1)[0] for place, end in zip(places, ends))
    return [_TAIL.sub("", block).strip() for block in blocks]
