"""Which of a parent's replies a row was made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from ..core.schema import find_json
from .traced import Traced

TELLING = 8
"""Characters from which a text of a row is long enough to say that a reply made it."""


def mark(row: Traced, parent: Traced) -> None:
    """Note in the parent's calls which columns of a row their replies hold: texts that its parent has not.

    The log binds calls to the row that they were made about, so among the calls for a row's siblings this is told by
    the texts themselves.
    """
    given = [v for v in parent.values.values() if isinstance(v, str)]
    own = {
        name: value
        for name, value in row.values.items()
        if isinstance(value, str) and value.strip() and value not in given
    }
    for call in parent.calls:
        if call.step == row.born:
            texts = _texts(str(call.result.get("text") or ""))
            call.holds = [
                name for name, value in own.items()
                if any(value.strip() == t.strip() or (len(value) >= TELLING and value.strip() in t) for t in texts)
            ]  # fmt: skip
    held = [set(call.holds) for call in parent.calls]
    for call in parent.calls:
        if any(set(call.holds) < other for other in held):
            call.holds = []  # a sibling that shares a short text with this row; another reply holds more of it


def _texts(reply: str) -> list[str]:
    """Return a reply and, where it is JSON, every text in it."""
    found = [reply]
    try:
        todo: list[Any] = [orjson.loads(find_json(reply))]
    except orjson.JSONDecodeError:
        return found
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict | list):
            todo.extend(_inside(value))
    return found


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
