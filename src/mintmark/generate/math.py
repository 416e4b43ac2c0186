"""Word problems whose answer can be checked: the model writes problem and calculation, the arithmetic is ours."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.arithmetic import NotArithmetic, shown, steps_of, strangers, verdict
from ..measures.sentences import fold_space
from . import math_prompts as prompts
from .base import Generator, Temperature, sampled


@operator("generate.math", version=1)
class Math(Generator):
    """Write word problems about the row's topic, each with a worked solution whose every calculation holds.

    The problem is written first, then solved `votes` times, each time anew. Every solution is a list of calculations such as
    `3 * 4 = 12`; they are worked out exactly by a parser of numbers, and what the model states is compared. A problem is
    dropped as `answer_differs` or `calculation_wrong` where the model miscounts, as `number_not_in_problem` where it calculates
    with a number that nobody mentioned, and as `votes_differ` where its solutions come to different results. Where nothing
    can be worked out, it fails. That solutions agree makes it likely, and no more, that they solve what was asked.

    New columns: question, solution (the calculations), answer (the exact result). All other columns are kept.

    Reference: Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems", section 2; Wang et al. 2022, "Self-Consistency
    Improves Chain of Thought Reasoning in Language Models", section 2 (votes).

    Example:
        >>> Math(votes=3).reads()
        ['topic']
    """

    on: Column = "topic"
    """The column that says what the problem is about."""
    samples: int = Field(1, ge=1, le=1000)
    """Problems written for each row."""
    votes: int = Field(1, ge=1, le=25)
    """Solutions asked for each problem; all must come to one result."""
    shots: int = Field(3, ge=0, le=6)
    """Worked examples shown, drawn anew for each problem."""
    temperature: Temperature | None = 0.7
    max_tokens: int = Field(160, ge=16)

    def output(self, columns: Columns) -> Columns:
        """Return the row's columns and the three new ones."""
        import pyarrow as pa

        return {**columns, "question": pa.string(), "solution": pa.string(), "answer": pa.string()}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Write and solve `samples` problems."""
        topic = row.get(self.on)
        if not isinstance(topic, str):
            return failed("not_text", {"column": self.on})
        return born(await sampled(self._problem(row, topic, ctx, n) for n in range(self.samples)))

    async def _problem(self, row: Row, topic: str, ctx: RowContext, n: int) -> Child:
        values: dict[str, Any] = {k: v for k, v in row.items() if k != "id"}
        values |= {"question": "", "solution": "", "answer": ""}
        drawn = ctx.rng("shots", n).sample(prompts.SHOTS, self.shots)
        sampling = self.sampling(ctx, n)
        try:
            asked = await ctx.chat(self.model, prompts.ask_problem(drawn, topic), sample=n, **sampling)
            question = values["question"] = fold_space(asked.text)
            if not question.endswith("?"):
                return Child(values, "dropped", "not_a_question", question[-80:])
            if any(fold_space(shot.problem) == question for shot in drawn):
                return Child(values, "dropped", "copies_example")
            talk = prompts.ask_solution(drawn, question)
            votes = range(1, self.votes + 1)
            replies = await asyncio.gather(
                *(ctx.chat(self.model, talk, sample=n, attempt=v, **sampling) for v in votes)
            )
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        solutions = [reply.text.strip() for reply in replies]
        values["solution"] = solutions[0]
        results: Counter[Fraction] = Counter()
        for solution in solutions:
            fate, reason, detail = verdict(solution)
            if fate == "kept":
                fate, reason, detail = _grounded(solution, question)
            if fate != "kept":
                return Child(values, fate, reason, {"solution": solution, **detail})
            results[steps_of(solution)[-1].value] += 1
        values["answer"] = shown(next(iter(results)))
        if len(results) > 1:
            return Child(values, "dropped", "votes_differ", {shown(value): votes for value, votes in results.items()})
        return Child(values)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a right solution, a wrong one, an invented number, one that calculates nothing, and a reply that is no problem."""
        rows: list[Row] = [{"topic": t} for t in ("rolls", "wrong", "invented", "words", "list")]

        def script(request: Request) -> str:
            talk = request.body["messages"][-1]["content"]
            if talk.startswith("Topic:"):
                about = talk.partition(" ")[2]
                return f"A shop of {about} sells 3 boxes of 4. How many are sold?" if about != "list" else "1. Shops"
            if "wrong" in talk:
                return "3 * 4 = 13"
            if "invented" in talk:
                return "3 * 4 = 12\n12 + 9 = 21"
            return "There are many." if "words" in talk else "3 * 4 = 12"

        fates = ["used", "kept", "used", "dropped", "used", "dropped", "used", "failed", "used", "dropped"]
        return [Example(cls(), rows, fates, script)]


def _grounded(solution: str, question: str) -> tuple[Any, str, dict[str, Any]]:
    try:
        found = strangers([step.expression for step in steps_of(solution)], question)
    except NotArithmetic as error:
        return "failed", "not_arithmetic", {"error": str(error)}
    return ("dropped", "number_not_in_problem", {"numbers": found}) if found else ("kept", "", {})
