"""A finished run with rows of every fate, made by the scripted model from three small documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mintmark as mm
from mintmark.core.call import Fault, Request

DOCUMENTS = {
    "otters.md": "# Otters\n\nSea otters sleep in the kelp so that the tide does not carry them off in the night.\n",
    "tides.md": "# Tides\n\nThe tide rises twice on most days because the sea bulges on both sides of the earth.\n",
    "quarrel.md": "# Quarrel\n\nOver this page every server quarrels, and it refuses each request that names it.\n",
    "stubs.md": "# Stubs\n\nA stub is answered in one word, whatever the reader asks of it, and never in more.\n",
}
RECIPE = """\
name: otters
max_failed: 1.0
source: {{documents: {{path: {docs}, license: CC-BY-4.0}}}}
models: {{writer: scripted/made}}
steps:
  - generate.prompt:
      prompt: "Ask about: {{{{ text }}}}"
      schema: {{question: str, answer: str}}
      samples: 2
      max_tokens: 50
  - curate.length: {{on: answer, min_words: 3}}
"""


def script(request: Request) -> Any:
    """Answer by what is asked about: two rows each, one word about stubs, nothing about quarrels."""
    text = str(request.body["messages"][-1]["content"])
    if "quarrel" in text:
        return Fault("http_400", "refused", terminal=True)
    about = "otters" if "otters" in text else "the tide" if "tide" in text else "stubs"
    answer = "Yes." if about == "stubs" else f'They say "{about}", number {request.seed}.'
    return json.dumps({"question": f"What of {about}, {request.seed}?", "answer": answer})


def write_recipe(folder: Path, **replaced: str) -> Path:
    """Write the documents and the recipe; `replaced` gives text for text."""
    docs = folder / "docs"
    docs.mkdir(exist_ok=True)
    for name, text in DOCUMENTS.items():
        (docs / name).write_text(text)
    text = RECIPE.format(docs=docs)
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def make_run(folder: Path) -> Path:
    """Make the run; return its folder."""
    recipe = mm.Recipe.from_file(write_recipe(folder))
    with mm.scripted("made", script):
        run = recipe.run(folder / "run", progress=False, workspace=None)
    assert run.status == "done"
    return run.folder.path
