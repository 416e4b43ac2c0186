"""Replies that cannot stand: what is said of a rewrite in its place, and what only sounds like it."""

from __future__ import annotations

import pytest

from mintmark.generate.talk import bad_revision

CRITIQUE, BEFORE = "Be kinder.", "Go away."


@pytest.mark.parametrize(
    "text",
    [
        "Here's a revised version of it.", "This response is kinder.", "I've made a few small changes.", "The original answer was rude.",
        "Two or three sentences: go.", "The answer can be rephrased to this.", "I kept the original text.",
        "I have rewritten it.", "Your reply is now kinder.", "This version is kinder.",
    ],
)  # fmt: skip
def test_a_rewrite_that_tells_of_itself_is_no_reply(text: str) -> None:
    assert bad_revision(text, CRITIQUE, BEFORE) == "speaks_of_itself"


@pytest.mark.parametrize(
    "text",
    [
        "Please go.", "The response of the skin is a rash.", "Write a new message to your landlord.", "I have made a cake.",
        "Read the text again, and answer in a sentence.", "A revised law came into force in 1990.", "The answer is 72.",
    ],
)  # fmt: skip
def test_a_reply_that_only_sounds_like_it_stands(text: str) -> None:
    assert bad_revision(text, CRITIQUE, BEFORE) is None


def test_a_critique_that_repeats_the_reply_is_none() -> None:
    assert bad_revision("Please go.", "go   AWAY.", BEFORE) == "no_critique"


def test_a_rewrite_that_is_its_critique_is_no_reply() -> None:
    critique = "The reply is rude and might hurt somebody who asks for help in good faith."
    assert bad_revision(critique.replace("The reply", "That reply"), critique, BEFORE) == "copies_critique"
    assert (
        bad_revision("Somebody who asks for help in good faith should hear where the door is.", critique, BEFORE)
        is None
    )
