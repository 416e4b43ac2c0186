"""Training data for safety classifiers: harmaug, constitutional_guard, guard_replies, curate.guard; with harmless stand-ins."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run, replay
from mintmark.core.call import Fault, Reply, Request
from mintmark.models.scripted import ScriptedModel, scripted

DATA = Path(os.environ.get("MINTMARK_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
SORRY = "I'm sorry, but I can't help with that."
HARMAUG = """
rows: 4
source: {rows: {rows: [{category: pranks}, {category: teasing}]}}
models: {writer: scripted/guard, responder: scripted/guard, guard: scripted/guard}
max_failed: 1.0
steps:
  - generate.harmaug: {ask: "Make a prompt about {{ category }}."}
  - generate.guard_replies: {}
  - curate.guard: {response: response, policy: "Somebody is fooled in the way of {{ category }}."}
"""


def logprobs(p: float) -> Reply:
    top = [{"token": "Yes", "logprob": math.log(p)}, {"token": " no", "logprob": math.log(1 - p)}]
    return Reply(text="Yes", extra={"logprobs": {"content": [{"top_logprobs": top}]}})


def script(request: Request) -> Any:
    """Writes, replies and judges, and plays every part as it should."""
    if request.kind == "complete":
        return f' "Hide newspaper {request.seed}."'
    said = [str(m["content"]) for m in request.body["messages"]]
    if "Unsafe means" in said[0]:
        return logprobs(0.9 if "Let us" in said[0] else 0.125)
    return SORRY if "decline" in said[0] else "Let us do it."


def made(text: str, folder: Path, answer: Callable[[Request], Any] = script, **options: Any) -> Run:
    with scripted("guard", answer):
        return Recipe.from_yaml(text).run(folder, progress=False, workspace=None, **options)


def test_harmaug_puts_the_opening_into_the_models_mouth_and_labels_both_replies(tmp_path: Path) -> None:
    asked: list[Request] = []

    def noting(request: Request) -> Any:
        asked.append(request)
        return script(request)

    run = made(HARMAUG, tmp_path / "run", noting)
    rows = list(run)
    assert [(r["reply"], r["label"], r["unsafe"]) for r in rows] == [
        ("complying", "harmful", 0.9),
        ("declining", "harmless", 0.125),
    ] * 2
    assert all(r["verdict"] == "harmful" and r["prompt"].startswith("Hide newspaper") for r in rows)
    raw = next(r for r in asked if r.kind == "complete")
    assert raw.body["prompt"] == (
        "<|im_start|>user\nMake a prompt about pranks.<|im_end|>\n<|im_start|>assistant\nI have an idea for a prompt:"
    )
    judged = [str(r.body["messages"][0]["content"]) for r in asked if r.kind == "chat" and len(r.body["messages"]) == 1]
    assert len(judged) == 4 and all("Somebody is fooled in the way of" in text for text in judged)
    _, differ = replay(tmp_path / "run", tmp_path / "again")
    assert differ == []


def test_a_writer_that_refuses_is_dropped_and_nothing_more_is_asked(tmp_path: Path) -> None:
    def refusing(request: Request) -> Any:
        return SORRY if request.kind == "complete" else pytest.fail("no reply is asked for")

    run = made(HARMAUG, tmp_path / "run", refusing)
    assert [(r["fate"], r["reason"]) for r in run.dropped().to_pylist()] == [("dropped", "refused")] * 2


def test_replies_that_do_not_play_their_part_are_dropped(tmp_path: Path) -> None:
    def turned(request: Request) -> Any:
        if request.kind == "chat" and request.body["messages"][0]["role"] == "system":
            return "Let us do it." if "decline" in str(request.body["messages"][0]["content"]) else SORRY
        return script(request)

    run = made(HARMAUG, tmp_path / "run", turned)
    assert Counter(r["reason"] for r in run.dropped().to_pylist()) == {"refused": 2, "not_declined": 2}


def test_one_lost_reply_takes_no_other_with_it(tmp_path: Path) -> None:
    def half(request: Request) -> Any:
        declining = request.kind == "chat" and "decline" in str(request.body["messages"][0]["content"])
        return Fault("http_400", "no", terminal=True) if declining else script(request)

    run = made(HARMAUG, tmp_path / "run", half)
    assert [r["reply"] for r in run] == ["complying"] * 2
    assert [(r["fate"], r["reason"]) for r in run.dropped().to_pylist()] == [("failed", "http_400")] * 2


class Mute(ScriptedModel):
    """Gives no log-probabilities."""

    capabilities = frozenset({"chat", "complete"})


def test_a_guard_without_log_probabilities_votes(tmp_path: Path) -> None:
    seen: dict[str, list[int]] = {}

    def vote(text: str) -> str:
        seen.setdefault(text, []).append(0)
        return ("Yes", "no", "Yes.", "unsure", "yes")[len(seen[text]) - 1]

    def voting(request: Request) -> Any:
        return vote(str(request.body)) if "Unsafe means" in str(request.body) else script(request)

    run = made(HARMAUG, tmp_path / "run", voting, models={"guard": Mute("guard")})
    assert [r["unsafe"] for r in run] == [0.75] * 4, "three of the four votes that could be read"
    mute = made(HARMAUG, tmp_path / "mute", lambda r: "Hm." if "Unsafe" in str(r.body) else script(r))
    assert len(mute) == 0
    assert {(r["fate"], r["reason"]) for r in mute.dropped().to_pylist()} == {("failed", "cannot_judge")}


def test_a_guard_as_a_filter_drops_above_its_threshold(tmp_path: Path) -> None:
    run = made(HARMAUG.replace("{response: response,", "{response: response, max_unsafe: 0.5,"), tmp_path / "run")
    assert {r["reply"] for r in run} == {"declining"}
    assert {r["reason"] for r in run.dropped().to_pylist()} == {"unsafe"}


CONSTITUTION = """
harmful:
  pranks: fooling a neighbour
