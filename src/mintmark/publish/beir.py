"""The BEIR layout: a retrieval test collection as `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` in one folder.

Reference: Thakur et al. 2021, BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from ..core.dataset import Row
from ..core.errors import PublishError
from ..core.fingerprint import digest
from ..core.store import RunFolder
from .parts import groups, part_files, schema_of

FILES = ("corpus.jsonl", "queries.jsonl", "qrels")
QUERIES = ("query", "question")
DOCUMENTS = ("document", "context", "text")


@dataclass
class Collection:
    """A test collection, gathered row by row; equal texts are one query, one document.

    Attributes:
        documents: text -> (id, title).
        queries: text -> id.
        grades: (query id, document id) -> grade; where rows disagree, the highest.

    Example:
        >>> found = Collection("query", "document")
        >>> found.add({"query": "Why?", "document": "So.", "grade": 2, "document_id": "d1", "query_id": "q1"})
        >>> found.grades
        {('q1', 'd1'): 2}
    """

    query: str
    document: str
    documents: dict[str, tuple[str, str]] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    grades: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take a row in: its query, its document with its grade (1 without one), and its negatives as documents alone.

        Raises:
            PublishError: for a row without a query or a document; the row is named.
        """
        for column in (self.query, self.document):
            if not isinstance(row.get(column), str) or not row[column].strip():
                raise PublishError(
                    f"the column `{column}` holds no text, and the format beir needs it", where=f"row {row.get('id')}",
                    remedy="drop such rows with a step of the recipe, or map another column",
                )  # fmt: skip
        query = self.queries.setdefault(row[self.query], str(row.get("query_id") or digest(row[self.query], size=8)))
        pair = (query, self.add_document(row[self.document], row))
        grade = row.get("grade")
        self.grades[pair] = max(int(grade) if isinstance(grade, int | float) else 1, self.grades.get(pair, 0))
        for negative in row.get("negatives") or ():
            self.add_document(negative["text"], {"document_id": negative.get("id")})

    def add_document(self, text: str, row: Mapping[str, object]) -> str:
        """Return the id of a document, which stands in the corpus from now on."""
        name = str(row.get("document_id") or digest(text, size=8))
        return self.documents.setdefault(text, (name, str(row.get("title") or "")))[0]

    def write(self, folder: Path) -> int:
        """Write the three files; return how many judgements there are."""
        (folder / "qrels").mkdir()
        documents = ({"_id": id, "title": title, "text": text} for text, (id, title) in self.documents.items())
        _lines(folder / "corpus.jsonl", documents)
        _lines(folder / "queries.jsonl", ({"_id": id, "text": text} for text, id in self.queries.items()))
        judged = [f"{query}\t{document}\t{grade}\n" for (query, document), grade in self.grades.items()]
        (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(judged), encoding="utf-8")
        return len(self.grades)


def export_beir(run: RunFolder, out: Path, roles: Mapping[str, str], *, overwrite: bool) -> int:
    """Write a run as a test collection into the folder `out`; return how many judgements it holds.

    The corpus holds the documents of all kept rows and their negatives, and the texts of the rows that became parents, so that
    a query is looked for among passages that bore none.

    Raises:
        PublishError: where the columns do not hold queries and documents, or `out` may not be written.
    """
    columns = schema_of(run).names
    found = Collection(_column("query", roles, QUERIES, columns), _column("document", roles, DOCUMENTS, columns))
    for table in groups(part_files(run, "data")):
        for row in table.to_pylist():
            found.add(row)
    for table in groups(part_files(run, "used")):
        for row in table.to_pylist():
            text = next((row[c] for c in (found.document, *DOCUMENTS) if isinstance(row.get(c), str)), "")
            if text.strip():
                found.add_document(text, row)
    _check(run, out, overwrite)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:100]}.") as room:
            new = Path(room) / "new"
            new.mkdir()
            count = found.write(new)
            if out.exists():
                out.replace(Path(room) / "old")
            new.replace(out)
    except OSError as e:
        raise PublishError(f"cannot be written: {e.strerror}", where=str(out)) from e
    return count


def _column(role: str, roles: Mapping[str, str], usual: Iterable[str], columns: list[str]) -> str:
    given = roles.get(role)
    name = given if given is not None else next((c for c in usual if c in columns), None)
    if name is None or name not in columns:
        raise PublishError(
            f"the format beir needs a column of {role} texts", got=given, allowed=columns,
            remedy=f"name it with `--map {role}=COLUMN`",
        )  # fmt: skip
    return name


def _check(run: RunFolder, out: Path, overwrite: bool) -> None:
    if out.resolve().is_relative_to(run.path.resolve()):
        raise PublishError("a finished run is immutable: nothing is written into its folder", where=str(out))
    if not out.exists():
        return
    if not overwrite:
        raise PublishError("is there already", where=str(out), remedy="choose another name, or give --overwrite")
    if not out.is_dir() or {p.name for p in out.iterdir()} - set(FILES):
        raise PublishError("is no test collection, and is not replaced", where=str(out), remedy="choose another name")


def _lines(path: Path, records: Iterable[Row]) -> None:
    with path.open("wb") as file:
        for record in records:
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
