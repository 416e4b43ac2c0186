"""Small worlds in which data are made from data: a model of word pairs learns from texts and writes others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

END = ""


def bigram_model(texts: Sequence[str], count: int, *, seed: int, cut: float = 0.0) -> list[str]:
    """Return texts written by a model of word pairs; `cut` drops that part of the least likely next words."""
    rng = np.random.default_rng(seed)
    following: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for text in texts:
        words = text.split()
        for one, other in zip([END, *words], [*words, END]):
            following[one][other] += 1
    tables = {}
    for word, nexts in following.items():
        names = sorted(nexts, key=lambda w: (-nexts[w], w))
        p = np.array([nexts[w] for w in names], float)
        p /= p.sum()
        if cut:
            p[np.cumsum(p) - p > 1 - cut] = 0
        tables[word] = names, np.cumsum(p / p.sum())
    made = []
    for _ in range(count):
        words, word = [], END
        for draw in rng.random(120):
            names, cumulative = tables[word]
            word = names[min(int(np.searchsorted(cumulative, draw, side="right")), len(names) - 1)]
            if word == END:
                break
            words.append(word)
        made.append(" ".join(words) or "nothing")
    return made


def replaced(texts: Sequence[str], generations: int, *, seed: int, cut: float = 0.0) -> list[list[str]]:
    """Return the first texts and what each generation, learning from the last one alone, makes of them."""
    found = [list(texts)]
    for g in range(generations):
        found.append(bigram_model(found[-1], len(texts), seed=seed + g, cut=cut))
    return found


def accumulated(
    texts: Sequence[str], fresh: Sequence[Sequence[str]], *, seed: int, share: float = 0.25, cut: float = 0.0
) -> list[list[str]]:  # fmt: skip
    """Return generations that keep all that was, and add fresh real texts and a share of made ones."""
    found = [list(texts)]
    for g, real in enumerate(fresh):
        made = bigram_model(found[-1], int(share * len(real)), seed=seed + g, cut=cut)
        found.append([*found[-1], *real, *made])
    return found
