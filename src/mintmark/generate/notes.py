"""Clinical notes from structured records, about people who do not exist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.extractive import unsupported_names
from ..measures.record_facts import denied, invented, told, unfounded_numbers
from ..measures.safe_harbor import own_identifiers, safe_harbor
from ..measures.sentences import fold_space
from . import notes_prompts as prompts
from .base import Generator, sampled
from .parsing import without_talk


@operator("generate.notes", version=1)
class Notes(Generator):
    """Write a note from a record's facts under a generated name; a kept note holds none of the record's own identifiers.

    The model sees the columns of `facts` and a name that was made up; never those of `identifiers`. The note is then held against the
    record. Dropped: `own_identifier` where an identifier of the record stands in it, in any usual way of writing; `safe_harbor` where
    it has the form of one of the eighteen (a date, a place, a phone number, another name, an age over 89 ...); `name_not_in_record`
    for a capitalised word inside a sentence that the facts do not have, `number_not_in_record` for a number in digits or words, and
    `not_in_record` for a disease, drug, procedure, grade or trait of a person's life of the list; `name_changed` where the generated
    name stands in it by half; `denial_not_in_record` where it says that something is not,
    and the facts do not; `facts_missing` where it tells fewer than `min_told` of them. A fact that itself holds an identifier makes
    the row `failed` as `identifier_in_facts`. What a note claims beyond that, no rule can see: add `curate.grounding` or a judge
    over the column `facts`.

    A kept row has the fact columns and: note, facts (the text that the model saw), person (name and record number,
    generated). The record's identifiers stay in the run's `used/`, which is as private as the source.

    Reference: 45 CFR 164.514(b)(2), the Safe Harbor method of HIPAA; records such as those of Walonoski et al. 2018, Synthea.
    """

    facts: list[Column] = Field(min_length=1)
    """Columns that the note may tell; texts, numbers or lists."""
    identifiers: list[Column] = Field(min_length=1)
    """Columns that identify the person: names, dates, addresses, numbers. They are kept from the model and from the result."""
    sex: Column | None = None
    """The column that the generated first name agrees with (female, male, F, M)."""
    samples: int = Field(1, ge=1, le=1000)
    """Notes tried for each record, each about another made-up person."""
    shots: int = Field(2, ge=0, le=3)
    """Worked examples shown, drawn anew for each call."""
    min_told: float = Field(0.5, ge=0, le=1)
    """Share of the record's facts, list items counted singly, that the note must tell."""

    def reads(self) -> Sequence[str]:
        """Return the columns of facts and identifiers."""
        return list(dict.fromkeys([*self.facts, *self.identifiers, *([self.sex] if self.sex else [])]))

    def output(self, columns: Columns) -> Columns:
        """Return the fact columns and the three new ones."""
        import pyarrow as pa

        who = pa.struct([("name", pa.string()), ("record_number", pa.string())])
        return {**{c: columns.get(c) for c in self.facts}, "note": pa.string(), "facts": pa.string(), "person": who}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Write `samples` notes at once."""
        known = {c: row[c] for c in self.facts if row.get(c) not in (None, "", [])}
        if not known:
            return failed("no_facts", {"columns": self.facts})
        shown = "\n".join(f"{c.replace('_', ' ').lower()}: {_said(v)}" for c, v in known.items())
        own = {c: row.get(c) for c in self.identifiers if row.get(c) is not None}
        if held := own_identifiers(own, shown):
            return failed("identifier_in_facts", {"columns": [c for c, _ in held]})
        values = {c: row.get(c) for c in self.facts} | {"facts": shown}
        items = [str(v) for value in known.values() for v in (value if isinstance(value, list) else [value])]
        return born(
            await sampled(
                self._note(values, items, own, str(row.get(self.sex or "") or ""), ctx, n) for n in range(self.samples)
            )
        )

    async def _note(self, values: Row, items: list[str], own: Row, sex: str, ctx: RowContext, n: int) -> Child:
        who = prompts.person(ctx.rng("person", n), sex, f"{values['facts']} {' '.join(map(str, own.values()))}")
        shown = ctx.rng("shots", n).sample(prompts.SHOTS, self.shots)
        values = {**values, "note": "", "person": who}
        try:
            messages = prompts.ask_note(shown, who["name"], values["facts"])
            reply = await ctx.chat(self.model, messages, sample=n, **self.sampling(ctx, n))
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        values["note"] = note = fold_space(without_talk(reply.text))
        if not note or reply.finish == "length":
            return Child(values, "dropped", "cut_off" if note else "empty_reply")
        problem = self._problem(note, values["facts"], items, own, who["name"], shown)
        return Child(values, "dropped", problem[0], problem[1]) if problem else Child(values)

    def _problem(
        self, note: str, facts: str, items: list[str], own: Row, name: str, shown: Sequence[tuple[str, str]]
    ) -> tuple[str, Any] | None:
        # A detail names the column, not what it holds: details are read by more people than records are.
        if held := own_identifiers(own, re.sub(re.escape(name), "", note)):
            return "own_identifier", [column for column, _ in held]
        if seen := safe_harbor(note, allowed=(name,)):
            return "safe_harbor", [list(one) for one in seen]
        if name.split()[-1] in note and name not in note:
            return "name_changed", None
        if names := unsupported_names(note, f"{facts} {name}"):
            return "name_not_in_record", names
        if numbers := unfounded_numbers(note, facts):
            return "number_not_in_record", numbers
        if words := invented(note, facts):
            return "not_in_record", words
        if denial := denied(note, facts):
            return "denial_not_in_record", denial
        share = told(note, items)
        return ("facts_missing", {"told": share}) if share < self.min_told else None

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a true note, one with the record's own name, one with a number of its own, and a record without facts."""
        replies = {
            "asthma": "A woman of 34 years has asthma.",
            "gout": "Brandt has gout.",
            "anemia": "She had anemia for 3 years.",
        }

        def script(request: Request) -> str:
            asked = str(request.body["messages"][-1]["content"])
            return next(reply for word, reply in replies.items() if word in asked)

        rows: list[Row] = [{"age": 34, "conditions": [w], "last": "Brandt"} for w in replies]
        return [
            Example(
                cls(facts=["age", "conditions"], identifiers=["last"], min_told=0.5),
                [*rows, {"age": None, "conditions": None, "last": "Brandt"}],
                ["used", "kept", *("used", "dropped") * 2, "failed"],
                script,
            )
        ]


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
