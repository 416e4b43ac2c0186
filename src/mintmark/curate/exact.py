"""Remove rows that say the same as another row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ..core.dataset import Column, Row
from ..core.operator import BulkContext, Example, TableOperator
from ..core.outcome import Fate, Outcome
from ..core.registry import operator
from ..measures.text import normalize, read_texts

if TYPE_CHECKING:
    import pyarrow as pa


@operator("curate.exact", version=1)
class Exact(TableOperator):
    """Keep one row of each set of rows whose texts are the same; the others name it in their detail.

    With several columns, rows are the same where all of them are. Texts are compared as a reader would
    (`normalize`) or byte for byte, through 128-bit digests, so memory does not grow with the texts.

    Reference: Lee et al. 2022, Deduplicating training data makes language models better, section 4.

    Example:
        >>> import pyarrow as pa
        >>> table = pa.table({"id": ["a", "b", "c"], "question": ["Why?", "How?", " why "]})
        >>> outcome = Exact(on="question").apply(table, ctx=None)
        >>> outcome.fates, outcome.details[2]
        (['kept', 'kept', 'dropped'], {'duplicate_of': 'a'})
    """

    on: Column | Annotated[list[Column], Field(min_length=1)]
    """The column, or columns, of text that are compared."""
    normalize: bool = True
    """Compare after Unicode NFKC, casefolding, folding white space, and stripping the sentence marks and quotes at
    the edges (`mintmark.measures.text.normalize`); `false` compares the texts as they are."""
    keep: Literal["first", "longest"] = "first"
    """The row that stays: the first in order, or the one with the most characters in `on` (of equals, the first)."""

    def reads(self) -> Sequence[str]:
        """Return the columns that are compared."""
        return [self.on] if isinstance(self.on, str) else list(self.on)

    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome:
        """Judge all rows; a row that lacks one of the texts is `failed` and is nobody's duplicate."""
        n = table.num_rows
        digests = [hashlib.blake2b(digest_size=16) for _ in range(n)]
        sizes = [0] * n
        failed: list[str | None] = [None] * n
        details: list[Any] = [None] * n
        for column in self.reads():
            texts, cannot, found = read_texts(table, column)
            for i, text in enumerate(texts):
                raw = (normalize(text) if self.normalize else text).encode()
                # The length goes in first: ("ab", "c") and ("a", "bc") are different rows.
                digests[i].update(len(raw).to_bytes(8, "little") + raw)
                sizes[i] += len(text)
                if failed[i] is None:
                    failed[i], details[i] = cannot[i], found[i]
        order = [i for i in range(n) if failed[i] is None]
        if self.keep == "longest":
            order.sort(key=lambda i: -sizes[i])
        ids = table.column("id").to_pylist()
        fates: list[Fate] = ["failed" if reason else "kept" for reason in failed]
        first: dict[bytes, int] = {}
        for i in order:
            same = first.setdefault(digests[i].digest(), i)
            if same != i:
                fates[i], failed[i], details[i] = "dropped", "exact_duplicate", {"duplicate_of": ids[same]}
        return Outcome(fates, failed, details)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """The same text twice under each rule, over one and two columns, and a row without text."""
        asked = ["What is it", "\u201cWhat is  IT?\u201d", "Who?", None]
        rows: list[Row] = [{"question": text} for text in asked]
        pairs: list[Row] = [
            {"question": "Why?", "answer": "No."},
            {"question": "why", "answer": "NO"},
            {"question": "Why?"},
        ]
        return [
            Example(cls(on="question"), rows, ["kept", "dropped", "kept", "failed"]),
            Example(cls(on="question", keep="longest"), rows, ["dropped", "kept", "kept", "failed"]),
            Example(cls(on=["question", "answer"]), pairs, ["kept", "dropped", "failed"]),
        ]
