"""Operators: one step of a recipe, a frozen model whose fields ARE its recipe entry.

Three scopes: a `RowOperator` sees one row and may await calls; a `BatchOperator` judges bounded batches row by
row, vectorised (where a batch begins and ends must not matter); a `TableOperator` sees everything.
"""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from .call import Reply, Request
from .dataset import Columns, Row
from .execution import Execution, Limits
from .outcome import Outcome, RowOutcome

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Scope = Literal["row", "batch", "table"]
T = TypeVar("T")


class Context(Protocol):
    """What an operator may reach besides its rows. Every effect goes through a call that is written down."""

    @property
    def step(self) -> str:
        """This step's name in the recipe, e.g. `curate.judge` or `curate.judge#2`."""

    @property
    def artifact(self) -> Any:
        """What `prepare` returned."""

    @property
    def pool(self) -> Sequence[Row]:
        """The rows kept through the round before, frozen; empty in the first round."""

    def side(self, name: str) -> Sequence[Row]:
        """The rows of the recipe's side input `name`."""

    def capabilities(self, model: str) -> frozenset[str]:
        """What the recipe's model `model` can do: chat, complete, score, embed, schema, logprobs."""

    def rng(self, *parts: Any) -> random.Random:
        """A generator seeded by the run's seed, this row, this step and `parts`."""


class RowContext(Context, Protocol):
    """The context of a row operator: calls are awaited and bound to the row."""

    @property
    def row_id(self) -> str:
        """The row's id."""

    @property
    def draw(self) -> int:
        """Which draw of this row this is, from 0; see `drawn`."""

    def drawn(self, n: int) -> RowContext:
        """Return the context of this row's n-th draw: its calls and random numbers have seeds of their own."""

    async def through(self, operator: Operator, values: Row) -> RowOutcome:
        """Return what a row or batch operator says of a row that is not born yet; its calls are noted here."""

    async def chat(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        schema: Mapping[str, Any] | None = None,
        sample: int = 0,
        attempt: int = 0,
        **sampling: Any,
    ) -> Reply:
        """One chat completion. Raises `RowFailure` where the model refuses the request for good."""

    async def structured(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any],
        *,
        tries: int = 3,
        sample: int = 0,
        **sampling: Any,
    ) -> Any:
        """A chat reply parsed and checked against a JSON Schema; a reply that does not fit is shown to the
        model with its error, up to `tries` times, then `RowFailure("invalid_json" | "schema_mismatch")`."""

    async def complete(
        self, model: str, prompt: str, *, turn: str | None = None, sample: int = 0, attempt: int = 0, **sampling: Any
    ) -> Reply:
        """Continue `prompt` as raw text, with no chat template; with `turn="user"` the model's own template opens the
        user's turn before it (capability `template`)."""

    async def score(self, model: str, context: str, target: str) -> np.ndarray:
        """Natural log-probabilities of `target`'s tokens after `context`, shape (tokens,)."""

    async def embed(self, model: str, texts: Sequence[str]) -> np.ndarray:
        """Embeddings, float32, shape (len(texts), dimensions)."""

    async def execute(
        self, model: str, code: str, *, tests: Sequence[str] = (), stdin: str = "", limits: Limits | None = None
    ) -> Execution:
        """Run code, then its tests, in the sandbox that the recipe calls `model`, and tell how they ended."""


class BulkContext(Context, Protocol):
    """The context of batch and table operators and of `prepare`: synchronous."""

    def map(self, work: Callable[[Row, RowContext], Awaitable[T]], rows: Iterable[Row]) -> list[T | Exception]:
        """Run `work` for every row at once, each with its own context; one result a row, in order. A
        `RowFailure` is returned in its row's place."""

    def embed(self, model: str, texts: Sequence[str]) -> np.ndarray:
        """Embeddings, float32, shape (len(texts), dimensions)."""


@dataclass(frozen=True)
class Example:
    """A case that an operator gives of itself; the laws are tested on it.

    Attributes:
        operator: the operator with its settings.
        rows: input rows (an `id` is given where there is none).
        fates: the fate of every candidate at this step, in order: inputs, each followed by what it bore.
        script: the scripted model's answer to a request: text, a `Reply`, or an exception to raise.
        side: side inputs by name.
    """

    operator: Operator
    rows: Sequence[Row]
    fates: Sequence[str]
    script: Callable[[Request], Any] | None = None
    side: Mapping[str, Sequence[Row]] = field(default_factory=dict)


class Operator(BaseModel):
    """A step of a recipe. Subclass one of the three scopes below and decorate with `@operator`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    op_name: ClassVar[str] = ""
    op_version: ClassVar[int] = 0
    scope: ClassVar[Scope]
    uses_pool: ClassVar[bool] = False
    """True where the step reads `ctx.pool`, which makes the run proceed in rounds."""

    def requires(self) -> Mapping[str, frozenset[str]]:
        """Return model name -> capabilities this step asks of it."""
        return {}

    def sides(self) -> Sequence[str]:
        """Return the names of the side inputs this step reads."""
        return ()

    def nested(self) -> Sequence[Operator]:
        """Return the operators that this one holds and applies itself; their versions count in fingerprints."""
        return ()

    def versions(self) -> Any:
        """Return this operator's version, with those of the operators that it holds."""
        inner = [(o.op_name, o.versions()) for o in self.nested()]
        return [self.op_version, *inner] if inner else self.op_version

    def reads(self) -> Sequence[str]:
        """Return the columns this step needs."""
        return [value for name, value in self if name == "on" and isinstance(value, str)]

    def output(self, columns: Columns) -> Columns:
        """Return the columns that kept rows have after this step, given those before it."""
        return columns

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the columns by which this step spreads its rows (a style, a principle), each with the values known beforehand.

        What of them came is told in the dataset card.
        """
        return {}

    def prepare(self, ctx: BulkContext) -> Any:
        """Return what `apply` will find in `ctx.artifact`: an index, a threshold. Runs once a run; pure but for calls.

        An artifact with a method `arrays()`, which gives a mapping of numpy arrays, is kept in the workspace for every step
        whose `preparer` is equal, over the same side inputs; `restore` makes it anew from them.
        """
        return None

    def preparer(self) -> Operator:
        """Return an operator that holds all that `prepare` reads of this one: itself, or one with fewer fields set."""
        return self

    def restore(self, arrays: Mapping[str, np.ndarray]) -> Any:
        """Return the artifact that `prepare` returned, from its `arrays()`."""
        raise NotImplementedError(f"{self.op_name} prepares an artifact with arrays and does not restore it")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return cases that show at least one kept and one non-kept row."""
        return ()


class RowOperator(Operator):
    """One row in; the row's fate and the rows it bears out. May be rerun any number of times: its only effects are calls."""

    scope: ClassVar[Scope] = "row"

    @abstractmethod
    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome: ...


class BatchOperator(Operator):
    """Vectorised work on bounded batches; each row's fate must not depend on the others."""

    scope: ClassVar[Scope] = "batch"

    @abstractmethod
    def apply(self, batch: pa.RecordBatch, ctx: BulkContext) -> Outcome: ...


class TableOperator(Operator):
    """Sees all rows at once, in source order."""

    scope: ClassVar[Scope] = "table"

    @abstractmethod
    def apply(self, table: pa.Table, ctx: BulkContext) -> Outcome: ...


def whole(steps: Iterable[Operator]) -> Iterator[Operator]:
    """Yield steps, each followed by those that it holds."""
    for step in steps:
        yield step
        yield from whole(step.nested())
