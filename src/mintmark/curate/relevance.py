"""Relevance: a judge grades a query and a document from 0 to 3, as people do who make test collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator
from ..measures import judge

RUBRIC = judge.Rubric(
    "How relevant is the document to the query, for somebody who wants an answer? Judge the document alone.",
    (0, 3),
    {
        0: "it has nothing to do with the query",
        1: "it is on the same subject but answers nothing of it",
        2: "it answers the query in part, or among much else",
        3: "it is about the query and answers it",
    },
)


@operator("curate.relevance", version=1)
class Relevance(RowOperator):
    """Grade how relevant a row's document is to its query, from 0 to 3: judgements of a test collection, by a model.

    The grade is the median of the votes, the lower one of two middle votes; a vote that cannot be read is none, and where fewer
    than half can be read the row is `failed`. All grades are kept, since what is not relevant is judged too, unless
    `min_grade` says otherwise.

    A judge is a measuring instrument: have people grade some pairs as well. With their grades in the column `human_label` and
    `into: judge_label`, `mintmark evaluate` says how far both agree.

    New column: grade (or `into`).

    Reference: Thomas et al. 2024, "Large Language Models can Accurately Predict Searcher Preferences", section 3; the scale is
    that of the TREC deep learning track (Craswell et al. 2020, section 3).

    Example:
        >>> Relevance(min_grade=2).requires()
        {'judge': frozenset({'chat'})}
    """

    model: str = "judge"
    query: Column = "query"
    document: Column = "document"
    votes: int = Field(1, ge=1, le=25)
    min_grade: int = Field(0, ge=0, le=3)
    """Rows graded below are dropped."""
    into: Column = "grade"
    tries: int = Field(3, ge=1, le=10)
    """Replies to a vote until one is of the right shape."""
    max_tokens: int = Field(160, ge=16)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the judge must chat."""
        return {self.model: frozenset({"chat"})}

    def reads(self) -> Sequence[str]:
        """Return both columns."""
        return [self.query, self.document]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the grade."""
        import pyarrow as pa

        return {**columns, self.into: pa.int64()}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Gather the votes."""
        query, document = row.get(self.query), row.get(self.document)
        if not isinstance(query, str) or not isinstance(document, str):
            return failed("not_text", {"columns": [self.query, self.document]})
        shown = f"Query: {query}\n\nDocument:\n{document}"
        votes = await judge.score(
            ctx, self.model, RUBRIC, shown, votes=self.votes, tries=self.tries, max_tokens=self.max_tokens
        )
        if not votes.decided:
            return failed("cannot_judge", list(votes.unread))
        grade = sorted(votes.read)[(len(votes.read) - 1) // 2]
        if grade < self.min_grade:
            return dropped("low_grade", {"grade": grade, "votes": list(votes.read)}, **{self.into: grade})
        return kept(**{self.into: grade})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a relevant document, one that is not, and a judge that cannot be read."""
        rows: list[Row] = [
            {"query": "why does honey keep", "document": "Honey keeps since it is dry."},
            {"query": "why does honey keep", "document": "Lava cools."},
        ]

        def script(request: Request) -> Any:
            return '{"reason": "so", "score": %d}' % (0 if "Lava" in str(request.body) else 3)  # noqa: UP031

        return [
            Example(cls(min_grade=1), rows, ["kept", "dropped"], script),
            Example(cls(), rows[:1], ["failed"], lambda request: "very"),
        ]
