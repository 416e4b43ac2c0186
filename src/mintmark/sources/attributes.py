"""The cross of named lists of values: what each row is to be about, before a word of it is written."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import prod
from typing import Any, Self

from pydantic import Field, model_validator

from ..core.dataset import Column, Columns, Row
from ..core.errors import SourceError, nearest
from ..core.registry import source
from ..core.source import Source, SourceRow, Span
from .attribute_values import WHERE, Attribute, Choice, Choices, Values
from .inputs import content_of

MAX_STRATA = 20_000
"""Combinations of values that have a share of their own; a larger number is a mistake in the recipe."""


@source("attributes", version=1)
class Attributes(Source):
    """Gives combinations of attribute values, one a row, in an order that is drawn by `seed` and then never changes.

    A value's list may depend on another attribute's value (`by`), and a value may be given a share of the rows (`shares`), so that
    a rare class comes up as often as you say. Shares are kept at every point of the source, to within a row for each value, and
    so are even shares of an attribute that others depend on. All other values are drawn. No combination comes twice before every one
    that fits has come once; a later one has an id, and so seeds, of its own.

    A tree of topics is a nested mapping; its leaves are the values, and the branches above stand in the column `NAME_path`.

    Reference: Yu et al. 2023, "Large Language Model as Attributed Training Data Generator" (AttrPrompt), section 3; Ge et al. 2024,
    "Scaling Synthetic Data Creation with 1,000,000,000 Personas", section 2 (personas as one more attribute).

    Example:
        >>> cross = {"label": {"values": ["fraud", "other"], "shares": {"fraud": 0.25}}, "style": ["formal", "plain"]}
        >>> labels = [row.values["label"] for row in Attributes(cross=cross, count=8).read()]
        >>> labels.count("fraud"), len(labels)
        (2, 8)
    """

    cross: dict[Column, Values] = Field(min_length=1)
    """Column to its values: a list, or a mapping with `values` or `path`, `by` and `shares`."""
    count: int | None = Field(None, ge=1)
    """Rows; where not given, every combination comes once, with the shares as long as there are new ones."""
    seed: int = Field(0, ge=0)
    """Another seed is another order."""

    @model_validator(mode="after")
    def _depend(self) -> Self:
        for name, one in self.cross.items():
            if one.by is not None and (one.by == name or one.by not in self.cross):
                hint = nearest(one.by, [n for n in self.cross if n != name])
                raise ValueError(f"{name}: `by` names another attribute, got `{one.by}` {hint}".strip())
        _in_order(self.cross)
        return self

    def read(self) -> Iterator[SourceRow]:
        """Yield the rows.

        Raises:
            SourceError: where a file cannot be read, or an attribute has no value for some value of another.
        """
        for n, values in enumerate(islice(self._rows(), self.count), 1):
            yield SourceRow(values, Span("attributes", line=n))

    def fingerprint(self) -> dict[str, Any]:
        """Return the settings, and the name and SHA-256 of every file."""
        data = self.model_dump(mode="json", exclude={"license"})
        for one in data["cross"].values():
            one.pop("path")
        files = {name: content_of(one.files(), where=WHERE) for name, one in self.cross.items() if one.path}
        return {"source": self.source_name, "version": self.source_version, **data, "files": files}

    def columns(self) -> Columns:
        """Return the attributes, and the path of each that is a tree."""
        trees = [f"{name}_path" for name, one in self.cross.items() if one.choices().is_tree]
        return {**dict.fromkeys(self.cross), **dict.fromkeys(trees)}

    def axes(self) -> Mapping[str, Sequence[str]]:
        """Return the attributes, and the values of those that stand in the recipe."""
        return {name: [] if one.path else one.choices().names() for name, one in self.cross.items()}

    def _rows(self) -> Iterator[Row]:
        """Yield combinations: each from the stratum that is furthest behind its share."""
        known = {name: self.cross[name].choices() for name in _in_order(self.cross)}
        held = {one.by for one in self.cross.values()} | {n for n, one in self.cross.items() if one.shares}
        strata = _strata({n: c for n, c in known.items() if n in held}, self.cross)
        free = {n: c for n, c in known.items() if n not in held}
        for one in strata:
            one.lists = {n: _fitting(n, c, self.cross[n].by, one.chosen) for n, c in free.items()}
        combinations = [one.combinations(self.seed) for one in strata]
        dealt = [0] * len(strata)
        for n in range(1, sum(one.size for one in strata) + 1 if self.count is None else self.count + 1):
            waiting = [i for i, one in enumerate(strata) if self.count is not None or dealt[i] < one.size]
            # An equal lag goes to the stratum that has had fewer rows, then to the first: sums of floats must not decide.
            at = min(waiting, key=lambda i: (round(dealt[i] - strata[i].share * n, 9), dealt[i], i))
            dealt[at] += 1
            chosen = next(combinations[at])
            values: Row = {}
            for name in self.cross:
                values[name] = chosen[name].value
                if known[name].is_tree:
                    values[f"{name}_path"] = " > ".join(chosen[name].branches)
            yield values


@dataclass(slots=True)
class _Stratum:
    """The combinations that share the values of the attributes which shares or other attributes hang on."""

    chosen: dict[str, Choice]
    share: float
    lists: dict[str, tuple[Choice, ...]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return prod(len(choices) for choices in self.lists.values())

    def combinations(self, seed: int) -> Iterator[dict[str, Choice]]:
        """Yield all combinations in an order drawn by seed, then all again in another."""
        size, place = self.size, sorted((n, str(c.value), c.branches) for n, c in self.chosen.items())
        rng = random.Random(f"{seed} {place}")
        while True:
            for number in _shuffled(size, rng):
                found = dict(self.chosen)
                for name, choices in self.lists.items():
                    number, i = divmod(number, len(choices))
                    found[name] = choices[i]
                yield found


def _strata(held: Mapping[str, Choices], cross: Mapping[str, Attribute]) -> list[_Stratum]:
    """Return the strata in the order of their values, each with its share of the rows."""
    found = [_Stratum({}, 1.0)]
    for name, choices in held.items():
        wider = []
        for one in found:
            fitting = _fitting(name, choices, cross[name].by, one.chosen)
            shares = _shares(fitting, cross[name].shares)
            wider += [_Stratum({**one.chosen, name: c}, one.share * s) for c, s in zip(fitting, shares) if s > 0]
        found = wider
        if len(found) > MAX_STRATA:
            raise SourceError(
                f"more than {MAX_STRATA:,} combinations of the attributes that have shares or that others depend on",
                where=WHERE, got=", ".join(held), remedy="give fewer attributes `shares`",
            )  # fmt: skip
    return found


def _fitting(name: str, choices: Choices, by: str | None, chosen: Mapping[str, Choice]) -> tuple[Choice, ...]:
    value = None if by is None else chosen[by].value
    found = choices.under(value)
    if not found:
        told = f" where `{by}` is `{value}`" if by is not None else ""
        remedy = (
            nearest(str(value), list(choices.lists))
            if found is None and by is not None
            else "give it one value or more"
        )
        raise SourceError(f"`{name}` has no value{told}", where=WHERE, remedy=remedy)
    return found


def _shares(choices: Sequence[Choice], named: Mapping[str, float]) -> list[float]:
    """Return each value's share: what is named, the rest split evenly; of 1 altogether."""
    given = [named.get(str(c.value)) for c in choices]
    told = sum(share for share in given if share is not None)
    rest = given.count(None)
    even = max(0.0, 1 - told) / rest if rest else 0.0
    found = [even if share is None else share for share in given]
    total = sum(found)
    return [share / total for share in found] if total > 0 else [1 / len(found)] * len(found)


def _in_order(cross: Mapping[str, Attribute]) -> list[str]:
    """Return the attributes, each after the one it depends on.

    Raises:
        ValueError: where they depend on each other in a circle.
    """
    found: list[str] = []
    while len(found) < len(cross):
        ready = [n for n, one in cross.items() if n not in found and (one.by is None or one.by in found)]
        if not ready:
            circle = [n for n in cross if n not in found]
            raise ValueError(f"{', '.join(circle)} depend on each other in a circle")
        found += ready
    return found


def _shuffled(size: int, rng: random.Random) -> Iterator[int]:
    """Yield 0 to size - 1 in a random order, holding no more than what was yielded: a shuffle whose swaps are remembered."""
    moved: dict[int, int] = {}
    for i in range(size):
        j = rng.randrange(i, size)
        yield moved.get(j, j)
        moved[j] = moved.pop(i, i)
