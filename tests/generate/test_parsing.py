"""Replies taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.generate.parsing import list_items, sections, without_talk
from mintmark.measures.code import code_blocks

LINE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1).filter(lambda t: t.isalpha())


@given(st.lists(LINE, min_size=1, max_size=9))
def test_a_numbered_list_comes_back(items: list[str]) -> None:
    for mark in ("{}. ", "{}) ", "({}) ", "- ", "* ", "Task {}: "):
        text = "Here are some:\n" + "\n".join(mark.format(i) + item for i, item in enumerate(items, 1))
        assert list_items(text) == items


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1. One\n   goes on\n\n2. Two", ["One goes on", "Two"]),
        ("first\n\nsecond", ["first", "second"]),
        ("", []),
        ("1. \n2. Two", ["Two"]),
        ("In 1999. nothing\nhappened", ["In 1999. nothing", "happened"]),
        ("1. Add 3.5 and 2.\n2. Stop", ["Add 3.5 and 2.", "Stop"]),
    ],
)
def test_lists_as_models_write_them(text: str, found: list[str]) -> None:
    assert list_items(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Question: Why?\nAnswer: So.", {"Question": "Why?", "Answer": "So."}),
        ("### question : Why?\n__Answer__: a\nb", {"Question": "Why?", "Answer": "a\nb"}),
        ("**Answer:** So.\nQuestion: Why?", {"Answer": "So.", "Question": "Why?"}),
        ("Question: one\nQuestion: two", {"Question": "one"}),
        ("The question: why?", {}),
        ("nothing", {}),
    ],
)
def test_sections_as_models_write_them(text: str, found: dict[str, str]) -> None:
    assert sections(text, ["Question", "Answer"]) == found


def test_a_longer_label_wins_over_its_beginning() -> None:
    assert sections("Answer key: 7\nAnswer: x", ["Answer", "Answer key"]) == {"Answer key": "7", "Answer": "x"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"Why?"', "Why?"),
        ("Sure, here is one:\nWhy?", "Why?"),
        ("Here's a rewritten version:\n\nIt rains.", "It rains."),
        ('He said "no" and "yes"', 'He said "no" and "yes"'),
        ('"a" and "b"', '"a" and "b"'),
        ("Surely it rains.", "Surely it rains."),
        ("Here is where it rains.", "Here is where it rains."),
    ],
)
def test_talk_around_a_reply_is_left_out(text: str, found: str) -> None:
    assert without_talk(text) == found


def test_code_in_fences() -> None:
    text = "A:\n```python\nx = 1\n```\nB:\n```\ny\n```\ncut:\n```py\nz = 3"
    assert code_blocks(text) == [("python", "x = 1"), ("", "y"), ("py", "z = 3")]
    assert code_blocks("no code") == []
