"""Largest remainder: the sum is kept, and nobody is more than one away from its quota."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintmark.measures.apportion import apportion, exact

QUOTAS = st.lists(st.fractions(0, 500, max_denominator=97), max_size=12)


@given(QUOTAS)
def test_sums_and_quotas_are_kept(quotas: list[Fraction]) -> None:
    found = apportion(quotas)
    assert sum(found) == int(sum(quotas, Fraction(0)) + Fraction(1, 2))
    assert all(abs(n - q) < 1 and n >= 0 for n, q in zip(found, quotas, strict=True))


@given(QUOTAS, st.integers(1, 50))
def test_whole_quotas_stay_as_they_are(quotas: list[Fraction], scale: int) -> None:
    whole = [Fraction(int(q) * scale) for q in quotas]
    assert apportion(whole) == [int(q) for q in whole]


def test_a_total_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be 4"):
        apportion([Fraction(1), Fraction(1)], 4)


def test_shares_are_read_as_written() -> None:
    assert exact(0.1) + exact(0.2) == exact(0.3) and exact(1e-3) == Fraction(1, 1000)
