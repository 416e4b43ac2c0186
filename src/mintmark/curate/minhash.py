"""Remove rows that say nearly the same as another row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from ..core.dataset import Column
from ..core.operator import BulkContext, Example, TableOperator
from ..core.outcome import Fate, Outcome
from ..core.registry import operator
from ..measures.text import fold, read_texts

if TYPE_CHECKING:
    import pyarrow as pa

    from ..measures.lexical import Hashes

CROWD = 256
"""Meetings of a row from which it is first asked which of the rows it met can be similar at all."""


@operator("curate.minhash", version=1)
class MinHash(TableOperator):
    """Keep one row of each group of near duplicates: no dropped row is less than `threshold` from the row it names.

    Texts are folded (NFKC, casefold, white space) and cut into shingles. MinHash and banding find candidates,
    exact Jaccard similarity of the shingle sets decides. Rows are walked in the order of `keep`; a row is
    dropped when a row already kept is at least `threshold` similar, and names the most similar one. So a
    chain a ~ b ~ c whose ends differ keeps both ends, and no row falls to a row that fell itself.

    The default shingle is 5 characters. An edit spoils e shingles (its letters + 4) of a text's S, and leaves
    (S - e) / (S + e): at threshold .8 one changed letter is seen in texts from 49 characters on, a changed word
    of six letters from 94. In 3-grams of words one changed word is seen from 29 words on, so that among
    questions only copies would be found; and scripts without spaces have no words. For texts shorter still
    lower the threshold or take `ngram: 3`; for long documents `shingle: word` is faster.

    Guarantees:
        A dropped row's `jaccard` is exact and at least `threshold`. A pair at `threshold` becomes a candidate
        with probability of at least .99 (.998 at .8: 20 bands of 6), more similar ones with more. Which pairs
        are found does not depend on the order of the rows.

    Reference: Broder 1997, On the resemblance and containment of documents; Leskovec, Rajaraman, Ullman, Mining
    of Massive Datasets, chapter 3 (3.2.2 for the length of a shingle).

    Example:
        >>> import pyarrow as pa
        >>> asked = ["How tall is the old tower in the square?", "How tall is the old tower in this square?", "Why?"]
        >>> table = pa.table({"id": ["a", "b", "c"], "question": asked})
        >>> outcome = MinHash(on="question", threshold=0.7).apply(table, ctx=None)
        >>> outcome.fates, outcome.details[1]["duplicate_of"]
        (['kept', 'dropped', 'kept'], 'a')
    """

    on: Column = "text"
    """The column of text that is compared."""
    threshold: float = Field(0.8, gt=0, le=1)
    """Jaccard similarity of the shingle sets, inclusive, from which two rows are near duplicates."""
    shingle: Literal["char", "word"] = "char"
    """What a shingle is made of."""
    ngram: int = Field(5, ge=1, le=100)
    """Characters or words in a shingle; a text with fewer is one shingle, the whole of it."""
    permutations: int = Field(120, ge=1, le=10_000)
    """Places of a signature; bands and rows follow from them and the threshold (`overlap.bands_for`)."""
    keep: Literal["first", "longest"] = "first"
    """The row that stays: the first in order, or the one with the most characters (of equals, the first)."""
    seed: int = Field(0, ge=0, lt=2**63)
    """Seed of the signatures; moves only which pairs near the threshold are missed."""

    @model_validator(mode="after")
    def _finds_enough(self) -> MinHash:
        self.bands()
        return self

    def bands(self) -> tuple[int, int]:
        """Return (bands, rows of a band)."""
        from ..measures.overlap import bands_for

        return bands_for(self.threshold, self.permutations)

    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome:
        """Judge all rows; a row without text is `failed` and is nobody's duplicate."""
        texts, reasons, details = read_texts(table, self.on)
        fates: list[Fate] = ["failed" if reason else "kept" for reason in reasons]
        rows = [i for i, reason in enumerate(reasons) if reason is None]
        if self.keep == "longest":
            rows.sort(key=lambda i: -len(texts[i]))
        ids = table.column("id").to_pylist()
        for place, (other, similarity) in self._duplicates([texts[i] for i in rows]).items():
            i = rows[place]
            fates[i], reasons[i] = "dropped", "near_duplicate"
            details[i] = {"duplicate_of": ids[rows[other]], "jaccard": similarity}
        return Outcome(fates, reasons, details)

    def _duplicates(self, texts: Sequence[str]) -> dict[int, tuple[int, float]]:
        """Return dropped text -> (the kept text it duplicates, their similarity), walking `texts` in order."""
        import numpy as np

        from ..measures.overlap import Overlap, buckets, shingle_sets

        found = buckets(self._keys(texts))
        met = np.flatnonzero((found >= 0).any(axis=1))
        # Only texts that met another are compared, so only their shingles are held at once.
        found = found[met]
        overlap = Overlap(shingle_sets([fold(texts[i]) for i in met.tolist()], self.ngram, self.shingle))
        kept = np.zeros(len(met), np.bool_)
        holders: dict[int, list[int]] = {}
        dropped: dict[int, tuple[int, float]] = {}
        for row in range(len(met)):
            mine = found[row][found[row] >= 0]
            holding = [holders.setdefault(bucket, []) for bucket in mine.tolist()]
            if sum(map(len, holding)) <= CROWD:
                others = np.array(sorted(set().union(*holding)), np.int64)
            else:
                others = np.flatnonzero(kept & overlap.possible(row, self.threshold))
                others = others[((found[others] == found[row]) & (found[row] >= 0)).any(axis=1)]
            similar = overlap.jaccards(row, others)
            best = int(similar.argmax()) if len(others) else -1
            if best >= 0 and similar[best] >= self.threshold:
                dropped[int(met[row])] = int(met[others[best]]), float(similar[best])
                continue
            kept[row] = True
            for rows in holding:
                rows.append(row)
        return dropped

    def _keys(self, texts: Sequence[str]) -> Hashes:
        import numpy as np

        from ..measures.lexical import CHUNK
        from ..measures.overlap import band_keys, shingle_hashes, signatures

        bands, rows = self.bands()
        parts = []
        for start in range(0, len(texts), CHUNK):
            folded = [fold(text) for text in texts[start : start + CHUNK]]
            sign = signatures(shingle_hashes(folded, self.ngram, self.shingle), self.permutations, self.seed)
            parts.append(band_keys(sign, bands, rows))
        return np.concatenate(parts) if parts else np.zeros((0, bands), np.uint64)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """A near copy, a longer near copy, a different text, and rows without text."""
        rows: list[dict[str, Any]] = [
            {"question": "How many clips did Natalia sell altogether in April and May"},
            {"question": "How many clips did Natalia sell altogether in April and in May?"},
            {"question": "How long is the river?"},
            {"question": "how long is  the river?"},
            {"question": None},
        ]
        return [
            Example(cls(on="question"), rows, ["kept", "dropped", "kept", "dropped", "failed"]),
            Example(cls(on="question", keep="longest"), rows, ["dropped", "kept", "dropped", "kept", "failed"]),
            Example(cls(on="missing"), rows[:1], ["failed"]),
        ]
