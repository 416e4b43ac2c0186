"""How often a report calls real data a risk: two random halves of one real set are held against each other.

Nothing is wrong with such data, so every risk is a false one. A report may call any in 5 % of the splits (Holm's correction
over all its claims); the bound printed is Clopper-Pearson's, 95 %.

    python benchmarks/nulls.py --data DATA [--splits 200] [--rows 500] [--aspects fidelity,diversity,...]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

CHEAP = "fidelity,diversity,labels,copying,bias,safety,promise"


def gsm8k(folder: Path) -> list[dict[str, Any]]:
    """Return questions and answers."""
    return [json.loads(line) for line in (folder / "gsm8k" / "train.jsonl").read_text(encoding="utf-8").splitlines()]


def banking77(folder: Path) -> list[dict[str, Any]]:
    """Return labelled requests of a bank's customers."""
    with (folder / "banking77_nlupp" / "banking_data" / "train.csv").open(encoding="utf-8") as file:
        return [{"text": row["text"], "label": row["category"]} for row in csv.DictReader(file)]


SETS = {"gsm8k": gsm8k, "banking77": banking77}


def main() -> None:
    """Print, for each set, the share of splits with any risk, and which claims they were."""
    from scipy.stats import beta
    from threadpoolctl import threadpool_limits

    from mintmark.evaluation.aspects import examine
    from mintmark.evaluation.subject import Corpus, Subject

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("MINTMARK_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--aspects", default=CHEAP)
    parser.add_argument("--sets", default=",".join(SETS))
    given = parser.parse_args()
    for name in given.sets.split(","):
        rows = SETS[name](given.data)
        called: Counter[str] = Counter()
        small: Counter[str] = Counter()
        wrong = claims = 0
        for split in range(given.splits):
            drawn = random.Random(split).sample(rows, 2 * given.rows)
            subject = Subject(
                Corpus.of("data", drawn[: given.rows]), Corpus.of("reference", drawn[given.rows :]), seed=split
            )
            with threadpool_limits(1):
                found = examine(subject, given.aspects.split(","))
            risks = [f.name for f in found if f.kind == "risk"]
            small.update(f.name for f in found if f.p is not None and f.p < 0.05)
            claims = sum(f.p is not None for f in found)
            called.update(risks)
            wrong += bool(risks)
        n = given.splits
        high = 1.0 if wrong == n else float(beta.ppf(0.975, wrong + 1, n - wrong))
        low = 0.0 if wrong == 0 else float(beta.ppf(0.025, wrong, n - wrong + 1))
        print(
            f"{name}: {wrong} of {n} splits call a risk: {wrong / n:.3f} [{low:.3f}, {high:.3f}]; {claims} claims each"
        )
        print("  called:", dict(called) or "none")
        print("  p below .05 by itself, of", n, ":", dict(small.most_common(12)), flush=True)


if __name__ == "__main__":
    main()
