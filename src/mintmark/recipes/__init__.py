"""The built-in recipes: a YAML file each, commented, with its title, family and references in its first lines.

A recipe that needs files beside it has them in a folder of its own name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from ..core.errors import RecipeError, nearest

FAMILIES = (
    "text", "questions", "instructions", "alignment", "code", "retrieval", "robustness", "safety", "labels", "records",
    "mixing",
)  # fmt: skip
"""What the built-in recipes make, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A recipe that comes with Mintmark.

    Attributes:
        name: as `mintmark recipes` knows it.
        title: what it makes, in a line.
        family: one of `FAMILIES`.
        references: where its method comes from.
        text: the YAML, with its comments.
        files: what it reads besides, by the path that it reads it under.
    """

    name: str
    title: str
    family: str
    references: tuple[str, ...]
    text: str
    files: dict[str, bytes]

    def fits(self, text: str) -> bool:
        """Return whether every word of `text` stands in the recipe's name, its head or the names of its steps.

        Case, accents and dashes do not count.

        Example:
            >>> get("grounded-qa").fits("alberti qa"), get("grounded-qa").fits("evol")
            (True, False)
        """
        head = self.text.partition("\n\n")[0]
        steps = " ".join(re.findall(r"^ *- (\w+\.\w+)", self.text, re.MULTILINE))
        own = _plain(f"{self.name} {head} {steps}")
        return all(word in own for word in _plain(text).split())


def names() -> list[str]:
    """Return the names of the built-in recipes, sorted."""
    return sorted(f.name.removesuffix(".yaml") for f in _folder().iterdir() if f.name.endswith(".yaml"))


def get(name: str) -> BuiltIn:
    """Return a built-in recipe.

    Raises:
        RecipeError: for a name that there is none of.
    """
    known = names()
    if name not in known:
        raise RecipeError(f"there is no built-in recipe `{name}`", remedy=nearest(name, known), allowed=known)
    text = _folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    beside = _folder().joinpath(name)
    files = dict(_files(beside)) if beside.is_dir() else {}
    (title,), (family,) = _noted(text, "title"), _noted(text, "family")
    return BuiltIn(name, title, family, tuple(_noted(text, "reference")), text, files)


def find(text: str = "") -> list[BuiltIn]:
    """Return the built-in recipes that fit every word of `text`, all of them for none, by family and name.

    Raises:
        RecipeError: where nothing fits.
    """
    every = [get(name) for name in names()]
    found = [one for one in every if one.fits(text)]
    if not found:
        words = [
            *(one.name for one in every),
            *re.findall(r"\w{4,}", " ".join(f"{o.title} {o.references}" for o in every)),
        ]
        raise RecipeError(
            f"no built-in recipe fits `{text}`", remedy=nearest(text, words) or "see `mintmark recipes list`"
        )
    return sorted(found, key=lambda one: (FAMILIES.index(one.family), one.name))


def _files(folder: Traversable, before: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder by its path from there, in the order of their names."""
    for one in sorted(folder.iterdir(), key=lambda f: f.name):
        if one.is_dir():
            yield from _files(one, f"{before}{one.name}/")
        else:
            yield f"{before}{one.name}", one.read_bytes()


def _folder() -> Traversable:
    return resources.files(__name__)


def _noted(text: str, what: str) -> list[str]:
    return re.findall(rf"^# {what}: *(.+?) *$", text, re.MULTILINE)


def _plain(text: str) -> str:
    """Return text without case and accents, dashes and underscores as spaces."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[-_]+", " ", letters.casefold())
