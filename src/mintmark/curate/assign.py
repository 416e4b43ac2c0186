"""Write a value into a column by the first condition that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, field_validator

from ..core.dataset import Column, Columns, plain
from ..core.errors import RecipeError
from ..core.expression import CannotEvaluate, parse
from ..core.operator import BatchOperator, BulkContext, Example
from ..core.outcome import Fate, Outcome
from ..core.registry import operator
from ..core.settings import FROZEN

if TYPE_CHECKING:
    import pyarrow as pa


class Case(BaseModel):
    """A value, and the condition under which a row gets it."""

    model_config = FROZEN
    value: str = Field(min_length=1)
    when: str | None = None
    """A condition over the row's columns; without one, every row that comes so far."""

    @field_validator("when")
    @classmethod
    def _means_something(cls, when: str | None) -> str | None:
        if when is not None:
            try:
                parse(when)
            except RecipeError as error:
                raise ValueError(str(error)) from None
        return when


@operator("curate.assign", version=1)
class Assign(BatchOperator):
    """Write the value of the first case that is true of a row into `into`; a row that no case fits fails as `no_case`.

    Conditions are those of `curate.expression`. A condition that is neither true nor false of a row fails it as `cannot_evaluate`,
    even where a later one would hold. Sort keys, training phases and subsets are written this way; `mintmark export --by` then
    gives a file for each value.

    Example:
        >>> import pyarrow as pa
        >>> batch = pa.RecordBatch.from_pydict({"id": ["a", "b"], "answer": ["Yes.", "It rained all day."]})
        >>> step = Assign(into="length", cases=[{"value": "short", "when": "words(answer) < 3"}, {"value": "long"}])
        >>> step.apply(batch, ctx=None).updates
        {'length': ['short', 'long']}
    """

    into: Column
    """The column that is written; one of that name is replaced."""
    cases: tuple[Case, ...] = Field(min_length=1)
    """Tried in order."""

    def reads(self) -> Sequence[str]:
        """Return the columns that the conditions mention."""
        return sorted({column for case in self.cases if case.when for column in parse(case.when).columns})

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the new one."""
        import pyarrow as pa

        return {**columns, self.into: pa.string()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the values of the cases."""
        return {self.into: [str(case.value) for case in self.cases]}

    def apply(self, batch: pa.RecordBatch, ctx: BulkContext) -> Outcome:
        """Write one value a row."""
        values: list[str | None] = []
        fates: list[Fate] = []
        reasons: list[str | None] = []
        details: list[Any] = []
        for row in batch.to_pylist():
            value, reason, detail = self._value({k: plain(v) for k, v in row.items()})
            values.append(value)
            fates.append("failed" if reason else "kept")
            reasons.append(reason)
            details.append(detail)
        return Outcome(fates, reasons, details, {self.into: values})

    def _value(self, row: dict[str, Any]) -> tuple[str | None, str | None, Any]:
        try:
            for case in self.cases:
                if case.when is None or parse(case.when).broken(row) is None:
                    return case.value, None, None
        except CannotEvaluate as error:
            return None, "cannot_evaluate", {"error": str(error)}
        return None, "no_case", {column: row.get(column) for column in self.reads()}

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return rows of each case, one of none, and one that cannot be told."""
        step = cls.model_validate(
            {"into": "size", "cases": [{"value": "few", "when": "n < 3"}, {"value": "many", "when": "n < 9"}]}
        )
        return [Example(step, [{"n": 1}, {"n": 5}, {"n": 9}, {"n": None}], ["kept", "kept", "failed", "failed"])]
