"""Extractive fragments are the greedy longest matches, in linear time; names are held against the source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.extractive import extractiveness, fragments, has_names, ngram_precision, unsupported_names

WORDS = st.lists(st.sampled_from("abc"), max_size=14)


def plain(text: list[str], source: list[str]) -> list[tuple[int, int]]:
    """The definition: the longest run from here that stands somewhere in the source, then on behind it."""
    found, i = [], 0
    while i < len(text):
        best = max(
            (
                n
                for n in range(1, len(text) - i + 1)
                for j in range(len(source))
                if source[j : j + n] == text[i : i + n]
            ),
            default=0,
        )
        if best:
            found.append((i, best))
        i += max(1, best)
    return found


@given(WORDS, WORDS)
def test_fragments_are_those_of_the_definition(text: list[str], source: list[str]) -> None:
    got = fragments(text, source)
    assert [(start, n) for start, _, n in got] == plain(text, source)
    for start, end, n in got:
        assert source[end - n : end] == text[start : start + n]


def test_coverage_and_density_of_known_texts() -> None:
    source = "the quick brown fox jumps over the lazy dog".split()
    lifted = extractiveness("quick brown fox".split(), source)
    assert (lifted.coverage, lifted.density, lifted.tokens) == (1.0, 3.0, 3)
    scattered = extractiveness("dog fox quick".split(), source)
    assert (scattered.coverage, scattered.density) == (1.0, 1.0)
    assert extractiveness([], source).coverage == 0.0 and extractiveness(["x"], []).coverage == 0.0


def test_repeats_cost_no_more_than_the_length() -> None:
    long = ["a"] * 200_000
    assert extractiveness(long, long).density == 200_000


def test_ngram_precision() -> None:
    assert ngram_precision("a b c d".split(), "x a b c".split(), 3) == pytest.approx(1 / 2)
    assert ngram_precision(["a"], ["a"], 3) is None


def test_names_are_found_inside_sentences_only() -> None:
    source = "The tower was built by Gustave Eiffel's company in Paris."
    assert unsupported_names("It was built by Eiffel in Paris.", source) == []
    assert unsupported_names("It stands in Lyon. Yesterday it rained on Jean-Luc.", source) == ["Lyon", "Jean-Luc"]
    assert unsupported_names("I think that I know.", source) == []
    assert has_names("It is in Lyon") and not has_names("Lyon is it") and not has_names("東京は大きい")
