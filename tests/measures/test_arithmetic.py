"""Arithmetic in texts."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.arithmetic import NotArithmetic, agrees, numbers_in, shown, value_of
from mintmark.measures.worked import stated_answer, steps_of, strangers, verdict

NUMBERS = st.integers(0, 10**6).map(str) | st.decimals(0, 10**4, places=3).map(str)
TREES = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=6,
)


@given(TREES)
def test_values_are_exact(text: str) -> None:
    import re

    exact = re.sub(r"\d+(?:\.\d+)?", lambda m: f"Fraction('{m[0]}')", text)
    try:
        want = eval(exact, {"Fraction": Fraction})
    except ZeroDivisionError:
        with pytest.raises(NotArithmetic):
            value_of(text)
        return
    assert value_of(text) == want


@given(st.text(max_size=60))
def test_any_text_has_a_value_or_none(text: str) -> None:
    with contextlib.suppress(NotArithmetic):
        assert isinstance(value_of(text), Fraction)
    assert verdict(text)[0] in ("kept", "dropped", "failed")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200 + $3.50", Fraction("1203.5")), ("20% * 50", 10), ("3 x 4 × 2 ÷ 6", 4), ("2^10", 1024), ("[1 + 2] * 3", 9), ("007 + 1", 8),
        ("7 // 2 + 7 % 2", 4), ("-(3 - 5)", 2), (".5 + 1/2", 1), ("2 ** -1", Fraction(1, 2)), ("100% - 30%", Fraction("0.7")),
    ],
)  # fmt: skip
def test_notations(text: str, value: int) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x + 1",
        "__import__('os')",
        "9 ** 9 ** 9",
        "2 ** 0.5",
        "1 / 0",
        "1 if 2 else 3",
        "True + 1",
        "(1, 2)",
        "1 +" * 200,
        "3 (4)",
        "1j",
    ],
)
def test_what_is_no_arithmetic_has_no_value(text: str) -> None:
    with pytest.raises(NotArithmetic):
        value_of(text)


@given(st.integers(-(10**9), 10**9), st.integers(1, 999), st.integers(1, 5))
def test_a_rounded_number_agrees_and_its_neighbour_does_not(a: int, b: int, decimals: int) -> None:
    value = Fraction(a, b)
    unit = Fraction(1, 10**decimals)
    nearest = round(value / unit)
    assert agrees(value, _written(nearest, decimals))
    assert not agrees(value, _written(nearest + 2, decimals))


def _written(units: int, decimals: int) -> str:
    digits = f"{abs(units):0{decimals + 1}d}"
    return f"{'-' if units < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def test_whole_numbers_are_not_rounded() -> None:
    assert not agrees(Fraction(5, 2), "2") and not agrees(Fraction(5, 2), "3") and agrees(Fraction(5, 2), "2.5")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He pays 3 x $4 = $12.", [("3 x $4", "$12")]),
        ("16 - 3 - 4 = <<16-3-4=9>>9 eggs", [("16-3-4", "9"), ("16 - 3 - 4", "9")]),
        ("14 + 9 = 23\n23 - 5 = 18", [("14 + 9", "23"), ("23 - 5", "18")]),
        ("8x = 32, so x - 6 = 54 and 100/5 = 5A/5", []),
        ("3 / 2 = 1 1/2 hours, 1/3 + 1/3 = 2/3", []),
        ("10 - 4 = 2 * 3 = 6", []),
        ("60 minutes + 10 minutes = 70 minutes", []),
        ("-5 + 8 = 3", [("-5 + 8", "3")]),
        ("The ratio is 3:4 = half.", []),
    ],
)
def test_calculations_in_a_text(text: str, found: list[tuple[str, str]]) -> None:
    assert [(s.expression, s.stated) for s in steps_of(text)] == found


def test_the_final_answer() -> None:
    assert stated_answer("4 * 2 = 8\n#### 1,008") == "1,008"
    assert stated_answer("The answer is **$12.50**, of 3 tries.") == "$12.50"
    assert stated_answer("She has 3, then 4") == "4" and stated_answer("none") is None


def test_numbers_that_nobody_mentioned() -> None:
    problem = "A dozen eggs cost $3. Twelve boys buy half of them, 25% off."
    assert strangers(["12 / 2", "6 * 3", "18 * 0.25"], problem) == []
    assert strangers(["12 * 9"], problem) == ["9"]


def test_numbers_in_figures_and_words() -> None:
    assert numbers_in("A boy buys twelve pens, 3.5 kg and 1,000 stones; one is lost.") == [12, Fraction(7, 2), 1000]
    assert numbers_in("Nothing at all") == []


def test_shown_numbers_come_back() -> None:
    for value in (Fraction(1, 3), Fraction(5, 2), Fraction(-7), Fraction(10**20), Fraction("0.000001")):
        assert value_of(shown(value)) == value
