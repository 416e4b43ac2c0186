"""Answerability: a judge says of a question and its passage, by four criteria, whether they belong in an evaluation set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..core.call import Request
from ..core.dataset import Column, Columns, Row
from ..core.operator import Example, RowContext, RowOperator
from ..core.outcome import RowOutcome, dropped, failed, kept
from ..core.registry import operator

CRITERIA: dict[str, str] = {
    "stands_alone": "Can the question be understood by somebody who does not see the passage? It names what it asks about, and "
    "speaks of no passage, table or example that is not there.",
    "clear_intent": "Is it clear what the question wants to know, so that two readers would look for the same answer?",
    "relevant": "Does the passage speak of what the question asks about?",
    "answered": "Does the passage hold the full answer, so that nothing else needs to be read?",
}
"""Name of a criterion -> the question put to the judge."""


@operator("curate.answerability", version=1)
class Answerability(RowOperator):
    """Keep questions of which a model says Y to all four criteria.

    They can be understood alone, their intent is clear, their passage is relevant, and it answers them fully.

    A reply that cannot be read, and a call that fails, put the row in `failed`, never among the kept. A judge is a measuring
    instrument: hold it against people before you trust it; small models judge at chance.

    New column: answerability, the four answers by criterion.

    Reference: the criteria are those of NVIDIA NeMo Curator's pipeline for retriever evaluation sets, put in other words; Zheng
    et al. 2023, "Judging LLM-as-a-Judge", section 3.1 (the reason comes before the verdict).

    Example:
        >>> Answerability(query="question", document="context").reads()
        ['question', 'context']
    """

    model: str = "judge"
    query: Column = "query"
    document: Column = "document"
    tries: int = Field(3, ge=1, le=10)
    """Replies until one is of the right shape."""
    max_tokens: int = Field(400, ge=64)

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return that the judge must chat."""
        return {self.model: frozenset({"chat"})}

    def reads(self) -> Sequence[str]:
        """Return both columns."""
        return [self.query, self.document]

    def output(self, columns: Columns) -> Columns:
        """Return the columns with the answers."""
        import pyarrow as pa

        return {**columns, "answerability": pa.struct([(name, pa.string()) for name in CRITERIA])}

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Ask about all four criteria at once."""
        query, document = row.get(self.query), row.get(self.document)
        if not isinstance(query, str) or not isinstance(document, str):
            return failed("not_text", {"columns": [self.query, self.document]})
        listed = "\n".join(f"{name}: {text}" for name, text in CRITERIA.items())
        form = ", ".join(f'"{name}_reason": "one sentence", "{name}": "Y" or "N"' for name in CRITERIA)
        ask = (
            f"Judge a question and a passage by four criteria.\n\n{listed}\n\nPassage:\n{document}\n\nQuestion: {query}\n\n"
            f"Reply with JSON: {{{form}}}"
        )
        found = await ctx.structured(
            self.model, [{"role": "user", "content": ask}], _schema(), tries=self.tries, temperature=0.0,
            max_tokens=self.max_tokens,
        )  # fmt: skip
        said = {name: found[name] for name in CRITERIA}
        wrong = {name: found[f"{name}_reason"] for name, answer in said.items() if answer != "Y"}
        return dropped("not_answerable", wrong, answerability=said) if wrong else kept(answerability=said)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a question with four Y, one with an N, and a judge that cannot be read."""
        rows: list[Row] = [
            {"query": "Why does honey keep?", "document": "It is dry."},
            {"query": "Why?", "document": "So."},
        ]

        def script(request: Request) -> str:
            answer = "Y" if "honey" in str(request.body["messages"][0]["content"]) else "N"
            fields = ", ".join(f'"{name}_reason": "so", "{name}": "{answer}"' for name in CRITERIA)
            return f"{{{fields}}}"

        return [
            Example(cls(), rows, ["kept", "dropped"], script),
            Example(cls(), rows[:1], ["failed"], lambda request: "Y, all of them"),
        ]


def _schema() -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name in CRITERIA:
        properties |= {f"{name}_reason": {"type": "string"}, name: {"type": "string", "enum": ["Y", "N"]}}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
