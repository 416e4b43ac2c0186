"""Differences of two datasets: rows, columns, metrics."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from mintmark.core.finding import Estimate, Finding
from mintmark.evaluation.diff import Difference, compare, diff
from mintmark.evaluation.diff_output import markdown
from mintmark.evaluation.subject import Corpus
from mintmark.measures.intervals import wilson

from .data import gsm8k

Rows = list[dict[str, Any]]


def found(a: Rows, b: Rows, **more: Any) -> Difference:
    one = diff(Corpus.of("v1", a), Corpus.of("v2", b), **more)
    assert one.same + one.changed + one.removed == len(a)
    assert one.same + one.changed + one.added == len(b)
    other = diff(Corpus.of("v2", b), Corpus.of("v1", a))
    assert (other.added, other.removed, other.changed, other.same) == (one.removed, one.added, one.changed, one.same)
    json.loads(one.to_json())
    assert Difference.model_validate_json(one.to_json()) == one
    markdown(one)
    return one


def counts(d: Difference) -> tuple[int, int, int, int]:
    return d.same, d.changed, d.added, d.removed


def metric(name: str, estimate: Estimate | None, kind: str = "fact") -> Finding:
    aspect, _, last = name.partition(".")
    return Finding.model_validate({"aspect": aspect, "metric": last, "claim": "c", "estimate": estimate, "kind": kind})


def with_ids(texts: list[str]) -> Rows:
    return [{"id": f"r{i}", "text": t} for i, t in enumerate(texts)]


def test_rows_are_matched_by_id() -> None:
    a = with_ids(["the first text of all", "a second one", "third"])
    b = [
        {"id": "r0", "text": "nothing like it"},
        {"id": "r2", "text": "third"},
        {"id": "r9", "text": "wholly new here"},
    ]
    d = found(a, b)
    assert counts(d) == (1, 1, 1, 1)
    (row,) = d.changed_rows
    assert (row.id, row.by, row.columns) == ("r0", "id", ("text",))
    assert [r.id for r in d.added_rows] == ["r9"]
    assert [r.id for r in d.removed_rows] == ["r1"]


def test_ids_that_number_the_rows_are_not_believed() -> None:
    texts = [f"this is text number {i} of them" for i in range(20)]
    a = [{"id": i, "text": t} for i, t in enumerate(texts)]
    b = [{"id": i, "text": t} for i, t in enumerate(texts[1:])]
    d = found(a, b)
    assert counts(d) == (19, 0, 0, 1)
    assert d.ids.startswith("not used: they number the rows")


def test_without_ids_the_text_decides() -> None:
    texts = ["the cat sat on the mat all day", "a dog ran up the hill", "rain fell"]
    b = ["rain fell", "the cat sat on the mat all night", "sun shone"]
    d = found([{"text": t} for t in texts], [{"text": t} for t in b])
    assert counts(d) == (1, 1, 1, 2 - 1)
    (row,) = d.changed_rows
    assert row.words == (("same", "the cat sat on the mat all "), ("removed", "day"), ("added", "night"))
    assert (row.id, row.other_id, row.by) == ("1", "2", "text")


def test_the_same_set_twice_and_nothing_at_all() -> None:
    rows = with_ids(["one", "two"])
    assert counts(found(rows, rows)) == (2, 0, 0, 0)
    assert counts(found([], [])) == (0, 0, 0, 0)
    assert counts(found([], rows)) == (0, 0, 2, 0)
    assert counts(found([{"text": "x"}] * 3, [{"text": "x"}] * 2)) == (2, 0, 0, 1)


def test_columns_and_odd_cells() -> None:
    a: Rows = [{"id": "1", "text": "same text", "score": math.nan}, {"id": "2", "text": None}, {"id": "3", "text": 4}]
    b: Rows = [{"id": "1", "text": "same text", "label": "x"}, {"id": "2"}, {"id": "3", "text": ["a", {"b": object}]}]
    d = found(a, b)
    assert (d.columns_added, d.columns_removed) == (("label",), ("score",))
    assert counts(d) == (1, 2, 0, 0)
    assert [r.columns for r in d.changed_rows] == [("label",), ("text",)]
    assert "the text is the same" in markdown(d)


def test_half_a_surrogate_pair_does_no_harm() -> None:
    a: Rows = [
        {"id": "\ud800", "x\ud800": 1, "text": "one \ud800 text of some more words and others"},
        {"id": "b", "text": "\udfff"},
    ]
    assert counts(found(a, [{"id": "c", "text": "one \ud801 text of some more words and others"}])) == (0, 1, 0, 1)


def test_planted_changes_in_real_rows_are_all_found() -> None:
    rng = random.Random(3)
    rows: Rows = [{"question": r["question"], "answer": r["answer"]} for r in gsm8k(1500)]
    a = rows[:1200]
    b = [dict(r) for r in a]
    for i in range(100):
        words = b[i]["question"].split()
        words[rng.randrange(len(words))] = "perhaps"
        b[i]["question"] = " ".join(words)
    b = b[:1000] + rows[1200:1500]
    rng.shuffle(b)
    d = diff(Corpus.of("v1", a), Corpus.of("v2", b))
    assert d.same == 900
    assert abs(d.changed - 100) <= 4
    assert abs(d.added - 300) <= 4
    assert abs(d.removed - 200) <= 4


def test_metrics_beyond_chance_are_told_from_the_rest() -> None:
    a = [metric("x.up", wilson(30, 100)), metric("x.same", wilson(50, 100)), metric("x.gone", wilson(1, 10))]
    b = [metric("x.up", wilson(60, 100), "risk"), metric("x.same", wilson(53, 100)), metric("x.new", None, "question")]
    found = {m.name: m for m in compare(a, b)}
    assert next(iter(found)) == "x.up"
    assert found["x.up"].beyond_chance
    assert not found["x.same"].beyond_chance
    gap = found["x.up"].difference
    assert gap is not None and gap.low < 0.3 < gap.high and gap.low > 0.1
    assert found["x.gone"].difference is None and found["x.gone"].b is None
    assert found["x.new"].kind_b == "question"
    d = diff(Corpus.of("v1", []), Corpus.of("v2", []), a, b)
    text = markdown(d)
    assert "1 metric of 2 differs beyond chance" in text
    assert "fact → risk" in text


def test_two_findings_of_one_name_are_compared_one_by_one() -> None:
    a = [metric("c.rate", wilson(1, 100)), metric("c.rate", wilson(50, 100))]
    found = compare(a, a)
    assert [m.name for m in found] == ["c.rate", "c.rate (2)"]
    assert not any(m.beyond_chance for m in found)


def test_twenty_metrics_without_a_difference_are_called_so_at_the_stated_rate() -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(200):
        a = [metric(f"x.m{i}", wilson(int(rng.binomial(400, 0.3)), 400)) for i in range(20)]
        b = [metric(f"x.m{i}", wilson(int(rng.binomial(400, 0.3)), 400)) for i in range(20)]
        alarms += any(m.beyond_chance for m in compare(a, b))
    assert alarms <= 18  # 5 % of 200, and two standard deviations and a half


@pytest.mark.parametrize("text", ["a | b ~~c~~ **d**", "<script>alert(1)</script>", "# head\n- list\x1b[31m"])
def test_markdown_holds_any_text(text: str) -> None:
    d = diff(Corpus.of("a|b", with_ids([text])), Corpus.of("b", [{"id": "r0", "text": text + " more words"}]))
    shown = markdown(d)
    assert "<script>" not in shown
    assert "\x1b" not in shown
    assert "**more words**" in shown
