"""Gates: bounds against intervals, exit codes, JUnit, and a first policy from a report."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.core.errors import RecipeError
from mintmark.core.finding import Estimate, Finding
from mintmark.evaluation.claim import Claim, settle
from mintmark.evaluation.gate import Policy, Rule, bad_side, policy_from
from mintmark.evaluation.gate_output import junit, summary, table_rows
from mintmark.measures.intervals import wilson


def finding(name: str = "fidelity.c2st_auc", value: float | None = 0.78, half: float = 0.04, **more: object) -> Finding:
    aspect, _, metric = name.partition(".")
    estimate = None if value is None else Estimate(value=value, low=value - half, high=value + half, n=9, method="m")
    return Finding.model_validate({"aspect": aspect, "metric": metric, "claim": "c", "estimate": estimate, **more})


def judge(text: str, *findings: Finding) -> tuple[list[str], int]:
    decision = Policy.from_yaml(text).judge(findings)
    return [c.outcome for c in decision.checks], decision.exit_code


def test_the_bad_end_of_the_interval_decides() -> None:
    assert judge("fidelity.c2st_auc: {max: 0.8}", finding()) == (["fail"], 1)
    assert judge("fidelity.c2st_auc: {max: 0.8, use: point}", finding()) == (["pass"], 0)
    assert judge("fidelity.c2st_auc: {max: 0.82}", finding()) == (["pass"], 0)
    assert judge("fidelity.c2st_auc: {min: 0.75}", finding()) == (["fail"], 1)
    assert judge("fidelity.c2st_auc: {min: 0.75, use: point}", finding()) == (["pass"], 0)
    assert judge("fidelity.c2st_auc: {min: 0.5, max: 0.8}", finding()) == (["fail"], 1)


def test_what_is_missing_is_not_passed() -> None:
    assert judge("fidelity.c2st_auk: {max: 0.8}", finding()) == (["not judged"], 2)
    assert judge("fidelity.c2st_auc: {max: 0.8}", finding(value=None)) == (["not judged"], 2)
    assert judge("fidelity.c2st_auc: {max: 0.8}") == (["not judged"], 2)
    assert judge("risks: {max: 0}") == (["not judged"], 2)
    assert judge("fidelity.c2st_auk: {max: 0.8, allow_unjudged: true}", finding()) == (["pass"], 0)
    assert judge("allow_unjudged: true\nfidelity.c2st_auk: {max: 0.8}", finding()) == (["pass"], 0)
    (check,) = Policy.from_yaml("fidelity.c2st_auk: {max: 0.8}").judge([finding()]).checks
    assert "did you mean `fidelity.c2st_auc`" in check.why


def test_a_failure_outweighs_what_could_not_be_judged() -> None:
    assert judge("a.b: {max: 1}\nfidelity.c2st_auc: {max: 0.8}", finding()) == (["not judged", "fail"], 1)


def test_kinds_are_counted() -> None:
    risk = finding("copying.verbatim_share", kind="risk")
    assert judge("risks: {max: 0}", finding(), risk) == (["fail"], 1)
    assert judge("risks: {max: 1}", finding(), risk) == (["pass"], 0)
    assert judge("questions: {max: 0}", finding()) == (["fail"], 1)
    assert judge("benefits: {min: 1}", finding()) == (["fail"], 1)
    (check,) = Policy.from_yaml("risks: {max: 0}").judge([risk]).checks
    assert "copying.verbatim_share" in check.why


def test_of_several_findings_with_one_name_the_worst_counts() -> None:
    rule = "fidelity.c2st_auc: {max: 0.8}"
    assert judge(rule, finding(value=0.5), finding(value=0.9)) == (["fail"], 1)
    assert judge(rule, finding(value=0.5), finding(value=None)) == (["not judged"], 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fidelity.c2st_auc: {max: 0.8}\ncopying.x: {mx: 1}", "gate.yaml:2: copying.x: unknown field `mx`"),
        ("fidelity.c2st_auc: {mx: 1}", "did you mean `max`?"),
        ("rsks: {max: 0}", "did you mean `risks`?"),
        ("a.b: {}", "needs `max` or `min`"),
        ("a.b: {max: 0, min: 1}", "nothing could pass"),
        ("a.b: {max: true}", "not true or false"),
        ("a.b: {max: .inf}", "finite"),
        ("a.b: {max: lots}", "number"),
        ("a.b: 3", "a rule is a mapping"),
        ("- a", "a policy is a mapping"),
        ("a.b: {max: 1}\na.b: {max: 2}", "given twice"),
        ("a.b: {max: [", "not readable as YAML"),
        ("a.b: {max: 1, use: middle}", "'interval' or 'point'"),
        ("allow_unjudged: 3\na.b: {max: 1}", "true or false"),
        ("", "no rule"),
        (".b: {max: 1}", "unknown field"),
    ],
)
def test_a_policy_that_means_nothing_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(RecipeError) as e:
        Policy.from_yaml(text)
    assert said in str(e.value)
    assert str(e.value).startswith("gate.yaml")


def test_the_line_is_named() -> None:
    with pytest.raises(RecipeError, match=r"^gate\.yaml:5: copying\.x"):
        Policy.from_yaml("# one\nfidelity.c2st_auc:\n  max: 0.8\ncopying.x:\n  man: 3\n")


def test_a_file_that_is_not_there_or_not_text(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecipeError, match="cannot be read"):
        Policy.from_file(tmp_path / "none.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="UTF-8"):
        Policy.from_file(tmp_path / "x.yaml")


def test_a_small_number_without_a_point_is_a_number() -> None:
    assert Policy.from_yaml("a.b: {max: 1e-3}").rules["a.b"].max == 0.001


def test_the_message_tells_numbers_apart_that_look_alike() -> None:
    why = Rule(max=0.8).broken_by(Estimate(value=0.8, low=0.8, high=0.80000002, n=1, method="m"))
    assert why == "the high end 0.80000002 is above 0.8"


def test_junit_is_well_formed_whatever_the_names_hold() -> None:
    text = "\n".join(["a.b: {max: 0.5}", "'c.<&\"x\\0': {max: 1}".replace("\\0", ""), "d.e: {max: 1}"])
    bad = finding("d.e", value=None, needs="a <reference> & \x00\x1b[31m\ud800")
    decision = Policy.from_yaml(text).judge([finding("a.b"), bad, finding('c.<&"x', 0.1)])
    root = ET.fromstring(junit(decision, name='x<"').encode())
    (suite,) = root
    assert [suite.get(k) for k in ("tests", "failures", "errors")] == ["3", "1", "1"]
    assert [len(list(c.iter("failure"))) for c in suite] == [1, 0, 0]
    assert [c.get("classname") for c in suite] == ["a", "c", "d"]
    assert "needs a <reference> &" in next(suite.iter("error")).get("message", "")


def test_the_table_shows_what_failed_first() -> None:
    decision = Policy.from_yaml("d.e: {max: 1}\nx.y: {max: 2}\na.b: {max: 0.5}").judge([finding("a.b"), finding("d.e")])
    assert [r[0] for r in table_rows(decision)] == ["FAIL", "?", "pass"]
    assert summary(decision) == "The gate is closed: 1 of 3 rules broken, 1 could not be judged."


def settled() -> list[Finding]:
    one = Claim("a", "copies", "above", wilson(30, 100), wilson(1, 100), "real rows", "risk", "unclear")
    two = Claim("a", "kept", "below", wilson(90, 100), wilson(91, 100), "real rows", "risk", "unclear")
    three = Claim("a", "odd name: #1", "above", wilson(0, 100), wilson(1, 100), "real\nrows: #", "risk", "unclear")
    fact = finding("a.count", 3, 0, kind="fact")
    open_ = finding("a.open", None, needs="more")
    return [*settle([one, two, three]), fact, open_]


def test_a_policy_from_a_report_passes_on_it_and_is_not_vacuous() -> None:
    findings = settled()
    text = policy_from(findings)
    policy = Policy.from_yaml(text)
    assert set(policy.rules) == {"risks", "a.copies", "a.kept", "a.odd name: #1"}
    assert policy.judge(findings).exit_code == 0
    assert "now 0.300 [0.219, 0.396]; real rows 0.010; called a risk" in text
    assert "a.count" in text
    worse = finding("a.copies", 0.5, 0.03)
    assert policy.judge([*findings[1:], worse]).exit_code == 1
    less = finding("a.kept", 0.6, 0.03)
    assert policy.judge([findings[0], *findings[2:], less]).exit_code == 1
    with pytest.raises(ValueError, match="none"):
        policy_from([])


def test_the_bad_side_is_read_from_the_chance_or_from_what_is_said() -> None:
    assert [bad_side(f) for f in settled()] == ["above", "below", "above", None, None]
    assert bad_side(finding(details={"bad": "below"})) == "below"
    assert bad_side(finding(details={"bad": ["list"]})) is None
    both = finding("a.ratio", 1.0, 0.05, details={"bad": "both"})
    policy = Policy.from_yaml(policy_from([both]))
    assert (policy.rules["a.ratio"].min, policy.rules["a.ratio"].max) == (0.9, 1.1)


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e5), st.floats(-1e6, 1e6), st.floats(0, 1)),
        min_size=1,
        max_size=6,
    )
)
def test_every_policy_from_a_report_round_trips(drawn: list[tuple[float, float, float, float]]) -> None:
    findings = [
        finding(f"a.m{i % 4}", v, h, p=p, null=Estimate(value=n, low=n, high=n, n=1, method="m"))
        for i, (v, h, n, p) in enumerate(drawn)
    ]
    assert Policy.from_yaml(policy_from(findings)).judge(findings).exit_code == 0
