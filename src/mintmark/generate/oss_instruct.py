"""OSS-Instruct: a few lines of real code inspire a programming problem and its solution."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.errors import RowFailure
from ..core.operator import Example, RowContext
from ..core.outcome import Child, RowOutcome, born, failed
from ..core.registry import operator
from ..measures.code import code_blocks, parsed, python_of, undefined_names
from . import oss_prompts as prompts
from .base import Generator, Temperature, sampled
from .parsing import sections, without_talk

Problem = tuple[str, Any] | None
_POINTS = re.compile(
    r"\b(?:the|this|given|above|provided|following)\s+(?:\w+\s+)?(?:snippet|code|excerpt|fragment)\b"
    r"|\b(?:code|snippet)\s+(?:above|below|snippet)\b|\bcode snippet\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"`(?:def )?([A-Za-z_]\w*)(?:\(([^`]*)\))?:?`")


@operator("generate.oss_instruct", version=1)
class OssInstruct(Generator):
    """Turn lines of real code into a self-contained problem and a solution that, in Python, compiles and defines what was asked.

    `min_lines` to `max_lines` consecutive lines are drawn from the row's code for each sample. `joint` asks for problem and solution
    in one reply, as the paper does. `problem_first`, for small models, asks for the problem with worked examples, and then
    for the solution of that problem alone.

    Dropped: `no_problem`, `no_code`, `not_standalone` (the problem speaks of a code that its reader will not have), `does_not_compile`,
    `other_name` (no function or class of the solution bears a name that the problem gives), `other_parameters` (it cannot be called
    as the problem writes it), `undefined_name`, `copies_seed` (the solution repeats the inspiring lines), `copies_example`, `cut_off`;
    and in `problem_first` also `solves_itself` and `names_nothing`.

    New columns: problem, solution, seed (the inspiring lines), language. All other columns but the code itself are kept.

    Reference: Wei et al. 2023, "Magicoder: Empowering Code Generation with OSS-Instruct", section 2.1 and appendix A.

    Example:
        >>> OssInstruct(max_lines=8).reads()
        ['text']
    """

    on: Column = "text"
    """The column that holds code."""
    language: str | None = None
    """The language of the solutions; without it, the row's column `language`, else Python."""
    mode: Literal["joint", "problem_first"] = "joint"
    min_lines: int = Field(1, ge=1)
    max_lines: int = Field(15, ge=1, le=200)
    samples: int = Field(1, ge=1, le=1000)
    """Problems asked for each row, each from lines of its own."""
    shots: int = Field(3, ge=0, le=4)
    """Worked examples shown by `problem_first`, drawn anew for each call."""
    temperature: Temperature | None = 0.6
    max_tokens: int = Field(768, ge=16)

    @model_validator(mode="after")
    def _lines_fit(self) -> Self:
        if self.min_lines > self.max_lines:
            raise ValueError(f"min_lines {self.min_lines} is above max_lines {self.max_lines}")
        return self

    def output(self, columns: Columns) -> Columns:
        """Return the row's other columns and the four new ones."""
        import pyarrow as pa

        kept = {k: v for k, v in columns.items() if k != self.on}
        return {**kept, **dict.fromkeys(("problem", "solution", "seed", "language"), pa.string())}

    async def make(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask `samples` times."""
        code = row.get(self.on)
        if not isinstance(code, str):
            return failed("not_text", {"column": self.on})
        if not any(_says_something(line) for line in code.splitlines()):
            return RowOutcome("dropped", {}, "no_code_to_draw")
        return born(await sampled(self._sample(row, code, ctx, n) for n in range(self.samples)))

    async def _sample(self, row: Row, code: str, ctx: RowContext, n: int) -> Child:
        rng = ctx.rng("lines", n)
        start, end, before = _draw(code, self.min_lines, self.max_lines, rng)
        language = self.language or (row.get("language") if isinstance(row.get("language"), str) else None) or "python"
        values: dict[str, Any] = {k: v for k, v in row.items() if k not in ("id", self.on)}
        values |= {"problem": "", "solution": "", "seed": code[start:end], "language": language}
        shots = rng.sample(prompts.SHOTS, self.shots) if self.mode == "problem_first" else []
        try:
            found = await (self._joint if self.mode == "joint" else self._problem_first)(values, shots, ctx, n)
        except RowFailure as e:
            return Child(values, "failed", e.reason, e.detail, within=(start, end, before))
        found = found or _problem_with(values, shots)
        if found is None:
            return Child(values, within=(start, end, before))
        return Child(values, "dropped", *found, within=(start, end, before))

    async def _joint(self, values: Row, shots: Sequence[prompts.Shot], ctx: RowContext, n: int) -> Problem:
        talk = prompts.ask_both(values["seed"], values["language"])
        reply = await ctx.chat(self.model, talk, sample=n, **self.sampling(ctx, n))
        parts = sections(reply.text, ["Problem", "Problem Description", "Solution"])
        values["problem"] = parts.get("Problem") or parts.get("Problem Description") or ""
        return _take_code(values, parts.get("Solution", ""), reply.finish)

    async def _problem_first(self, values: Row, shots: Sequence[prompts.Shot], ctx: RowContext, n: int) -> Problem:
        talk = prompts.ask_problem(values["seed"], values["language"], shots)
        sampling = self.sampling(ctx, n, max_tokens=min(self.max_tokens, 200))
        reply = await ctx.chat(self.model, talk, sample=n, **sampling)
        values["problem"] = without_talk(reply.text).strip()
        if code_blocks(reply.text):
            return "solves_itself", None
        if not _NAMED.search(values["problem"]):
            return "names_nothing", None
        if found := _problem_with(values, shots, solved=False):
            return found
        talk = prompts.ask_solution(values["problem"], values["language"], shots)
        reply = await ctx.chat(self.model, talk, sample=n, attempt=1, **self.sampling(ctx, n))
        return _take_code(values, reply.text, reply.finish)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return replies that fit and that do not, in one call and in two."""
        good = "Problem: Write a function `f(x)` that returns twice x.\nSolution:\n```python\ndef f(x):\n    return 2 * x\n```"
        replies = {
            "good": good,
            "prose": "I would rather not.",
            "points": good.replace("Write", "As in the code above, write"),
            "broken": good.replace("return 2", "return return"),
            "other": good.replace("def f", "def g"),
        }

        def joint(request: Request) -> str:
            asked = request.body["messages"][0]["content"]
            return next(reply for word, reply in replies.items() if word in asked)

        def two(request: Request) -> str:
            last = request.body["messages"][-1]["content"]
            return (
                "Write a function `f(x)` that returns twice x."
                if "good" in last
                else "```python\ndef f(x):\n    return 2 * x\n```"
            )

        rows: list[Row] = [{"text": f"{word} = 1", "language": "python"} for word in replies]
        rows += [{"text": "# nothing\n\n"}, {"text": None}]
        fates = ["used", "kept", *["used", "dropped"] * 4, "dropped", "failed"]
        return [
            Example(cls(), rows, fates, joint),
            Example(cls(mode="problem_first"), rows[:1], ["used", "kept"], two),
        ]


def _draw(code: str, least: int, most: int, rng: random.Random) -> tuple[int, int, int]:
    """Return first character, end, and lines before, of consecutive lines that begin and end with code."""
    lines = code.split("\n")
    first = rng.choice([n for n, line in enumerate(lines) if _says_something(line)])
    last = min(first + rng.randint(least, most), len(lines)) - 1
    while not lines[last].strip():
        last -= 1
    start = sum(len(line) + 1 for line in lines[:first])
    return start, start + sum(len(line) + 1 for line in lines[first : last + 1]) - 1, first


def _says_something(line: str) -> bool:
    return sum(c.isalnum() for c in line) > 3 and line.lstrip()[0] not in "#*/"


def _take_code(values: Row, text: str, finish: str) -> Problem:
    blocks = code_blocks(text)
    if not values["problem"]:
        return "no_problem", None
    if not blocks:
        return "no_code", text[:200]
    values["solution"] = (
        python_of(text) if values["language"] == "python" else "\n\n".join(c for _, c in blocks)
    ).strip("\n")
    if finish == "length":
        return "cut_off", None
    return None if values["solution"] else ("no_code", text[:200])


def _problem_with(values: Row, shots: Sequence[prompts.Shot], *, solved: bool = True) -> Problem:
    """Return why a problem, and its solution where it is `solved`, will not do."""
    problem = values["problem"]
    if len(problem.split()) < 5:
        return "no_problem", problem
    if found := _POINTS.search(problem):
        return "not_standalone", found[0]
    shown = {m[1] for shot in shots for m in _NAMED.finditer(shot.problem) if m[2] is not None}
    if copied := shown & {m[1] for m in _NAMED.finditer(problem)}:
        return "copies_example", sorted(copied)
    if not solved:
        return None
    seed, solution = (_lines(values[c]) for c in ("seed", "solution"))
    if len(seed) > 1 and "\n".join(seed) in "\n".join(solution):
        return "copies_seed", None
    if values["language"] != "python":
        return None
    tree = parsed(values["solution"])
    if tree is None:
        return "does_not_compile", None
    defined = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    named = {m[1]: m[2] for m in _NAMED.finditer(problem) if m[2] is not None}
    if named and not named.keys() & defined:
        return "other_name", {"problem": sorted(named), "solution": sorted(defined)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _takes(node.args, named.get(node.name)):
            return "other_parameters", {"problem": named[node.name], "solution": ast.unparse(node.args)}
    if unknown := undefined_names(tree):
        return "undefined_name", sorted(unknown)
    return None


def _takes(own: ast.arguments, asked: str | None) -> bool:
    """Say whether a function can be called as the problem writes it: `x, n=2` by one value and by two."""
    tree = parsed(f"def f({asked}): pass") if asked is not None else None
    if tree is None:
        return True  # not written as parameters: `x, ...`, or words
    wanted = next(node.args for node in tree.body if isinstance(node, ast.FunctionDef))
    if own.vararg or wanted.vararg:
        return True
    most, takes = (len(a.posonlyargs) + len(a.args) for a in (wanted, own))
    return takes - len(own.defaults) <= most - len(wanted.defaults) and most <= takes


def _lines(code: str) -> list[str]:
    return [line.strip() for line in code.splitlines() if line.strip()]
