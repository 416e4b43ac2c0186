"""Counterfactual pairs: a text and the same text about the other gender."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import Child, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..measures.gender_swap import swap


@operator("generate.counterfactual", version=1)
class Counterfactual(RowOperator):
    """Bear a pair of each row that names a woman or a man: the row as it was, and with its genders swapped.

    Pronouns agree ("her" becomes "his" or "him" by what stands beside it), gendered nouns and first names have fixed
    counterparts; the lists stand in `measures/lists`. English only. Every other column, the label too, is copied, so that a model
    that learns from both learns that gender does not matter. A row without a gender is dropped as `no_gender`. A row with a place
    that its words do not decide ("saw her duck") goes to `failed` as `undecided_swap`, with the place. Who is meant is
    not resolved: "Queen Victoria" becomes a king.

    New columns: pair (the same for both rows), variant (original or counterfactual).

    Reference: Lu et al. 2018, "Gender Bias in Neural Natural Language Processing", section 4 (counterfactual data augmentation);
    Zmigrod et al. 2019, "Counterfactual Data Augmentation for Mitigating Gender Stereotypes in Languages with Rich
    Morphology".

    Example:
        >>> Counterfactual(on=["question", "answer"]).reads()
        ['question', 'answer']
    """

    on: Column | Annotated[list[Column], Field(min_length=1)] = "text"
    """The column, or columns, of text that are swapped together."""

    def reads(self) -> Sequence[str]:
        """Return the columns that are swapped."""
        return [self.on] if isinstance(self.on, str) else list(self.on)

    def output(self, columns: Columns) -> Columns:
        """Return the columns and the two new ones."""
        import pyarrow as pa

        return {**columns, "pair": pa.string(), "variant": pa.string()}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Swap all columns at once, or none."""
        texts = {name: row.get(name) for name in self.reads()}
        if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
            return failed("not_text", {"column": wrong[0]})
        found = {name: swap(str(text)) for name, text in texts.items()}
        if undecided := [place for one in found.values() for place in one.undecided]:
            return failed("undecided_swap", undecided)
        if not any(one.changes for one in found.values()):
            return dropped("no_gender")
        values = {k: v for k, v in row.items() if k != "id"} | {"pair": ctx.row_id}
        swapped = {name: one.text for name, one in found.items()}
        return born([
            Child({**values, "variant": "original"}),
            Child({**values, **swapped, "variant": "counterfactual"}),
        ])  # fmt: skip

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a pair, a text without a gender, one that cannot be decided, and a row without text."""
        texts = ["The nurse said that she was late.", "The nurse was late.", "He saw her duck.", None]
        return [
            Example(
                cls(),
                [{"text": t, "label": "x"} for t in texts],
                ["used", "kept", "kept", "dropped", "failed", "failed"],
            )
        ]
