"""The words with which `generate.multi_hop_qa` asks, and its worked examples."""

from __future__ import annotations

from typing import Any, NamedTuple

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {k: {"type": "string", "minLength": 1} for k in ("question", "answer")},
    "required": ["question", "answer"],
    "additionalProperties": False,
}


class Shot(NamedTuple):
    """One worked example."""

    link: str
    first: str
    second: str
    question: str


SHOTS = (
    Shot(
        "Marta Lindqvist",
        "The observatory on the hill was founded by Marta Lindqvist in 1911.",
        "Her travels took Marta Lindqvist to Peru, where she mapped the southern stars.",
        "What did the founder of the observatory map in Peru?",
    ),
    Shot(
        "rye flour",
        "A starter made with rye flour ferments faster because of its minerals.",
        "Bread baked with rye flour stays moist for a week.",
        "Which flour makes a starter ferment faster and keeps bread moist for a week?",
    ),
    Shot(
        "Ems canal",
        "Barges from the coal port reach the city by the Ems canal.",
        "Ice closes the Ems canal in most years from January to March.",
        "In which months can barges from the coal port not reach the city because of ice?",
    ),
    Shot(
        "Vega cable",
        "The island draws its power from the mainland over the Vega cable.",
        "An anchor damaged the Vega cable in the storm of 2003.",
        "What damaged the cable that brings power to the island?",
    ),
)


def ask_question(shots: list[Shot], link: str, first: str, second: str) -> list[dict[str, str]]:
    """Return the messages that ask for the question which two sentences answer together."""
    system = (
        "You write questions that need two facts. Write one short question that can be answered only by somebody who knows "
        "both sentences. Use words of both. Reply with the question only."
    )
    messages = [{"role": "system", "content": system}]
    for shot in shots:
        messages.append({"role": "user", "content": _shown(shot.link if link else "", shot.first, shot.second)})
        messages.append({"role": "assistant", "content": shot.question})
    messages.append({"role": "user", "content": _shown(link, first, second)})
    return messages


def ask_both(link: str, chunk: str, other: str, first: str, second: str) -> list[dict[str, str]]:
    """Return the messages that ask for question and answer together."""
    system = (
        "You write questions for a reading test in which two texts must be put together. Somebody who has read only one of "
        "them must not be able to answer, and the question must be understood without either."
    )
    about = (
        f" Both speak of {link}; where you can, describe it by one text and ask what the other says of it."
        if link
        else ""
    )
    user = (
        f"First text:\n{chunk}\n\nSecond text:\n{other}\n\nWrite one question that rests on this sentence of the first text:\n"
        f"{first}\nand on this one of the second:\n{second}\n{about}\nGive its short answer too. Reply with JSON: "
        '{"question": "...", "answer": "..."}'
    )
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _shown(link: str, first: str, second: str) -> str:
    about = f"Both about: {link}\n" if link else ""
    return f"{about}First: {first}\nSecond: {second}"
