"""ROUGE-L and its index: the reference's figures, and the plain loop's decisions."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mintmark.measures import rouge
from mintmark.measures.rouge import RougeIndex, lcs, rouge_l, rouge_words

WORDS = st.lists(st.sampled_from("a b c d e f".split()), max_size=12)
TEXTS = st.lists(WORDS.map(" ".join), max_size=25)


def table(a, b):
    """The longest common subsequence by the table of the textbook."""
    row = [0] * (len(b) + 1)
    for x in a:
        last = 0
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], last + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


@pytest.mark.parametrize(
    ("a", "b", "score"),
    [
        ("The cat sat on the mat", "The cat lay on a mat.", 0.6666666666666666),
        ("Don't use file_name v2.0", "Do not use the file name, v2", 0.5714285714285714),
        ("Write a poem about the rain in spring.", "Write a short poem about rain", 0.7142857142857143),
        ("a a a b", "a b a", 0.5714285714285714),
        ("", "x", 0.0),
        ("?!", "?!", 0.0),
    ],
)
def test_scores_of_google_researchs_rouge_score(a, b, score):
    assert rouge_l(a, b) == pytest.approx(score, abs=1e-15)


@given(st.text(st.characters(max_codepoint=127)))
def test_words_of_an_ascii_text_are_the_references(text):
    assert rouge_words(text) == re.findall("[a-z0-9]+", text.lower())


def test_words_of_other_scripts_count():
    assert rouge_l("Назови три реки", "назови ТРИ реки!") == 1
    assert rouge_l("東京の川", "大阪の川") == 0.5


@given(WORDS, WORDS)
def test_the_subsequence_is_the_tables(a, b):
    assert lcs(a, b) == lcs(b, a) == table(a, b)


def test_long_texts_are_no_trouble():
    words = [str(i % 97) for i in range(4000)]
    assert lcs(words, words[::2]) == table(words[::2], words)


@example(["a b c d e f a b c d", "a b c d e f a x y z"], 0.7, 0)
@given(TEXTS, st.sampled_from([0.01, 0.3, 0.5, 0.55, 0.7, 0.9, 1.0]), st.sampled_from([0, 3, 8000]))
def test_the_index_finds_what_the_plain_loop_finds(texts, threshold, counted):
    index, kept = RougeIndex(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rouge, "COUNTED", counted)
        for text in texts:
            scores = [(i, rouge_l(other, text)) for i, other in enumerate(kept)]
            wanted = [one for one in scores if one[1] >= threshold]
            assert index.near(text, threshold) == wanted
            nearest = index.nearest(text, threshold)
            assert nearest == (max(wanted, key=lambda one: one[1]) if wanted else None)
            index.add(text)
            kept.append(text)
    assert len(index) == len(kept)


def test_the_threshold_is_reached_at_equality():
    index = RougeIndex()
    index.add("a b c d e f g x y z")
    assert index.near("a b c d e f g u v w", 0.7) == [(0, 0.7)]
    with pytest.raises(ValueError, match="threshold"):
        index.near("a", 0)
