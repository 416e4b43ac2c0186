"""Personal identifiers: planted ones are found, named by type and masked; real rows are no risk."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.evaluation.data import corpus, gsm8k

from mintmark.core.finding import Finding
from mintmark.evaluation.claim import settle
from mintmark.evaluation.pii import examine
from mintmark.evaluation.subject import Subject
from mintmark.measures.pii import TYPES, luhn

Rows = list[dict[str, Any]]


def card(rng: random.Random) -> str:
    body = "4539" + "".join(str(rng.randrange(10)) for _ in range(11))
    return next(body + str(d) for d in range(10) if luhn(body + str(d)))


@pytest.fixture(scope="module")
def halves() -> tuple[Rows, Rows]:
    rows = gsm8k(4000)
    random.Random(4).shuffle(rows)
    return rows[:2000], rows[2000:]


def judged(rows: Rows, reference: Rows | None) -> dict[str, Finding]:
    of = None if reference is None else corpus("reference", reference)
    return {f.metric: f for f in settle(examine(Subject(corpus("data", rows), of)))}


def planted(rows: Rows) -> Rows:
    rng = random.Random(6)
    rows = [dict(row) for row in rows]
    for i in range(0, len(rows), 100):
        rows[i]["answer"] += f" Write to anna.keller{i}@webpost.org."
        rows[i + 50]["answer"] += f" Charge my card {card(rng)}."
    return rows


@pytest.mark.parametrize("with_reference", [True, False])
def test_addresses_and_cards_in_one_percent_are_found_by_type(halves: tuple[Rows, Rows], with_reference: bool) -> None:
    found = judged(planted(halves[0]), halves[1] if with_reference else None)
    assert {m for m, f in found.items() if f.kind == "risk"} == {"pii_share", "pii_email_share", "pii_card_share"}
    email = found["pii_email_share"]
    assert email.estimate is not None and email.estimate.value == pytest.approx(0.01)
    assert "e-mail" in email.claim and email.null is not None and email.null.value == 0
    assert found["pii_share"].details["values"] == {"email": 20, "card": 20}
    assert found["pii_share"].figure is not None


def test_exhibits_hide_the_values(halves: tuple[Rows, Rows]) -> None:
    rows = planted(halves[0])
    for finding in judged(rows, None).values():
        text = finding.model_dump_json()
        assert "keller" not in text
        assert not any(row["answer"].split("card ")[1][:16] in text for row in rows if "my card" in row["answer"])
    shown = judged(rows, None)["pii_share"].evidence
    assert {e.note.split()[0] for e in shown} == {"email", "card"}


def test_real_rows_are_no_risk_and_every_type_is_said(halves: tuple[Rows, Rows]) -> None:
    for reference in (halves[1], None):
        found = judged(halves[0], reference)
        assert set(found) == {"pii_share", *(f"pii_{t}_share" for t in TYPES)}
        assert not [f.name for f in found.values() if f.kind == "risk"]


def test_a_reference_with_as_many_takes_the_risk_away(halves: tuple[Rows, Rows]) -> None:
    found = judged(planted(halves[0]), planted(halves[1]))
    assert not [f.name for f in found.values() if f.kind == "risk"]
    assert found["pii_email_share"].details["in_reference"] == 20, "the same addresses were planted in both"
    assert "letter for letter" in found["pii_email_share"].claim


def test_reserved_values_are_told_apart() -> None:
    rows = [{"text": f"Ask a{i}@example.com from 192.168.0.{i} with 4111111111111111"} for i in range(60)]
    found = judged(rows, None)
    assert found["pii_share"].estimate is not None and found["pii_share"].estimate.value == 0
    assert found["pii_email_share"].details["reserved"] == 60
    assert "reserved" in found["pii_email_share"].claim


@pytest.mark.parametrize(
    "rows",
    [[], [{"text": ""}], [{"text": float("nan")}, {"x": 3}], [{"text": "jo@mail.org"}], [{"text": "\u732b"}] * 30,
     [{"text": "x" * 300_000 + " jo@mail.org"}], [{"text": "bad \ud800 jo@mail.org"}] * 30],
)  # fmt: skip
def test_edges(rows: Rows) -> None:
    for reference in (None, [], rows):
        found = judged(rows, reference)
        assert len(found) == len(TYPES) + 1
        for finding in found.values():
            finding.model_dump_json()
            assert finding.needs or finding.estimate is not None
        if not any(isinstance(r.get("text"), str) and r["text"] for r in rows):
            assert all(f.needs for f in found.values())
