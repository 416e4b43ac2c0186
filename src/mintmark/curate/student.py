"""Ask a student each instruction, and tell those that it cannot do yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..measures.judge import Rubric, score
from ..measures.rouge import rouge_l

RUBRIC = "Does the student's answer do what the task asks, as well as the reference answer does?"


@operator("curate.student", version=1)
class Student(RowOperator):
    """Let a student answer the row's instruction and hold its answer against the row's own.

    With a `judge` the answer is scored from 1 to 5; without one its ROUGE-L with the reference counts, which suits short
    answers alone. Below `min_score` the student has failed. All rows stay, with the verdict; `keep: failed` drops what
    the student can do already.

    In a recipe with rounds, `generate.self_instruct` with `prefer: student_failed` shows the failures of one round in the
    next and asks for tasks as hard as these.

    New columns: student_response, student_score, student_failed.

    Reference: Wang et al. 2022, "Self-Instruct", section 2.2, for the bootstrap that this steers.

    Example:
        >>> sorted(Student(judge="judge", min_score=3).requires())
        ['judge', 'student']
    """

    on: Column = "instruction"
    """The column that holds the instruction; an `input` column is put below it."""
    reference: Column = "response"
    """The column that holds the right answer."""
    model: str = "student"
    """The recipe's name for the student."""
    judge: str | None = None
    """The recipe's name for the judge."""
    min_score: float | None = Field(None, ge=0, le=5)
    """The score, inclusive, from which the student has not failed: 4 of 5 with a judge, a ROUGE-L of 0.5 without, where not
    given."""
    keep: Literal["all", "failed"] = "all"
    max_tokens: int = Field(256, ge=1)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that student and judge must chat."""
        return {name: frozenset({"chat"}) for name in (self.model, self.judge) if name is not None}

    def reads(self) -> Sequence[str]:
        """Return the instruction's and the reference's column."""
        return [self.on, self.reference]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the student's."""
        import pyarrow as pa

        own = {"student_response": pa.string(), "student_score": pa.float64(), "student_failed": pa.bool_()}
        return {**columns, **own}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask the student, and decide."""
        task, reference = row.get(self.on), row.get(self.reference)
        if not isinstance(task, str) or not isinstance(reference, str):
            return failed("missing_column", {"columns": [self.on, self.reference]})
        if isinstance(given := row.get("input"), str) and given:
            task = f"{task}\n\n{given}"
        reply = await ctx.chat(
            self.model, [{"role": "user", "content": task}], temperature=0.0, max_tokens=self.max_tokens
        )
        answer = reply.text.strip()
        if self.judge is None:
            value, limit = round(rouge_l(answer, reference), 4), 0.5
        else:
            shown = f"Task:\n{task}\n\nReference answer:\n{reference}\n\nStudent's answer:\n{answer}"
            votes = await score(ctx, self.judge, Rubric(RUBRIC), shown)
            if votes.mean is None:
                return failed("cannot_judge", list(votes.unread), student_response=answer)
            value, limit = votes.mean, 4.0
        below = value < (limit if self.min_score is None else self.min_score)
        found = {"student_response": answer, "student_score": value, "student_failed": below}
        return kept(**found) if below or self.keep == "all" else dropped("solved", {"student_score": value}, **found)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a task that the student can do and one that it cannot, and a judge that cannot be read."""

        def script(request: Request) -> str:
            text = str(request.body["messages"][0]["content"])
            if "Reference answer" in text:
                return '{"reason": "so", "score": 2}' if "Add" in text else "good"
            return "A river in Asia." if "river" in text else "three"

        rows: list[Row] = [
            {"instruction": "Name a river.", "response": "A river in Asia."},
            {"instruction": "Add the numbers.", "input": "1, 3", "response": "4"},
            {"instruction": "Add the numbers.", "response": None},
        ]
        return [
            Example(cls(keep="failed"), rows, ["dropped", "kept", "failed"], script),
            Example(cls(model="judge", judge="judge"), rows[:2], ["failed", "kept"], script),
        ]
