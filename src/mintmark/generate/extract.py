"""Extract: a text's knowledge as a list of facts, each held against the text."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, dropped, failed
from ..core.registry import operator
from ..measures.evidence import askable
from ..measures.faithful import meta_talk, unfaithful
from ..measures.rouge import rouge_l
from ..measures.sentences import content_words, fold_space, plain_text, prose, sentences
from ..measures.support import closest, turns_round
from ..measures.text import count_words
from .base import Generator, Temperature
from .parsing import list_items, without_talk
from .text_prompts import ask_facts

MAX_ALIKE = 0.75
"""ROUGE-L of two facts, from which one of them is a variant of the other."""


@operator("generate.extract", version=1)
class Extract(Generator):
    """Draw the facts out of a text as a list; no fact in a kept row has a number or a name that the text lacks.

    The model is shown the text's prose: headings, code, tables and markup are left out. Each sentence of each item is judged by
    itself. Left out, and counted by reason in `left_out`: what cannot stand alone as a statement ("It ...", a heading, code),
    speaks of itself, has a number or a name that the text lacks, less than `min_support` of its content words in one sentence of
    the text, a negation that this sentence does not have or none where it has one, repetitions, and a `twin`: what says nearly the
    same as another fact (ROUGE-L of 0.75 or more) and does not stand in the text word for word, as a list that changes a word from
    line to line does. A row with fewer than
    `min_facts` facts left is dropped as `too_few_facts`, a text of little prose as `too_little_prose`.

    New columns: text (the facts, a line each), facts (their number), left_out (reason and number), source_text (the prose). Other columns
    are kept.

    Reference: Su et al. 2024, "Nemotron-CC: Transforming Common Crawl into a Refined Long-Horizon Pretraining Dataset",
    section 2.3 (extract knowledge, knowledge list).

    Example:
        >>> Extract(min_facts=3).requires()
        {'writer': frozenset({'chat'})}
    """

    on: Column = "text"
    min_source_words: int = Field(30, ge=1)
    """Texts with fewer words of prose are dropped as `too_little_prose`."""
    min_facts: int = Field(2, ge=1)
    min_fact_words: int = Field(5, ge=1)
    max_fact_words: int = Field(50, ge=1)
    min_support: float = Field(0.8, ge=0, le=1)
    """Share of a fact's content words, by rough stem, that must stand in one sentence of the text."""
    temperature: Temperature | None = 0.2
    max_tokens: int = Field(400, ge=16)

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the facts and their source."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if k != self.on}
        one = pa.struct([("reason", pa.string()), ("count", pa.int64())])
        return {**kept, "text": pa.string(), "facts": pa.int64(), "left_out": pa.list_(one), "source_text": pa.string()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask once, and judge every item."""
        given = row.get(self.on)
        if not isinstance(given, str):
            return failed("not_text", {"column": self.on})
        if (words := count_words(source := prose(given))) < self.min_source_words:
            return dropped("too_little_prose", {"words": words})
        kept = {k: v for k, v in row.items() if k not in ("id", self.on)}
        values: Row = {**kept, "text": "", "facts": 0, "left_out": [], "source_text": source}
        try:
            reply = await ctx.chat(self.model, ask_facts(source), **self.sampling(ctx))
        except RowFailure as e:
            return born([Child(values, "failed", e.reason, e.detail)])
        items = list_items(without_talk(reply.text))
        facts, lost = self._judged(items[:-1] if reply.finish == "length" else items, source)
        values |= {
            "text": "\n".join(f"- {fact}" for fact in facts), "facts": len(facts),
            "left_out": [{"reason": reason, "count": count} for reason, count in sorted(lost.items())],
        }  # fmt: skip
        if len(facts) < self.min_facts:
            return born([Child(values, "dropped", "too_few_facts", {"facts": len(facts), "left_out": lost})])
        return born([Child(values)])

    def _judged(self, items: Sequence[str], source: str) -> tuple[list[str], dict[str, int]]:
        """Return the facts that hold, and reason -> how many items or sentences of items do not."""
        facts: list[str] = []
        lost: dict[str, int] = {}
        for item in items:
            text = item if item.endswith((".", "!", "?", ":", ",", ".)", '."')) else f"{item}."
            spans = askable(text, min_words=self.min_fact_words, max_words=self.max_fact_words, min_content_words=3)
            for fact in [plain_text(text[a:b]) for a, b in spans] or [""]:
                if reason := self._problem(fact, source, facts):
                    lost[reason] = lost.get(reason, 0) + 1
                else:
                    facts.append(fact)
        twins = _twins(facts, source)
        if twins:
            lost["twin"] = len(twins)
        return [fact for n, fact in enumerate(facts) if n not in twins], lost

    def _problem(self, fact: str, source: str, facts: Sequence[str]) -> str | None:
        if not fact:
            return "no_fact"
        if meta_talk(fact, source):
            return "meta_talk"
        if any(content_words(fact) <= content_words(other) for other in facts):
            return "repeated"
        if found := unfaithful(fact, source):
            return found[0]
        support, nearest = closest(fact, [source[a:b] for a, b in sentences(source)])
        if support < self.min_support:
            return "low_support"
        return "negation_differs" if turns_round(fact, nearest) else None

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a text with two facts and a false one, one of which nothing holds, and one that is too short."""
        honey = "Honey keeps for years, since bacteria cannot grow where there is so little water in the jar."
        rows: list[Row] = [{"text": honey}, {"text": honey.upper()}, {"text": "Too short."}]

        def script(request: Request) -> str:
            if "HONEY" in str(request.body["messages"][-1]["content"]):
                return "- Honey from old jars was found in 1922.\n- It keeps.\n- Bees"
            true = "- Honey in the jar keeps for years.\n- Bacteria cannot grow where so little water is."
            return f"{true}\n- Honey keeps in 12 jars of little water."

        fates = ["used", "kept", "used", "dropped", "dropped"]
        return [Example(cls(min_source_words=10), rows, fates, script)]


def _twins(facts: Sequence[str], source: str) -> set[int]:
    """Return the places of facts that are nearly another one and no words of the source; of two such, the later."""
    there = fold_space(source).casefold()
    verbatim = [fold_space(fact).rstrip(".").casefold() in there for fact in facts]
    found: set[int] = set()
    for n, fact in enumerate(facts):
        others = (m for m in range(len(facts)) if m != n and m not in found and (verbatim[m] or m < n))
        if not verbatim[n] and any(rouge_l(fact, facts[m]) >= MAX_ALIKE for m in others):
            found.add(n)
    return found
