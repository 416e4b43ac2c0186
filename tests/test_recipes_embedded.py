"""Every built-in recipe, small, on the embedded model: the laws hold, and a replay makes the same.

They read their real data where it is there (`benchmarks/real_recipes.py`), else what they come with, as against the failing server.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.real_recipes import DATA, beside, real_recipe
from tests.support.harness import check_laws

from mintmark.api import Recipe, replay
from mintmark.core.errors import ModelNotInstalled
from mintmark.models.weights import path_of
from mintmark.recipes import get, names

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.embedded
CALLS = {"self-instruct": 60, "math": 40, "preference": 40, "retriever-eval": 40, "code-tests": 40, "paraphrase": 40,
         "constitutional-guard": 12}  # fmt: skip
"""Calls for recipes of which a single source row takes more than a few."""
MOST = {"max_tokens": 80, "samples": 3, "generations": 2, "per_chunk": 1}
"""What a step may ask for at most."""
INPUTS = {"topics.jsonl": '{"topic": "tides"}\n{"topic": "honey"}\n{"topic": "glaciers"}\n'}


@pytest.fixture(autouse=True)
def _weights() -> None:
    pytest.importorskip("xllamacpp", reason="the embedded model's runtime is not installed")
    try:
        path_of("smollm2")
    except ModelNotInstalled as e:
        pytest.skip(str(e))


def test_the_demo_recipe_keeps_rows_that_stand_in_their_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "examples" / "demo.yaml").read_text(encoding="utf-8").replace("rows: 30", "rows: 4")
    run = Recipe.from_yaml(text).run(tmp_path / "run", progress=False, workspace=None)
    assert len(run) == 4
    spans = {row["id"]: row["source"] for row in run.lineage.to_pylist()}
    for row in run:
        span = spans[row["id"]]
        stands = (ROOT / "docs" / span["path"]).read_text(encoding="utf-8")[span["start"] : span["end"]]
        assert " ".join(stands.split()) == row["evidence"], "the span leads to the evidence, letter for letter"
        assert row["question"].endswith("?")
    for step in run.manifest["content"]["waterfall"]:
        assert step["came"] + step["born"] == sum(step[f] for f in ("kept", "dropped", "failed", "used"))
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def few(recipe: Recipe, calls: int) -> Recipe:
    """Return a recipe that reads little, asks for little and writes little."""
    data = recipe.to_data()
    if "rows" in data["source"]:
        data["source"]["rows"]["rows"] = data["source"]["rows"]["rows"][:3]
    for step, one in zip(recipe.steps, data["steps"], strict=True):
        for fields in one.values():
            fields.update({k: most for k, most in MOST.items() if (getattr(step, k, None) or 0) > most})
    small = {"rows": 2, "passes": min(2, data.get("passes", 1)), "max_rounds": 2, "max_failed": 1.0}
    return Recipe.from_data({**data, **small, "budget": {"calls": calls}})


@pytest.mark.parametrize("name", names())
def test_a_built_in_recipe_runs_on_its_real_data(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    for file, content in INPUTS.items():
        (tmp_path / file).write_text(content)
    beside(name, tmp_path)
    recipe = real_recipe(name) if DATA.is_dir() else Recipe.from_yaml(get(name).text, file=f"{name}.yaml")
    run = few(recipe, CALLS.get(name, 6)).run(tmp_path / "run", progress=False, workspace=None)
    check_laws(tmp_path / "run")
    steps = run.manifest["content"]["waterfall"]
    assert any(step["came"] > step["failed"] for step in steps), "a recipe that could decide nothing"
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []
