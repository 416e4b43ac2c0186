"""curate.exact."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mintmark.curate.exact import Exact
from mintmark.measures.text import normalize

texts = st.lists(st.none() | st.text("aA .", max_size=4), max_size=12)


def table(values, **more):
    ids = [f"r{i}" for i in range(len(values))]
    columns = {name: pa.array(column, pa.string()) for name, column in {"q": values, **more}.items()}
    return pa.table({"id": pa.array(ids, pa.string()), **columns})


def test_the_first_stays_and_is_named():
    outcome = Exact(on="q").apply(table(["Why?", "How?", "“WHY”", "why "]), ctx=None)
    assert outcome.fates == ["kept", "kept", "dropped", "dropped"]
    assert outcome.reasons == [None, None, "exact_duplicate", "exact_duplicate"]
    assert outcome.details[2] == outcome.details[3] == {"duplicate_of": "r0"}


def test_the_longest_stays_and_of_equals_the_first():
    outcome = Exact(on="q", keep="longest").apply(table(["why", "Why??", "WHY!!"]), ctx=None)
    assert outcome.fates == ["dropped", "kept", "dropped"]
    assert outcome.details[0] == outcome.details[2] == {"duplicate_of": "r1"}


def test_as_they_are():
    assert Exact(on="q", normalize=False).apply(table(["a", "A", "a", "a."]), ctx=None).fates == [
        "kept", "kept", "dropped", "kept",
    ]  # fmt: skip


def test_several_columns_are_compared_one_by_one():
    rows = table(["ab", "a", "ab", None], r=["c", "bc", "C", "c"])
    operator = Exact(on=["q", "r"])
    outcome = operator.apply(rows, ctx=None)
    assert outcome.fates == ["kept", "kept", "dropped", "failed"]
    assert outcome.details[3] == {"column": "q"}
    assert list(operator.reads()) == ["q", "r"] and list(Exact(on="q").reads()) == ["q"]


def test_ugly_inputs():
    operator = Exact(on="q")
    assert operator.apply(table([]), ctx=None).fates == []
    assert operator.apply(table([None, None]), ctx=None).reasons == ["missing_column"] * 2
    assert operator.apply(table([""]), ctx=None).fates == ["kept"]
    assert operator.apply(table(["", " ", "😀", "😀!", "?", "!"]), ctx=None).fates == [
        "kept", "dropped", "kept", "dropped", "kept", "kept",
    ]  # fmt: skip
    assert operator.apply(table(["x" * 10**6, "X" * 10**6]), ctx=None).fates == ["kept", "dropped"]
    assert operator.apply(pa.table({"id": ["a"], "q": [1]}), ctx=None).reasons == ["not_text"]


def test_no_column_is_a_mistake():
    with pytest.raises(ValidationError):
        Exact(on=[])


@given(texts, st.booleans(), st.sampled_from(["first", "longest"]))
def test_one_row_of_each_text_stays_and_a_second_pass_drops_nothing(values, folded, keep):
    operator = Exact(on="q", normalize=folded, keep=keep)
    outcome = operator.apply(table(values), ctx=None)
    form = normalize if folded else str
    stays = [value for value, fate in zip(values, outcome.fates) if fate == "kept"]
    assert len({form(value) for value in stays}) == len(stays)
    assert {form(value) for value in stays} == {form(value) for value in values if value is not None}
    for value, fate, detail in zip(values, outcome.fates, outcome.details):
        assert (fate == "failed") == (value is None)
        if fate == "dropped":
            other = int(detail["duplicate_of"][1:])
            assert outcome.fates[other] == "kept" and form(values[other]) == form(value)
            assert keep == "first" or len(values[other]) >= len(value)
    assert operator.apply(table(stays), ctx=None).fates == ["kept"] * len(stays)
