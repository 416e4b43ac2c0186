"""What every look at data beside a reference begins with: the rows that have a text, and what to say where they do not do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Exhibit, Finding
from .claim import A_REFERENCE, needs
from .subject import Corpus, Subject, Vectors

Ints = npt.NDArray[np.int64]

ASPECT = "fidelity"
ROWS = 20_000
"""Rows of each set that are read at most; of more, as many are drawn."""
SMALLEST = 20
SHOWN = 400
"""Characters of a row in an exhibit."""


@dataclass(frozen=True)
class Sides:
    """The rows of data and reference that are compared: numbers of rows that have a text."""

    subject: Subject
    data: Ints
    reference: Ints

    @cached_property
    def real(self) -> Corpus:
        """The reference."""
        assert self.subject.reference is not None
        return self.subject.reference

    @cached_property
    def vectors(self) -> tuple[Vectors, Vectors]:
        """The vectors of the compared rows of data and reference."""
        own, real = self.subject.vectors
        assert real is not None
        return own[self.data], real[self.reference]

    @cached_property
    def lexical(self) -> tuple[Any, Any]:
        """TF-IDF of the compared rows of data and reference."""
        own, real = self.subject.lexical
        assert real is not None
        return own[self.data], real[self.reference]

    @cached_property
    def tokens(self) -> tuple[list[list[str]], list[list[str]]]:
        """Words and signs of the compared rows of data and reference."""
        own, real = self.subject.data.tokens, self.real.tokens
        return [own[i] for i in self.data], [real[i] for i in self.reference]

    @property
    def sampled(self) -> str:
        """What to say of rows not read, "" where all were."""
        most = max(len(self.subject.data), len(self.real))
        return f" At most {ROWS:,} rows of each set were drawn." if most > ROWS else ""


def sides_of(subject: Subject, *, least: tuple[int, int] = (SMALLEST, SMALLEST)) -> Sides | str:
    """Return the rows to compare, or what would be needed for that.

    Args:
        least: rows with a text that data and reference must have.
    """
    if subject.reference is None:
        return A_REFERENCE
    data, reference = (_with_text(c, subject.seed) for c in (subject.data, subject.reference))
    for name, rows, few in (("data", data, least[0]), ("reference", reference, least[1])):
        if len(rows) < few:
            return f"at least {few} rows with a text in the {name}; there are {len(rows)}"
    return Sides(subject, data, reference)


def unanswered(metrics: Iterable[tuple[str, str]], what: str) -> list[Finding]:
    """Return an open question for each (metric, question): what it needs is `what`."""
    return [needs(ASPECT, metric, what, f"{question} This needs {what}.") for metric, question in metrics]


def rows_shown(corpus: Corpus, rows: Iterable[int], notes: Sequence[str] = (), *, most: int = 5) -> list[Exhibit]:
    """Return rows as exhibits, each text once, cut where long."""
    of: dict[str, Exhibit] = {}
    kind = "reference" if corpus.name == "reference" else "data"
    for place, row in enumerate(rows):
        text = cut(corpus.texts[row])
        if text not in of:
            note = notes[place] if place < len(notes) else ""
            of[text] = Exhibit(text=text, id=corpus.ids[row], of=kind, note=note)
        if len(of) == most:
            break
    return list(of.values())


def cut(text: str, size: int = SHOWN) -> str:
    """Return `text`, or its beginning with three dots where it is longer than `size` characters."""
    return text if len(text) <= size else text[:size].rstrip() + "..."


def _with_text(corpus: Corpus, seed: int) -> Ints:
    rows = np.flatnonzero([bool(t.strip()) for t in corpus.texts])
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:ROWS])
    return rows.astype(np.int64)
