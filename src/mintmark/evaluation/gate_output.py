"""A gate's outcome for people and for machines: rows of a table, and JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ..core.gate import Check, Decision

HEADERS = ("", "metric", "rule", "found", "why")
_MARK = {"pass": "pass", "fail": "FAIL", "not judged": "?"}
_WIDEST = 60


def table_rows(decision: Decision) -> list[tuple[str, str, str, str, str]]:
    """Return one row a rule under `HEADERS`: what failed first, then what could not be judged, then the rest."""
    order = {"fail": 0, "not judged": 1, "pass": 2}
    checks = sorted(decision.checks, key=lambda c: order[c.outcome])
    return [(_MARK[c.outcome], _cut(c.name), str(c.rule), c.found, _cut(c.why)) for c in checks]


def summary(decision: Decision) -> str:
    """Return the outcome in one sentence.

    Example:
        >>> summary(Decision(checks=()))
        'The gate is passed: 0 of 0 rules kept.'
    """
    total = len(decision.checks)
    failed = sum(c.outcome == "fail" for c in decision.checks)
    open_ = sum(c.outcome == "not judged" for c in decision.checks)
    rules = "rule" if total == 1 else "rules"
    if failed:
        more = f", {open_} could not be judged" if open_ else ""
        return f"The gate is closed: {failed} of {total} {rules} broken{more}."
    if open_:
        return f"The gate could not be judged: {open_} of {total} {rules} without an estimate."
    return f"The gate is passed: {total} of {total} {rules} kept."


def junit(decision: Decision, *, name: str = "mintmark gate") -> str:
    """Return JUnit XML: a case a rule; a broken rule is a failure, one that could not be judged an error."""
    failed = sum(c.outcome == "fail" for c in decision.checks)
    open_ = sum(c.outcome == "not judged" for c in decision.checks)
    counts = {"tests": str(len(decision.checks)), "failures": str(failed), "errors": str(open_)}
    suites = ET.Element("testsuites", {"name": _legal(name), **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": _legal(name), **counts})
    for check in decision.checks:
        suite.append(_case(check))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(check: Check) -> ET.Element:
    aspect, _, metric = check.name.rpartition(".")
    case = ET.Element("testcase", {"classname": _legal(aspect or "gate"), "name": _legal(metric)})
    told = _legal(f"{check.rule}; found {check.found or 'nothing'}" + (f"; {check.why}" if check.why else ""))
    if check.outcome == "pass":
        ET.SubElement(case, "system-out").text = told
    else:
        tag = "failure" if check.outcome == "fail" else "error"
        ET.SubElement(case, tag, {"message": _legal(check.why), "type": check.outcome}).text = told
    return case


def _legal(text: str) -> str:
    """Return the text without what XML 1.0 cannot hold: control signs and lone surrogates."""
    return "".join(
        c if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "\ufffd"
        for c in text
    )


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
