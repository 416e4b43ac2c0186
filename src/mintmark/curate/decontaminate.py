"""Decontamination: rows that hold a benchmark's questions or answers, word for word or reworded, are dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..core.dataset import Column, Row
from ..core.errors import MissingExtra, RecipeError
from ..core.operator import BatchOperator, BulkContext, Example
from ..core.outcome import Outcome, keep
from ..core.registry import operator
from ..measures.copies import LONG, SHORT, Parts, copies, parts_of
from ..measures.runs_shared import match_words
from ..measures.tokens import tokens

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class _Benchmark:
    """What `prepare` makes of the items: their words, and their first columns' character n-grams."""

    parts: Parts
    shown: list[str]
    idf: Any
    weights: Any


@operator("curate.decontaminate", version=1)
class Decontaminate(BatchOperator):
    """Drop rows that share a test question or its answer, by runs of words and by likeness of characters.

    `copied`: the row shares `ngram` words in a row with a part of one item, or runs of 8 or more that cover half of the part.
    Phrases that stand in three items or more do not count. `reworded`: the cosine of the row's first column with an item's first
    column, over TF-IDF of 3- to 5-character grams, is above `max_likeness`. Runs of words alone prove nothing: they find none of
    the paraphrases that change a word in every run.

    A row without text in `on` goes to `failed`. The detail names the item.

    Reference: Brown et al. 2020, "Language Models are Few-Shot Learners", appendix C (n-grams); Yang et al. 2023, "Rethinking
    Benchmark and Contamination for Language Models with Rephrased Samples".

    Example:
        >>> Decontaminate(on=["instruction", "response"], against="humaneval").sides()
        ['humaneval']
    """

    on: list[Column] = Field(["text"], min_length=1)
    """The row's columns that are searched; likeness is that of the first."""
    against: str
    """Name of the side input that holds the benchmark's items."""
    against_on: list[Column] | None = None
    """The items' columns that are compared, apart from each other; likeness is that of the first. All texts where not given."""
    ngram: int = Field(LONG, ge=SHORT)
    """Words in a row that are a copy by themselves."""
    max_likeness: float | None = Field(0.6, gt=0, le=1)
    """Cosine from which a row is a reworded item; of gsm8k's own training questions 0.5 % lie above 0.6 of a test question.
    None leaves likeness out."""

    def sides(self) -> Sequence[str]:
        """Return the benchmark's input."""
        return [self.against]

    def reads(self) -> Sequence[str]:
        """Return the columns that are searched."""
        return list(self.on)

    def prepare(self, ctx: BulkContext) -> _Benchmark:
        """Read the benchmark once."""
        rows = ctx.side(self.against)
        items = [_texts(row, self.against_on) for row in rows]
        if not any(items):
            raise RecipeError(
                "holds no text to compare with", where=f"curate.decontaminate, input `{self.against}`", got=self.against_on,
                allowed=sorted({c for row in rows for c in row} - {"id"}), remedy="name its columns in `against_on`",
            )  # fmt: skip
        shown = [next(iter(item.values()), "") for item in items]
        if self.max_likeness is None:
            return _Benchmark(parts_of(items), shown, None, None)
        try:
            from ..measures.char_similarity import char_counts, char_idf, char_weights

            counted = char_counts(shown)
        except ModuleNotFoundError as e:
            raise MissingExtra(str(e.name), "evaluate", where="curate.decontaminate (`max_likeness`)") from e
        idf = char_idf(counted)
        return _Benchmark(parts_of(items), shown, idf, char_weights(counted, idf=idf)[0])

    def apply(self, batch: pa.RecordBatch, ctx: BulkContext) -> Outcome:
        """Judge each row by its own text."""
        found: _Benchmark = ctx.artifact
        rows = [[v if isinstance(v, str) else "" for v in values] for values in _columns(batch, self.on)]
        texts = [match_words(tokens("\n".join(filter(None, row)))) for row in rows]
        (copied,) = copies(texts, [found.parts], long=self.ngram)
        reasons: list[str | None] = [None] * len(rows)
        details: list[Any] = [None] * len(rows)
        for i in copied.flagged.nonzero()[0].tolist():
            reasons[i] = "copied"
            details[i] = {"item": found.shown[int(copied.item[i])][:200], "covered": round(float(copied.covered[i]), 4)}
        if self.max_likeness is not None:
            from ..measures.char_similarity import char_counts, char_weights, closest

            like, item = closest(char_weights(char_counts([row[0] for row in rows]), idf=found.idf)[0], found.weights)
            for i in (like > self.max_likeness).nonzero()[0].tolist():
                if reasons[i] is None:
                    reasons[i] = "reworded"
                    details[i] = {"item": found.shown[int(item[i])][:200], "likeness": round(float(like[i]), 4)}
        outcome = keep(
            batch, [r is None for r in reasons], reason="copied", detail=details,
            failed=[None if any(row) else "no_text" for row in rows],
        )  # fmt: skip
        outcome.reasons = [
            own if fate == "dropped" else told for own, fate, told in zip(reasons, outcome.fates, outcome.reasons)
        ]
        return outcome

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a row of its own, one that holds a test question, one that rewords it, and one without text."""
        asked = (
            "A farmer sells forty apples on Monday and half as many on Tuesday; how many apples does she sell in all?"
        )
        items: list[Row] = [{"question": asked, "answer": "60"}]
        rows: list[Row] = [
            {"text": "Why does bread rise when it is left in a warm place?"},
            {"text": f"Here is one: {asked}"},
            {
                "text": "A farmer sells forty apples on Monday, then half as many Tuesday. How many apples in all does she sell?"
            },
            {"text": None},
        ]
        return [Example(cls(against="test"), rows, ["kept", "dropped", "dropped", "failed"], side={"test": items})]


def _texts(row: Row, columns: list[Column] | None) -> dict[str, str]:
    names = columns if columns is not None else [c for c in row if c != "id"]
    return {name: row[name] for name in names if isinstance(row.get(name), str) and row[name].strip()}


def _columns(batch: pa.RecordBatch, names: Sequence[str]) -> list[list[Any]]:
    """Return the values of these columns, row by row."""
    there = [batch.column(n).to_pylist() if n in batch.schema.names else [None] * batch.num_rows for n in names]
    return [list(values) for values in zip(*there, strict=True)]
