"""Copying: copies of the reference, long runs, rare names, sources, protected texts and licences."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.data import corpus, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.claim import settle
from mintmark.evaluation.copying import examine
from mintmark.evaluation.subject import RunFacts, Subject

Rows = list[dict[str, Any]]
OWN = ("verbatim_share", "near_copy_share", "long_run_share", "rare_entity_share")


@pytest.fixture(scope="module")
def halves() -> tuple[Rows, Rows]:
    rows = gsm8k(1600)
    random.Random(8).shuffle(rows)
    return rows[:800], rows[800:]


def judged(rows: Rows, reference: Rows | None, **more: Any) -> dict[str, Finding]:
    given = {k: corpus(k, v) if isinstance(v, list) else v for k, v in more.items()}
    of = None if reference is None else corpus("reference", reference)
    return {f.metric: f for f in settle(examine(Subject(corpus("data", rows), of, **given)))}


def test_a_real_half_copies_nothing(halves: tuple[Rows, Rows]) -> None:
    found = judged(*halves, seed=3)
    assert not [f.name for f in found.values() if f.kind == "risk"]
    assert all(found[m].estimate is not None and found[m].null is not None for m in OWN)
    assert found == judged(*halves, seed=3)


def test_pasted_and_edited_rows_are_told_apart(halves: tuple[Rows, Rows]) -> None:
    real, other = halves
    rows = [dict(row) for row in real]
    for i in range(40):
        rows[i] = {"question": other[i]["question"].upper(), "answer": other[i]["answer"]}
        edited = other[100 + i]
        rows[100 + i] = {"question": edited["question"].replace("a", "e", 2), "answer": edited["answer"]}
    found = judged(rows, other)
    assert found["verbatim_share"].kind == "risk" and found["verbatim_share"].details["rows"] == 40
    assert found["near_copy_share"].kind == "risk" and 36 <= found["near_copy_share"].details["rows"] <= 44
    assert all(e.other_of == "reference" and e.other for e in found["near_copy_share"].evidence)
    assert found["long_run_share"].kind == "risk" and found["long_run_share"].details["longest"] > 60
    assert "words in a row" in found["long_run_share"].evidence[0].note


def test_a_reference_that_repeats_itself_is_no_reproach(halves: tuple[Rows, Rows]) -> None:
    """Where real rows stand twice among real rows, that they stand in the data too is no sign of copying."""
    doubled = [row for row in halves[0] for _ in range(2)]
    random.Random(0).shuffle(doubled)
    found = judged(doubled[:800], doubled[800:])
    assert found["verbatim_share"].null is not None and found["verbatim_share"].null.value > 0.2
    assert not [f.name for f in found.values() if f.kind == "risk"]


def test_rare_names_that_come_back_are_named(halves: tuple[Rows, Rows]) -> None:
    real, other = halves
    marked = [
        dict(row, question=row["question"] + f" They met Odo Quill{chr(97 + i % 26)}{i} there.")
        for i, row in enumerate(other)
    ]
    rows = [dict(row) for row in real]
    for i in range(0, 800, 4):
        rows[i]["question"] += f" It was seen by Odo Quill{chr(97 + i % 26)}{i} once."
    found = judged(rows, marked)["rare_entity_share"]
    assert found.kind == "risk"
    assert any("Odo Quill" in e.note for e in found.evidence)


def test_runs_shared_with_sources_are_facts(halves: tuple[Rows, Rows]) -> None:
    rows = [{"question": "What?", "answer": row["question"]} for row in halves[0][:60]]
    sources = [{"text": "Before. " + row["question"] + " After."} for row in halves[0][:30]]
    found = judged(rows, None, sources=sources)["source_run_words"]
    assert found.kind == "fact" and found.details["rows_with_long_runs"] >= 27
    assert found.details["mean_covered"] > 0.4 and found.evidence[0].other_of == "source"
    assert judged(rows, None)["source_run_words"].needs


def test_style_and_words_of_protected_texts(halves: tuple[Rows, Rows]) -> None:
    voice = (
        "And so it was that thou and I, whom none of them had ever before this been with, would have been there again. "
    )
    protected = [{"text": voice * 2} for _ in range(60)]
    near = judged([{"text": voice + f"It rained {i} days."} for i in range(200)], halves[1][:200], protected=protected)
    assert near["protected_style_distance"].kind == "risk"
    assert near["protected_run_words"].details["rows_with_long_runs"] == 200
    far = judged(halves[0][:200], halves[1][:200], protected=protected)
    assert far["protected_style_distance"].kind != "risk"
    alone = judged(halves[0][:200], None, protected=protected)["protected_style_distance"]
    assert alone.kind == "fact" and alone.estimate is not None
    other = judged([{"text": "\u732b\u304c\u3044\u308b\u3002" * 50}] * 60, None, protected=protected)[
        "protected_style_distance"
    ]
    assert other.needs, "not English"
    missing = judged(halves[0][:50], None)
    assert missing["protected_style_distance"].needs and missing["protected_run_words"].needs


def run_of(recipe: object) -> RunFacts:
    return RunFacts(Path("run"), {"content": {"recipe": recipe}})


def test_licences_are_read_off_the_manifest(halves: tuple[Rows, Rows]) -> None:
    rows = halves[0][:30]
    declared = {
        "source": {"documents": {"path": "d", "license": "CC0-1.0"}},
        "inputs": {"seeds": {"jsonl": {"license": "MIT"}}},
    }
    found = judged(rows, None, run=run_of(declared))["source_licences"]
    assert found.kind == "fact" and "CC0-1.0" in found.claim and "MIT" in found.claim and "`seeds`" in found.claim
    silent = judged(rows, None, run=run_of({"source": {"documents": {"path": "d"}}, "inputs": None}))["source_licences"]
    assert silent.kind == "question" and silent.needs and "documents" in silent.claim
    for run in (None, run_of({}), run_of(None), RunFacts(Path("run"), {})):
        assert judged(rows, None, run=run)["source_licences"].needs


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"text": ""}] * 30,
        [{"text": "a"}, {"text": "b c"}],
        [{"text": "the same words in every row of this set"}] * 80,
        [{"text": chr(0x4E00 + i) * 12} for i in range(60)],
        [{"text": float("nan")}, {"text": None}, {"text": 7}, {"text": ["x", {"content": "y"}]}] * 10,
        [{"text": "word " * 100_000}, *({"text": f"row {i}"} for i in range(30))],
        [{"text": f"bad \ud800 Sign Here {i}"} for i in range(40)],
    ],
)
def test_edges_are_said_and_never_pass(rows: Rows) -> None:
    for reference in (None, [], rows, [{"text": f"other row {i} of Ada Byron"} for i in range(40)]):
        found = judged(rows, reference, sources=reference, protected=reference)
        assert set(OWN) <= set(found)
        for finding in found.values():
            finding.model_dump_json()
        if not any(str(r.get("text") or "").strip() for r in rows) or not reference:
            assert all(found[m].needs for m in OWN)


def test_near_copies_are_seen_in_a_crowd_of_likes() -> None:
    """Hundreds of near copies of one another meet in every band; those of the reference are still met."""
    form = "Dear member, your yearly fee is due by the end of the coming month, so please pay it at the desk in the hall. Number "
    rows = [{"text": f"{form}{i}"} for i in range(300)]
    real = [{"text": f"{form}{i}"} for i in range(1000, 1020)] + [{"text": row["question"]} for row in gsm8k(280)]
    found = judged(rows, real)["near_copy_share"]
    assert found.estimate is not None and found.estimate.value > 0.95
    assert found.kind == "risk"
