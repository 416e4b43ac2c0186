"""Constitutional AI: what is asked by which principle, which versions stay, and pairs that do not hang on their order."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.fingerprint import digest
from mintmark.generate.constitution import Constitution, built_in
from mintmark.models.scripted import scripted

Script = Callable[[Request], Any]
OURS = [
    {"name": n, "critique": f"Criticise {n}.", "revision": f"Mend {n}.", "choice": f"Which has {n}?"} for n in "abcd"
]


def made(folder: Path, script: Script, *, asked: tuple[str, ...] = ("Hi?",), side: Any = OURS, **fields: Any) -> Run:
    recipe = Recipe.from_data({
        "source": {"rows": {"rows": [{"instruction": a} for a in asked]}}, "models": {"writer": "scripted/c", "judge": "scripted/c"},
        "inputs": {"ours": {"rows": {"rows": side}}}, "max_failed": 1.0,
        "steps": [{"generate.constitution": {"constitution": "ours", **fields}}],
    })  # fmt: skip
    with scripted("c", script):
        return recipe.run(folder, progress=False, workspace=None)


def told(request: Request) -> list[str]:
    return [str(m["content"]) for m in request.body["messages"]]


def writer(request: Request) -> str:
    """Say what is asked and how often it was mended."""
    talk = told(request)
    if len(talk) == 1:
        return "draft"
    return f"critique of {talk[1]}" if len(talk) == 3 else f"Sure! Here is the new reply:\n\n{talk[1]}+{talk[4][5]}"


def test_each_version_is_criticised_and_mended_by_another_principle(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def script(request: Request) -> str:
        asked.append(told(request))
        return writer(request)

    (row,) = made(tmp_path / "run", script, revisions=3)
    names = [v["principle"] for v in row["versions"][1:]]
    assert row["versions"][0] == {"response": "draft", "principle": None, "critique": None}
    assert len(set(names)) == 3 and row["principle"] == names[-1]
    assert [v["response"] for v in row["versions"]] == ["draft" + "".join(f"+{n}" for n in names[:k]) for k in range(4)]
    assert row["response"] == row["versions"][-1]["response"], "talk around a version is left out"
    assert [v["critique"] for v in row["versions"][1:]] == [
        f"critique of {v['response']}" for v in row["versions"][:-1]
    ]
    assert [len(talk) for talk in asked] == [1, 3, 5, 3, 5, 3, 5], (
        "a principle sees the newest version, not the talk before"
    )
    assert asked[1][2].startswith(f"Criticise {names[0]}.") and asked[2][4].startswith(f"Mend {names[0]}.")


def test_principles_are_drawn_by_row_and_seed(tmp_path: Path) -> None:
    rows = made(tmp_path / "run", writer, asked=tuple(f"Question {i}?" for i in range(40)))
    drawn = [row["principle"] for row in rows]
    assert set(drawn) == set("abcd")
    assert [
        row["principle"] for row in made(tmp_path / "again", writer, asked=tuple(f"Question {i}?" for i in range(40)))
    ] == drawn


def test_more_revisions_than_principles_use_each_once(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "run", writer, revisions=9)
    assert sorted(v["principle"] for v in row["versions"][1:]) == list("abcd")


@pytest.mark.parametrize(
    ("length", "answer", "reason"),
    [
        (1, " ", "empty_reply"), (1, Reply("So", finish="length"), "cut_off"), (3, "", "empty_reply"),
        (5, Reply("So", finish="length"), "cut_off"), (5, "draft", "unchanged"), (3, " Draft", "no_critique"),
        (5, "I have made a few changes.", "speaks_of_itself"), (5, "Here is my revised version.", "speaks_of_itself"),
        (3, Fault("content_filter", terminal=True), "content_filter"),
    ],
)  # fmt: skip
def test_what_cannot_stand_does_not(length: int, answer: Any, reason: str, tmp_path: Path) -> None:
    run = made(tmp_path / "run", lambda request: answer if len(told(request)) == length else writer(request))
    (gone,) = run.dropped().to_pylist()
    assert len(run) == 0 and gone["reason"] == reason
    assert (gone["fate"] == "failed") == (reason == "content_filter")


def test_a_critique_may_be_cut_off_and_the_writer_may_be_told_who_it_is(tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        first, *rest = request.body["messages"]
        assert first == {"role": "system", "content": "Be brief."}
        return Reply("It is", finish="length") if len(rest) == 3 else "draft" if len(rest) == 1 else "mended"

    (row,) = made(tmp_path / "run", script, system="Be brief.")
    assert (row["response"], row["versions"][1]["critique"]) == ("mended", "It is")


@pytest.mark.parametrize("side", [[{"critique": "Only this."}], [{"other": "x"}]])
def test_a_constitution_without_what_is_needed_fails_rows(side: Any, tmp_path: Path) -> None:
    (gone,) = made(tmp_path / "run", writer, side=side).dropped().to_pylist()
    assert (gone["fate"], gone["reason"]) == ("failed", "no_principle") and "revision" in gone["detail"]


def pairs(chance: Callable[[str, str], float], words: tuple[str, str] = ("good", "bad")) -> Script:
    """Reply with two words; judge by the chance of what stands at A."""
    seen: dict[int, int] = {}

    def script(request: Request) -> Any:
        if request.kind == "score":
            asked = str(request.body["context"])
            a, b = (asked.split(f"\n\n{x}:\n")[1].split("\n")[0] for x in "AB")
            return [math.log(max(1e-9, chance(a, b) if request.body["target"] == " A" else 1 - chance(a, b)))]
        return words[seen.setdefault(request.seed, len(seen))]

    return script


def test_chances_of_both_orders_are_averaged(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "run", pairs(lambda a, b: 0.9 if a == "good" else 0.3), mode="preference")
    assert (row["chosen"], row["rejected"]) == ("good", "bad")
    assert (
        row["preference"] == pytest.approx((0.9 + 0.7) / 2) and row["principle"] in "abcd" and row["flipped"] is False
    )
    (row,) = made(tmp_path / "lost", pairs(lambda a, b: 0.1 if a == "good" else 0.9), mode="preference")
    assert (row["chosen"], row["preference"]) == ("bad", pytest.approx(0.9))


@pytest.mark.parametrize(("chance", "reason"), [(0.8, "judge_flips"), (0.2, "judge_flips"), (0.5, "judge_flips")])
def test_a_judge_that_goes_by_the_place_or_not_at_all_prefers_nothing(
    chance: float, reason: str, tmp_path: Path
) -> None:
    (gone,) = made(tmp_path / "run", pairs(lambda a, b: chance), mode="preference").dropped().to_pylist()
    assert gone["reason"] == reason and gone["fate"] == "dropped"


def test_the_mean_of_both_orders_may_decide_as_in_the_paper(tmp_path: Path) -> None:
    def by_place(a: str, b: str) -> float:
        return 0.9 if a == "bad" else 0.8

    (row,) = made(tmp_path / "run", pairs(by_place), mode="preference", flips="average")
    assert (row["chosen"], row["rejected"], row["preference"]) == ("bad", "good", pytest.approx(0.55))
    assert row["flipped"] is True


def test_one_reply_twice_is_no_pair_and_a_judge_that_says_neither_fails_it(tmp_path: Path) -> None:
    (gone,) = made(tmp_path / "one", pairs(lambda a, b: 1.0, ("same", "same")), mode="preference").dropped().to_pylist()
    assert gone["reason"] == "same_reply"

    def unread(request: Request) -> Any:
        return Fault("http_500", "no", terminal=True) if request.kind == "score" else f"reply {request.seed}"

    (gone,) = made(tmp_path / "two", unread, mode="preference").dropped().to_pylist()
    assert (gone["fate"], gone["reason"]) == ("failed", "cannot_judge")


def test_the_principles_that_come_with_it() -> None:
    found = built_in()
    assert len({p["name"] for p in found}) == len(found) >= 6
    for principle in found:
        assert set(principle) == {"name", "critique", "revision", "choice"}
        assert all(re.fullmatch(r"\S.*[.?]", text) for key, text in principle.items() if key != "name")
    # Rows made with other principles are other rows: raise the version of the step with this digest.
    assert (Constitution.op_version, digest(list(found))) == (1, "57d45e63523b714cc66d3395036f9633")
