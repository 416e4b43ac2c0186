"""Rows, columns and their Arrow form.

In flight a row is a dict with an `id`; at rest it is an Arrow row. Columns have roles: a column whose name is
the role's plays it, and a dataset may say otherwise by `roles`.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import StringConstraints

if TYPE_CHECKING:
    import pyarrow as pa

Row: TypeAlias = dict[str, Any]
Column = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]+$")]
"""An operator's field that names a column."""

ROLES: tuple[str, ...] = (
    "instruction", "input", "response", "messages", "question", "answer", "context", "evidence",
    "chosen", "rejected", "text", "label", "query", "document",
)  # fmt: skip

Columns: TypeAlias = "dict[str, pa.DataType | None]"
"""Column name to Arrow type; None where a type is only known from the data."""


def roles_of(columns: Iterable[str], declared: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return role -> column: what is declared, else the columns that bear a role's name.

    Example:
        >>> roles_of(["question", "answer", "path"])
        {'question': 'question', 'answer': 'answer'}
    """
    found = {name: name for name in columns if name in ROLES}
    return found | dict(declared or {})


def plain(value: Any) -> Any:
    """Return `value` as JSON-like data: what a row may hold, and what its id is made of.

    Dates become ISO text, decimals their exact text, bytes base64 text, NaN and infinities None.

    Raises:
        TypeError: for anything else that JSON cannot hold.

    Example:
        >>> plain({"when": dt.date(2024, 5, 1), "score": float("nan")})
        {'when': '2024-05-01', 'score': None}
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"a row cannot hold a {type(value).__name__}")


class SchemaBuilder:
    """Finds the one Arrow schema that holds every row shown to it.

    Declared types win; the rest follow the data: null < bool < int64 < float64, lists and structs merge
    inside, and kinds that cannot merge (a number here, a text there) become text. A column that was
    always null is text, so that it reads back.

    Example:
        >>> b = SchemaBuilder()
        >>> b.add({"a": 1, "b": None}); b.add({"a": 2.5})
        >>> [str(f) for f in b.schema()]
        ['pyarrow.Field<a: double>', 'pyarrow.Field<b: string>']
    """

    def __init__(self, declared: Columns | None = None, first: Iterable[str] = ()) -> None:
        self._declared = {k: t for k, t in (declared or {}).items() if t is not None}
        self._kinds: dict[str, Any] = dict.fromkeys(first)
        for name in declared or {}:
            self._kinds.setdefault(name, None)

    def add(self, row: Mapping[str, Any]) -> None:
        """Widen the schema until it holds `row`."""
        kinds = self._kinds
        for name, value in row.items():
            if name in self._declared:
                continue
            kind = kinds.get(name)
            if kind == "str" and type(value) is str:
                continue
            kinds[name] = _merge(kind, _kind(value))

    def schema(self) -> pa.Schema:
        """Return the schema of everything seen, columns in the order first seen."""
        import pyarrow as pa

        return pa.schema(
            [
                pa.field(name, self._declared[name] if name in self._declared else _arrow(kind))
                for name, kind in self._kinds.items()
            ]
        )


def table_of(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Return `rows` as an Arrow table of `schema`; a missing column is null, a value that does not fit is its JSON text.

    Raises:
        TypeError, pyarrow.ArrowInvalid: where a declared type does not hold a value.
    """
    import pyarrow as pa

    arrays = [pa.array([_fit(row.get(field.name), field.type) for row in rows], type=field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _kind(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, str):
        return "str"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -(2**63) <= value < 2**63 else "float"
    if isinstance(value, float):
        return "float"
    if isinstance(value, list | tuple):
        inner = None
        for v in value:
            inner = _merge(inner, _kind(v))
        return ("list", inner)
    if isinstance(value, Mapping):
        return ("struct", {k: _kind(v) for k, v in value.items()})
    return "str"


def _merge(a: Any, b: Any) -> Any:
    if a is None or a == b:
        return b if a is None else a
    if b is None:
        return a
    if isinstance(a, tuple) and isinstance(b, tuple) and a[0] == b[0]:
        if a[0] == "list":
            return ("list", _merge(a[1], b[1]))
        return ("struct", {k: _merge(a[1].get(k), b[1].get(k)) for k in a[1] | b[1]})
    if {a, b} <= {"int", "float"} if isinstance(a, str) and isinstance(b, str) else False:
        return "float"
    return "json"


def _arrow(kind: Any) -> pa.DataType:
    import pyarrow as pa

    if isinstance(kind, tuple):
        if kind[0] == "list":
            return pa.list_(_arrow(kind[1]))
        if kind[1]:
            return pa.struct([pa.field(k, _arrow(v)) for k, v in kind[1].items()])
        return pa.string()
    return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}.get(kind, pa.string())


def _fit(value: Any, kind: pa.DataType) -> Any:
    import orjson
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    if pa.types.is_list(kind) and isinstance(value, list | tuple):
        return [_fit(v, kind.value_type) for v in value]
    if pa.types.is_struct(kind) and isinstance(value, Mapping):
        return {f.name: _fit(value.get(f.name), f.type) for f in kind}
    if pa.types.is_floating(kind) and isinstance(value, int):
        return float(value)
    return value
