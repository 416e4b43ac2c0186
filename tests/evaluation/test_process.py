"""Cost and process: what the report says of a run is what the run recorded."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.support.made import make_run

from mintmark.core.finding import Finding
from mintmark.core.store import RunFolder
from mintmark.evaluation import process
from mintmark.evaluation.claim import settle
from mintmark.evaluation.subject import Corpus, RunFacts, Subject


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for part in sorted(folder.glob("*.parquet")) for row in pq.read_table(part).to_pylist()]


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    run = make_run(tmp_path_factory.mktemp("made"))
    facts = RunFacts(
        run, RunFolder(run).manifest(), rows(run / "dropped"), pq.read_table(run / "lineage.parquet").to_pylist()
    )
    return Subject(Corpus.of("data", rows(run / "data")), run=facts)


def found(subject: Subject) -> dict[str, Finding]:
    return {f.metric: f for f in settle(process.examine(subject))}


def changed(subject: Subject, lineage: list[dict[str, Any]] | None = None, **content: Any) -> Subject:
    assert subject.run is not None
    manifest = copy.deepcopy(dict(subject.run.manifest))
    manifest["content"] |= content
    facts = RunFacts(
        subject.run.folder, manifest, subject.run.dropped, subject.run.lineage if lineage is None else lineage
    )
    return Subject(subject.data, run=facts)


def test_the_waterfall_counts_every_candidate(subject: Subject) -> None:
    fall = found(subject)["waterfall"]
    assert fall.kind == "fact"
    assert fall.claim.startswith("Of 12 candidate rows 4 were kept, 2 dropped, 2 failed and 4 used to make others")
    assert fall.details["reasons"] == {"generate.prompt: http_400": 2, "curate.length: too_short": 2}
    assert fall.figure is not None


def test_cost_models_and_calls(subject: Subject) -> None:
    settled = found(subject)
    assert "8 calls took 140 tokens in and 62 out" in settled["cost_per_row"].claim
    assert settled["cost_per_row"].details["per_row_kept"]["calls"] == 2
    assert "writer is scripted/made" in settled["models"].claim and "mintmark 0.1.0" in settled["models"].claim
    assert settled["models"].details["known_by_name_only"] == ["writer"]
    assert settled["failed_calls_share"].estimate is not None
    assert settled["failed_calls_share"].estimate.value == 2 / 8


def test_failures_are_held_against_the_recipe(subject: Subject) -> None:
    assert found(subject)["failed_share"].kind == "benefit"  # its recipe allows them all
    assert subject.run is not None
    recipe = dict(subject.run.manifest["content"]["recipe"], max_failed=0.01)
    settled = found(changed(subject, recipe=recipe, failed=9))
    assert settled["failed_share"].kind == "risk"
    assert settled["failed_share"].evidence[0].note == "generate.prompt: http_400 refused"


def test_every_row_is_traced_and_a_broken_trace_is_named(subject: Subject) -> None:
    assert subject.run is not None
    whole = found(subject)["provenance_share"]
    assert whole.estimate is not None and whole.estimate.value == 1
    lineage = [dict(r) for r in subject.run.lineage]
    first, second, third = subject.data.ids[0], subject.data.ids[2], subject.data.ids[3]
    by_id = {r["id"]: r for r in lineage}
    by_id[first]["parents"] = ["gone"]
    by_id[second]["parents"] = [second]
    by_id[third] |= {"parents": [], "source": None}
    broken = found(changed(subject, lineage))["provenance_share"]
    assert broken.estimate is not None and broken.estimate.value == 1 / 4
    assert set(broken.details) == {"a parent without lineage", "parents in a circle", "no place in a source"}
    uncalled = [dict(r, calls=[]) for r in subject.run.lineage]
    assert found(changed(subject, uncalled))["provenance_share"].details == {"no recorded call": 4}


def test_without_a_run_or_with_an_empty_one_nothing_is_claimed(subject: Subject) -> None:
    (one,) = process.examine(Subject(subject.data))
    assert isinstance(one, Finding) and one.kind == "question" and one.needs
    bare = Subject(subject.data, run=RunFacts(Path(), {"content": {}}))
    settled = {f.metric: f for f in settle(process.examine(bare))}
    assert settled["failed_share"].needs and settled["provenance_share"].needs
    assert process.examine(Subject(subject.data, run=RunFacts(Path(), {}))) == [one]


def test_no_row_kept_costs_no_division(subject: Subject) -> None:
    assert "no row was kept" in found(changed(subject, kept=0))["cost_per_row"].claim
