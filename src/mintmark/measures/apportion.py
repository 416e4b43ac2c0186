"""Whole numbers in given shares, with the total they must have: largest remainder."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def apportion(quotas: Sequence[Fraction], total: int | None = None) -> list[int]:
    """Return whole numbers, each less than 1 from its quota, whose sum is `total`.

    Everybody gets the whole part; what is left goes one by one to the largest remainders, of equals to the first.

    Args:
        quotas: exact quotas, none below 0.
        total: their sum, rounded down or up; where not given, to the nearest (a half up).

    Raises:
        ValueError: for a total that is not the rounded sum of the quotas.

    Reference: Balinski, Young 1982, Fair Representation, chapter 3 (Hamilton's method).

    Example:
        >>> apportion([Fraction(5, 3), Fraction(5, 3), Fraction(5, 3)])
        [2, 2, 1]
    """
    whole = [int(q) for q in quotas]
    given = sum(quotas, Fraction(0))
    total = int(given + Fraction(1, 2)) if total is None else total
    if any(q < 0 for q in quotas) or abs(total - given) >= 1:
        raise ValueError(f"quotas with the sum {float(given):g} cannot be {total} in all")
    most = sorted(range(len(quotas)), key=lambda i: (whole[i] - quotas[i], i))
    for i in most[: total - sum(whole)]:
        whole[i] += 1
    return whole


def exact(share: float) -> Fraction:
    """Return a share as it is written: .3 is three tenths, not the binary number beside it.

    Example:
        >>> exact(0.3)
        Fraction(3, 10)
    """
    return Fraction(repr(share))
