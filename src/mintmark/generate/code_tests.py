"""Execution feedback: a solution is run, shown what went wrong, written again, and kept when it passes tests it never saw."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.execution import Execution, Limits
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.code import parsed, python_of
from .base import Generator, Temperature, sampled, with_inner

SOLVE = """Write a Python solution of this problem. Reply with one block of code and nothing else.

Problem: {problem}

It must pass these tests:
```python
{tests}
```"""
AGAIN = """Running this gave:
```
{trace}
```
Write the whole solution again, corrected. Reply with one block of code and nothing else."""
WRITE_TESTS = """Write {n} different tests for a solution of this problem, one `assert` a line, with exact expected values. \
Reply with the asserts in one block of code and nothing else.

Problem: {problem}"""
NO_CODE = Execution("no_code")


@operator("generate.code_tests", version=1)
class CodeTests(Generator):
    """Solve problems in Python; every kept solution passed tests that were never shown to whoever wrote it.

    The first `shown` tests stand in the prompt. The solution is run against them in the sandbox; what goes wrong is given back,
    up to `turns` times. What then passes the remaining, held-out tests is kept; the rest is dropped as `failed_held_out`,
    or with the reason that ended its last try. With `write_tests` the model writes the tests too, which proves less: its
    tests and its solution may share one mistake.

    New columns: solution, turns, shown_tests and held_out_tests, rejected (the first try, where it failed, else null) and tries (all
    failing tries with their reasons). Preference training reads one row with prompt, chosen and rejected; the first try answers
    the same prompt that the solution does, so it stands beside it, and needs no join with the dropped rows.

    Reference: Gehring et al. 2024, "RLEF: Grounding Code LLMs in Execution Feedback with Reinforcement Learning", section 2.1
    (public tests for feedback, private tests for the verdict).

    Example:
        >>> CodeTests(on="text", tests="test_list").reads()
        ['text', 'test_list']
    """

    on: Column = "problem"
    """The column that holds the problem."""
    tests: Column = "tests"
    """The column of tests, a list of Python texts."""
    python: str = "python"
    """The recipe's name for the sandbox, a model with the address `sandbox/python`."""
    shown: int = Field(1, ge=1)
    """Tests that are shown and used for feedback; all others are held out."""
    write_tests: int = Field(0, ge=0, le=50)
    """Where above 0, the model is asked for so many tests, and no column is read."""
    turns: int = Field(3, ge=1, le=10)
    """Tries at one solution, the first included."""
    samples: int = Field(1, ge=1, le=100)
    """Solutions written for each problem, each with tries of its own."""
    limits: Limits = Field(default_factory=Limits)
    temperature: Temperature | None = 0.2
    max_tokens: int = Field(512, ge=16)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the writer must chat and the sandbox execute."""
        return with_inner({**super().requires(), self.python: frozenset({"execute"})}, self.nested())

    def reads(self) -> Sequence[str]:
        """Return the columns of problem and tests."""
        return [self.on] if self.write_tests else [self.on, self.tests]

    def output(self, columns: Columns) -> Columns:
        """Return the problem's columns and those of the solution."""
        import pyarrow as pa

        tried = pa.list_(pa.struct([("code", pa.string()), ("reason", pa.string())]))
        tests = pa.list_(pa.string())
        return {
            **columns, "solution": pa.string(), "turns": pa.int64(), "shown_tests": tests, "held_out_tests": tests,
            "rejected": pa.string(), "tries": tried,
        }  # fmt: skip

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Solve the problem `samples` times."""
        problem = row.get(self.on)
        if not isinstance(problem, str):
            return failed("not_text", {"column": self.on})
        tests = await self._written(problem, ctx) if self.write_tests else row.get(self.tests)
        if not isinstance(tests, list) or not all(isinstance(t, str) for t in tests):
            return failed("not_tests", {"column": self.tests})
        tests = [t for t in tests if t.strip()]
        if len(tests) <= self.shown:
            return failed("too_few_tests", {"tests": len(tests), "shown": self.shown})
        return born(await sampled(self._solve(row, problem, tests, ctx, n) for n in range(self.samples)))

    async def _written(self, problem: str, ctx: RowContext) -> list[str]:
        ask = WRITE_TESTS.format(n=self.write_tests, problem=problem)
        reply = await ctx.chat(self.model, [{"role": "user", "content": ask}], attempt=self.turns, **self.sampling(ctx))
        found = dict.fromkeys(line.strip() for line in python_of(reply.text).splitlines())
        return [line for line in found if _is_test(line)]

    async def _solve(self, row: Row, problem: str, tests: list[str], ctx: RowContext, n: int) -> Child:
        shown, held_out = tests[: self.shown], tests[self.shown :]
        values: dict[str, Any] = {k: v for k, v in row.items() if k != "id"}
        values |= {"shown_tests": shown, "held_out_tests": held_out, "tries": [], "rejected": None}
        try:
            reason, detail = await self._try(values, problem, ctx, n)
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail)
        return Child(values, "dropped", reason, detail) if reason else Child(values)

    async def _try(self, values: dict[str, Any], problem: str, ctx: RowContext, n: int) -> tuple[str, Any]:
        """Try until the shown tests pass, noting all in `values`; return the reason against the last try, or ""."""
        ask = SOLVE.format(problem=problem, tests="\n".join(values["shown_tests"]))
        messages = [{"role": "user", "content": ask}]
        reason, detail = "", {}
        for turn in range(self.turns):
            reply = await ctx.chat(self.model, messages, sample=n, attempt=turn, **self.sampling(ctx, n))
            code = python_of(reply.text)
            values |= {"solution": code, "turns": turn + 1}
            tests = values["shown_tests"]
            ended = await ctx.execute(self.python, code, tests=tests, limits=self.limits) if code.strip() else NO_CODE
            passes = ended.passed
            if passes:
                ended = await ctx.execute(self.python, code, tests=values["held_out_tests"], limits=self.limits)
            if ended.passed:
                return "", None
            reason = "failed_held_out" if passes else ended.reason
            detail = {"tests": ended.tests, "passed": ended.passed_tests, "trace": ended.trace}
            values["tries"] = [*values["tries"], {"code": code, "reason": reason}]
            values["rejected"] = values["tries"][0]["code"]
            if passes:  # a second try would learn from the held-out tests
                break
            said = ended.trace.strip() or f"It ended with: {reason}."
            messages = [*messages, {"role": "assistant", "content": reply.text}]
            messages.append({"role": "user", "content": AGAIN.format(trace=said)})
        return reason, detail

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a solution that is right at the second try, one that only knows the shown test, and one that never is."""
        tests = ["assert double(1) == 2", "assert double(3) == 6"]
        problems: list[Row] = [
            {"problem": f"Write double(x), {how}.", "tests": tests} for how in ("well", "hard-coded", "badly")
        ]

        def script(request: Request) -> Any:
            if request.kind == "execute":
                right = "2 * x" in request.body["code"] or (
                    "return 2" in request.body["code"] and tests[0] in request.body["tests"]
                )
                return {
                    "reason": "" if right else "failed_tests",
                    "tests": 1,
                    "trace": "" if right else "AssertionError",
                }
            talk = request.body["messages"]
            if "hard-coded" in talk[0]["content"]:
                return "```python\ndef double(x): return 2\n```"
            fine = "well" in talk[0]["content"] and "AssertionError" in talk[-1]["content"]
            return f"```python\ndef double(x): return {'2 * x' if fine else 'x'}\n```"

        problems.append({"problem": "Write double(x).", "tests": tests[:1]})
        return [Example(cls(), problems, ["used", "kept", "used", "dropped", "used", "dropped", "failed"], script)]


def _is_test(line: str) -> bool:
    """Say whether a line is one assertion about the value of a call."""
    tree = parsed(line)
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assert):
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(tree.body[0].test))
