"""Judge: a model scores a row by a rubric with anchors, or compares two columns in both orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..core.template import template
from ..measures.judge import Rubric, compare, score, warmth


@operator("curate.judge", version=1)
class Judge(RowOperator):
    """Keep rows that a model finds good by your rubric.

    Scoring: `votes` replies on the scale, each with its reason first; the mean must reach `min_score`. Comparing (`pair`): the two
    columns are shown in both orders; the first must win both, and a verdict that changes with the order is dropped as
    `judge_flips`. A vote that cannot be read is no vote; where fewer than half of them can, the row goes to `failed`.

    A judge is a measuring instrument: hold its decisions against people's before you trust them. Small models judge at chance, and a
    judge of the writer's own family prefers its own.

    New columns: judge_score (mean of the votes), judge_votes (list); for `pair` judge_votes holds the winner of each order.

    Reference: Zheng et al. 2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", sections 3.1 (grading, pairwise)
    and 3.4 (swapping positions).
    """

    rubric: str = Field(min_length=1)
    """What is judged; a Jinja template over the row's columns."""
    model: str = "judge"
    show: list[Column] | None = None
    """Columns shown to the judge, in order; where not given, those that the rubric does not name itself: question, answer,
    instruction, input, response, context, text, as far as they are there."""
    scale: tuple[int, int] = (1, 5)
    anchors: dict[int, str] = {}
    """What a score means, for some of the scale's values."""
    votes: int = Field(1, ge=1, le=25)
    min_score: float = 4.0
    pair: tuple[Column, Column] | None = None
    """Compare these two columns instead of scoring; the first is the one that should win."""
    temperature: float | None = Field(None, ge=0, le=5)
    """0 for a single vote, 0.7 for several, where not given."""
    tries: int = Field(3, ge=1, le=10)
    max_tokens: int = Field(256, ge=16)

    @field_validator("rubric")
    @classmethod
    def _compiles(cls, value: str) -> str:
        template(value)
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        low, high = self.scale
        if not low < high <= low + 100:
            raise ValueError(f"scale must rise by 1 to 100 points, got {self.scale}")
        if not low <= self.min_score <= high:
            raise ValueError(f"min_score must be on the scale {low} to {high}, got {self.min_score:g}")
        if wrong := [a for a in self.anchors if not low <= a <= high]:
            raise ValueError(f"anchors must be on the scale {low} to {high}, got {wrong}")
        return self

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the judge must chat."""
        return {self.model: frozenset({"chat"})}

    def reads(self) -> Sequence[str]:
        """Return the columns that are named."""
        named = {*template(self.rubric).names, *(self.show or ()), *(self.pair or ())} - {"row"}
        return sorted(named)

    def output(self, columns: Columns) -> Columns:
        """Return the columns with score and votes."""
        import pyarrow as pa

        kind = pa.string() if self.pair else pa.int64()
        return {**columns, "judge_score": pa.float64(), "judge_votes": pa.list_(kind)}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Gather the votes and decide."""
        return await (self._compare(row, ctx) if self.pair else self._score(row, ctx))

    async def _score(self, row: Row, ctx: RowContext) -> RowOutcome:
        found = await score(
            ctx, self.model, Rubric(self._rubric(row), self.scale, self.anchors), self._shown(row), votes=self.votes,
            tries=self.tries, temperature=self.temperature, max_tokens=self.max_tokens,
        )  # fmt: skip
        if found.mean is None:
            return failed("cannot_judge", list(found.unread))
        detail = {"judge_score": found.mean, "judge_votes": list(found.read)}
        return kept(**detail) if found.mean >= self.min_score else dropped("judged_low", detail, **detail)

    async def _compare(self, row: Row, ctx: RowContext) -> RowOutcome:
        assert self.pair is not None
        first, second = self.pair
        if not all(isinstance(row.get(c), str) for c in self.pair):
            return failed("missing_column", {"columns": list(self.pair)})
        found = await compare(
            ctx, self.model, self._rubric(row), self._shown(row, without=self.pair), row[first], row[second],
            tries=self.tries, temperature=warmth(self.votes) if self.temperature is None else self.temperature,
            max_tokens=self.max_tokens,
        )  # fmt: skip
        if not found.decided:
            return failed("cannot_judge", list(found.unread))
        winners = [first if w == "first" else second for w in found.winners]
        detail = {"judge_score": found.share, "judge_votes": winners}
        if found.flips:
            return dropped("judge_flips", detail, **detail)
        return kept(**detail) if winners[0] == first else dropped("judge_prefers_other", detail, **detail)

    def _rubric(self, row: Row) -> str:
        return template(self.rubric).render({**row, "row": row})

    def _shown(self, row: Row, without: Sequence[str] = ()) -> str:
        usual = ("context", "text", "instruction", "input", "question", "response", "answer")
        named = set(template(self.rubric).names)
        columns = self.show if self.show is not None else [c for c in usual if c not in named]
        return "\n\n".join(f"{c}:\n{row[c]}" for c in columns if c not in without and row.get(c) is not None)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return votes high and low, a judge that cannot be read, and pairs that win, flip and lose."""
        rows: list[Row] = [{"response": "A full answer."}, {"response": "Hm."}]

        def votes(request: Request) -> str:
            return '{"reason": "so", "score": %d}' % (5 if "full" in str(request.body) else 2)  # noqa: UP031

        def order(request: Request) -> str:
            text = str(request.body["messages"][0]["content"])
            a, b = text.index("good") if "good" in text else -1, text.index("bad") if "bad" in text else -1
            return '{"reason": "so", "better": "%s"}' % ("A" if a < 0 or b < 0 or a < b else "B")

        pair: Any = cls(rubric="Which is kinder?", pair=("chosen", "rejected"))
        pairs: list[Row] = [
            {"chosen": "good", "rejected": "bad"},
            {"chosen": "x", "rejected": "y"},
            {"chosen": "bad", "rejected": "good"},
        ]
        return [
            Example(cls(rubric="Is the response complete?", votes=3), rows, ["kept", "dropped"], votes),
            Example(cls(rubric="Is the response complete?"), rows[:1], ["failed"], lambda request: "five stars"),
            Example(pair, pairs, ["kept", "dropped", "dropped"], order),
        ]
