"""The command-line reference, docs/cli.md, made from `--help`: `python -m mintmark.cli.reference > docs/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WIDTH = 78

HEAD = """\
# Command line

This page is made from `--help`; `python -m mintmark.cli.reference > docs/cli.md` makes it anew.
"""
MADE_BY = "<!-- typer {} -->\n"
"""Versions of typer word `--help` differently, so the page says which one made it."""


def reference() -> str:
    """Return the page: every command with its help, in the order of `mintmark --help`."""
    import typer

    from .main import app

    version = ".".join(typer.__version__.split(".")[:2])
    sections = [HEAD, MADE_BY.format(version)]
    for names, command, context in _walk(typer.main.get_command(app), ["mintmark"], None):
        help_text = "\n".join(line.rstrip() for line in command.get_help(context).strip().split("\n"))
        sections.append(f"## {' '.join(names)}\n\n```text\n{help_text}\n```\n")
    return "\n".join(sections)


def _walk(command: Any, names: list[str], parent: Any) -> Iterator[tuple[list[str], Any, Any]]:
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = command.context_class(command, info_name=names[-1], parent=parent, **settings)
    yield names, command, context
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(inner, [*names, name], context)


if __name__ == "__main__":
    print(reference(), end="")
