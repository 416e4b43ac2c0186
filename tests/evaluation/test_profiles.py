"""Profiles: lengths, words and signs that differ are said, with which."""

import numpy as np

from mintmark.evaluation import profiles
from mintmark.evaluation.profiles import _ks, _rarefied, _types_ratio

from .data import gsm8k
from .test_fidelity import found, halves


def test_each_profile_finds_its_own_fault():
    one, other = halves(gsm8k(3000), 0)
    plain = found(profiles, one, other)
    assert not [f.name for f in plain.values() if f.kind == "risk"]
    longer = [r | {"answer": r["answer"] + " " + r["answer"]} for r in one]
    assert found(profiles, longer, other)["length_ks"].kind == "risk"
    dashed = [r | {"answer": r["answer"].replace(".", " \u2014")} for r in one]
    signs = found(profiles, dashed, other)["punctuation_jsd"]
    assert signs.kind == "risk" and ("`\u2014`" in signs.claim or "`.`" in signs.claim)
    strange = [r | {"question": r["question"] + f" quibble{i % 40} frobnicate"} for i, r in enumerate(one)]
    unseen = found(profiles, strange, other)["unseen_words_share"]
    assert unseen.p < 0.001 and "`frobnicate`" in unseen.claim
    assert any("frobnicate" in e.note for e in unseen.evidence)
    few = [one[i % 40] for i in range(len(one))]
    assert found(profiles, few, other)["vocabulary_ratio"].kind == "risk"


def test_ks_and_rarefaction():
    a, b = np.array([1.0, 2, 3]), np.array([1.0, 2, 3, 3])
    assert _ks(a, a) == 0 and _ks(a, a + 10) == 1 and 0 < _ks(a, b) < 0.2
    assert _rarefied(np.array([5.0, 5]), 10) == 2 and 1 < _rarefied(np.array([5.0, 5]), 2) < 2
    assert _types_ratio(np.ones(10), np.array([10.0])) == 10
    assert _types_ratio(np.zeros(3), np.zeros(3)) == 1
