"""Texts as they stand in a column."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.text import count_words, fold, normalize, read_texts


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None, ""]),
        pa.array(["a", None, ""], pa.large_string()),
        pa.array(["a", None, ""], pa.string_view()),
        pa.array(["a", None, ""]).dictionary_encode(),
        pa.chunked_array([["a"], [None, ""]]),
    ],
)
def test_every_kind_of_text_is_read(column):
    texts, failed, details = read_texts(pa.table({"q": column}), "q")
    assert texts == ["a", "", ""]
    assert failed == [None, "missing_column", None]
    assert details == [None, {"column": "q"}, None]


@pytest.mark.parametrize("column", [pa.array([1, None]), pa.array([b"a", None]), pa.array([["a"], None])])
def test_what_is_not_text_is_said_so(column):
    _, failed, details = read_texts(pa.table({"q": column}), "q")
    assert failed == ["not_text", "missing_column"]
    assert details == [{"column": "q", "type": str(column.type)}, {"column": "q"}]


def test_null_type_and_absent_column_are_the_same():
    absent = read_texts(pa.table({"id": ["1", "2"]}), "q")
    assert absent == read_texts(pa.table({"q": pa.nulls(2)}), "q") == read_texts(pa.table({"q": [None, None]}), "q")[:3]
    assert read_texts(pa.table({"q": pa.array([], pa.string())}), "q") == ([], [], [])


def test_a_batch_cut_from_a_larger_one_is_read_from_its_own_start():
    batch = pa.RecordBatch.from_pydict({"q": ["a", None, "c"]}).slice(1)
    assert read_texts(batch, "q")[:2] == (["", "c"], ["missing_column", None])


def test_words_are_split_on_unicode_white_space():
    assert [count_words(t) for t in ["", " \n", "a", "a\u00a0b\u3000c", "it's 😀 ok"]] == [0, 0, 1, 3, 3]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  What IS it?  ", "what is it"),
        ("“What is it?”", "what is it"),
        ("¿Qué es?", "qué es"),
        ("为什么？", "为什么"),
        ('"a" and "b"', 'a" and "b'),
        ("ﬁne", "fine"),
        ("Straße", "strasse"),
        ("-5%", "-5%"),
        (".5", ".5"),
        ("C++", "c++"),
        ("#1", "#1"),
        ("?!", "?!"),
        ("", ""),
        ("a .\n", "a"),
        ("(a)", "(a)"),
    ],
)
def test_normal_form(text, form):
    assert normalize(text) == form


@given(st.text())
def test_normal_forms_are_fixed_points(text):
    assert fold(fold(text)) == fold(text)
    assert normalize(normalize(text)) == normalize(text)


def test_long_texts_take_linear_time():
    assert normalize("." * 10**6 + "a")[-1] == "a"
    assert normalize('"' * 10**6) == '"' * 10**6
    assert normalize("a" + " ." * 10**5) == "a"
