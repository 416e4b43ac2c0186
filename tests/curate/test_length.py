"""curate.length."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mintmark.curate.length import Length

texts = st.lists(st.none() | st.text("ab \n😀", max_size=12), max_size=12)


def judge(operator, values, name="response"):
    return operator.apply(pa.RecordBatch.from_pydict({name: pa.array(values, pa.string())}), ctx=None)


def test_limits_are_inclusive():
    outcome = judge(Length(min_words=2, max_words=3), ["a", "a b", "a b c", "a b c d"])
    assert outcome.fates == ["dropped", "kept", "kept", "dropped"]
    assert outcome.reasons == ["too_short", None, None, "too_long"]
    assert outcome.details == [{"words": 1}, None, None, {"words": 4}]
    outcome = judge(Length(min_chars=2, max_chars=3), ["😀", "ab", "abc", "a  b"])
    assert outcome.details == [{"chars": 1}, None, None, {"chars": 4}]


def test_ugly_inputs():
    operator = Length(min_words=1)
    assert judge(operator, []).fates == []
    assert judge(operator, [None, None]).fates == ["failed", "failed"]
    assert judge(operator, ["", " \n", "😀"]).fates == ["dropped", "dropped", "kept"]
    assert judge(Length(max_words=9), ["a " * 10**6]).details == [{"words": 10**6}]
    assert judge(operator, ["a"], name="other").reasons == ["missing_column"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "give at least one of min_words"),
        ({"min_words": 5, "max_words": 4}, "no text can pass"),
        ({"min_chars": 5, "max_chars": 4}, "no text can pass"),
        ({"min_words": 0}, "greater than or equal to 1"),
        ({"min_word": 1}, "min_word"),
        ({"min_words": 1, "on": ""}, "at least 1 character"),
    ],
)
def test_mistakes_are_explained(fields, says):
    with pytest.raises(ValidationError, match=says):
        Length(**fields)


@given(texts, st.integers(0, 12), st.integers(1, 4), st.integers(4, 8))
def test_batch_boundaries_do_not_matter(values, cut, low, high):
    operator = Length(min_words=low, max_chars=high)
    whole, parts = judge(operator, values), [judge(operator, values[:cut]), judge(operator, values[cut:])]
    for name in ("fates", "reasons", "details"):
        assert getattr(whole, name) == getattr(parts[0], name) + getattr(parts[1], name)
    for value, fate in zip(values, whole.fates):
        wants = "failed" if value is None else "kept" if len(value.split()) >= low and len(value) <= high else "dropped"
        assert fate == wants
