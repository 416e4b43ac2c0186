"""Perturbed copies of labelled texts, to test or train a model's robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from . import perturb_edits as edits

Kind = Literal[
    "typo", "swap", "delete", "ocr", "casing", "code_switch", "negation", "garden_path", "out_of_distribution"
]


@operator("generate.perturb", version=1)
class Perturb(RowOperator):
    """Bear copies of a row whose text is disturbed in one way each; every other column, the label too, stays as it was.

    Kinds that alter words, at exactly `rate` of them (the nearest whole number, at least one): `typo` (a neighbouring key),
    `swap` (two inner letters), `delete` (a letter), `ocr` (confusions of scanned print), `casing`, `code_switch` (a word of
    `language` in an English one's place, from a list of about 65). Kinds that put a sentence around the text, once:
    `negation`, `garden_path`, `out_of_distribution` (another register: mail headers, hashtags). The sentences are for English
    questions and messages; `measures/lists/frames.yaml` holds them all. A text in which too few words can be altered is dropped
    as `too_few_words`.

    New columns: clean (the text before), perturbation (the kind), changes (a list of: word number, from, to).

    Reference: Belinkov, Bisk 2018, "Synthetic and Natural Noise Both Break Neural Machine Translation", section 3.2; Ribeiro
    et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", section 2 (invariance tests).

    Example:
        >>> Perturb(rate=0.2).kinds
        ('typo', 'swap', 'delete', 'ocr', 'casing')
    """

    on: Column = "text"
    """The column of text that is perturbed."""
    kinds: tuple[Kind, ...] = Field(("typo", "swap", "delete", "ocr", "casing"), min_length=1)
    """Dealt out in turn, one a copy, beginning at one drawn by seed."""
    rate: float = Field(0.1, gt=0, le=1)
    """Share of the text's words that are altered."""
    copies: int = Field(1, ge=1, le=100)
    """Perturbed copies of each row."""
    language: Literal["es", "fr", "de"] = "es"
    """`code_switch` only: where the words come from."""

    def output(self, columns: Columns) -> Columns:
        """Return the columns and the three new ones."""
        import pyarrow as pa

        change = pa.struct([("at", pa.int64()), ("from", pa.string()), ("to", pa.string())])
        return {**columns, "clean": pa.string(), "perturbation": pa.string(), "changes": pa.list_(change)}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the kinds of disturbance."""
        return {"perturbation": self.kinds}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Make `copies` of the row."""
        text = row.get(self.on)
        if not isinstance(text, str):
            return failed("not_text", {"column": self.on})
        first = ctx.rng("kind").randrange(len(self.kinds))
        return born(
            [self._copy(row, text, self.kinds[(first + n) % len(self.kinds)], ctx, n) for n in range(self.copies)]
        )

    def _copy(self, row: Row, text: str, kind: Kind, ctx: RowContext, n: int) -> Child:
        rng = ctx.rng("edit", n)
        found: Any
        if kind in edits.FRAMES:
            found = edits.frame(kind, text, rng) if text.strip() else None
        else:
            edit = edits.code_switch(self.language) if kind == "code_switch" else edits.EDITS[kind]
            found = edits.edit_words(text, edit, self.rate, rng)
        values = {k: v for k, v in row.items() if k != "id"} | {"clean": text, "perturbation": kind, "changes": []}
        if found is None:
            return Child(values, "dropped", "too_few_words", {"perturbation": kind, "rate": self.rate})
        return Child({**values, self.on: found[0], "changes": found[1]})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a text altered, one with nothing to alter, one put into a frame, and a row without text."""
        rows: list[Row] = [
            {"text": "Where is my new card?", "label": "arrival"},
            {"text": "? !", "label": "none"},
            {"text": None},
        ]
        return [
            Example(cls(), rows, ["used", "kept", "used", "dropped", "failed"]),
            Example(cls(kinds=("negation", "code_switch"), copies=2), rows[:1], ["used", "kept", "kept"]),
        ]
