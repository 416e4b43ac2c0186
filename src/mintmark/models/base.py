"""What a model is: something that answers requests, says who it is, and what it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ..core.call import Fault, Reply, Request

CAPABILITIES: dict[str, str] = {
    "chat": "answer a list of messages",
    "complete": "continue a raw text",
    "template": "open a turn of its own chat template for a raw text",
    "score": "give the log-probability of a given text",
    "embed": "turn a text into a vector",
    "schema": "be held to a JSON Schema while it writes",
    "logprobs": "give log-probabilities with a chat reply",
    "execute": "run code where it can do no harm",
}


class Model(ABC):
    """One model behind one door.

    Attributes:
        spec: how the recipe names it, e.g. `local/smollm2`.
        identity: what the reply depends on; hashed into every call's key. A declared id, a revision and a file
            hash where they exist; an address only where neither does.
        capabilities: names out of `CAPABILITIES`.
        max_batch: how many requests one `submit` may hold.
        max_in_flight: how many `submit`s may be open at once.
        linger_s: seconds for which requests are gathered into one `submit`, where `max_batch` is over 1.
        fixed_limit: True where `max_in_flight` is exact (slots of a local model), so that the limiter keeps it.
    """

    spec: str
    identity: Mapping[str, Any]
    capabilities: frozenset[str]
    max_batch: int = 1
    max_in_flight: int = 16
    linger_s: float = 0.002
    fixed_limit: bool = False

    def check(self) -> None:
        """Say whether this machine can do it at all; called once when a run begins, before anything is asked of any model.

        Raises:
            SandboxUnavailable
        """
        return

    async def open(self) -> None:
        """Make ready; called once, inside the event loop, before the first `submit` that the log cannot answer.

        Raises:
            ModelNotInstalled, ModelUnavailable
        """
        return

    async def close(self) -> None:
        """Let go of connections, threads and memory."""
        return

    @abstractmethod
    def submit(self, requests: Sequence[Request]) -> AsyncIterator[tuple[int, Reply | Fault]]:
        """Answer `requests`, at most `max_batch`; yields (index, answer) as each one arrives, every index once.

        Never raises for what a server did: that is a `Fault`.
        """

    async def ask(self, request: Request) -> Reply | Fault:
        """Answer one request: a batch of one, which a model of single requests does with less ado."""
        found: Reply | Fault = Fault("bad_reply", "the model gave no answer")
        async for _, answer in self.submit((request,)):
            found = answer  # to its end: a generator left half-way costs the loop a task to close it
        return found

    async def collect(self, job: str, keys: Sequence[str]) -> Mapping[str, Reply | Fault] | None:
        """Return the answers of a pending job, one for each of `keys`, or None while it is still running."""
        raise LookupError(f"{self.spec} has no jobs; got {job!r}")
