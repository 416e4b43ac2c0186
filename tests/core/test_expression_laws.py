"""Random expressions: they mean what an independent reference means, and their printed form means the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.core.errors import RecipeError
from mintmark.core.expression import CannotEvaluate, parse
from mintmark.core.expression_tree import Access, Binary, Call, Column, ListOf, Literal, Logic, Unary

NUMBERS = ["a", "b", "odd name", "not"]
TEXTS = ["s", "größe", "a text", 'quo"te\\']
letters = st.text("aB '\"\\\nd", max_size=3)


class Undecided(Exception):
    """The reference's word for a value that is not there."""


def column(name):
    return str(Column(name)), lambda row: row[name]


def divided(f, g):
    def divide(row):
        left, right = f(row), g(row)
        if right == 0:
            raise Undecided
        return left / right

    return divide


# Each strategy gives (text, Python function): the two are grown side by side and never from one another.


def grow_numbers(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: (f"({p[0][0]} + {p[1][0]})", lambda row: p[0][1](row) + p[1][1](row))),
        two.map(lambda p: (f"({p[0][0]}-{p[1][0]})", lambda row: p[0][1](row) - p[1][1](row))),
        two.map(lambda p: (f"({p[0][0]} *{p[1][0]})", lambda row: p[0][1](row) * p[1][1](row))),
        two.map(lambda p: (f"({p[0][0]} / {p[1][0]})", divided(p[0][1], p[1][1]))),
        two.map(lambda p: (f"max({p[0][0]}, {p[1][0]})", lambda row: max(p[0][1](row), p[1][1](row)))),
        inner.map(lambda p: (f"(- {p[0]})", lambda row: -p[1](row))),
        inner.map(lambda p: (f"abs( {p[0]} )", lambda row: abs(p[1](row)))),
    )


def grow_truths(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: (f"({p[0][0]} and {p[1][0]})", lambda row: p[0][1](row) and p[1][1](row))),
        two.map(lambda p: (f"({p[0][0]} or {p[1][0]})", lambda row: p[0][1](row) or p[1][1](row))),
        two.map(lambda p: (f"({p[0][0]} == {p[1][0]})", lambda row: p[0][1](row) is p[1][1](row))),
        inner.map(lambda p: (f"(not {p[0]})", lambda row: not p[1](row))),
    )


numbers = st.recursive(
    st.integers(0, 9).map(lambda v: (str(v), lambda row: v)) | st.sampled_from(NUMBERS).map(column),
    grow_numbers,
    max_leaves=6,
)
texts = letters.map(lambda v: (str(Literal(v)), lambda row: v)) | st.sampled_from(TEXTS).map(column)
two_numbers, two_texts = st.tuples(numbers, numbers), st.tuples(texts, texts)
truths = st.recursive(
    st.one_of(
        two_numbers.map(lambda p: (f"({p[0][0]} < {p[1][0]})", lambda row: p[0][1](row) < p[1][1](row))),
        two_numbers.map(lambda p: (f"({p[0][0]} != {p[1][0]})", lambda row: p[0][1](row) != p[1][1](row))),
        two_numbers.map(lambda p: (f"({p[0][0]} in [1, {p[1][0]}])", lambda row: p[0][1](row) in [1, p[1][1](row)])),
        two_texts.map(lambda p: (f"({p[0][0]} not in {p[1][0]})", lambda row: p[0][1](row) not in p[1][1](row))),
        two_texts.map(lambda p: (f"ends_with({p[0][0]}, {p[1][0]})", lambda row: p[0][1](row).endswith(p[1][1](row)))),
        two_texts.map(lambda p: (f"(lower({p[0][0]}) == {p[1][0]})", lambda row: p[0][1](row).lower() == p[1][1](row))),
        texts.map(lambda p: (f"(words({p[0]}) >= 1)", lambda row: len(p[1](row).split()) >= 1)),
    ),
    grow_truths,
    max_leaves=5,
)
rows = st.fixed_dictionaries({n: st.integers(-4, 4) for n in NUMBERS} | dict.fromkeys(TEXTS, letters))


@settings(max_examples=300, deadline=None)
@given(numbers | truths, rows)
def test_means_what_the_reference_means_and_so_does_its_printed_form(grown, row):
    text, reference = grown
    found = parse(text)
    again = parse(str(found))
    assert again.tree == found.tree and str(again) == str(found)
    try:
        want = reference(row)
    except Undecided:
        for one in (found, again):
            with pytest.raises(CannotEvaluate):
                one.evaluate(row)
    else:
        assert found.evaluate(row) == again.evaluate(row) == want


plain_numbers = st.recursive(
    st.sampled_from(["a", "b", "3", "10"]).map(lambda v: [v]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "%"]), inner).map(lambda p: [*p[0], p[1], *p[2]]),
        inner.map(lambda p: ["-", *p]),
        inner.map(lambda p: ["(", *p, ")"]),
    ),
    max_leaves=6,
)
plain_truths = st.recursive(
    st.tuples(plain_numbers, st.sampled_from(["<", "==", ">=", "!="]), plain_numbers).map(
        lambda p: [*p[0], p[1], *p[2]]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: [*p[0], p[1], *p[2]]),
        inner.map(lambda p: ["not", *p]),
        inner.map(lambda p: ["(", *p, ")"]),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(plain_truths, st.integers(-9, 9), st.integers(-9, 9))
def test_binds_as_python_does_where_they_share_a_notation(words, a, b):
    text = " ".join(words)
    try:
        want = eval(text, {"__builtins__": {}}, {"a": a, "b": b})
    except ZeroDivisionError:
        with pytest.raises(CannotEvaluate):
            parse(text).evaluate({"a": a, "b": b})
    else:
        assert parse(text).evaluate({"a": a, "b": b}) is want


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(0, 2**63 - 1), st.floats(0, allow_infinity=False, allow_nan=False), st.text()
).map(Literal) | st.text(min_size=1).map(Column)
arithmetic = ["+", "-", "*", "/", "%", "==", "<=", "in", "not in"]
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from(arithmetic), inner, inner),
        st.builds(Unary, st.sampled_from(["not", "-"]), inner),
        st.builds(Logic, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4).map(tuple)),
        st.builds(ListOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Call, st.just("coalesce"), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Access, inner, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_every_tree_prints_as_text_that_parses_back_to_it(tree):
    again = parse(str(tree)).tree
    assert repr(again) == repr(tree), str(tree)


WORDS = [
    "a",
    "1",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "-",
    "==",
    "=",
    "<",
    "in",
    "not",
    "and",
    "'x'",
    '"',
    "null",
    "matches(",
    "col(",
]


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_any_text_is_an_expression_or_an_explained_mistake(text):
    try:
        parse(text)
    except RecipeError as error:
        assert str(error).startswith("column ")
