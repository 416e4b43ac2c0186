"""The report's content: what follows from findings follows from them alone, and survives being written and read."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from tests.evaluation.report_findings import claims, estimate, report

from mintmark.core.errors import MintmarkError
from mintmark.core.finding import Exhibit, Figure, Finding
from mintmark.evaluation.claim import needs, settle
from mintmark.evaluation.report import Examined, Report, steps_of
from mintmark.evaluation.report.matrix import fill
from mintmark.evaluation.report.scale import own_strip, shared_place, shared_strip
from mintmark.evaluation.report.verdict import conclusions, references, sentence


def bare(*findings: Finding) -> Report:
    return Report(title="Bare", examined=Examined(rows=3), findings=findings)


def fact(aspect: str = "process", metric: str = "rows", **more: object) -> Finding:
    return Finding(aspect=aspect, metric=metric, claim="There are rows.", kind="fact", **more)  # type: ignore[arg-type]


def test_what_is_written_is_read_again() -> None:
    one = report()
    assert Report.from_json(one.to_json()) == one
    assert Report.from_json(one.to_json()).to_json() == one.to_json()


def test_json_fits_its_schema_and_the_schema_is_strict() -> None:
    schema = Report.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    for one in (report(), bare()):
        check.validate(json.loads(one.to_json()))
    found = json.loads(report().to_json())
    assert {"verdict", "conclusions", "references", "risk_matrix"} <= set(found)
    for broken in (
        {**found, "more": 1},
        {k: v for k, v in found.items() if k != "verdict"},
        {**found, "findings": [{"aspect": "x"}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            check.validate(broken)


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"format": 2, "title": "x", "examined": {"rows": 1}}'])
def test_what_is_no_report_is_an_error_that_says_so(text: str) -> None:
    with pytest.raises(MintmarkError, match="not a report"):
        Report.from_json(text)


def test_a_verdict_that_was_changed_in_the_file_is_not_believed() -> None:
    found = json.loads(report().to_json())
    found["verdict"] = "All is well."
    assert Report.from_json(json.dumps(found)).verdict == report().verdict


def test_the_verdict_counts_and_names() -> None:
    findings = settle(claims())
    said = sentence(findings)
    assert said.startswith("3 risks: C2ST AUC (fidelity)")
    assert "3 benefits" in said and "6 open questions" in said


def test_many_risks_are_named_by_aspect() -> None:
    some = [f for f in settle(claims()) if f.kind == "risk"]
    many = [f.model_copy(update={"metric": f"{f.metric}_{i}"}) for i in range(3) for f in some[:2]]
    said = sentence(many)
    assert said.startswith(
        "6 risks: 3 in fidelity (above all C2ST AUC 0 and C2ST AUC 1) and 3 in copying (above all near copy"
    )


def test_without_the_evidence_the_verdict_falls() -> None:
    """A risk whose estimate is moved to the null is no risk in verdict, conclusions or matrix."""
    some = claims()
    tame = [c for c in some if getattr(c, "metric", "") not in ("c2st_auc", "near_copy_share", "wrong_share")]
    said = bare(*settle(tame))
    assert said.verdict.startswith("No risk was found in 5 claims")
    assert not any("Trouble" in c for c in said.conclusions)
    assert all(row.data.verdict != "risk" for row in said.risk_matrix)


def test_nothing_judged_is_never_a_pass() -> None:
    assert bare().verdict == "Nothing was examined: there are no findings."
    assert bare().conclusions == []
    only = bare(needs("bias", "pmi", "a reference", "Not known."), needs("safety", "unsafe", "a guard", "Not known."))
    assert only.verdict == "Nothing could be judged with what was given: 2 open questions."
    assert {row.data.verdict for row in only.risk_matrix} == {"not judged"}
    assert [row.data.not_judged for row in only.risk_matrix] == [1, 1, 0, 0]
    facts = bare(fact())
    assert "Nothing was judged" in facts.verdict
    assert "No risk" not in facts.verdict


def test_conclusions_ask_for_what_settles_most_first() -> None:
    said = [c for c in conclusions(settle(claims())) if c.startswith("Given")]
    assert said[0].startswith("Given a scoring model (`--model`), 2 more claims")
    assert len(said) == 3


def test_the_matrix_holds_the_worst_of_each_cell_for_both_sets() -> None:
    reference = settle([c for c in claims() if getattr(c, "metric", "") == "wrong_share"])
    rows = {row.category: row for row in fill(settle(claims()), reference)}
    assert rows["Performance and robustness"].data.name == "fidelity.c2st_auc"
    assert rows["Performance and robustness"].reference.name == "labels.wrong_share"
    assert rows["Privacy and security"].data.name == "copying.near_copy_share"
    assert rows["Privacy and security"].reference.verdict == "not judged"
    assert rows["Bias and fairness"].data.verdict == "question"
    assert rows["Cost and scale"].data.verdict == "fact"


def test_an_aspect_that_the_matrix_does_not_know_is_shown() -> None:
    assert [row.category for row in fill([fact("weather")])][-1] == "Other"
    assert len(fill([fact("process")])) == 4


def test_references_are_each_once_and_sorted() -> None:
    some = [fact(reference=r) for r in ("Zeta 2020, Z.", "alpha 1999, A; Zeta 2020, Z", "", "Alpha 1999,  A")]
    assert [r.lower() for r in references(some)] == ["alpha 1999, a", "zeta 2020, z"]


def test_numbers_that_are_not_finite_and_numpy_values_become_json() -> None:
    odd = {"nan": float("nan"), "inf": np.float64("inf"), "array": np.arange(3), "count": np.int64(3), "set": {2, 1},
           "inner": {3: "key"}, "big": 2**70, "none": None, "path": Path("x")}  # fmt: skip
    figure = Figure(title="f", spec={"data": {"values": [{"x": float("nan")}]}, "mark": "point"})
    one = bare(fact(details=odd, figure=figure))
    found = json.loads(one.to_json(), parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    details = found["findings"][0]["details"]
    assert details["nan"] is None and details["inf"] is None
    assert (
        details["array"] == [0, 1, 2]
        and details["count"] == 3
        and details["set"] == [1, 2]
        and details["inner"] == {"3": "key"}
    )
    assert Report.from_json(one.to_json()) == one


def test_texts_are_cut_and_made_encodable() -> None:
    long = Exhibit(text="x" * 2_000_000, id="i" * 50_000, other="a\ud800b\x00c", note="n" * 9000)
    (kept,) = bare(fact(evidence=(long,))).findings[0].evidence
    assert len(kept.text) == 600 and kept.text.endswith("…")
    assert len(kept.id) <= 400 and len(kept.note) <= 400
    assert kept.other == "a?b\ufffdc"
    assert len(bare(fact(evidence=(long,))).to_json()) < 5000


def test_no_clock_and_the_same_bytes() -> None:
    assert report().to_json() == report().to_json()
    assert "date" in report().examined.model_dump() and report().examined.date == ""


def test_estimates_stand_beyond_their_null_on_the_shared_scale() -> None:
    risk = next(f for f in settle(claims()) if f.name == "fidelity.c2st_auc")
    strip = shared_strip(risk)
    assert strip is not None and strip.low > strip.null_high and strip.value > shared_place(1)
    assert shared_strip(fact()) is None
    exact = Finding(aspect="a", metric="b", claim="c", estimate=estimate(1, 0), null=estimate(0, 0))
    strip = shared_strip(exact)
    assert strip is not None and 97 < strip.value <= 98
    flat = own_strip(estimate(1, 0), None)
    assert flat.low == flat.value == flat.high == 50


def test_the_waterfall_is_read_from_a_manifest() -> None:
    step = {
        "step": "curate.length",
        "came": 5,
        "born": 0,
        "used": 0,
        "dropped": 2,
        "failed": 0,
        "kept": 3,
        "reasons": {"short": 2},
    }
    (found,) = steps_of({"content": {"waterfall": [step]}})
    assert (found.step, found.removed, found.reasons) == ("curate.length", 2, {"short": 2})
    assert steps_of({}) == []
