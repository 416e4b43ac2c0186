"""Shingles: the hashed form says the same as the readable one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.measures import lexical
from mintmark.measures.lexical import jaccard, shingle_hashes, shingle_sets, shingles

texts = st.lists(st.text("ab c😀", max_size=12) | st.text(max_size=8), min_size=1, max_size=6)


def test_shingles():
    assert shingles("abcd", 3) == {"abc", "bcd"}
    assert shingles("ab", 3) == {"ab"} and shingles("", 3) == {""}
    assert shingles("a  b c", 2, "word") == {"a b", "b c"}
    assert shingles(" ", 2, "word") == {""} and shingles("a", 2, "word") == {"a"}


@settings(deadline=None)
@given(texts, st.integers(1, 7), st.sampled_from(["char", "word"]))
def test_hashes_stand_for_the_same_sets(group, n, unit):
    sets = [shingles(text, n, unit) for text in group]
    found = shingle_hashes(group, n, unit)
    distinct = found.distinct()
    assert len(found) == len(group) == len(distinct)
    for i, own in enumerate(sets):
        assert len(distinct.row(i)) == len(own) >= 1
        assert set(found.row(i).tolist()) == set(distinct.row(i).tolist())
        for j, other in enumerate(sets):
            shared = set(distinct.row(i).tolist()) & set(distinct.row(j).tolist())
            assert len(shared) == len(own & other)


@given(texts, st.integers(1, 7), st.sampled_from(["char", "word"]))
def test_a_text_hashes_alone_as_among_others(group, n, unit):
    found = shingle_hashes(group, n, unit)
    for i, text in enumerate(group):
        assert np.array_equal(found.row(i), shingle_hashes([text], n, unit).row(0))


def test_sets_are_the_distinct_shingles_chunk_by_chunk(monkeypatch):
    group = ["abcabc", "", "a b", "xyz" * 9, "abc"]
    whole = shingle_hashes(group, 3).distinct()
    for chunk in (1, 2, 9):
        monkeypatch.setattr(lexical, "CHUNK", chunk)
        parts = shingle_sets(group, 3)
        assert np.array_equal(parts.hashes, whole.hashes) and np.array_equal(parts.offsets, whole.offsets)
    assert len(shingle_sets([], 3)) == 0


def test_a_short_text_is_not_its_padding():
    rows = shingle_hashes(["ab", "ab\0", "ab ", "ab\0\0\0"], 5).distinct()
    assert len({tuple(rows.row(i).tolist()) for i in range(4)}) == 4


def test_hashes_are_the_same_everywhere():
    """Pinned values: a change here changes which near duplicates every recipe finds."""
    assert shingle_hashes(["abcdef"], 5).hashes.tolist() == CHARS
    assert shingle_hashes(["one two"], 1, "word").hashes.tolist() == WORDS


def test_no_texts_and_no_ngram():
    assert len(shingle_hashes([])) == 0 and len(shingle_hashes([], 3, "word").distinct()) == 0
    with pytest.raises(ValueError, match="at least 1 char"):
        shingle_hashes(["a"], 0)


def test_jaccard():
    assert jaccard({"a"}, {"b"}) == 0 and jaccard({"a"}, {"a"}) == 1 and jaccard(set(), set()) == 1
    assert jaccard(set(), {"a"}) == 0


CHARS = [12638462411045782300, 8490963842548209447]
WORDS = [3248236411252282936, 15551836505437317383]
