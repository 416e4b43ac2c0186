"""The map as a page draws it: places in a box, and the rows' texts apart from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .clean import short
from .model import Point
from .summary_figures import thinned

WIDTH, HEIGHT, EDGE = 1000, 600, 24
TEXT_CHARS = 200


@dataclass(frozen=True)
class Plane:
    """The map's marks, and what is said of each.

    Args:
        dots: x, y and the series' number of every mark.
        json: series, ids and texts, fit to stand in a script element.
    """

    dots: list[tuple[float, float, int]]
    series: list[str]
    json: Any
    shown: int
    left_out: int


def plane_of(points: Sequence[Point], most: int) -> Plane | None:
    """Return at most `most` of the points, evenly over the whole; None for none."""
    from markupsafe import Markup

    kept: list[Point] = thinned(points, most) if most else []
    if not kept:
        return None
    series = sorted(dict.fromkeys(p.series for p in points), key=lambda name: name != "data")
    number = {name: i for i, name in enumerate(series)}
    x = _placed([p.x for p in kept], WIDTH)
    y = _placed([-p.y for p in kept], HEIGHT)
    said = {"series": series, "ids": [short(p.id, 60) for p in kept], "texts": [_cut(p.text) for p in kept]}
    # `<` is the one sign that could end the script element or open a comment in it.
    text = orjson.dumps(said).decode().replace("<", "\\u003c")
    dots = [(a, b, number[p.series]) for a, b, p in zip(x, y, kept, strict=True)]
    return Plane(dots, series, Markup(text), len(kept), len(points) - len(kept))


def _placed(values: list[float], width: int) -> list[float]:
    low, high = min(values), max(values)
    span = high - low
    if not 0 < span < float("inf"):
        return [width / 2] * len(values)
    return [round(EDGE + (v - low) / span * (width - 2 * EDGE), 1) for v in values]


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_CHARS else text[: TEXT_CHARS - 1] + "…"
