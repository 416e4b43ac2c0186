"""A taxonomy of skills and knowledge: a tree of folders with a `qna.yaml` in each of its leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field

from ..core.dataset import Columns, Row
from ..core.errors import SourceError
from ..core.registry import source
from ..core.source import Source, SourceRow, Span
from .documents import Documents
from .inputs import Input, content_of, find_inputs
from .leaf import BadLeaf, Leaf, Seed, parse_leaf
from .readers import Unreadable, decode

WHERE = "source (taxonomy)"
BRANCHES = ("knowledge", "foundational_skills", "compositional_skills")
"""The tree's first folders, which say what kind of leaves they hold."""
MAX_LEAF_BYTES = 4 << 20


@source("taxonomy", version=1)
class Taxonomy(Source):
    """Reads the leaves of a taxonomy laid out as InstructLab does: `BRANCH/.../LEAF/qna.yaml`, formats 1 to 3.

    A skill's leaf gives a row for each seed example. A knowledge leaf gives rows of chunks of its documents, each beside one of its
    seed examples: both are dealt out in turn, until every chunk and every example has come. Documents are the files that match
    `document.patterns` in the leaf's own folder; nothing is ever fetched from the address that a leaf may name. Where they are not
    there the leaf's rows fail as `document_not_here`, or, with `missing_documents: context`, the passage that an example quotes
    stands for them.

    Columns: leaf (its folder's path), branch, domain, task, question, answer, context (of the seed example), examples (the leaf's
    other seed examples, of skills), text, heading, title, path (of the chunk).

    A leaf or an example that cannot be read is a row that failed, with its line. Reasons: `bad_yaml`, `unknown_version`,
    `missing_field`, `not_text`, `unknown_branch`, `document_not_here`, `bad_pattern`, and those of `documents`.

    Reference: Sudalairaj et al. 2024, "LAB: Large-Scale Alignment for ChatBots", section 3.1.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     leaf = pathlib.Path(folder, "foundational_skills", "rhyme")
        ...     leaf.mkdir(parents=True)
        ...     _ = (leaf / "qna.yaml").write_text("task_description: Rhyme.\\nseed_examples: [{question: 'Hat?', answer: Cat.}]")
        ...     [(row.values["leaf"], row.values["answer"]) for row in Taxonomy(path=folder).read()]
        [('foundational_skills/rhyme', 'Cat.')]
    """

    path: str | list[str]
    """The taxonomy's folder, a branch of it, or single leaves; relative to the working directory."""
    chunk_tokens: int = Field(400, ge=32)
    """The most tokens of a chunk of a document."""
    missing_documents: Literal["fail", "context"] = "fail"
    """What becomes of a knowledge leaf whose documents do not lie beside it."""

    def read(self) -> Iterator[SourceRow]:
        """Yield the rows, leaves in the order of their paths.

        Raises:
            SourceError: where a path does not exist, or there is no leaf.
        """
        for one in self._leaves():
            yield from self._rows(one)

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings that shape rows, each leaf's name and SHA-256, and those of each document beside one."""
        leaves = self._leaves()
        files = [*leaves, *(d for one in leaves for d in self._documents_of(one))]
        return {
            "source": self.source_name,
            "version": self.source_version,
            **self.model_dump(mode="json", exclude={"path", "license"}),
            "documents": Documents.source_version,
            "leaves": [_place(one) for one in leaves],
            "files": content_of(files, where=WHERE),
        }

    def columns(self) -> Columns:
        """Return the columns; all but `examples` are text."""
        import pyarrow as pa

        text = ("leaf", "branch", "domain", "task", "question", "answer", "context", "text", "heading", "title", "path")
        seed = pa.struct([(name, pa.string()) for name in ("question", "answer", "context")])
        return {**dict.fromkeys(text, pa.string()), "examples": pa.list_(seed)}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the leaves."""
        return {"leaf": []}

    def _leaves(self) -> list[Input]:
        leaves = find_inputs(self.path, lambda p: p.name == "qna.yaml", where=WHERE)
        if not leaves:
            raise SourceError("no qna.yaml here", where=WHERE, got=self.path, remedy=f"expected {', '.join(BRANCHES)}")
        return leaves

    def _rows(self, one: Input) -> Iterator[SourceRow]:
        branch, name = _place(one)
        values: Row = {"leaf": name, "branch": branch}
        try:
            if branch is None:
                raise BadLeaf("unknown_branch", f"stands under none of {', '.join(BRANCHES)}")
            leaf = _read(one, branch)
        except BadLeaf as e:
            yield SourceRow(values, Span(one.name, line=e.line), e.reason, e.detail)
            return
        for bad in leaf.bad:
            yield SourceRow(values, Span(one.name, line=bad.line), bad.reason, bad.detail)
        values |= {"domain": leaf.domain, "task": leaf.task}
        if branch == "knowledge":
            yield from self._knowledge(one, leaf, values)
            return
        for n, seed in enumerate(leaf.seeds):
            others = [s.shown() for s in (*leaf.seeds[:n], *leaf.seeds[n + 1 :])]
            blank = dict.fromkeys(("text", "heading", "title", "path"))
            yield SourceRow({**values, **seed.shown(), **blank, "examples": others}, Span(one.name, line=seed.line))

    def _knowledge(self, one: Input, leaf: Leaf, values: Row) -> Iterator[SourceRow]:
        try:
            documents = _documents(one, leaf)
        except BadLeaf as e:
            yield SourceRow(values, Span(one.name), e.reason, e.detail)
            return
        chunks: list[SourceRow] = []
        for document in documents:
            for row in Documents(path=str(document.path), chunk_tokens=self.chunk_tokens).read():
                assert row.span is not None
                row.span.path = row.values["path"] = document.name
                if row.reason is not None:
                    yield SourceRow({**values, **row.values}, row.span, row.reason, row.detail)
                else:
                    chunks.append(row)
        if not documents:
            yield from (self._without(one, leaf, seed, values) for seed in leaf.seeds)
            return
        for n in range(max(len(chunks), len(leaf.seeds)) if chunks and leaf.seeds else 0):
            chunk, seed = chunks[n % len(chunks)], leaf.seeds[n % len(leaf.seeds)]
            yield SourceRow({**values, **seed.shown(), **chunk.values, "examples": []}, chunk.span)

    def _without(self, one: Input, leaf: Leaf, seed: Seed, values: Row) -> SourceRow:
        """Return the row of a seed example whose leaf's documents lie elsewhere."""
        own: Row = {"text": None, "heading": "", "title": leaf.domain, "path": None, "examples": []}
        found = SourceRow({**values, **seed.shown(), **own}, Span(one.name, line=seed.line))
        if self.missing_documents == "context" and seed.context is not None:
            found.values["text"] = seed.context
        else:
            found.reason = "document_not_here"
            found.detail = {"patterns": list(leaf.patterns), **leaf.address, "remedy": "copy the files beside qna.yaml"}
        return found

    def _documents_of(self, one: Input) -> list[Input]:
        branch, _ = _place(one)
        try:
            return _documents(one, _read(one, branch)) if branch == "knowledge" else []
        except BadLeaf:
            return []


