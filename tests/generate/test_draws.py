"""Draws: rejection sampling and best of n, as a setting of any generator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Fault, Request
from mintmark.core.errors import RecipeError
from mintmark.generate.draws import Draws
from mintmark.models.scripted import scripted

TOP = "source: {rows: {rows: [{topic: tides}]}}\nmodels: {writer: scripted/draws}\nmax_failed: 1.0\n"


def recipe(draws: str, more: str = "") -> Recipe:
    return Recipe.from_yaml(
        f"{TOP}steps:\n  - generate.prompt: {{prompt: 'About {{{{ topic }}}}.', {more}draws: {draws}}}"
    )


def texts(*given: Any) -> tuple[Callable[[Request], Any], list[Request]]:
    """Return a script that answers with `given` in turn, and what it was asked."""
    asked: list[Request] = []

    def script(request: Request) -> Any:
        asked.append(request)
        return given[min(len(asked), len(given)) - 1]

    return script, asked


def made(found: Recipe, folder: Path, script: Callable[[Request], Any]) -> Run:
    with scripted("draws", script):
        return found.run(folder, progress=False, workspace=None)


def test_rejection_draws_until_a_row_passes_and_keeps_what_did_not(tmp_path: Path) -> None:
    script, asked = texts("short", "still short", "this one is long enough", "never asked")
    run = made(recipe("{n: 4, steps: [curate.length: {on: response, min_words: 4}]}"), tmp_path / "run", script)
    assert [row["response"] for row in run] == ["this one is long enough"]
    gone = run.dropped().to_pylist()
    assert [(r["response"], r["reason"]) for r in gone] == [("short", "too_short"), ("still short", "too_short")]
    assert [r["detail"] for r in gone][1].count('"draw":1')
    assert len(asked) == 3
    assert len({request.seed for request in asked}) == 3, "each draw has a seed of its own"
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_best_of_n_keeps_the_highest_and_says_by_how_much_the_others_lost(tmp_path: Path) -> None:
    by_seed: dict[int, str] = {}

    def script(request: Request) -> str:
        return by_seed.setdefault(request.seed, "word " * (3 + 2 * len(by_seed) % 7))

    run = made(recipe('{n: 5, by: "words(response)"}'), tmp_path / "run", script)
    longest = max(len(text.split()) for text in by_seed.values())
    assert [len(row["response"].split()) for row in run] == [longest]
    gone = run.dropped().to_pylist()
    assert len(gone) == 4 and {r["reason"] for r in gone} == {"outdone"}


def test_best_of_n_by_a_score_that_a_judge_gives(tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        text = str(request.body["messages"][0]["content"])
        if text.startswith("About"):
            return f"reply {request.seed}"
        return '{"reason": "so", "score": %d}' % (4 if int(text.split("reply ")[1].split()[0]) % 2 else 5)  # noqa: UP031

    judged = "{n: 4, steps: [curate.judge: {model: writer, rubric: 'Is {{ response }} good?'}], by: judge_score}"
    run = made(recipe(judged), tmp_path / "run", script)
    (row,) = run
    rivals = [r["response"] for r in run.dropped().to_pylist()]
    even = [int(text.split()[1]) % 2 == 0 for text in (row["response"], *rivals)]
    assert row["judge_score"] == (5.0 if any(even) else 4.0)
    calls = run.lineage.to_pylist()[0]["calls"]
    assert len(calls) == 8, "four replies and four judgements are on the parent's record"


def test_a_failed_reply_costs_its_draw_alone(tmp_path: Path) -> None:
    script, _ = texts(Fault("http_400", "no", terminal=True), "here are four words")
    run = made(recipe("{n: 3, steps: [curate.length: {on: response, min_words: 4}]}"), tmp_path / "run", script)
    assert len(run) == 1
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["http_400"]


def test_where_no_draw_passes_every_row_is_kept_with_its_reason(tmp_path: Path) -> None:
    run = made(recipe("{n: 3, steps: [curate.length: {on: response, min_words: 4}]}"), tmp_path / "run", texts("no")[0])
    assert len(run) == 0
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["too_short"] * 3


def test_what_cannot_be_compared_has_failed(tmp_path: Path) -> None:
    run = made(recipe('{n: 2, by: "number_of_stars"}'), tmp_path / "run", texts("a", "b")[0])
    assert len(run) == 0
    assert [r["reason"] for r in run.dropped().to_pylist()] == ["cannot_evaluate"] * 2


def test_a_temperature_schedule_is_dealt_out_over_samples_and_draws(tmp_path: Path) -> None:
    script, asked = texts("one two three")
    made(recipe("null", "temperature: [0.1, 0.5, 0.9], samples: 4, "), tmp_path / "a", script)
    assert sorted(r.sampling["temperature"] for r in asked) == [0.1, 0.1, 0.5, 0.9]
    script, asked = texts("no", "no", "one two three four")
    made(
        recipe("{n: 3, steps: [curate.length: {on: response, min_words: 4}]}", "temperature: [0.1, 0.5], "),
        tmp_path / "b",
        script,
    )
    assert [r.sampling["temperature"] for r in asked] == [0.1, 0.5, 0.1]


def test_a_recipe_with_draws_is_its_yaml_and_inner_versions_count(monkeypatch: pytest.MonkeyPatch) -> None:
    from mintmark.curate.length import Length

    one = recipe("{n: 3, steps: [curate.length: {on: response, min_words: 4}], by: words(response)}")
    for resolved in (False, True):
        assert Recipe.from_yaml(one.to_yaml(resolved=resolved)) == one
    before = one.fingerprint()
    monkeypatch.setattr(Length, "op_version", 99)
    assert one.fingerprint() != before


@pytest.mark.parametrize(
    ("draws", "says"),
    [
        ("{n: 3}", "`steps` that a draw must pass"),
        ("{n: 3, by: 'words('}", "by"),
        ("{n: 3, steps: [curate.minhash: {on: response}]}", "see other rows"),
        ("{n: 3, steps: [curate.lenght: {on: response}]}", "did you mean `curate.length`"),
        ("{n: 3, steps: [curate.length: {on: response, min_word: 3}]}", "did you mean `min_words`"),
        ("{n: 3, steps: [curate.judge: {rubric: Good}]}", "no model called `judge`"),
        ("{n: 1, by: words(response)}", "greater than or equal to 2"),
    ],
)
def test_draws_that_cannot_mean_anything(draws: str, says: str) -> None:
    with pytest.raises(RecipeError) as error:
        recipe(draws)
    assert says in str(error.value)
    assert "recipe.yaml:5" in str(error.value) or "step 1" in str(error.value)


def test_the_example_of_draws_runs() -> None:
    step = {"curate.length": {"on": "response", "min_words": 5}}
    assert Draws.model_validate({"n": 3, "steps": [step], "by": "words(response)"}).steps[0].op_name == "curate.length"
