"""Notes: nothing that is not in the record, nothing that identifies its person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mintmark as mm
from mintmark.core.call import Request
from mintmark.generate.notes import Notes
from mintmark.sources.rows import Rows

RECORD = {
    "name": "Helga Tannfeld", "born": "1957-03-14", "ssn": "999-12-8841", "sex": "female", "age": 67,
    "conditions": ["hypertension", "prediabetes"],
}  # fmt: skip
STEP = Notes(facts=["age", "sex", "conditions"], identifiers=["name", "born", "ssn"], sex="sex", min_told=0.5)
TRUE = "NAME is a 67-year-old woman with hypertension and prediabetes."


def run(tmp_path: Path, note: str, record: dict[str, Any] = RECORD, step: Notes = STEP) -> Any:
    asked: list[str] = []

    def script(request: Request) -> str:
        asked.append(str(request.body))
        name = str(request.body["messages"][-1]["content"]).splitlines()[0].removeprefix("Patient: ")
        return note.replace("NAME", name).replace("HALF", f"Quirin {name.split()[-1]}")

    with mm.scripted("notes", script):
        recipe = mm.Recipe(
            source=Rows(rows=(record,)), models={"writer": "scripted/notes"}, steps=[step], max_failed=1.0
        )
        found = recipe.run(tmp_path / "run", progress=False, workspace=None)
    for secret in ("Helga", "Tannfeld", "1957", "8841"):
        assert not any(secret in body for body in asked), "the model saw an identifier"
    return found


def test_a_true_note_is_kept_without_the_identifiers(tmp_path: Path) -> None:
    (row,) = run(tmp_path, TRUE)
    assert set(row) == {"id", "age", "sex", "conditions", "note", "facts", "person"}
    assert row["person"]["name"] in row["note"] and "Tannfeld" not in str(row)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("Mrs Tannfeld is well.", "own_identifier"),
        ("Born March 14.", "own_identifier"),
        ("Number 999 12 8841.", "own_identifier"),
        ("Seen on May 2.", "safe_harbor"),
        ("Her friend Mary is well.", "safe_harbor"),
        ("Her pressure was 150.", "number_not_in_record"),
        ("She was seen twice.", "number_not_in_record"),
        ("She takes lisinopril.", "not_in_record"),
        ("She has no prediabetes.", "denial_not_in_record"),
        ("She has no known allergies.", "denial_not_in_record"),
        ("It is a rare one.", "not_in_record"),
        ("She is a married teacher.", "not_in_record"),
    ],
)
def test_a_note_with_more_than_its_record_is_dropped(more: str, reason: str, tmp_path: Path) -> None:
    found = run(tmp_path, f"{TRUE} {more}")
    assert len(found) == 0
    assert [r["reason"] for r in found.dropped().to_pylist()] == [reason]


def test_a_name_by_half_is_another_name(tmp_path: Path) -> None:
    other = run(tmp_path, "HALF is a 67-year-old woman with hypertension and prediabetes.")
    assert [r["reason"] for r in other.dropped().to_pylist()] == ["name_changed"]


def test_a_note_that_leaves_out_most_is_dropped(tmp_path: Path) -> None:
    assert run(tmp_path, "NAME came.").dropped().to_pylist()[0]["reason"] == "facts_missing"


def test_facts_that_hold_an_identifier_fail_before_the_model_is_asked(tmp_path: Path) -> None:
    found = run(tmp_path, TRUE, {**RECORD, "conditions": ["disease of Tannfeld"]})
    assert [(r["reason"], r["detail"]) for r in found.dropped().to_pylist()] == [
        ("identifier_in_facts", '{"columns":["name"]}')
    ]


def test_made_up_people_agree_and_are_nobody_of_the_record(tmp_path: Path) -> None:
    record = {**RECORD, "sex": "M", "name": "James Gorski"}
    found = run(tmp_path, TRUE, record, STEP.model_copy(update={"samples": 40, "facts": ["age", "conditions"]}))
    from mintmark.measures.wordlists import word_list

    names = [r["person"]["name"] for r in found]
    assert len(set(names)) > 20
    assert all(n.split()[0].lower() in word_list("names")["groups"]["male"] for n in names)
    assert not any("James" in n or "Gorski" in n for n in names)
