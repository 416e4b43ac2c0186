"""Mintmark: synthetic training data you can trace. Names are loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_NAMES: dict[str, str] = {
    "Documents": "sources.documents",
    "Exact": "curate.exact",
    "Expression": "curate.expression",
    "Files": "sources.files",
    "GroundedQA": "generate.grounded_qa",
    "Grounding": "curate.grounding",
    "Judge": "curate.judge",
    "Length": "curate.length",
    "MinHash": "curate.minhash",
    "MintmarkError": "core.errors",
    "Prompt": "generate.prompt",
    "Recipe": "api",
    "Run": "api",
    "evaluate": "appraisal",
    "replay": "api",
    "scripted": "models.scripted",
}

if TYPE_CHECKING:
    from .api import Recipe, Run, replay
    from .appraisal import evaluate
    from .core.errors import MintmarkError
    from .curate.exact import Exact
    from .curate.expression import Expression
    from .curate.grounding import Grounding
    from .curate.judge import Judge
    from .curate.length import Length
    from .curate.minhash import MinHash
    from .generate.grounded_qa import GroundedQA
    from .generate.prompt import Prompt
    from .models.scripted import scripted
    from .sources.documents import Documents
    from .sources.files import Files

__all__ = [
    "Documents",
    "Exact",
    "Expression",
    "Files",
    "GroundedQA",
    "Grounding",
    "Judge",
    "Length",
    "MinHash",
    "MintmarkError",
    "Prompt",
    "Recipe",
    "Run",
    "evaluate",
    "replay",
    "scripted",
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'mintmark' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_NAMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
