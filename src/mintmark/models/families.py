"""Who wrote and who judged in a run, and of which family each model is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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

    A step that writes may decide as well: with the model that its field `judge` or `critic` names, or by the steps that
    it holds.

    Args:
        content: the manifest's content: its resolved recipe, and its models.
    """
    models: Mapping[str, Any] = content.get("models") or {}
    makers: list[tuple[str, str]] = []
    judges: list[tuple[str, str]] = []
    for name, fields in _steps((content.get("recipe") or {}).get("steps")):
        writes = name.startswith("generate.")
        for key, alias in _aliases(fields, models):
            decides = not writes or re.search(r"judge|critic", key)
            (judges if decides else makers).append((name, _spec(models[alias])))
    return makers, judges


def circular(makers: Iterable[tuple[str, str]], judges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of `judges` whose model is of a family that wrote rows; models favour text of their own kind.

    Reference: Panickssery, Bowman, Feng 2024, LLM evaluators recognize and favor their own generations.

    Example:
        >>> circular([("generate.prompt", "openai/gpt-5-mini")], [("curate.judge", "openai/gpt-4o")])
        [('curate.judge', 'openai/gpt-4o')]
    """
    wrote = {family(spec) for _, spec in makers}
    return [(step, spec) for step, spec in judges if family(spec) in wrote]


def _steps(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and fields of every step, those that a step holds among them."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, Mapping) and re.fullmatch(r"[a-z]\w*\.[a-z]\w*", str(name)):
                yield str(name), inner
            yield from _steps(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _steps(inner)


def _aliases(fields: Mapping[str, Any], models: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (field, alias) of the models that a step names."""
    named: list[tuple[str, str]] = []
    for key, value in fields.items():
        if re.search(r"model|judge|critic|teacher|writer", str(key)):
            values = value if isinstance(value, list) else [value]
            named += [(str(key), v) for v in values if isinstance(v, str) and v in models]
    return list(dict.fromkeys(named))


def _spec(model: Mapping[str, Any]) -> str:
    """How the recipe names the model; its declared id where that is only an address."""
    spec, identity = str(model.get("spec")), model.get("identity") or {}
    bare = spec.startswith(("http://", "https://")) and "#" not in spec
    return str(identity.get("id") or identity.get("name") or spec) if bare else spec
