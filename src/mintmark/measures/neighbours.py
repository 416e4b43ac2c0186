"""Exact nearest neighbours of dense vectors, and what neighbourhoods say of two sets of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Metric = Literal["euclid", "cosine"]
Vectors = npt.NDArray[np.float32]
Distances = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BLOCK_BYTES = 32 << 20
"""Memory that one block of distances may take."""


def nearest(
    queries: Vectors, base: Vectors, k: int, *, exclude_self: bool = False, metric: Metric = "euclid",
    block: int | None = None,
) -> tuple[Distances, Ints]:  # fmt: skip
    """Return the k nearest rows of `base` to each query, nearest first: exact, in memory that does not grow.

    Takes queries x base x d multiplications: sample the base where both sets are large.

    Args:
        queries: shape (queries, d).
        base: shape (base, d).
        k: neighbours; fewer come back where `base` has fewer.
        exclude_self: query i is row i of `base` and no neighbour of its own; its doubles are.
        metric: `euclid`, or `cosine` distance, 1 - cos (1 from a row of zeros).
        block: queries at a time; by memory where not given.

    Returns:
        distances: float32, shape (queries, k), ascending.
        indices: int64, shape (queries, k); of equal distances the lower row first among those found.

    Raises:
        ValueError: for k < 1, or for shapes that do not fit.

    Example:
        >>> d, i = nearest(np.float32([[0.0], [5.0]]), np.float32([[1.0], [4.0], [9.5]]), 2)
        >>> d.tolist(), i.tolist()
        ([[1.0, 4.0], [1.0, 4.0]], [[0, 1], [1, 0]])
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if queries.ndim != 2 or base.ndim != 2 or queries.shape[1] != base.shape[1]:
        raise ValueError(f"shapes {queries.shape} and {base.shape} are no two sets of vectors of one length")
    if exclude_self and len(queries) != len(base):
        raise ValueError("exclude_self: the queries must be the base")
    queries, base = _prepared(queries, metric, 0), _prepared(base, metric, 1)
    k = min(k, len(base) - int(exclude_self))
    distances = np.zeros((len(queries), max(k, 0)), np.float32)
    indices = np.zeros((len(queries), max(k, 0)), np.int64)
    if k < 1:
        return distances, indices
    for rows, squares in _blocks(queries, base, block):
        if exclude_self:
            squares[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = np.inf
        found = np.argpartition(squares, k - 1, axis=1)[:, :k] if k < squares.shape[1] else _all(squares)
        # What the block has lost to rounding, which is most where rows are nearly the same, is computed again.
        exact = np.linalg.norm(base[found] - queries[rows, None, :], axis=2)
        order = np.lexsort((found, exact))
        distances[rows] = np.take_along_axis(exact, order, 1)
        indices[rows] = np.take_along_axis(found, order, 1)
    if metric == "cosine":
        distances *= distances / 2
    return distances, indices


@dataclass(frozen=True)
class Prdc:
    """Four sights of how two clouds of points lie in each other, each 1 or near it where they are the same.

    Attributes:
        precision: share of candidate rows that lie in a ball of some real row: is what is made plausible?
        recall: share of real rows that lie in a ball of some candidate row: is what is real reached?
        density: real balls a candidate row lies in, over k: 1 on average, more where candidates crowd.
        coverage: share of real balls with a candidate row in them; 1 - 2^-k for equal sizes of one cloud.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Vectors, candidate: Vectors, k: int = 5) -> Prdc:
    """Return precision, recall, density and coverage; the ball of a row reaches to its k-th neighbour in its own set.

    Guarantees: for two samples of one continuous distribution, both of n rows, E[density] = 1 and E[coverage] is
    1 - (n - 1) ... (n - k) / ((2n - 1) ... (2n - k)), about 1 - 2^-k.

    Raises:
        ValueError: where a set has not more than k rows.

    Reference: Naeem et al. 2020, Reliable fidelity and diversity metrics for generative models; Kynkaanniemi et al.
        2019, Improved precision and recall metric.
    """
    if min(len(real), len(candidate)) <= k:
        raise ValueError(f"balls to the {k}th neighbour need more than {k} rows, got {len(real)}, {len(candidate)}")
    of_real = _squared_radii(real, k)
    of_candidate = _squared_radii(candidate, k)
    hits = 0
    precise = np.zeros(len(candidate), np.bool_)
    recalled, covered = np.zeros(len(real), np.bool_), np.zeros(len(real), np.bool_)
    for rows, squares in _blocks(real, candidate):
        inside = squares <= of_real[rows, None]
        hits += int(np.count_nonzero(inside))
        precise |= inside.any(0)
        covered[rows] = inside.any(1)
        recalled[rows] = (squares <= of_candidate).any(1)
    density = hits / (k * len(candidate))
    return Prdc(float(precise.mean()), float(recalled.mean()), density, float(covered.mean()))


def purity(neighbours: Ints, labels: Ints) -> Floats:
    """Return the share of each row's neighbours that bear its own label: float64, shape (rows,).

    Args:
        neighbours: row numbers, shape (rows, k), as `nearest` with `exclude_self` gives them.
        labels: shape (rows,).

    Reference: Schilling 1986, Multivariate two-sample tests based on nearest neighbors.

    Example:
        >>> purity(np.array([[1], [0], [1]]), np.array([1, 1, 0])).tolist()
        [1.0, 1.0, 0.0]
    """
    found: Floats = (labels[neighbours] == labels[:, None]).mean(1)
    return found


def permuted_purity(neighbours: Ints, labels: Ints, *, draws: int = 200, seed: int = 0) -> Floats:
    """Return the mean purity for labels dealt out anew over the same neighbours: float64, shape (draws,)."""
    rng = np.random.default_rng(seed)
    return np.array([purity(neighbours, rng.permutation(labels)).mean() for _ in range(draws)])


def _squared_radii(x: Vectors, k: int) -> Distances:
    found = np.empty(len(x), np.float32)
    for rows, squares in _blocks(x, x):
        squares[np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop)] = np.inf
        found[rows] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    # Rounding must not put a row that lies on the ball's edge, as copies of one row do, outside of it.
    radii: Distances = found + np.float32(1e-6) * np.einsum("ij,ij->i", x, x)
    return radii


def _prepared(x: Vectors, metric: Metric, side: int) -> Vectors:
    x = np.ascontiguousarray(x, np.float32)
    if metric == "euclid":
        return x
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    found = np.zeros((len(x), x.shape[1] + 2), np.float32)
    np.divide(x, lengths, out=found[:, :-2], where=lengths > 0)
    # A row of zeros is given a direction of its own: it is at right angles to everything.
    found[:, x.shape[1] + side] = lengths[:, 0] == 0
    return found


def _blocks(queries: Vectors, base: Vectors, block: int | None = None) -> Iterator[tuple[slice, Distances]]:
    """Yield the squared distances of some queries to all of the base, block by block; the array is used again."""
    own = np.einsum("ij,ij->i", queries, queries)
    theirs = np.einsum("ij,ij->i", base, base)
    size = block or max(1, BLOCK_BYTES // (4 * max(1, len(base))))
    room = np.empty((min(size, len(queries)), len(base)), np.float32)
    turned = np.ascontiguousarray(base.T)
    for start in range(0, len(queries), size):
        rows = slice(start, min(start + size, len(queries)))
        squares = room[: rows.stop - start]
        np.matmul(queries[rows], turned, out=squares)
        squares *= -2
        squares += own[rows, None]
        squares += theirs
        np.maximum(squares, 0, out=squares)
        yield rows, squares


def _all(squares: Distances) -> Ints:
    return np.broadcast_to(np.arange(squares.shape[1]), squares.shape).copy()
