"""What is examined: the data, what they are held against, and what is known of how they were made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ..core.dataset import ROLES, Row, roles_of
from ..measures.judge import Asks
from ..measures.tokens import tokens
from ..measures.vectors import counts, latent, weigh

Vectors = npt.NDArray[np.float32]
T = TypeVar("T")
TEXT_ROLES = tuple(r for r in ROLES if r not in ("context", "evidence", "document", "label"))
"""Roles whose columns make a row's own text; what a row was made from is not its own."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Rows of one set.

    Args:
        name: `data`, `reference`, `source`, ...
        rows: dicts; columns may be missing, null or of mixed types.
        roles: role to column, where names do not say it.
    """

    name: str
    rows: Sequence[Row]
    roles: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.rows)

    @staticmethod
    def of(name: str, rows: Sequence[Row], roles: Mapping[str, str] | None = None) -> Corpus:
        """Return a corpus whose roles are those declared, else those that column names say."""
        names = {column: None for row in rows for column in row}
        return Corpus(name, rows, roles_of(names, roles))

    @cached_property
    def ids(self) -> list[str]:
        """Each row's `id`, or its number, counted from 1."""
        return [str(row.get("id") or row.get("source_id") or i) for i, row in enumerate(self.rows, 1)]

    @cached_property
    def texts(self) -> list[str]:
        """Each row's own text: its text roles' columns, a line break between; every text column where no role is known."""
        columns = [self.roles[role] for role in TEXT_ROLES if role in self.roles]
        return ["\n".join(filter(None, (text_of(row.get(c)) for c in columns or _own(row)))) for row in self.rows]

    @cached_property
    def tokens(self) -> list[list[str]]:
        """The words and signs of each row's own text."""
        return [tokens(text) for text in self.texts]

    def has(self, *roles: str) -> bool:
        """Return whether every one of `roles` has a column in which some row has a value."""
        return all(r in self.roles and any(row.get(self.roles[r]) is not None for row in self.rows) for r in roles)

    def column(self, role: str) -> list[str]:
        """Return a role's texts, "" where a row has none.

        Raises:
            KeyError: for a role without a column; ask `has` first.
        """
        name = self.roles[role]
        return [text_of(row.get(name)) for row in self.rows]


@dataclass(frozen=True)
class Benchmark:
    """Test questions that training data must not hold.

    Args:
        name: what a report calls it, e.g. `HumanEval`.
        items: each question's parts by name (`prompt`, `answer` ...); parts are compared apart.
    """

    name: str
    items: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class RunFacts:
    """What a run folder says of how its rows were made.

    Args:
        manifest: the manifest.
        dropped: rows dropped or failed, with step, reason and detail.
        lineage: every candidate row's id, fate, parents, calls, steps.
    """

    folder: Path
    manifest: Mapping[str, Any]
    dropped: Sequence[Row] = ()
    lineage: Sequence[Row] = ()


class Judge(Asks, Protocol):
    """A model that judges, asked from code that is not asynchronous."""

    spec: str

    def gather(self, work: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Do all the work at once; one result each, in order."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Everything an aspect may look at. What is not given is None or empty: the aspect says what it would need.

    Args:
        data: the rows under examination.
        reference: real rows.
        sources: what the rows were made from.
        protected: texts whose style or words must not be copied.
        task: `classification`, `qa`, `instruction`, ... where the user said it.
        score: log p(target | context) per token for (context, target) pairs, where a scoring model is at hand.
        judge: a model that judges.
        embed: texts to vectors, shape (texts, d), rows of length 1; latent vectors of words where not given.
        embedder: what made the vectors, for the report.
        command: the command of this report, for the findings.
    """

    data: Corpus
    reference: Corpus | None = None
    sources: Corpus | None = None
    protected: Corpus | None = None
    benchmarks: Sequence[Benchmark] = ()
    run: RunFacts | None = None
    task: str | None = None
    seed: int = 0
    score: Callable[[Sequence[tuple[str, str]]], list[npt.NDArray[np.float64]]] | None = None
    judge: Judge | None = None
    embed: Callable[[Sequence[str]], Vectors] | None = None
    embedder: str = "latent vectors of words (SVD of TF-IDF)"
    command: str = "mintmark evaluate"
    limits: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def lexical(self) -> tuple[Any, Any | None]:
        """TF-IDF of word 1- and 2-grams of data and reference: scipy CSR, rows of length 1."""
        found = weigh(*(counts(c.texts) for c in self._corpora))
        return found[0], found[1] if len(found) > 1 else None

    @cached_property
    def vectors(self) -> tuple[Vectors, Vectors | None]:
        """Dense vectors of data and reference, rows of length 1."""
        if self.embed is not None:
            found = [self.embed(c.texts) for c in self._corpora]
        else:
            found = latent([m for m in self.lexical if m is not None], seed=self.seed)
        return found[0], found[1] if len(found) > 1 else None

    @property
    def _corpora(self) -> list[Corpus]:
        return [self.data] if self.reference is None else [self.data, self.reference]


def text_of(value: Any) -> str:
    """Return a cell as text: a conversation turn by turn, a list line by line, nothing for null and NaN.

    Example:
        >>> text_of([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
        'Hi\\nHello'
    """
    if isinstance(value, str):
        # A lone surrogate, which JSON can bring, cannot be encoded by anything that follows.
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, Mapping):
        return text_of(value.get("content") if "content" in value else list(value.values()))
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, map(text_of, value)))
    return str(value)


def _own(row: Row) -> list[str]:
    """Return the columns that hold text, where no role says which: not ids, not what other roles hold."""
    apart = {"id", "source_id", "context", "evidence", "document", "label"}
    return [k for k, v in row.items() if k not in apart and isinstance(v, str | list | dict)]
