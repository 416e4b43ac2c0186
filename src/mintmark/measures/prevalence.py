"""How common something is, told by an instrument that errs, from how often it errs on cases that are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..core.finding import Estimate

Counted = tuple[int, int]
"""Cases that the instrument called so, and all that it was shown."""
_DRAWS = 20_000


@dataclass(frozen=True)
class Prevalence:
    """A share that was corrected for the instrument's errors.

    Attributes:
        estimate: the share with its interval.
        draws: the share as it would be were the three rates others that the counts allow.
    """

    estimate: Estimate
    draws: np.ndarray

    def chance_below(self, share: float) -> float:
        """Return the chance, as the counts have it, that the share is no larger than this one."""
        return float((1 + (self.draws <= share).sum()) / (1 + len(self.draws)))


def prevalence(called: Counted, true: Counted, false: Counted, *, seed: int = 0) -> Prevalence:
    """Return the share of cases that are so, from how many are called so.

    With s the share of known true cases that are called so, f that of known false ones and y that of the cases in question,
    the share is (y - f) / (s - f), cut to 0 and 1. The interval is that of the share over rates drawn from the three counts'
    Jeffreys posteriors, taken as independent; a draw in which the instrument does not tell true from false allows every share.

    Args:
        called: the cases in question.
        true, false: the known ones.

    Raises:
        ValueError: where nothing was counted on one of the three sides.

    Reference: Rogan, Gladen 1978, "Estimating prevalence from the results of a screening test"; Brown, Cai, DasGupta 2001,
    "Interval estimation for a binomial proportion", section 4.3 (Jeffreys).

    Example:
        >>> str(prevalence((45, 60), (60, 60), (3, 60)).estimate)
        '0.737 [0.611, 0.847]'
    """
    if not (called[1] and true[1] and false[1]):
        raise ValueError("a corrected share needs cases on all three sides")
    rng = np.random.default_rng(seed)
    y, s, f = (rng.beta(k + 0.5, n - k + 0.5, _DRAWS) for k, n in (called, true, false))
    tells = s > f
    drawn = np.clip((y - f) / np.where(tells, s - f, 1.0), 0.0, 1.0)
    low = float(np.quantile(np.where(tells, drawn, 0.0), 0.025))
    high = float(np.quantile(np.where(tells, drawn, 1.0), 0.975))
    rates = [k / n for k, n in (called, true, false)]
    value = 0.5 * (low + high)
    if rates[1] > rates[2]:
        value = min(1.0, max(0.0, (rates[0] - rates[2]) / (rates[1] - rates[2])))
    estimate = Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        n=called[1],
        method="Rogan-Gladen, Jeffreys posteriors of its three rates",
    )
    return Prevalence(estimate, np.where(tells, drawn, 0.0))
