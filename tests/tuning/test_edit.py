"""A tuned recipe keeps its comments, and means exactly what was tried."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintmark.core.recipe import Recipe
from mintmark.tuning.edit import edited
from mintmark.tuning.variants import Place, Variant

PLACE = Place(0, "generate.prompt", "prompt")
FORMS = [
    "  - generate.prompt: {prompt: 'Say {{ topic }}', temperature: 0.5}  # comment",
    '  - generate.prompt: {prompt: "Say {{ topic }}", temperature: 0.5}  # comment',
    "  - generate.prompt:\n      prompt: Say {{ topic }}  # comment\n      temperature: 0.5",
    "  - generate.prompt:\n      temperature: 0.5  # comment\n      prompt: |-\n        Say {{ topic }}\n\n      # more\n",
    "  - generate.prompt:\n      prompt: |\n        Say {{ topic }}\n        in short.\n      temperature: 0.5  # comment",
    "  - generate.prompt:\n      prompt: >-\n        Say {{ topic }}\n        in short.\n\n  # comment",
]


def recipe_text(form: str) -> str:
    last = "  - curate.exact: {on: response}  # the end"
    return f"# title: T\n\nsource: {{rows: {{rows: [{{topic: a}}]}}}}\nmodels: {{writer: scripted/x}}\nsteps:\n{form}\n{last}\n"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "Tell of {{ topic }}: \"plainly\" # and 'briefly'"},
        {"prompt": "Line one of {{ topic }}\n\n  indented\nlast"},
        {"prompt": "One {{ topic }}\ntwo\n"},
        {"prompt": "One {{ topic }}", "temperature": 0.0},
        {"temperature": 1.2, "max_tokens": 50},
    ],
)
def test_comments_stay_and_the_meaning_is_exact(form: str, fields: dict[str, Any]) -> None:
    text = recipe_text(form)
    original, variant = Recipe.from_yaml(text), Variant("rewritten", fields)
    found = edited(text, original, PLACE, variant)
    assert Recipe.from_yaml(found) == variant.recipe(original, PLACE)
    assert "# title: T" in found and "# comment" in found and "# the end" in found


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda t: "{" not in t and "\x00" not in t and t.strip()), st.sampled_from(FORMS))
def test_any_text_is_written_exactly(prompt: str, form: str) -> None:
    text = recipe_text(form)
    original, variant = Recipe.from_yaml(text), Variant("rewritten", {"prompt": prompt})
    try:
        wanted = variant.recipe(original, PLACE)
        again = Recipe.from_yaml(wanted.to_yaml())
    except Exception:
        return
    assert Recipe.from_yaml(edited(text, original, PLACE, variant)) == again


def test_examples_come_as_a_side_input() -> None:
    rows = [{"topic": "a", "response": "b: c"}, {"topic": "{d}", "response": "e\nf"}]
    variant = Variant("examples", {"few_shot": "examples", "shots": 2}, {"examples": rows})
    for form in FORMS:
        for head in ("", "inputs: {other: {rows: {rows: [{x: 1}]}}}  # mine\n"):
            text = recipe_text(form).replace("steps:", f"{head}steps:")
            original = Recipe.from_yaml(text)
            found = edited(text, original, PLACE, variant)
            assert Recipe.from_yaml(found) == variant.recipe(original, PLACE)
            assert "# comment" in found and (not head or "# mine" in found)


def test_a_text_that_stands_in_two_places_is_written_anew_under_the_old_head() -> None:
    text = recipe_text("  - generate.prompt: {system: &same Say it., prompt: *same}  # comment")
    original, variant = Recipe.from_yaml(text), Variant("rewritten", {"prompt": "Say more."})
    found = edited(text, original, PLACE, variant)
    assert Recipe.from_yaml(found) == variant.recipe(original, PLACE)
    assert found.startswith("# title: T\n") and "# comment" not in found
