"""Questions judged by their form: answers that say nothing of what is asked, and inline markup that hides names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.questions import empty_answer
from mintmark.measures.sentences import plain_text


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("How do you make a file in a folder?", "Users should make a file in their folder.", "restates_question"),
        ("Why is the log written first?", "The log is written first in any case.", "restates_question"),
        ("What makes a cache fast?", "Caches are fast and popular.", "restates_question"),
        ("How do you make a file?", "Call `open` with a path and the mode w, then close it.", None),
        ("How many files are there?", "There are seven files.", None),
        ("Which file is read first?", "The recipe is the file that is read first.", None),
        ("What is a gateway?", "A gateway should give as many variables as it can.", "no_definition"),
        ("What is a gateway?", "Servers may stand behind gateways that are slow.", "no_definition"),
        ("What are gateways?", "It says nothing of them.", "no_definition"),
        ("What is a gateway?", "A gateway is a server between two others.", None),
        ("What's the GIL?", "The GIL protects the interpreter.", None),
        ("What is a gateway?", "A server between two others is called a gateway.", None),
        ("What is a gateway?", "Gateway: a server between two others.", None),
        ("What is the purpose of a gateway?", "Gateways should be fast.", None),
        ("What is the default?", "Seven.", None),
    ],
)
def test_answers_that_say_nothing_of_what_is_asked(question: str, answer: str, reason: str | None) -> None:
    found = empty_answer(question, answer)
    assert (found and found[0]) == reason


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_taken(question: str, answer: str) -> None:
    assert empty_answer(question, answer) is None or empty_answer(question, answer)[0] != ""  # type: ignore[index]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("see :pep:`484` and :rfc:`2822`", "see PEP 484 and RFC 2822"),
        ("see :pep:`style guide <7>`", "see style guide"),
        ("``__init__`` and __path__ and __two words__", "__init__ and __path__ and two words"),
        ("a _private name and __all__", "a _private name and __all__"),
        ("_so_ *it* **is**", "so it is"),
    ],
)
def test_markup_goes_and_names_stay(marked: str, plain: str) -> None:
    assert plain_text(marked) == plain
