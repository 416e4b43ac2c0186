"""The feed: source rows as candidates, in source order, each with an id made of its content."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.dataset import Row, plain
from ..core.errors import SourceError
from ..core.fingerprint import digest, pass_id, source_id
from ..core.lineage import FROM_SOURCE, Candidate
from ..core.source import Source, SourceRow


def feed(source: Source, passes: int = 1, shuffle: int | None = None) -> Iterator[Candidate]:
    """Yield every row of a source, `passes` times over, as candidates with ids.

    Args:
        source: what is read.
        passes: how often.
        shuffle: a seed: each pass comes in an order that depends on it and on the rows' ids alone.

    An id is a hash of the row's content and of which occurrence of that content it is: never of its position.

    Raises:
        SourceError: where the source gives no row at all.
    """
    for number in range(passes):
        seen: dict[str, int] = {}
        rows = (_candidate(found, seen, number) for found in source.read())
        yield from rows if shuffle is None else sorted(rows, key=lambda row: digest(shuffle, row.id))
        if not seen:
            raise SourceError("gives no rows", where=f"source ({source.source_name})")


def rows_of(source: Source) -> tuple[Row, ...]:
    """Return every readable row of a side input, with ids.

    Raises:
        SourceError: where a row of it cannot be read; a side input must be whole.
    """
    rows = []
    for candidate in feed(source):
        if candidate.fate == "failed":
            at = f"line {candidate.span['line']}" if candidate.span and "line" in candidate.span else ""
            raise SourceError(
                f"a side input must be whole: {candidate.reason} {at}".strip(), where=f"input ({source.source_name})"
            )
        rows.append(candidate.row)
    return tuple(rows)


def _candidate(found: SourceRow, seen: dict[str, int], number: int) -> Candidate:
    reason, detail = found.reason, found.detail
    try:
        values = plain(found.values)
    except TypeError as e:
        values, reason, detail = {}, "not_data", str(e)
    if "id" in values:
        values["source_id"] = values.pop("id")
    content = digest(values) if reason is None else digest(values, reason, plain(detail))
    occurrence = seen.get(content, 0)
    seen[content] = occurrence + 1
    row = {"id": pass_id(source_id(content, occurrence), number), **values}
    candidate = Candidate(row, span=found.span.as_dict() if found.span else None)
    if reason is not None:
        candidate.end("failed", FROM_SOURCE, reason, plain(detail))
    return candidate
