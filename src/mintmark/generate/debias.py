"""Debiasing sentences: people shown against a named stereotype, or alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.groups import mentions
from ..measures.sentences import content_words, fold_space
from ..measures.tokens import tokens
from . import debias_prompts as prompts
from .base import Generator, sampled
from .parsing import without_talk

_NEGATED = re.compile(
    r"\b(?:not|never|no|nobody|nothing|cannot|without|neither|nor|hardly)\b|n['\u2019]t\b", re.IGNORECASE
)


@operator("generate.debias", version=1)
class Debias(Generator):
    """Write sentences for debiasing; what a rule can see to be against their purpose is dropped.

    `targeted`: a row names a `group` and a `stereotype`; the sentence must name the group (or, for women, men, a profession or a
    nationality that the lists know, one of it: `group_missing`), must not repeat the stereotype's words, denied or not
    (`states_stereotype`), must not say what somebody does not do (`negated`), and must not speak of the group as a whole
    (`generalises`). Where the row says what the person does instead (`deed`; with small models give one), the sentence must tell it
    (`deed_missing`) after it named the person (`deed_of_another`). `general`: a row names a `topic`; the sentence must name people
    of two groups or more (`group_missing`). A sentence taken from the worked examples is dropped as `copies_example`. Whether a
    sentence truly counters the stereotype no rule can see: add a judge, or read.

    New columns: text, mode.

    Reference: Han et al. 2024, "ChatGPT Based Data Augmentation for Improved Parameter-Efficient Debiasing of LLMs",
    section 3 (targeted and general prompting).
    """

    mode: Literal["targeted", "general"] = "targeted"
    group: Column = "group"
    """`targeted`: the column that names people, in the plural."""
    stereotype: Column = "stereotype"
    """`targeted`: the column that says what is thought of them, as a predicate: "are bad at chess"."""
    deed: Column | None = None
    """`targeted`: the column that says what the person does instead: "wins the tournament"."""
    topic: Column = "topic"
    """`general`: the column that names a place or topic."""
    samples: int = Field(1, ge=1, le=1000)
    """Sentences asked for each row."""
    shots: int = Field(3, ge=0, le=6)
    """Worked examples shown, drawn anew for each call."""

    def reads(self) -> Sequence[str]:
        """Return the columns that the mode needs."""
        targeted = [self.group, self.stereotype, *([self.deed] if self.deed else [])]
        return targeted if self.mode == "targeted" else [self.topic]

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the two new ones."""
        import pyarrow as pa

        return {**columns, "text": pa.string(), "mode": pa.string()}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the groups, or the topics."""
        return {self.group: []} if self.mode == "targeted" else {self.topic: []}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask for `samples` sentences at once."""
        for column in self.reads():
            if not isinstance(row.get(column), str) or not row[column].strip():
                return failed("not_text", {"column": column})
        return born(await sampled(self._one(row, ctx, n) for n in range(self.samples)))

    async def _one(self, row: Row, ctx: RowContext, n: int) -> Child:
        pool = prompts.TARGETED if self.mode == "targeted" else prompts.GENERAL
        shown = ctx.rng("shots", n).sample(pool, self.shots)
        if self.mode == "targeted":
            messages = prompts.ask_targeted(
                shown, row[self.group], row[self.stereotype], row[self.deed] if self.deed else ""
            )
        else:
            messages = prompts.ask_general(shown, row[self.topic])
        values = {k: v for k, v in row.items() if k != "id"} | {"text": "", "mode": self.mode}
        try:
            reply = await ctx.chat(self.model, messages, sample=n, **self.sampling(ctx, n))
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        values["text"] = text = fold_space(without_talk(reply.text))
        problem = "cut_off" if reply.finish == "length" else "empty_reply" if not text else None
        problem = problem or ("copies_example" if _copies(text, shown) else None) or self._problem(text, row)
        return Child(values, "dropped", problem, text[:200]) if problem else Child(values)

    def _problem(self, text: str, row: Row) -> str | None:
        if self.mode == "general":
            found = mentions([tokens(text)])
            people = [k for k, f in zip(found.keys, found.flags[0], strict=True) if f]
            return None if len({_whom(k) for k in people}) >= 2 else "group_missing"
        group, stereotype = str(row[self.group]), str(row[self.stereotype])
        if not names_group(text, group):
            return "group_missing"
        told = content_words(stereotype) - content_words(group)
        if told and told <= content_words(text):
            return "states_stereotype"
        if self.deed and not content_words(row[self.deed]) <= content_words(text):
            return "deed_missing"
        if self.deed and not names_group(_before_any(text, content_words(row[self.deed])), group):
            return "deed_of_another"
        if _NEGATED.search(text):
            return "negated"
        return "generalises" if _sweeping(group).search(text) else None

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a sentence against a stereotype, one that repeats it, one about somebody else, and general ones."""
        replies = {
            "tailors": "The tailor won the race.",
            "bakers": "A baker who is not lazy sang.",
            "masons": "The mason never slept.",
            "pilots": "The dog slept.",
            "park": "An old man and a nurse share the bench.",
            "pool": "Water is wet.",
        }

        def script(request: Request) -> str:
            asked = str(request.body["messages"][-1]["content"])
            return next(reply for word, reply in replies.items() if word in asked)

        rows: list[Row] = [{"group": g, "stereotype": "are lazy"} for g in ("tailors", "bakers", "masons", "pilots")]
        topics: list[Row] = [{"topic": "the park"}, {"topic": "the pool"}]
        return [
            Example(cls(), rows, ["used", "kept", *("used", "dropped") * 3], script),
            Example(cls(mode="general"), topics, ["used", "kept", "used", "dropped"], script),
        ]


def names_group(text: str, group: str) -> bool:
    """Return whether a text names somebody of a group: by its word, or by another of a group that the lists know.

    Example:
        >>> names_group("She fixed the engine.", "women"), names_group("The dog slept.", "women")
        (True, False)
    """
    found = mentions([tokens(text), tokens(group)])
    said, wanted = (
        {_whom(k) for k, f in zip(found.keys, flags, strict=True) if f and not k.startswith("age:")}
        for flags in found.flags
    )
    return bool(said & wanted) or content_words(group) <= content_words(text)


def _sweeping(group: str) -> re.Pattern[str]:
    """Return the pattern of a sentence that speaks of a group as a whole."""
    word = re.escape(group)
    return re.compile(
        rf"\b(?:all|every|most|only|no|typical|real)\s+{word}\b"
        rf"|\b{word}\s+(?:are|were|can|cannot|can't|do|don't|have|always|never|should|tend|usually|often)\b",
        re.IGNORECASE,
    )


def _before_any(text: str, words: set[str]) -> str:
    """Return the text up to the first of the words, known by their stems."""
    at = next((m.start() for m in re.finditer(r"\w+", text) if content_words(m.group()) & words), len(text))
    return text[:at]


def _whom(key: str) -> str:
    """Return a group's key with all words for women, and all for men, as one."""
    return key.partition(":")[2] if key.startswith(("pronoun:", "name:", "noun:")) else key


def _copies(text: str, shown: Sequence[prompts.Shot]) -> bool:
    said = content_words(text)
    return any(len(said & (there := content_words(shot.sentence))) >= 0.6 * len(there) for shot in shown)
