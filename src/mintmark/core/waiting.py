"""Waiting for several calls at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def gathered(work: Iterable[Awaitable[T]]) -> list[T]:
    """Await everything; where something raised, all have ended before the first error goes on.

    An operator that makes several calls at once waits for them by this: were the row left at the first error, it would hang on timing
    which calls its lineage names.
    """
    found: list[T] = []
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found
