"""Calls a second of Mintmark, its call log on, as a share of a bare aiohttp loop that does the same calls.

    python -m benchmarks.throughput [--quick] [--strict] [--only 50]

The mock server has a process and core 1 to itself; the client has core 0. A row is two dependent calls. Each measure is
a process of its own, the bare loop's and Mintmark's alternating, after a short warm-up; the table shows medians of the
ratios of neighbours. A run of Mintmark is measured whole: from the recipe to the sealed folder.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CLIENT_CORE, SERVER_CORE = 0, 1
WARM_ROWS = 100
RSS_MAX_MB = 60.0
CPU_MAX = 2.0
CPU_CALLS = 2_000
"""CPU is judged where there are enough calls that a run's start and end (some 40 ms) do not decide."""
FIRST = "Write about topic {}."
SECOND = "Shorten: {}"


@dataclass(frozen=True)
class Case:
    """One condition: how the server behaves, how many calls are open, and what is asked of us."""

    name: str
    latency_s: float
    in_flight: int
    target: float | None
    rows: int
    rules: tuple[dict[str, Any], ...] = ()
    sigma: float = 0.0


def cases(quick: bool) -> list[Case]:
    """Return the conditions; a quick look takes fewer rows."""
    n = 1 if quick else 3
    error = {"kind": "status", "status": 500, "p": 0.02}
    limited = {"kind": "status", "status": 429, "p": 0.05, "retry_after": 1}
    return [
        Case("50 ms", 0.05, 16, 0.95, 400 * n),
        Case("50 ms", 0.05, 64, 0.95, 1600 * n),
        Case("50 ms", 0.05, 256, 0.8, 3000 * n),
        Case("500 ms", 0.5, 16, 0.95, 64 * n),
        Case("500 ms", 0.5, 64, 0.95, 256 * n),
        Case("500 ms", 0.5, 256, 0.8, 1024 * n),
        Case("0 ms", 0.0, 64, 0.5, 3000 * n),
        Case("50 ms, 2 % HTTP 500", 0.05, 64, 0.9, 1600 * n, (error,)),
        Case("50 ms, 5 % HTTP 429", 0.05, 64, 1.0, 5000, (limited,)),
        Case("log-normal, median 50 ms, sigma 1", 0.05, 64, None, 1600 * n, sigma=1.0),
    ]


async def bare(url: str, rows: int, in_flight: int, start: int) -> int:
    """Do two dependent calls a row with aiohttp alone: one session, `in_flight` workers; return the calls made."""
    import aiohttp

    todo = iter(range(start, start + rows))
    made = 0

    async def ask(session: aiohttp.ClientSession, text: str) -> str:
        nonlocal made
        body = {"model": "mock", "seed": 0, "messages": [{"role": "user", "content": text}]}
        while True:
            async with session.post(url, json=body) as response:
                if response.status == 200:
                    made += 1
                    return str((await response.json())["choices"][0]["message"]["content"])
                await response.read()
                if response.status == 429:
                    await asyncio.sleep(float(response.headers["Retry-After"]))

    async def worker(session: aiohttp.ClientSession) -> None:
        for i in todo:
            first = await ask(session, FIRST.format(i))
            await ask(session, SECOND.format(first))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(worker(session) for _ in range(in_flight)))
    return made


def mintmark(spec: str, rows: int, in_flight: int, start: int, work: Path) -> int:
    """Run a recipe of two dependent calls a row into a folder, as a user would; return the calls made."""
    from mintmark.core.recipe import Recipe
    from mintmark.core.store import RunFolder
    from mintmark.engines.local import LocalEngine
    from mintmark.engines.options import Options

    work.mkdir()
    source = work / "rows.jsonl"
    source.write_text("".join(f'{{"n": {i}}}\n' for i in range(start, start + rows)))
    recipe = Recipe.from_data(
        {
            "source": {"files": {"path": str(source)}},
            "models": {"writer": {"spec": spec, "max_in_flight": in_flight}},
            "steps": [
                {"generate.prompt": {"prompt": FIRST.format("{{ n }}")}},
                {"generate.prompt": {"prompt": SECOND.format("{{ response }}"), "into": "short", "inherit": ["n"]}},
            ],
        }
    )
    ended = LocalEngine(recipe, RunFolder(work / "run"), Options(stages=work / "stages")).run()
    assert ended.manifest is not None and ended.manifest["content"]["kept"] == rows
    return int(ended.manifest["process"]["fresh"]["count"])


