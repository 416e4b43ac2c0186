"""What rows and benchmarks have in common: shared runs of words, and likeness by characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..measures.char_similarity import char_counts, char_weights, closest
from ..measures.runs_shared import match_words, shared_runs, telling
from ..measures.tokens import tokens
from .subject import Benchmark, Corpus
from .twins import words_of

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
LONG, SHORT = 13, 8
"""Words of a run that is a copy by itself; and of runs that are one where they cover half of the item's part."""
COVERED = 0.5
_MOST = 1 << 32
_PROMPTS = ("question", "instruction", "query")


@dataclass(frozen=True, eq=False)
class Match:
    """What one benchmark has in common with rows, a place for each row.

    Attributes:
        flagged: whether n-grams make the row a copy of an item.
        item, covered: the item it shares most with (-1 for none), and the share of its part's words.
        like, nearest: likeness of the row's prompt with the nearest item's, and that item.
    """

    flagged: npt.NDArray[np.bool_]
    item: Ints
    covered: npt.NDArray[np.float64]
    like: Floats
    nearest: Ints


def prompts(corpus: Corpus) -> list[str]:
    """Return what each row asks, where a column says so, else its whole text."""
    role = next((r for r in _PROMPTS if corpus.has(r)), None)
    if role is None:
        return corpus.texts
    asked = corpus.column(role)
    more = corpus.column("input") if role == "instruction" and corpus.has("input") else [""] * len(asked)
    return ["\n".join(filter(None, pair)) or text for *pair, text in zip(asked, more, corpus.texts)]


def compare(benchmarks: Sequence[Benchmark], corpora: list[tuple[Corpus, Ints]], alone: bool) -> list[list[Match]]:
    """Return for each benchmark its match with each corpus, and with `alone` then with itself: different questions."""
    asked = [[p[i] for i in own.tolist()] for p, (_, own) in ((prompts(c), (c, own)) for c, own in corpora)]
    *weighed, items = char_weights(
        *map(char_counts, asked), char_counts([_prompt(i) for b in benchmarks for i in b.items])
    )
    ends = np.cumsum([0, *(len(b.items) for b in benchmarks)])
    parts = [_parts(b) for b in benchmarks]
    flagged = [_flags([words_of(c)[i] for i in own.tolist()], parts) for c, own in corpora]
    found = []
    for k, (own_parts, owner) in enumerate(parts):
        mine = items[ends[k] : ends[k + 1]]
        matches = [Match(*f[k], *closest(matrix, mine)) for f, matrix in zip(flagged, weighed)]
        if alone:
            copies = _flags(own_parts, [(own_parts, owner)], apart=owner)[0][0]
            asked_twice = np.zeros(mine.shape[0], np.bool_)
            asked_twice[owner[copies]] = True
            none = np.full(len(asked_twice), -1, np.int64)
            matches.append(Match(asked_twice, none, np.zeros(len(none)), *closest(mine, mine, apart=True)))
        found.append(matches)
    return found


def _prompt(item: Any) -> str:
    return str(item.get("prompt") or next(iter(item.values()), ""))


def _parts(benchmark: Benchmark) -> tuple[list[list[str]], Ints]:
    """Return the words of every part that is compared, and its item; the choices of a question are read with it."""
    texts, owner = [], []
    for number, item in enumerate(benchmark.items):
        for name, text in item.items():
            if name != "choices" and text:
                texts.append(match_words(tokens(text)))
                owner.append(number)
    return texts, np.array(owner, np.int64)


def _flags(
    texts: Sequence[Sequence[str]], benchmarks: Sequence[tuple[list[list[str]], Ints]], apart: Ints | None = None
) -> list[tuple[npt.NDArray[np.bool_], Ints, npt.NDArray[np.float64]]]:
    """Return for each benchmark which texts are copies of an item, of which, and how much of its part is covered.

    Args:
        apart: the texts are a benchmark's own parts, of these items, and none is held against its own.
    """
    everything = [p for parts, _ in benchmarks for p in parts]
    first = np.cumsum([0, *(len(parts) for parts, _ in benchmarks)])
    runs = shared_runs(texts, everything, least=SHORT, most=16 * len(benchmarks))
    # "Write a function to find the ..." stands in many items and tells of none.
    owners = np.concatenate([np.zeros(0, np.int64), *(owner + n * _MOST for n, (_, owner) in enumerate(benchmarks))])
    runs = runs.only(telling(runs, everything, np.unique(owners, return_inverse=True)[1].ravel(), n=SHORT))
    row, part, count = runs.covered_by_pair(of_other=True)
    size = np.fromiter((max(1, len(p)) for p in everything), np.int64, len(everything))
    share = count / size[part]
    width = len(everything) + 1
    long = np.unique(runs.row[runs.length >= LONG] * width + runs.other[runs.length >= LONG])
    copied = (share >= COVERED) | np.isin(row * width + part, long)
    found = []
    for k, (_, owner) in enumerate(benchmarks):
        own = (part >= first[k]) & (part < first[k + 1])
        if apart is not None:
            own &= apart[row] != owner[part]
        at = np.flatnonzero(own)
        at = at[np.lexsort((share[at], copied[at]))]
        flagged = np.zeros(len(texts), np.bool_)
        item, covered = np.full(len(texts), -1, np.int64), np.zeros(len(texts))
        flagged[row[at[copied[at]]]] = True
        item[row[at]], covered[row[at]] = owner[part[at] - first[k]], share[at]
        found.append((flagged, item, covered))
    return found
