"""The report: what was examined, what was found, and what follows from it; nothing in it is set by hand that findings say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, computed_field, field_validator

from ...core.errors import MintmarkError
from ...core.finding import Exhibit, Figure, Finding, Value
from . import matrix, verdict
from .clean import ID_CHARS, SENTENCE_CHARS, clean, line, plain


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Examined(_Frozen):
    """What was looked at, and with what. What is not known is None or empty, and the report does not show it."""

    data: str = "data"
    """What the rows are called, e.g. their file or folder."""
    rows: int = Field(ge=0)
    columns: tuple[str, ...] = ()
    task: str = ""
    reference: str = ""
    reference_rows: int | None = Field(None, ge=0)
    sources: str = ""
    documents: int | None = Field(None, ge=0)
    """Documents or passages that the rows were made from."""
    protected: int | None = Field(None, ge=0)
    benchmarks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """Models that made the rows."""
    embedder: str = ""
    judge: str = ""
    """The model that judged for this report."""
    seed: int | None = None
    version: str = ""
    """Mintmark's own."""
    command: str = ""
    date: str = ""
    """Only what the caller passes: a report holds no clock."""
    notes: tuple[str, ...] = ()
    """Further plain sentences, e.g. where rows were sampled."""


class Step(_Frozen):
    """One step of the run that made the rows: what came in, and what became of it."""

    step: str
    came: int = Field(ge=0)
    born: int = Field(0, ge=0)
    used: int = Field(0, ge=0)
    kept: int = Field(ge=0)
    dropped: int = Field(0, ge=0)
    failed: int = Field(0, ge=0)
    reasons: dict[str, int] = Field(default_factory=dict)

    @property
    def removed(self) -> int:
        """Rows dropped or failed here."""
        return self.dropped + self.failed


class Part(_Frozen):
    """How many rows of one topic, group or source were kept, and how many were not."""

    by: str
    """What the rows are told apart by, e.g. `source`, `topic`, `group`."""
    label: str
    kept: int = Field(ge=0)
    removed: int = Field(0, ge=0)


class Point(_Frozen):
    """A row on the map."""

    x: Value
    y: Value
    series: str
    text: str = ""
    id: str = ""


class Report(_Frozen):
    """The evidence for and against a dataset: verdict, conclusions, matrix and references follow from its findings.

    Args:
        title: the report's heading.
        examined: what was looked at.
        findings: settled ones, in any order.
        reference_findings: findings of the same aspects about the reference itself, for the risk matrix.
        waterfall: steps of the run, in order.
        parts: kept and removed rows by source, topic or group.
        points: the map, every row a point in the plane.
        points_caption: how the map was made.
        checked: finding name -> the known number that the metric has been seen to give.

    Example:
        >>> report = Report(title="Demo", examined=Examined(rows=2), findings=())
        >>> report.verdict
        'Nothing was examined: there are no findings.'
        >>> Report.from_json(report.to_json()) == report
        True
    """

    format: Literal[1] = 1
    title: str
    examined: Examined
    findings: tuple[Finding, ...] = ()
    reference_findings: tuple[Finding, ...] = ()
    waterfall: tuple[Step, ...] = ()
    parts: tuple[Part, ...] = ()
    points: tuple[Point, ...] = ()
    points_caption: str = ""
    checked: dict[str, str] = Field(default_factory=dict)

    @field_validator("findings", "reference_findings", mode="after")
    @classmethod
    def _fit(cls, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(map(fit, findings))

    @field_validator("title", "points_caption", mode="after")
    @classmethod
    def _one_line(cls, text: str) -> str:
        return line(text)

    @field_validator("points", mode="after")
    @classmethod
    def _fit_points(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple(
            p.model_copy(update={"text": clean(p.text, 300), "id": clean(p.id, ID_CHARS), "series": line(p.series, 80)})
            for p in points
        )

    @field_validator("examined", "waterfall", "parts", mode="before")
    @classmethod
    def _clean_text(cls, value: Any) -> Any:
        if isinstance(value, BaseModel):
            return plain(value.model_dump())
        if isinstance(value, list | tuple):
            return [plain(v.model_dump() if isinstance(v, BaseModel) else v) for v in value]
        return plain(value)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> str:
        """One sentence: what was found, by count and by name."""
        return verdict.sentence(self.findings)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def conclusions(self) -> list[str]:
        """Plain sentences that the findings bear out; none says more than they do."""
        return verdict.conclusions(self.findings)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def references(self) -> list[str]:
        """Where the methods come from, each once, sorted."""
        return verdict.references((*self.findings, *self.reference_findings))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def risk_matrix(self) -> list[matrix.Line]:
        """The worst verdict of each kind of risk, for the data and the reference side by side."""
        return matrix.fill(self.findings, self.reference_findings)

    def to_json(self) -> bytes:
        """Return the whole report as JSON; never a NaN, never a time of its own.

        Returns:
            UTF-8, indented, a line break at the end. It fits `Report.json_schema()`.
        """
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def from_json(cls, data: bytes | str) -> Report:
        """Return the report that `to_json` wrote; what follows from findings is worked out again, not believed.

        Raises:
            MintmarkError: where the text is not a report that this version reads.
        """
        try:
            found = orjson.loads(data)
            if not isinstance(found, dict):
                raise ValueError("an object is expected")
            return cls.model_validate({k: v for k, v in found.items() if k not in cls.model_computed_fields})
        except (ValidationError, ValueError) as e:
            first = str(e).splitlines()
            raise MintmarkError(f"is not a report that this version reads: {' '.join(first[:3])}") from e

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of report.json."""
        schema = cls.model_json_schema(mode="serialization")
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **schema,
            "title": "Mintmark evaluation report, format 1",
        }


def fit(finding: Finding) -> Finding:
    """Return a finding that every format can hold: texts cut, numbers finite, nothing lost that fits."""
    figure = finding.figure
    return Finding(
        aspect=line(finding.aspect, 80), metric=line(finding.metric, 120), claim=line(finding.claim),
        kind=finding.kind, estimate=finding.estimate, null=finding.null, null_means=line(finding.null_means),
        p=finding.p, needs=line(finding.needs), evidence=tuple(map(_fit_exhibit, finding.evidence)),
        figure=figure and Figure(title=line(figure.title, 200), spec=plain(figure.spec), caption=line(figure.caption)),
        method=line(finding.method), reference=line(finding.reference), command=clean(finding.command, SENTENCE_CHARS),
        details=plain(finding.details),
    )  # fmt: skip


def _fit_exhibit(e: Exhibit) -> Exhibit:
    return e.model_copy(
        update={
            "text": clean(e.text), "other": clean(e.other), "note": line(e.note, 400),
            "id": clean(e.id, ID_CHARS), "other_id": clean(e.other_id, ID_CHARS),
        }
    )  # fmt: skip


def steps_of(manifest: Mapping[str, Any]) -> list[Step]:
    """Return the waterfall that a run's manifest holds; none where it holds none."""
    steps = (manifest.get("content") or {}).get("waterfall") or []
    return [Step(**{k: step[k] for k in Step.model_fields if k in step}) for step in steps]
