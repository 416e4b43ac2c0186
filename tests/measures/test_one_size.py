"""Sets of texts side by side: repeats are seen, and the number of texts alone changes nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.one_size import MEASURES, side_by_side

WORDS = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "al", "en", "or")]


def texts(n: int, seed: int, *, words: int = 96, length: int = 12) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS[:words], k=length)) for _ in range(n)]


def test_a_set_that_repeats_is_told_from_one_that_does_not() -> None:
    rich, poor = side_by_side([texts(60, 1), texts(60, 2, words=6)])
    assert list(rich) == list(MEASURES)
    for name, sign in (("distinct_2", 1), ("vendi", 1), ("compression", -1), ("self_similarity", -1)):
        one, other = (rich, poor) if sign > 0 else (poor, rich)
        assert one[name].low > other[name].high, name
    assert rich["near_duplicates"].value == 0 and rich["words"].value == 12
    (copies,) = side_by_side([texts(10, 1) * 2])
    assert copies["near_duplicates"].value == 1


@pytest.mark.parametrize("n", [80, 400])
def test_the_number_of_texts_changes_nothing(n: int) -> None:
    small, large = side_by_side([texts(40, 1), texts(n, 2)])
    for name in ("distinct_2", "vendi", "compression", "self_similarity"):
        assert small[name].low <= large[name].high and large[name].low <= small[name].high, name
        assert abs(small[name].value / large[name].value - 1) < 0.1, name


def test_what_is_too_small_has_no_measure_and_sets_no_size() -> None:
    alone = side_by_side([texts(40, 1)])
    assert side_by_side([texts(40, 1), ["one", "two"], ["", " "] * 9, []]) == [alone[0], {}, {}, {}]
    assert side_by_side([]) == []


@given(st.lists(st.lists(st.text(max_size=30), max_size=12), max_size=3))
def test_any_texts_have_measures_inside_their_intervals(sets: list[list[str]]) -> None:
    for found in side_by_side(sets):
        for estimate in found.values():
            assert estimate.low <= estimate.value + 1e-9 and estimate.value <= estimate.high + 1e-9
