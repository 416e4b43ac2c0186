"""Pattern overfit: what is planted on real text is found and named."""

import numpy as np
import pytest

from mintmark.evaluation import overfit

from .data import gsm8k
from .test_fidelity import found, halves

OPENING = "Let us consider the following problem: "


@pytest.fixture(scope="module")
def planted():
    """A template opening in half of the rows; `delve` in one of five."""
    one, other = halves(gsm8k(3000), 0)
    rows = []
    for i, row in enumerate(one):
        text = (OPENING if i % 2 else "") + row["question"] + (" We delve deeper here." if i % 5 == 0 else "")
        rows.append(row | {"question": text})
    return found(overfit, rows, other, embed=None)


def test_a_template_opening_is_found_and_named(planted):
    share = planted["template_share"]
    assert share.kind == "risk" and "let us consider the following problem :" in share.claim
    assert share.estimate.low < 0.5 < share.estimate.high and share.null.value == 0
    assert all(e.text.startswith(OPENING) for e in share.evidence) and share.figure is not None
    assert planted["skeleton_share"].kind == "risk"


def test_an_overused_word_is_found_and_named(planted):
    words = planted["overused_tokens"]
    assert words.kind == "risk" and {"following", "consider", "delve"} <= {w["word"] for w in words.details["ranked"]}
    delve = next(w for w in words.details["ranked"] if w["word"] == "delve")
    assert 1 < delve["low"] < delve["odds_ratio"] < delve["high"]


def test_rows_of_a_pattern_lie_among_themselves(planted):
    assert planted["knn_label_purity"].kind == "risk" and planted["knn_label_purity"].estimate.value > 0.55
    assert planted["token_jsd"].p < 0.01


def test_a_closing_is_found():
    one, other = halves(gsm8k(800), 1)
    rows = [r | {"answer": r["answer"] + " I hope this helps!"} if i % 3 == 0 else r for i, r in enumerate(one)]
    closing = found(overfit, rows, other)["closing_share"]
    assert closing.kind == "risk" and "i hope this helps !" in closing.claim


def test_nothing_planted_nothing_named():
    one, other = halves(gsm8k(1200), 2)
    out = found(overfit, one, other)
    assert out["template_share"].kind == "benefit" and out["template_share"].estimate.value < 0.01
    assert out["overused_tokens"].kind != "risk"


def test_a_burst_in_one_row_is_one_sight():
    """A word said a thousand times in one row is not over-used by the data."""
    one, other = halves(gsm8k(600), 3)
    one[0] = one[0] | {"question": "zeugma " * 1000}
    ranked = found(overfit, one, other)["overused_tokens"].details["ranked"]
    assert "zeugma" not in {w["word"] for w in ranked}


def test_many_words_of_one_frequency_are_peaks():
    """A template of twenty rare words in every third row makes their frequencies one."""
    one, other = halves(gsm8k(3000), 4)
    said = " ".join(f"quib{i} " for i in range(20))
    rows = [r | {"answer": r["answer"] + " " + said} if i % 3 == 0 else r for i, r in enumerate(one)]
    out = found(overfit, rows, other)["token_frequency_peaks"]
    assert out.kind == "risk" and out.estimate.value > out.null.value + 0.5
    assert np.isfinite(out.p)