harmless:
  magic: {means: card tricks for guests, near: pranks}
  baking: baking bread
"""
GUARD = """
source: {guard_constitution: {path: constitution.yaml}}
models: {writer: scripted/guard, responder: scripted/guard}
max_failed: 1.0
steps:
  - generate.constitutional_guard: {samples: 7}
  - generate.guard_replies: {}
"""


@pytest.fixture
def _constitution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "constitution.yaml").write_text(CONSTITUTION)


def writing(request: Request) -> Any:
    said = [str(m["content"]) for m in request.body["messages"]]
    if "sentences" in said[0] and "write" not in said[0]:
        return SORRY if "decline" in said[0] else "Gladly, here is what I know."
    if "new message only" in said[0]:
        return f"Otherwise said {request.seed}: {said[-1]}"
    return f"Please help me, I am number {request.seed} and have a plan for the evening."


@pytest.mark.usefixtures("_constitution")
def test_every_style_and_purpose_comes_and_labels_follow_verdict_and_reply(tmp_path: Path) -> None:
    run = made(GUARD, tmp_path / "run", writing)
    rows = list(run)
    assert Counter((r["verdict"], r["reply"], r["label"]) for r in rows) == {
        ("harmful", "complying", "harmful"): 7,
        ("harmful", "declining", "harmless"): 7,
        ("harmless", "helpful", "harmless"): 14,
    }
    assert {r["purpose"] for r in rows if r["category"] == "magic"} == {"over_refusal"}
    assert {r["purpose"] for r in rows if r["category"] != "magic"} == {"detection"}
    for category in ("pranks", "magic", "baking"):
        styles = {r["style"] for r in rows if r["category"] == category}
        assert styles == {"plain", "paraphrase", "role_play", "spanish", "slang", "polite", "typing"}
    typed = next(r for r in rows if r["style"] == "typing")
    plain = next(r for r in rows if r["style"] == "plain")
    assert not typed["prompt"].startswith("Otherwise") and len(typed["prompt"].split()) == len(plain["prompt"].split())


@pytest.mark.usefixtures("_constitution")
def test_a_style_that_changes_nothing_and_a_writer_that_refuses_are_dropped(tmp_path: Path) -> None:
    run = made(GUARD, tmp_path / "run", lambda r: "Help?" if "message" in str(r.body["messages"][0]) else writing(r))
    gone = Counter((r["style"], r["reason"]) for r in run.dropped().to_pylist())
    assert {style for style, reason in gone if reason == "unchanged"} >= {"paraphrase", "role_play", "spanish"}
    assert {r["style"] for r in run} <= {"plain", "typing"}
    copied = made(
        GUARD, tmp_path / "copied", lambda r: "How do I teach my dog not to bark when the neighbours come home"
    )
    assert {r["reason"] for r in copied.dropped().to_pylist()} == {"copies_example"}
    run = made(GUARD, tmp_path / "refused", lambda r: SORRY)
    assert {r["reason"] for r in run.dropped().to_pylist()} == {"refused"} and len(run) == 0


def test_a_guard_that_knows_words_alone_flags_real_prompts_that_only_look_unsafe(tmp_path: Path) -> None:
    path = DATA / "xstest" / "xstest_prompts.csv"
    if not path.is_file():
        pytest.skip("needs the folder xstest in MINTMARK_DATA")
    text = f"""
source: {{files: {{path: {path}, select: {{prompt: prompt, label: verdict}}}}}}
models: {{guard: scripted/guard}}
steps: [curate.guard: {{}}]
"""
    words = ("kill", "shoot", "bomb", "steal", "hate")
    run = made(text, tmp_path / "run", lambda r: logprobs(0.9 if any(w in str(r.body).lower() for w in words) else 0.1))
    flagged = Counter((row["verdict"], row["unsafe"] > 0.5) for row in run)
    assert flagged["safe", True] + flagged["safe", False] == 250 and flagged.total() == 450
    over_refusal, detection = flagged["safe", True] / 250, flagged["unsafe", True] / 200
    assert over_refusal > 0.1 and abs(detection - over_refusal) < 0.15, "words tell the two hardly apart"
