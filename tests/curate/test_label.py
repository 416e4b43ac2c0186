"""Labels by votes: shares, abstention, soft votes, examples drawn anew, agreement with people on real intents."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.evaluation.data import corpus, data

from mintmark.api import Recipe, Run
from mintmark.core.call import Fault, Reply, Request
from mintmark.curate.label import Label
from mintmark.evaluation.claim import settle
from mintmark.evaluation.labels_judges import judges
from mintmark.models.scripted import scripted


def run(folder: Path, rows: list[dict[str, Any]], script: Any, side: Any = None, **step: Any) -> Run:
    recipe = Recipe.from_data({
        "source": {"rows": {"rows": rows}},
        "inputs": {name: {"rows": {"rows": side_rows}} for name, side_rows in (side or {}).items()},
        "models": {"annotator": "scripted/a"},
        "steps": [{"curate.label": step}],
        "max_failed": 1.0,
    })  # fmt: skip
    with scripted("a", script):
        return recipe.run(folder, progress=False, workspace=None)


def said(label: str) -> str:
    return json.dumps({"label": label})


def told(request: Request) -> str:
    """Return all that the annotator is told."""
    return "\n".join(str(message["content"]) for message in request.body["messages"])


def turns(*labels: str) -> Any:
    """A script that gives the labels in turn."""
    given = iter(labels)
    return lambda request: said(next(given))


def test_the_soft_label_is_the_shares_of_the_votes_in_falling_order(tmp_path: Path) -> None:
    found = run(tmp_path / "r", [{"text": "x"}], turns("b", "c", "b", "b"), labels=["a", "b", "c"], votes=4)
    (row,) = list(found)
    assert (row["label"], row["label_share"]) == ("b", 0.75)
    assert [(s["label"], s["probability"]) for s in row["soft_labels"]] == [("b", 0.75), ("c", 0.25), ("a", 0.0)]


@pytest.mark.parametrize(("votes", "min_share"), [(("a", "b", "c"), 0.5), (("a", "a", "b", "b"), 0.5)])
def test_split_votes_and_a_shared_lead_abstain_with_their_soft_label(
    votes: tuple[str, ...], min_share: float, tmp_path: Path
) -> None:
    labels = ["a", "b", "c"]
    found = run(tmp_path / "r", [{"text": "x"}], turns(*votes), labels=labels, votes=len(votes), min_share=min_share)
    (row,) = found.dropped().to_pylist()
    assert (row["fate"], row["reason"], row["label"]) == ("dropped", "abstained", None)
    assert row["soft_labels"][0]["probability"] == row["label_share"] < 0.51


def test_votes_that_cannot_be_read_are_no_votes(tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        text = told(request)
        bad = request.seed % 2 if "half" in text else 1
        return Fault("http_400", "no", terminal=True) if bad else said("a")

    rows = [{"text": "half"}, {"text": "none"}, {"text": " "}, {"text": None}]
    found = run(tmp_path / "r", rows, script, labels=["a", "b"], votes=25)
    reasons = [row["reason"] for row in found.dropped().to_pylist()]
    assert reasons[-3:] == ["cannot_label", "not_text", "not_text"] and len(found) + len(reasons) == 4
    assert all(row["label"] == "a" and row["label_share"] == 1 for row in found)


def test_soft_votes_follow_their_label_through_every_order(tmp_path: Path) -> None:
    chances, orders = {"a": 0.7, "b": 0.2, "c": 0.1}, set()

    def script(request: Request) -> Reply:
        lines = told(request).splitlines()
        letters = {line[3:].split(":")[0]: line[0] for line in lines if line[1:3] == ") "}
        orders.add(tuple(letters))
        import math

        top = [{"token": letters[label], "logprob": math.log(p)} for label, p in chances.items()]
        return Reply("A", finish="stop", extra={"logprobs": {"content": [{"token": "A", "top_logprobs": top}]}})

    labels = {"a": "the first", "b": "the second", "c": ""}
    (row,) = list(run(tmp_path / "r", [{"text": "x"}], script, labels=labels, votes=12, soft=True))
    assert {s["label"]: round(s["probability"], 4) for s in row["soft_labels"]} == chances
    assert len(orders) > 2


def test_examples_are_drawn_anew_and_never_the_row_itself(tmp_path: Path) -> None:
    asked: list[str] = []

    def script(request: Request) -> str:
        asked.append(told(request))
        return said("a")

    shown = [{"text": f"shown {i}", "label": "ab"[i % 2], "reason": f"because {i}"} for i in range(8)]
    side = {
        "shown": [*shown, {"text": "x", "label": "b"}],
        "classes": [{"label": "a", "meaning": "first"}, {"label": "b"}],
    }
    run(
        tmp_path / "r", [{"text": "x"}], lambda r: (script(r), '{"reason": "so", "label": "a"}')[1], side,
        labels_from="classes", few_shot="shown", shots=3, votes=8, explain=True,
    )  # fmt: skip
    assert len({one.partition("Text: ")[2] for one in asked}) > 4
    assert all(one.count("shown ") == 3 and one.count("because ") == 3 for one in asked)
    assert all(one.count("Text: x") == 1 and "- a: first" in one for one in asked)


def test_labels_may_be_those_of_the_examples(tmp_path: Path) -> None:
    side = {"shown": [{"text": "one", "label": "b"}, {"text": "two", "label": "a"}]}
    (row,) = list(run(tmp_path / "r", [{"text": "x"}], turns("a"), side, few_shot="shown", votes=1))
    assert row["label"] == "a" and {s["label"] for s in row["soft_labels"]} == {"a", "b"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"labels": ["a"]},
        {"labels": ["a", "a"]},
        {"labels": ["a", "b"], "labels_from": "c"},
        {"labels": [str(i) for i in range(21)], "soft": True},
        {"labels": ["a", "b"], "soft": True, "explain": True},
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Label(**fields)


def test_agreement_with_people_on_real_intents_is_reported(tmp_path: Path) -> None:
    """An annotator that is wrong on one in five: kappa is near .8 over what it decides, and rises as it abstains."""
    train = json.loads(data("clinc150", "data_small.json").read_text(encoding="utf-8"))["train"]
    intents = sorted({label for _, label in train})[:10]
    rows = [{"text": text, "human_label": label} for text, label in train if label in intents][:200]
    truth = {row["text"]: row["human_label"] for row in rows}

    def script(request: Request) -> str:
        text = told(request).rpartition("Text: ")[2]
        rng = random.Random(request.seed)
        return said(truth[text] if rng.random() < 0.8 else rng.choice(intents))

    kappas, kept = [], []
    for votes, min_share in ((1, 0.5), (5, 0.8)):
        found = run(
            tmp_path / str(votes), rows, script, labels=intents, votes=votes, min_share=min_share, into="judge_label"
        )
        (finding,) = (f for f in settle(judges(corpus("data", list(found)))) if f.metric == "judge_agreement")
        assert finding.estimate is not None
        kappas.append(finding.estimate.value)
        kept.append(len(found))
    assert kept[0] == 200 and 100 < kept[1] < 200
    assert 0.7 < kappas[0] < 0.9 < kappas[1]
