"""Names to classes: operators and sources, found by where they stand, never imported before they are named.

A built-in `curate.minhash` is the class decorated with that name in `mintmark/curate/minhash.py`; a built-in
source `documents` is in `mintmark/sources/documents.py`. Other packages add theirs through the entry-point
groups `mintmark.operators` and `mintmark.sources`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import re
from collections.abc import Callable
from typing import TypeVar

from .errors import RecipeError, nearest
from .operator import Operator
from .source import Source

FAMILIES: tuple[str, ...] = ("generate", "curate")
"""Packages of mintmark whose modules hold operators."""

O = TypeVar("O", bound=type[Operator])  # noqa: E741
S = TypeVar("S", bound=type[Source])

_operators: dict[str, type[Operator]] = {}
_sources: dict[str, type[Source]] = {}


def operator(name: str, *, version: int, replace: bool = False) -> Callable[[O], O]:
    """Register an operator class under `family.method`; raise `version` whenever its results would change.

    Args:
        name: the recipe's name for it.
        version: enters every fingerprint.
        replace: take the name from an older class (a function that was defined again in a notebook).

    Raises:
        RecipeError: where the name is taken or not of that form.
    """
    if not re.fullmatch(r"[a-z]\w*\.[a-z]\w*", name):
        raise RecipeError("an operator's name is family.method in lower case", got=name)

    def register(cls: O) -> O:
        if replace:
            _operators.pop(name, None)
        _claim(_operators, name, cls)
        cls.op_name, cls.op_version = name, version
        return cls

    return register


def source(name: str, *, version: int) -> Callable[[S], S]:
    """Register a source class under its recipe name."""

    def register(cls: S) -> S:
        _claim(_sources, name, cls)
        cls.source_name, cls.source_version = name, version
        return cls

    return register


def get_operator(name: str, *, where: str = "") -> type[Operator]:
    """Return the operator class called `name`, importing the module that holds it.

    Raises:
        RecipeError: for an unknown name, with the nearest known one.
    """
    if name not in _operators:
        family, _, method = name.partition(".")
        if family in FAMILIES and method:
            _import_if_there(f"mintmark.{family}.{method}")
        if name not in _operators:
            _load_entry_points("mintmark.operators", name)
    if name not in _operators:
        known = operator_names()
        raise RecipeError(f"unknown step `{name}`", where=where, remedy=nearest(name, known), allowed=known)
    return _operators[name]


def get_source(name: str, *, where: str = "") -> type[Source]:
    """Return the source class called `name`.

    Raises:
        RecipeError: for an unknown name, with the nearest known one.
    """
    if name not in _sources and name.isidentifier():
        _import_if_there(f"mintmark.sources.{name}")
    if name not in _sources:
        _load_entry_points("mintmark.sources", name)
    if name not in _sources:
        known = source_names()
        raise RecipeError(f"unknown source `{name}`", where=where, remedy=nearest(name, known), allowed=known)
    return _sources[name]


def operator_names() -> list[str]:
    """Return every operator's name, sorted; imports all built-in families and plug-ins."""
    for family in FAMILIES:
        _import_all(f"mintmark.{family}")
    _load_entry_points("mintmark.operators")
    return sorted(_operators)


def source_names() -> list[str]:
    """Return every source's name, sorted."""
    _import_all("mintmark.sources")
    _load_entry_points("mintmark.sources")
    return sorted(_sources)


def _claim(table: dict[str, type], name: str, cls: type) -> None:
    taken = table.get(name)
    if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
        raise RecipeError(f"`{name}` is already the name of {taken.__module__}.{taken.__qualname__}")
    table[name] = cls


def _import_if_there(module: str) -> None:
    if importlib.util.find_spec(module) is not None:
        importlib.import_module(module)


def _import_all(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        return
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{found.name}")


def _load_entry_points(group: str, name: str | None = None) -> None:
    for point in importlib.metadata.entry_points(group=group):
        if name is None or point.name == name:
            point.load()
