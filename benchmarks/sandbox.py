"""Executions a second in the sandbox, and reference solutions that must pass in it.

    python -m benchmarks.sandbox [--seconds 10] [--mbpp mbpp.jsonl] [--humaneval HumanEval.jsonl.gz]

A short program with one test is run again and again, by one thread and by one a core, next to a bare start of the same
interpreter. Given MBPP (its `code` and `test_list`) or HumanEval, every reference solution is run with its own tests: what
does not pass is either wrong in the data or wrongly refused by the sandbox, and is printed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mintmark.sandbox.run import execute

CODE = "def double(x):\n    return 2 * x\n"
TEST = "assert double(4) == 8"


def rate(work: Callable[[], object], seconds: float, threads: int) -> float:
    """Return how often a second `work` is done by so many threads."""
    end = time.monotonic() + seconds
    began = time.monotonic()

    def loop() -> int:
        n = 0
        while time.monotonic() < end:
            work()
            n += 1
        return n

    with ThreadPoolExecutor(threads) as pool:
        done = sum(future.result() for future in [pool.submit(loop) for _ in range(threads)])
    return done / (time.monotonic() - began)


def bare() -> None:
    """Start the interpreter as the sandbox does, and end."""
    subprocess.run([sys.executable, "-s", "-S", "-P", "-c", "pass"], env={}, check=True)


def once() -> None:
    """Run the short program with its test."""
    assert execute(CODE, [TEST]).passed


def references(mbpp: str | None, humaneval: str | None) -> list[tuple[str, str, list[str]]]:
    """Return (name, code, tests) of every reference solution."""
    found = []
    if mbpp:
        for row in map(json.loads, Path(mbpp).read_text(encoding="utf-8").splitlines()):
            found.append((f"MBPP/{row['task_id']}", row["code"], [row["test_setup_code"], *row["test_list"]]))
    if humaneval:
        for row in map(json.loads, gzip.decompress(Path(humaneval).read_bytes()).decode().splitlines()):
            test = f"{row['test']}\ncheck({row['entry_point']})"
            found.append((row["task_id"], row["prompt"] + row["canonical_solution"], [test]))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--mbpp")
    parser.add_argument("--humaneval")
    given = parser.parse_args()
    cores = os.cpu_count() or 1
    for name, work in (("bare interpreter", bare), ("sandbox", once)):
        for threads in (1, cores):
            print(f"{name:18} {threads} at once: {rate(work, given.seconds, threads):7.1f} a second")
    cases = references(given.mbpp, given.humaneval)
    if not cases:
        return
    began = time.monotonic()
    with ThreadPoolExecutor(cores) as pool:
        ended = list(pool.map(lambda case: execute(case[1], [t for t in case[2] if t.strip()]), cases))
    print(
        f"{len(cases)} reference solutions in {time.monotonic() - began:.1f} s:",
        dict(Counter(e.reason or "passed" for e in ended)),
    )
    for (name, _, _), one in zip(cases, ended, strict=True):
        if not one.passed:
            print(f"  {name}: {one.reason}: {one.trace.splitlines()[-1] if one.trace else ''}")


if __name__ == "__main__":
    main()
