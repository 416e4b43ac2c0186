"""A model for code that is not asynchronous: the same callers and the same log, one question at a time or many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..calls.log import CallLog, Stored
from ..core.call import Reply, Request
from ..core.errors import CapabilityError, RowFailure
from ..core.fingerprint import seed_for
from ..core.settings import ModelSpec
from .base import Model
from .client import Caller
from .spec import build
from .structured import structured

T = TypeVar("T")


class Bridge:
    """Asks one model, every call through the log: an answer that the log holds costs nothing.

    Args:
        spec: the model, e.g. `local/smollm2`, or its entry in a recipe.
        log: the call log's file.
        model: the model itself, in place of what `spec` names.
    """

    def __init__(self, spec: str | ModelSpec, log: Path, *, model: Model | None = None) -> None:
        entry = ModelSpec(spec=spec) if isinstance(spec, str) else spec
        self.spec = entry.spec
        self.model = model or build(entry, where=f"model {self.spec}")
        log.parent.mkdir(parents=True, exist_ok=True)
        self._runner = asyncio.Runner()
        self._log = CallLog(log)
        self._caller = Caller("evaluator", entry, self.model, self._log)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[npt.NDArray[np.float64]]:
        """Return log p(target | context) by token for each (context, target); no number where the model could not tell.

        Raises:
            CapabilityError: for a model that cannot score.
        """
        self._must("score")
        asked = [Request("score", {"context": context, "target": target}) for context, target in pairs]
        return [np.asarray(s.reply.value if s.reply else [], np.float64) for s in self._all(asked)]

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return vectors of length 1, shape (texts, d); 0 where the model gave none.

        Raises:
            CapabilityError: for a model that cannot embed.
        """
        self._must("embed")
        found = [s.reply.value if s.reply else None for s in self._all([Request("embed", {"text": t}) for t in texts])]
        size = max((len(v) for v in found if v is not None), default=1)
        vectors = np.array([np.zeros(size) if v is None else v for v in found], np.float32).reshape(len(texts), size)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: npt.NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        return unit

    async def structured(
        self, model: str, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], *, tries: int = 3,
        sample: int = 0, **sampling: Any,
    ) -> Any:  # fmt: skip
        """Return a chat reply that fits a JSON Schema, as `core.operator.RowContext.structured` does; for `gather`.

        Args:
            model: not looked at: there is only one.

        Raises:
            RowFailure: where no reply fits, or the model refuses for good.
            CapabilityError: for a model that cannot chat.
        """
        self._must("chat")
        shape = schema if "schema" in self.model.capabilities else None

        async def ask(talk: Sequence[Mapping[str, Any]], attempt: int) -> Reply:
            seed = seed_for(0, "evaluator", sample, attempt)
            stored = await self._caller.call(Request("chat", {"messages": talk}, sampling, shape, seed))
            if stored.reply is None:
                assert stored.fault is not None
                raise RowFailure(stored.fault.reason, stored.fault.detail)
            return stored.reply

        return await structured(ask, messages, schema, tries)

    def gather(self, work: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Do all the work at once, as far as the model bears; one result each, in order. The first error ends it."""

        async def gathered() -> list[T]:
            # A bound on what waits at once: a hundred thousand tasks would hold as many texts.
            free = asyncio.Semaphore(4 * self.model.max_in_flight * self.model.max_batch)

            async def one(task: Callable[[], Awaitable[T]]) -> T:
                async with free:
                    return await task()

            return await asyncio.gather(*map(one, work))

        return self._runner.run(gathered())

    def close(self) -> None:
        """Free the model and the log."""
        self._runner.run(self._caller.close())
        self._log.close()
        self._runner.close()

    def _must(self, what: str) -> None:
        if what not in self.model.capabilities:
            raise CapabilityError(
                f"cannot {what}", where=f"model {self.spec}", allowed="local/smollm2, or any model that can"
            )

    def _all(self, requests: Sequence[Request]) -> list[Stored]:
        return self.gather([partial(self._caller.call, request) for request in requests])


@contextmanager
def bridges(specs: dict[str, str | None], log: Path) -> Iterator[dict[str, Any]]:
    """Yield the bridges that are asked for by name, and close them at the end; what is named twice is made once."""
    made = {spec: Bridge(spec, log) for spec in dict.fromkeys(specs.values()) if spec}
    try:
        yield {name: made[spec] for name, spec in specs.items() if spec}
    finally:
        for one in made.values():
            one.close()
