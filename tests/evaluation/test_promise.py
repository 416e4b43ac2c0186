"""Realism of the promise: success at home only, circular judges, and identifiers that cannot be true."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.data import data, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation import promise
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import Corpus, RunFacts, Subject
from mintmark.models.families import family

Rows = list[dict[str, Any]]


def found(rows: Rows, reference: Rows | None = None, **more: Any) -> dict[str, Finding]:
    held = None if reference is None else Corpus.of("reference", reference)
    return {f.metric: f for f in settle(promise.examine(Subject(Corpus.of("data", rows), held, **more)))}


def human(task: str) -> Rows:
    return [
        {"text": r["text"], "label": r["target"]}
        for name in ("train", "test") for r in json.loads(data("worker_vs_gpt", task, f"{name}.json").read_text(encoding="utf-8"))
    ]  # fmt: skip


def made(task: str, model: str) -> Rows:
    rows = json.loads(data("worker_vs_gpt", task, f"balanced_{model}_augmented.json").read_text(encoding="utf-8"))
    return [{"text": r["augmented_text"], "label": r["target"]} for r in rows]


def banking(labels: int) -> Rows:
    with data("banking77_nlupp", "banking_data", "train.csv").open(encoding="utf-8") as f:
        rows = [{"text": r["text"], "label": r["category"]} for r in csv.DictReader(f)]
    wanted = sorted({r["label"] for r in rows})[:labels]
    return [r for r in rows if r["label"] in wanted]


def halves(rows: Rows, seed: int) -> tuple[Rows, Rows]:
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    return [rows[i] for i in order[: len(rows) // 2]], [rows[i] for i in order[len(rows) // 2 :]]


def test_generated_rows_promise_more_than_they_keep() -> None:
    one = found(made("hayati_politeness", "llama-2-70b"), human("hayati_politeness"))["own_world_gap"]
    assert one.kind == "risk" and one.figure is not None
    assert "promises more than it keeps" in one.claim


def test_two_halves_of_real_rows_keep_their_promise() -> None:
    for seed in range(3):
        assert found(*halves(banking(8), seed))["own_world_gap"].kind != "risk"


def test_labels_that_a_leaking_template_gives_away_are_found() -> None:
    rows, reference = halves(banking(8), 0)
    numbers = {label: k for k, label in enumerate(sorted({r["label"] for r in rows}))}
    leaking = [{**r, "text": f"variant{'abcdefgh'[numbers[r['label']]]} " * 3 + r["text"]} for r in rows]
    assert found(leaking, reference)["own_world_gap"].kind == "risk"


def run(writer: str, judge: str) -> RunFacts:
    content = {
        "models": {
            "writer": {"spec": writer, "identity": {"id": writer}}, "judge": {"spec": judge, "identity": {"id": judge}},
        },
        "recipe": {"steps": [
            {"generate.prompt": {"model": "writer", "prompt": "judge"}},
            {"curate.length": {"on": "text"}},
            {"curate.judge": {"model": "judge", "votes": 3}},
        ]},
    }  # fmt: skip
    return RunFacts(Path(), {"content": content})


@pytest.mark.parametrize(
    ("writer", "judge", "circular"),
    [
        ("openai/gpt-5-mini", "openai/gpt-4o", True),
        ("local/smollm2", "http://x:80/v1#SmolLM2-1.7B-Instruct", True),
        ("openai/gpt-5-mini", "anthropic/claude-x", False),
        ("scripted/made", "ollama/made-7b", True),
        ("ollama/qwen3:8b", "ollama/llama3.2", False),
    ],
)
def test_a_judge_of_the_writers_family_is_named(writer: str, judge: str, circular: bool) -> None:
    one = found([{"text": "x"}], run=run(writer, judge))["circular_judge"]
    assert (one.kind == "question") == circular
    assert ("another family, or" in one.claim) == circular
    assert judge in one.claim


def test_no_judge_and_no_run() -> None:
    bare = RunFacts(Path(), {"content": {"models": {}, "recipe": {"steps": []}}})
    assert found([{"text": "x"}], run=bare)["circular_judge"].claim == "No model judged the rows in the run."
    assert found([{"text": "x"}])["circular_judge"].needs


def test_families() -> None:
    assert family("http://127.0.0.1:8000/v1#mistralai/Mixtral-8x7B") == "mistral"
    assert family("openai/o3-mini") == "gpt" and family("x/my-own-model-3b") == "my-own-model"


def cited(share: float) -> Rows:
    """Real questions, with a true citation in each tenth row, and a made-up one in a share of those."""
    rows = [dict(r) for r in gsm8k(1000)]
    for i in range(0, 1000, 10):
        wrong = i / 1000 < share
        rows[i]["answer"] += " See arXiv:2313.00001." if wrong else f" See arXiv:1706.{i:05}."
    return rows


def test_citations_that_cannot_exist_are_a_risk() -> None:
    settled = found(cited(0.3))
    one = settled["malformed_identifiers_share"]
    assert one.kind == "risk" and "30 of 100 identifiers" in one.claim
    assert "there is no month 13" in one.evidence[0].note and "2313.00001" in one.evidence[0].text
    assert settled["unsourced_identifiers_share"].needs
    assert found(cited(0.0))["malformed_identifiers_share"].kind == "benefit"


def test_citations_that_the_sources_lack_are_a_risk() -> None:
    sources = Corpus.of(
        "source", [{"text": " ".join(f"https://arxiv.org/abs/1706.{i:05}v1" for i in range(0, 1000, 10))}]
    )
    assert found(cited(0.0), sources=sources)["unsourced_identifiers_share"].kind == "benefit"
    settled = found(cited(0.2), sources=sources)
    assert settled["unsourced_identifiers_share"].kind == "risk"
    assert settled["unsourced_identifiers_share"].estimate is not None
    assert settled["unsourced_identifiers_share"].estimate.value == 0.2


def test_the_same_faults_in_the_reference_are_no_risk_of_the_data() -> None:
    assert found(cited(0.3), cited(0.3))["malformed_identifiers_share"].kind != "risk"


@pytest.mark.parametrize(
    "rows",
    [
        [], [{"text": "a", "label": "x"}], [{"text": "a", "label": "x"}] * 100, [{"text": None, "label": float("nan")}] * 80,
        [{"text": "東京", "label": 1}, {"text": "大阪", "label": 2.0}] * 50, [{"text": "http://" * 100_000, "label": "a"}] * 3,
    ],
)  # fmt: skip
def test_too_little_stays_a_question(rows: Rows) -> None:
    settled = found(rows, rows)
    if not rows or rows[0]["text"] != "東京":
        assert settled["own_world_gap"].kind == "question" and settled["own_world_gap"].needs
    assert "own_world_gap" in found(rows)
