"""Tokens per second of the embedded model through Mintmark, against llama.cpp called directly.

Both sides answer the same chat requests with the same sampling, slots, context and threads, eight in flight. They
take turns, each in a process of its own: the direct side has llama.cpp's default settings, and calls the server's
function from a thread a slot, without HTTP. What Mintmark adds is the loopback and the settings that make a reply
independent of its neighbours. The first requests of a process are not counted.

    python benchmarks/embedded_speed.py [--rounds 4] [--requests 32]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SLOTS, CONTEXT_TOKENS, MAX_TOKENS = 8, 2048, 64
SAMPLING = {"temperature": 0.8, "top_p": 0.95, "top_k": 40, "min_p": 0.05, "max_tokens": MAX_TOKENS}
FACTS = [
    "The river rises in the hills above the town and is joined by two streams before it reaches the old bridge.",
    "Copper conducts heat well, which is why the bottoms of many pans are made of it.",
    "The library keeps about nine hundred letters that the poet wrote to her sister between 1871 and 1890.",
    "In a relay race, the baton must be handed over inside a marked zone that is thirty metres long.",
    "Bees find their way home by the sun, and on cloudy days by the polarisation of the light.",
]


def prompts(count: int) -> list[str]:
    """Return `count` prompts of 1 to 5 sentences, no two alike. They ask for more than `MAX_TOKENS`, so that both
    sides, whose replies differ in words, write about as much."""
    asked = "Write a long story, number {}, that goes on from this text.\n\n"
    return [asked.format(i) + " ".join(FACTS[: 1 + i % len(FACTS)]) for i in range(count)]


def through_mintmark(asked: list[str], threads: int) -> dict[str, float]:
    """Answer through `GgufModel.submit`, `SLOTS` in flight."""
    from mintmark.core.call import Reply, Request
    from mintmark.models.gguf import GgufModel

    async def run() -> dict[str, float]:
        model = GgufModel(slots=SLOTS, context_tokens=CONTEXT_TOKENS, threads=threads)
        await model.open()
        free = asyncio.Semaphore(SLOTS)

        async def one(i: int) -> tuple[int, int]:
            request = Request("chat", {"messages": [{"role": "user", "content": asked[i]}]}, SAMPLING, seed=i)
            async with free:
                async for _, reply in model.submit([request]):
                    assert isinstance(reply, Reply), reply
                    return reply.tokens_in, reply.tokens_out
            raise AssertionError("no answer")

        await asyncio.gather(*[one(i) for i in range(SLOTS)])
        start = time.perf_counter()
        found = await asyncio.gather(*[one(i) for i in range(len(asked))])
        seconds = time.perf_counter() - start
        await model.close()
        return _rates(found, seconds)

    return asyncio.run(run())


def direct(asked: list[str], threads: int) -> dict[str, float]:
    """Answer by `xllamacpp.Server.handle_chat_completions` in `SLOTS` threads."""
    import xllamacpp

    from mintmark.models import weights

    params = xllamacpp.CommonParams()
    params.model.path = str(weights.path_of("smollm2"))
    params.n_parallel, params.n_ctx, params.verbosity = SLOTS, SLOTS * CONTEXT_TOKENS, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)

    def one(i: int) -> tuple[int, int]:
        body: dict[str, Any] = {"messages": [{"role": "user", "content": asked[i]}], "seed": i, **SAMPLING}
        got: list[Any] = []

        def keep(reply: Any) -> None:
            got.append(json.loads(reply) if isinstance(reply, str | bytes) else reply)

        server.handle_chat_completions(json.dumps(body), keep)
        return got[0]["usage"]["prompt_tokens"], got[0]["usage"]["completion_tokens"]

    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(one, range(SLOTS)))
        start = time.perf_counter()
        found = list(pool.map(one, range(len(asked))))
        return _rates(found, time.perf_counter() - start)


def _rates(found: list[tuple[int, int]], seconds: float) -> dict[str, float]:
    read, written = (sum(column) for column in zip(*found, strict=True))
    return {"written": written / seconds, "read_and_written": (read + written) / seconds, "seconds": seconds}


SIDES = {"mintmark": through_mintmark, "direct": direct}


def main() -> None:
    """Print a row a turn and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--requests", type=int, default=32)
    parser.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 8))
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(SIDES[given.side](prompts(given.requests), given.threads)))
        return
    rates: dict[str, list[float]] = {side: [] for side in SIDES}
    print(f"{given.requests} requests, {SLOTS} in flight, {given.threads} threads")
    print(f"{'round':>5}  {'side':<9} {'written/s':>10} {'read+written/s':>15} {'load':>6}")
    own = [sys.executable, __file__, "--requests", str(given.requests), "--threads", str(given.threads), "--side"]
    for turn in range(given.rounds):
        # Who goes first alternates, so that a machine that warms up or slows down favours neither.
        for side in list(SIDES) if turn % 2 == 0 else list(reversed(SIDES)):
            done = subprocess.run([*own, side], capture_output=True, text=True, check=True)
            row = json.loads(done.stdout.splitlines()[-1])
            rates[side].append(row["read_and_written"])
            load = f"{os.getloadavg()[0]:6.1f}" if hasattr(os, "getloadavg") else ""
            print(
                f"{turn + 1:>5}  {side:<9} {row['written']:>10.1f} {row['read_and_written']:>15.1f} {load}", flush=True
            )
    ratios = [a / b for a, b in zip(rates["mintmark"], rates["direct"], strict=True)]
    print(f"mintmark / direct, read and written tokens per second: median of rounds {statistics.median(ratios):.3f}")
    print(f"ratio of medians {statistics.median(rates['mintmark']) / statistics.median(rates['direct']):.3f}")


if __name__ == "__main__":
    main()
