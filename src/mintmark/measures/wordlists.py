"""The word lists under `lists/`, each a YAML file that says where its words come from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_LISTS = Path(__file__).parent / "lists"


@cache
def word_list(name: str) -> Any:
    """Return the list called `name` as plain data, read once; it is shared, so it must not be changed.

    Example:
        >>> word_list("pronouns")["groups"]["male"][:2]
        ['he', 'him']
    """
    return yaml.safe_load((_LISTS / f"{name}.yaml").read_text(encoding="utf-8"))
