"""What a model is shown to write a clinical note from facts: instructions, worked examples, and people who do not exist."""

from __future__ import annotations

import random
from collections.abc import Sequence

from ..measures.wordlists import word_list

TOLD = (
    "You write a short clinical note of two to four plain sentences. Use only the facts that are given, with the numbers as they "
    "are given. Add no date, no place, no dose, no other name and no other finding."
)
SHOTS = (
    (
        "Patient: Karl Ostrow\nage: 67\nsex: male\nconditions: hypertension, osteoarthritis of the knee\nallergies: penicillin",
        "Karl Ostrow is a 67-year-old man with hypertension and osteoarthritis of the knee. He is allergic to penicillin.",
    ),
    (
        "Patient: Ines Marlow\nage: 29\nsex: female\nconditions: asthma\ncare: respiratory therapy",
        "Ines Marlow, a 29-year-old woman, has asthma. She receives respiratory therapy.",
    ),
    (
        "Patient: Amara Lind\nsex: female\nmarital status: married\nconditions: anemia, sprain of wrist",
        "Amara Lind is a married woman who presents with anemia and a sprain of the wrist.",
    ),
)
_SURNAMES = (
    "Abernel Borling Castrow Dunmore Eskelin Farrant Gorski Halvane Ibsworth Jarnell Kestrow Lindqvar Marlaine Norwend Oakhurst "
    "Pellmore Quennel Rosvald Sandoval Tarnow Umbridge Valdane Westrow Yarrowin Zelmane"
).split()


def ask_note(shown: Sequence[tuple[str, str]], name: str, facts: str) -> list[dict[str, str]]:
    """Return the messages that ask for a note, after worked examples."""
    talk = [{"role": "system", "content": TOLD}]
    for facts_shown, note in shown:
        talk += [{"role": "user", "content": facts_shown}, {"role": "assistant", "content": note}]
    return [*talk, {"role": "user", "content": f"Patient: {name}\n{facts}"}]


def person(rng: random.Random, sex: str, avoid: str) -> dict[str, str]:
    """Return the name and record number of somebody who does not exist, no word of it in `avoid`."""
    groups = word_list("names")["groups"]
    small = sex.strip().casefold()[:1]
    first = (
        groups["female"]
        if small in ("f", "w")
        else groups["male"]
        if small == "m"
        else groups["female"] + groups["male"]
    )
    taken = avoid.casefold()
    names = [n for n in first if n not in taken], [n for n in _SURNAMES if n.casefold() not in taken]
    return {
        "name": f"{rng.choice(names[0]).title()} {rng.choice(names[1])}",
        "record_number": f"R{rng.randrange(10**6, 10**7)}",
    }
