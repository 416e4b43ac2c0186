"""The caller: one recipe's model with its log, limiter and price. Every call goes through here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from ..calls.cost import price_of
from ..calls.keys import call_key
from ..calls.log import CallLog, Stored
from ..core.call import Fault, Reply, Request
from ..core.errors import Interrupted, ModelError, ModelUnavailable, Pending, ReplayMiss
from ..core.settings import ModelSpec
from .base import Model
from .gather import Gatherer
from .limiter import Limiter

MAX_STRIKES = 8
"""Faults of one call, while others succeed, after which it is recorded as failed. A rate limit is not the call's fault:
429s count only where they last longer than `outage_timeout_s`."""
PROBE_MAX_S = 2.0


class Caller:
    """Answers requests from the log, else from the model, and writes every result down before giving it.

    Args:
        alias: the recipe's name for the model.
        spec: its entry in the recipe.
        model: what answers.
        log: where results are kept.
        offline: answer from the log alone (replay).
        on_call: told of every result used and whether it was asked for now.
    """

    def __init__(
        self, alias: str, spec: ModelSpec, model: Model, log: CallLog, *,
        offline: bool = False, on_call: Callable[[Stored, bool], None] | None = None,
    ) -> None:  # fmt: skip
        self.alias, self.spec, self.model, self.log = alias, spec, model, log
        self.offline, self.on_call = offline, on_call
        self.digest = log.add_model(model.identity)
        self.limiter = Limiter(model.max_in_flight, fixed=model.fixed_limit)
        self.price = price_of(spec)
        self.stopping = False
        self._send = Gatherer(model).ask if model.max_batch > 1 else model.ask
        self._in_flight: dict[str, asyncio.Future[Stored]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._down: asyncio.Event | None = None
        self._stopped = asyncio.Event()

    async def call(self, request: Request) -> Stored:
        """Return the stored result of a request, asking the model only where the log holds none.

        Raises:
            Pending: the reply comes later.
            ReplayMiss: offline, and not in the log.
            ModelUnavailable, ModelError, RunError, Interrupted
        """
        key, payload = call_key(self.digest, request)
        stored = self.log.get(key)
        fresh = False
        if stored is None:
            if self.offline:
                raise ReplayMiss(
                    f"the log holds no {request.kind} call {key} of model `{self.alias}`", where=str(self.log.path),
                    remedy="the recipe, the source or mintmark itself differs from what made the log",
                )  # fmt: skip
            stored, fresh = await self._coalesced(key, payload, request)
        if stored.status == "pending":
            raise Pending(key, stored.job)
        if self.on_call is not None:
            self.on_call(stored, fresh)
        return stored

    async def _coalesced(self, key: str, payload: bytes, request: Request) -> tuple[Stored, bool]:
        """Ask once for equal keys in flight."""
        while (other := self._in_flight.get(key)) is not None:
            try:
                return await asyncio.shield(other), False
            except asyncio.CancelledError:
                if not other.cancelled():
                    raise
        result: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = result
        try:
            stored = await self._ask(key, payload, request)
        except BaseException as e:
            if isinstance(e, asyncio.CancelledError):
                result.cancel()
            else:
                result.set_exception(e)
                result.exception()  # seen: nobody else may be waiting for it
            raise
        finally:
            del self._in_flight[key]
        result.set_result(stored)
        return stored, True

    async def _ask(self, key: str, payload: bytes, request: Request) -> Stored:
        if self._opening is None or not self._opening.done():
            await self._open()
        limiter = self.limiter
        attempt = strikes = 0
        probing = False
        began, seen = time.monotonic(), limiter.successes
        try:
            while True:
                if self._down is not None and not probing:
                    await self._unless_stopped(self._down.wait())
                await limiter.acquire()
                if self.stopping:
                    limiter.release()
                    raise Interrupted("stopped before a call was sent", remedy="give the same command again to go on")
                sent = time.monotonic()
                try:
                    answer = await self._send(request)
                finally:
                    limiter.release()
                seconds = time.monotonic() - sent
                if isinstance(answer, Reply):
                    limiter.report(True, seconds)
                    dollars = self.price(answer.tokens_in, answer.tokens_out)
                    return await self._put(key, payload, request, answer, dollars, seconds)
                if answer.fatal:
                    raise ModelError(
                        f"the server refuses every call ({answer.reason}): {answer.detail}",
                        where=f"model `{self.alias}` ({self.spec.spec})", remedy=_remedy(answer.reason, self.model),
                    )  # fmt: skip
                limiter.report(answer.terminal, seconds)
                limited = answer.reason == "http_429" and time.monotonic() - began < self.spec.outage_timeout_s
                if limiter.successes > seen and not limited:
                    seen, strikes = limiter.successes, strikes + 1
                if answer.terminal or strikes >= MAX_STRIKES:
                    return await self._put(key, payload, request, answer, 0.0, seconds)
                if time.monotonic() - max(began, limiter.last_success) > self.spec.outage_timeout_s:
                    raise ModelUnavailable(
                        f"no reply for {self.spec.outage_timeout_s:g} s ({answer.reason}: {answer.detail})",
                        where=f"model `{self.alias}` ({self.spec.spec})",
                        remedy="start the server, then give the same command again; nothing is lost",
                    )
                if not answer.outage:
                    probing = self._up(probing)
                    await self._unless_stopped(limiter.back_off(attempt, answer.retry_after_s))
                elif probing or self._down is None:
                    if self._down is None:
                        self._down, probing = asyncio.Event(), True
                    await self._unless_stopped(asyncio.sleep(min(PROBE_MAX_S, 0.25 * 2.0 ** min(attempt, 10))))
                attempt += 1
        finally:
            self._up(probing)

    def _up(self, probing: bool) -> bool:
        """The one call that probes a server that was away lets the others go on."""
        if probing and self._down is not None:
            self._down.set()
            self._down = None
        return False

    async def _unless_stopped(self, work: Coroutine[Any, Any, Any]) -> None:
        """Wait for `work`, or no longer than until the caller is stopped."""
        tasks = [asyncio.ensure_future(work), asyncio.ensure_future(self._stopped.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _put(
        self, key: str, payload: bytes, request: Request, answer: Reply | Fault, dollars: float | None, seconds: float
    ) -> Stored:
        return await self.log.put(key, payload, request.kind, self.digest, answer, dollars=dollars, seconds=seconds)

    async def _open(self) -> None:
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self.model.open())
        if not self._opening.done():
            await asyncio.shield(self._opening)
        else:
            self._opening.result()

    def stop(self) -> None:
        """Send nothing more; what is in flight is still answered and written down, and sleepers wake to end."""
        self.stopping = True
        self._stopped.set()

    def resume(self) -> None:
        """Send again."""
        self.stopping = False
        self._stopped.clear()

    async def collect(self) -> int:
        """Ask after every pending job of this model; return how many calls were answered."""
        if self.offline:
            return 0
        jobs = {job: keys for job, keys in self.log.pending().items() if any(m == self.digest for _, m in keys)}
        if not jobs:
            return 0
        await self._open()
        answered = 0
        for job, calls in jobs.items():
            answers = await self.model.collect(job, [key for key, _ in calls])
            if answers is None:
                continue
            replies = {k: a for k, a in answers.items() if isinstance(a, Reply)}
            dollars = {k: self.price(r.tokens_in, r.tokens_out) for k, r in replies.items()}
            self.log.resolve(answers, dict.fromkeys(answers, 0.0) | dollars)
            answered += len(answers)
        return answered

    async def close(self) -> None:
        """Close the model if it was opened."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
            await self.model.close()


def _remedy(reason: str, model: Model) -> str:
    env = getattr(model, "api_key_env", None)
    if reason in ("http_401", "http_403") and env:
        return f"check the key in the environment variable {env}"
    if reason == "http_404":
        return "check the address and the model's name"
    return ""
