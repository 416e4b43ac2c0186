"""How good a ranking is, held against graded relevance: nDCG, recall and reciprocal rank of one query."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return the discounted gain of the first `k` places over the best that any order could reach, in [0, 1].

    The gain of a place is its grade over log2(1 + place), as in trec_eval; an unjudged document has grade 0. A query
    without a relevant document has no best order: 0.

    Args:
        ranking: document ids, best first, each once.
        grades: document id -> grade, 0 or more.
        k: places that count.

    Reference: Jarvelin and Kekalainen 2002, Cumulated gain-based evaluation of IR techniques, section 2.2.

    Example:
        >>> round(ndcg(["a", "b"], {"b": 3, "a": 1}, 10), 4)
        0.7967
    """
    best = _gain(sorted(grades.values(), reverse=True)[:k])
    return _gain([grades.get(one, 0.0) for one in ranking[:k]]) / best if best > 0 else 0.0


def recall(ranking: Sequence[str], relevant: Sequence[str], k: int) -> float:
    """Return the share of the relevant documents that stand in the first `k` places; 0 where none is relevant.

    Example:
        >>> recall(["a", "b", "c"], ["c", "x"], 3)
        0.5
    """
    wanted = set(relevant)
    return len(wanted & set(ranking[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(ranking: Sequence[str], relevant: Sequence[str], k: int | None = None) -> float:
    """Return 1 over the place of the first relevant document among the first `k`, 0 where there is none.

    Its mean over queries is the MRR.

    Reference: Voorhees 1999, The TREC-8 question answering track report, section 3.

    Example:
        >>> reciprocal_rank(["a", "b", "c"], ["c", "b"])
        0.5
    """
    wanted = set(relevant)
    return next((1 / place for place, one in enumerate(ranking[:k], 1) if one in wanted), 0.0)


def _gain(grades: Sequence[float]) -> float:
    return math.fsum(grade / math.log2(1 + place) for place, grade in enumerate(grades, 1))
