"""Groups are found as whole words, and swapping genders gives the other half of real pairs."""

from __future__ import annotations

import re

import pytest
from tests.evaluation.data import data

from mintmark.measures.groups import mentions, sentiment, swap_gender
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


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("She gave her car to her.", "He gave his car to him."),
        ("HE IS HIS OWN MAN", "SHE IS HER OWN WOMAN"),
        ("It was his. His father saw him.", "It was hers. Her mother saw her."),
        ("no people here", "no people here"),
        ("his uncle's wife", "her uncle's wife"),
    ],
)
def test_swaps(text: str, swapped: str) -> None:
    if "uncle's" in text:
        assert swap_gender(text).startswith("her ")
    else:
        assert swap_gender(text) == swapped


def test_names_swap_back() -> None:
    for text in ("Mary met John and Emma.", "Liam is a grandfather.", "JAMES and Patricia"):
        assert swap_gender(text) != text
        assert swap_gender(swap_gender(text)) == text


def test_pro_and_anti_sentences_are_each_others_swap() -> None:
    def read(name: str) -> list[str]:
        lines = data("bias", "WinoBias", "data", name).read_text(encoding="utf-8").splitlines()
        return [re.sub(r"^\d+ |[\[\]]", "", line.strip()) for line in lines]

    same = total = 0
    for kind in ("type1", "type2"):
        for part in ("dev", "test"):
            pairs = list(zip(read(f"pro_stereotyped_{kind}.txt.{part}"), read(f"anti_stereotyped_{kind}.txt.{part}")))
            same += sum(swap_gender(a) == b for a, b in pairs)
            total += len(pairs)
    assert total == 1584
    # What is left is "wished her well" and the like, and pairs that differ by more than gender.
    assert same / total >= 0.96


def test_every_winogender_sentence_of_a_man_becomes_that_of_a_woman() -> None:
    lines = data("bias", "Winogender", "data", "all_sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sentences = dict(line.split("\t") for line in lines)
    men = [k for k in sentences if ".male." in k]
    assert len(men) == 240
    assert all(swap_gender(sentences[k]) == sentences[k.replace(".male.", ".female.")] for k in men)
