"""The expression language: what it means, what it refuses, and that its printed form means the same."""

import pickle

import pytest

from mintmark.core.errors import RecipeError
from mintmark.core.expression import FUNCTIONS, CannotEvaluate, parse
from mintmark.core.expression_syntax import MAX_DEPTH, MAX_LENGTH

ROW = {
    "n": 3,
    "x": 2.5,
    "t": "It rained in Paris.",
    "e": "",
    "yes": True,
    "no": False,
    "none": None,
    "list": [1, 2, 2],
    "s": {"author": "Ada", "odd name": 1},
    "null_s": None,
    "messages": [{"content": "Hi there"}],
    "odd name": 7,
    "in": 1,
}

VALUES = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("7 - 2 - 1", 4),
    ("7 / 2", 3.5),
    ("-7 % 3", 2),
    ("- n + 1", -2),
    ("--n", 3),
    ("n == 3.0", True),
    ("yes == 1", False),
    ("none == null", True),
    ("none != 0", True),
    ("'a' == 1", False),
    ("[1, [true]] == [1.0, [true]]", True),
    ("[true] == [1]", False),
    ("s == s", True),
    ("list == null", False),
    ("n >= 3 and x < 3", True),
    ("not n == 3", False),
    ("not no and yes", True),
    ("no or yes and no", False),
    ("is_null(none) or none > 3", True),
    ("n in list", False),
    ("2 in list", True),
    ("'Par' in t", True),
    ("n not in list", True),
    ("null in [none]", True),
    ('"a" < "b"', True),
    ("col('odd name')", 7),
    ('col("in")', 1),
    ("s.author", "Ada"),
    ('s["odd name"]', 1),
    ("messages[0].content", "Hi there"),
    ("list[-1]", 2),
    ("null_s.author", None),
    ("null_s[0].a.b", None),
    ("len(t)", 19),
    ("len(list)", 3),
    ("words(t)", 4),
    ("words(e)", 0),
    ("lower(t)", "it rained in paris."),
    ("upper('ß')", "SS"),
    ("strip('  a ')", "a"),
    ("contains(t, 'rain')", True),
    ("contains(t, '')", True),
    ("starts_with(t, 'It')", True),
    ("ends_with(t, 'It')", False),
    (r"matches(t, '\bin\b')", True),
    (r"matches(t, '^in')", False),
    (r"matches('É', '(?i)é')", True),
    ("count('aaaa', 'aa')", 2),
    ("abs(-x)", 2.5),
    ("min(3, 1, 2)", 1),
    ("max(list)", 2),
    ("round(2.5)", 2),
    ("round(2.345, 1)", 2.3),
    ("coalesce(none, null, 5)", 5),
    ("coalesce(none)", None),
    ("[]", []),
    (r"'a\n\t\'\\\d'", "a\n\t'\\\\d"),
    ("1e3", 1000.0),
    ("9223372036854775807", 2**63 - 1),
    ("'😀' in '😀!'", True),
]

UNDECIDED = [
    "none > 3",
    "none + 1",
    "'a' < 1",
    "true < false",
    "1 / 0",
    "1 % 0",
    "n and yes",
    "not n",
    "no or n",
    "-t",
    "-yes",
    "len(none)",
    "len(n)",
    "words(3)",
    "lower(null)",
    "count(t, '')",
    "min([])",
    "max(list, 1)",
    "max([none])",
    "list[3]",
    "list[-4]",
    "list.a",
    "list[true]",
    "s.date",
    "t.a",
    "t[0]",
    "n[0]",
    "n in 3",
    "3 in t",
    "n in none",
    "round(x, 16)",
    "round(x, -1)",
    "round(x, true)",
    "1e308 * 10",
    "1e308 + 1e308",
    "missing == 1",
    "contains(t, none)",
    "matches(n, 'a')",
    "9223372036854775807 * 1e308",
    "abs(yes)",
    "max('a', 'b')",
]

