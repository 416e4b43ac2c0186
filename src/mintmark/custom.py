"""Your own functions as steps. A recipe that holds one is not portable: the function lives in your code."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar

from .core.dataset import Row
from .core.operator import Operator, RowContext, RowOperator
from .core.outcome import Child, RowOutcome, born, dropped, kept
from .core.registry import operator


def curate(function: Callable[[Row], bool | str | Awaitable[Any] | None]) -> Operator:
    """Return a filter made of a function of one row: True or None keeps it, False or a text (the reason) drops it.

    The function may be async and may take a second argument, the context (`core.operator.RowContext`), for calls.

    Example:
        >>> @curate
        ... def no_lists(row):
        ...     return "is_a_list" if row["response"].startswith("- ") else True
        >>> no_lists.op_name
        'custom.no_lists'
    """

    async def apply(row: Row, ctx: RowContext) -> RowOutcome:
        found = await _call(function, row, ctx)
        if isinstance(found, RowOutcome):
            return found
        if found is True or found is None:
            return kept()
        return dropped(found if isinstance(found, str) else function.__name__)

    return _operator(function, apply)


def generate(function: Callable[..., Any]) -> Operator:
    """Return a generator made of a function of one row that returns the rows born from it, as dicts.

    The function may be async and may take a second argument, the context (`core.operator.RowContext`), for calls.

    Example:
        >>> @generate
        ... def shout(row):
        ...     return [{"text": row["text"].upper()}]
        >>> shout.scope
        'row'
    """

    async def apply(row: Row, ctx: RowContext) -> RowOutcome:
        found = await _call(function, row, ctx)
        return found if isinstance(found, RowOutcome) else born([Child(dict(values)) for values in found])

    return _operator(function, apply)


class Custom(RowOperator):
    """A step made of a user's function."""

    portable: ClassVar[bool] = False
    body: ClassVar[Callable[[Row, RowContext], Awaitable[RowOutcome]]]

    async def apply(self, row: Row, ctx: RowContext) -> RowOutcome:
        """Run the function."""
        return await type(self).body(row, ctx)

    def reads(self) -> Sequence[str]:
        """Return nothing: only the function knows."""
        return ()


def _operator(function: Callable[..., Any], body: Callable[[Row, RowContext], Awaitable[RowOutcome]]) -> Operator:
    name = function.__name__.strip("_").lower() or "function"
    members = {"__module__": function.__module__, "__doc__": function.__doc__, "body": staticmethod(body)}
    cls = type(f"{name}_{_version(function):08x}", (Custom,), members)
    made: Operator = operator(f"custom.{name}", version=_version(function), replace=True)(cls)()
    return made


def _version(function: Callable[..., Any]) -> int:
    """Return a number that changes when the function's text does."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        code = function.__code__
        text = repr((code.co_code, code.co_consts, code.co_names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")


async def _call(function: Callable[..., Any], row: Row, ctx: RowContext) -> Any:
    wants_context = len(inspect.signature(function).parameters) > 1
    found = function(row, ctx) if wants_context else function(row)
    return await found if inspect.isawaitable(found) else found
