"""Texts made of texts: what is dropped and why, and facts judged one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.steps import reasons, run_steps

from mintmark.core.call import Reply, Request
from mintmark.generate.extract import Extract
from mintmark.generate.rephrase import Rephrase

SOURCE = (
    "Honey keeps for years, since bacteria cannot grow where there is so little water. Bees of one hive make about 25 "
    "kilograms in a summer. In the valley of the Drava they feed on lime trees."
)
MARKED = f"# Bees\n\n{SOURCE.replace('hive', '*hive*')}\n\n```python\nhoney = 99\n```\n"
GOOD = "Since honey has so little water, bacteria do not grow in it. About 25 kilograms are made by a hive of bees each summer."


def said(folder: Path, reply: Any, **fields: Any) -> Any:
    step = Rephrase(**{"styles": ("easy",), "min_source_words": 10} | fields)
    return run_steps(folder, [step], [{"text": MARKED, "title": "Bees"}], lambda request: reply)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (GOOD, None),
        (f"Sure! Here is the rewritten text:\n\n{GOOD}", None),
        (GOOD.replace("25", "30"), "unsupported_number"),
        (GOOD.replace("a hive", "Austria"), "unsupported_name"),
        (f"{GOOD} It is 99.", "unsupported_number"),
        (
            "Wonderful golden sweetness delights breakfast lovers everywhere around, and children adore toast.",
            "low_support",
        ),
        ("Honey keeps.", "too_short"),
        (f"{GOOD} " * 4, "too_long"),
        (f"The passage says so. {GOOD}", "meta_talk"),
        (f"{GOOD}\n\n```\nx\n```", "adds_code"),
        (SOURCE, "copied"),
        (Reply(GOOD, finish="length"), "cut_off"),
    ],
)
def test_what_a_rephrasing_must_not_be(reply: Any, reason: str | None, tmp_path: Path) -> None:
    run = said(tmp_path, reply)
    assert reasons(run) == ([("dropped", reason)] if reason else [])


def test_a_row_for_each_style_with_the_prose_it_was_made_of(tmp_path: Path) -> None:
    shown: list[str] = []

    def script(request: Request) -> str:
        shown.append(str(request.body["messages"][-1]["content"]))
        questions = "Question: Why does honey keep for years?\nAnswer: Bacteria cannot grow where so little water is."
        return questions if "`Question:`" in str(request.body["messages"][0]) else GOOD

    step = Rephrase(styles=("easy", "qa", "qa"), min_source_words=10)
    rows = list(run_steps(tmp_path, [step], [{"text": MARKED, "title": "Bees"}], script))
    assert [r["style"] for r in rows] == ["easy", "qa", "qa"]
    assert {r["source_text"] for r in rows} == {SOURCE} == set(shown), "headings, markup and code are not shown"
    assert {r["title"] for r in rows} == {"Bees"}


def test_questions_are_asked_for_and_little_prose_is_passed_by(tmp_path: Path) -> None:
    assert reasons(said(tmp_path / "1", GOOD, styles=("qa",))) == [("dropped", "no_questions")]
    assert reasons(said(tmp_path / "2", GOOD, min_source_words=50)) == [("dropped", "too_little_prose")]
    with pytest.raises(ValueError, match="min_length"):
        Rephrase(min_length=3)


def test_each_fact_is_judged_by_itself(tmp_path: Path) -> None:
    reply = (
        "Here are the facts:\n\n"
        "- Honey keeps for years.\n"
        "- Honey keeps for years because of bacteria\n"
        "- It keeps long.\n"
        "- Bees of one hive make about 40 kilograms in a summer.\n"
        "- Bees in the valley of the Rhine feed on lime trees.\n"
        "- Bees of one hive make about 25 kilograms in a summer. Bees feed on lime trees in the valley of the Drava.\n"
        "- Golden sweetness delights breakfast lovers everywhere.\n"
        "- honey = 99\n"
        "- Bees of one hive never make 25 kilograms in a summer.\n"
        "- Bees of one hive make honey for years in the valley.\n"
        "- The text speaks about bees and years and honey."
    )
    step = Extract(min_source_words=10, min_fact_words=4)
    (row,) = run_steps(tmp_path, [step], [{"text": MARKED}], lambda request: reply)
    assert row["text"].splitlines() == [
        "- Honey keeps for years.",
        "- Honey keeps for years because of bacteria.",
        "- Bees of one hive make about 25 kilograms in a summer.",
        "- Bees feed on lime trees in the valley of the Drava.",
    ]
    assert row["facts"] == 4 and row["source_text"] == SOURCE
    assert {one["reason"]: one["count"] for one in row["left_out"]} == {
        "no_fact": 2, "unsupported_number": 1, "unsupported_name": 1, "low_support": 2, "meta_talk": 1,
        "negation_differs": 1,
    }  # fmt: skip


def test_a_fact_said_again_counts_once_and_a_cut_one_not_at_all(tmp_path: Path) -> None:
    reply = "- Honey keeps for years without bacteria.\n- Honey keeps for years.\n- Bees of one hive make about"
    step = Extract(min_source_words=10, min_fact_words=4, min_facts=1)
    (row,) = run_steps(tmp_path, [step], [{"text": MARKED}], lambda request: Reply(reply, finish="length"))
    assert row["facts"] == 1 and row["left_out"] == [{"reason": "repeated", "count": 1}]
    run = run_steps(tmp_path / "2", [Extract(min_source_words=10)], [{"text": MARKED}], lambda request: Reply(reply))
    assert reasons(run) == [("dropped", "too_few_facts")]


def test_of_two_facts_that_differ_in_a_word_the_text_s_own_stays(tmp_path: Path) -> None:
    own = "Bees of one hive make about 25 kilograms in a summer."
    reply = f"- {own.replace('summer', 'valley')}\n- {own}\n- In the valley of the Drava they feed on lime trees."
    step = Extract(min_source_words=10, min_fact_words=4)
    (row,) = run_steps(tmp_path, [step], [{"text": MARKED}], lambda request: reply)
    assert row["text"].splitlines()[0] == f"- {own}"
    assert {"reason": "twin", "count": 1} in row["left_out"]
