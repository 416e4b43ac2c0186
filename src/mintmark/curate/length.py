"""Keep texts whose length lies between limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from ..core.dataset import Column
from ..core.operator import BatchOperator, BulkContext, Example
from ..core.outcome import Fate, Outcome
from ..core.registry import operator
from ..measures.text import count_words, read_texts

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.length", version=1)
class Length(BatchOperator):
    """Keep texts of at least and at most so many words or characters; drop the others as `too_short` or `too_long`.

    A dropped row's detail is its measured length with its unit; where several limits are broken, the first in
    the order min_words, min_chars, max_words, max_chars is named. There is no default limit: the web's usual
    ones (50 words and up) would delete valid short answers.

    Reference: Rae et al. 2021, Gopher, table A1.

    Example:
        >>> import pyarrow as pa
        >>> batch = pa.RecordBatch.from_pydict({"id": ["a", "b"], "response": ["Yes.", "It rained all day."]})
        >>> outcome = Length(min_words=3).apply(batch, ctx=None)
        >>> outcome.fates, outcome.reasons, outcome.details
        (['dropped', 'kept'], ['too_short', None], [{'words': 1}, None])
    """

    on: Column = "response"
    """The column of text that is measured."""
    min_words: int | None = Field(None, ge=1)
    """Words, split on white space, inclusive."""
    min_chars: int | None = Field(None, ge=1)
    """Unicode code points, inclusive; edges' white space counts."""
    max_words: int | None = Field(None, ge=1)
    """Words, split on white space, inclusive."""
    max_chars: int | None = Field(None, ge=1)
    """Unicode code points, inclusive; edges' white space counts."""

    @model_validator(mode="after")
    def _decides_something(self) -> Length:
        if self.min_words is self.min_chars is self.max_words is self.max_chars is None:
            raise ValueError("no limit is set; give at least one of min_words, min_chars, max_words, max_chars")
        for unit, low, high in (
            ("words", self.min_words, self.max_words),
            ("chars", self.min_chars, self.max_chars),
        ):
            if low is not None and high is not None and low > high:
                raise ValueError(f"min_{unit} {low} is above max_{unit} {high}, so no text can pass; swap or drop one")
        return self

    def apply(self, batch: pa.RecordBatch, ctx: BulkContext) -> Outcome:
        """Judge each text by its own length; a row without text is `failed`."""
        texts, failed, found = read_texts(batch, self.on)
        fates: list[Fate] = []
        reasons: list[str | None] = []
        details: list[Any] = []
        for text, cannot, instead in zip(texts, failed, found, strict=True):
            reason, detail = (cannot, instead) if cannot else self._judge(text)
            fates.append("failed" if cannot else "dropped" if reason else "kept")
            reasons.append(reason)
            details.append(detail)
        return Outcome(fates, reasons, details)

    def _judge(self, text: str) -> tuple[str | None, dict[str, int] | None]:
        words = count_words(text) if self.min_words is not None or self.max_words is not None else 0
        for unit, value, low in (("words", words, self.min_words), ("chars", len(text), self.min_chars)):
            if low is not None and value < low:
                return "too_short", {unit: value}
        for unit, value, high in (("words", words, self.max_words), ("chars", len(text), self.max_chars)):
            if high is not None and value > high:
                return "too_long", {unit: value}
        return None, None

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """A short, a fitting, a long, and two undecidable rows."""
        return [
            Example(
                cls(min_words=2, max_chars=20),
                [
                    {"response": "Yes"},
                    {"response": "It rained."},
                    {"response": "It rained for a whole week."},
                    {"response": ""},
                    {"response": None},
                ],
                ["dropped", "kept", "dropped", "dropped", "failed"],
            ),
            Example(cls(on="n", min_words=1), [{"n": 3}], ["failed"]),
        ]
