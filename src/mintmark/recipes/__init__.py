"""The built-in recipes: a YAML file each, commented, with its title and references in its first lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from ..core.errors import RecipeError, nearest


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A recipe that comes with Mintmark.

    Attributes:
        name: as `mintmark recipes` knows it.
        title: what it makes, in a line.
        references: where its method comes from.
        text: the YAML, with its comments.
    """

    name: str
    title: str
    references: tuple[str, ...]
    text: str


def names() -> list[str]:
    """Return the names of the built-in recipes, sorted."""
    files = (f.name for f in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))


def get(name: str) -> BuiltIn:
    """Return a built-in recipe.

    Raises:
        RecipeError: for a name that there is none of.
    """
    known = names()
    if name not in known:
        raise RecipeError(f"there is no built-in recipe `{name}`", remedy=nearest(name, known), allowed=known)
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    title, *references = [*_noted(text, "title"), *_noted(text, "reference")]
    return BuiltIn(name, title, tuple(references), text)


def _noted(text: str, what: str) -> list[str]:
    return re.findall(rf"^# {what}: *(.+?) *$", text, re.MULTILINE)
