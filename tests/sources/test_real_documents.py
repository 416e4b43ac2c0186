"""The laws on real documentation: 99 PEPs, and the Markdown and reStructuredText pages of two projects."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mintmark.sources.blocks import prose_words
from mintmark.sources.documents import Documents
from mintmark.sources.tokens import estimate_tokens

DATA = Path(os.environ.get("MINTMARK_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


@pytest.mark.parametrize("folder", ["docs_peps", "docs_markdown"])
def test_chunks_of_real_documents(folder: str) -> None:
    root = DATA / folder
    if not root.is_dir():
        pytest.skip(f"needs the folder {folder} in MINTMARK_DATA")
    rows = list(Documents(path=str(root), exclude=["LICENSE.txt", "SOURCE.txt"]).read())
    assert not [row for row in rows if row.reason]
    assert len(rows) > 1000
    texts: dict[str, str] = {}
    for row in rows:
        assert row.span is not None
        if row.span.path not in texts:
            texts[row.span.path] = (root / row.span.path).read_text(encoding="utf-8")
        assert texts[row.span.path][row.span.start : row.span.end] == row.values["text"]
        assert estimate_tokens(row.values["text"]) <= 400
    bodies = [row.values["text"] for row in rows]
    share = {
        "hardly any prose": sum(prose_words(text) < 12 for text in bodies) / len(bodies),
        "ends with what introduces": sum(text.rstrip("`*_").endswith(":") for text in bodies) / len(bodies),
        "tiny": sum(estimate_tokens(text) < 20 for text in bodies) / len(bodies),
    }
    assert share["hardly any prose"] < 0.01
    assert share["ends with what introduces"] < 0.03
    assert share["tiny"] == 0
