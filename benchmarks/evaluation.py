"""Time and memory of an evaluation: question-answer rows against as many real ones, every aspect that needs no model.

Rows are GSM8K's, recombined: each question takes one sentence of another question, so that no row stands twice. Each
size runs in a process of its own. The naive version computes every pair's Jaccard similarity of 5-character shingles
in Python, on as many rows as take it some seconds, and is scaled by the number of pairs.

    python benchmarks/evaluation.py --data DATA [--sizes 2500,10000,40000]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def rows(folder: Path, count: int, seed: int) -> list[dict[str, Any]]:
    """Return `count` recombined questions with their answers."""
    rng = random.Random(seed)
    base = [json.loads(line) for line in (folder / "gsm8k" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    sentences = [re.split(r"(?<=[.?!]) ", row["question"]) for row in base]
    found = []
    for _ in range(count):
        i, j = rng.randrange(len(base)), rng.randrange(len(base))
        own = list(sentences[i])
        own[rng.randrange(len(own))] = rng.choice(sentences[j])
        found.append({"question": " ".join(own), "answer": base[i]["answer"]})
    return found


def one(folder: Path, size: int) -> dict[str, Any]:
    """Evaluate `size` rows against `size` rows, and say what each aspect took."""
    from mintmark.appraisal import evaluate

    data, reference = rows(folder, size, 1), rows(folder, size, 2)
    spent: dict[str, float] = {}
    last: list[Any] = ["", time.perf_counter()]

    def tell(aspect: str) -> None:
        now = time.perf_counter()
        if last[0]:
            spent[last[0]] = spent.get(last[0], 0.0) + now - last[1]
        last[:] = [aspect, now]

    start = time.perf_counter()
    found = evaluate(data, reference, tell=tell)
    tell("")
    return {
        "rows": size, "seconds": time.perf_counter() - start, "claims": len(found.findings), "aspects": spent,
        "GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }  # fmt: skip


def naive(folder: Path, size: int = 1500) -> float:
    """Return seconds a pair of a plain double loop over shingle sets."""
    sets = [{t[i : i + 5] for i in range(len(t) - 4)} for t in (r["question"] for r in rows(folder, size, 1))]
    start = time.perf_counter()
    hits = sum(len(a & b) / len(a | b) > 0.8 for i, a in enumerate(sets) for b in sets[:i])
    return (time.perf_counter() - start + 0 * hits) / (size * (size - 1) / 2)


def main() -> None:
    """Print a line a size, the growth between sizes, and the naive version's time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("MINTMARK_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--sizes", default="2500,10000,40000")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.data, given.one)))
        return
    last: dict[str, Any] = {}
    pair = naive(given.data)
    for size in map(int, given.sizes.split(",")):
        own = [sys.executable, __file__, "--data", str(given.data), "--one", str(size)]
        done = subprocess.run(own, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        print(f"{size:>6} against {size}: {found['seconds']:.0f} s, {found['GB']:.2f} GB, {found['claims']} findings")
        print("        " + ", ".join(f"{k} {v:.1f}" for k, v in sorted(found["aspects"].items(), key=lambda p: -p[1])))
        if last:
            n, m = size, last["rows"]
            allowed = n * math.log(n) / (m * math.log(m))
            print(
                f"        {found['seconds'] / last['seconds']:.1f} times the last size; n log n grows {allowed:.1f} times"
            )
        print(f"        all pairs of data and reference by a double loop: {pair * (2 * size) ** 2 / 2:.0f} s")
        last = found


if __name__ == "__main__":
    main()
