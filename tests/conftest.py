"""What all tests share: those of the embedded model take turns, however they are dealt out to processes."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _take_turns(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold a lock while a test marked `embedded` runs: two models at once on two cores are slower than one after another."""
    if request.node.get_closest_marker("embedded") is None:
        yield
        return
    with (Path(tempfile.gettempdir()) / "mintmark-tests-embedded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
