"""Findings: one claim about a dataset each, with what it rests on."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["benefit", "risk", "question", "fact"]
Value = Annotated[float, Field(allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(_Frozen):
    """A number with its interval: never one without the other.

    Raises:
        ValueError: where the value lies outside its interval, or is not finite.

    Example:
        >>> str(Estimate(value=0.5, low=0.45, high=0.55, n=400, method="DeLong"))
        '0.500 [0.450, 0.550]'
    """

    value: Value
    low: Value
    """Lower end of the 95 % interval, unless `method` says another level."""
    high: Value
    n: int = Field(ge=0)
    """What was counted: rows, pairs, seeds; `method` says which."""
    method: str
    """How the interval was made, e.g. `Wilson`, `bootstrap over rows`."""

    @model_validator(mode="after")
    def _in_order(self) -> Estimate:
        slack = 1e-9 * max(1.0, abs(self.value))
        if not self.low - slack <= self.value <= self.high + slack:
            raise ValueError(f"value {self.value} lies outside its interval [{self.low}, {self.high}]")
        return self

    @property
    def standard_error(self) -> float:
        """The standard error that a normal interval of this width has."""
        return (self.high - self.low) / (2 * 1.959964)

    def __str__(self) -> str:
        return f"{number(self.value)} [{number(self.low)}, {number(self.high)}]"


class Exhibit(_Frozen):
    """A row, or a pair of rows, that shows what a claim says."""

    text: str
    """The passage, cut where it is long."""
    id: str = ""
    of: Literal["data", "reference", "source", "benchmark", "dropped", ""] = "data"
    note: str = ""
    """What to see in it."""
    other: str = ""
    """The text it is held against, if any."""
    other_id: str = ""
    other_of: Literal["data", "reference", "source", "benchmark", "dropped", ""] = ""


class Figure(_Frozen):
    """A Vega-Lite picture; the data are inside."""

    title: str
    spec: dict[str, Any]
    caption: str = ""


class Finding(_Frozen):
    """One claim about a dataset: what was found, how sure that is, and how to see it again.

    `kind` is what the numbers say, so it is never set by hand for a claim that can be judged: `settle`
    derives it from estimate, null and `p`. A finding without an estimate is a `fact` (a plain count that claims
    nothing) or a `question` whose `needs` say what would answer it.
    """

    aspect: str
    metric: str
    """Its name in the aspect; the two make the name that a policy uses, such as `fidelity.c2st_auc`."""
    claim: str
    """One plain sentence."""
    kind: Kind = "question"
    estimate: Estimate | None = None
    null: Estimate | None = None
    """The same quantity where nothing is going on."""
    null_means: str = ""
    """What the null is, e.g. `real rows against real rows`."""
    p: float | None = Field(None, ge=0, le=1)
    """The chance of what was found, or more, where nothing is going on; before any correction."""
    needs: str = ""
    """What would have to be given for this to be judged."""
    evidence: tuple[Exhibit, ...] = ()
    figure: Figure | None = None
    method: str = ""
    reference: str = ""
    """Author, year and title of where the method comes from."""
    command: str = ""
    """The command that makes this finding again."""
    details: dict[str, Any] = Field(default_factory=dict)
    """JSON-like numbers behind the claim."""

    @property
    def name(self) -> str:
        """`aspect.metric`."""
        return f"{self.aspect}.{self.metric}"


def number(value: float) -> str:
    """Return a number as a reader wants it: three decimals when small, fewer when large.

    Example:
        >>> number(0.12345), number(1234.5), number(12.345), number(0.00001234)
        ('0.123', '1,234', '12.3', '1.2e-05')
    """
    size = abs(value)
    if size >= 100 or value == 0 or math.isclose(value, round(value), abs_tol=1e-12):
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.3f}" if size >= 0.0005 else f"{value:.1e}"
