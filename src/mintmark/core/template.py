"""Prompt templates: Jinja over a row's columns, in a sandbox that cannot reach Python.

No globals, no attribute that begins with an underscore, no `range`, no multiplication or power (a template could fill the
memory with them), and no output over `MAX_CHARS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .errors import RowFailure

MAX_CHARS = 2_000_000


@lru_cache(maxsize=1)
def _environment() -> Any:
    import jinja2
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(["*", "**", "%", "~"])

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "%" and isinstance(left, int | float):
                return left % right
            raise SecurityError(f"the operator {operator} is not allowed in a template")

        def is_safe_callable(self, obj: Any) -> bool:
            return getattr(obj, "__self__", None).__class__ in (str, dict, list) and obj.__name__ in _METHODS

    found = Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    found.globals.clear()
    for name in ("format", "center", "indent", "xmlattr", "pprint", "urlize", "attr", "map", "filesizeformat"):
        found.filters.pop(name, None)
    return found


_METHODS = frozenset(
    "strip lstrip rstrip lower upper title split splitlines startswith endswith items keys values get count".split()
)


class Template:
    """One template, checked when it is made.

    Raises:
        ValueError: for a syntax error, or an attempt to reach beyond the row.

    Example:
        >>> Template("Q: {{ question }}").render({"question": "Why?"})
        'Q: Why?'
    """

    def __init__(self, text: str) -> None:
        import jinja2
        from jinja2 import meta, nodes

        try:
            tree = _environment().parse(text)
            self._template = _environment().from_string(text)
        except jinja2.TemplateError as e:
            line = getattr(e, "lineno", None)
            raise ValueError(f"template{f' line {line}' if line else ''}: {e}") from None
        for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
            name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", "")
            if isinstance(name, str) and name.startswith("_"):
                raise ValueError(f"template line {node.lineno}: the attribute `{name}` is not allowed")
        for node in tree.find_all((nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends)):
            raise ValueError(f"template line {node.lineno}: a template cannot import or include another")
        self.names: tuple[str, ...] = tuple(sorted(meta.find_undeclared_variables(tree)))

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text for one row.

        Raises:
            RowFailure: `template_error` where a column is missing or a value does not fit.
        """
        import jinja2

        size, parts = 0, []
        try:
            for part in self._template.generate(dict(values)):
                size += len(part)
                if size > MAX_CHARS:
                    raise RowFailure("template_error", f"more than {MAX_CHARS:,} characters")
                parts.append(part)
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, ZeroDivisionError) as e:
            raise RowFailure("template_error", f"{type(e).__name__}: {e}") from None
        return "".join(parts)


@lru_cache(maxsize=256)
def template(text: str) -> Template:
    """Return the template of a text; the same text is compiled once."""
    return Template(text)
