"""Small requests that arrive together travel together, for models that answer many at once."""

from __future__ import annotations

import asyncio

from ..core.call import Fault, Reply, Request
from .base import Model


class Gatherer:
    """Collects requests for a moment and submits them as one batch of at most `model.max_batch`."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._waiting: list[tuple[Request, asyncio.Future[Reply | Fault]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, request: Request) -> Reply | Fault:
        """Return the answer to one request."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply | Fault] = loop.create_future()
        self._waiting.append((request, answer))
        if len(self._waiting) >= self._model.max_batch:
            self._go()
        elif self._timer is None:
            self._timer = loop.call_later(self._model.linger_s, self._go)
        return await answer

    def _go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting, []
        if group:
            task = asyncio.get_running_loop().create_task(self._submit(group))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _submit(self, group: list[tuple[Request, asyncio.Future[Reply | Fault]]]) -> None:
        try:
            async for i, answer in self._model.submit([request for request, _ in group]):
                if not group[i][1].done():
                    group[i][1].set_result(answer)
        except Exception as e:
            for _, future in group:
                if not future.done():
                    future.set_exception(e)
        for _, future in group:
            if not future.done():
                future.set_result(Fault("bad_reply", "the model gave no answer"))
