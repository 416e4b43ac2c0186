"""Keep replies that answer, or replies that decline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..core.dataset import Column
from ..core.operator import BatchOperator, BulkContext, Example
from ..core.outcome import Outcome, keep
from ..core.registry import operator
from ..measures.refusal import is_refusal
from ..measures.text import read_texts

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.refusal", version=1)
class Refusal(BatchOperator):
    """Drop texts that open by declining what was asked, as `refused`; or, with `keep: refusals`, those that do not, as `answered`.

    Refusals are known by the words that models decline with, in English; see `mintmark.measures.refusal`. On the replies of XSTest
    that people read, it sees .94 of one model's full refusals and .35 of another's, which lectures instead of declining; of
    full answers it takes less than .01 for refusals.

    Reference: the prompts and replies of Röttger et al. 2024, "XSTest: A Test Suite for Identifying Exaggerated Safety
    Behaviours in Large Language Models", section 3 (full refusal).

    Example:
        >>> import pyarrow as pa
        >>> batch = pa.RecordBatch.from_pydict({"id": ["a", "b"], "response": ["Boil water.", "I'm sorry, but I can't help."]})
        >>> Refusal().apply(batch, ctx=None).fates
        ['kept', 'dropped']
    """

    on: Column = "response"
    """The column of text that is read."""
    keep: Literal["answers", "refusals"] = "answers"

    def apply(self, batch: pa.RecordBatch, ctx: BulkContext) -> Outcome:
        """Judge each text by its own opening; a row without text is `failed`."""
        texts, failed, found = read_texts(batch, self.on)
        mask = [is_refusal(text) == (self.keep == "refusals") for text in texts]
        details: list[Any] = [d if cannot else text[:200] for d, cannot, text in zip(found, failed, texts, strict=True)]
        reason = "refused" if self.keep == "answers" else "answered"
        return keep(batch, mask, reason=reason, detail=details, failed=failed)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return an answer, a refusal, and a row without text, under both settings."""
        rows: list[dict[str, Any]] = [
            {"response": "Knead the dough for ten minutes."},
            {"response": "I'm sorry, but I can't help with that."},
            {"response": None},
        ]
        return [
            Example(cls(), rows, ["kept", "dropped", "failed"]),
            Example(cls(keep="refusals"), rows, ["dropped", "kept", "failed"]),
        ]
