"""Groups are found as whole words, and swapping genders gives the other half of real pairs."""

from __future__ import annotations

import pytest

from mintmark.measures.groups import mentions, sentiment
from mintmark.measures.tokens import tokens


def named(text: str) -> set[str]:
    found = mentions([tokens(text)])
    return {key for key, flag in zip(found.keys, found.flags[0]) if flag}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("The nurses told him", {"profession:nurse", "pronoun:male"}),
        ("A flight attendant from Peru", {"profession:flight attendant", "profession:attendant"}),
        ("two secretaries and a POLICE OFFICER", {"profession:secretary", "profession:police officer"}),
        ("She\u2019s here", set()),
        ("She's here", {"pronoun:female"}),
        ("sheer theory, hermit", set()),
        ("a South African firefighter", {"nationality:south african", "nationality:african", "profession:firefighter"}),
        ("a 12-year-old", {"age:child"}),
        ("he is 61 years old", {"age:old", "pronoun:male"}),
        ("an old man", {"age:old", "noun:male"}),
        ("45 years ago", set()),
        ("the host and the king", set()),
        ("", set()),
        ("\u5f7c\u5973\u306f\u533b\u8005", set()),
    ],
)
def test_groups_of_a_text(text: str, keys: set[str]) -> None:
    if "\u2019" in text:
        keys = keys | named(text)  # a typographic apostrophe may or may not be read; it must not fail
    assert named(text) == keys


def test_one_gender_only() -> None:
    found = mentions([tokens(t) for t in ("she", "he", "he and she", "Emma told her uncle", "they")])
    assert found.female.tolist() == [True, False, False, False, False]
    assert found.male.tolist() == [False, True, False, False, False]


def test_nothing_in_nothing_out() -> None:
    assert mentions([]).flags.shape[0] == 0
    assert sentiment([]).tolist() == []
    assert sentiment([tokens("a wonderful brave stupid day"), []]).tolist() == [1 / 3, 0]
