"""Few-shot examples: drawn anew for each call, of the row's own class where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.models.scripted import scripted

SHOWN = [{"label": label, "text": f"{label} {i}"} for label in ("tea", "coffee") for i in range(6)]


def run(folder: Path, rows: list[dict[str, Any]], asked: list[str], **step: Any) -> Run:
    def script(request: Request) -> str:
        asked.append(str(request.body["messages"][0]["content"]))
        return f"text {len(asked)}"

    recipe = Recipe.from_data({
        "source": {"rows": {"rows": rows}},
        "inputs": {"shown": {"rows": {"rows": SHOWN}}},
        "models": {"writer": "scripted/w"},
        "steps": [{"generate.prompt": {"prompt": "{{ label }}:{% for e in examples %} {{ e.text }};{% endfor %}", **step}}],
        "max_failed": 1.0,
    })  # fmt: skip
    with scripted("w", script):
        return recipe.run(folder, progress=False, workspace=None)


def test_examples_are_of_the_rows_class_and_drawn_anew(tmp_path: Path) -> None:
    asked: list[str] = []
    rows = [{"label": "tea", "n": i} for i in range(10)]
    assert len(run(tmp_path / "run", rows, asked, few_shot="shown", match="label", shots=2)) == 10
    assert all("coffee" not in one and one.count("tea ") == 2 for one in asked)
    assert len(set(asked)) > 5


def test_a_class_without_an_example_fails(tmp_path: Path) -> None:
    found = run(tmp_path / "run", [{"label": "milk"}, {"label": "tea"}], [], few_shot="shown", match="label")
    assert [(row["fate"], row["reason"]) for row in found.dropped().to_pylist()] == [("failed", "no_example")]


def test_a_rows_own_examples_are_shown(tmp_path: Path) -> None:
    asked: list[str] = []
    run(tmp_path / "run", [{"label": "tea", "examples": [{"text": "own"}]}], asked)
    assert asked == ["tea: own;"]
