"""How a recipe is run, and how a run ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.progress import Listener
from ..core.store import RunFolder
from ..models.base import Model


@dataclass
class Options:
    """How a recipe is run; none of it changes what a row is.

    Attributes:
        calls: the call log, where it is not the folder's own (`--calls` shares one between runs).
        offline: answer from the log alone.
        replay_of: replay only: the manifest content to obey (stop ordinal, rounds, model identities).
        overwrite: replace a finished run of the folder (its call log stays).
        wait: stay until pending calls are answered, asking every `poll_s`.
        retry_failed: ask again the calls that failed for good.
        stages: the workspace's stage cache, or None.
        listeners: told of every event.
        places: take only the source rows at these places, counted from 0 in the run's order; all where None.
        before_seal: called with the manifest's content before it is written (the dataset card).
        models: models by alias, in place of those that the specs name.
    """

    calls: Path | None = None
    offline: bool = False
    replay_of: dict[str, Any] | None = None
    overwrite: bool = False
    wait: bool = False
    poll_s: float = 30.0
    retry_failed: bool = False
    stages: Path | None = None
    listeners: list[Listener] = field(default_factory=list)
    places: frozenset[int] | None = None
    before_seal: Callable[[RunFolder, dict[str, Any]], None] | None = None
    models: dict[str, Model] = field(default_factory=dict)


@dataclass(slots=True)
class Ended:
    """How a run ended.

    Attributes:
        status: `done`; `short` (the source ended, or the budget, before enough rows); `waiting` (calls are pending);
            `already`.
        manifest: the manifest, where the run is sealed.
        waiting: rows that wait for a reply.
    """

    status: str
    manifest: dict[str, Any] | None = None
    waiting: int = 0
