"""The words with which `generate.math` asks, and its worked examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Shot(NamedTuple):
    """One worked example."""

    topic: str
    problem: str
    solution: str


SHOTS = (
    Shot(
        "a library",
        "A library lends 14 books on Monday and 9 books on Tuesday. On Wednesday 5 of them come back. How many books are still lent out?",
        "14 + 9 = 23\n23 - 5 = 18",
    ),
    Shot(
        "baking bread",
        "A baker needs 250 grams of flour for each loaf. He bakes 6 loaves. How many grams of flour does he need?",
        "250 * 6 = 1500",
    ),
    Shot(
        "bus tickets",
        "A bus ticket costs $3 for an adult and $2 for a child. A family of 2 adults and 4 children takes the bus. How much do they pay?",
        "3 * 2 = 6\n2 * 4 = 8\n6 + 8 = 14",
    ),
    Shot(
        "a garden",
        "A gardener plants 48 tulips in 6 equal rows. How many tulips are in each row?",
        "48 / 6 = 8",
    ),
    Shot(
        "running",
        "Mina runs 4 kilometers every day for 5 days, and 10 kilometers on the sixth day. How many kilometers does she run in all?",
        "4 * 5 = 20\n20 + 10 = 30",
    ),
    Shot(
        "saving money",
        "Omar has $60. He spends $15 on a book and half of what is left on a game. How much does the game cost?",
        "60 - 15 = 45\n45 / 2 = 22.5",
    ),
)

ONE_STEP = (
    Shot("a garden", "A gardener plants 48 tulips in 6 equal rows. How many tulips are in each row?", "48 / 6 = 8"),
    Shot("a choir", "35 singers stand in 5 rows of the same length. How many singers are in one row?", "35 / 5 = 7"),
    Shot(
        "baking bread",
        "A baker needs 20 grams of butter for each loaf. He bakes 6 loaves. How many grams of butter does he need?",
        "20 * 6 = 120",
    ),
    Shot("a cinema", "A cinema has 12 rows with 9 seats each. How many seats does it have?", "12 * 9 = 108"),
    Shot(
        "a library",
        "A library lends 14 books on Monday and 29 books on Tuesday. How many books does it lend on both days together?",
        "14 + 29 = 43",
    ),
    Shot(
        "a walk",
        "Ben walks 11 kilometers before lunch and 7 kilometers after it. How many kilometers does he walk in all?",
        "11 + 7 = 18",
    ),
    Shot("saving money", "Omar has $60 and spends $15 on a book. How many dollars does he have left?", "60 - 15 = 45"),
    Shot(
        "a bus",
        "52 people are on a bus. At the station 17 of them get off. How many people are still on the bus?",
        "52 - 17 = 35",
    ),
)
"""Worked examples with one calculation each, two for each operation."""

_WRITE = (
    "Write one short word problem with whole numbers about the given topic. Say every number that is needed, and end with one question. "
    "Do not solve it."
)
_SOLVE = "Solve the word problem. Write only the calculations, one a line, such as `3 * 4 = 12`; the last one gives the answer."

_TELL = (
    "Write one short word problem about the given topic that is solved by the given calculation. Say both numbers and no other, and "
    "end with one question. Do not solve it."
)
_SOLVE_ONE = "Solve the word problem. Write only the calculation, such as `3 * 4 = 12`."


def ask_problem(shots: Sequence[Shot], topic: str) -> list[dict[str, str]]:
    """Return the talk that asks for a problem."""
    return _talk(_WRITE, [(f"Topic: {shot.topic}", shot.problem) for shot in shots], f"Topic: {topic}")


def ask_solution(shots: Sequence[Shot], problem: str) -> list[dict[str, str]]:
    """Return the talk that asks for the calculations of a problem."""
    return _talk(_SOLVE, [(shot.problem, shot.solution) for shot in shots], problem)


def ask_story(shots: Sequence[Shot], topic: str, calculation: str) -> list[dict[str, str]]:
    """Return the talk that asks for a problem to a calculation."""
    shown = [(_story(shot.topic, shot.solution.partition(" =")[0]), shot.problem) for shot in shots]
    return _talk(_TELL, shown, _story(topic, calculation))


def ask_calculation(shots: Sequence[Shot], problem: str) -> list[dict[str, str]]:
    """Return the talk that asks for the one calculation of a problem."""
    return _talk(_SOLVE_ONE, [(shot.problem, shot.solution) for shot in shots], problem)


def _story(topic: str, calculation: str) -> str:
    return f"Topic: {topic}\nCalculation: {calculation}"


def _talk(system: str, shown: Sequence[tuple[str, str]], last: str) -> list[dict[str, str]]:
    found = [{"role": "system", "content": system}]
    for asked, answered in shown:
        found += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return [*found, {"role": "user", "content": last}]
