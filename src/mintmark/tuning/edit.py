"""A recipe's text with some fields changed: its comments and its order stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from ..core import yamlio
from ..core.errors import RecipeError
from ..core.recipe import Recipe
from .variants import Place, Variant


def edited(text: str, original: Recipe, place: Place, variant: Variant) -> str:
    """Return the recipe's text with a variant's fields; written anew, under the old head, where it cannot be edited.

    Guarantees:
        The text means exactly the variant's recipe.
    """
    wanted = variant.recipe(original, place)
    try:
        found = text
        for name, value in variant.fields.items():
            found = _changed(found, place, name, value)
        for name, rows in variant.inputs.items():
            found = _input(found, name, {"rows": {"rows": [dict(row) for row in rows]}})
        if type(original).from_yaml(found) == wanted:
            return found
    except (yaml.YAMLError, LookupError, ValueError, RecipeError):
        pass  # a text of anchors, tags or a shape of its own: what it means can be written, how it looked cannot
    head = re.match(r"(?:#[^\n]*\n|\s*\n)*", text)
    return f"{head[0] if head else ''}{wanted.to_yaml()}"


def _changed(text: str, place: Place, name: str, value: Any) -> str:
    steps = _entry(yaml.compose(text, yaml.SafeLoader), "steps")
    step = steps.value[place.index]
    fields = step.value[0][1] if isinstance(step, yaml.MappingNode) else None
    if not isinstance(fields, yaml.MappingNode):
        raise LookupError(name)
    for key, node in fields.value:
        if key.value == name:
            return _replaced(text, fields, key, node, value)
    return _added(text, fields, name, value)


def _replaced(text: str, fields: yaml.MappingNode, key: yaml.Node, node: yaml.Node, value: Any) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    lined = isinstance(value, str) and "\n" in value and not fields.flow_style and _plain_lines(value)
    if not lined:
        return f"{text[:start]}{json.dumps(value, ensure_ascii=False)}{chr(10) if block else ''}{text[end:]}"
    # What follows on the line is a comment, and may follow the sign of a block too.
    stop = end if block else (text.find("\n", end) if "\n" in text[end:] else len(text))
    rest = "" if block else text[end:stop]
    indent = " " * (key.start_mark.column + 2)
    lines = "\n".join(f"{indent}{line}" if line else "" for line in value.rstrip("\n").split("\n"))
    sign = "|" if value.endswith("\n") else "|-"
    return f"{text[:start]}{sign}{rest}\n{lines}{chr(10) if block else ''}{text[stop:]}"


def _plain_lines(value: str) -> bool:
    """Whether a text reads back from a block as it is: no line that begins with a space, one line end at most."""
    lines = value.removesuffix("\n").split("\n")
    return value.isprintable() or all(
        line.isprintable() and not line.startswith(" ") and bool(lines[-1]) for line in lines
    )


def _added(text: str, fields: yaml.MappingNode, name: str, value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False)
    if fields.flow_style:
        end = fields.end_mark.index - 1
        return f"{text[:end].rstrip()}{', ' if fields.value else ''}{name}: {told}{text[end:]}"
    first = fields.value[0][0].start_mark
    return f"{text[: first.index]}{name}: {told}\n{' ' * first.column}{text[first.index :]}"


def _input(text: str, name: str, source: Mapping[str, Any]) -> str:
    """Return the text with one more side input."""
    root: Any = yaml.compose(text, yaml.SafeLoader)
    try:
        return _added(text, _entry(root, "inputs"), name, source)
    except KeyError:
        steps = next(key for key, _ in root.value if key.value == "steps")
        at = steps.start_mark.index
        return f"{text[:at]}{yamlio.write({'inputs': {name: dict(source)}})}\n{text[at:]}"


def _entry(root: Any, name: str) -> Any:
    for key, value in root.value:
        if key.value == name:
            return value
    raise KeyError(name)
