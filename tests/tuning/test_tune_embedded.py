"""The search on the embedded model: small, and whatever comes of it the evidence holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintmark.core.errors import ModelNotInstalled
from mintmark.core.recipe import Recipe
from mintmark.models.weights import path_of
from mintmark.tuning.tune import tune

pytestmark = pytest.mark.embedded
THINGS = "otter tide honey glacier bread iron canoe owl rice lamp violin salt comet bridge wool cactus kite amber ice cork drum raft bell"
RECIPE = """
source: {files: {path: things.jsonl}}
models: {writer: local/smollm2}
steps:
  - generate.prompt: {prompt: "What is {{ thing }}?", max_tokens: 24}
  - curate.length: {on: response, max_words: 12}
"""


def test_a_search_ends_with_its_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xllamacpp", reason="the embedded model's runtime is not installed")
    try:
        path_of("smollm2")
    except ModelNotInstalled as e:
        pytest.skip(str(e))
    monkeypatch.chdir(tmp_path)
    Path("things.jsonl").write_text("".join(f'{{"thing": "{thing}"}}\n' for thing in THINGS.split()))
    found = tune(RECIPE, metric="kept", budget=60, log=Path("log.sqlite"), variants=2)
    assert 0 < found.spent <= 60 and found.generations[0].turns
    assert (found.text is not None) == found.better == (found.gain is not None and found.gain.low > 0)
    if found.text is not None:
        assert Recipe.from_yaml(found.text) != Recipe.from_yaml(RECIPE)
