"""LAB's skills: new instructions like a leaf's seed examples, answered, and judged twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures import judge as judging
from . import lab_prompts as prompts
from .base import Generator, Temperature, sampled
from .talk import alike, written


@operator("generate.lab_skill", version=1)
class LabSkill(Generator):
    """Write instructions like a seed example, have them judged, answer them, and keep pairs that are judged at the top of three points.

    Each of the four stages can end a candidate, and says so: the instruction is no new one (`copies_example`), its judge rejects it
    (`instruction_rejected`), the response is empty, cut off, a refusal or
    the instruction again (`repeats_instruction`), or the pair scores below `min_pair_score`
    (`pair_scored_low`). Where the seed example has a context, a new text of its kind is written first, and the instruction is
    about it. A judge that cannot be read fails the candidate.

    New columns: question (the instruction, with its text if there is one), answer, pair_score. All other columns are kept but
    the seed example's own context and `others`.

    Reference: Sudalairaj et al. 2024, "LAB: Large-Scale Alignment for ChatBots", section 3.2.1.

    Example:
        >>> sorted(LabSkill(judge="referee").requires())
        ['referee', 'writer']
    """

    judge: str = "judge"
    """The recipe's name for the model that judges instructions and pairs."""
    task: Column = "task"
    """The column that says what the skill is."""
    question: Column = "question"
    answer: Column = "answer"
    context: Column = "context"
    """The column of the text that the seed example is about, null where there is none."""
    others: Column = "examples"
    """The column of the leaf's other seed examples: a list of question, answer and context."""
    per_seed: int = Field(1, ge=1, le=100)
    """Instructions tried for each seed example."""
    shots: int = Field(3, ge=1, le=10)
    """Seed examples shown at each call: the row's own, and others of its leaf drawn anew."""
    min_pair_score: int = Field(3, ge=1, le=3)
    """Of three points."""
    votes: int = Field(1, ge=1, le=25)
    """Votes of the judge on each question."""
    tries: int = Field(3, ge=1, le=10)
    """Replies to a vote until one can be read."""
    temperature: Temperature | None = 0.7
    max_tokens: int = Field(256, ge=8)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that both models must chat."""
        found = dict(super().requires())
        found[self.judge] = found.get(self.judge, frozenset()) | {"chat"}
        return found

    def reads(self) -> Sequence[str]:
        """Return the columns of the seed example."""
        return [self.task, self.question, self.answer, self.context, self.others]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with instruction, response and score."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if k not in (self.context, self.others)}
        return {**kept, self.question: pa.string(), self.answer: pa.string(), "pair_score": pa.float64()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Try `per_seed` candidates at once."""
        if missing := [c for c in (self.task, self.question, self.answer) if not isinstance(row.get(c), str)]:
            return failed("not_text", {"columns": missing})
        return born(await sampled(self._candidate(row, ctx, n) for n in range(self.per_seed)))

    async def _candidate(self, row: Row, ctx: RowContext, n: int) -> Child:
        """Take one candidate through the four stages."""
        drop = (self.context, self.others, "id")
        child = Child({k: v for k, v in row.items() if k not in drop} | {self.question: None, self.answer: None})
        try:
            child.reason, child.detail = await self._stages(row, ctx, n, child.values) or (None, None)
            child.fate = "dropped" if child.reason else "kept"
        except RowFailure as e:
            child.fate, child.reason, child.detail = "failed", e.reason, e.detail
        return child

    async def _stages(self, row: Row, ctx: RowContext, n: int, values: Row) -> tuple[str, Any] | None:
        """Fill in the candidate; return why it is dropped, if it is."""
        task, shown = str(row[self.task]), self._shown(row, ctx, n)
        context = None
        if row.get(self.context):
            reply = await ctx.chat(self.model, prompts.ask_context(task, shown), sample=n, **self.sampling(ctx, n))
            context, problem = written(reply)
            if problem:
                return problem
        ask = prompts.ask_instruction(task, shown, context)
        instruction, problem = written(await ctx.chat(self.model, ask, sample=n, attempt=1, **self.sampling(ctx, n)))
        values[self.question] = instruction = prompts.whole(instruction, context)
        if problem or (problem := _copied(instruction, [*(row.get(self.others) or ()), *shown])):
            return problem
        told = prompts.check_instruction(task, instruction)
        choice = await judging.choose(ctx, self.judge, told, votes=self.votes, tries=self.tries)
        if not choice.decided:
            raise RowFailure("cannot_judge", list(choice.unread))
        if 2 * choice.read.count("yes") <= len(choice.read):
            return "instruction_rejected", {"votes": list(choice.read), "reasons": list(choice.reasons)}
        ask = prompts.ask_response(task, shown, instruction)
        reply = await ctx.chat(self.model, ask, sample=n, attempt=2, **self.sampling(ctx, n))
        values[self.answer], problem = reply.text.strip(), written(reply)[1]
        if problem or alike(values[self.answer], context or instruction):
            return problem or ("repeats_instruction", None)
        pair = prompts.show_pair(task, instruction, values[self.answer])
        scored = await judging.score(ctx, self.judge, prompts.PAIR, pair, votes=self.votes, tries=self.tries)
        if scored.mean is None:
            raise RowFailure("cannot_judge", list(scored.unread))
        values["pair_score"] = scored.mean
        if scored.mean < self.min_pair_score:
            return "pair_scored_low", {"votes": list(scored.read), "reasons": list(scored.reasons)}
        return None

    def _shown(self, row: Row, ctx: RowContext, n: int) -> list[prompts.Seed]:
        """Return the seed examples that a call shows, the row's own last; all with a context where it has one."""
        own = {"question": row[self.question], "answer": row[self.answer], "context": row.get(self.context)}
        others = [e for e in row.get(self.others) or [] if bool(e.get("context")) == bool(own["context"])]
        return [*ctx.rng("shown", n).sample(others, min(self.shots - 1, len(others))), own]

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a pair at the top, one judged lower, an instruction that copies, and a judge that cannot be read."""

        def script(request: Request) -> str:
            told = str(request.body["messages"][-1]["content"])
            if told.startswith("Write another instruction"):
                seen = str(request.body["messages"])
                return next((v for k, v in {" hat?": "Name a word that sounds like sun.", " moon?": "Rhyme: door."}.items()
                             if k in seen), "What rhymes with tree?")  # fmt: skip
            if "Choose yes or no" in told:
                return '{"reason": "clear", "choice": "yes"}'
            if "whole number" in told:
                return '{"reason": "so", "score": %d}' % (3 if "sun" in told else 2)  # noqa: UP031
            return "Fun." if "sun" in told else "Wall."

        rows: list[Row] = [
            {"task": "Rhyme.", "question": f"What rhymes with {word}?", "answer": "?", "context": None, "examples": []}
            for word in ("hat", "moon", "tree")
        ]
        fates = ["used", "kept", "used", "dropped", "used", "dropped"]
        mute = Example(cls(), rows[:1], ["used", "failed"], lambda request: "Name a word that sounds like sun.")
        return [Example(cls(), rows, fates, script), mute]


def _copied(instruction: str, seeds: Sequence[prompts.Seed]) -> tuple[str, Any] | None:
    """Return that an instruction is one of the seed examples again, if it is."""
    for seed in seeds:
        if alike(instruction, prompts.whole(str(seed["question"]), seed.get("context"))):
            return "copies_example", {"example": seed["question"]}
    return None
