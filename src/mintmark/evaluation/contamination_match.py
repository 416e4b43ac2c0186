"""What rows and benchmarks have in common: shared runs of words, and likeness by characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..measures.char_similarity import char_counts, char_weights, closest
from ..measures.copies import Parts, copies, parts_of
from .subject import Benchmark, Corpus
from .twins import words_of

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
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
    flagged = [copies([words_of(c)[i] for i in own.tolist()], parts) for c, own in corpora]
    found = []
    for k, own in enumerate(parts):
        mine = items[ends[k] : ends[k + 1]]
        matches = [
            Match(f[k].flagged, f[k].item, f[k].covered, *closest(matrix, mine)) for f, matrix in zip(flagged, weighed)
        ]
        if alone:
            repeated = copies(own.words, [own], apart=own.item)[0].flagged
            asked_twice = np.zeros(mine.shape[0], np.bool_)
            asked_twice[own.item[repeated]] = True
            none = np.full(len(asked_twice), -1, np.int64)
            matches.append(Match(asked_twice, none, np.zeros(len(none)), *closest(mine, mine, apart=True)))
        found.append(matches)
    return found


def _prompt(item: Any) -> str:
    return str(item.get("prompt") or next(iter(item.values()), ""))


def _parts(benchmark: Benchmark) -> Parts:
    """Return the words of every part that is compared; the choices of a question are read with it."""
    return parts_of({name: text for name, text in item.items() if name != "choices"} for item in benchmark.items)
