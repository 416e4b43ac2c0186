"""The limiter: how many calls of one model may be open, as its server bears it.

An isolated fault slows down its own call alone. The limit falls by a factor .7, once per latency, only when more
than a fifth of the last window failed, and rises steadily by about one call per latency. An AIMD rule that falls at
each fault would hold a healthy server with 2 % errors at a seventh of what it can do.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque

FALL = 0.7
FAILED_SHARE = 0.2
WINDOW_MIN = 10
BACKOFF_FIRST_S = 0.25
BACKOFF_LEAST_S = 0.02
"""The first sleep is one latency, within these two: a quick server that failed once has often recovered by then."""
BACKOFF_MAX_S = 30.0
RETRY_AFTER_MAX_S = 600.0


class Limiter:
    """Slots that are held from a request's start until its reply's arrival.

    Args:
        most: calls open at once, at most (and at first).
        fixed: keep `most` whatever happens (slots of a model on this machine).
    """

    def __init__(self, most: int, *, fixed: bool = False) -> None:
        self.most = most
        self.limit = float(most)
        self.fixed = fixed
        self.open = 0
        self.sleeping = 0
        self.latency_s = 0.0
        self.last_success = time.monotonic()
        self.successes = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._window: deque[bool] = deque()
        self._failed = 0
        self._last_fall = 0.0

    async def acquire(self) -> None:
        """Wait for a slot, first come first served."""
        if self.open < int(self.limit) and not self._waiting:
            self.open += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back."""
        self.open -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self.open < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.open += 1
                turn.set_result(None)

    def report(self, ok: bool, seconds: float) -> None:
        """Learn from one answered call."""
        if ok:
            self.successes += 1
            self.last_success = time.monotonic()
            self.latency_s = seconds if not self.latency_s else 0.9 * self.latency_s + 0.1 * seconds
        if self.fixed:
            return
        self._window.append(ok)
        self._failed += not ok
        while len(self._window) > max(WINDOW_MIN, int(self.limit)):
            self._failed -= not self._window.popleft()
        if ok:
            if self.limit < self.most:
                self.limit = min(float(self.most), self.limit + 1.0 / self.limit)
                self._wake()
            return
        now = time.monotonic()
        if (
            len(self._window) >= WINDOW_MIN
            and self._failed > FAILED_SHARE * len(self._window)
            and now - self._last_fall > self.latency_s
        ):
            self.limit = max(1.0, self.limit * FALL)
            self._last_fall = now
            self._window.clear()
            self._failed = 0

    async def back_off(self, attempt: int, retry_after_s: float | None) -> None:
        """Sleep without a slot: what the server asked for, else exponential with full jitter."""
        if retry_after_s is not None:
            seconds = min(retry_after_s, RETRY_AFTER_MAX_S) * (1 + 0.1 * random.random())
        else:
            first = min(BACKOFF_FIRST_S, max(BACKOFF_LEAST_S, self.latency_s)) if self.latency_s else BACKOFF_FIRST_S
            seconds = min(BACKOFF_MAX_S, first * 2.0 ** min(attempt, 12)) * (0.5 + 0.5 * random.random())
        self.sleeping += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.sleeping -= 1
