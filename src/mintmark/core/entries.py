"""Recipe entries, `name: {field: value}`, to operators, sources and models; every mistake knows its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, PlainSerializer, SerializationInfo, ValidationError, WithJsonSchema

from . import registry, yamlio
from .errors import RecipeError, SourceError
from .operator import Operator
from .settings import ModelSpec
from .source import Source
from .validation import FieldError, explain

M = TypeVar("M", bound=BaseModel)


def to_operator(value: Any, index: int) -> Operator:
    """Return the operator that a step's entry describes.

    Raises:
        FieldError
    """
    if isinstance(value, Operator):
        return value
    return _build(value, "a step", registry.get_operator, f"step {index + 1}", ("steps", index))


def _to_inner(value: Any) -> Operator:
    return value if isinstance(value, Operator) else _build(value, "a step", registry.get_operator, "inner step", ())


def _to_entry(value: Operator, info: SerializationInfo) -> dict[str, Any]:
    return {
        value.op_name: value.model_dump(
            mode="json", exclude_defaults=info.exclude_defaults, exclude_none=info.exclude_none, by_alias=True
        )
    }


STEP = "A step"
"""The title by which the JSON Schema of a field tells that it holds a step."""
Inner = Annotated[
    Operator, BeforeValidator(_to_inner), PlainSerializer(_to_entry), WithJsonSchema({"title": STEP, "type": "object"})
]
"""A step inside a step, written as any step: `name: {field: value}`."""


def to_source(value: Any, where: str, loc: yamlio.Loc) -> Source:
    """Return the source that an entry describes.

    Raises:
        FieldError
    """
    if isinstance(value, Source):
        return value
    return _build(value, "a source", registry.get_source, where, loc)


def _to_source_entry(value: Source, info: SerializationInfo) -> dict[str, Any]:
    fields = value.model_dump(mode="json", exclude_defaults=info.exclude_defaults, exclude_none=info.exclude_none)
    return {value.source_name: fields}


SOURCE = "A source"
"""The title by which the JSON Schema of a field tells that it holds a source."""
InnerSource = Annotated[
    Source, BeforeValidator(lambda value: to_source(value, "inner source", ())), PlainSerializer(_to_source_entry),
    WithJsonSchema({"title": SOURCE, "type": "object"}),
]  # fmt: skip
"""A source inside a source, written as any source: `name: {field: value}`."""


def _build(value: Any, what: str, find: Callable[[str], type[M]], where: str, loc: yamlio.Loc) -> M:
    name, fields = _split(value, what, where, loc)
    try:
        cls = find(name)
    except RecipeError as e:
        raise FieldError(e.what, where=where, loc=(*loc, name), remedy=e.remedy, allowed=e.allowed) from e
    try:
        return cls.model_validate(fields)
    except ValidationError as e:
        raise explain(e, cls, name, f"{where} ({name})", (*loc, name)) from e
    except FieldError as e:  # of a step inside this one
        raise e.at(f"{where} ({name})", (*loc, name)) from e.__cause__
    except SourceError as e:
        raise FieldError(e.what, where=where, loc=(*loc, name), remedy=e.remedy) from e


def _split(value: Any, what: str, where: str, loc: yamlio.Loc) -> tuple[str, dict[str, Any]]:
    if isinstance(value, str):
        return value, {}
    if isinstance(value, Mapping) and len(value) == 1:
        name, fields = next(iter(value.items()))
        if fields is None:
            return str(name), {}
        if isinstance(fields, Mapping):
            return str(name), dict(fields)
        raise FieldError(f"the fields of `{name}` must be a mapping", where=where, loc=(*loc, name), got=fields)
    raise FieldError(
        f"{what} is one name with its fields, as `name: {{field: value}}`", where=where, loc=loc, got=value
    )


def to_model(value: Any, name: str) -> ModelSpec:
    """Return the model that an entry describes: an address, or a mapping.

    Raises:
        FieldError
    """
    where, loc = f"model `{name}`", ("models", name)
    if isinstance(value, ModelSpec):
        spec = value
    else:
        fields = {"spec": value} if isinstance(value, str) else value
        try:
            spec = ModelSpec.model_validate(fields)
        except ValidationError as e:
            raise explain(e, ModelSpec, where, where, loc) from e
    if re.match(r"\w+://[^/]*@", spec.spec):
        raise FieldError(
            "an address must not hold a user name or a password", where=where, loc=loc,
            remedy="put the key into an environment variable and name it in `api_key_env`",
        )  # fmt: skip
    return spec
