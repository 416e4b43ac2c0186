"""Steps that decide about queries and documents: whole-set percentiles, hard negatives, grades, four criteria."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.steps import reasons, run_steps

from mintmark.core.call import Fault, Request
from mintmark.curate.answerability import CRITERIA, Answerability
from mintmark.curate.easiness import Easiness
from mintmark.curate.hard_negatives import HardNegatives
from mintmark.curate.relevance import Relevance
from mintmark.curate.rerank import Rerank
from mintmark.curate.top import Top

VALUES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30)


def top(values: list[Any], **fields: Any) -> Any:
    table = pa.table({"id": [str(i) for i in range(len(values))], "score": values})
    return Top(**fields).apply(table, None)  # type: ignore[arg-type]


class TestTop:
    @given(VALUES, st.integers(1, 12), st.booleans())
    def test_a_number_keeps_so_many_of_the_best(self, values: list[float], number: int, lowest: bool) -> None:
        outcome = top(values, number=number, lowest=lowest)
        sign = 1 if lowest else -1
        want = sorted(range(len(values)), key=lambda i: (sign * values[i], i))[:number]
        assert [i for i, fate in enumerate(outcome.fates) if fate == "kept"] == sorted(want)

    @given(VALUES, st.integers(1, 100))
    def test_a_share_of_the_lowest_is_a_percentile(self, values: list[float], percent: int) -> None:
        outcome = top(values, share=percent / 100, lowest=True)
        most = -np.quantile([-v for v in values], 1 - percent / 100)
        assert [fate == "kept" for fate in outcome.fates] == [v <= most for v in values]
        assert most == pytest.approx(np.percentile(values, percent))

    def test_what_is_no_number_has_failed_and_counts_for_nothing(self) -> None:
        outcome = top([1.0, None, 3.0, float("nan"), 2.0], share=0.5)
        assert outcome.fates == ["dropped", "failed", "kept", "failed", "kept"]
        assert top([True], number=1).fates == ["failed"]

    def test_either_a_number_or_a_share(self) -> None:
        for fields in ({}, {"number": 1, "share": 0.5}):
            with pytest.raises(ValueError, match="either"):
                Top(**fields)


def cosine_of(request: Request) -> list[float]:
    """A query `0.3` has the cosine .3 to every document."""
    text = str(request.body["text"])
    s = float(text) if text[0].isdigit() else 1.0
    return [s, (1 - s * s) ** 0.5]


class TestEasiness:
    def test_the_percentile_is_of_the_whole_set(self, tmp_path: Path) -> None:
        given = [0.1, 0.9, 0.5, 0.2, 0.8, 0.3, 0.6, 0.4, 0.7, 1.0]
        rows = [{"query": str(s), "document": "d"} for s in given]
        run = run_steps(tmp_path, [Easiness(cuts=(20, 60))], rows, cosine_of)
        kept = {row["query"]: row for row in run}
        most = np.percentile(given, 70)
        assert sorted(kept) == [str(s) for s in sorted(given) if s <= most]
        assert kept["0.3"]["easiness"] == pytest.approx(0.3, abs=1e-5)
        assert {q: row["difficulty"] for q, row in kept.items()} == {
            "0.1": "hard", "0.2": "hard", "0.3": "medium", "0.4": "medium", "0.5": "easy", "0.6": "easy", "0.7": "easy",
        }  # fmt: skip
        assert set(reasons(run)) == {("dropped", "too_easy")}

    def test_a_call_that_fails_is_no_value(self, tmp_path: Path) -> None:
        def script(request: Request) -> Any:
            return Fault("http_400", "no", terminal=True) if request.body["text"] == "bad" else cosine_of(request)

        rows = [{"query": q, "document": "d"} for q in ("0.1", "bad", "0.2")]
        run = run_steps(tmp_path, [Easiness(max_percentile=100)], rows, script)
        assert reasons(run) == [("failed", "http_400")] and len(run) == 2

    def test_cuts_rise(self) -> None:
        with pytest.raises(ValueError, match="rise"):
            Easiness(cuts=(60, 30))


class TestHardNegatives:
    TEXTS = ("1.0", "0.99", "0.94", "0.9", "0.2")

    def mine(self, tmp_path: Path, row: dict[str, Any], kb: list[str], **fields: Any) -> Any:
        step = HardNegatives(method="embed", embedder="vectors", **fields)
        return run_steps(tmp_path, [step], [row], cosine_of, kb=[{"text": t} for t in kb])

    def test_a_negative_scores_at_most_the_share_of_the_lowest_positive(self, tmp_path: Path) -> None:
        (row,) = self.mine(tmp_path, {"query": "1.0", "document": "1.0"}, list(self.TEXTS), top_k=2)
        assert [n["text"] for n in row["negatives"]] == ["0.94", "0.9"], ".99 may be an answer too"
        assert row["positive_score"] == pytest.approx(1.0)

    def test_the_lowest_of_several_positives_counts(self, tmp_path: Path) -> None:
        (row,) = self.mine(tmp_path, {"query": "1.0", "document": ["1.0", "0.94"]}, list(self.TEXTS))
        assert [n["text"] for n in row["negatives"]] == ["0.2"], ".9 is above .95 x .94"

    def test_a_copy_of_the_positive_is_no_negative(self, tmp_path: Path) -> None:
        run = self.mine(tmp_path, {"query": "1.0", "document": "0.9"}, ["0.9", "0.9", "1.0"])
        assert reasons(run) == [("dropped", "no_hard_negative")]

    def test_a_positive_that_is_nowhere_has_failed(self, tmp_path: Path) -> None:
        run = self.mine(tmp_path, {"query": "1.0", "document": "0.5"}, list(self.TEXTS))
        assert reasons(run) == [("failed", "positive_not_in_kb")]
        run = self.mine(tmp_path / "2", {"query": "1.0", "document": [3]}, list(self.TEXTS))
        assert reasons(run) == [("failed", "not_text")]

    def test_ranks_are_no_scores(self) -> None:
        with pytest.raises(ValueError, match="ranks"):
            HardNegatives(method="fused", embedder="vectors")


class TestRerank:
    def test_likelihood_is_the_gain_over_the_query_alone(self, tmp_path: Path) -> None:
        def script(request: Request) -> list[float]:
            return [-1.0, -2.0] if "Honey" in str(request.body["context"]) else [-2.0, -5.0]

        (row,) = run_steps(tmp_path, [Rerank(method="likelihood")], [{"query": "bees", "document": "Honey."}], script)
        assert row["rerank_score"] == 2.0

    def test_a_cosine_does_not_depend_on_lengths(self, tmp_path: Path) -> None:
        (row,) = run_steps(
            tmp_path, [Rerank()], [{"query": "a", "document": "b"}],
            lambda request: [3.0, 0.0] if request.body["text"] == "a" else [5.0, 5.0],
        )  # fmt: skip
        assert row["rerank_score"] == pytest.approx(0.5**0.5, abs=1e-6)


class TestRelevance:
    def grade(self, tmp_path: Path, replies: list[str], **fields: Any) -> Any:
        given = iter(replies)
        step = Relevance(votes=len(replies), tries=1, **fields)
        return run_steps(tmp_path, [step], [{"query": "why", "document": "So."}], lambda request: next(given))

    def test_the_median_is_taken_the_lower_of_two(self, tmp_path: Path) -> None:
        votes = ['{"reason": "r", "score": %d}' % n for n in (3, 0, 2, 3)]  # noqa: UP031
        (row,) = self.grade(tmp_path, votes)
        assert row["grade"] == 2

    def test_a_vote_that_cannot_be_read_is_none(self, tmp_path: Path) -> None:
        good = '{"reason": "r", "score": 3}'
        (row,) = self.grade(tmp_path, [good, "three"], into="judge_label")
        assert row["judge_label"] == 3
        run = self.grade(tmp_path / "2", [good, "three", "no", '{"reason": "r", "score": 9}'])
        assert reasons(run) == [("failed", "cannot_judge")]

    def test_grades_below_are_dropped_with_their_grade(self, tmp_path: Path) -> None:
        run = self.grade(tmp_path, ['{"reason": "r", "score": 1}'], min_grade=2)
        (row,) = run.dropped().to_pylist()
        assert (row["reason"], row["grade"]) == ("low_grade", 1)


class TestAnswerability:
    def judged(self, tmp_path: Path, **answers: str) -> Any:
        said = dict.fromkeys(CRITERIA, "Y") | answers
        reply = orjson.dumps({f"{k}_reason": "so" for k in CRITERIA} | said).decode()
        return run_steps(
            tmp_path, [Answerability(tries=1)], [{"query": "Why?", "document": "So."}], lambda request: reply
        )

    def test_all_four_must_be_yes(self, tmp_path: Path) -> None:
        (row,) = self.judged(tmp_path / "all")
        assert row["answerability"] == dict.fromkeys(CRITERIA, "Y")
        for name in CRITERIA:
            (row,) = self.judged(tmp_path / name, **{name: "N"}).dropped().to_pylist()
            assert (row["fate"], row["reason"]) == ("dropped", "not_answerable")
            assert orjson.loads(row["detail"]) == {name: "so"}

    def test_what_cannot_be_read_and_what_fails_is_never_kept(self, tmp_path: Path) -> None:
        assert reasons(self.judged(tmp_path / "maybe", relevant="maybe")) == [("failed", "schema_mismatch")]
        step, row = Answerability(), {"query": "Why?", "document": "So."}
        broken = Fault("http_500", "no", terminal=True)
        assert reasons(run_steps(tmp_path / "fault", [step], [row], lambda request: broken)) == [("failed", "http_500")]
