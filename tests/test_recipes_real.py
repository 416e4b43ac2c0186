"""Every built-in recipe on its real data, small, on the embedded model: the laws hold, and nothing fails for want of a form."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.real_recipes import DATA, REAL, real_recipe
from tests.support.harness import check_laws
from tests.test_recipes_embedded import CALLS, beside

from mintmark.api import Recipe
from mintmark.core.errors import ModelNotInstalled
from mintmark.models.weights import path_of

pytestmark = pytest.mark.embedded


@pytest.fixture(autouse=True)
def _needed() -> None:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not there; set MINTMARK_DATA to the folder of real data")
    pytest.importorskip("xllamacpp", reason="the embedded model's runtime is not installed")
    try:
        path_of("smollm2")
    except ModelNotInstalled as e:
        pytest.skip(str(e))


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_built_in_recipe_takes_its_real_data(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    beside(name, tmp_path)
    small = {"rows": 2, "max_rounds": 2, "max_failed": 1.0, "budget": {"calls": min(20, CALLS.get(name, 8))}}
    run = Recipe.from_data({**real_recipe(name).to_data(), **small}).run(
        tmp_path / "run", progress=False, workspace=None
    )
    check_laws(tmp_path / "run")
    steps = run.manifest["content"]["waterfall"]
    assert steps[0]["came"], "no row of the real data was read"
    assert any(step["came"] > step["failed"] for step in steps), "no row of the real data could be decided"
