"""Labels by votes: a model says which class a text belongs to, several times over, and abstains where it is not sure."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Mapping, Sequence
from typing import Any, Self

import orjson
from pydantic import Field, field_validator, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..core.template import template
from ..measures.judge import Votes, choice_chances, warmth

MOST_LETTERS = 20
"""Labels that can be told apart by the letters whose log-probabilities a server gives with one token."""


@operator("curate.label", version=1)
class Label(RowOperator):
    """Give each row the label that wins most of a model's votes; where it wins fewer than `min_share`, or shares the lead, abstain.

    Each vote sees the labels in an order of its own and examples drawn anew, so that neither place nor example decides. With
    `soft` a vote is the probability of each label, read from the log-probabilities of option letters; otherwise it is one label. The
    mean over the votes is the soft label, in falling order: a ranking of the labels.

    To abstain is a decision, by a rule that the recipe states, on votes that were read: the row is dropped as `abstained` and
    keeps its soft label. A row fails as `cannot_label` where more votes could not be read than could: then nothing was decided.

    An annotator is a measuring instrument. Where people have labelled some rows, write the votes into `judge_label` and theirs into
    `human_label`, and the report tells how far they agree beyond chance.

    New columns: the label (`into`; null where abstained), label_share (that of the leading label), soft_labels.

    Reference: Wang et al. 2021, "Want To Reduce Labeling Cost? GPT-3 Can Help", section 3; He et al. 2023, "AnnoLLM", section 3
    (`explain`: the reason before the label, in the examples too); Wang et al. 2022, "Self-Consistency", section 2 (votes).

    Example:
        >>> Label(labels=["refund", "delivery"], votes=5).reads()
        ['text']
    """

    on: Column = "text"
    """The column that is labelled."""
    task: str = Field("Which label fits the text best?", min_length=1)
    """What the labels are about; a Jinja template over the row's columns."""
    labels: list[str] | dict[str, str] | None = None
    """The labels, or a mapping of each label to what it means; where none are given, those of the few-shot examples."""
    labels_from: str | None = None
    """Name of a side input in place of `labels`: a row for each label, with the columns label and, if any, meaning."""
    model: str = "annotator"
    votes: int = Field(3, ge=1, le=99)
    min_share: float = Field(0.6, gt=0, le=1)
    """Share of the votes, or mean probability, that the leading label must reach."""
    into: Column = "label"
    """The column of the label."""
    soft: bool = False
    """Take each vote as the probabilities of the labels; the model must give log-probabilities, of at most 20 labels."""
    explain: bool = False
    """Ask for a reason before the label."""
    few_shot: str | None = None
    """Name of the side input of labelled rows, with the column of the text, the column `shown` and, if any, `reason`."""
    shown: Column = "label"
    """The column that holds the label of a few-shot example."""
    shots: int = Field(4, ge=0, le=100)
    """Examples drawn for each vote."""
    temperature: float | None = Field(None, ge=0, le=5)
    """Of votes that are not `soft`: 0 for a single one, 0.7 for several, where not given."""
    tries: int = Field(3, ge=1, le=10)
    """Replies to one vote until one can be read."""
    max_tokens: int = Field(120, ge=4)

    @field_validator("task")
    @classmethod
    def _compiles(cls, value: str) -> str:
        template(value)
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.labels is not None and self.labels_from is not None:
            raise ValueError("takes `labels` or `labels_from`, not both")
        if self.labels is None and self.labels_from is None and self.few_shot is None:
            raise ValueError("needs `labels`, `labels_from`, or `few_shot` examples to take them from")
        if self.labels is not None and len(set(self.labels)) < max(2, len(self.labels)):
            raise ValueError(f"labels: needs two or more, each once, got {list(self.labels)}")
        if self.soft and self.labels is not None and len(self.labels) > MOST_LETTERS:
            raise ValueError(f"soft: at most {MOST_LETTERS} labels, got {len(self.labels)}")
        if self.soft and self.explain:
            raise ValueError("soft reads the first token of a reply; it leaves no room to `explain`")
        return self

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the annotator must chat, and give log-probabilities for soft votes."""
        return {self.model: frozenset({"chat", "logprobs"} if self.soft else {"chat"})}

    def sides(self) -> Sequence[str]:
        """Return the labels' input and the examples'."""
        return [name for name in (self.labels_from, self.few_shot) if name]

    def reads(self) -> Sequence[str]:
        """Return the column that is labelled, and those that the task names."""
        return list(dict.fromkeys([self.on, *template(self.task).names]))

    def output(self, columns: Columns) -> Columns:
        """Return the columns with label, share and soft labels."""
        import pyarrow as pa

        soft = pa.list_(pa.struct({"label": pa.string(), "probability": pa.float64()}))
        return {**columns, self.into: pa.string(), "label_share": pa.float64(), "soft_labels": soft}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the labels."""
        return {self.into: list(self.labels or ())}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Gather the votes and decide."""
        text, meanings = row.get(self.on), self._meanings(ctx)
        if not isinstance(text, str) or not text.strip():
            return failed("not_text", {"column": self.on})
        if len(meanings) < 2 or (self.soft and len(meanings) > MOST_LETTERS):
            return failed("unusable_labels", {"labels": len(meanings)})
        task = template(self.task).render(row)
        found = await asyncio.gather(*(self._vote(task, text, meanings, ctx, n) for n in range(self.votes)))
        read = [one for one in found if not isinstance(one, RowFailure)]
        unread = tuple({"reason": one.reason, "detail": one.detail} for one in found if isinstance(one, RowFailure))
        if not Votes(tuple(read), (), unread).decided:
            return failed("cannot_label", list(unread))
        mean = {label: round(sum(vote[label] for vote in read) / len(read), 6) for label in meanings}
        ranked = sorted(mean, key=lambda label: -mean[label])
        lead = mean[ranked[0]]
        soft = [{"label": label, "probability": mean[label]} for label in ranked]
        if lead < self.min_share or mean[ranked[1]] == lead:
            told = {"label_share": lead, "votes": len(read), "leading": ranked[:2]}
            return dropped("abstained", told, **{self.into: None, "label_share": lead, "soft_labels": soft})
        return kept(**{self.into: ranked[0], "label_share": lead, "soft_labels": soft})

    def _meanings(self, ctx: RowContext) -> dict[str, str]:
        if self.labels_from is not None:
            rows = ctx.side(self.labels_from)
            return {str(row["label"]): str(row.get("meaning") or "") for row in rows if row.get("label")}
        if self.labels is None:
            found = (row.get(self.shown) for row in ctx.side(self.few_shot or ""))
            return {str(label): "" for label in found if label is not None}
        return self.labels if isinstance(self.labels, dict) else dict.fromkeys(self.labels, "")

    async def _vote(
        self, task: str, text: str, meanings: Mapping[str, str], ctx: RowContext, n: int
    ) -> dict[str, float] | RowFailure:
        order = list(meanings)
        ctx.rng("order", n).shuffle(order)
        names = dict(zip(order, string.ascii_uppercase)) if self.soft else {label: label for label in order}
        listed = "\n".join(
            f"{f'{names[label]}) ' if self.soft else '- '}{label}{f': {meanings[label]}' if meanings[label] else ''}"
            for label in order
        )
        form = (
            "Reply with the letter of the label alone." if self.soft
            else 'Reply with JSON: {"reason": "one sentence", "label": "..."}' if self.explain
            else 'Reply with JSON: {"label": "..."}'
        )  # fmt: skip
        messages = [
            {"role": "system", "content": f"{task}\n\nLabels:\n{listed}\n\n{form}"},
            *self._examples(text, names, ctx, n),
            {"role": "user", "content": f"Text: {text}"},
        ]
        warm = warmth(self.votes) if self.temperature is None else self.temperature
        try:
            if self.soft:
                reply = await ctx.chat(
                    self.model, messages, sample=n, temperature=0.0, max_tokens=4, logprobs=True, top_logprobs=20
                )  # fmt: skip
                chances = choice_chances(reply, list(names.values()))
                return {label: chances[letter] for label, letter in names.items()}
            found = await ctx.structured(
                self.model, messages, _shape(order, self.explain), tries=self.tries, sample=n, temperature=warm,
                max_tokens=self.max_tokens,
            )  # fmt: skip
        except RowFailure as e:
            return e
        return {label: float(label == found["label"]) for label in order}

    def _examples(self, text: str, names: Mapping[str, str], ctx: RowContext, n: int) -> list[dict[str, str]]:
        """Return the few-shot examples of a vote as turns, answered in the form that the reply is asked for."""
        if self.few_shot is None:
            return []
        pool = [row for row in ctx.side(self.few_shot) if row.get(self.shown) in names and row.get(self.on) != text]
        found = []
        for row in ctx.rng("examples", n).sample(pool, min(self.shots, len(pool))):
            label = names[row[self.shown]]
            answer: dict[str, Any] = {"reason": row["reason"]} if self.explain and row.get("reason") else {}
            told = label if self.soft else orjson.dumps({**answer, "label": label}).decode()
            found.append({"role": "user", "content": f"Text: {row.get(self.on)}"})
            found.append({"role": "assistant", "content": told})
        return found

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return votes that agree, votes that are split, an annotator that cannot be read, and soft votes."""
        rows: list[Row] = [{"text": "Where is my parcel?"}, {"text": "Hello there."}]

        def script(request: Request) -> str:
            told = str(request.body["messages"][-1]["content"])
            return '{"label": "%s"}' % ("delivery" if "parcel" in told or request.seed % 2 else "refund")

        def letter(request: Request) -> str:
            told = str(request.body["messages"][0]["content"])
            return next(line[0] for line in told.splitlines() if line.endswith(") delivery"))

        hard = cls(labels=["refund", "delivery"], votes=9, min_share=1.0)
        soft = cls(labels=["refund", "delivery"], soft=True)
        return [
            Example(hard, rows, ["kept", "dropped"], script),
            Example(hard, rows[:1], ["failed"], lambda request: "I would say delivery."),
            Example(soft, rows[:1], ["kept"], letter),
        ]


def _shape(labels: Sequence[str], explain: bool) -> dict[str, Any]:
    reason = {"reason": {"type": "string"}} if explain else {}
    properties = {**reason, "label": {"type": "string", "enum": sorted(labels)}}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
