"""Frequencies: divergence, over-use, peaks, templates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.frequency import (
    common_beginning,
    count_matrix,
    frequency_density,
    jensen_shannon,
    log_odds,
    opening,
    overused,
    skeleton,
)
from mintmark.measures.tokens import Vocabulary

counts = st.lists(st.integers(0, 50), min_size=4, max_size=4).map(lambda x: np.array(x, float))


@given(counts, counts)
def test_jsd_is_a_divergence(a, b):
    assert 0 <= jensen_shannon(a, b) <= 1 and jensen_shannon(a, b) == pytest.approx(jensen_shannon(b, a), abs=1e-12)
    assert jensen_shannon(a, 3 * a) == pytest.approx(0, abs=1e-12)


def test_jsd_known():
    assert jensen_shannon(np.array([1.0, 1]), np.array([1.0, 0])) == pytest.approx(0.3113, abs=1e-4)
    assert jensen_shannon(np.zeros(2), np.zeros(2)) == 0 and jensen_shannon(np.zeros(2), np.ones(2)) == 1


def test_count_matrix():
    v = Vocabulary()
    first = count_matrix([["a", "b", "a"], []], v)
    second = count_matrix([["c", "a"]], v)
    assert first.toarray().tolist() == [[2, 1], [0, 0]] and second.toarray().tolist() == [[1, 0, 1]]
    assert count_matrix([], Vocabulary()).shape == (0, 0)


def test_log_odds():
    found = log_odds(np.array([200, 50, 3]), 1000, np.array([50, 50, 0]), 1000)
    assert found.z[0] > 8 and abs(found.z[1]) < 1e-9 and 0 < found.z[2] < 3
    assert (found.low < found.ratio).all() and (found.ratio < found.high).all()
    assert 3.7 < np.exp(found.ratio[0]) < 4.75, "the odds ratio, 4.75, a little shrunk"
    swapped = log_odds(np.array([50, 50, 0]), 1000, np.array([200, 50, 3]), 1000)
    assert np.allclose(swapped.ratio, -found.ratio)
    everywhere = log_odds(np.array([100]), 100, np.array([0]), 100)
    assert np.isfinite(everywhere.ratio).all() and everywhere.z[0] > 3


def test_overused():
    first, second = np.array([300, 100, 40, 4]), np.array([20, 100, 0, 0])
    assert overused(first, 1000, second, 1000).tolist() == [0, 2]
    assert overused(first, 1000, second, 1000, most=1).tolist() == [0]
    assert not len(overused(second, 1000, second, 1000))


def test_peaks():
    """Zipf's law has no step; forty words of one frequency make one."""
    zipf = np.round(60_000 / np.arange(1, 30_000) ** 0.9)
    plain = frequency_density(zipf, chance=1e-4)
    stepped = frequency_density(np.concatenate([zipf, np.full(40, 3000.0)]), chance=1e-4)
    place = np.log10(3000 / (zipf.sum() + 40 * 3000))
    assert not len(plain.peaks)
    assert np.abs(stepped.peaks - place).min() < 0.03
    assert not len(frequency_density(np.ones(5)).x)


def test_openings_and_skeletons():
    assert opening(["a", "b"], 2) == "a b" and opening(["a"], 2) == ""
    common = {"write", "a", "about", "."}
    rows = [["write", "a", "poem", "about", "old", "trees", ".", "a", "b"], "write a story about cats . a z".split()]
    assert {skeleton(r, common) for r in rows} == {"write a _ about _ . a _"}
    assert skeleton(["x"] * 9, common) == "" == skeleton([], common)
    assert common_beginning([["a", "b", "c"]] * 8 + [["a", "x"]] * 2) == "a b c"
    assert common_beginning([["a"], ["b"]]) == "" == common_beginning([])
