"""Contexts: how operators reach models, side inputs and the pool, every effect tied to its row and step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..calls.log import Stored
from ..core.call import Reply, Request
from ..core.dataset import Row, plain
from ..core.errors import MintmarkError, Pending, RowFailure
from ..core.execution import Execution, Limits
from ..core.fingerprint import seed_for
from ..core.operator import Operator, RowContext, RowOperator
from ..core.outcome import RowOutcome
from ..core.waiting import gathered
from ..models.client import Caller
from ..models.structured import structured
from .bulk import row_outcome, to_table

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")


class Shared:
    """What all contexts of a run share."""

    def __init__(self, seed: int, callers: Mapping[str, Caller], sides: Mapping[str, Sequence[Row]]) -> None:
        self.seed, self.callers, self.sides = seed, callers, sides
        self.artifacts: dict[str, Any] = {}
        self.pools: list[Sequence[Row]] = [()]
        self.loop: asyncio.AbstractEventLoop | None = None


class _Base:
    __slots__ = ("_round", "_shared", "calls", "draw", "row_id", "step", "step_index")

    def __init__(
        self, shared: Shared, step: str, index: int, row_id: str, calls: list[tuple[int, str]], round_: int,
        draw: int = 0,
    ) -> None:  # fmt: skip
        self._shared, self.step, self.step_index, self._round = shared, step, index, round_
        self.row_id, self.calls, self.draw = row_id, calls, draw

    @property
    def artifact(self) -> Any:
        return self._shared.artifacts.get(self.step)

    @property
    def pool(self) -> Sequence[Row]:
        return self._shared.pools[min(self._round, len(self._shared.pools) - 1)]

    def side(self, name: str) -> Sequence[Row]:
        return self._shared.sides[name]

    def capabilities(self, model: str) -> frozenset[str]:
        return self._shared.callers[model].model.capabilities

    def rng(self, *parts: Any) -> random.Random:
        return random.Random(self._seed_for(*parts))

    def _seed_for(self, *parts: Any) -> int:
        own = ("draw", self.draw) if self.draw else ()
        return seed_for(self._shared.seed, self.row_id, self.step, *parts, *own)

    async def _call(self, model: str, request: Request) -> Stored:
        stored = await self._shared.callers[model].call(request)
        self.calls.append((self.step_index, stored.key))
        if stored.fault is not None:
            raise RowFailure(stored.fault.reason, stored.fault.detail)
        return stored


class OneRow(_Base):
    """The context of one row at one step: `core.operator.RowContext`."""

    __slots__ = ()

    def drawn(self, n: int) -> OneRow:
        """See `core.operator.RowContext.drawn`."""
        return OneRow(self._shared, self.step, self.step_index, self.row_id, self.calls, self._round, n)

    async def through(self, operator: Operator, values: Row) -> RowOutcome:
        """See `core.operator.RowContext.through`."""
        row = {"id": self.row_id, **{k: plain(v) for k, v in values.items() if k != "id"}}
        name = f"{self.step}/{operator.op_name}"
        if isinstance(operator, RowOperator):
            ctx = OneRow(self._shared, name, self.step_index, self.row_id, self.calls, self._round, self.draw)
            return await guarded(operator.apply(row, ctx))
        bulk = ManyRows(self._shared, name, self.step_index, self._round)
        batch = to_table([row], operator).combine_chunks().to_batches()[0]
        apply: Any = operator.apply  # type: ignore[attr-defined]

        async def judged() -> RowOutcome:
            return row_outcome(await asyncio.to_thread(apply, batch, bulk), 0)

        found = await guarded(judged())
        self.calls.extend(bulk.by_row.get(self.row_id, ()))
        return found

    def _seed(self, sample: int, attempt: int) -> int:
        return self._seed_for(sample, attempt)

    async def chat(
        self, model: str, messages: Sequence[Mapping[str, Any]], *,
        schema: Mapping[str, Any] | None = None, sample: int = 0, attempt: int = 0, **sampling: Any,
    ) -> Reply:  # fmt: skip
        """See `core.operator.RowContext.chat`."""
        merged = {**self._shared.callers[model].spec.sampling, **_given(sampling)}
        request = Request("chat", {"messages": messages}, merged, schema, self._seed(sample, attempt))
        return _reply(await self._call(model, request))

    async def structured(
        self, model: str, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], *,
        tries: int = 3, sample: int = 0, **sampling: Any,
    ) -> Any:  # fmt: skip
        """See `core.operator.RowContext.structured`."""
        shape = schema if "schema" in self.capabilities(model) else None

        async def ask(talk: Sequence[Mapping[str, Any]], attempt: int) -> Reply:
            return await self.chat(model, talk, schema=shape, sample=sample, attempt=attempt, **sampling)

        return await structured(ask, messages, schema, tries)

    async def complete(
        self, model: str, prompt: str, *, turn: str | None = None, sample: int = 0, attempt: int = 0, **sampling: Any
    ) -> Reply:
        """See `core.operator.RowContext.complete`."""
        merged = {**self._shared.callers[model].spec.sampling, **_given(sampling)}
        body = {"prompt": prompt, **({"turn": turn} if turn else {})}
        request = Request("complete", body, merged, None, self._seed(sample, attempt))
        return _reply(await self._call(model, request))

    async def score(self, model: str, context: str, target: str) -> np.ndarray:
        """See `core.operator.RowContext.score`."""
        import numpy as np

        stored = await self._call(model, Request("score", {"context": context, "target": target}))
        return np.asarray(_reply(stored).value, dtype=np.float64)

    async def embed(self, model: str, texts: Sequence[str]) -> np.ndarray:
        """See `core.operator.RowContext.embed`."""
        import numpy as np

        found = await gathered(self._call(model, Request("embed", {"text": text})) for text in texts)
        return np.asarray([_reply(stored).value for stored in found], dtype=np.float32)

    async def execute(
        self, model: str, code: str, *, tests: Sequence[str] = (), stdin: str = "", limits: Limits | None = None
    ) -> Execution:
        """See `core.operator.RowContext.execute`."""
        asked = {"code": code, "tests": list(tests), "stdin": stdin, "limits": (limits or Limits()).model_dump()}
        # Nothing is drawn, so there is no seed: the same program is run once, whichever row brings it.
        return Execution(**_reply(await self._call(model, Request("execute", asked))).value)


class ManyRows(_Base):
    """The context of batch and table operators and of `prepare`: `core.operator.BulkContext`, for a worker thread."""

    __slots__ = ("by_row",)

    def __init__(self, shared: Shared, step: str, index: int, round_: int = 0) -> None:
        super().__init__(shared, step, index, "", [], round_)
        self.by_row: dict[str, list[tuple[int, str]]] = {}

    def map(self, work: Callable[[Row, RowContext], Awaitable[T]], rows: Iterable[Row]) -> list[T | Exception]:
        """See `core.operator.BulkContext.map`."""

        async def one(row: Row) -> tuple[T | Exception]:
            calls = self.by_row.setdefault(str(row["id"]), [])
            ctx = OneRow(self._shared, self.step, self.step_index, str(row["id"]), calls, self._round)
            try:
                return (await work(row, ctx),)
            except RowFailure as e:
                return (e,)  # in a tuple, since it is a result here: what `gathered` is given bare, it raises

        async def every() -> list[T | Exception]:
            return [found for (found,) in await gathered([one(row) for row in rows])]

        found: list[T | Exception] = self._wait(every())
        return found

    def embed(self, model: str, texts: Sequence[str]) -> np.ndarray:
        """See `core.operator.BulkContext.embed`."""
        one = OneRow(self._shared, self.step, self.step_index, "", self.calls, self._round)
        vectors: np.ndarray = self._wait(one.embed(model, texts))
        return vectors

    def _wait(self, work: Any) -> Any:
        assert self._shared.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._shared.loop).result()


async def guarded(work: Awaitable[RowOutcome]) -> RowOutcome:
    """Return an operator's outcome; what broke on this one row is its failure, what ends the run goes on.

    Raises:
        MintmarkError, Pending
    """
    try:
        return await work
    except RowFailure as e:
        return RowOutcome("failed", reason=e.reason, detail=plain(e.detail))
    except (MintmarkError, Pending):
        raise
    except Exception as e:
        return RowOutcome("failed", reason="error", detail=f"{type(e).__name__}: {e}")


def _reply(stored: Stored) -> Reply:
    assert stored.reply is not None
    return stored.reply


def _given(sampling: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in sampling.items() if v is not None}
