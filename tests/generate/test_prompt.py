"""Few-shot examples: drawn anew for each call, of the row's own class where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mintmark.api import Recipe, Run
from mintmark.core.call import Request
from mintmark.models.scripted import scripted

SHOWN = [{"label": label, "text": f"{label} {i}"} for label in ("tea", "coffee") for i in range(6)]


def run(folder: Path, rows: list[dict[str, Any]], asked: list[Any], **step: Any) -> Run:
    def script(request: Request) -> str:
        messages = request.body["messages"]
        asked.append(messages if len(messages) > 1 else str(messages[0]["content"]))
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


def test_examples_may_be_turns_of_their_own(tmp_path: Path) -> None:
    asked: list[Any] = []
    run(
        tmp_path / "run", [{"label": "tea"}], asked, few_shot="shown", match="label", shots=2, prompt="About {{ label }}:",
        system="Be brief.", example_reply="{{ text }}",
    )  # fmt: skip
    (messages,) = asked
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert {m["content"] for m in messages if m["role"] == "user"} == {"About tea:"}
    assert all(m["content"].startswith("tea ") for m in messages if m["role"] == "assistant")


def test_a_rows_own_examples_take_what_they_lack_from_the_row(tmp_path: Path) -> None:
    asked: list[Any] = []
    rows = [{"label": "tea", "examples": [{"text": "own"}]}]
    run(tmp_path / "run", rows, asked, prompt="About {{ label }}:", example_reply="{{ text }}")
    assert [m["content"] for m in asked[0]] == ["About tea:", "own", "About tea:"]
