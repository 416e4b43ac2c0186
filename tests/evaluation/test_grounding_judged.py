"""A judge of grounding: believed as far as it tells planted cases, and not at all where it is at chance."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.test_grounding import Rows, misplaced, xquad
from typer.testing import CliRunner

from mintmark.cli.main import app
from mintmark.core.call import Fault, Request
from mintmark.core.errors import CapabilityError, ModelError
from mintmark.core.finding import Finding
from mintmark.evaluation import grounding, promise
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import Corpus, RunFacts, Subject
from mintmark.measures.sentences import fold_space
from mintmark.models.bridge import Bridge, bridges
from mintmark.models.scripted import scripted

Script = Callable[[Request], Any]


def vote(yes: bool) -> str:
    return json.dumps(
        {"reason": f"It {'stands' if yes else 'does not stand'} there.", "choice": "yes" if yes else "no"}
    )


def good(request: Request) -> str:
    """Look whether the answer stands in the passage."""
    passage, _, rest = str(request.body["messages"][0]["content"]).partition("\n\n")
    answer = rest.partition("Answer: ")[2].partition("\n\nDoes")[0]
    return vote(fold_space(answer) in fold_space(passage))


def at_chance(request: Request) -> str:
    return vote(hash_of(request) % 10 < 6)


def strict(request: Request) -> str:
    """Overlook half of what stands there, and never find what does not."""
    return vote(hash_of(request) % 2 == 0) if '"yes"' in good(request) else vote(False)


def hash_of(request: Request) -> int:
    import hashlib

    return hashlib.sha256(str(request.body["messages"][0]["content"]).encode()).digest()[0]


def judged(
    rows: Rows, script: Script, folder: Path, *, spec: str = "scripted/judge", **more: Any
) -> dict[str, Finding]:
    with scripted("judge", script):
        judge = Bridge("scripted/judge", folder / "calls.sqlite")
        judge.spec = spec
        try:
            subject = Subject(Corpus.of("data", rows), judge=judge, **more)
            found = [*grounding.examine(subject), *(promise.examine(subject) if subject.run else ())]
        finally:
            judge.close()
    return {f.metric: f for f in settle(found) if f.metric in ("judge_gap", "judged_unsupported", "circular_judge")}


def test_without_a_judge_nothing_is_said_of_one() -> None:
    found = settle(grounding.examine(Subject(Corpus.of("data", xquad()[:60]))))
    assert not [f for f in found if "judge" in f.metric]


def test_a_good_judge_finds_what_is_misplaced_and_says_why(tmp_path: Path) -> None:
    rows, planted = misplaced(xquad(), 0.3)
    found = judged(rows, good, tmp_path, limits={"judged_rows": 100})
    assert found["judge_gap"].kind == "fact" and "tells what is planted" in found["judge_gap"].claim
    one = found["judged_unsupported"]
    assert one.kind == "risk" and one.estimate is not None and one.estimate.low < 0.3 < one.estimate.high
    assert {e.id for e in one.evidence} <= planted and len(one.evidence) == 5
    assert one.evidence[0].note == "the judge: It does not stand there." and one.evidence[0].other


def test_true_rows_pass_a_good_judge(tmp_path: Path) -> None:
    one = judged(xquad(), good, tmp_path)["judged_unsupported"]
    assert one.kind == "benefit" and one.estimate is not None and one.estimate.value < 0.05


def test_rows_that_are_all_misplaced_are_the_datas_fault_not_the_judges(tmp_path: Path) -> None:
    rows, _ = misplaced(xquad(), 1.0)
    found = judged(rows, good, tmp_path)
    assert found["judge_gap"].kind == "fact"
    assert found["judged_unsupported"].kind == "risk"
    assert found["judged_unsupported"].details["own_minus_another"] == pytest.approx(0, abs=0.05)


def test_a_judge_that_overlooks_half_accuses_no_true_row(tmp_path: Path) -> None:
    found = judged(xquad(), strict, tmp_path)
    assert found["judge_gap"].kind == "fact"
    assert found["judged_unsupported"].kind == "question"


@pytest.mark.parametrize("script", [at_chance, lambda request: vote(True), lambda request: vote(False)])
def test_a_judge_at_chance_is_said_to_be_and_decides_nothing(script: Script, tmp_path: Path) -> None:
    for n, rows in enumerate((xquad(), misplaced(xquad(), 0.5)[0])):
        found = judged(rows, script, tmp_path / str(n))
        gap, share = found["judge_gap"], found["judged_unsupported"]
        assert gap.kind == share.kind == "question"
        assert "at chance here" in gap.claim and "%" in gap.claim and gap.figure is not None
        assert gap.estimate is not None and gap.estimate.low <= 0
        assert share.estimate is None and share.needs == gap.needs == "a judge that tells a passage from another"
        assert bool(gap.evidence) == (gap.details["yes_to_another"] > 0)


def test_a_judge_that_cannot_be_read_decides_nothing(tmp_path: Path) -> None:
    found = judged(xquad()[:100], lambda request: "Perhaps.", tmp_path)
    for one in found.values():
        assert one.kind == "question" and one.needs == "a judge whose votes can be read"
        assert "0 of 180 votes could be read (invalid_json)" in one.claim


def test_a_few_votes_that_cannot_be_read_are_counted_not_judged(tmp_path: Path) -> None:
    found = judged(xquad(), lambda request: "?" if hash_of(request) < 60 else good(request), tmp_path)
    unread = found["judge_gap"].details["votes_not_read"]
    assert 20 < unread < 80 and f"{unread} of its 180 votes could not be read" in found["judge_gap"].claim
    assert found["judged_unsupported"].kind in ("benefit", "question")
    assert found["judged_unsupported"].estimate is not None and found["judged_unsupported"].estimate.value == 0


def test_a_judge_that_dies_is_an_error_and_one_that_refuses_is_not_read(tmp_path: Path) -> None:
    refused = judged(xquad()[:60], lambda request: Fault("content_filter", terminal=True), tmp_path / "one")
    assert "content_filter" in refused["judged_unsupported"].claim and refused["judged_unsupported"].needs
    asked: list[int] = []

    def dies(request: Request) -> Any:
        asked.append(1)
        return good(request) if len(asked) < 50 else Fault("http_401", "no key", fatal=True)

    with pytest.raises(ModelError, match="http_401"):
        judged(xquad(), dies, tmp_path / "two")
    before, asked[:] = len(asked), []
    assert (
        judged(xquad(), lambda request: [asked.append(1), good(request)][1], tmp_path / "two")["judge_gap"].kind
        == "fact"
    )
    assert len(asked) <= 180 - 49 and before >= 50


def test_nothing_is_asked_twice_and_the_same_is_found(tmp_path: Path) -> None:
    first = judged(xquad(), good, tmp_path)
    assert judged(xquad(), lambda request: pytest.fail("asked again"), tmp_path) == first


def test_one_context_or_too_few_rows_leave_the_question_open(tmp_path: Path) -> None:
    same = [{**r, "context": "One place."} for r in xquad()[:40]]
    for n, rows in enumerate((same, xquad()[:20])):
        for one in judged(rows, good, tmp_path / str(n), limits={"judged_rows": 10}).values():
            assert one.kind == "question" and one.needs == "at least 20 rows over several contexts"


@pytest.mark.parametrize(("spec", "own"), [("http://x/v1#SmolLM2-1.7B", True), ("openai/gpt-5", False)])
def test_a_judge_of_the_writers_family_is_named_and_brings_no_benefit(spec: str, own: bool, tmp_path: Path) -> None:
    content = {
        "models": {"writer": {"spec": "local/smollm2"}},
        "recipe": {"steps": [{"generate.grounded_qa": {"model": "writer"}}]},
    }
    found = judged(xquad(), good, tmp_path, spec=spec, run=RunFacts(Path(), {"content": content}))
    assert ("models favour their own" in found["judged_unsupported"].claim) == own
    assert found["judged_unsupported"].kind == ("fact" if own else "benefit")
    assert ("`evaluate --judge` decided with" in found["circular_judge"].claim) == own
    assert found["circular_judge"].kind == ("question" if own else "fact") and spec in found["circular_judge"].claim


def test_the_report_shows_the_judge_and_what_it_did(tmp_path: Path) -> None:
    rows, out = xquad()[:200], tmp_path / "report"
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in rows))
    with scripted("judge", at_chance):
        done = CliRunner().invoke(
            app, ["evaluate", str(file), "--judge", "scripted/judge", "--aspect", "grounding", "-o", str(out)]
        )
    assert done.exit_code == 0, done.output
    report = json.loads((out / "report.json").read_text())
    assert report["examined"]["judge"] == "scripted/judge"
    assert report["examined"]["command"].endswith("--judge scripted/judge")
    for name in ("report.html", "report.md"):
        text = " ".join((out / name).read_text().split())
        assert "is at chance here" in text and "scripted/judge" in text and "Needs a judge that tells" in text
    assert (out / "figures" / "grounding-judge_gap.svg").is_file() and (out / "calls.sqlite").is_file()


def test_a_model_that_scores_and_judges_is_opened_once(tmp_path: Path) -> None:
    with bridges({"model": "scripted/a", "judge": "scripted/a", "embed": None}, tmp_path / "calls.sqlite") as made:
        assert made.keys() == {"model", "judge"} and made["model"] is made["judge"]


def test_a_model_that_cannot_chat_is_no_judge(tmp_path: Path) -> None:
    judge = Bridge("embed/tfidf", tmp_path / "calls.sqlite")
    try:
        with pytest.raises(CapabilityError, match="cannot chat"):
            grounding.examine(Subject(Corpus.of("data", xquad()[:60]), judge=judge))
    finally:
        judge.close()
