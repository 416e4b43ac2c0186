"""Preference data: the best against a worse one, by margins, and only where both orders say so."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintmark.api import Recipe, Run
from mintmark.core.call import Fault, Reply, Request
from mintmark.core.errors import RecipeError
from mintmark.models.families import deciders
from mintmark.models.scripted import scripted
from mintmark.publish.export import export

Better = Callable[[int, int], str]


def recipe(**fields: Any) -> Recipe:
    return Recipe.from_data({
        "source": {"rows": {"rows": [{"instruction": "Name a river.", "kind": "geography"}]}}, "max_failed": 1.0,
        "models": {"writer": "scripted/w", "other": "scripted/o", "judge": "scripted/j"},
        "steps": [{"generate.preference": fields}],
    })  # fmt: skip


def by_number(a: int, b: int) -> str:
    return "A" if a > b else "B"


def made(
    folder: Path, points: list[int | None], *, better: Better = by_number, reply: Any = None, **fields: Any
) -> Run:
    """Replies are `reply 0`, `reply 1`, ... in the order asked for, and are given `points` in turn; None cannot be read."""
    seen: list[int] = []

    def writes(request: Request) -> Any:
        seen.append(1)
        n = len(seen) - 1
        return f"reply {n}" if reply is None else reply(n)

    def judges(request: Request) -> Any:
        text = str(request.body["messages"][0]["content"])
        if "Which is better" in text:
            a, b = (int(text.split(f"\n\n{x}:\nreply ")[1].split()[0]) for x in "AB")
            return json.dumps({"reason": f"{a} and {b}", "better": better(a, b)})
        value = points[int(text.split("Reply:\nreply ")[1].split()[0])]
        return "no JSON" if value is None else json.dumps({"reason": "so", "score": value})

    with scripted("w", writes), scripted("o", writes), scripted("j", judges):
        return recipe(**{"scale": [1, 10], **fields}).run(folder, progress=False, workspace=None)


def one_gone(run: Run) -> tuple[str, str]:
    (gone,) = run.dropped().to_pylist()
    return gone["fate"], gone["reason"]


def test_the_best_stands_against_the_worst_with_its_margin(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "run", [4, 2, 5, 9])
    assert (row["chosen"], row["rejected"], row["margin"]) == ("reply 3", "reply 1", 7)
    assert (row["chosen_score"], row["rejected_score"], row["kind"]) == (9, 2, "geography")
    assert [(r["text"], r["score"]) for r in row["replies"]] == [(f"reply {n}", s) for n, s in enumerate((4, 2, 5, 9))]


def test_replies_are_dealt_out_to_the_models(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "run", [1, 2, 3, 9], models=["other"])
    assert [r["model"] for r in row["replies"]] == ["writer", "other", "writer", "other"]
    assert (row["chosen_model"], row["rejected_model"]) == ("other", "writer")


def test_a_margin_is_asked_for(tmp_path: Path) -> None:
    assert one_gone(made(tmp_path / "one", [5, 5, 5, 5])) == ("dropped", "no_margin")
    assert one_gone(made(tmp_path / "two", [5, 6, 6, 7], min_margin=3)) == ("dropped", "no_margin")
    (row,) = made(tmp_path / "three", [5, 6, 6, 8], min_margin=3)
    assert row["margin"] == 3


def test_the_rejected_one_may_be_drawn_from_all_that_are_low_enough(tmp_path: Path) -> None:
    drawn = set()
    for n in range(12):
        with_seed = recipe(against="random", min_margin=3, scale=[1, 10]).to_data() | {"seed": n}
        script = {"w": lambda r: f"reply {r.seed % 1000}", "j": None}
        seen: dict[int, int] = {}

        def judges(request: Request, seen: dict[int, int] = seen) -> str:
            text = str(request.body["messages"][0]["content"])
            if "Which is better" in text:
                a, b = (seen[int(text.split(f"\n\n{x}:\nreply ")[1].split()[0])] for x in "AB")
                return json.dumps({"reason": "", "better": by_number(a, b)})
            name = int(text.split("Reply:\nreply ")[1].split()[0])
            return json.dumps({"reason": "", "score": (1, 4, 8, 9)[seen.setdefault(name, len(seen))]})

        with scripted("w", script["w"]), scripted("o", script["w"]), scripted("j", judges):  # type: ignore[arg-type]
            (row,) = Recipe.from_data(with_seed).run(tmp_path / str(n), progress=False, workspace=None)
        drawn.add(row["rejected_score"])
    assert drawn == {1, 4}


def test_a_verdict_that_changes_with_the_order_or_goes_to_the_other_is_dropped(tmp_path: Path) -> None:
    assert one_gone(made(tmp_path / "a", [1, 9, 1, 1], better=lambda a, b: "A")) == ("dropped", "judge_flips")
    assert one_gone(made(tmp_path / "b", [9, 1, 1, 1], better=by_number)) == ("dropped", "judge_prefers_other")
    assert one_gone(made(tmp_path / "c", [1, 9], better=lambda a, b: "?", n=2)) == ("failed", "cannot_judge")


def test_where_flips_are_averaged_the_scores_decide(tmp_path: Path) -> None:
    (row,) = made(tmp_path / "a", [1, 9, 1, 1], better=lambda a, b: "A", flips="average")
    assert (row["chosen"], row["preference"]) == ("reply 1", 0.5)
    assert one_gone(made(tmp_path / "b", [9, 1, 1, 1], flips="average")) == ("dropped", "judge_prefers_other")


def test_odds_are_the_chances_that_the_judge_gives(tmp_path: Path) -> None:
    weights = {"reply 0": (0.5, 0.5, 0.0), "reply 1": (0.0, 0.25, 0.75), "reply 2": (1.0, 0.0, 0.0)}
    seen: list[int] = []

    def writes(request: Request) -> str:
        seen.append(1)
        return f"reply {len(seen) - 1}"

    def judges(request: Request) -> list[float]:
        text, answer = str(request.body["context"]), str(request.body["target"]).strip()
        if "Which is better" in text:
            first = 0.9 if text.index("reply 1") < text.index("reply 2") else 0.7
            chance = {"A": first, "B": 1 - first}[answer]
        else:
            chance = weights[text.split("Reply:\n")[1].split("\n")[0]][int(answer) - 1]
        return [math.log(chance or 1e-12)]

    odds = recipe(by="odds", n=3, scale=[1, 3], flips="average")
    with scripted("w", writes), scripted("j", judges):
        (row,) = odds.run(tmp_path / "run", progress=False, workspace=None)
    assert [r["score"] for r in row["replies"]] == [1.5, 2.75, 1.0]
    assert (row["chosen"], row["rejected"], row["margin"]) == ("reply 1", "reply 2", 1.75)
    assert row["preference"] == pytest.approx((0.9 + 0.3) / 2)


def test_replies_that_cannot_stand_or_be_judged_take_no_part(tmp_path: Path) -> None:
    (row,) = made(
        tmp_path / "one", [9, None, 2, 8], reply=lambda n: Reply("reply 0", finish="length") if n == 0 else f"reply {n}"
    )
    assert (row["chosen"], row["rejected"]) == ("reply 3", "reply 2")
    assert [r["left_out"] for r in row["replies"]] == ["cut_off", "cannot_judge", None, None]
    assert one_gone(made(tmp_path / "two", [1], reply=lambda n: "reply 0")) == ("dropped", "too_few_replies")
    assert one_gone(made(tmp_path / "three", [], reply=lambda n: " ")) == ("dropped", "too_few_replies")
    assert one_gone(made(tmp_path / "four", [None] * 4)) == ("failed", "cannot_judge")
    refused = made(tmp_path / "five", [1], reply=lambda n: Fault("http_400", "no", terminal=True) if n else "reply 0")
    assert one_gone(refused) == ("failed", "http_400")


def test_pairs_are_exported_for_training(tmp_path: Path) -> None:
    made(tmp_path / "run", [4, 2, 5, 9])
    assert export(tmp_path / "run", "kto", tmp_path / "kto.jsonl") == 2
    labels = [json.loads(line)["label"] for line in (tmp_path / "kto.jsonl").read_text().splitlines()]
    assert labels == [True, False]


def test_a_step_that_writes_and_judges_is_known_for_both(tmp_path: Path) -> None:
    content = made(tmp_path / "run", [4, 2, 5, 9], models=["other"]).manifest["content"]
    makers, judges = deciders(content)
    assert makers == [("generate.preference", "scripted/w"), ("generate.preference", "scripted/o")]
    assert judges == [("generate.preference", "scripted/j")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"scale": [5, 1]}, "must rise"), ({"min_margin": 5}, "at most 4"), ({"rubric": "{{ x"}, "template"),
        ({"by": "odds", "scale": [1, 10]}, "one digit"), ({"judge": "nobody"}, "nobody"),
    ],
)  # fmt: skip
def test_settings_that_cannot_mean_anything(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        recipe(**fields)
