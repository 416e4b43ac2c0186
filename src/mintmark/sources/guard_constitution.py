"""A guard's constitution: which kinds of requests it should catch, and which only look like them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import yamlio
from ..core.dataset import Columns
from ..core.errors import RecipeError, SourceError
from ..core.registry import source
from ..core.source import Source, SourceRow, Span
from .inputs import content_of, find_inputs
from .readers import Unreadable, decode

WHERE = "source (guard_constitution)"
VERDICTS = ("harmful", "harmless")


@source("guard_constitution", version=1)
class GuardConstitution(Source):
    """Reads a constitution of categories from a YAML file: one row for each category, harmful ones first.

    The file has two mappings, `harmful` and `harmless`, of a category's name to what it means. A harmless category may also be
    `{means: ..., near: CATEGORY}`: its requests look like those of that harmful category, and measure how often a guard refuses
    too much. A constitution must be whole: whatever cannot be read is an error with its line.

    Columns: category, verdict (`harmful` or `harmless`), means, near (null for most).

    Reference: Sharma et al. 2025, "Constitutional Classifiers: Defending against Universal Jailbreaks across Thousands of Hours
    of Red Teaming", section 4.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "constitution.yaml")
        ...     _ = path.write_text("harmful: {cheating: marks by deceit}\\nharmless: {revision: learning for an exam}")
        ...     [(row.values["verdict"], row.values["category"]) for row in GuardConstitution(path=str(path)).read()]
        [('harmful', 'cheating'), ('harmless', 'revision')]
    """

    path: str
    """The YAML file, relative to the working directory."""

    def read(self) -> Iterator[SourceRow]:
        """Yield the categories in the file's order.

        Raises:
            SourceError: where the file is no constitution; the line is named.
        """
        (one,) = find_inputs(self.path, lambda p: False, where=WHERE) or self._none()
        try:
            data, lines = yamlio.read(decode(one.path.read_bytes()), one.name)
        except (RecipeError, Unreadable) as e:
            what, where = (e.what, e.where) if isinstance(e, RecipeError) else (e.detail, one.name)
            raise SourceError(what, where=f"{WHERE}: {where}") from None
        except OSError as e:
            raise SourceError("cannot be read", where=f"{WHERE}: {one.path}", got=e.strerror) from e
        if not isinstance(data, Mapping) or set(data) != set(VERDICTS):
            raise SourceError(
                "a constitution has two mappings", where=f"{WHERE}: {one.name}", got=sorted(data), allowed=VERDICTS
            )
        for verdict in VERDICTS:
            given = data[verdict]
            if not isinstance(given, Mapping) or not given:
                raise SourceError("no categories", where=f"{WHERE}: {one.name}:{lines[(verdict,)]}", got=given)
            for category, value in given.items():
                line = lines[verdict, category]
                values = _category(verdict, value, data["harmful"], f"{WHERE}: {one.name}:{line}")
                yield SourceRow({"category": category, "verdict": verdict, **values}, Span(one.name, line=line))

    def fingerprint(self) -> dict[str, Any]:
        """Return the file's SHA-256."""
        files = content_of(find_inputs(self.path, lambda p: False, where=WHERE), where=WHERE)
        return {"source": self.source_name, "version": self.source_version, "file": [sha for _, sha in files]}

    def columns(self) -> Columns:
        """Return the four columns, all text."""
        import pyarrow as pa

        return dict.fromkeys(("category", "verdict", "means", "near"), pa.string())

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the categories."""
        return {"category": []}

    def _none(self) -> Any:
        raise SourceError("name the constitution's file itself", where=WHERE, got=str(Path(self.path)))


def _category(verdict: str, value: Any, harmful: Any, where: str) -> dict[str, str | None]:
    found: dict[str, Any] = (
        {"means": value} if isinstance(value, str) else dict(value) if isinstance(value, Mapping) else {}
    )
    if unknown := sorted(set(found) - {"means", "near"}):
        raise SourceError(f"unknown field `{unknown[0]}`", where=where, allowed=("means", "near"))
    means, near = found.get("means"), found.get("near")
    if not isinstance(means, str) or not means.strip():
        raise SourceError("a category says what it means, in text", where=where, got=value)
    if near is not None and (verdict == "harmful" or near not in harmful):
        raise SourceError("`near` names the harmful category that a harmless one looks like", where=where, got=near)
    return {"means": means.strip(), "near": near}
