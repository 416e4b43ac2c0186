"""YAML in, with the line of every field, and YAML out. Nothing in a file can name a Python object."""

from __future__ import annotations

from typing import Any

import yaml

from .errors import RecipeError

MAX_NODES = 100_000
Loc = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """YAML's safe types, with YAML 1.2 truth values: `yes`, `no`, `on` and `off` are words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", __import__("re").compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read(text: str, file: str = "recipe.yaml") -> tuple[Any, dict[Loc, int]]:
    """Return the data of one YAML document and the line (from 1) on which each path in it stands.

    Raises:
        RecipeError: for a syntax error, an unknown tag, a key given twice, or a document that unfolds to more
            than `MAX_NODES` nodes; the line is named.

    Example:
        >>> read("rows: 3\\nsteps:\\n  - curate.exact: {}")[1][("steps", 0)]
        3
    """
    if "\x00" in text:
        raise RecipeError("a recipe cannot hold a NUL character", where=file)
    loader = _Loader(text)
    lines: dict[Loc, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return {}, lines
        return _build(loader, node, (), lines, file, [0]), lines
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = str(getattr(e, "problem", e))
        quote = "put a text that holds ? : , [ or { in quotation marks" if problem.startswith("expected ',' or") else ""
        raise RecipeError(f"not readable as YAML: {problem}", where=f"{file}{line}", remedy=quote) from e
    finally:
        loader.dispose()


def _build(loader: _Loader, node: Any, loc: Loc, lines: dict[Loc, int], file: str, count: list[int]) -> Any:
    lines[loc] = node.start_mark.line + 1
    count[0] += 1
    if count[0] > MAX_NODES or len(loc) > 60:
        raise RecipeError("too large or too deep", where=f"{file}:{lines[loc]}", allowed=f"{MAX_NODES} nodes")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise RecipeError("a field's name must be text", where=f"{file}:{line}")
            key = str(key_node.value)
            if key in found:
                raise RecipeError(f"the field `{key}` is given twice", where=f"{file}:{line}")
            found[key] = _build(loader, value_node, (*loc, key), lines, file, count)
            lines[(*loc, key)] = line
        if node.tag != "tag:yaml.org,2002:map":
            raise RecipeError(f"the tag `{node.tag}` is not allowed", where=f"{file}:{lines[loc]}")
        return found
    if isinstance(node, yaml.SequenceNode):
        if node.tag != "tag:yaml.org,2002:seq":
            raise RecipeError(f"the tag `{node.tag}` is not allowed", where=f"{file}:{lines[loc]}")
        return [_build(loader, v, (*loc, i), lines, file, count) for i, v in enumerate(node.value)]
    return loader.construct_object(node)


class _Dumper(yaml.SafeDumper):
    def represent_text(self, data: str) -> yaml.ScalarNode:
        """Long or many-lined text as a block, so that prompts stay readable."""
        block = "\n" in data and not any(line != line.rstrip() for line in data.split("\n")) and data.isprintable
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if block else None)


# `on` names a column in many steps; our reader takes it for a word, so it needs no quotation marks.
_Dumper.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if first not in "oO" or not tag.endswith(":bool")]
    for first, found in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def write(data: Any) -> str:
    """Return `data` as YAML: keys in their order, prompts as blocks, no anchors."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)
