"""curate.rouge."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import mintmark as mm
from mintmark.core.errors import RecipeError
from mintmark.curate.rouge import Rouge
from mintmark.measures.rouge import rouge_l

TEXTS = st.lists(st.lists(st.sampled_from("a b c d e".split()), min_size=1, max_size=8).map(" ".join), max_size=14)


class Sides:
    """A context that holds side inputs alone."""

    step = "curate.rouge"

    def __init__(self, **sides):
        self.side = lambda name: [{"id": f"{name}{i}", "q": text} for i, text in enumerate(sides[name])]


def judge(values, ctx=None, **fields):
    table = pa.table({"id": [f"r{i}" for i in range(len(values))], "q": pa.array(values, pa.string())})
    return Rouge(on="q", **fields).apply(table, ctx)


@given(TEXTS, TEXTS, st.sampled_from([0.4, 0.7, 1.0]))
def test_the_rule_of_the_paper(values, seeds, threshold):
    outcome = judge(values, Sides(seeds=seeds), threshold=threshold, against="seeds")
    kept = [(f"seeds{i}", text) for i, text in enumerate(seeds)]
    for i, text in enumerate(values):
        scores = {name: rouge_l(other, text) for name, other in kept}
        if scores and max(scores.values()) >= threshold:
            first = next(name for name in scores if scores[name] == max(scores.values()))
            side = {"input": "seeds"} if first.startswith("seeds") else {}
            assert outcome.details[i] == {"similar_to": first, "rouge_l": scores[first], **side}
            assert outcome.reasons[i] == "similar"
        else:
            assert outcome.fates[i] == "kept"
            kept.append((f"r{i}", text))


def test_a_row_does_not_fall_to_a_row_that_fell():
    outcome = judge(["a b c d e f g h i j", "a b c d e f g h x y", "a b c d e f x y u v"])
    assert outcome.fates == ["kept", "dropped", "kept"]
    assert rouge_l("a b c d e f g h x y", "a b c d e f x y u v") >= 0.7


def test_ugly_inputs():
    assert judge([]).fates == []
    outcome = judge([None, "", "...", "…", "one"])
    assert outcome.reasons == ["missing_column", "no_words", "no_words", "no_words", None]
    with pytest.raises(ValidationError, match="greater than 0"):
        Rouge(threshold=0)


def test_a_side_input_without_the_column_is_explained():
    with pytest.raises(RecipeError, match=r"input `seeds` has no text in `other`.*set `on`"):
        Rouge(on="other", against="seeds").apply(pa.table({"id": [], "other": []}), Sides(seeds=["a"]))


def test_rows_of_all_rounds_are_one_table(tmp_path):
    asked = ["Name a river in Asia", "Name a river in Asia now", "Write a poem on rain", "Name one river in Asia now"]
    recipe = mm.Recipe.from_data(
        {
            "rows": 2,
            "source": {"rows": {"rows": [{"instruction": text, "n": i} for i, text in enumerate(asked)] * 8}},
            "steps": [{"curate.rouge": {}}],
        }
    )
    run = recipe.run(tmp_path / "run", progress=False, workspace=None)
    assert [row["instruction"] for row in run] == [asked[0], asked[2]]