MISTAKES = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("a = 1", 3, "write `==`"),
    ("a && b", 3, "write `and`"),
    ("!a", 1, "write `not`"),
    ("a == None", 6, "write `null`"),
    ("1 < a < 3", 7, "do not chain"),
    ("a in b == c", 8, "do not chain"),
    ("a == not b", 6, "parentheses"),
    ("wrods(a) > 1", 1, "did you mean `words`?"),
    ("a or eval('1')", 6, "unknown function"),
    ("__import__('os')", 1, "unknown function"),
    ("(a", 3, "`(` of column 1"),
    ("a)", 2, "unexpected `)`"),
    ("[1, 2", 6, "`[` of column 1"),
    ("[1,]", 4, "unexpected `]`"),
    ("a.", 3, "name"),
    ("a.1", 3, "name"),
    ("f(a", 4, "`(` of column 2"),
    ("'x", 1, "closing quote"),
    ("a == \"x'", 6, "closing quote"),
    ("3abc", 1, "runs into"),
    ("a b", 3, "unexpected `b`"),
    ("a and", 6, "stops"),
    ("and a", 1, "unexpected `and`"),
    ("len()", 1, "takes 1 argument"),
    ("round(1, 2, 3)", 1, "1 to 2"),
    ("matches(a, b)", 12, "quoted"),
    ("matches(a, '(')", 12, "bad pattern"),
    (r"matches(a, '(a)\\1')", 12, "bad pattern"),
    ("col(a)", 1, "quoted"),
    ("col('')", 1, "quoted"),
    ("1e999", 1, "too large"),
    ("9" * 5000, 1, "64 bits"),
    ("9223372036854775808", 1, "64 bits"),
    ("a @ b", 3, "unexpected `@`"),
    ("a; b", 2, "unexpected"),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text for text, _ in VALUES])
def test_value(text, value):
    found = parse(text).evaluate(ROW)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("text", UNDECIDED)
def test_what_has_no_certain_answer_is_said_so(text):
    with pytest.raises(CannotEvaluate):
        parse(text).evaluate(ROW)


@pytest.mark.parametrize(("text", "column", "says"), MISTAKES, ids=[text[:20] for text, _, _ in MISTAKES])
def test_a_mistake_names_its_column(text, column, says):
    with pytest.raises(RecipeError) as caught:
        parse(text)
    assert caught.value.where == f"column {column}"
    assert says in str(caught.value)


def test_the_smallest_part_is_blamed():
    with pytest.raises(CannotEvaluate, match=r"^`words\(none\)`: wants a text, got null$"):
        parse("n > 1 and words(none) + 1 > 3").evaluate(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "(" * 4000 + "n" + ")" * 4000,
        "not " * 2000 + "yes",
        "-" * 9000 + "n",
        "n" + " + n" * 2000,
        "s" + ".a" * 3000,
        "[" * 5000 + "]" * 5000,
        "len(" * 1500 + "t" + ")" * 1500,
        "n == 1 and (" * 700 + "yes" + ")" * 700,
        "x" * (MAX_LENGTH + 1),
    ],
)
def test_depth_and_length_end_in_a_clear_error(text):
    with pytest.raises(RecipeError, match=r"nested deeper|at most 10000 characters"):
        parse(text)


def test_long_and_flat_is_fine():
    assert parse(" or ".join(["n == 1"] * 800)).evaluate(ROW) is False
    assert parse("n in [" + ", ".join(map(str, range(1500))) + "]").evaluate(ROW) is True
    assert parse("(" * (MAX_DEPTH - 1) + "n" + ")" * (MAX_DEPTH - 1)).evaluate(ROW) == 3


def test_a_pattern_cannot_explode():
    assert parse("matches(t, '^(a+)+$')").evaluate({"t": "a" * 50_000 + "!"}) is False


def test_columns_in_order_of_mention():
    assert parse("b > a and len(col('c d')) + b > s.x[i]").columns == ("b", "a", "c d", "s", "i")


def test_check_names_the_place_and_the_nearest_column():
    parse("answer != ''").check(["answer", "question"])
    with pytest.raises(RecipeError, match=r"column 10: unknown column `anwser`.*did you mean `answer`"):
        parse("words(  (anwser)) > 1").check(["answer", "question"])


def test_broken_names_the_first_false_term():
    found = parse("n == 3 and words(t)>9 and none > 1")
    assert found.broken(ROW) == "words(t) > 9"
    assert parse("n == 3 or no").broken(ROW) is None
    with pytest.raises(CannotEvaluate, match="`n` is a number, not true or false"):
        parse("n").broken(ROW)


def test_every_function_is_documented_and_pickles():
    assert all(f.doc.startswith(f"{name}(") for name, f in FUNCTIONS.items())
    found = parse("words(t) > 1")
    assert pickle.loads(pickle.dumps(found)) == parse(str(found))
