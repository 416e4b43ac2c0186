"""The model of a replay: it has a name and answers nothing, since every answer is in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ..core.call import Fault, Reply, Request
from .base import Model


class OfflineModel(Model):
    """Stands where a run's model stood: same identity and capabilities, no weights, no network.

    Args:
        spec, identity, capabilities: as the run's manifest records them.
    """

    def __init__(self, spec: str, identity: Mapping[str, Any], capabilities: Sequence[str]) -> None:
        self.spec, self.identity, self.capabilities = spec, dict(identity), frozenset(capabilities)

    async def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Answer that there is nobody here."""
        for i, _ in enumerate(requests):
            yield i, Fault("offline", "a replay asks no model", fatal=True)
