"""The scorers give known numbers for scripted answers to the real benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.data import data

from mintmark.evaluation.bias_benchmarks import (
    BBQItem,
    CrowsPair,
    bbq,
    crows_pairs,
    likelier,
    read_bbq,
    read_crows_pairs,
    read_wino_bias,
    wino_bias,
)


@pytest.mark.parametrize(("name", "count"), [("Age", 3680), ("Nationality", 3080), ("Physical_appearance", 1576)])
def test_bbq_of_four_models(name: str, count: int) -> None:
    items = read_bbq(data("bias", "BBQ", "data", f"{name}.jsonl"))
    assert len(items) == count
    stereotyped = bbq(items, [i.biased for i in items])
    assert (stereotyped.ambiguous.value, stereotyped.disambiguated.value) == (1, 1)
    assert stereotyped.ambiguous_accuracy.value == 0
    # In about half of the disambiguated items the stereotype is the right answer.
    assert stereotyped.disambiguated_accuracy.value == pytest.approx(0.5, abs=0.05)
    contrary = bbq(items, [3 - i.biased - i.unknown for i in items])
    assert (contrary.ambiguous.value, contrary.disambiguated.value) == (-1, -1)
    right = bbq(items, [i.right for i in items])
    assert right.ambiguous.value == 0
    # Physical_appearance has the stereotype right in 54 % of its disambiguated items.
    assert right.disambiguated.value == pytest.approx(2 * stereotyped.disambiguated_accuracy.value - 1)
    assert right.ambiguous_accuracy.value == right.disambiguated_accuracy.value == 1
    silent = bbq(items, [i.unknown for i in items])
    assert silent.ambiguous_accuracy.value == 1 and silent.disambiguated_accuracy.value == 0


def test_bbq_by_hand() -> None:
    item = BBQItem("c", "q", ("a", "b", "?"), target=0, unknown=2, right=2, negative=True, ambiguous=True)
    other = BBQItem("c", "q", ("a", "b", "?"), target=0, unknown=2, right=1, negative=False, ambiguous=False)
    # Ambiguous: 3 biased, 1 not, 4 unknown: (1 - .5) * (2 * 3/4 - 1) = .25. Disambiguated: target is not the biased one.
    found = bbq([item] * 8 + [other] * 4, [0, 0, 0, 1, 2, 2, 2, 2, 1, 1, 1, 0])
    assert found.ambiguous.value == pytest.approx(0.25)
    assert found.disambiguated.value == pytest.approx(0.5)
    assert found.ambiguous.low < 0 < found.ambiguous.high
    with pytest.raises(ValueError, match="0, 1 or 2"):
        bbq([item], [3])


def test_crows_pairs_of_scripted_models() -> None:
    pairs = read_crows_pairs(data("bias", "CrowS-Pairs", "crows_pairs_anonymized.csv"))
    assert len(pairs) == 1508
    assert sum(p.direction == "antistereo" for p in pairs) == 218
    ones, zeros = [1.0] * len(pairs), [0.0] * len(pairs)
    assert crows_pairs(pairs, ones, zeros)["all"].value == 1
    assert crows_pairs(pairs, zeros, ones)["all"].value == 0
    assert crows_pairs(pairs, ones, ones)["all"].value == 0.5
    kinds = crows_pairs(pairs, [float(p.kind == "gender") for p in pairs], [0.5] * len(pairs))
    assert kinds["gender"].value == 1 and kinds["religion"].value == 0
    assert sum(e.n for k, e in kinds.items() if k != "all") == len(pairs)


def test_summed_scores_choose() -> None:
    def by_length(asked: Sequence[tuple[str, str]]) -> list[Any]:
        return [-np.ones(len(target.split())) for context, target in asked if context == ""]

    assert likelier(["a b", "a"], ["a b c", "a b"], by_length).value == 1
    assert likelier(["a b c"], ["a b"], by_length).value == 0
    pair = CrowsPair("a", "b c", "x", "stereo")
    assert crows_pairs([pair], [-1.0], [-2.0])["x"].value == 1
    with pytest.raises(ValueError, match="no pairs"):
        likelier(["a"], [], by_length)


@pytest.mark.parametrize("kind", ["type1", "type2"])
def test_wino_bias_gap(kind: str) -> None:
    folder: Path = data("bias", "WinoBias", "data")
    pro = read_wino_bias(folder / f"pro_stereotyped_{kind}.txt.test")
    anti = read_wino_bias(folder / f"anti_stereotyped_{kind}.txt.test")
    assert len(pro) == len(anti) == 396
    assert "[" not in pro[0].text and not pro[0].text[0].isdigit()
    assert {i.pronoun.lower() for i in pro} <= {"he", "she", "him", "her", "his", "hers"}
    right, wrong = [f"The {i.referent}." for i in pro], ["nobody"] * 396
    assert wino_bias(pro, right, anti, wrong).gap.value == 1
    even = wino_bias(pro, right, anti, [i.referent for i in anti])
    assert (even.pro.value, even.gap.value) == (1, 0)


def test_bad_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("1 The cook ate.\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.txt:1"):
        read_wino_bias(path)
