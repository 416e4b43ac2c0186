"""Gates: a policy of bounds, held against findings. A bound is compared with an interval's bad end, not its middle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from . import yamlio
from .errors import RecipeError, nearest
from .finding import Estimate, Finding, number
from .validation import FieldError, explain, located

Outcome = Literal["pass", "fail", "not judged"]
COUNTED = {"risks": "risk", "questions": "question", "benefits": "benefit"}
"""Keys of a policy that bound how many findings of a kind there are."""
_SLACK = 1e-9
"""So that 0.78 + 0.04 is not above 0.82."""
_EXIT = {"pass": 0, "fail": 1, "not judged": 2}


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


Bound = Annotated[float, BeforeValidator(_no_truth), Field(allow_inf_nan=False)]


class Rule(BaseModel):
    """What one metric must keep: at most `max`, at least `min`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    max: Bound | None = None
    """The most that is allowed; compared with the interval's high end."""
    min: Bound | None = None
    """The least that is allowed; compared with the interval's low end."""
    use: Literal["interval", "point"] = "interval"
    """`point` compares the estimate itself, however uncertain."""
    allow_unjudged: bool = False
    """Pass where the metric is missing or has no estimate."""

    @model_validator(mode="after")
    def _some_bound(self) -> Rule:
        if self.max is None and self.min is None:
            raise ValueError("needs `max` or `min`")
        if self.max is not None and self.min is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}: nothing could pass")
        return self

    def __str__(self) -> str:
        parts = [f"{n} {number(v)}" for n, v in (("min", self.min), ("max", self.max)) if v is not None]
        return ", ".join(parts) + (" (point)" if self.use == "point" else "")

    def broken_by(self, estimate: Estimate) -> str:
        """Return what breaks the rule, or "" where nothing does.

        Example:
            >>> Rule(max=0.8).broken_by(Estimate(value=0.78, low=0.74, high=0.82, n=100, method="DeLong"))
            'the high end 0.820 is above 0.800'
        """
        high, low = (estimate.value, estimate.value) if self.use == "point" else (estimate.high, estimate.low)
        ends = ("the estimate", "the estimate") if self.use == "point" else ("the high end", "the low end")
        if self.max is not None and high > self.max + _SLACK * abs(self.max):
            return f"{ends[0]} {_apart(high, self.max)} is above {_apart(self.max, high)}"
        if self.min is not None and low < self.min - _SLACK * abs(self.min):
            return f"{ends[1]} {_apart(low, self.min)} is below {_apart(self.min, low)}"
        return ""


