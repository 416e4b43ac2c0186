"""What commands say: to stdout what was asked for, to stderr what went wrong."""

from __future__ import annotations

import functools
import shlex
from typing import TYPE_CHECKING, Any

import typer

from ..terminal.words import printable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, RenderableType


@functools.cache
def _width() -> int | None:
    """Return a width for output that is no terminal, so that tables in logs and pipes are not cut at 80."""
    import shutil
    import sys

    return None if sys.stdout.isatty() else max(100, shutil.get_terminal_size((100, 24)).columns)


def console() -> Console:
    """Return a console on stdout; texts are never read as markup."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=False, width=_width())


def draw(what: RenderableType) -> None:
    """Print a table or a tree to stdout; where that is no terminal, without the spaces that pad its lines."""
    out = console()
    if out.is_terminal:
        out.print(what)
        return
    with out.capture() as captured:
        out.print(what)
    typer.echo("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def say(text: str = "") -> None:
    """Print one line to stdout."""
    typer.echo(printable(text))


def fail(text: str) -> None:
    """Print one error to stderr, red in a terminal."""
    typer.echo(f"{typer.style('error:', fg='red', bold=True)} {printable(text)}", err=True)


def say_json(value: Any) -> None:
    """Print a value as indented JSON to stdout."""
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def shell(*words: str | Path) -> str:
    """Return words as one command line that can be pasted into a shell.

    Example:
        >>> shell("mintmark", "trace", "runs/my faq", "ab12")
        "mintmark trace 'runs/my faq' ab12"
    """
    return " ".join(shlex.quote(str(word)) for word in words)


def counted(number: int, what: str) -> str:
    """Return a number of things.

    Example:
        >>> counted(1, "call"), counted(1200, "call")
        ('1 call', '1,200 calls')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def one_line(value: object, width: int) -> str:
    """Return a value on one line of at most `width` characters.

    Example:
        >>> one_line("a\\nlong  text", 8)
        'a long …'
    """
    text = " ".join(printable(str(value)).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def mapped(roles: list[str] | None) -> dict[str, str]:
    """Return ROLE=COLUMN pairs as a mapping."""
    found: dict[str, str] = {}
    for pair in roles or []:
        role, equals, column = pair.partition("=")
        if not (role and equals and column):
            raise typer.BadParameter(f"must be ROLE=COLUMN, got {pair!r}", param_hint="--map")
        found[role] = column
    return found
