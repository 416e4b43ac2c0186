"""Who wrote and who judged in a run, and of which family each model is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .subject import RunFacts

_KNOWN = (
    ("gpt", r"gpt|davinci|^o[1-9]\b"), ("claude", r"claude"), ("gemini", r"gemini|gemma|palm"), ("llama", r"llama|vicuna|alpaca|tulu"),
    ("qwen", r"qwen|qwq"), ("mistral", r"mi[sx]tral|ministral|codestral|magistral|zephyr"), ("deepseek", r"deepseek"),
    ("smollm", r"smollm"), ("phi", r"\bphi"), ("granite", r"granite"), ("olmo", r"olmo"), ("grok", r"grok"), ("command", r"command|aya"),
)  # fmt: skip


def family(spec: str) -> str:
    """Return the family of a model by its name; where no known family is named, the name up to its first number.

    Example:
        >>> family("openai/gpt-5-mini"), family("http://host:8000/v1#Qwen3-8B"), family("ollama/tinywriter-2b")
        ('gpt', 'qwen', 'tinywriter')
    """
    # `ollama/` is a server's name, not a family's.
    name = spec.split("#")[-1].rstrip("/").split("/")[-1].lower()
    for known, pattern in _KNOWN:
        if re.search(pattern, name):
            return known
    return re.split(r"[-_.:]?\d", name)[0].strip("-_.: ") or name


def deciders(content: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return (step, model) of the steps that write with a model, and of those that decide with one.

    Args:
        content: the manifest's content: its resolved recipe, and its models.
    """
    models: Mapping[str, Any] = content.get("models") or {}
    makers: list[tuple[str, str]] = []
    judges: list[tuple[str, str]] = []
    for step in (content.get("recipe") or {}).get("steps") or []:
        for name, fields in step.items() if isinstance(step, Mapping) else ():
            for field, alias in _aliases(fields, models):
                # A step that writes may also decide, by a judge of its own.
                writes = str(name).startswith("generate.") and "judge" not in field
                (makers if writes else judges).append((str(name), _spec(models[alias])))
    return makers, judges


def judged_by_own_family(run: RunFacts | None, judge: str) -> str:
    """Return the family of a judge where a model of it wrote the rows of the run, "" where none did or nothing is known."""
    content = run.manifest.get("content") if run is not None else None
    makers = deciders(content)[0] if isinstance(content, Mapping) else []
    return family(judge) if family(judge) in {family(spec) for _, spec in makers} else ""


def _aliases(fields: Any, models: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (field, the recipe's model that it names), each model once for writing and once for judging."""
    if not isinstance(fields, Mapping):
        return []
    found: dict[tuple[str, bool], str] = {}
    for key, value in fields.items():
        if re.search(r"model|judge|critic|teacher|writer", str(key)):
            for alias in value if isinstance(value, list) else [value]:
                if isinstance(alias, str) and alias in models:
                    found.setdefault((alias, "judge" in str(key)), str(key))
    return [(field, alias) for (alias, _), field in found.items()]


def _spec(model: Mapping[str, Any]) -> str:
    """How the recipe names the model; its declared id where that is only an address."""
    spec, identity = str(model.get("spec")), model.get("identity") or {}
    bare = spec.startswith(("http://", "https://")) and "#" not in spec
    return str(identity.get("id") or identity.get("name") or spec) if bare else spec
