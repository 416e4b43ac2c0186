"""Swapping genders gives the other half of real pairs, and what cannot be decided is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.data import data

from mintmark.measures.gender_swap import swap, swap_gender


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("She gave her car to her.", "He gave his car to him."),
        ("HE IS HIS OWN MAN", "SHE IS HER OWN WOMAN"),
        ("It was his. His father saw him.", "It was hers. Her mother saw her."),
        ("no people here", "no people here"),
        ("his uncle's wife", "her aunt's husband"),
        ("Mary\u2019s mother said she\u2019s late", "James\u2019s father said he\u2019s late"),
        ("I miss you, Miss Jones", "I miss you, Mr Jones"),
        ("we host a host", "we host a hostess"),
        ("Oh God, Michael James saw the god", "Oh God, Linda James saw the goddess"),
    ],
)
def test_swaps(text: str, swapped: str) -> None:
    assert swap_gender(text) == swapped


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("because her back hurt", "because his back hurt"),
        ("they called her back", "they called him back"),
        ("we let her go", "we let him go"),
        ("we saw her old car", "we saw his old car"),
        ("that made her happy.", "that made him happy."),
        ("that made her happy family smile", None),
        ("it took her 20 minutes", "it took him 20 minutes"),
        ("on her 20th birthday", "on his 20th birthday"),
        ("I wished her happy birthday", "I wished him happy birthday"),
        ("they told her mother", "they told his father"),
        ("they gave her parents a car", None),
        ("they gave her money", None),
        ("he saw her duck", None),
        ("they showed her sympathy", None),
        ("they had her arrested.", "they had him arrested."),
        ("in her will", "in his will"),
        ("within her or his rights", "within his or her rights"),
        ("her in-laws", "his in-laws"),
        ("with her family.", "with his family."),
        ("they looked at her closely.", "they looked at him closely."),
        ("a friend of his called", None),
        ("one of his friends called", "one of her friends called"),
        ("his down jacket was his", "her down jacket was hers"),
        ("a road in Virginia", None),
        ("Virginia sang", "Samuel sang"),
    ],
)
def test_her_and_his_are_decided_by_what_stands_beside_them(text: str, swapped: str | None) -> None:
    found = swap(text)
    assert bool(found.undecided) == (swapped is None), found
    if swapped is not None:
        assert found.text == swapped


@given(st.text(max_size=80))
def test_any_text_may_be_swapped_and_only_named_words_change(text: str) -> None:
    found = swap(text)
    assert bool(found.changes) == (found.text != text)


def test_names_swap_back() -> None:
    for text in ("Mary met John and Emma.", "Liam is a grandfather.", "JAMES and Patricia"):
        assert swap_gender(text) != text
        assert swap_gender(swap_gender(text)) == text


def test_pro_and_anti_sentences_are_each_others_swap() -> None:
    def read(name: str) -> list[str]:
        lines = data("bias", "WinoBias", "data", name).read_text(encoding="utf-8").splitlines()
        return [re.sub(r"^\d+ |[\[\]]", "", line.strip()) for line in lines]

    same = undecided = total = 0
    for kind in ("type1", "type2"):
        for part in ("dev", "test"):
            pro, anti = (read(f"{side}_stereotyped_{kind}.txt.{part}") for side in ("pro", "anti"))
            for one, other in [*zip(pro, anti), *zip(anti, pro)]:
                found = swap(one)
                undecided += bool(found.undecided)
                same += not found.undecided and found.text == other
                total += 1
    assert total == 3168
    # The rest of what is decided differs by more than gender: rewritten halves, a man who stays one, slips of the pen.
    assert undecided / total <= 0.015 and same / (total - undecided) >= 0.98


def test_every_winogender_sentence_becomes_its_own_counterpart() -> None:
    lines = data("bias", "Winogender", "data", "all_sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sentences = dict(line.split("\t") for line in lines)
    men = [k for k in sentences if ".male." in k]
    assert len(men) == 240
    for k in men:
        man, woman = sentences[k], sentences[k.replace(".male.", ".female.")]
        assert (swap(man).text, swap(woman).text) == (woman, man)
        assert not swap(man).undecided and not swap(woman).undecided
