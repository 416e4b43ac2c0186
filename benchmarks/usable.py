"""What share of a recipe's rows is usable with the embedded model: rows that a person read, one verdict each.

The files `recipes/NAME.jsonl` hold an id, a verdict (usable, flawed, wrong) and a reason a line.

    python benchmarks/usable.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from mintmark.measures.intervals import wilson

VERDICTS = ("usable", "flawed", "wrong")
FOLDER = Path(__file__).parent / "recipes"


def read(path: Path) -> Counter[str]:
    """Return how often each verdict was given; every line must have an id of its own, a known verdict and a reason."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids), f"{path.name}: an id stands twice"
    assert all(row["verdict"] in VERDICTS and row["why"] for row in rows), f"{path.name}: no verdict, or no reason"
    return Counter(row["verdict"] for row in rows)


def table() -> str:
    """Return the Markdown table."""
    lines = ["| recipe | rows read | usable | flawed | wrong |", "|---|---|---|---|---|"]
    for path in sorted(FOLDER.glob("*.jsonl")):
        found = read(path)
        n = found.total()
        share = wilson(found["usable"], n)
        lines.append(
            f"| `{path.stem}` | {n} | {share.value:.0%} [{share.low:.0%}, {share.high:.0%}] "
            f"| {found['flawed'] / n:.0%} | {found['wrong'] / n:.0%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
