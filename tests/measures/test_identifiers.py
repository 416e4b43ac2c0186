"""Identifiers: what can exist is told from what cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.identifiers import by_key, identifiers, isbn_problem

GOOD = [
    ("doi", "https://doi.org/10.1038/s41586-020-2649-2"),
    ("doi", "doi: 10.1000/182"),
    ("doi", "10.1002/(SICI)1097-0258(19980815)17:15<1623::AID-SIM871>3.0.CO;2-S"),
    ("arxiv", "arXiv:1706.03762v5"),
    ("arxiv", "arXiv:hep-th/9901001"),
    ("arxiv", "https://arxiv.org/pdf/0704.0001.pdf"),
    ("pmid", "PMID: 12345678"),
    ("isbn", "ISBN 0-8044-2957-X"),
    ("isbn", "ISBN-13: 978 0 306 40615 7"),
    ("url", "https://www.python.org/dev/peps/"),
    ("url", "http://192.168.0.1:8080/x"),
    ("url", "https://en.wikipedia.org/wiki/Bee_(insect)"),
]
BAD = [
    ("doi", "doi:11.1000/182"),
    ("doi", "https://doi.org/10.12/abc"),
    ("arxiv", "arXiv:2313.00001"),
    ("arxiv", "arXiv:0701.0001"),
    ("arxiv", "arXiv:2301.123"),
    ("pmid", "PMID 1234567890"),
    ("isbn", "ISBN 978-0-306-40615-8"),
    ("isbn", "ISBN 123-4-56-789012-3"),
    ("url", "https://example.com/paper"),
    ("url", "http://nowhere/path"),
    ("url", "http://300.1.1.1/"),
    ("url", "http://bad_.c0m/"),
]


@pytest.mark.parametrize(("kind", "text"), GOOD)
def test_well_formed(kind: str, text: str) -> None:
    found = identifiers(f"As shown ({text}), it works.")
    assert [(i.kind, i.problem) for i in found] == [(kind, "")]


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_malformed(kind: str, text: str) -> None:
    found = identifiers(f"As shown in {text}, it works.")
    assert [i.kind for i in found] == [kind]
    assert found[0].problem


def test_mail_and_prose_hold_none() -> None:
    assert identifiers("Write to anna.b@site.org about 10.5 kg, version 3.10/4, either/or: yes.") == []


def test_one_key_for_all_ways_of_writing() -> None:
    texts = ["doi:10.1000/ABC", "https://doi.org/10.1000/abc."]
    assert len(by_key(texts)) == 1
    assert len(by_key(["ISBN 0-306-40615-2", "ISBN 0306406152"])) == 1
    assert len(by_key(["https://www.a.org/x/", "http://a.org/x"])) == 1
    assert len(by_key(["arXiv:1706.03762v5", "https://arxiv.org/abs/1706.03762"])) == 1


@given(st.integers(0, 999_999_999), st.integers(0, 9))
def test_one_check_digit_of_eleven_is_right(body: int, other: int) -> None:
    digits = f"{body:09}"
    right = [c for c in "0123456789X" if not isbn_problem(digits + c)]
    assert len(right) == 1


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for found in identifiers("http://" + text + " doi:" + text + " arXiv:" + text):
        assert found.key
