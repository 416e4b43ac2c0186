"""generate.magpie: what is asked, and what is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import CapabilityError
from mintmark.models.scripted import scripted


def recipe(model: str = "scripted/magpie", **step: Any) -> Recipe:
    return Recipe.from_data(
        {
            "source": {"rows": {"rows": [{"slot": 1}]}},
            "models": {"writer": model},
            "steps": [{"generate.magpie": step}],
            "max_failed": 1.0,
        }
    )


def made(folder: Path, script: Callable[[Request], Any], **step: Any) -> Run:
    with scripted("magpie", script):
        return recipe(**step).run(folder, progress=False, workspace=None)


def test_nothing_is_asked_but_the_opening_of_a_turn(tmp_path: Path) -> None:
    asked: list[Request] = []

    def script(request: Request) -> str:
        asked.append(request)
        return " Why is it blue?\n" if request.kind == "complete" else "So it is."

    sampling = {"temperature": 1.0, "top_p": 0.9, "max_tokens": 99, "instruction_tokens": 20}
    (row,) = made(tmp_path / "run", script, **sampling)
    del row["id"]
    assert row == {"instruction": "Why is it blue?", "response": "So it is."}
    write, answer = asked
    assert write.body == {"prompt": "", "turn": "user"} and answer.body["messages"] == [
        {"role": "user", "content": "Why is it blue?"}
    ]
    assert write.sampling == {"temperature": 1.0, "top_p": 0.9, "max_tokens": 20}
    assert answer.sampling == {"temperature": 0.0, "top_p": 1.0, "max_tokens": 99}
    asked.clear()
    made(tmp_path / "other", script, header="<|user|>\n")
    assert asked[0].body == {"prompt": "<|user|>\n"}


@pytest.mark.parametrize(
    ("written", "answer", "fate", "reason"),
    [
        (" \n", "", "dropped", "empty_instruction"),
        (Reply(text="Why is", finish="length"), "", "dropped", "cut_off"),
        ("tell me more " * 12, "", "dropped", "loops"),
        ("Why?", " ", "dropped", "empty_response"),
        ("Why?", Reply(text="Because", finish="length"), "dropped", "cut_off"),
        ("Why?", "because it is so " * 9, "dropped", "loops"),
        (Fault("http_400", terminal=True), "", "failed", "http_400"),
    ],
)
def test_what_is_dropped(written: Any, answer: Any, fate: str, reason: str, tmp_path: Path) -> None:
    run = made(tmp_path / "run", lambda request: written if request.kind == "complete" else answer)
    (row,) = run.dropped().to_pylist()
    assert (row["fate"], row["reason"]) == (fate, reason)


def test_one_sample_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    seen: list[int] = []

    def script(request: Request) -> Any:
        seen.append(request.seed)
        return Fault("http_400", terminal=True) if len(seen) == 1 else "Why is it blue?"

    run = made(tmp_path / "run", script, samples=3)
    assert len(run) == 2 and [r["reason"] for r in run.dropped().to_pylist()] == ["http_400"]


def test_a_server_that_hides_its_template_needs_a_header(tmp_path: Path) -> None:
    with pytest.raises(CapabilityError, match="cannot template"):
        recipe("openai/gpt-5-mini").run(tmp_path / "run", progress=False, workspace=None)
