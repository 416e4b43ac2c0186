"""curate.minhash."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mintmark.curate import minhash
from mintmark.curate.minhash import MinHash
from mintmark.measures.lexical import CHUNK, jaccard, shingles
from mintmark.measures.text import fold

WORDS = ["river", "clips", "how", "many", "sold", "april", "garden", "boat", "seven", "market", "tower", "apples"]
texts = st.lists(st.none() | st.lists(st.sampled_from(WORDS[:5]), max_size=7).map(" ".join), max_size=14)


def table(values, ids=None):
    ids = ids or [f"r{i}" for i in range(len(values))]
    return pa.table({"id": pa.array(ids, pa.string()), "q": pa.array(values, pa.string())})


def documents(n, seed=0, words=30):
    rng = random.Random(seed)
    return [" ".join(f"{rng.choice(WORDS)}{rng.randrange(1000)}" for _ in range(words)) for _ in range(n)]


def similarity(operator, a, b):
    return jaccard(*(shingles(fold(text), operator.ngram, operator.shingle) for text in (a, b)))


@settings(deadline=None)
@given(
    texts,
    st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    st.sampled_from(["char", "word"]),
    st.sampled_from(["first", "longest"]),
)
def test_every_dropped_row_is_that_similar_to_the_kept_row_it_names(values, threshold, shingle, keep):
    operator = MinHash(on="q", threshold=threshold, shingle=shingle, ngram=3, keep=keep)
    outcome = operator.apply(table(values), ctx=None)
    for value, fate, reason, detail in zip(values, outcome.fates, outcome.reasons, outcome.details):
        assert (fate == "failed") == (value is None)
        if fate == "dropped":
            other = int(detail["duplicate_of"][1:])
            assert reason == "near_duplicate" and outcome.fates[other] == "kept"
            assert detail["jaccard"] == similarity(operator, value, values[other]) >= threshold
            assert keep == "first" or len(values[other]) >= len(value)
    stays = [value for value, fate in zip(values, outcome.fates) if fate == "kept"]
    assert operator.apply(table(stays), ctx=None).fates == ["kept"] * len(stays)


@pytest.mark.parametrize("keep", ["first", "longest"])
def test_a_crowd_is_judged_as_a_few_are(keep, monkeypatch):
    rng = random.Random(0)
    rows = [
        f"write a short email to {rng.randrange(30)} about {rng.randrange(10)} {rng.choice(WORDS)}" for _ in range(400)
    ]
    operator = MinHash(on="q", threshold=0.7, keep=keep)
    monkeypatch.setattr(minhash, "CROWD", 10**9)
    plain = operator.apply(table(rows), ctx=None)
    for crowd in (-1, 20):
        monkeypatch.setattr(minhash, "CROWD", crowd)
        assert operator.apply(table(rows), ctx=None) == plain
    assert 0 < plain.fates.count("dropped") < 400


def test_a_chain_keeps_both_ends():
    words = [f"word{i}" for i in range(12)]
    a, b, c = " ".join(words[:10]), " ".join(words[1:11]), " ".join(words[2:12])
    operator = MinHash(on="q", threshold=0.8, shingle="word", ngram=1)
    assert similarity(operator, a, b) > 0.8 > similarity(operator, a, c)
    assert operator.apply(table([a, b, c]), ctx=None).fates == ["kept", "dropped", "kept"]
    assert operator.apply(table([b, a, c]), ctx=None).fates == ["kept", "dropped", "dropped"]


def test_the_threshold_is_inclusive():
    operator = MinHash(on="q", threshold=0.8, shingle="word", ngram=1)
    outcome = operator.apply(table(["one two three four", "one two three four five"]), ctx=None)
    assert outcome.details[1] == {"duplicate_of": "r0", "jaccard": 0.8}


def test_the_most_similar_kept_row_is_named():
    base = documents(1)[0]
    near, nearer = base.replace(base[:30], "x" * 12), base.replace(base[:12], "y" * 4)
    operator = MinHash(on="q", threshold=0.9)
    found = MinHash(on="q", threshold=0.8).apply(table([near, nearer, base]), ctx=None)
    assert found.fates[0] == "kept"
    outcome = operator.apply(table([near, nearer, base]), ctx=None)
    assert outcome.fates == ["kept", "kept", "dropped"] and outcome.details[2]["duplicate_of"] == "r1"


def test_the_longest_stays():
    base = documents(1)[0]
    outcome = MinHash(on="q", keep="longest").apply(table([base, base + " and", base + "!"]), ctx=None)
    assert outcome.fates == ["dropped", "kept", "dropped"]
    assert {detail["duplicate_of"] for detail in outcome.details if detail} == {"r1"}


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_moving_rows_that_are_no_duplicates_changes_no_fate(rng):
    alone = documents(30)
    pairs = [(text, text + " more") for text in documents(10, seed=1)]
    rows = [(f"a{i}", text) for i, text in enumerate(alone)]
    rng.shuffle(rows)
    for i, (first, second) in enumerate(pairs):
        places = sorted(rng.randrange(len(rows) + 1) for _ in range(2))
        rows.insert(places[1], (f"y{i}", second))
        rows.insert(places[0], (f"x{i}", first))
    outcome = MinHash(on="q").apply(table([t for _, t in rows], [i for i, _ in rows]), ctx=None)
    dropped = {i: d["duplicate_of"] for (i, _), f, d in zip(rows, outcome.fates, outcome.details) if f == "dropped"}
    assert dropped == {f"y{i}": f"x{i}" for i in range(10)}


def test_ugly_inputs():
    operator = MinHash(on="q")
    assert operator.apply(table([]), ctx=None).fates == []
    assert operator.apply(table([None, None]), ctx=None).reasons == ["missing_column"] * 2
    assert operator.apply(table(["one row"]), ctx=None).fates == ["kept"]
    assert operator.apply(table(["", " ", None, "a", "A", "b"]), ctx=None).fates == [
        "kept", "dropped", "failed", "kept", "dropped", "kept",
    ]  # fmt: skip
    assert operator.apply(table(["😀", "😀😀", "😀"]), ctx=None).fates == ["kept", "kept", "dropped"]
    long = " ".join(documents(200))
    outcome = operator.apply(table([long, long + "!", long[: len(long) // 2]]), ctx=None)
    assert outcome.fates == ["kept", "dropped", "kept"]
    assert operator.apply(pa.table({"id": ["a"], "q": [1]}), ctx=None).reasons == ["not_text"]
    assert operator.apply(pa.table({"id": ["a"]}), ctx=None).reasons == ["missing_column"]


def test_thousands_of_copies_in_several_chunks_take_linear_time():
    n = CHUNK + 100
    outcome = MinHash(on="q").apply(table(["the same question again"] * n), ctx=None)
    assert outcome.fates == ["kept"] + ["dropped"] * (n - 1)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"threshold": 1.8}, "less than or equal to 1"),
        ({"threshold": 0}, "greater than 0"),
        ({"threshold": 0.01}, "at least 459 permutations"),
        ({"permutations": 2, "threshold": 0.3}, "permutations"),
        ({"ngram": 0}, "greater than or equal to 1"),
        ({"treshold": 0.8}, "treshold"),
    ],
)
def test_mistakes_are_explained(fields, says):
    with pytest.raises(ValidationError, match=says):
        MinHash(**fields)


def test_bands_are_derived():
    assert MinHash().bands() == (20, 6)
    assert MinHash(threshold=1).bands() == (1, 120)
    assert list(MinHash(on="question").reads()) == ["question"]
