"""A first policy from a report: what holds today, with some room, so that a later dataset may not be worse."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from ..core.finding import Estimate, Finding, number
from ..core.gate import Check, Decision, Outcome, Policy, Rule

__all__ = ["Check", "Decision", "Outcome", "Policy", "Rule", "bad_side", "policy_from"]

_PLAIN = re.compile(r"[A-Za-z_][\w-]*\.[\w-][\w.-]*")
_HEAD = """\
# A policy: what each metric may be. `max` is compared with the high end of the metric's interval, `min` with the
# low end; `use: point` compares the estimate itself. Exit code 0: all kept; 1: one broken; 2: one could not be judged.
# Each bound is where this dataset stands now, with room for half the width of its interval. Tighten what matters.
"""


def policy_from(findings: Iterable[Finding]) -> str:
    """Return a YAML policy that these findings pass: one bound a metric, on the side where trouble lies.

    A metric is left out where nothing tells which side is the bad one (no null, no chance). Risks that are there
    today are counted and allowed: the policy says so in a comment.

    Raises:
        ValueError: for no findings.
    """
    given = list(findings)
    if not given:
        raise ValueError("a policy is made from a report's findings, and there are none")
    by_name: dict[str, list[Finding]] = {}
    for f in given:
        by_name.setdefault(f.name, []).append(f)
    risks = [f for f in given if f.kind == "risk"]
    lines = [_HEAD]
    if risks:
        lines.append(f"# risks called today: {_comment(', '.join(dict.fromkeys(f.name for f in risks)))}")
    lines.append(f"risks: {{max: {len(risks)}}}\n")
    left_out = []
    for name, same in by_name.items():
        bounds = _bounds(same)
        if bounds and all(name.partition(".")):
            lines += [f"# {_standing(f)}" for f in same]
            key = name if _PLAIN.fullmatch(name) else json.dumps(name)
            lines.append(f"{key}: {{{', '.join(f'{k}: {v}' for k, v in bounds.items())}}}\n")
        elif any(f.estimate for f in same):
            left_out.append(name)
    if left_out:
        lines.append(f"# measured, but without a side that is bad: {_comment(', '.join(left_out))}")
    return "\n".join(lines).rstrip("\n") + "\n"


Side = Literal["above", "below", "both"]


def bad_side(finding: Finding) -> Side | None:
    """Return on which side of its null a finding's trouble lies, None where nothing tells.

    Taken from `details["bad"]` where it says so, else from the one-sided chance: an estimate whose chance is under
    one half lies on the bad side of its null, else on the good one.
    """
    sides: tuple[Side, ...] = ("above", "below", "both")
    said = [side for side in sides if finding.details.get("bad") == side]
    if said:
        return said[0]
    if finding.estimate is None or finding.null is None or finding.p is None:
        return None
    gap = finding.estimate.value - finding.null.value
    if gap == 0 or finding.p == 0.5:
        return None
    return "above" if (gap > 0) == (finding.p < 0.5) else "below"


def _bounds(same: Sequence[Finding]) -> dict[str, str]:
    """Return the bounds that every finding of one name passes."""
    if any(f.estimate is None for f in same):
        return {}
    high = [_room(f.estimate, 1) for f in same if f.estimate and bad_side(f) in ("above", "both")]
    low = [_room(f.estimate, -1) for f in same if f.estimate and bad_side(f) in ("below", "both")]
    found = {}
    if low:
        found["min"] = _round(min([*low, *(f.estimate.low for f in same if f.estimate)]), -1)
    if high:
        found["max"] = _round(max([*high, *(f.estimate.high for f in same if f.estimate)]), 1)
    return found


def _room(estimate: Estimate, sign: int) -> float:
    width = max((estimate.high - estimate.low) / 2, 0.05 * abs(estimate.value))
    return estimate.high + width if sign > 0 else estimate.low - width


def _round(value: float, sign: int) -> str:
    """Return the number with three digits, rounded to the side where it allows more."""
    if abs(value) < 1e-290:  # nothing is left to round
        return _yaml(value)
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    # 0.9 that came out as 0.8999999999 is 0.9: a gate looks past the tenth digit, too.
    rounded = (math.ceil if sign > 0 else math.floor)(round(value / step, 6)) * step
    text = f"{rounded:.6g}"
    if (float(text) - value) * sign < -1e-10 * abs(value):
        text = repr(value)
    return _yaml(float(text))


def _yaml(value: float) -> str:
    """Return a number as YAML 1.1 reads it: it takes 1e-05 for a word."""
    text = f"{value:.17g}" if float(f"{value:.6g}") != value else f"{value:.6g}"
    return text if "e" not in text or "." in text.split("e")[0] else text.replace("e", ".0e")


def _standing(f: Finding) -> str:
    null = f"; {f.null_means or 'null'} {number(f.null.value)}" if f.null is not None else ""
    called = "; called a risk" if f.kind == "risk" else ""
    return _comment(f"now {f.estimate}{null}{called}")


def _comment(text: str) -> str:
    """Return the text as one line that YAML takes for a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
