"""Retrieval: scores worked out by hand, ties, fusion, and an index that comes back the same."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.core.errors import MissingExtra
from mintmark.measures.retrieval import Index, fused, ranked, terms, unit, word_index

pytest.importorskip("bm25s")
WORDS = st.lists(st.sampled_from(["honey", "lava", "tide", "bread", "clock", "the"]), max_size=8).map(" ".join)


def test_bm25_by_hand() -> None:
    texts = ["Honey, honey and bread.", "Lava and bread.", "Tides rise.", ""]
    index = Index(len(texts), word_index(texts))
    mean = (3 + 2 + 2 + 0) / 4

    def score(count: int, length: int, documents: int) -> float:
        idf = math.log(1 + (4 - documents + 0.5) / (documents + 0.5))
        return idf * count / (count + 1.5 * (1 - 0.75 + 0.75 * length / mean))

    assert index.by_words("honey?").tolist() == pytest.approx([score(2, 3, 1), 0, 0, 0])
    assert index.by_words("The bread of honey").tolist() == pytest.approx(
        [score(2, 3, 1) + score(1, 3, 2), score(1, 2, 2), 0, 0]
    )


@pytest.mark.parametrize("texts", [[], ["", "the of"], ["honey"]])
def test_what_has_no_words_scores_nothing(texts: list[str]) -> None:
    index = Index(len(texts), word_index(texts))
    assert index.by_words("the").tolist() == [0.0] * len(texts)
    assert index.by_words("lava").tolist() == [0.0] * len(texts)
    assert ranked(index.by_words("lava"), 3, above=0.0) == []


def test_words_are_read_in_any_script_and_by_their_stem() -> None:
    assert terms("How the REQUESTS failed") == ["request", "fail"]
    assert terms("猫がいる") == ["猫", "が", "い", "る"]
    assert Index(1, word_index(["猫がいる"])).by_words("猫")[0] > 0


@settings(max_examples=40)
@given(st.lists(WORDS, max_size=8), WORDS)
def test_an_index_comes_back_from_its_arrays(texts: list[str], query: str) -> None:
    vectors = unit(np.random.default_rng(len(texts)).normal(size=(len(texts), 4)).astype(np.float32))
    index = Index(len(texts), word_index(texts), vectors)
    again = Index.from_arrays(index.arrays())
    assert again.by_words(query).tolist() == index.by_words(query).tolist()
    assert again.by_vector([1, 2, 3, 4]).tolist() == index.by_vector([1, 2, 3, 4]).tolist()


def test_cosines_do_not_depend_on_lengths() -> None:
    index = Index(3, vectors=unit(np.float32([[2, 0], [3, 3], [0, 0]])))
    assert index.by_vector([5, 0]).tolist() == pytest.approx([1, math.sqrt(0.5), 0])
    with pytest.raises(ValueError, match="no vectors"):
        Index(1).by_vector([1])


@given(st.lists(st.integers(-3, 3), max_size=60), st.integers(1, 12), st.integers(-4, 3))
def test_ranked_is_a_stable_sort(values: list[int], k: int, above: int) -> None:
    want = sorted((i for i, v in enumerate(values) if v > above), key=lambda i: (-values[i], i))[:k]
    assert [i for i, _ in ranked(np.array(values, np.float32), k, above=above)] == want


def test_fusion_by_hand() -> None:
    found = fused([[4, 1, 2], [2, 9]], 10)
    assert [place for place, _ in found] == [2, 4, 1, 9]
    assert [score for _, score in found] == pytest.approx([1 / 63 + 1 / 61, 1 / 61, 1 / 62, 1 / 62])


def test_a_missing_package_is_one_error_with_the_line_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mintmark\[retrieval\]'"):
        word_index(["honey"])
