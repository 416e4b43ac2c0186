"""curate.assign: a value by the first condition that holds."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mintmark.curate.assign import Assign

PHASES = Assign.model_validate({
    "into": "phase",
    "cases": [
        {"value": "1", "when": "branch == 'knowledge' and words(answer) <= 3"},
        {"value": "2", "when": "branch == 'knowledge'"},
        {"value": "3", "when": "branch == 'skill'"},
    ],
})  # fmt: skip


def judge(operator: Assign, rows: list[dict[str, Any]]) -> Any:
    return operator.apply(pa.RecordBatch.from_pylist(rows), ctx=None)  # type: ignore[arg-type]


def test_the_first_case_that_holds_counts() -> None:
    rows = [
        {"branch": "knowledge", "answer": "In the sea."},
        {"branch": "knowledge", "answer": "In the sea, near the bridge."},
        {"branch": "skill", "answer": "Sea."},
        {"branch": "other", "answer": "Sea."},
        {"branch": "knowledge", "answer": None},
    ]
    outcome = judge(PHASES, rows)
    assert outcome.updates == {"phase": ["1", "2", "3", None, None]}
    assert outcome.fates == ["kept", "kept", "kept", "failed", "failed"]
    assert outcome.reasons[3:] == ["no_case", "cannot_evaluate"]
    assert outcome.details[3] == {"answer": "Sea.", "branch": "other"}


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=6), st.integers(-5, 5))
def test_cases_are_tried_in_order_and_the_last_may_catch_all(limits: list[int], n: int) -> None:
    cases = [{"value": f"v{i}", "when": f"n < {limit}"} for i, limit in enumerate(limits)] + [{"value": "rest"}]
    want = next((f"v{i}" for i, limit in enumerate(limits) if n < limit), "rest")
    assert judge(Assign.model_validate({"into": "x", "cases": cases}), [{"n": n}]).updates == {"x": [want]}


def test_a_condition_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown function"):
        Assign.model_validate({"into": "x", "cases": [{"value": "a", "when": "wrods(answer) > 1"}]})
    assert PHASES.reads() == ["answer", "branch"]
    assert PHASES.output({"answer": None})["phase"] == pa.string()
