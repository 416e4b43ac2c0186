"""Identifiers by form and checksum."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from tests.evaluation.data import data, gsm8k

from mintmark.measures.pii import aba_valid, find, iban_valid, luhn


def kinds(text: str) -> list[tuple[str, str, bool]]:
    return [(i.type, i.value, i.reserved) for i in find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo.smith+x@mail.co.uk.", [("email", "jo.smith+x@mail.co.uk", False)]),
        ("Write to jo@example.com", [("email", "jo@example.com", True)]),
        ("Pay with 4485527627509597.", [("card", "4485527627509597", False)]),
        ("Pay with 4485 5276 2750 9597", [("card", "4485 5276 2750 9597", False)]),
        ("Pay with 4485527627509598", []),
        ("Test with 4111 1111 1111 1111", [("card", "4111 1111 1111 1111", True)]),
        ("IBAN GB69PMNJ18913943430745", [("iban", "GB69PMNJ18913943430745", False)]),
        ("IBAN GB69PMNJ18913943430746", []),
        ("IBAN DE89 3704 0044 0532 0130 00", [("iban", "DE89 3704 0044 0532 0130 00", True)]),
        ("Routing number 322271627", [("us_routing", "322271627", False)]),
        ("There were 322271627 sheep", []),
        ("SSN 536-90-4399", [("us_ssn", "536-90-4399", False)]),
        ("SSN 000-90-4399 or 536-00-4399 or 666-12-1234", []),
        ("SSN 078-05-1120", [("us_ssn", "078-05-1120", True)]),
        ("from 86.231.85.193 today", [("ip", "86.231.85.193", False)]),
        ("from 192.168.0.1 and 203.0.113.7", [("ip", "192.168.0.1", True), ("ip", "203.0.113.7", True)]),
        ("version 10.218.6.131 and 300.1.1.1 and 1.4.5.0", []),
        ("socks5://user:pass@host", [("url_credentials", "socks5://user:pass@host", True)]),
        ("at 2a00:1450:4001:81b::200e now", [("ip", "2a00:1450:4001:81b::200e", False)]),
        ("ftp://ann:secret@files.acme.org/x", [("url_credentials", "ftp://ann:secret@files.acme.org", False)]),
        ("https://a:b@example.org/", [("url_credentials", "https://a:b@example.org", True)]),
        ("call +44 20 7946 0958 now", [("phone", "+44 20 7946 0958", False)]),
        ("Phone: (978) 645-9740", [("phone", "(978) 645-9740", False)]),
        ("Phone: 202-555-0143", [("phone", "202-555-0143", True)]),
        ("12 - 3 = 9, 1/2 of 3600 is 1800, at 10:30:15 on 2024-01-02", []),
        ("", []),
    ],
)  # fmt: skip
def test_forms_and_checksums(text: str, expected: list[tuple[str, str, bool]]) -> None:
    assert kinds(text) == expected


def test_checksums_catch_every_changed_digit() -> None:
    for place in range(16):
        digit = str((int("4485527627509597"[place]) + 1) % 10)
        assert not luhn("4485527627509597"[:place] + digit + "4485527627509597"[place + 1 :])
    iban = "GB69PMNJ18913943430745"
    for place in range(4, 22):
        other = str(9 - int(iban[place])) if iban[place].isdigit() else "A" if iban[place] != "A" else "B"
        assert not iban_valid(iban[:place] + other + iban[place + 1 :])
    assert not any(aba_valid(f"32227162{d}") for d in range(10) if d != 7)


def test_a_masked_value_does_not_give_the_value() -> None:
    (one,) = find("Write to jo.smith@mail.org")
    assert "smith" not in one.masked and one.masked.startswith("jo")


def test_real_spans_are_found_and_little_else() -> None:
    """The set that phone numbers were looked at on: precision and recall here are of the types that have a form."""
    types = {"EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "US_SSN": "us_ssn",
             "IBAN_CODE": "iban", "IP_ADDRESS": "ip"}  # fmt: skip
    rows = json.loads(data("presidio_pii", "generated_large.json").read_text(encoding="utf-8"))
    hit: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for row in rows:
        gold = [
            (types[s["entity_type"]], s["start_position"], s["end_position"])
            for s in row["spans"]
            if s["entity_type"] in types
        ]
        found = find(row["full_text"])
        for i in found:
            right = any(k == i.type and a < i.end and i.start < b for k, a, b in gold)
            (hit if right else wrong)[i.type] += 1
        missed.update(k for k, a, b in gold if not any(k == i.type and a < i.end and i.start < b for i in found))
    for kind in types.values():
        assert hit[kind] / (hit[kind] + missed[kind]) >= 0.97, (kind, missed)
        assert hit[kind] / (hit[kind] + wrong[kind]) >= 0.97, (kind, wrong)


def test_sums_are_no_identifiers() -> None:
    rows = gsm8k(1500)
    assert sum(len(find(r["question"] + "\n" + r["answer"])) for r in rows) <= 1


@pytest.mark.parametrize("unit", ["1", "a@", "12 ", "1-", ":", "ab12 ", "x", "+1 ", "a.b", "://"])
def test_a_hostile_text_ends_and_the_address_behind_it_is_found(unit: str) -> None:
    """A pattern that tries every split of a long run would not come back from these."""
    assert ("email", "jo@mail.org", False) in kinds(unit * (100_000 // len(unit)) + " jo@mail.org")
