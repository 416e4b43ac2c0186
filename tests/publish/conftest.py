"""A run that the tests of this folder read; those that change it copy it first."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.made import make_run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made"))
