"""Identifiers of a record are found however they are written; those seen by form are told from what is none."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.data import data

from mintmark.measures.safe_harbor import KINDS, own_identifiers, safe_harbor


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Seen on 2021-05-03.", {"date"}),
        ("Born 3 May 1961", {"date"}),
        ("admitted in March and sent home", {"date"}),
        ("asthma since 1999", set()),
        ("she may return in 2 weeks", set()),
        ("a 92-year-old man", {"age_over_89"}),
        ("a 34-year-old man, aged 34", set()),
        ("call (617) 201-4433", {"phone"}),
        ("SSN 219-09-1123", {"ssn"}),
        ("MRN: 4481201", {"record_number"}),
        ("medical record 4481-A201", {"record_number"}),
        ("member id XW8812", {"health_plan"}),
        ("device serial number SN-20331", {"device"}),
        ("lives at 427 Balistreri Way", {"geography"}),
        ("Boston MA 02115", {"geography"}),
        ("https://clinic.org/p/12", {"url"}),
        ("jo@clinic.org", {"email"}),
        ("server 151.101.1.69", {"ip"}),
        ("the photograph shows a scar", {"photo"}),
        ("blood pressure 120/80, 5 mg twice a day, BMI 31.2", set()),
    ],
)
def test_what_has_the_form_of_an_identifier(text: str, kinds: set[str]) -> None:
    found = safe_harbor(text)
    assert {kind for kind, _ in found} == kinds
    assert kinds <= set(KINDS)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2030, 12, 31)), st.sampled_from(
    ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%m/%d/%y", "%B %d, %Y", "%d %b %Y", "%B %Y", "%B %d"]))  # fmt: skip
def test_a_date_is_found_in_every_form(day: dt.date, form: str) -> None:
    text = f"The patient, seen {day.strftime(form)}, is well."
    assert [c for c, _ in own_identifiers({"born": day.isoformat()}, text)] == ["born"]


def test_names_and_numbers_are_found_without_case_accents_and_signs() -> None:
    record = {
        "first": "Jos\u00e9 Eduardo181",
        "last": "West559",
        "ssn": "999-76-6866",
        "address": "427 Balistreri Way Unit 19",
    }
    assert own_identifiers(record, "JOSE came") == [("first", "jose")]
    assert own_identifiers(record, "Mr West came") == [("last", "West")]
    assert own_identifiers(record, "he lives west of it, near a way") == []
    assert own_identifiers(record, "number 999 76 6866") == [("ssn", "999766866")]
    assert own_identifiers(record, "on balistreri way") == [("address", "balistreri")]
    assert own_identifiers(record, "The patient has 19 problems in 427 days") == []


def test_names_are_found_behind_titles_and_by_the_lists() -> None:
    text = "Seen by Dr. Okonkwo with Mary; Elena Brandt is a patient."
    assert {w for kind, w in safe_harbor(text, allowed=("Elena Brandt",)) if kind == "name"} == {"Okonkwo", "Mary"}


def test_every_identifier_of_real_records_is_found() -> None:
    columns = ["BIRTHDATE", "SSN", "DRIVERS", "PASSPORT", "FIRST", "LAST", "MAIDEN", "ADDRESS", "CITY", "ZIP", "Id"]
    with data("synthea", "patients.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    plain = "The patient has had asthma since 2004 and will take part in respiratory therapy again in two weeks."
    for row in rows:
        own = {k: row[k] for k in columns if row[k]}
        for column, value in own.items():
            assert column in dict(own_identifiers(own, f"The note of {value}, again.")), (column, value)
        assert own_identifiers(own, plain) == []
