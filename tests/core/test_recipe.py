"""Recipes: YAML in and out, and errors that name the place, the mistake and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.core import yamlio
from mintmark.core.errors import MintmarkError, RecipeError
from mintmark.core.recipe import Recipe

GOOD = """\
rows: 100
models: {writer: local/smollm2}
source: {documents: {path: docs/, chunk_tokens: 400}}
steps:
  - generate.grounded_qa: {model: writer, per_chunk: 2}
  - curate.grounding: {min_gain: 1.0}
  - curate.minhash: {on: question, threshold: 0.8}
"""


def error(text: str) -> str:
    with pytest.raises(RecipeError) as found:
        Recipe.from_yaml(text)
    return str(found.value)


def test_a_recipe_reads_and_writes() -> None:
    recipe = Recipe.from_yaml(GOOD)
    assert recipe.rows == 100 and recipe.step_names()[2] == "curate.minhash"
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe
    assert Recipe.from_yaml(recipe.to_yaml(resolved=True)) == recipe
    assert "shots" not in recipe.to_yaml() and "shots: 3" in recipe.to_yaml(resolved=True)


def test_an_unknown_field_names_line_and_nearest() -> None:
    text = GOOD.replace("threshold", "treshold")
    assert error(text) == (
        "recipe.yaml:7: step 3 (curate.minhash): unknown field `treshold` in curate.minhash; did you mean `threshold`?"
    )


def test_a_value_out_of_range_says_what_is_allowed() -> None:
    assert error(GOOD.replace("0.8", "1.8")) == (
        "recipe.yaml:7: step 3 (curate.minhash): threshold must be less than or equal to 1, got 1.8"
    )


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("curate.minhash", "curate.minhsh"), 7, "unknown step `curate.minhsh`; allowed: "),
        (("documents:", "documnts:"), 3, "did you mean `documents`?"),
        (("model: writer", "model: wrtier"), 5, "no model called `wrtier`"),
        (("rows: 100", "rows: 0"), 1, "must be at least 1"),
        (("rows: 100", "rows: 100\nrows: 7"), 2, "`rows` is given twice"),
        (("steps:", "steps: !!python/object/apply:os.system"), 4, "not allowed"),
        (("{min_gain: 1.0}", "{min_gain: !!python/name:os.system x}"), 6, "constructor"),
        (("{min_gain: 1.0}", "[1]"), 6, "must be a mapping"),
        (("local/smollm2", "http://me:secret@host/v1#x"), 2, "must not hold a user name"),
        (("rows: 100", "rows: [1"), 2, "not readable as YAML"),
        (("rows: 100", "rows: {by: Is it ?, each: 3}"), 1, "in quotation marks"),
        (("rows: 100", "name: 3"), 1, "valid string"),
    ],
)
def test_a_mistake_names_its_line(change: tuple[str, str], line: int, words: str) -> None:
    found = error(GOOD.replace(*change))
    assert found.startswith(f"recipe.yaml:{line}:"), found
    assert words in found


def test_the_secret_of_an_address_is_not_repeated() -> None:
    assert "secret" not in error(GOOD.replace("local/smollm2", "http://me:secret@host/v1#x"))


@pytest.mark.parametrize("text", ["", "[]", "3", "source: {}", "source: {documents: {path: d}}\nsteps: {a: 1}", "\x00"])
def test_what_is_no_recipe_is_said_to_be_none(text: str) -> None:
    with pytest.raises(MintmarkError):
        Recipe.from_yaml(text)


def test_a_yaml_bomb_is_refused() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8))
    assert "too large" in error(bomb)


def test_a_template_cannot_reach_beyond_its_row() -> None:
    for prompt in ("{{ ''.__class__ }}", "{{ ''['__class__'] }}", "{% include 'x' %}", "{{ row|attr('__class__') }}"):
        step = f'generate.prompt: {{prompt: "{prompt}"}}'
        text = f"source: {{rows: {{rows: [{{a: b}}]}}}}\nmodels: {{writer: scripted/x}}\nsteps:\n  - {step}\n"
        assert "template" in error(text)


def test_words_that_yaml_1_1_took_for_truth_stay_words() -> None:
    assert yamlio.read("kind: [yes, no, on, true]")[0] == {"kind": ["yes", "no", "on", True]}


def test_the_same_operator_twice_has_two_names() -> None:
    recipe = Recipe.from_yaml(GOOD + "  - curate.minhash: {on: answer}\n")
    assert recipe.step_names()[2:] == ("curate.minhash", "curate.minhash#2")


def test_what_changes_no_row_changes_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nSome words of prose stand here for everyone to read.\n")
    base = GOOD.replace("docs/", str(tmp_path))
    one = Recipe.from_yaml(base).fingerprint()
    same = Recipe.from_yaml(base.replace("rows: 100", "rows: 7\nmax_failed: 0.5\nbudget: {calls: 9}"))
    assert one == same.fingerprint()
    for change in (("per_chunk: 2", "per_chunk: 3"), ("rows: 100", "seed: 4"), ("0.8", "0.7"), ("400", "300")):
        assert Recipe.from_yaml(base.replace(*change)).fingerprint() != one
    (tmp_path / "a.md").write_text("# A\n\nOther words of prose stand here for everyone to read.\n")
    assert Recipe.from_yaml(base).fingerprint() != one


def test_a_missing_column_is_found_before_anything_runs() -> None:
    recipe = Recipe.from_yaml(GOOD.replace("on: question", "on: qestion"))
    with pytest.raises(RecipeError, match=r"step 3 \(curate.minhash\).*no column `qestion`.*did you mean `question`"):
        recipe.check_columns()


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab: -#\n'\"é{}[]yesno01."),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abyn", min_size=1), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1), plain, max_size=4))
def test_yaml_comes_back_as_it_went(data: dict[str, object]) -> None:
    assert yamlio.read(yamlio.write(data))[0] == data
