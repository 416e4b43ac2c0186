"""Near-duplicate candidates and exact similarity."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.measures.lexical import jaccard, shingle_hashes, shingle_sets, shingles
from mintmark.measures.overlap import (
    Overlap,
    band_keys,
    bands_for,
    buckets,
    candidate_pairs,
    exact_pairs,
    pair_probability,
    signatures,
)

groups = st.lists(st.text("abc ", max_size=10), max_size=12)


def by_brute_force(group, n, unit, threshold):
    sets = [shingles(text, n, unit) for text in group]
    found = {(i, j): jaccard(sets[i], sets[j]) for i, j in itertools.combinations(range(len(group)), 2)}
    return {pair: similarity for pair, similarity in found.items() if similarity >= threshold}


def texts_of_similarity(similarity, n=400, size=100, seed=0):
    """Pairs of word texts whose word sets have that Jaccard similarity, as near as whole words allow."""
    rng = random.Random(seed)
    shared = round(2 * size * similarity / (1 + similarity))
    for _ in range(n):
        words = [f"w{rng.random()}" for _ in range(2 * size - shared)]
        yield " ".join(words[:size]), " ".join(words[size - shared :])


@settings(deadline=None)
@given(groups, st.integers(1, 3), st.sampled_from(["char", "word"]), st.sampled_from([0.1, 0.25, 0.5, 0.55, 0.8, 1.0]))
def test_exact_pairs_are_those_of_brute_force(group, n, unit, threshold):
    pairs, similarities = exact_pairs(shingle_hashes(group, n, unit), threshold)
    found = {(int(i), int(j)): float(s) for (i, j), s in zip(pairs, similarities)}
    assert found == by_brute_force(group, n, unit, threshold)
    assert pairs.tolist() == sorted(pairs.tolist())


@settings(deadline=None)
@given(groups.filter(len))
def test_overlap_is_exact(group):
    overlap = Overlap(shingle_sets(group, 2))
    others = np.arange(len(group))
    for i in range(len(group)):
        want = [jaccard(shingles(group[i], 2), shingles(text, 2)) for text in group]
        assert overlap.jaccards(i, others).tolist() == want
    assert overlap.jaccards(0, others[:0]).tolist() == []


@settings(deadline=None)
@given(groups.filter(len), st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0]))
def test_no_similar_text_is_called_impossible(group, threshold):
    overlap = Overlap(shingle_sets(group, 2))
    for i in range(len(group)):
        similar = overlap.jaccards(i, np.arange(len(group))) >= threshold
        assert not (similar & ~overlap.possible(i, threshold)).any()


def test_texts_of_one_template_are_told_apart():
    overlap = Overlap(shingle_sets([f"please write one short email to w{i} about x{i}" for i in range(50)], 1, "word"))
    assert [int(overlap.possible(i, 0.8).sum()) for i in range(50)] == [1] * 50


def test_bands_follow_from_the_threshold():
    assert bands_for(0.8) == (20, 6)
    assert bands_for(1.0) == (1, 120)
    for threshold in (0.05, 0.2, 0.5, 0.7, 0.9, 0.99):
        bands, rows = bands_for(threshold)
        assert bands * rows <= 120 and pair_probability(threshold, bands, rows) >= 0.99
    with pytest.raises(ValueError, match="use at least 459 permutations"):
        bands_for(0.01)
    assert pair_probability(0.01, *bands_for(0.01, 459)) >= 0.99
    with pytest.raises(ValueError, match="raise the threshold"):
        bands_for(1e-300)


@pytest.mark.parametrize("similarity", [0.5, 0.8, 0.95])
def test_signatures_estimate_the_similarity(similarity):
    """400 pairs of 120 places: the mean of the estimates has a standard error of at most .0025."""
    pairs = list(texts_of_similarity(similarity))
    true = jaccard(shingles(pairs[0][0], 1, "word"), shingles(pairs[0][1], 1, "word"))
    left = signatures(shingle_hashes([a for a, _ in pairs], 1, "word"), seed=3)
    right = signatures(shingle_hashes([b for _, b in pairs], 1, "word"), seed=3)
    assert left.shape == (400, 120)
    assert abs((left == right).mean() - true) < 0.01


def test_candidates_are_found_as_often_as_the_formula_says():
    """At .6 the formula says .615: 600 pairs have a standard error of .02."""
    pairs = list(texts_of_similarity(0.6, n=600))
    keys = band_keys(signatures(shingle_hashes([t for pair in pairs for t in pair], 1, "word")), 20, 6)
    found = {tuple(pair) for pair in candidate_pairs(keys).tolist()}
    hits = sum((2 * i, 2 * i + 1) in found for i in range(len(pairs)))
    assert abs(hits / len(pairs) - pair_probability(0.6, 20, 6)) < 0.08
    assert found <= {(2 * i, 2 * i + 1) for i in range(len(pairs))}


def test_signatures_do_not_depend_on_order_repeats_or_neighbours():
    a, b = signatures(shingle_hashes(["x y z", "z y x y x"], 1, "word"))
    assert np.array_equal(a, b)
    assert np.array_equal(a, signatures(shingle_hashes(["x y z"], 1, "word"))[0])
    assert not np.array_equal(a, signatures(shingle_hashes(["x y z"], 1, "word"), seed=1)[0])


def test_buckets_hold_those_that_meet():
    keys = np.array([[1, 1], [1, 2], [3, 2], [4, 5]], np.uint64)
    assert buckets(keys).tolist() == [[0, -1], [0, 1], [-1, 1], [-1, -1]]
    assert candidate_pairs(keys).tolist() == [[0, 1], [1, 2]]


def test_no_texts():
    none = signatures(shingle_hashes([]))
    assert none.shape == (0, 120)
    assert candidate_pairs(band_keys(none, 20, 6)).shape == (0, 2)
    pairs, similarities = exact_pairs(shingle_hashes([]), 0.5)
    assert pairs.shape == (0, 2) and similarities.shape == (0,)
