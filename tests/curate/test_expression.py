"""curate.expression."""

import datetime as dt
import pickle

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mintmark.curate.expression import Expression

CONDITION = 'words(answer) >= 2 and (score > 1 or kind == "free") and not matches(answer, "z+")'
rows = st.lists(
    st.fixed_dictionaries(
        {
            "answer": st.none() | st.text("ab z", max_size=6),
            "score": st.none() | st.integers(0, 3),
            "kind": st.sampled_from(["free", "bound", None]),
        }
    ),
    max_size=10,
)
SCHEMA = pa.schema({"answer": pa.string(), "score": pa.int64(), "kind": pa.string()})


def judge(operator, values, schema=None):
    return operator.apply(pa.RecordBatch.from_pylist(values, schema=schema), ctx=None)


def test_kept_dropped_failed():
    operator = Expression(keep=CONDITION)
    outcome = judge(
        operator,
        [
            {"answer": "a b", "score": 2, "kind": None},
            {"answer": "a", "score": None, "kind": None},
            {"answer": "a b", "score": None, "kind": "free"},
            {"answer": "a z", "score": 3, "kind": "x"},
        ],
    )
    assert outcome.fates == ["kept", "dropped", "failed", "dropped"]
    assert outcome.reasons == [None, "condition_false", "cannot_evaluate", "condition_false"]
    assert outcome.details[1] == {"false": "words(answer) >= 2"}
    assert outcome.details[2] == {"error": "`score > 1`: no order between null and a number"}
    assert outcome.details[3] == {"false": 'not matches(answer, "z+")'}


def test_a_result_that_is_no_truth_value_fails_the_row():
    outcome = judge(Expression(keep="score"), [{"score": 1}, {"score": 0}])
    assert outcome.reasons == ["cannot_evaluate"] * 2
    assert outcome.details[0] == {"error": "`score` is a number, not true or false"}
    assert judge(Expression(keep="flag"), [{"flag": True}, {"flag": False}]).fates == ["kept", "dropped"]


def test_values_are_json_like():
    when, nan = dt.datetime(2024, 5, 1, 12), float("nan")
    row = {"when": when, "nan": nan, "messages": [{"role": "user", "content": "Hi"}], "raw": b"\xff"}
    for keep in ('starts_with(when, "2024-05")', "is_null(nan)", 'messages[0].content == "Hi"', 'raw == "/w=="'):
        assert judge(Expression(keep=keep), [row]).fates == ["kept"], keep
    assert judge(Expression(keep="nan > 1"), [row]).fates == ["failed"]


def test_a_value_that_python_cannot_hold_fails_its_row_alone():
    column = pa.array([1, 1000], pa.timestamp("ns"))
    batch = pa.RecordBatch.from_pydict({"when": column})
    assert Expression(keep="len(when) > 0").apply(batch, ctx=None).fates[1] == "kept"


def test_ugly_inputs():
    operator = Expression(keep="len(a) < 10 and b == null")
    schema = pa.schema({"a": pa.string(), "b": pa.null()})
    assert judge(operator, [], schema).fates == []
    assert judge(operator, [{"a": None}, {"a": ""}, {"a": "😀"}], schema).fates == ["failed", "kept", "kept"]
    assert judge(operator, [{"a": "x" * 10**6}], schema).fates == ["dropped"]
    outcome = judge(operator, [{"a": "x"}])
    assert outcome.reasons == ["missing_column"] and outcome.details == [{"column": "b"}]


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        ("wrods(a) > 1", r"column 1: unknown function `wrods`.*did you mean `words`\?"),
        ("a = 1", "column 3: unexpected `=`; write `==`"),
        ("1 < 2", "name a column"),
        ("(" * 10_000, "nested deeper"),
    ],
)
def test_mistakes_are_found_when_the_recipe_is_read(keep, says):
    with pytest.raises(ValidationError, match=says):
        Expression(keep=keep)
    with pytest.raises(ValidationError, match="reason"):
        Expression(keep="a", reason="Not So")


def test_reads_and_pickles():
    operator = Expression(keep=CONDITION)
    operator.apply(pa.RecordBatch.from_pylist([], schema=SCHEMA), ctx=None)
    assert list(operator.reads()) == ["answer", "score", "kind"]
    assert pickle.loads(pickle.dumps(operator)) == operator
    assert Expression(**operator.model_dump()) == operator


@given(rows, st.integers(0, 10))
def test_batch_boundaries_do_not_matter(values, cut):
    operator = Expression(keep=CONDITION)
    whole = judge(operator, values, SCHEMA)
    parts = [judge(operator, values[:cut], SCHEMA), judge(operator, values[cut:], SCHEMA)]
    for name in ("fates", "reasons", "details"):
        assert getattr(whole, name) == getattr(parts[0], name) + getattr(parts[1], name)
