"""The limiter: an isolated fault slows its own call alone; a server that bears less is asked less."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from mintmark.models import limiter as module
from mintmark.models.limiter import BACKOFF_MAX_S, Limiter


def test_never_more_open_than_the_limit() -> None:
    async def work() -> tuple[int, list[int]]:
        limiter, most, order = Limiter(3), 0, []

        async def one(n: int) -> None:
            nonlocal most
            await limiter.acquire()
            order.append(n)
            most = max(most, limiter.open)
            await asyncio.sleep(0.001)
            limiter.release()

        await asyncio.gather(*(one(n) for n in range(20)))
        assert limiter.open == 0
        return most, order

    assert asyncio.run(work()) == (3, list(range(20)))


def test_a_cancelled_wait_gives_its_slot_on() -> None:
    async def work() -> None:
        limiter = Limiter(1)
        await limiter.acquire()
        waiting = [asyncio.ensure_future(limiter.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limiter.release()
        waiting[1].cancel()  # it was given the slot and has not run yet
        await asyncio.wait_for(waiting[2], 1)
        assert limiter.open == 1

    asyncio.run(work())


@pytest.mark.parametrize("share", [0.02, 0.05, 0.15])
def test_scattered_faults_leave_the_limit(share: float) -> None:
    async def work() -> float:
        limiter, draw = Limiter(64), random.Random(1)
        for _ in range(5_000):
            limiter.report(draw.random() >= share, 0.05)
        return limiter.limit

    assert asyncio.run(work()) > 0.9 * 64


def test_falls_once_a_latency_and_rises_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    limiter = Limiter(64)
    for _ in range(64):
        limiter.report(True, 0.5)
    now = 10.0
    for _ in range(200):
        limiter.report(False, 0.01)
    assert limiter.limit == pytest.approx(64 * 0.7), "a burst of faults is one sign"
    now = 11.0
    for _ in range(200):
        limiter.report(False, 0.01)
    assert limiter.limit == pytest.approx(64 * 0.49)
    steps = 0
    while limiter.limit < 64:
        limiter.report(True, 0.5)
        steps += 1
    assert steps < 64 * 64, "about one call a latency"
    fixed = Limiter(8, fixed=True)
    for _ in range(100):
        fixed.report(False, 1)
    assert fixed.limit == 8


def test_back_off() -> None:
    async def work() -> None:
        limiter = Limiter(4)
        began = time.monotonic()
        sleeping = asyncio.ensure_future(limiter.back_off(0, 0.05))
        await asyncio.sleep(0)
        assert limiter.sleeping == 1 and limiter.open == 0, "no slot is held"
        await sleeping
        assert 0.05 <= time.monotonic() - began < 0.2 and limiter.sleeping == 0

    asyncio.run(work())


def test_back_off_grows_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def work() -> None:
        for attempt in range(15):
            await Limiter(1).back_off(attempt, None)
        await Limiter(1).back_off(0, 1e9)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    asyncio.run(work())
    *grown, asked = slept
    assert grown[0] <= 0.25 and max(grown) <= BACKOFF_MAX_S and all(s >= BACKOFF_MAX_S / 2 for s in grown[7:])
    assert asked <= 1.1 * module.RETRY_AFTER_MAX_S
