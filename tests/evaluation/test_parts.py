"""What was kept and removed, by source, topic and group."""

from __future__ import annotations

from pathlib import Path

from mintmark.evaluation.parts import Kept, parts
from mintmark.evaluation.subject import Corpus, RunFacts, Subject


def test_rows_are_told_apart_by_source_topic_and_group() -> None:
    kept = [{"id": f"k{i}", "text": f"She paid the bill with card number {i} at the bank counter."} for i in range(40)]
    gone = [
        *({"id": f"a{i}", "text": f"The glacier {i} melted slowly into the cold mountain river."} for i in range(30)),
        *({"id": f"b{i}", "text": f"She paid the bill with card {i} at the bank."} for i in range(10)),
    ]
    lineage = [
        *({"id": r["id"], "fate": "kept", "source": {"path": "bank.md"}} for r in kept),
        *(
            {"id": r["id"], "fate": "dropped", "source": {"path": "ice.md" if r["id"][0] == "a" else "bank.md"}}
            for r in gone
        ),
        {"id": "c", "fate": "used", "source": {"path": "ice.md"}},
    ]
    run = RunFacts(Path("run"), {"content": {}}, gone, lineage)
    found = parts(Subject(Corpus.of("data", kept), run=run))
    assert [p for p in found if p.by == "source"] == [
        Kept("source", "bank.md", 40, 10),
        Kept("source", "ice.md", 0, 30),
    ]
    topics = [p for p in found if p.by == "topic"]
    assert sum(p.kept for p in topics) == 40 and sum(p.removed for p in topics) == 40
    ice = [p for p in topics if "glacier" in p.label]
    assert sum(p.kept for p in ice) == 0 and sum(p.removed for p in ice) == 30
    assert Kept("group", "pronoun:female", 40, 10) in found


def test_data_that_no_run_made_have_no_parts() -> None:
    assert parts(Subject(Corpus.of("data", [{"text": "a b c"}]))) == []