class Check(BaseModel):
    """What came of one rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """`aspect.metric`, or `risks`, `questions`, `benefits`."""
    rule: Rule
    outcome: Outcome
    found: str
    """The estimate, or the count; "" where there is none."""
    why: str
    """One phrase: what broke the rule, or why it could not be judged; "" for a plain pass."""


class Decision(BaseModel):
    """What came of a whole policy. A failed rule outweighs one that could not be judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: tuple[Check, ...]

    @property
    def outcome(self) -> Outcome:
        """`fail` where a rule failed, else `not judged` where one could not be, else `pass`."""
        return worst(c.outcome for c in self.checks)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 could not be judged."""
        return _EXIT[self.outcome]


class Policy(BaseModel):
    """The rules that a dataset has to keep: frozen, the same in Python and in YAML.

    Example:
        >>> policy = Policy.from_yaml("fidelity.c2st_auc: {max: 0.8}\\nrisks: {max: 0}")
        >>> policy.judge([]).exit_code
        2
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: dict[str, Rule]
    allow_unjudged: bool = False
    """Let every metric that cannot be judged pass."""

    @classmethod
    def from_yaml(cls, text: str, *, file: str = "gate.yaml") -> Policy:
        """Return the policy that a YAML text holds: a mapping of `aspect.metric` to its rule.

        Raises:
            RecipeError: with file, line and field.
        """
        data, lines = yamlio.read(text, file)
        if not isinstance(data, Mapping):
            raise RecipeError("a policy is a mapping of `aspect.metric` to its rule", where=file, got=data)
        with located(lines, file):
            return cls.from_data(data)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Policy:
        """Return the policy that plain data hold.

        Raises:
            RecipeError
        """
        allow = data.get("allow_unjudged", False)
        if not isinstance(allow, bool):
            raise FieldError("must be true or false", where="allow_unjudged", loc=("allow_unjudged",), got=allow)
        rules = {name: _rule(name, value) for name, value in data.items() if name != "allow_unjudged"}
        if not rules:
            raise FieldError("holds no rule", remedy="add one, such as `risks: {max: 0}`")
        return cls(rules=rules, allow_unjudged=allow)

    @classmethod
    def from_file(cls, path: str | Path) -> Policy:
        """Return the policy in a YAML file.

        Raises:
            RecipeError: for a file that cannot be read, or a policy that means nothing.
        """
        path = Path(path)
        try:
            return cls.from_yaml(path.read_text(encoding="utf-8"), file=path.name)
        except OSError as e:
            raise RecipeError(f"cannot be read: {e.strerror}", where=str(path)) from e
        except UnicodeDecodeError as e:
            raise RecipeError(f"is not UTF-8 text (byte {e.start})", where=str(path)) from e

    def judge(self, findings: Iterable[Finding]) -> Decision:
        """Return what comes of every rule. A metric that several findings bear is as good as the worst of them."""
        given = list(findings)
        return Decision(checks=tuple(self._check(name, rule, given) for name, rule in self.rules.items()))

    def _check(self, name: str, rule: Rule, given: Sequence[Finding]) -> Check:
        outcome, found, why = _counted(name, rule, given) if name in COUNTED else _measured(name, rule, given)
        if outcome == "not judged" and (rule.allow_unjudged or self.allow_unjudged):
            outcome, why = "pass", f"not judged, which the policy allows: {why}"
        return Check(name=name, rule=rule, outcome=outcome, found=found, why=why)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return `fail` before `not judged` before `pass`.

    Example:
        >>> worst(["pass", "not judged", "fail"]), worst([])
        ('fail', 'pass')
    """
    found = set(outcomes)
    return "fail" if "fail" in found else "not judged" if "not judged" in found else "pass"


def _rule(name: str, value: Any) -> Rule:
    if name not in COUNTED and not all(name.partition(".")):
        raise FieldError(
            f"unknown field `{name}`", loc=(name,), remedy=nearest(name, [*COUNTED, "allow_unjudged"]),
            allowed="`aspect.metric` such as fidelity.c2st_auc, risks, questions, benefits, allow_unjudged",
        )  # fmt: skip
    if not isinstance(value, Mapping):
        raise FieldError("a rule is a mapping such as {max: 0.8}", where=name, loc=(name,), got=value)
    try:
        return Rule.model_validate(dict(value))
    except ValidationError as e:
        raise explain(e, Rule, "a rule", name, (name,)) from e


def _counted(name: str, rule: Rule, given: Sequence[Finding]) -> tuple[Outcome, str, str]:
    if not given:
        return "not judged", "", "there are no findings"
    count = sum(f.kind == COUNTED[name] for f in given)
    exact = Estimate(value=count, low=count, high=count, n=len(given), method="counted")
    if why := rule.model_copy(update={"use": "point"}).broken_by(exact):
        named = ", ".join(dict.fromkeys(f.name for f in given if f.kind == COUNTED[name]))
        return "fail", str(count), why.replace("the estimate", "the count") + (f": {named}" if named else "")
    return "pass", str(count), ""


def _measured(name: str, rule: Rule, given: Sequence[Finding]) -> tuple[Outcome, str, str]:
    named = [f for f in given if f.name == name]
    if not named:
        hint = nearest(name, {f.name for f in given})
        return "not judged", "", "no finding bears this name" + (f"; {hint}" if hint else "")
    each: list[tuple[Outcome, str, str]] = []
    for f in named:
        if f.estimate is None:
            each.append(("not judged", "", f"no estimate; needs {f.needs}" if f.needs else "no estimate"))
        else:
            why = rule.broken_by(f.estimate)
            each.append(("fail" if why else "pass", str(f.estimate), why))
    outcome = worst(e[0] for e in each)
    return next(e for e in each if e[0] == outcome)


def _apart(value: float, other: float) -> str:
    """Return a number in as many digits as it takes to tell it from the other."""
    shown = number(value)
    return shown if shown != number(other) else f"{value:.10g}"
