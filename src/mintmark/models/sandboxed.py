"""The sandbox as a recipe's model: it answers `execute`, so that an execution is a call in the log like any other."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import platform
from collections.abc import AsyncIterator, Sequence

from ..core.call import Fault, Reply, Request
from ..core.execution import Limits
from ..sandbox.run import execute
from .base import Model


class SandboxModel(Model):
    """Runs Python of this interpreter's version; what it says depends on that version and on the request's limits.

    A verdict of time (`timeout`) also depends on the machine; the log holds the first.

    Args:
        at_once: programs that run at the same time; as many as there are processors where not given.
    """

    spec = "sandbox/python"
    capabilities = frozenset({"execute"})
    fixed_limit = True

    def __init__(self, at_once: int | None = None) -> None:
        self.max_in_flight = at_once or os.cpu_count() or 1
        self.identity = {"id": self.spec, "version": 1, "python": platform.python_version()}

    def check(self) -> None:
        """Run an empty program.

        Raises:
            SandboxUnavailable: where this machine offers no isolation.
        """
        execute("")

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Run the requests' programs, each in a process of its own."""
        for i, request in enumerate(requests):
            if request.kind != "execute":
                yield i, Fault("http_400", f"{self.spec} cannot {request.kind}", terminal=True)
                continue
            body = request.body
            ended = await asyncio.to_thread(
                execute, body["code"], body["tests"], stdin=body["stdin"], limits=Limits(**body["limits"])
            )
            yield i, Reply(value=dataclasses.asdict(ended))
