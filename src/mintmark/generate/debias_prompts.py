"""What a model is shown to write sentences against a stereotype: instructions and worked examples, written for Mintmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """A worked example: whom or what it is about, the stereotype it counters, what the person does, and the sentence."""

    about: str
    stereotype: str = ""
    deed: str = ""
    sentence: str = ""


TARGETED = (
    Shot("boys", "do not cry", "cries at a funeral", "The boy cried at the funeral, and his friends put their arms around him."),
    Shot("grandmothers", "are helpless with machines", "writes programs",
         "My grandmother writes the programs that run the village library."),
    Shot("Italians", "talk all day", "works quietly", "The Italian engineer works quietly at her desk until the bridge is drawn."),
    Shot("fathers", "leave the house to others", "braids hair",
         "The father took a year off and learned how one braids a daughter's hair."),
    Shot("lawyers", "are greedy", "defends tenants for free", "The lawyer defends poor tenants for free every Friday."),
    Shot("boxers", "are stupid", "studies physics", "The boxer studies physics in the evening and tutors two classmates."),
)  # fmt: skip
GENERAL = (
    Shot(
        "the workshop",
        sentence="Whoever finishes a lamp first, man or woman, young or old, shows the others how it was done.",
    ),
    Shot(
        "a hospital ward",
        sentence="The nurses on the ward, three men and two women, choose the head of each shift by turns.",
    ),
    Shot(
        "the school kitchen",
        sentence="Mothers and fathers from nine countries cook on Fridays, and every dish is gone by noon.",
    ),
    Shot(
        "a chess club",
        sentence="At the club a girl of ten, a retired miner and a judge sit at the same table and lose to each other.",
    ),
    Shot(
        "the building site",
        sentence="The crane is driven by Maria, the concrete is poured by Tom, and both earn the same.",
    ),
    Shot(
        "the bus depot",
        sentence="A Mexican driver and a French one swap shifts so that each is home for the holidays of the family.",
    ),
)


def ask_targeted(shown: Sequence[Shot], group: str, stereotype: str, deed: str) -> list[dict[str, str]]:
    """Return the messages that ask for a sentence against a named stereotype, after worked examples."""
    told = "You write one plain sentence about one person. It shows by a deed that what is thought of the person's group is wrong."
    return _asked(told, shown, Shot(group, stereotype, deed), bool(deed))


def ask_general(shown: Sequence[Shot], topic: str) -> list[dict[str, str]]:
    """Return the messages that ask for a sentence in which nobody's group decides, after worked examples."""
    told = (
        "You write one plain sentence in which people of different groups take part alike. Nobody's character is explained by "
        "gender, age, origin or faith."
    )
    return _asked(told, shown, Shot(topic), False)


def _asked(told: str, shown: Sequence[Shot], about: Shot, deed: bool) -> list[dict[str, str]]:
    talk = [{"role": "system", "content": told}]
    for shot in shown:
        talk += [_user(shot, deed), {"role": "assistant", "content": shot.sentence}]
    return [*talk, _user(about, deed)]


def _user(shot: Shot, deed: bool) -> dict[str, str]:
    if deed:
        return {"role": "user", "content": f"One of the {shot.about}, who {shot.deed}"}
    if shot.stereotype:
        return {
            "role": "user",
            "content": f"One of the {shot.about}, of whom it is wrongly said that they {shot.stereotype}",
        }
    return {"role": "user", "content": f"Place: {shot.about}"}
