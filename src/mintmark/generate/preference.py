"""Preference data: several replies to a prompt, judged; the best against a worse one, with its margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..core.template import template
from ..core.waiting import gathered
from ..measures.judge import Rubric, compare, rate, score, weigh
from .base import Generator
from .talk import opened, unusable


@operator("generate.preference", version=1)
class Preference(Generator):
    """Pair the best of `n` replies with a worse one: the judge scores each by the rubric, then compares the two in both orders.

    The chosen reply has the highest score and the rejected one scores at least `min_margin` less, else the row is dropped as
    `no_margin`. The pair is shown to the judge in both orders: a verdict that changes with the order drops it as `judge_flips`, one
    for the other reply as `judge_prefers_other`; with `flips: average` the mean of both orders decides. Replies that are empty, cut
    off, or that the judge gives no readable score take no part; where fewer than two different ones are left, the row is dropped as
    `too_few_replies`, or fails where a model or the judge is to blame.

    New columns: chosen, rejected, chosen_score, rejected_score, margin, preference (the judge's mean chance of the chosen one),
    flipped (whether its verdict changed with the order), chosen_model, rejected_model, and replies: all of them with model and score.

    Reference: Cui et al. 2023, "UltraFeedback", section 2 (several models, scored by a judge); Zheng et al. 2023, "Judging
    LLM-as-a-Judge", section 3.4 (both orders).

    Example:
        >>> Preference(model="small", models=["large"], n=4).dealt()
        ['small', 'large', 'small', 'large']
    """

    on: Column = "instruction"
    """The prompt that is replied to."""
    models: list[str] = []
    """Further models that reply; the replies are dealt out to `model` and these in turn."""
    n: int = Field(4, ge=2, le=64)
    """Replies to each prompt."""
    system: str | None = None
    """System message of the models that reply."""
    judge: str = "judge"
    """The model that judges."""
    rubric: str = Field("Is the reply correct, harmless, and of real use for what was asked?", min_length=1)
    """What is judged; a Jinja template over the row's columns."""
    scale: tuple[int, int] = (1, 5)
    anchors: dict[int, str] = {}
    """What a score means, for some of the scale's values."""
    by: Literal["votes", "odds"] = "votes"
    """What a score is: the mean of `votes` given with their reasons, or the mean of the scale by the chances that the judge
    gives to each score, which tells finer differences; the comparison likewise."""
    votes: int = Field(1, ge=1, le=25)
    """Votes on each reply."""
    against: Literal["worst", "random"] = "worst"
    """The rejected reply: the one with the lowest score, or one drawn by seed from all that score low enough."""
    min_margin: float = Field(1.0, gt=0)
    """Points between the two, inclusive."""
    flips: Literal["drop", "average"] = "drop"
    """What becomes of a verdict that changes with the order: the row is dropped, or the mean of both orders decides."""
    tries: int = Field(3, ge=1, le=10)
    """Replies of the judge until one can be read."""

    @field_validator("rubric")
    @classmethod
    def _compiles(cls, value: str) -> str:
        template(value)
        return value

    @model_validator(mode="after")
    def _fits(self) -> Preference:
        low, high = self.scale
        if not low < high <= low + 100:
            raise ValueError(f"scale must rise by 1 to 100 points, got {self.scale}")
        if self.by == "odds" and not 0 <= low < high <= 9:
            raise ValueError(f"by: odds reads one digit; scale must lie within 0 to 9, got {self.scale}")
        if self.min_margin > high - low:
            raise ValueError(
                f"min_margin must be at most {high - low}, the length of the scale, got {self.min_margin:g}"
            )
        return self

    def dealt(self) -> list[str]:
        """Return the model of each reply."""
        every = [self.model, *self.models]
        return [every[i % len(every)] for i in range(self.n)]

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that all models must chat."""
        found = dict(super().requires())
        for name in (*self.models, self.judge):
            found[name] = found.get(name, frozenset()) | {"chat"}
        return found

    def reads(self) -> Sequence[str]:
        """Return the prompt's column and those that the rubric names."""
        return sorted({self.on, *template(self.rubric).names} - {"row"})

    def output(self, columns: Columns) -> Columns:
        """Return the prompt's columns and the new ones."""
        import pyarrow as pa

        text, number = pa.string(), pa.float64()
        reply = pa.struct({"text": text, "model": text, "score": number, "left_out": text})
        new = {"chosen": text, "rejected": text, "chosen_score": number, "rejected_score": number, "margin": number}
        new |= {"preference": number, "flipped": pa.bool_()}
        return {**columns, **new, "chosen_model": text, "rejected_model": text, "replies": pa.list_(reply)}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Make one pair."""
        asked = row.get(self.on)
        if not isinstance(asked, str) or not asked.strip():
            return failed("not_text", {"column": self.on})
        rubric = Rubric(template(self.rubric).render({**row, "row": row}), self.scale, self.anchors)
        return born([await self._pair(asked, rubric, {k: v for k, v in row.items() if k != "id"}, ctx)])

    async def _pair(self, asked: str, rubric: Rubric, kept: Row, ctx: RowContext) -> Child:
        replies = await gathered(self._reply(asked, rubric, ctx, n, m) for n, m in enumerate(self.dealt()))
        values: Row = {**kept, "chosen": None, "rejected": None, "replies": replies}
        distinct: dict[str, Row] = {}
        for one in replies:
            if one["score"] is not None:
                distinct.setdefault(one["text"], one)
        scored = list(distinct.values())
        if len(scored) < 2:
            causes = [r["left_out"] for r in replies if r["left_out"]]
            lost = next((cause for cause in causes if cause not in ("empty_reply", "cut_off")), None)
            return Child(values, "failed" if lost else "dropped", lost or "too_few_replies", causes)
        best = max(scored, key=lambda r: r["score"])
        worse = [r for r in scored if best["score"] - r["score"] >= self.min_margin]
        if not worse:
            return Child(values, "dropped", "no_margin", {"scores": [r["score"] for r in scored]})
        other = min(worse, key=lambda r: r["score"]) if self.against == "worst" else ctx.rng("rejected").choice(worse)
        for part, one in (("chosen", best), ("rejected", other)):
            values |= {part: one["text"], f"{part}_score": one["score"], f"{part}_model": one["model"]}
        values["margin"] = round(best["score"] - other["score"], 4)
        pair = (f"Request:\n{asked}", best["text"], other["text"])
        if self.by == "odds":
            found = await weigh(ctx, self.judge, rubric.text, *pair)
        else:
            found = await compare(ctx, self.judge, rubric.text, *pair, tries=self.tries)
        if found.share is None:
            return Child(values, "failed", "cannot_judge", list(found.unread))
        values |= {"preference": found.share, "flipped": found.flips}
        detail = {"chances": list(found.chances), "reasons": list(found.reasons)}
        if found.flips and self.flips == "drop":
            return Child(values, "dropped", "judge_flips", detail)
        return Child(values, "dropped", "judge_prefers_other", detail) if found.share < 0.5 else Child(values)

    async def _reply(self, asked: str, rubric: Rubric, ctx: RowContext, n: int, model: str) -> Row:
        """Return a reply with its score; without one it takes no part, and `left_out` says why."""
        found: Row = {"text": "", "model": model, "score": None, "left_out": None}
        try:
            reply = await ctx.chat(model, opened(self.system, asked), sample=n, **self.sampling(ctx, n))
            found["text"] = reply.text.strip()
            if why := unusable(reply):
                return {**found, "left_out": why}
            shown = f"Request:\n{asked}\n\nReply:\n{found['text']}"
            if self.by == "odds":
                return {**found, "score": await rate(ctx, self.judge, rubric, shown)}
        except RowFailure as e:
            return {**found, "left_out": e.reason}
        votes = await score(ctx, self.judge, rubric, shown, votes=self.votes, tries=self.tries)
        return {**found, "score": votes.mean, "left_out": "cannot_judge" if votes.mean is None else None}

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a pair, replies that are all as good, a judge that goes by the place, and one that cannot be read."""
        rows: list[Row] = [{"instruction": "Name a river."}, {"instruction": "Name a tree."}]

        def script(request: Request) -> str:
            text = str(request.body["messages"][0]["content"])
            if "Which is better" in text:
                a, b = (int(text.split(f"\n\n{x}:\nReply ")[1].split()[0]) for x in "AB")
                return '{"reason": "so", "better": "%s"}' % "BA"[a > b]  # noqa: UP031
            if "whole number" not in text:
                return f"Reply {request.seed}"
            points = 5 if "tree" in text else 1 + int(text.split("Reply:\nReply ")[1].split()[0]) * 5 // 2**31
            return '{"reason": "so", "score": %d}' % points  # noqa: UP031

        def by_place(request: Request) -> str:
            return '{"reason": "so", "better": "A"}' if "Which is better" in str(request.body) else script(request)

        def unread(request: Request) -> str:
            return "well" if "JSON" in str(request.body) else script(request)

        op = cls(judge="writer")
        return [
            Example(op, rows, ["used", "kept", "used", "dropped"], script),
            Example(op, rows[:1], ["used", "dropped"], by_place),
            Example(op, rows[:1], ["used", "failed"], unread),
        ]
