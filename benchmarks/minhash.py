"""MinHash deduplication measured: recall and precision against exact all-pairs, and speed against datasketch.

    python benchmarks/minhash.py --data path/to/data

The texts are GSM8K's training questions and near copies of them, made by replacing, deleting and doubling words
at several rates so that similarities from .5 to 1 all occur. Recall is the share of pairs of Jaccard similarity
>= .8 (found by exact all-pairs) that become candidates, with a Wilson interval. Speeds are medians of alternating
runs in one process on one core; ratios mean something, absolute figures only on this machine. Without datasketch
that part is skipped. With it, its fastest way (`bulk`) is compared, and last its tutorial's (`update`).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import rensa

from mintmark.curate.minhash import MinHash
from mintmark.measures.lexical import shingle_hashes, shingle_sets, shingles
from mintmark.measures.overlap import (
    Overlap,
    band_keys,
    buckets,
    candidate_pairs,
    exact_pairs,
    pair_probability,
    signatures,
)
from mintmark.measures.text import fold

RATES = (0.01, 0.02, 0.04, 0.06, 0.09, 0.13)
"""Share of a copy's words that are edited."""


def wilson(hits: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a share, at 95 %."""
    share, spread = hits / n, z * z / n
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return (share + spread / 2 - half) / (1 + spread), (share + spread / 2 + half) / (1 + spread)


def corpus(folder: Path, copies: int, rng: random.Random) -> tuple[list[str], list[str]]:
    """Return the real questions, and the same with `copies` edited ones mixed in."""
    with (folder / "gsm8k" / "train.jsonl").open(encoding="utf-8") as lines:
        real = [json.loads(line)["question"] for line in lines]
    words = sorted({word for text in real for word in text.split()})
    texts = list(real)
    for i in range(copies):
        out: list[str] = []
        for word in rng.choice(real).split():
            edited = rng.random() < RATES[i % len(RATES)]
            out += rng.choice([[rng.choice(words)], [], [word, word]]) if edited else [word]
        texts.append(" ".join(out))
    rng.shuffle(texts)
    return real, texts


def quality(texts: Sequence[str], operator: MinHash, seeds: int) -> None:
    """Print recall by similarity, precision, and what the operator leaves behind."""
    folded = [fold(text) for text in texts]
    found = shingle_hashes(folded, operator.ngram, operator.shingle)
    start = time.perf_counter()
    pairs, similarity = exact_pairs(found, 0.5)
    n = len(texts)
    took = time.perf_counter() - start
    print(f"exact all-pairs: {len(pairs)} pairs of >= .5 among {n} texts in {took:.1f} s")
    true = pairs[:, 0] * n + pairs[:, 1]
    bands, rows = operator.bands()
    hit = np.zeros(len(true))
    overlap = Overlap(shingle_sets(folded, operator.ngram, operator.shingle))
    candidates = wrong = 0
    for seed in range(seeds):
        near = candidate_pairs(band_keys(signatures(found, operator.permutations, seed), bands, rows))
        codes = near[:, 0] * n + near[:, 1]
        hit += np.isin(true, codes) / seeds
        candidates += len(codes)
        # Verified candidates, looked up among the true pairs: each must be one.
        verified = [code for code, (i, j) in zip(codes, near) if overlap.jaccards(i, np.array([j]))[0] >= 0.8]
        wrong += len(set(verified) - set(true[similarity >= 0.8].tolist()))
    print(f"candidates a seed: {candidates / seeds:.0f}; verified pairs that exact all-pairs does not hold: {wrong}")
    print(f"similarity    pairs   recall, mean of {seeds} seeds [95 % Wilson]   formula {bands} x {rows}")
    for low, high in ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.85), (0.85, 0.9), (0.9, 1.01), (0.8, 1.01)):
        inside = (similarity >= low) & (similarity < high)
        total = int(inside.sum())
        if total:
            # The interval is that of one seed: the same pairs under other seeds are no further evidence.
            recall = float(hit[inside].mean())
            bottom, top = wilson(recall * total, total)
            want = np.mean([pair_probability(s, bands, rows) for s in similarity[inside]])
            name = f"{low:.2f} to {min(high, 1):.2f}"
            print(f"{name}  {total:6d}   {recall:.4f} [{bottom:.4f}, {top:.4f}]           {want:.4f}")
    table = pa.table({"id": [str(i) for i in range(n)], operator.on: list(texts)})
    outcome = operator.apply(table, ctx=None)  # type: ignore[arg-type]
    stays = np.array([fate == "kept" for fate in outcome.fates])
    sure = similarity >= operator.threshold
    left = int((stays[pairs[:, 0]] & stays[pairs[:, 1]] & sure).sum())
    print(f"curate.minhash: {int((~stays).sum())} of {n} dropped; {left} of {int(sure.sum())} true pairs both kept")


def speed(texts: Sequence[str], operator: MinHash, runs: int) -> None:
    """Print documents a second, ours and datasketch's, alternating."""
    ngram, unit, permutations = operator.ngram, operator.shingle, operator.permutations
    folded = [fold(text) for text in texts]
    ready = shingle_hashes(folded, ngram, unit)
    sets = [list(shingles(text, ngram, unit)) for text in folded]
    bands, rows = operator.bands()

    ways: dict[str, Callable[[], object]] = {
        "signatures of hashed shingles": lambda: signatures(ready, permutations),
        "signatures of shingles": lambda: rensa.RMinHash.digest_matrix_from_token_sets(sets, permutations, 0),
        "folding, shingling, signatures": lambda: signatures(
            shingle_hashes([fold(text) for text in texts], ngram, unit), permutations
        ),
        "the same, and who meets whom": lambda: buckets(
            band_keys(
                signatures(shingle_hashes([fold(text) for text in texts], ngram, unit), permutations), bands, rows
            )
        ),
    }
    theirs = datasketch_ways(texts, operator, list(ways))
    for name, ours in ways.items():
        took: dict[str, list[float]] = {"ours": [], "theirs": []}
        for _ in range(runs):
            for who, work in (("ours", ours), ("theirs", theirs.get(name))):
                if work is not None:
                    start = time.perf_counter()
                    work()
                    took[who].append(time.perf_counter() - start)
        mine = statistics.median(took["ours"])
        line = f"{name:34s} {len(texts) / mine:10.0f} documents/s"
        if took["theirs"]:
            other = statistics.median(took["theirs"])
            ratios = sorted(b / a for a, b in zip(took["ours"], took["theirs"]))
            line += f"   datasketch {len(texts) / other:7.0f}   ratio {other / mine:5.1f}"
            line += f" [{ratios[0]:.1f}, {ratios[-1]:.1f}]"
        print(line)


def datasketch_ways(texts: Sequence[str], operator: MinHash, names: Sequence[str]) -> dict[str, Callable[[], object]]:
    """Return the same work done by datasketch in its fastest way (`bulk`), or nothing where it is not installed."""
    try:
        import datasketch  # type: ignore[import-not-found]
    except ImportError:
        print("datasketch is not installed: no comparison (pip install datasketch)")
        return {}
    print(f"datasketch {datasketch.__version__}")
    ngram, unit, permutations = operator.ngram, operator.shingle, operator.permutations
    ready = [[s.encode() for s in shingles(fold(text), ngram, unit)] for text in texts]
    hashed = shingle_hashes([fold(text) for text in texts], ngram, unit).distinct()
    numbers = [(hashed.row(i) & np.uint64(0xFFFFFFFF)).tolist() for i in range(len(hashed))]

    def sketch(sets: Sequence[Sequence[bytes]]) -> list[object]:
        return list(datasketch.MinHash.bulk(sets, num_perm=permutations))

    def shingled() -> list[list[bytes]]:
        return [[s.encode() for s in shingles(fold(text), ngram, unit)] for text in texts]

    def index() -> object:
        lsh = datasketch.MinHashLSH(num_perm=permutations, params=operator.bands())
        for i, sign in enumerate(sketch(shingled())):
            lsh.insert(i, sign)
        return lsh

    work: list[Callable[[], object]] = [
        lambda: list(datasketch.MinHash.bulk(numbers, num_perm=permutations, hashfunc=int)),
        lambda: sketch(ready),
        lambda: sketch(shingled()),
        index,
    ]
    return dict(zip(names, work))


def one_by_one(texts: Sequence[str], operator: MinHash, runs: int) -> None:
    """Print the ratio to datasketch as its tutorial uses it: one `update` a shingle."""
    try:
        import datasketch
    except ImportError:
        return
    sets = [list(shingles(fold(text), operator.ngram, operator.shingle)) for text in texts]
    ratios = []
    for _ in range(runs):
        start = time.perf_counter()
        rensa.RMinHash.digest_matrix_from_token_sets(sets, operator.permutations, 0)
        between = time.perf_counter()
        for own in sets:
            sketch = datasketch.MinHash(num_perm=operator.permutations)
            for shingle in own:
                sketch.update(shingle.encode())
        ratios.append((time.perf_counter() - between) / (between - start))
    ratios.sort()
    print(f"signatures of shingles against datasketch's update(): ratio {statistics.median(ratios):.0f}", end=" ")
    print(f"[{ratios[0]:.0f}, {ratios[-1]:.0f}] on {len(texts)} documents")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MINTMARK_DATA", shared)))
    parser.add_argument("--copies", type=int, default=6000, help="near copies mixed in")
    parser.add_argument("--seeds", type=int, default=5, help="seeds of the signatures for recall")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs for speed")
    parser.add_argument("--shingle", choices=["char", "word"], default="char")
    parser.add_argument("--ngram", type=int, default=5)
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        # One core for both: rensa would otherwise use all, and the comparison would depend on the machine.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    operator = MinHash(on="question", shingle=asked.shingle, ngram=asked.ngram)
    real, texts = corpus(asked.data, asked.copies, random.Random(0))
    quality(texts, operator, asked.seeds)
    speed(real, operator, asked.runs)
    one_by_one(real[:1000], operator, asked.runs)


if __name__ == "__main__":
    main()
