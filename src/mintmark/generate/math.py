"""Word problems whose answer can be checked: the model writes problem and calculation, the arithmetic is ours."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, Fate, RowOutcome, born, failed
from ..core.registry import operator
from ..core.waiting import gathered
from ..measures.arithmetic import NotArithmetic, numbers_in, shown, value_of
from ..measures.sentences import fold_space
from ..measures.worked import steps_of, strangers, verdict
from . import math_prompts as prompts
from .base import Generator, Temperature, sampled

_SIGNS = re.compile(r"\d\s*(?:[-+*/×÷=]|times)\s*[$€£]?\d")
Problem = tuple[Fate, str, Any] | None


@operator("generate.math", version=1)
class Math(Generator):
    """Write word problems about the row's topic, each with a worked solution whose every calculation holds.

    `problem_first`: the problem is written, then solved `votes` times, each time anew. Every solution is a list of calculations
    such as `3 * 4 = 12`; they are worked out exactly by a parser of numbers, and what the model states is compared. A problem
    is dropped as `answer_differs` or `calculation_wrong` where the model miscounts, as `number_not_in_problem` where it calculates
    with a number that nobody mentioned, and as `votes_differ` where its solutions come to different results. Where nothing
    can be worked out, it fails.

    `calculation_first`, for small models: the engine draws one calculation, the model tells a story that it solves. A story with
    `other_numbers` than the two, or that `shows_calculation`, is dropped, and so is one from which the model, asked `votes` times,
    does not find a calculation of the same value again (`votes_differ`).

    That solutions agree makes it likely, and no more, that they solve what was asked.

    New columns: question, solution (the calculations), answer (the exact result). All other columns are kept.

    Reference: Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems", section 2; Wang et al. 2022, "Self-Consistency
    Improves Chain of Thought Reasoning in Language Models", section 2 (votes); Alberti et al. 2019, "Synthetic QA Corpora
    Generation with Roundtrip Consistency", section 2.

    Example:
        >>> Math(votes=3).reads()
        ['topic']
    """

    on: Column = "topic"
    """The column that says what the problem is about."""
    mode: Literal["problem_first", "calculation_first"] = "problem_first"
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
        try:
            found = await (self._free if self.mode == "problem_first" else self._told)(values, topic, ctx, n)
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        return Child(values) if found is None else Child(values, *found)

    async def _ask(
        self, values: Row, talk: list[dict[str, str]], shots: Sequence[prompts.Shot], ctx: RowContext, n: int
    ) -> Problem:
        """Ask for the question; return why it will not do."""
        reply = await ctx.chat(self.model, talk, sample=n, **self.sampling(ctx, n))
        question = values["question"] = fold_space(reply.text)
        if not question.endswith("?"):
            return "dropped", "not_a_question", question[-80:]
        if any(fold_space(shot.problem) == question for shot in shots):
            return "dropped", "copies_example", None
        return None

    async def _solve(self, talk: list[dict[str, str]], ctx: RowContext, n: int, **own: Any) -> list[str]:
        sampling = self.sampling(ctx, n, **own)
        asked = (ctx.chat(self.model, talk, sample=n, attempt=v, **sampling) for v in range(1, self.votes + 1))
        return [reply.text.strip() for reply in await gathered(asked)]

    async def _free(self, values: Row, topic: str, ctx: RowContext, n: int) -> Problem:
        """The model thinks up the problem and solves it; its solutions must hold and agree."""
        shots = ctx.rng("shots", n).sample(prompts.SHOTS, self.shots)
        if found := await self._ask(values, prompts.ask_problem(shots, topic), shots, ctx, n):
            return found
        solutions = await self._solve(prompts.ask_solution(shots, values["question"]), ctx, n)
        values["solution"] = solutions[0]
        results: Counter[Fraction] = Counter()
        for solution in solutions:
            fate, reason, detail = verdict(solution)
            if fate == "kept":
                fate, reason, detail = _grounded(solution, values["question"])
            if fate != "kept":
                return fate, reason, {"solution": solution, **detail}
            results[steps_of(solution)[-1].value] += 1
        values["answer"] = shown(next(iter(results)))
        if len(results) > 1:
            return "dropped", "votes_differ", {shown(value): votes for value, votes in results.items()}
        return None

    async def _told(self, values: Row, topic: str, ctx: RowContext, n: int) -> Problem:
        """The engine draws the calculation, the model tells a story to it, and must find the calculation again."""
        rng = ctx.rng("calculation", n)
        sign, left, right = draw_calculation(rng)
        calculation = f"{left} {sign} {right}"
        value = value_of(calculation)
        same = [shot for shot in prompts.ONE_STEP if f" {sign} " in shot.solution]
        others = [shot for shot in prompts.ONE_STEP if shot not in same]
        shots = rng.sample(others, max(0, self.shots - 1)) + rng.sample(same, min(1, self.shots))
        values |= {"solution": f"{calculation} = {shown(value)}", "answer": shown(value)}
        if found := await self._ask(values, prompts.ask_story(shots, topic, calculation), shots, ctx, n):
            return found
        if _SIGNS.search(values["question"]):
            return "dropped", "shows_calculation", {"calculation": calculation}
        said = Counter(numbers_in(values["question"]))
        if said != Counter({Fraction(left): 1, Fraction(right): 1}):
            return "dropped", "other_numbers", {"calculation": calculation, "said": [shown(x) for x in said.elements()]}
        solver = rng.sample(prompts.ONE_STEP, self.shots)
        for reply in await self._solve(prompts.ask_calculation(solver, values["question"]), ctx, n, stop=["\n"]):
            steps = steps_of(reply)
            if not steps:
                return "failed", "no_calculation", {"reply": reply[:200]}
            if steps[0].value != value:
                return "dropped", "votes_differ", {"calculation": calculation, "reply": reply[:200]}
        return None

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

        def story(request: Request) -> str:
            last = request.body["messages"][-1]["content"]
            if solved := re.search(r"has (\d+) \((.)\) and (\d+)", last):
                return f"{solved[1]} {solved[2]} {solved[3]} = 1"
            left, sign, right = last.partition("Calculation: ")[2].split()
            return (
                f"A shop has {left} ({sign}) and {right}. How many?" if "rolls" in last else f"It has {left}. How many?"
            )

        return [
            Example(cls(), rows, fates, script),
            Example(cls(mode="calculation_first", votes=2), rows[:2], ["used", "kept", "used", "dropped"], story),
        ]


def _grounded(solution: str, question: str) -> tuple[Fate, str, dict[str, Any]]:
    try:
        found = strangers([step.expression for step in steps_of(solution)], question)
    except NotArithmetic as error:
        return "failed", "not_arithmetic", {"error": str(error)}
    return ("dropped", "number_not_in_problem", {"numbers": found}) if found else ("kept", "", {})


def draw_calculation(rng: random.Random) -> tuple[str, int, int]:
    """Return a sign and two different numbers whose calculation gives a whole number above 1.

    Example:
        >>> draw_calculation(random.Random(1))
        ('-', 79, 75)
    """
    sign = rng.choice("+-*/")
    if sign == "-":
        low = rng.randint(3, 97)
        return sign, rng.randint(low + 2, 99), low
    if sign == "/":
        low = rng.randint(2, 12)
        return sign, low * rng.randint(3, 20), low
    one, other = rng.sample(range(3, 100) if sign == "+" else range(3, 13), 2)
    return sign, one, other
