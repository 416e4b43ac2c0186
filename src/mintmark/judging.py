"""Rows scored by a model that judges, outside of any run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from .core.dataset import Row, roles_of
from .evaluation.subject import text_of
from .measures.judge import Rubric, score
from .models.bridge import Bridge

RUBRIC = "Would this row, as it stands, be good training data: is it correct, clear, complete and of use?"
ANCHORS: Mapping[int, str] = {1: "wrong or of no use", 3: "usable with mistakes", 5: "correct, clear and complete"}


def scores(rows: Sequence[Row], spec: str, log: Path, *, rubric: str = RUBRIC) -> list[float | None]:
    """Return a judge's score of each row, from 1 to 5; None where it gave none that can be read.

    Args:
        rows: what is judged: the columns that play a role, or every text where none does.
        spec: the judge, e.g. `openai/gpt-5-mini`.
        log: where its calls are written; what stands there is not asked again.
        rubric: what is judged.

    Raises:
        CapabilityError, ModelError: for a judge that cannot be asked.
    """
    bridge = Bridge(spec, log)
    try:
        asked = Rubric(rubric, anchors=ANCHORS)
        return [v.mean for v in bridge.gather([partial(score, bridge, spec, asked, shown(row)) for row in rows])]
    finally:
        bridge.close()


def shown(row: Row) -> str:
    """Return a row as a judge sees it.

    Example:
        >>> shown({"id": "a", "question": "Why?", "answer": "So.", "path": "a.md"})
        'question:\\nWhy?\\n\\nanswer:\\nSo.'
    """
    played = roles_of(row).values()
    columns = [c for c in row if c in played] or [c for c, value in row.items() if c != "id" and isinstance(value, str)]
    return "\n\n".join(f"{c}:\n{text}" for c in columns if (text := text_of(row[c])))
