"""The gate of Self-Instruct measured: `curate.rouge` against the plain loop over all pairs, and that both decide the same.

    python benchmarks/rouge_gate.py --data path/to/data

The instructions are the 175 seeds of Self-Instruct and texts made of them: a beginning of one with an ending of another, then
words replaced, deleted and added at several rates, so that all similarities occur. The plain loop calls the bit-parallel `lcs`
for every pair; what a pair costs by the textbook's table is printed beside it. Absolute seconds are this machine's.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from mintmark.curate.rouge import Rouge
from mintmark.measures.rouge import lcs, rouge_l, rouge_words

RATES = (0.05, 0.15, 0.3, 0.5)
"""Share of a text's words that are edited."""


def pool(seeds: Sequence[str], size: int, rng: random.Random) -> list[str]:
    """Return the seeds and made texts, `size` in all, shuffled."""
    words = [word for text in seeds for word in text.split()]
    found = list(seeds)
    while len(found) < size:
        made = rng.choice(seeds).split()
        if rng.random() < 0.5:
            other = rng.choice(seeds).split()
            made = made[: rng.randint(1, len(made))] + other[rng.randrange(len(other)) :]
        rate, out = rng.choice(RATES), []
        for word in made:
            edited = rng.random() < rate
            out += rng.choice([[rng.choice(words)], [], [word, rng.choice(words)]]) if edited else [word]
        if len(out) > 3:
            found.append(" ".join(out))
    rng.shuffle(found)
    return found


def gate(texts: Sequence[str]) -> list[tuple[int, float] | None]:
    """Return, for each text, the earlier one that it falls to and their ROUGE-L, by the operator."""
    table = pa.table({"id": [str(i) for i in range(len(texts))], "instruction": list(texts)})
    outcome = Rouge().apply(table, ctx=None)  # type: ignore[arg-type]
    return [None if d is None else (int(d["similar_to"]), d["rouge_l"]) for d in outcome.details]


def loop(texts: Sequence[str], threshold: float = 0.7) -> list[tuple[int, float] | None]:
    """Return the same by comparing every text with every one that was kept."""
    words = [rouge_words(text) for text in texts]
    kept: list[int] = []
    found: list[tuple[int, float] | None] = []
    for i, own in enumerate(words):
        best: tuple[int, float] | None = None
        for j in kept:
            score = 2 * lcs(own, words[j]) / (len(own) + len(words[j]))
            if score >= threshold and (best is None or score > best[1]):
                best = j, score
        found.append(best)
        if best is None:
            kept.append(i)
    return found


def table_lcs(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the longest common subsequence by the textbook's table."""
    row = [0] * (len(b) + 1)
    for x in a:
        last = 0
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], last + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTMARK_DATA", shared)))
    parser.add_argument("--size", type=int, default=50_000, help="instructions for the gate")
    parser.add_argument("--loop", type=int, default=5_000, help="instructions for the plain loop")
    asked = parser.parse_args()
    rng = random.Random(0)
    with (asked.data / "self_instruct" / "data" / "seed_tasks.jsonl").open(encoding="utf-8") as lines:
        seeds = [json.loads(line)["instruction"] for line in lines]
    texts = pool(seeds, asked.size, rng)
    few = texts[: asked.loop]
    start = time.perf_counter()
    ours = gate(few)
    between = time.perf_counter()
    theirs = loop(few)
    end = time.perf_counter()
    print(
        f"{len(few)} instructions, {ours.count(None)} kept: gate {between - start:.2f} s, plain loop {end - between:.1f} s"
    )
    print(
        f"ratio {(end - between) / (between - start):.0f}; the same decisions, neighbours and values: {ours == theirs}"
    )
    start = time.perf_counter()
    found = gate(texts)
    took = time.perf_counter() - start
    print(f"{len(texts)} instructions, {found.count(None)} kept: gate {took:.1f} s")
    wrong = sum(d is not None and d[1] != rouge_l(texts[i], texts[d[0]]) for i, d in enumerate(found))
    print(f"dropped rows whose value is not the pair's: {wrong}")
    pairs = [(rouge_words(a), rouge_words(b)) for a, b in itertools.pairwise(few)]
    for name, work in (("bit-parallel", lcs), ("table", table_lcs)):
        start = time.perf_counter()
        for a, b in pairs:
            work(a, b)
        print(f"a pair, {name}: {(time.perf_counter() - start) / len(pairs) * 1e6:.1f} microseconds")


if __name__ == "__main__":
    main()
