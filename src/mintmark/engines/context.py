"""Contexts: how operators reach models, side inputs and the pool, every effect tied to its row and step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..calls.log import Stored
from ..core.call import Reply, Request
from ..core.dataset import Row
from ..core.errors import RowFailure
from ..core.fingerprint import seed_for
from ..core.operator import RowContext
from ..models.client import Caller
from ..models.structured import structured

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
    __slots__ = ("_round", "_shared", "calls", "row_id", "step", "step_index")

    def __init__(
        self, shared: Shared, step: str, index: int, row_id: str, calls: list[tuple[int, str]], round_: int
    ) -> None:
        self._shared, self.step, self.step_index, self._round = shared, step, index, round_
        self.row_id, self.calls = row_id, calls

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
        return random.Random(seed_for(self._shared.seed, self.row_id, self.step, *parts))

    async def _call(self, model: str, request: Request) -> Stored:
        stored = await self._shared.callers[model].call(request)
        self.calls.append((self.step_index, stored.key))
        if stored.fault is not None:
            raise RowFailure(stored.fault.reason, stored.fault.detail)
        return stored


class OneRow(_Base):
    """The context of one row at one step: `core.operator.RowContext`."""

    __slots__ = ()

    def _seed(self, sample: int, attempt: int) -> int:
        return seed_for(self._shared.seed, self.row_id, self.step, sample, attempt)

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

    async def complete(self, model: str, prompt: str, *, sample: int = 0, attempt: int = 0, **sampling: Any) -> Reply:
        """See `core.operator.RowContext.complete`."""
        merged = {**self._shared.callers[model].spec.sampling, **_given(sampling)}
        request = Request("complete", {"prompt": prompt}, merged, None, self._seed(sample, attempt))
        return _reply(await self._call(model, request))

    async def score(self, model: str, context: str, target: str) -> np.ndarray:
        """See `core.operator.RowContext.score`."""
        import numpy as np

        stored = await self._call(model, Request("score", {"context": context, "target": target}))
        return np.asarray(_reply(stored).value, dtype=np.float64)

    async def embed(self, model: str, texts: Sequence[str]) -> np.ndarray:
        """See `core.operator.RowContext.embed`."""
        import numpy as np

        found = await asyncio.gather(*(self._call(model, Request("embed", {"text": text})) for text in texts))
        return np.asarray([_reply(stored).value for stored in found], dtype=np.float32)


class ManyRows(_Base):
    """The context of batch and table operators and of `prepare`: `core.operator.BulkContext`, for a worker thread."""

    __slots__ = ("by_row",)

    def __init__(self, shared: Shared, step: str, index: int, round_: int = 0) -> None:
        super().__init__(shared, step, index, "", [], round_)
        self.by_row: dict[str, list[tuple[int, str]]] = {}

    def map(self, work: Callable[[Row, RowContext], Awaitable[T]], rows: Iterable[Row]) -> list[T | Exception]:
        """See `core.operator.BulkContext.map`."""

        async def one(row: Row) -> T | Exception:
            calls = self.by_row.setdefault(str(row["id"]), [])
            ctx = OneRow(self._shared, self.step, self.step_index, str(row["id"]), calls, self._round)
            try:
                return await work(row, ctx)
            except RowFailure as e:
                return e

        async def every() -> list[T | Exception]:
            return await gathered([one(row) for row in rows])

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


async def gathered(work: Sequence[Any]) -> list[Any]:
    """Await everything; where something raised, all have ended before the first error goes on."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found


def _reply(stored: Stored) -> Reply:
    assert stored.reply is not None
    return stored.reply


def _given(sampling: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in sampling.items() if v is not None}
