"""What theory says of models trained on their own output, generation after generation."""

from __future__ import annotations

import math


def variance_after(variance: float, n: int, generations: int) -> float:
    """Return the expected variance of a Gaussian refitted `generations` times to n of its own draws, nothing else kept.

    Reference: Shumailov et al. 2024, AI models collapse when trained on recursively generated data (maximum likelihood).

    Example:
        >>> round(variance_after(1.0, 100, 100), 3)
        0.366
    """
    return variance * (1 - 1 / n) ** generations


def regression_error(noise: float, dimensions: int, rows: int, generations: int) -> float:
    """Return the expected excess error of least squares refitted to its own labels, each generation replacing the last.

    Args:
        noise: variance of the labels' noise.

    Raises:
        ValueError: where rows do not exceed dimensions by 2.

    Reference: Dohmatob, Feng, Kempe 2024, Model collapse demystified; Gerstgrasser et al. 2024, section 4.

    Example:
        >>> [round(regression_error(1.0, 20, 200, t), 3) for t in (1, 5, 10)]
        [0.112, 0.559, 1.117]
    """
    if rows <= dimensions + 1:
        raise ValueError(f"needs more than {dimensions + 1} rows for {dimensions} dimensions, got {rows}")
    return generations * noise * dimensions / (rows - dimensions - 1)


def accumulated_error_bound(noise: float, dimensions: int, rows: int) -> float:
    """Return what the same error stays under for ever where each generation is added to all before it.

    Reference: Gerstgrasser et al. 2024, Is model collapse inevitable?, theorem 1.

    Example:
        >>> round(accumulated_error_bound(1.0, 20, 200), 3)
        0.184
    """
    return math.pi**2 / 6 * regression_error(noise, dimensions, rows, 1)
