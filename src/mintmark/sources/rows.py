"""Rows written into the recipe itself: a handful of seeds, topics or examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from ..core.dataset import Columns
from ..core.fingerprint import digest
from ..core.registry import source
from ..core.source import Source, SourceRow, Span


@source("rows", version=1)
class Rows(Source):
    """The rows of the recipe's own list, in its order.

    Example:
        >>> [r.values for r in Rows(rows=[{"topic": "tides"}]).read()]
        [{'topic': 'tides'}]
    """

    rows: tuple[dict[str, Any], ...] = Field(min_length=1)

    def read(self) -> Iterator[SourceRow]:
        """Yield the rows; `line` of a span counts them from 1."""
        for n, values in enumerate(self.rows, 1):
            yield SourceRow(dict(values), Span("recipe", line=n))

    def fingerprint(self) -> dict[str, Any]:
        """Return the hash of the rows."""
        return {"rows": digest(list(self.rows))}

    def columns(self) -> Columns:
        """Return the columns of all rows; their types follow from the data."""
        return dict.fromkeys("source_id" if k == "id" else k for row in self.rows for k in row)
