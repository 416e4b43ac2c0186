"""The BEIR layout read back as its readers read it, and every way in which it is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.publish.test_export import with_rows

from mintmark.core.errors import PublishError
from mintmark.core.recipe import Recipe
from mintmark.core.store import RunFolder
from mintmark.engines.local import LocalEngine
from mintmark.models.scripted import scripted
from mintmark.publish.export import default_name, export

ROWS: list[dict[str, Any]] = [
    {"id": "1", "query": "why", "document": "So.", "title": "A", "grade": 1, "negatives": [{"id": "n", "text": "No."}]},
    {"id": "2", "query": "why", "document": "Yes.", "title": "B", "grade": 3, "negatives": []},
    {"id": "3", "query": "how", "document": "So.", "title": "A", "grade": 0, "negatives": None},
    {"id": "4", "query": "why", "document": "So.", "title": "A", "grade": 2, "negatives": None},
]


def read(folder: Path) -> tuple[dict[str, dict[str, str]], dict[str, str], dict[str, dict[str, int]]]:
    """Read a collection as BEIR's own loader does: by `_id`, `title`, `text`, and three columns of a TSV with a header."""
    corpus = {d["_id"]: d for d in map(json.loads, (folder / "corpus.jsonl").read_text().splitlines())}
    queries = {q["_id"]: q["text"] for q in map(json.loads, (folder / "queries.jsonl").read_text().splitlines())}
    qrels: dict[str, dict[str, int]] = {}
    with (folder / "qrels" / "test.tsv").open(newline="") as file:
        reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_MINIMAL)
        assert next(reader) == ["query-id", "corpus-id", "score"]
        for query, document, grade in reader:
            qrels.setdefault(query, {})[document] = int(grade)
    return corpus, queries, qrels


def test_a_collection_reads_back(tmp_path: Path) -> None:
    run = with_rows(tmp_path / "run", ROWS)
    assert export(run, "beir", tmp_path / "out") == 3
    corpus, queries, qrels = read(tmp_path / "out")
    told = {queries[q]: {corpus[d]["text"]: g for d, g in judged.items()} for q, judged in qrels.items()}
    assert told == {"why": {"So.": 2, "Yes.": 3}, "how": {"So.": 0}}, "equal pairs are one, with the highest grade"
    assert {d["text"]: d["title"] for d in corpus.values()} == {"So.": "A", "Yes.": "B", "No.": ""}
    assert corpus["n"]["text"] == "No."


def test_passages_that_bore_no_query_stand_in_the_corpus(tmp_path: Path) -> None:
    text = """
models: {writer: scripted/beir}
source: {rows: {rows: [{text: "Honey keeps for many years."}, {text: "Lava cools very slowly here."}]}}
steps: [generate.inpars: {}]
"""
    with scripted("beir", lambda request: [-1.0] if request.kind == "score" else "how long does honey keep"):
        LocalEngine(Recipe.from_yaml(text), RunFolder(tmp_path / "run")).run()
    assert export(tmp_path / "run", "beir", tmp_path / "out") == 1
    corpus, queries, _ = read(tmp_path / "out")
    assert {d["text"] for d in corpus.values()} == {"Honey keeps for many years.", "Lava cools very slowly here."}
    assert list(queries.values()) == ["how long does honey keep"]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    run = with_rows(tmp_path / "run", [{"id": "1", "asked": "why", "passage": "So."}])
    with pytest.raises(PublishError, match="--map query=COLUMN"):
        export(run, "beir", tmp_path / "out")
    assert export(run, "beir", tmp_path / "out", roles={"query": "asked", "document": "passage"}) == 1


def test_what_is_there_is_replaced_only_where_asked_and_only_a_collection(tmp_path: Path) -> None:
    run, out = with_rows(tmp_path / "run", ROWS), tmp_path / "out"
    export(run, "beir", out)
    with pytest.raises(PublishError, match="is there already"):
        export(run, "beir", out)
    assert export(run, "beir", out, overwrite=True) == 3
    (out / "notes.txt").write_text("mine")
    with pytest.raises(PublishError, match="is not replaced"):
        export(run, "beir", out, overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "run"], "nothing half-written is left"


@pytest.mark.parametrize(
    "row", [{"id": "1", "query": " ", "document": "So."}, {"id": "1", "query": "why", "document": None}]
)
def test_a_row_without_a_text_is_named(tmp_path: Path, row: dict[str, Any]) -> None:
    run = with_rows(tmp_path / "run", [{"id": "0", "query": "why", "document": "So."}, row])
    with pytest.raises(PublishError, match="row 1: the column"):
        export(run, "beir", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_it_is_a_folder_outside_the_run(tmp_path: Path) -> None:
    run = with_rows(tmp_path / "run", ROWS)
    assert default_name(run, "beir") == "run.beir"
    with pytest.raises(PublishError, match="folder"):
        export(run, "beir", "-")
    with pytest.raises(PublishError, match="immutable"):
        export(run, "beir", run / "out")
