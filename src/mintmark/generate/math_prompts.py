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

_WRITE = (
    "Write one short word problem with whole numbers about the given topic. Say every number that is needed, and end with one question. "
    "Do not solve it."
)
_SOLVE = "Solve the word problem. Write only the calculations, one a line, such as `3 * 4 = 12`; the last one gives the answer."


def ask_problem(shots: Sequence[Shot], topic: str) -> list[dict[str, str]]:
    """Return the talk that asks for a problem."""
    return _talk(_WRITE, [(f"Topic: {shot.topic}", shot.problem) for shot in shots], f"Topic: {topic}")


def ask_solution(shots: Sequence[Shot], problem: str) -> list[dict[str, str]]:
    """Return the talk that asks for the calculations of a problem."""
    return _talk(_SOLVE, [(shot.problem, shot.solution) for shot in shots], problem)


def _talk(system: str, shown: Sequence[tuple[str, str]], last: str) -> list[dict[str, str]]:
    found = [{"role": "system", "content": system}]
    for asked, answered in shown:
        found += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return [*found, {"role": "user", "content": last}]
