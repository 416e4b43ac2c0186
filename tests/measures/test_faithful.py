"""Texts held against their sources: numbers, names, words, and talk about the text itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.faithful import meta_talk, unfaithful

SOURCE = (
    "In 1912 the Titanic, built in Belfast, sank with 1,500 people after it struck ice. The inquiry sat for 36 days."
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The ship sank in 1912 after it struck ice.", None),
        ("The ship sank in 1913 after it struck ice.", "unsupported_number"),
        ("The ship was built in Hamburg.", "unsupported_name"),
        ("The Titanic of Belfast's yards sank when it struck ice.", None),
        ("Cheerful musicians entertained wealthy passengers.", "low_support"),
        ("", None),
    ],
)
def test_what_the_source_lacks(text: str, reason: str | None) -> None:
    found = unfaithful(text, SOURCE, min_support=0.5)
    assert (found and found[0]) == reason


@given(st.text(max_size=80))
def test_a_text_is_faithful_to_itself(text: str) -> None:
    assert unfaithful(text, text, min_support=1.0) is None


@pytest.mark.parametrize(
    "text",
    [
        "Here is the rewritten text: Bees.",
        "The passage describes bees.",
        "As an AI language model I cannot.",
        "Bees fly. Let me know if you need more.",
        "I have rephrased it.",
    ],
)
def test_talk_is_seen(text: str) -> None:
    assert meta_talk(text) is not None


def test_talk_that_the_source_uses_itself_is_none() -> None:
    assert meta_talk("The text is cut into chunks.") is not None
    assert meta_talk("The text is cut into chunks.", "First the\ntext is read.") is None
    assert meta_talk("Bees make honey, and here they keep it.") is None
