"""What share of a recipe's rows is usable with the embedded model: rows that a person read, one verdict each.

The files `recipes/NAME.jsonl` hold an id, a verdict (usable, flawed, wrong) and a reason a line.

    python benchmarks/usable.py             # prints the table
    python benchmarks/usable.py --write     # puts it into docs/methods/usable.md, whose last column stays as it is
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

from mintmark.measures.intervals import wilson

VERDICTS = ("usable", "flawed", "wrong")
FOLDER = Path(__file__).parent / "recipes"
PAGE = Path(__file__).parents[1] / "docs" / "methods" / "usable.md"


def read(path: Path) -> Counter[str]:
    """Return how often each verdict was given; every line must have an id of its own, a known verdict and a reason."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids), f"{path.name}: an id stands twice"
    assert all(row["verdict"] in VERDICTS and row["why"] for row in rows), f"{path.name}: no verdict, or no reason"
    return Counter(row["verdict"] for row in rows)


def rows() -> dict[str, str]:
    """Return each recipe's line of the table, without the last column."""
    found = {}
    for path in sorted(FOLDER.glob("*.jsonl")):
        verdicts = read(path)
        n = verdicts.total()
        share = wilson(verdicts["usable"], n)
        counted = f"{n} | {share.value:.0%} [{share.low:.0%}, {share.high:.0%}]"
        found[path.stem] = f"| `{path.stem}` | {counted} | {verdicts['flawed'] / n:.0%} | {verdicts['wrong'] / n:.0%} |"
    return found


def write() -> None:
    """Put the table into the page; a recipe that is new there gets an empty last column."""
    page = PAGE.read_text(encoding="utf-8")
    line = re.compile(r"^\| `([a-z-]+)` .*\| *([^|]*)\|$", re.MULTILINE)
    told = {m[1]: m[2].strip() for m in line.finditer(page)}
    (start, _), *_, (_, end) = (m.span() for m in line.finditer(page))
    table = "\n".join(f"{said} {told.get(name, '')} |" for name, said in rows().items())
    PAGE.write_text(page[:start] + table + page[end:], encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    print("| recipe | rows read | usable | flawed | wrong |\n|---|---|---|---|---|\n" + "\n".join(rows().values()))
