"""Queries: what is one, and what was lifted from its document."""

from __future__ import annotations

import pytest

from mintmark.measures.queries import clean_query, query_problem

DOCUMENT = "Honey keeps for many years because bacteria cannot grow in so little water."


@pytest.mark.parametrize(
    ("reply", "query"),
    [
        ("Query: how long does honey keep.", "how long does honey keep"),
        ('"Why does honey keep?"\nIt has no water.', "Why does honey keep?"),
        ("search query: honey bacteria:", "honey bacteria"),
        ("", ""),
    ],
)
def test_the_query_in_a_reply(reply: str, query: str) -> None:
    assert clean_query(reply) == query


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("how long does honey keep", None),
        ("honey shelf life bacteria", None),
        ("Can I keep honey for years?", None),
        ("is this honey still good?", None),
        ("how long", "query_length"),
        ("of the and to", "query_length"),
        ("This is a fact about honey", "not_a_query"),
        ("I'm glad you like honey", "not_a_query"),
        ("Honey keeps long. Bees make it", "not_a_query"),
        ("honey is old. (Though it keeps)", "not_a_query"),
        ("how to keep honey when one of the", "not_a_query"),
        ("honey keeps for many years because bacteria are few", "copies_document"),
        ("why is it that honey keeps for many years", None),
    ],
)
def test_what_is_no_query(query: str, reason: str | None) -> None:
    found = query_problem(query, DOCUMENT, min_words=3, max_words=12)
    assert (found and found[0]) == reason
