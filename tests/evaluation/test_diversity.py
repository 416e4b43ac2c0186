"""Diversity: planted faults on real rows are found and named, real halves are not blamed, edges are said."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from tests.evaluation.data import corpus, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.claim import settle
from mintmark.evaluation.diversity import LEAST, examine
from mintmark.evaluation.subject import Corpus, Subject
from mintmark.evaluation.twins import find_twins
from mintmark.measures.tokens import tokens

Rows = list[dict[str, Any]]


def words_embedded(texts: Any) -> Any:
    """A quick stand-in for vectors: counts of words in 64 buckets."""
    found = np.zeros((len(texts), 64), np.float32)
    for i, text in enumerate(texts):
        for word in tokens(text):
            found[i, sum(word.encode("utf-8", "surrogatepass")) % 64] += 1
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)


def judged(data: Rows, reference: Rows | None, **more: Any) -> dict[str, Finding]:
    of = None if reference is None else corpus("reference", reference)
    subject = Subject(corpus("data", data), of, embed=more.pop("embed", words_embedded), **more)
    return {f.metric: f for f in settle(examine(subject))}


@pytest.fixture(scope="module")
def halves() -> tuple[Rows, Rows]:
    rows = gsm8k(1400)
    random.Random(3).shuffle(rows)
    return rows[:700], rows[700:]


def test_a_real_half_is_no_risk(halves: tuple[Rows, Rows]) -> None:
    found = judged(*halves, seed=5)
    assert not [f.name for f in found.values() if f.kind == "risk"]
    for metric in ("vendi_ratio", "distinct_2_ratio", "self_bleu_ratio", "compression_ratio", "near_duplicate_share",
                   "tail_mass_kept", "cluster_coverage", "missing_regions"):  # fmt: skip
        assert found[metric].estimate is not None and found[metric].null is not None


def test_the_same_input_gives_the_same_bytes(halves: tuple[Rows, Rows]) -> None:
    one, other = (judged(halves[0][:150], halves[1][:150], seed=2) for _ in range(2))
    assert [f.model_dump_json() for f in one.values()] == [f.model_dump_json() for f in other.values()]


def test_near_duplicates_in_thirty_percent_are_found_and_shown(halves: tuple[Rows, Rows]) -> None:
    real, other = halves
    rng = random.Random(1)
    data = [dict(row) for row in real]
    for i in rng.sample(range(400, 700), 210):
        source = real[rng.randrange(400)]
        data[i] = {"question": source["question"].replace(" the ", " this ", 1), "answer": source["answer"]}
    found = judged(data, other)["near_duplicate_share"]
    assert found.kind == "risk"
    assert found.estimate is not None and 0.3 < found.estimate.value < 0.7, "copies and those they were made of"
    assert found.evidence and all(e.other and e.other_of == "data" for e in found.evidence)
    assert judged(data, None)["near_duplicate_share"].kind == "fact", "without real rows it is a count"


def test_few_rows_many_times_vary_less(halves: tuple[Rows, Rows]) -> None:
    real, other = halves
    found = judged([real[i % 60] for i in range(700)], other)
    for metric in ("vendi_ratio", "distinct_1_ratio", "distinct_3_ratio", "self_bleu_ratio", "compression_ratio"):
        assert found[metric].kind == "risk", metric
        assert found[metric].evidence
    assert "vary less" in found["vendi_ratio"].claim


def test_a_cut_tail_is_found_and_its_words_named(halves: tuple[Rows, Rows]) -> None:
    real, other = halves
    words = [set(tokens(row["question"] + " " + row["answer"])) for row in real]
    spread = Counter(w for own in words for w in own)
    rare = [sum(spread[w] <= 3 for w in own) for own in words]
    kept = [real[i] for i in sorted(range(len(real)), key=lambda i: rare[i])[:350]]
    found = judged(kept, other)["tail_mass_kept"]
    assert found.kind == "risk" and found.details["missing_examples"]
    assert found.evidence and found.evidence[0].of == "reference"


def test_a_missing_region_is_named_by_its_words(halves: tuple[Rows, Rows]) -> None:
    real, other = halves
    money = [r for r in real if "$" not in r["question"]]
    found = judged(money, other, embed=None)
    assert found["cluster_coverage"].kind == "risk"
    missing = found["missing_regions"]
    assert missing.kind == "risk" and missing.evidence
    assert any("$" in e.text for e in missing.evidence)


def test_without_a_reference_facts_are_facts_and_the_rest_needs_one(halves: tuple[Rows, Rows]) -> None:
    found = judged(halves[0][:200], None)
    assert found["vendi"].kind == "fact" and found["vendi"].estimate is not None
    assert found["vendi_ratio"].kind == "question" and "reference" in found["vendi_ratio"].needs
    assert not [f for f in found.values() if f.kind in ("risk", "benefit")]


EDGES: dict[str, Rows] = {
    "empty": [],
    "two": [{"text": "a b c"}, {"text": "d"}],
    "identical": [{"text": "the same words"}] * 60,
    "no text": [{"text": ""}] * 30,
    "not a number": [{"text": float("nan"), "label": None}] * 30,
    "signs": [{"text": "?!"}] * 30,
    "han": [{"text": chr(0x4E00 + i) * 3 + "\u732b\u3002"} for i in range(40)],
    "mixed": [{"text": [None, 3, "word", ["a", {"content": "b"}], float("nan"), {"x": 1}][i % 6]} for i in range(60)],
    "broken": [{"text": f"bad \ud800 sign {i}"} for i in range(30)],
    "long": [{"text": "word " * 100_000}, *({"text": f"row {i} of many"} for i in range(30))],
}


@pytest.mark.parametrize("reference", [None, "empty", "identical", "han"])
@pytest.mark.parametrize("data", EDGES)
def test_edges_are_said_and_never_pass(data: str, reference: str | None) -> None:
    found = judged(EDGES[data], None if reference is None else EDGES[reference])
    assert found
    for finding in found.values():
        assert finding.needs or finding.estimate is not None or finding.kind == "fact"
        finding.model_dump_json()
    if data in ("empty", "two", "no text", "not a number"):
        assert all(f.needs for f in found.values())


def test_the_least_number_of_rows_is_judged(halves: tuple[Rows, Rows]) -> None:
    found = judged(halves[0][:LEAST], halves[1][:LEAST])
    assert found["vendi_ratio"].estimate is not None
    assert found["cluster_coverage"].needs
    assert not [f for f in found.values() if f.kind == "risk"]


def test_default_vectors_bear_identical_rows() -> None:
    subject = Subject(Corpus.of("data", EDGES["identical"]), Corpus.of("reference", EDGES["identical"]))
    assert not [f for f in settle(examine(subject)) if f.kind == "risk"]


def test_a_crowd_of_likes_is_found_at_linear_cost() -> None:
    texts = [f"{'the form letter that everyone gets, with a number at its end ' * 3}{i}" for i in range(500)]
    found = find_twins([*texts, "something else entirely, of other words"], 501)
    everyone = np.ones(501, np.bool_)
    assert found.met(everyone, near=True).tolist() == [True] * 500 + [False]
    assert not found.met(everyone, near=False).any()
    assert len(found.pairs) < 500 * 500 / 4
    row, similarity = found.partner(0, everyone)
    assert row > 0 and similarity >= 0.7
