"""Keep code that passes its tests, run in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Row
from ..core.execution import Limits
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..measures.code import python_of


@operator("curate.code_runs", version=1)
class CodeRuns(RowOperator):
    """Keep rows whose Python passes the row's own tests in the sandbox; drop the others with the reason that ended them.

    Reasons: `failed_tests`, `crashed` (before any test), `exited`, `timeout`, `memory`, `processes`, `disk`, `output`; the detail
    holds the counts and the traceback. In a text with fenced blocks the Python ones are the code. That tests pass is as much as
    the tests ask: code that hard-codes their answers passes too, unless some tests were held back from whoever wrote it.

    Reference: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", sections 2.1 (functional correctness) and
    2.3 (sandbox).

    Example:
        >>> CodeRuns(on="code", tests=("test_setup_code", "test_list")).requires()
        {'python': frozenset({'execute'})}
    """

    on: Column = "code"
    """The column that holds the code."""
    tests: Column | tuple[Column, ...] = "tests"
    """The column of tests, or several whose tests run one after the other: each a text of Python, or a list of such texts.
    An empty list of columns asks only that the code runs to its end."""
    python: str = "python"
    """The recipe's name for the sandbox, a model with the address `sandbox/python`."""
    limits: Limits = Field(default_factory=Limits)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the sandbox must execute."""
        return {self.python: frozenset({"execute"})}

    def reads(self) -> Sequence[str]:
        """Return the columns of code and tests."""
        return [self.on, *self._columns()]

    def _columns(self) -> tuple[str, ...]:
        return (self.tests,) if isinstance(self.tests, str) else self.tests

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Run the row's code with its tests."""
        code = row.get(self.on)
        if not isinstance(code, str):
            return failed("not_text", {"column": self.on})
        tests: list[str] = []
        for column in self._columns():
            value = row.get(column)
            found = [value] if isinstance(value, str) else value
            if not isinstance(found, list) or not all(isinstance(t, str) for t in found):
                return failed("not_tests", {"column": column})
            tests += [t for t in found if t.strip()]
        if self._columns() and not tests:
            return failed("no_tests", {"columns": list(self._columns())})
        ended = await ctx.execute(self.python, python_of(code), tests=tests, limits=self.limits)
        if ended.passed:
            return kept()
        return dropped(ended.reason, {"tests": ended.tests, "passed": ended.passed_tests, "trace": ended.trace})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return code that passes, code that does not, and rows that cannot be tested."""

        def script(request: Request) -> Any:
            if "2 * x" in request.body["code"]:
                return {"reason": "", "tests": 1, "passed_tests": 1}
            return {"reason": "failed_tests", "tests": 1, "trace": "AssertionError"}

        test = "assert double(4) == 8"
        rows: list[Row] = [
            {"code": "def double(x): return 2 * x", "tests": [test]},
            {"code": "def double(x): return x", "tests": test},
            {"code": "def double(x): return 2 * x", "tests": []},
            {"code": None, "tests": test},
        ]
        return [Example(cls(), rows, ["kept", "dropped", "failed", "failed"], script)]
