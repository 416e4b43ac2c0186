"""Chunks of documents: Markdown, reStructuredText, plain text, HTML and, by `markitdown`, office files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from ..core.dataset import Columns
from ..core.errors import SourceError
from ..core.registry import source
from ..core.source import Source, SourceRow, Span
from .blocks import Lines
from .chunking import Chunker
from .inputs import Input, chosen, content_of, find_inputs
from .readers import CONVERTED, READERS, Unreadable, converter, encoding_of, is_html, read_document

WHERE = "source (documents)"


@source("documents", version=1)
class Documents(Source):
    """Cuts documents into chunks along their structure: sections, then whole paragraphs, lists, tables, code.

    A row has `text`, `heading` (the section's path, "Guide > Install > Linux"), `path` (relative to the folder
    given) and `title`. Its text is exactly the characters `[start:end]` of the document as Python's
    `open(path, encoding=...)` reads it (line ends are `\\n`); the span holds these offsets and the line. HTML
    and converted files (PDF, Word, PowerPoint) have no such characters: there the span is into the extracted text.

    Blocks are packed within a section up to `chunk_tokens`; one is broken only where it alone exceeds them,
    at sentences or lines. Link definitions, comments, badges, contents lists, front matter and short licence
    notices make no chunk. A chunk below `min_chunk_tokens` or `min_prose_words` joins a neighbour where
    both fit, and else is a row like others. Tokens are estimated on the high side (`tokens.estimate_tokens`).

    A document that cannot be read is a row that failed. Reasons: `bad_encoding`, `empty_document`,
    `unreadable`, `too_long`.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = pathlib.Path(folder, "a.md").write_text("# Guide\\n\\n## Install\\n\\nRun the installer.\\n")
        ...     [(row.values["heading"], row.span.line) for row in Documents(path=folder).read()]
        [('Guide > Install', 3)]
    """

    path: str | list[str]
    """A file, a folder (walked to the bottom) or a glob, or several; relative to the working directory."""
    chunk_tokens: int = Field(400, ge=32)
    """The most tokens of a chunk, overlap included."""
    overlap_tokens: int = Field(0, ge=0)
    """At most this many tokens of the chunk before are repeated, in whole sentences, within a section."""
    min_chunk_tokens: int = Field(20, ge=0)
    """A chunk with fewer tokens joins a neighbour where both fit."""
    min_prose_words: int = Field(12, ge=0)
    """A chunk with fewer words outside code and links joins a neighbour where both fit."""
    include: list[str] = Field(default_factory=list)
    """Only documents whose relative path or name matches one of these globs; empty for all."""
    exclude: list[str] = Field(default_factory=list)
    """No documents whose relative path or name matches one of these globs."""
    max_document_bytes: int = Field(64 << 20, ge=1)
    """A larger document fails as `too_long`."""

    @model_validator(mode="after")
    def _sizes_fit(self) -> Documents:
        if self.overlap_tokens * 2 > self.chunk_tokens:
            raise ValueError(f"overlap_tokens must be at most half of chunk_tokens, got {self.overlap_tokens}")
        if self.min_chunk_tokens > self.chunk_tokens - self.overlap_tokens:
            raise ValueError(f"min_chunk_tokens must fit into a chunk, got {self.min_chunk_tokens}")
        return self

    def read(self) -> Iterator[SourceRow]:
        """Yield the chunks, documents in the order of their paths.

        Raises:
            SourceError: where a path does not exist, or there is no document.
            MissingExtra: where a document needs `markitdown` and it is not installed.
        """
        inputs = self._inputs()
        for one in inputs:
            if one.path.suffix.lower() in CONVERTED:
                converter(f"{WHERE}: {one.path}")
        for one in inputs:
            yield from self._chunks(one)

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings that shape chunks, and each document's relative path, SHA-256 and encoding, if not UTF-8.

        Where documents are converted, the converter's version is in it too.
        """
        inputs = self._inputs()
        settings: dict[str, Any] = {
            "source": self.source_name,
            "version": self.source_version,
            **self.model_dump(mode="json", exclude={"path", "license", "include", "exclude"}),
            "files": content_of(inputs, where=WHERE),
            "encodings": {i.name: found for i in inputs if (found := self._encoding(i.path)) != "utf-8"},
        }
        needs = next((i for i in inputs if i.path.suffix.lower() in CONVERTED), None)
        return settings | ({"markitdown": converter(f"{WHERE}: {needs.path}").version} if needs else {})

    def columns(self) -> Columns:
        """Return `text`, `heading`, `path` and `title`, all text."""
        import pyarrow as pa

        return {"text": pa.string(), "heading": pa.string(), "path": pa.string(), "title": pa.string()}

    def skipped(self) -> dict[str, int]:
        """Return how many files of folders and patterns are of kinds that are not read, by their ending.

        Example: `{".png": 12, ".py": 3}`.
        """
        found = find_inputs(self.path, lambda p: True, where=WHERE)
        return dict(Counter(i.path.suffix.lower() for i in found if not _readable(i.path)))

    def _inputs(self) -> list[Input]:
        inputs = [
            i for i in find_inputs(self.path, _readable, where=WHERE) if chosen(i.name, self.include, self.exclude)
        ]
        for one in inputs:
            if not _readable(one.path):
                raise SourceError(
                    "unknown kind of document",
                    where=f"{WHERE}: {one.path}",
                    got=one.path.suffix,
                    allowed=sorted({*READERS, *CONVERTED}),
                )
        if not inputs:
            raise SourceError("no documents here", where=WHERE, got=self.path, allowed=sorted({*READERS, *CONVERTED}))
        return inputs

    def _encoding(self, path: Path) -> str:
        plain = path.suffix.lower() in READERS and path.stat().st_size <= self.max_document_bytes
        return encoding_of(path.read_bytes(), html=is_html(path)) if plain else "utf-8"

    def _chunks(self, one: Input) -> Iterator[SourceRow]:
        try:
            document = read_document(one.path, self.max_document_bytes)
        except Unreadable as e:
            yield SourceRow({"path": one.name}, Span(one.name), e.reason, e.detail)
            return
        chunker = Chunker(self.chunk_tokens, self.overlap_tokens, self.min_chunk_tokens, self.min_prose_words)
        chunks = chunker.cut(document)
        if not chunks:
            yield SourceRow({"path": one.name}, Span(one.name), "empty_document", "nothing but headings and markup")
            return
        lines = Lines(document.text)
        first = next((b.title for b in document.blocks if b.kind == "heading" and b.title), None)
        title = document.title or first or one.path.stem
        for chunk in chunks:
            values = {
                "text": document.text[chunk.start : chunk.end],
                "heading": " > ".join(chunk.headings),
                "path": one.name,
                "title": title,
            }
            yield SourceRow(values, Span(one.name, chunk.start, chunk.end, lines.number_of(chunk.start)))


def _readable(path: Path) -> bool:
    return path.suffix.lower() in READERS or path.suffix.lower() in CONVERTED
