"""Keep worked solutions whose arithmetic is right and leads to their answer."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.dataset import Column, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, failed
from ..core.registry import operator
from ..measures.worked import verdict


@operator("curate.math_answer", version=1)
class MathAnswer(RowOperator):
    """Keep rows in which every calculation holds and the last one gives the final answer; nothing is run as code.

    Calculations are read as GSM8K marks them (`<<3*4=12>>`) and as people write them (`3 x $4 = $12`), and worked out
    exactly. A wrong one drops the row as `calculation_wrong`, another answer as `answer_differs`. Where there is nothing
    to work out, or an equation with words or unknowns stands between the last calculation and the answer, the row fails. It says
    nothing of whether the calculation is the one that the question asks for.

    Reference: Cobbe et al. 2021, "Training Verifiers to Solve Math Word Problems", section 2 (calculation annotations).
    """

    on: Column = "answer"
    """The column that holds the worked solution."""
    stated: Column | None = None
    """The column that holds the final answer; without it, it is the number after `####` or "the answer is", else the last."""

    def reads(self) -> Sequence[str]:
        """Return the columns of solution and answer."""
        return [self.on, *([self.stated] if self.stated else [])]

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Work out the row's calculations."""
        text, answer = row.get(self.on), row.get(self.stated) if self.stated else None
        if not isinstance(text, str):
            return failed("not_text", {"column": self.on})
        if self.stated and not isinstance(answer, str | int | float):
            return failed("no_answer", {"column": self.stated})
        fate, reason, detail = verdict(text, None if answer is None else str(answer))
        return RowOutcome(fate, {}, reason or None, detail or None)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return right and wrong calculations, another answer, and texts that cannot be checked."""
        texts = [
            "She has 16 - 3 - 4 = <<16-3-4=9>>9 eggs left.\nShe makes 9 * 2 = $18.\n#### 18",
            "She has 16 - 3 - 4 = 10 eggs left.\n#### 10",
            "She makes 9 * 2 = $18.\n#### 20",
            "She makes eighteen dollars.",
            "She sells 16 - 7 = 9 eggs.\n9 eggs * 2 dollars = 18 dollars\n#### 18",
        ]
        stated: list[Row] = [{"answer": "6 x 7 = 42", "result": n} for n in (42, "42.0", 41, None)]
        return [
            Example(cls(), [{"answer": t} for t in texts], ["kept", "dropped", "dropped", "failed", "failed"]),
            Example(cls(stated="result"), stated, ["kept", "kept", "dropped", "failed"]),
        ]
