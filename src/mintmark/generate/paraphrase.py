"""Paraphrases of labelled texts: other words for the same, with what a rule can see to have changed dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.faithful import meta_talk
from ..measures.sentences import content_words, fold_space
from ..measures.support import unsupported_numbers
from ..measures.tokens import tokens
from .base import Generator, sampled
from .parsing import without_talk

_SHOTS = (
    ("Where did the parcel go?", "What became of the package?"),
    ("I cannot open the door to the garden.", "The garden door won't open for me."),
    ("How much is a ticket for two adults?", "What do two grown-ups pay to get in?"),
    (
        "The soup was cold and the waiter did not come back.",
        "Nobody returned to our table, and what we ate was not even warm.",
    ),
    ("Please turn the music down after 10.", "From 10 on, play it more quietly, please."),
    ("Set a reminder to water the plants", "Remind me that the plants need water"),
)
_NOT = re.compile(
    r"\b(?:not|no|never|nobody|nothing|none|neither|nor|without|cannot|unable)\b|n['\u2019]t\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"\?|^\W*(?:what|who|whom|whose|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|will|would|should|has|have)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\s*(?:In other words|Text):\s*")
_YOU = re.compile(r"\byou(?:r|rs)?\b", re.IGNORECASE)


@operator("generate.paraphrase", version=1)
class Paraphrase(Generator):
    """Say a short labelled text in other words; every other column, the label too, stays as it was.

    Dropped: `unchanged` where less than `rate` of the text's words went; `unrelated` where none of its content words stayed and
    `min_kept` asks for some; `number_changed` where a number came or went; `negation_changed` where only one of the two negates;
    `question_changed` where a question became none, or the reverse; `person_changed` where only the reply speaks to a "you", as
    answers do; `copies_example`; `meta_talk`; `cut_off`; `empty_reply`. Whether the meaning stayed, no rule can see: add a judge. For
    texts of a paragraph and more take `generate.rephrase`.

    New columns: clean (the text before), perturbation (`paraphrase`), changed (share of its words that went).

    Reference: Iyyer et al. 2018, "Adversarial Example Generation with Syntactically Controlled Paraphrase Networks"; Ribeiro et al. 2020,
    CheckList, section 2 (invariance tests).
    """

    on: Column = "text"
    """The column of text that is said again."""
    rate: float = Field(0.3, ge=0, le=1)
    """Share of the text's words, at least, that must not stand in the paraphrase."""
    min_kept: float = Field(0.2, ge=0, le=1)
    """Share of its content words, by rough stem, that must stand there."""
    samples: int = Field(1, ge=1, le=1000)
    """Paraphrases asked for each text."""
    shots: int = Field(3, ge=0, le=6)
    """Worked examples shown, drawn anew for each call."""

    def output(self, columns: Columns) -> Columns:
        """Return the columns and the three new ones."""
        import pyarrow as pa

        return {**columns, "clean": pa.string(), "perturbation": pa.string(), "changed": pa.float64()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask for `samples` paraphrases at once."""
        text = row.get(self.on)
        if not isinstance(text, str) or not text.strip():
            return failed("not_text", {"column": self.on})
        return born(await sampled(self._say(text, row, ctx, n) for n in range(self.samples)))

    async def _say(self, text: str, row: Row, ctx: RowContext, n: int) -> Child:
        shown = ctx.rng("shots", n).sample(_SHOTS, self.shots)
        worked = "".join(f"Text: {before}\nIn other words: {after}\n\n" for before, after in shown)
        ask = f"Say each text again in other words. Keep its meaning.\n\n{worked}Text: {fold_space(text)}\nIn other words:"
        values = {k: v for k, v in row.items() if k != "id"} | {
            "clean": text,
            "perturbation": "paraphrase",
            "changed": None,
        }
        try:
            reply = await ctx.chat(self.model, [{"role": "user", "content": ask}], sample=n, **self.sampling(ctx, n))
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        said = fold_space(without_talk(_LABEL.sub("", reply.text)).partition("\nText:")[0])
        values |= {self.on: said, "changed": changed(text, said)}
        problem = ("cut_off", None) if reply.finish == "length" else self._problem(text, said, shown)
        return Child(values, "dropped", *problem) if problem else Child(values)

    def _problem(self, text: str, said: str, shown: Sequence[tuple[str, str]]) -> tuple[str, Any] | None:
        if not said:
            return "empty_reply", None
        if found := meta_talk(said, text):
            return "meta_talk", found
        if (share := changed(text, said)) < self.rate or said.casefold() == text.casefold():
            return "unchanged", share
        own, new = content_words(text), content_words(said)
        if any(len((new & content_words(a)) - own) >= 2 for _, a in shown):
            return "copies_example", said
        if numbers := unsupported_numbers(said, text) or unsupported_numbers(text, said):
            return "number_changed", numbers
        if bool(_NOT.search(text)) != bool(_NOT.search(said)):
            return "negation_changed", said
        if bool(_ASKS.search(text)) != bool(_ASKS.search(said)):
            return "question_changed", said
        if _YOU.search(said) and not _YOU.search(text):
            return "person_changed", said
        kept = len(own & new) / len(own) if own else 1.0
        return ("unrelated", round(kept, 4)) if kept < self.min_kept else None

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a paraphrase, a copy, one with another number, and a row without text."""
        replies = {
            "2": "Both of my 2 cats fell ill today",
            "3": "Both of my 4 cats fell ill today",
            "4": "My 4 cats are sick",
        }

        def script(request: Request) -> str:
            return next(v for k, v in replies.items() if f"My {k} cats" in str(request.body["messages"][-1]["content"]))

        rows: list[Row] = [{"text": f"My {k} cats are sick", "label": "pets"} for k in replies]
        return [
            Example(
                cls(), [*rows, {"text": None}], ["used", "kept", "used", "dropped", "used", "dropped", "failed"], script
            ),
        ]


def changed(text: str, said: str) -> float:
    """Return the share of a text's words that do not stand in what was said.

    Example:
        >>> changed("the cat sat", "a cat lay")
        0.6667
    """
    own, new = Counter(tokens(text, signs=False)), Counter(tokens(said, signs=False))
    return round((own - new).total() / max(1, own.total()), 4)