def _place(one: Input) -> tuple[str | None, str]:
    """Return a leaf's branch and its path from the branch on; what the user named may lie within the branch."""
    inner = PurePosixPath(one.name).parent.parts
    for n, part in enumerate(inner):
        if part in BRANCHES:
            return part, "/".join(inner[n:])
    outer = one.path.parent.parts
    for n in range(len(outer) - 1, -1, -1):
        if outer[n] in BRANCHES:
            return outer[n], "/".join(outer[n:])
    return None, "/".join(inner)


def _read(one: Input, branch: str) -> Leaf:
    try:
        if (size := one.path.stat().st_size) > MAX_LEAF_BYTES:
            raise BadLeaf("too_long", f"{size} bytes, at most {MAX_LEAF_BYTES}")
        text = decode(one.path.read_bytes())
    except Unreadable as e:
        raise BadLeaf(e.reason, e.detail) from None
    except OSError as e:
        raise SourceError("cannot be read", where=f"{WHERE}: {one.path}", got=e.strerror) from e
    return parse_leaf(text, one.name, knowledge=branch == "knowledge")


def _documents(one: Input, leaf: Leaf) -> list[Input]:
    """Return the files in the leaf's own folder that match its patterns, by name; a link may not lead out of it."""
    folder, found = one.path.parent, set[Path]()
    for pattern in leaf.patterns:
        parts = PurePosixPath(pattern)
        if parts.is_absolute() or ".." in parts.parts:
            raise BadLeaf("bad_pattern", f"`{pattern}` leads out of the leaf's folder")
        found |= {p for p in folder.glob(pattern) if p.is_file() and p.resolve().is_relative_to(folder.resolve())}
    base = PurePosixPath(one.name).parent
    inputs = [Input(p, (base / p.relative_to(folder).as_posix()).as_posix(), True) for p in found]
    return sorted(inputs, key=lambda i: i.name)
