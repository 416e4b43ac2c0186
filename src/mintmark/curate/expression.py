"""Keep rows of which a condition is true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from ..core.dataset import plain
from ..core.errors import RecipeError
from ..core.expression import CannotEvaluate, parse
from ..core.operator import BatchOperator, BulkContext, Example
from ..core.outcome import Fate, Outcome
from ..core.registry import operator

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.expression", version=1)
class Expression(BatchOperator):
    """Keep the rows of which `keep` is true; drop those of which it is false; fail those of which it is neither.

    The language is described in `mintmark.core.expression`. A dropped row's detail names the first `and` term
    that is false, a failed row's the part that has no value, and why.

    Example:
        >>> import pyarrow as pa
        >>> batch = pa.RecordBatch.from_pydict({"id": ["a", "b", "c"], "score": [4.5, 2.0, None]})
        >>> outcome = Expression(keep="score >= 3").apply(batch, ctx=None)
        >>> outcome.fates
        ['kept', 'dropped', 'failed']
        >>> outcome.details[2]
        {'error': '`score >= 3`: no order between null and a number'}
    """

    keep: str
    """A condition over the row's columns, e.g. `words(answer) >= 3 and kind != "unanswerable"`."""
    reason: str = Field("condition_false", pattern=r"^[a-z][a-z0-9_]*$")
    """The reason given to dropped rows."""

    @field_validator("keep")
    @classmethod
    def _means_something(cls, keep: str) -> str:
        try:
            found = parse(keep)
        except RecipeError as error:
            raise ValueError(str(error)) from None
        if not found.columns:
            raise ValueError("reads no column, so it would treat every row alike; name a column")
        return keep

    def reads(self) -> Sequence[str]:
        """Return the columns that the condition mentions."""
        return parse(self.keep).columns

    def apply(self, batch: pa.RecordBatch, ctx: BulkContext) -> Outcome:
        """Judge each row by its own values."""
        condition = parse(self.keep)
        names = batch.schema.names
        absent = [name for name in condition.columns if name not in names]
        if absent:
            n = batch.num_rows
            return Outcome(["failed"] * n, ["missing_column"] * n, [{"column": absent[0]} for _ in range(n)])
        columns = [batch.column(names.index(name)) for name in condition.columns]
        fates: list[Fate] = []
        reasons: list[str | None] = []
        details: list[Any] = []
        for i in range(batch.num_rows):
            fate: Fate = "kept"
            reason, detail = None, None
            try:
                row = {name: _value(column[i], name) for name, column in zip(condition.columns, columns, strict=True)}
                broken = condition.broken(row)
            except CannotEvaluate as error:
                fate, reason, detail = "failed", "cannot_evaluate", {"error": str(error)}
            else:
                if broken is not None:
                    fate, reason, detail = "dropped", self.reason, {"false": broken}
            fates.append(fate)
            reasons.append(reason)
            details.append(detail)
        return Outcome(fates, reasons, details)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """A true, a false and an undecidable row; a pattern; a column that is not there."""
        return [
            Example(
                cls(keep='words(answer) >= 2 and kind != "unanswerable"'),
                [
                    {"answer": "It rained.", "kind": "factual"},
                    {"answer": "Rain.", "kind": "factual"},
                    {"answer": "It may rain.", "kind": "unanswerable"},
                    {"answer": None, "kind": "factual"},
                ],
                ["kept", "dropped", "dropped", "failed"],
            ),
            Example(
                cls(keep=r"not matches(question, '(?i)\bthe passage\b')", reason="names_the_passage"),
                [{"question": "What does the Passage say?"}, {"question": "Why?"}],
                ["dropped", "kept"],
            ),
            Example(cls(keep="score > 1"), [{"question": "Why?"}], ["failed"]),
        ]


def _value(scalar: pa.Scalar[Any], name: str) -> Any:
    # One value at a time: a value that Python cannot hold (nanoseconds, say) must fail its own row alone.
    try:
        return plain(scalar.as_py())
    except (TypeError, ValueError, OverflowError) as error:
        raise CannotEvaluate(f"`{name}` holds what an expression cannot: {error}") from None
