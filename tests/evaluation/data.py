"""Real data for the tests: the folder in `MINTMARK_DATA`, or `../shared/data` beside the checkout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mintmark.evaluation.subject import Corpus


def data(*parts: str) -> Path:
    """Return a path in the data folder; the test is skipped where it is not there."""
    given = os.environ.get("MINTMARK_DATA")
    folder = Path(given) if given else Path(__file__).parents[2].parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not there; set MINTMARK_DATA to the folder of real data")
    return path


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def gsm8k(count: int | None = None) -> list[dict[str, Any]]:
    """Return training questions and answers of GSM8K."""
    (path,) = [p for p in sorted(data("gsm8k").iterdir()) if "train" in p.name]
    return read_jsonl(path)[:count]


def corpus(name: str, rows: list[dict[str, Any]]) -> Corpus:
    return Corpus.of(name, rows)
