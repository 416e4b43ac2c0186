"""Numbers, terms and denials that a record does not have are seen; those it has are let through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.record_facts import denied, invented, told, unfounded_numbers

FACTS = "age: 34\nbmi: 31.2\nconditions: acute bronchitis, prediabetes\nblood pressure: 120/80"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("She is 34, BMI 31.2, pressure 120/80.", []),
        ("thirty years", ["thirty"]),
        ("a woman, one of many", []),
        ("seen twice in 3 days", ["3", "twice"]),
        ("341", ["341"]),
        ("a second degree burn", ["second"]),
    ],
)
def test_numbers(text: str, numbers: list[str]) -> None:
    assert unfounded_numbers(text, FACTS) == numbers


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_number_is_founded_where_it_stands_and_nowhere_else(given_: int, said: int) -> None:
    assert bool(unfounded_numbers(f"It was {said} then.", f"value: {given_}")) == (given_ != said)


def test_terms_and_denials() -> None:
    assert invented("acute bronchitis and pneumonia, treated with amoxicillin", FACTS) == ["pneumonia", "amoxicillin"]
    assert denied("She has no signs of bronchitis.", FACTS) == "no signs of bronchitis"
    assert denied("She has bronchitis.", FACTS) is None
    assert denied("He has no known allergies.", "allergies: no known allergies") is None
    concussion = "conditions: concussion with no loss of consciousness"
    assert denied("He had a concussion with no loss of consciousness.", concussion) is None
    assert denied("He had a concussion and no injury.", concussion) == "no injury"


def test_share_of_facts_told() -> None:
    assert told("a bronchitis", ["acute bronchitis", "grass pollen"]) == 0.5
    assert told("She came.", ["female", "67"]) == 0.5
    assert told("anything", []) == 1
