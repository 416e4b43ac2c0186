"""Rephrase: web text said again in another style, with nothing added that its source lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..measures.extractive import ngram_precision
from ..measures.faithful import meta_talk, repetition, unfaithful, unfaithful_sentence
from ..measures.sentences import prose
from ..measures.text import count_words
from ..measures.tokens import tokens
from .base import Generator, Temperature, sampled
from .parsing import without_talk
from .text_prompts import ask_rephrase

Style = Literal["wikipedia", "qa", "easy", "hard"]


@operator("generate.rephrase", version=1)
class Rephrase(Generator):
    """Say a text again in each of the `styles`; no kept row has a number or a name that its source lacks.

    The model is shown the text's prose: headings, code, tables and markup are left out. Dropped: `too_short` and `too_long` by the
    number of words held against the source; `meta_talk` where the text speaks of itself ("Here is ...", "the passage");
    `unsupported_number`, `unsupported_name`; `low_support` where a sentence has too many words that no sentence of the source,
    nor two in a row, have; `negation_differs`; `copied` and `repeats_itself` by n-grams; `no_questions` where the style is `qa`
    and there are none; `adds_code`; `cut_off` where the model did not come to an end. What words cannot show, such as a cause
    turned round, is not seen: take `curate.judge` where you have a judge.

    New columns: text (the rephrased text), style, source_text (the prose it was made of). Other columns are kept.

    Reference: Maini et al. 2024, "Rephrasing the Web: A Recipe for Compute and Data-Efficient Language Modeling", section 3.

    Example:
        >>> Rephrase(styles=["easy", "qa"]).styles
        ('easy', 'qa')
    """

    on: Column = "text"
    styles: tuple[Style, ...] = Field(("wikipedia", "qa"), min_length=1)
    """Each style makes a row of each text."""
    min_source_words: int = Field(30, ge=1)
    """Texts with fewer words of prose are dropped as `too_little_prose`."""
    min_length: float = Field(0.3, ge=0)
    """Words of the new text, as a share of the source's."""
    max_length: float = Field(2.0, gt=0)
    min_support: float = Field(0.5, ge=0, le=1)
    """Share of a new sentence's content words, by rough stem, that one sentence of the source, or two in a row, must have."""
    max_copied: float = Field(0.7, ge=0, le=1)
    """Share of the new text's 5-grams of words that may stand in the source as they are."""
    max_repetition: float = Field(0.2, ge=0, le=1)
    """Share of the new text's 4-grams of words that may have stood in it before."""
    temperature: Temperature | None = 0.3
    max_tokens: int = Field(500, ge=16)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.min_length > self.max_length:
            raise ValueError(f"min_length {self.min_length:g} is above max_length {self.max_length:g}")
        return self

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the new text, its style and its source."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if k != self.on}
        return {**kept, "text": pa.string(), "style": pa.string(), "source_text": pa.string()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the styles."""
        return {"style": self.styles}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask for each style."""
        given = row.get(self.on)
        if not isinstance(given, str):
            return failed("not_text", {"column": self.on})
        if (words := count_words(source := prose(given))) < self.min_source_words:
            return dropped("too_little_prose", {"words": words})
        return born(await sampled(self._say(source, style, row, ctx, n) for n, style in enumerate(self.styles)))

    async def _say(self, source: str, style: Style, row: Row, ctx: RowContext, n: int) -> Child:
        kept = {k: v for k, v in row.items() if k not in ("id", self.on)}
        values: Row = {**kept, "text": "", "style": style, "source_text": source}
        try:
            reply = await ctx.chat(self.model, ask_rephrase(style, source), sample=n, **self.sampling(ctx, n))
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        text = values["text"] = without_talk(reply.text)
        problem = ("cut_off", {"max_tokens": self.max_tokens}) if reply.finish == "length" else None
        problem = problem or self._problem(text, source, style)
        return Child(values) if problem is None else Child(values, "dropped", *problem)

    def _problem(self, text: str, source: str, style: Style) -> tuple[str, Any] | None:
        ratio = round(count_words(text) / count_words(source), 3)
        if ratio < self.min_length:
            return "too_short", {"length": ratio}
        if ratio > self.max_length:
            return "too_long", {"length": ratio}
        if found := meta_talk(text, source):
            return "meta_talk", found
        if "```" in text:
            return "adds_code", text[:200]
        if style == "qa" and not ("Question:" in text and "Answer:" in text):
            return "no_questions", text[:200]
        if (again := repetition(text)) > self.max_repetition:
            return "repeats_itself", {"repetition": round(again, 3)}
        copied = ngram_precision(tokens(text, signs=False), tokens(source, signs=False), 5) or 0.0
        if copied > self.max_copied:
            return "copied", {"copied": round(copied, 3)}
        said = text.replace("Question:", "").replace("Answer:", "")
        return unfaithful(said, source) or unfaithful_sentence(said, source, min_support=self.min_support)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a text said again, one with a number of its own, one copied, and one that is too short to rephrase."""
        honey = "Honey keeps for years, since bacteria cannot grow where there is so little water in the jar."
        lava = "Basalt columns form in places where thick lava cools slowly and shrinks into even cracks."
        rows: list[Row] = [{"text": honey}, {"text": lava}, {"text": f"{lava} {lava}"}, {"text": "Too short."}]

        def script(request: Request) -> str:
            told = str(request.body["messages"][-1]["content"])
            if told == honey:
                return "Bacteria need water. Honey has little water, so bacteria cannot grow and it keeps for years."
            return "When thick lava cools for 900 years, columns of basalt form." if told == lava else lava

        fates = ["used", "kept", "used", "dropped", "used", "dropped", "dropped"]
        return [Example(cls(styles=("easy",), min_source_words=10), rows, fates, script)]
