"""Pydantic's findings in our words: where, what, got, allowed, remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, ValidationError

from .errors import RecipeError, nearest
from .yamlio import Loc


class FieldError(RecipeError):
    """A `RecipeError` that knows the path of the field it speaks of, so that a file's line can be named."""

    def __init__(self, what: str, *, loc: Loc = (), **parts: Any) -> None:
        super().__init__(what, **parts)
        self.loc, self.parts = loc, parts

    def at(self, where: str, loc: Loc = ()) -> FieldError:
        """Return the same error with a place before its own, and the path of what holds its field."""
        own = str(self.parts.get("where") or "")
        told = {**self.parts, "where": f"{where}: {own}" if own else where}
        return FieldError(self.what, loc=(*loc, *self.loc), **told)


@contextmanager
def located(lines: Mapping[Loc, int], file: str) -> Iterator[None]:
    """Name the line of `file` in a `FieldError` that is raised inside: that of the field, or of what holds it."""
    try:
        yield
    except FieldError as e:
        loc = e.loc
        while loc and loc not in lines:
            loc = loc[:-1]
        raise e.at(f"{file}:{lines[loc]}" if loc else file) from e.__cause__


def explain(error: ValidationError, cls: type[BaseModel], label: str, where: str, loc: Loc = ()) -> FieldError:
    """Return the first of pydantic's findings about `cls` as one `FieldError`.

    Args:
        error: what pydantic raised.
        cls: the model that was built, for its field names.
        label: how the reader knows it, e.g. `curate.minhash`.
        where: e.g. `step 3 (curate.minhash)`.
        loc: path of the entry in the recipe.
    """
    first = error.errors()[0]
    path = tuple(p for p in first["loc"] if not (isinstance(p, str) and "[" in p))
    field = ".".join(str(p) for p in path)
    if first["type"] == "extra_forbidden":
        known = list(cls.model_fields)
        name = str(path[-1]) if path else ""
        hint = nearest(name, known) if len(path) <= 1 else ""
        return FieldError(
            f"unknown field `{name}` in {label}",
            loc=(*loc, *path),
            where=where,
            remedy=hint,
            allowed=None if hint else known,
        )
    if first["type"] == "missing":
        return FieldError(f"`{field}` is required", loc=loc, where=where)
    message = first["msg"].replace("Input should be", "must be").removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if first["type"] == "value_error":
        return FieldError(f"{field} {message}".strip() if field else message, loc=(*loc, *path), where=where)
    return FieldError(f"{field} {message}", loc=(*loc, *path), where=where, got=_short(first["input"]))


def _short(value: Any) -> Any:
    text = repr(value)
    return value if len(text) <= 80 else text[:77] + "..."
