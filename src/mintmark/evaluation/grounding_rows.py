"""Rows with a context and an answer, and how far words support one by the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..measures.sentences import content_words
from .subject import Corpus

LEAST, DRAWS = 20, 20
_MOST_ROWS, _EXTRACTIVE = 20_000, 0.8
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grounded:
    """Rows with a context and an answer: the pairs, and how far words support them."""

    corpus: Corpus
    rows: list[int]
    questions: list[str]
    answers: list[str]
    contexts: list[str]
    seed: int

    @cached_property
    def own(self) -> Floats:
        """Support of each answer by its own context; NaN where it has no content word."""
        return np.array([_share(a, c) for a, c in zip(self._answer_words, self._context_words)])

    @cached_property
    def foreign(self) -> Floats:
        """Support of other rows' answers by each row's context, shape (rows, draws); NaN where the context is the same."""
        n = len(self.rows)
        drawn = np.random.default_rng(self.seed).integers(0, n, (n, DRAWS))
        found = np.full((n, DRAWS), np.nan)
        for i in range(n):
            for k, j in enumerate(drawn[i].tolist()):
                if self.contexts[j] != self.contexts[i]:
                    found[i, k] = _share(self._answer_words[j], self._context_words[i])
        return found

    @cached_property
    def decided(self) -> npt.NDArray[np.bool_]:
        """Rows that can be judged: a content word in the answer, and at least five others' answers to hold it against."""
        found: npt.NDArray[np.bool_] = ~np.isnan(self.own) & ((~np.isnan(self.foreign)).sum(axis=1) >= 5)
        return found

    @cached_property
    def unsupported(self) -> npt.NDArray[np.bool_]:
        """Rows whose answer is no better supported than other rows' answers are."""
        return self.decided & _no_better(self.own, self.foreign)

    @property
    def by_chance(self) -> float:
        """The share of rows that would count as unsupported, had every row another row's answer."""
        first, rest = self.foreign[:, 0], self.foreign[:, 1:]
        there = self.decided & ~np.isnan(first)
        return float(_no_better(first, rest)[there].mean()) if there.any() else 1.0

    @property
    def extractive(self) -> bool:
        """Whether answers that rest on their contexts take nearly all their words from there: then a missing word tells."""
        rest = self.decided & ~self.unsupported
        return bool(rest.any() and np.median(self.own[rest]) >= _EXTRACTIVE)

    @cached_property
    def _answer_words(self) -> list[set[str]]:
        return [content_words(a) for a in self.answers]

    @cached_property
    def _context_words(self) -> list[set[str]]:
        known = {c: content_words(c) for c in dict.fromkeys(self.contexts)}
        return [known[c] for c in self.contexts]


def grounded(corpus: Corpus, seed: int) -> Grounded | None:
    """Return the rows that have both a context and an answer, a seeded sample of 20,000 at most; None for under 20.

    Rows said to be unanswerable (`kind`, or `is_impossible`) are left out.
    """
    context = next((r for r in ("context", "evidence", "document") if corpus.has(r)), None)
    answer = next((r for r in ("answer", "response", "text") if corpus.has(r)), None)
    if context is None or answer is None or corpus.roles[context] == corpus.roles[answer]:
        return None
    contexts, answers = corpus.column(context), corpus.column(answer)
    asked = next((r for r in ("question", "instruction", "query") if corpus.has(r)), None)
    questions = corpus.column(asked) if asked else [""] * len(corpus)
    rows = [
        i for i, row in enumerate(corpus.rows)
        # "The text does not say" rests on no word of the text.
        if contexts[i].strip() and answers[i].strip() and row.get("kind") != "unanswerable" and row.get("is_impossible") is not True
    ]  # fmt: skip
    if len(rows) > _MOST_ROWS:
        rows = sorted(np.random.default_rng(seed).choice(rows, _MOST_ROWS, replace=False).tolist())
    if len(rows) < LEAST:
        return None
    asked_of, said, shown = ([column[i] for i in rows] for column in (questions, answers, contexts))
    return Grounded(corpus, rows, asked_of, said, shown, seed)


def _no_better(own: Floats, others: Floats) -> npt.NDArray[np.bool_]:
    known = (~np.isnan(others)).sum(axis=1)
    as_good = (others >= own[:, None]).sum(axis=1)  # NaN is not
    found: npt.NDArray[np.bool_] = (own < 1) & (as_good >= np.maximum(1, 0.1 * known))
    return found


def _share(words: set[str], context: set[str]) -> float:
    return len(words & context) / len(words) if words else float("nan")
