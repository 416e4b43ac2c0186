"""Remove instructions that read like another one: the gate of Self-Instruct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..core.dataset import Column
from ..core.errors import RecipeError
from ..core.operator import BulkContext, Example, TableOperator
from ..core.outcome import Fate, Outcome
from ..core.registry import operator
from ..measures.text import read_texts

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.rouge", version=1)
class Rouge(TableOperator):
    """Keep a row only where its ROUGE-L with every row kept before it, and with every row of `against`, is below `threshold`.

    Rows are walked in source order over all rounds. A dropped row names the most similar one (`similar_to`; of equals the
    first), the F-measure (`rouge_l`), and, where that one is a row of `against`, the side input's name (`input`). A text
    without words is like nothing, not even like itself, and cannot be decided: it goes to `failed`.

    ROUGE-L sees the order of words and not their meaning: a question asked in other words stays. For near copies of
    longer texts `curate.minhash` is faster.

    Guarantees:
        The decisions of the loop over all pairs.

    Reference: Wang et al. 2022, "Self-Instruct", section 2.2 (filtering and post-processing).

    Example:
        >>> import pyarrow as pa
        >>> asked = ["Name three rivers in Asia.", "Name three long rivers in Asia.", "Write a poem."]
        >>> outcome = Rouge().apply(pa.table({"id": ["a", "b", "c"], "instruction": asked}), ctx=None)
        >>> outcome.fates, outcome.details[1]
        (['kept', 'dropped', 'kept'], {'similar_to': 'a', 'rouge_l': 0.9090909090909091})
    """

    on: Column = "instruction"
    """The column of text that is compared, also in `against`."""
    threshold: float = Field(0.7, gt=0, le=1)
    """ROUGE-L, inclusive, from which two texts are too similar."""
    against: str | None = None
    """Name of a side input whose rows are there already, such as the seeds."""

    def sides(self) -> Sequence[str]:
        """Return the input held against."""
        return [self.against] if self.against else []

    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome:
        """Walk the rows in order."""
        from ..measures.rouge import RougeIndex, rouge_words

        index, known = RougeIndex(), self._known(ctx)
        for text, _ in known:
            index.add(text)
        names = [name for _, name in known]
        texts, reasons, details = read_texts(table, self.on)
        fates: list[Fate] = []
        for i, row_id in enumerate(table.column("id").to_pylist()):
            if reasons[i] is None and not rouge_words(texts[i]):
                reasons[i], details[i] = "no_words", {"column": self.on}
            if reasons[i] is not None:
                fates.append("failed")
            elif (found := index.nearest(texts[i], self.threshold)) is not None:
                fates.append("dropped")
                reasons[i], details[i] = "similar", {**names[found[0]], "rouge_l": found[1]}
            else:
                fates.append("kept")
                index.add(texts[i])
                names.append({"similar_to": row_id})
        return Outcome(fates, reasons, details)

    def _known(self, ctx: BulkContext) -> list[tuple[str, dict[str, Any]]]:
        """Return the texts of `against`, each with how a row that is dropped for it names it."""
        if self.against is None:
            return []
        rows = ctx.side(self.against)
        for row in rows:
            if not isinstance(row.get(self.on), str):
                raise RecipeError(
                    f"a row of the input `{self.against}` has no text in `{self.on}`", where=ctx.step, got=row["id"],
                    remedy="set `on` to a column that both the rows and the input have",
                )  # fmt: skip
        return [(row[self.on], {"similar_to": row["id"], "input": self.against}) for row in rows]

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a new instruction, one like a seed, one like an earlier row, and two that cannot be judged."""
        rows: list[dict[str, Any]] = [
            {"instruction": "Name three rivers in Asia."},
            {"instruction": "Write a short poem about the rain."},
            {"instruction": "name three long rivers in Asia"},
            {"instruction": "?!"},
            {"instruction": None},
        ]
        seeds = {"seeds": [{"instruction": "Write a poem about the rain."}]}
        return [
            Example(cls(against="seeds"), rows, ["kept", "dropped", "dropped", "failed", "failed"], side=seeds),
            Example(cls(threshold=1), rows[:3], ["kept", "kept", "kept"]),
        ]
