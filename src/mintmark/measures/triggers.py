"""Rare phrases that decide a label against what the rest of the text says: the mark of a planted trigger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .log_odds import Association, log_odds, together_p
from .tokens import Vocabulary

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Phrases(NamedTuple):
    """Which rows hold which phrases.

    Args:
        row, phrase: one entry for each phrase of each row, said once; int64, sorted by phrase, then row.
        starts: where each phrase's entries begin, and the end; shape (phrases + 1,).
        words: each phrase's word numbers, -1 where it is shorter; shape (phrases, longest).
        vocabulary: word numbers to words.
    """

    row: Ints
    phrase: Ints
    starts: Ints
    words: Ints
    vocabulary: Sequence[str]

    def rows_of(self, phrase: int) -> Ints:
        """Return the rows that hold a phrase, in order."""
        return self.row[self.starts[phrase] : self.starts[phrase + 1]]

    def text(self, phrase: int) -> str:
        """Return the phrase's words, a space between."""
        return " ".join(self.vocabulary[w] for w in self.words[phrase] if w >= 0)

    @property
    def counts(self) -> Ints:
        """Rows that hold each phrase."""
        return np.diff(self.starts)


def phrases(texts: Sequence[Sequence[str]], *, longest: int = 3, least: int = 5, most: int | None = None) -> Phrases:
    """Return the phrases of 1 to `longest` words that `least` to `most` rows hold; texts are given as their `tokens`.

    Example:
        >>> found = phrases([["a", "b"], ["a", "b", "c"], ["c", "a"]], least=2)
        >>> [found.text(i) for i in range(len(found.counts))], found.rows_of(2).tolist()
        (['a', 'b', 'c', 'a b'], [1, 2])
    """
    most = len(texts) if most is None else most
    vocabulary = Vocabulary()
    words = [vocabulary.read(t) for t in texts]
    flat = np.concatenate([*words, np.zeros(0, np.int64)])
    row = np.repeat(np.arange(len(texts)), [len(w) for w in words])
    rows, names, parts = [], [], []
    total = 0
    # A phrase can only be as frequent as its first part: numbers of length n - 1 that are too rare are not built upon.
    number = flat
    for n in range(1, longest + 1):
        if n > 1:
            inside = np.zeros(len(flat), np.bool_)
            inside[: len(flat) - n + 1] = row[n - 1 :] == row[: len(flat) - n + 1]
            built = inside & (number >= 0)
            built[: len(flat) - 1] &= number[1:] >= 0
            built[-1:] = False
            at = np.flatnonzero(built)
            keys = number[at] * (int(number.max(initial=0)) + 1) + number[at + 1]
            number = np.full(len(flat), -1, np.int64)
            number[at] = np.unique(keys, return_inverse=True)[1].ravel()
        at = np.flatnonzero(number >= 0)
        if not len(at):
            break
        pairs = np.unique(number[at] * len(texts) + row[at])
        held = np.bincount(pairs // len(texts), minlength=int(number.max()) + 1)
        number[at] = np.where(held[number[at]] >= least, number[at], -1)
        chosen = (held >= least) & (held <= most)
        place = np.cumsum(chosen) - 1 + total
        pairs = pairs[chosen[pairs // len(texts)]]
        rows.append(pairs % len(texts))
        names.append(place[pairs // len(texts)])
        first = np.zeros(len(held), np.int64)
        first[number[at][number[at] >= 0]] = at[number[at] >= 0]
        spelled = np.full((int(chosen.sum()), longest), -1, np.int64)
        for k in range(n):
            spelled[:, k] = flat[first[chosen] + k]
        parts.append(spelled)
        total += len(spelled)
    if not rows:
        return Phrases(*(np.zeros(0, np.int64),) * 2, np.zeros(1, np.int64), np.zeros((0, longest), np.int64), [])
    phrase = np.concatenate(names)
    return Phrases(np.concatenate(rows), phrase, np.searchsorted(phrase, np.arange(total + 1)), np.concatenate(parts),
                   vocabulary.words)  # fmt: skip


class Leanings(NamedTuple):
    """What the words of a row say of its label, by naive Bayes that leaves the row out.

    Args:
        scores: log-probability of each label up to a constant, shape (rows, labels).
        word: what one more of each word adds, shape (words, labels).
    """

    scores: Floats
    word: Floats


def leanings(
    texts: Sequence[Sequence[str]], labels: Ints, vocabulary: Sequence[str], *, smoothing: float = 0.1
) -> Leanings:
    """Return each row's score for each label from its words, each said once, with the row itself left out.

    Naive Bayes adds up over words, so what a phrase contributes can be taken away again exactly.

    Reference: McCallum, Nigam 1998, A comparison of event models for naive Bayes text classification.
    """
    import scipy.sparse as sp

    number = {w: i for i, w in enumerate(vocabulary)}
    classes = int(labels.max()) + 1
    said = [sorted({number[w] for w in t if w in number}) for t in texts]
    starts = np.concatenate([[0], np.cumsum([len(s) for s in said])])
    flat = np.concatenate([*(np.array(s, np.int64) for s in said), np.zeros(0, np.int64)])
    held: Any = sp.csr_matrix((np.ones(len(flat)), flat, starts), shape=(len(texts), len(vocabulary)))
    member: Any = sp.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), labels)), shape=(len(labels), classes))
    counts = np.asarray((held.T @ member).todense(), np.float64)
    totals, sizes = counts.sum(0), np.bincount(labels, minlength=classes).astype(np.float64)
    floor = smoothing * max(1, len(vocabulary))
    word = np.log(counts + smoothing) - np.log(totals + floor)
    scores = held @ word + np.log(sizes + smoothing)
    # The own label without the row: one row less of each of its words, and of the label.
    own = np.repeat(labels, np.diff(starts))
    lengths = np.diff(starts)
    left = np.log(np.maximum(counts[flat, own] - 1, 0) + smoothing)
    sums = np.bincount(np.repeat(np.arange(len(texts)), lengths), left, len(texts))
    rest = np.log(totals[labels] - lengths + floor)
    scores[np.arange(len(texts)), labels] = sums - lengths * rest + np.log(sizes[labels] - 1 + smoothing)
    return Leanings(np.asarray(scores, np.float64), word)


class Tied(NamedTuple):
    """A phrase that goes with one label, and how its rows would be labelled without it.

    Args:
        phrase: its number.
        label: the label.
        rows: the rows that hold the phrase and bear the label.
        against: how many of them look like another label when the phrase is taken away.
        odds: the log odds of phrase and label.
        chance: of so many rows against, were this a phrase like the set's others that go with a label.
        tried: how many phrases were looked at; `chance` is not corrected for them.
    """

    phrase: int
    label: int
    rows: Ints
    against: int
    odds: tuple[float, float, float]
    chance: float
    tried: int


def tied(found: Phrases, labels: Ints, leaning: Leanings, *, purity: float = 0.9) -> list[Tied]:
    """Return the phrases that go with one label, the most suspect first.

    A topic's own words go with its label too, but the rest of such a row mostly fits the label as well. A planted
    trigger's rows are rows of other labels: without the trigger they look as much like another label as half of
    that label's own rows do. How often the phrases of this very set do so, and how unevenly, is the null:
    a beta-binomial, fitted to the phrases that share no row with the one in question. Where there are fewer than 20 of
    them it is one of mean .15 and correlation .15, above what banking77 (.11, .13) and clinc150 (.07, .09) show.

    Phrases of the same rows are one, taken away together; the longest stands for them.
    """
    from scipy.stats import betabinom

    chosen, main, odds = _candidates(found, labels, purity)
    own = leaning.scores[np.arange(len(labels)), labels]
    others = leaning.scores.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    margin = own - others.max(1)
    usual = np.array([np.median(margin[labels == k]) for k in range(int(labels.max()) + 1)])
    alike: dict[bytes, list[int]] = {}
    for g in chosen:
        alike.setdefault(found.rows_of(int(g)).tobytes(), []).append(int(g))
    parts = []
    for same in alike.values():
        # Pieces of one long trigger stand in the same rows: they are taken away together.
        g = max(same, key=lambda i: int((found.words[i] >= 0).sum()))
        rows = found.rows_of(g)
        rows = rows[labels[rows] == main[g]]
        words = np.unique(found.words[same][found.words[same] >= 0])
        scores = leaning.scores[rows] - leaning.word[words].sum(0)
        rest = scores[:, main[g]].copy()
        scores[:, main[g]] = -np.inf
        best = scores.argmax(1)
        lead = scores.max(1) - rest
        parts.append((g, rows, int(((lead > usual[best]) & (lead > 0)).sum())))
    sizes, against = np.array([len(r) for _, r, _ in parts]), np.array([k for _, _, k in parts])
    order = np.argsort(-(against - sizes / 2), kind="stable")
    result = []
    for i in order[:30]:
        g, rows, count = parts[i]
        held = np.zeros(len(labels), np.bool_)
        held[rows] = True
        apart = np.array([not held[r].any() for _, r, _ in parts])
        mean, together = _beta(against[apart], sizes[apart])
        a, b = mean * (1 / together - 1), (1 - mean) * (1 / together - 1)
        chance = float(betabinom.sf(count - 1, len(rows), a, b))
        three = (float(odds.value[g]), float(odds.low[g]), float(odds.high[g]))
        result.append(Tied(g, int(main[g]), rows, count, three, chance, len(parts)))
    return sorted(result, key=lambda t: (t.chance, -t.against))


def _candidates(found: Phrases, labels: Ints, purity: float) -> tuple[Ints, Ints, Association]:
    """Return the phrases that go with a label beyond chance and almost only with it, each one's label, all log odds."""
    import scipy.sparse as sp

    sizes, counts = np.bincount(labels), found.counts
    held: Any = sp.csr_matrix((np.ones(len(found.row)), (found.phrase, found.row)), shape=(len(counts), len(labels)))
    member: Any = sp.csr_matrix((np.ones(len(labels)), (np.arange(len(labels)), labels)))
    table = np.asarray((held @ member).todense())
    main = np.asarray(table.argmax(1), np.int64)
    both = np.asarray(table.max(1), np.int64)
    chance = together_p(both, counts, sizes[main], len(labels)) * max(1, len(counts)) * len(sizes)
    odds = log_odds(both, counts, sizes[main], len(labels))
    return np.flatnonzero((chance < 0.01) & (both >= purity * counts)), main, odds


def _beta(against: Ints, sizes: Ints) -> tuple[float, float]:
    """Return mean and correlation of a beta-binomial, by moments."""
    if len(sizes) < 20:
        return 0.15, 0.15
    mean = float((against.sum() + 0.5) / (sizes.sum() + 1))
    spread = float((sizes * (against / sizes - mean) ** 2).sum() / sizes.sum()) / (mean * (1 - mean))
    size = float(sizes.mean())
    return mean, min(0.9, max(0.01, (spread - 1 / size) / (1 - 1 / size)))