def client(args: argparse.Namespace) -> None:
    """Be one measure: warm up, work, print what it took."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as folder:

        def work(rows: int, start: int, name: str) -> int:
            if args.client == "bare":
                return asyncio.run(bare(f"{args.spec.split('#')[0]}/chat/completions", rows, args.in_flight, start))
            return mintmark(args.spec, rows, args.in_flight, start, Path(folder) / name)

        work(WARM_ROWS, 10_000_000, "warm")
        wall, cpu = time.perf_counter(), time.process_time()
        calls = work(args.rows, 0, "work")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"calls_s": calls / wall, "cpu_1000": 1000 * cpu / calls, "rss_mb": rss_mb}))


def measure(which: str, spec: str, case: Case) -> dict[str, float]:
    """Run one measure in a process of its own."""
    command = ["--client", which, "--spec", spec, "--rows", str(case.rows), "--in-flight", str(case.in_flight)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.throughput", *command], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextlib.contextmanager
def serving(case: Case) -> Iterator[str]:
    """Start the mock server on its own core; yield the model's spec."""
    from tests.support.harness import FaultServer

    with FaultServer("--no-record", "--core", str(SERVER_CORE)) as server:
        server.set(*case.rules, latency_s=case.latency_s, sigma=case.sigma)
        yield server.spec


def compare(case: Case, repeats: int) -> dict[str, float]:
    """Measure the bare loop and Mintmark in turn; return the medians."""
    pairs = []
    for _ in range(repeats):
        with serving(case) as spec:
            pairs.append((measure("bare", spec, case), measure("mintmark", spec, case)))
    return {
        "bare": statistics.median(b["calls_s"] for b, _ in pairs),
        "ours": statistics.median(m["calls_s"] for _, m in pairs),
        "share": statistics.median(m["calls_s"] / b["calls_s"] for b, m in pairs),
        "cpu_bare": statistics.median(b["cpu_1000"] for b, _ in pairs),
        "cpu_ours": statistics.median(m["cpu_1000"] for _, m in pairs),
        "cpu": statistics.median(m["cpu_1000"] / b["cpu_1000"] for b, m in pairs),
    }


def memory(sizes: tuple[int, int]) -> tuple[list[float], float]:
    """Return the peak resident memory in MB at both sizes, and the growth."""
    peaks = []
    for rows in sizes:
        case = Case("memory", 0.0, 64, None, rows)
        with serving(case) as spec:
            peaks.append(measure("mintmark", spec, case)["rss_mb"])
    return peaks, peaks[1] - peaks[0]


def main() -> int:
    """Print the table; with --strict return 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rows and repeats; memory from 2,000 to 20,000 rows")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target is missed")
    parser.add_argument("--repeats", type=int, default=None)
    parser.add_argument("--only", default="", help="cases whose name begins with this; `memory` for memory alone")
    parser.add_argument("--in-flight", type=int, default=0, help="only cases with so many calls open")
    parser.add_argument("--client", choices=("bare", "mintmark"), help=argparse.SUPPRESS)
    parser.add_argument("--spec", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        client(args)
        return 0
    missed = []
    print(
        "| latency | in flight | bare calls/s | Mintmark calls/s | share | target | CPU s/1,000 bare | ours | ratio |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for case in cases(args.quick):
        if not case.name.startswith(args.only) or args.in_flight not in (0, case.in_flight):
            continue
        few = case.latency_s >= 0.5 or case.name.endswith("429")  # long, and little moved by noise
        found = compare(case, args.repeats or (1 if few else 3 if args.quick else 5))
        slow = case.target is not None and found["share"] < case.target
        bad = slow or (found["cpu"] > CPU_MAX and 2 * case.rows >= CPU_CALLS)
        missed += [case] if bad else []
        print(
            f"| {case.name} | {case.in_flight} | {found['bare']:,.0f} | {found['ours']:,.0f} |"
            f" **{found['share']:.2f}** |"
            f" {case.target or '-'}{' (missed)' if bad else ''} | {found['cpu_bare']:.2f} | {found['cpu_ours']:.2f} |"
            f" {found['cpu']:.2f} |",
            flush=True,
        )
    growth = 0.0
    if args.only in ("", "memory"):
        sizes = (2_000, 20_000) if args.quick else (10_000, 100_000)
        peaks, growth = memory(sizes)
        print(
            f"\nPeak resident memory: {peaks[0]:.0f} MB at {sizes[0]:,} rows, {peaks[1]:.0f} MB at {sizes[1]:,} rows"
            f" ({growth:+.0f} MB; at most {RSS_MAX_MB:.0f})"
        )
    return 1 if args.strict and (missed or growth > RSS_MAX_MB) else 0


if __name__ == "__main__":
    sys.exit(main())
