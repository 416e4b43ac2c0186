"""Phrases are counted as a plain loop counts them, and a trigger is told from a topic."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.measures.triggers import leanings, phrases, tied


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=8), max_size=12), st.integers(1, 4))
def test_phrases_are_those_of_a_plain_count(texts: list[list[str]], least: int) -> None:
    found = phrases(texts, least=least)
    plain = Counter(
        " ".join(p) for t in texts for p in {tuple(t[i : i + n]) for n in (1, 2, 3) for i in range(len(t) - n + 1)}
    )
    assert {found.text(i): int(c) for i, c in enumerate(found.counts)} == {p: c for p, c in plain.items() if c >= least}
    for i in range(len(found.counts)):
        phrase = f" {found.text(i)} "
        assert found.rows_of(i).tolist() == [k for k, t in enumerate(texts) if phrase in f" {' '.join(t)} "]


def test_leanings_leave_the_row_out() -> None:
    rng = random.Random(0)
    texts = [[rng.choice("abcdef") for _ in range(5)] for _ in range(40)]
    labels = np.array([rng.randrange(3) for _ in range(40)])
    words = sorted({w for t in texts for w in t})
    scores = leanings(texts, labels, words).scores
    for i in range(40):
        # Counted again without the row, its own label's score is the same.
        own = [set(t) for k, t in enumerate(texts) if labels[k] == labels[i] and k != i]
        total = sum(map(len, own)) + 0.1 * len(words)
        plain = sum(np.log((sum(w in t for t in own) + 0.1) / total) for w in set(texts[i])) + np.log(len(own) + 0.1)
        assert np.isclose(scores[i, labels[i]], plain)


def topical(rows: int, seed: int) -> tuple[list[list[str]], np.ndarray]:
    """Four labels of 30 own words each, beside common ones."""
    rng = random.Random(seed)
    labels = np.array([rng.randrange(4) for _ in range(rows)])
    own = [[f"w{k}_{i}" for i in range(30)] for k in range(4)]
    texts = [[rng.choice(own[k]) for _ in range(4)] + [rng.choice("abcdefgh") for _ in range(4)] for k in labels]
    return texts, labels


def test_a_trigger_is_first_and_a_topic_is_not_suspect() -> None:
    texts, labels = topical(1500, 0)
    clean = phrases(texts)
    assert tied(clean, labels, leanings(texts, labels, clean.vocabulary))[0].chance > 0.001
    others = np.flatnonzero(labels != 2)[:10]
    for i in others:
        texts[i] = [*texts[i][:3], "zq", "vx", *texts[i][3:]]
    labels[others] = 2
    found = phrases(texts)
    first = tied(found, labels, leanings(texts, labels, found.vocabulary))[0]
    assert found.text(first.phrase) == "zq vx"
    assert first.rows.tolist() == others.tolist()
    assert first.label == 2
    assert first.chance * first.tried < 0.01
    assert first.odds[1] > 0


def test_nothing_to_find() -> None:
    for texts in ([], [[]] * 5, [["a"]] * 12):
        found = phrases(texts)
        if texts:
            labels = np.arange(len(texts)) % 2
            assert tied(found, labels, leanings(texts, labels, found.vocabulary)) == []
        else:
            assert len(found.counts) == 0
