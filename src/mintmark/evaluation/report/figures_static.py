"""Figures as SVG and PNG, by vl-convert: nothing is fetched, the data are inside the figure."""

from __future__ import annotations

import copy
import re
from typing import Any

from ...core.errors import MissingExtra
from ...core.finding import Figure
from .theme import CONFIG, OF, SERIES

WIDTH, PAGE_WIDTH = 600, 480
"""Pixels, axes and labels included; a page may be as narrow as a telephone, where wide drawings get small letters."""
_PANEL, _LABEL = 220, 190
_COMPOSED = ("facet", "repeat", "concat", "hconcat", "vconcat", "spec")


class FigureFailed(ValueError):
    """A figure that cannot be drawn, with the reason."""


def to_svg(figure: Figure, *, page: bool = False) -> str:
    """Return a figure as SVG.

    Args:
        page: for a page, which writes the title itself and has its own background; else for a file.

    Raises:
        MissingExtra: without vl-convert.
        FigureFailed: where the specification cannot be drawn, e.g. because its data lie elsewhere.
    """
    try:
        import vl_convert
    except ImportError as e:
        raise MissingExtra("vl-convert-python", "evaluate", where="the report's figures") from e
    spec = sized(figure.spec, PAGE_WIDTH if page else WIDTH)
    if not page:
        spec |= {"title": figure.title, "background": "white", "padding": 16}
    try:
        return renumbered(vl_convert.vegalite_to_svg(spec, config=CONFIG, allowed_base_urls=[]))
    except Exception as e:  # vl-convert raises whatever its JavaScript raised
        raise FigureFailed(" ".join(str(e).split())[:300]) from e


def to_png(svg: str) -> bytes:
    """Return an SVG as PNG, two pixels for each of its own."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(svg, scale=2))


def renumbered(svg: str) -> str:
    """Return an SVG whose clips and gradients are counted from 0: the converter counts on over a process's life.

    Example:
        >>> renumbered('<clipPath id="clip7"/><g clip-path="url(#clip7)"/>')
        '<clipPath id="clip0"/><g clip-path="url(#clip0)"/>'
    """
    names = dict.fromkeys(re.findall(r'\bid="((?:clip|gradient)_?\d+)"', svg))
    new = {name: f"{name.rstrip('0123456789')}{i}" for i, name in enumerate(names)}
    return re.sub(r'(\bid="|url\(#)((?:clip|gradient)_?\d+)', lambda m: m[1] + new.get(m[2], m[2]), svg)


def sized(spec: dict[str, Any], width: int = WIDTH) -> dict[str, Any]:
    """Return a specification with a width in pixels where it asked for its container's.

    Example:
        >>> sized({"mark": "bar", "width": "container"})["width"]
        600
    """
    found = copy.deepcopy(spec)
    found.pop("config", None)
    _colours_of_series(found)
    if width < WIDTH:
        _narrow_labels(found)
    channels = found.get("encoding") or {}
    if any(k in found for k in _COMPOSED) or any(k in channels for k in ("facet", "row", "column")):
        found.pop("width", None)
        _inner(found)
        return found
    if found.get("width", "container") == "container":
        found["width"] = width
        found.setdefault("autosize", {"type": "fit-x", "contains": "padding"})
    return found


def _colours_of_series(spec: dict[str, Any]) -> None:
    """Give the data and the reference the same colours in every figure, in place; what sets its own keeps them."""
    names: dict[str, None] = {}
    for values in (*(spec.get("datasets") or {}).values(), (spec.get("data") or {}).get("values")):
        rows = values if isinstance(values, list) else []
        names |= {str(r["series"]): None for r in rows if isinstance(r, dict) and "series" in r}
    if not names.keys() & OF.keys() or len(names) > len(SERIES):
        return
    free = iter([c for c in SERIES if c not in {OF[n] for n in names if n in OF}] * 2)
    scale = {"domain": list(names), "range": [OF.get(n) or next(free) for n in names]}
    for part in (spec, *(p for p in spec.get("layer") or [] if isinstance(p, dict))):
        colour = (part.get("encoding") or {}).get("color")
        if isinstance(colour, dict) and colour.get("field") == "series" and "scale" not in colour:
            colour["scale"] = scale


def _narrow_labels(part: Any) -> None:
    """Keep labels from taking more than their share of the width, in place."""
    if isinstance(part, dict):
        if isinstance(part.get("labelLimit"), int | float):
            part["labelLimit"] = min(part["labelLimit"], _LABEL)
        for key, one in part.items():
            if key not in ("data", "datasets"):
                _narrow_labels(one)
    elif isinstance(part, list):
        for one in part:
            _narrow_labels(one)


def _inner(part: Any) -> None:
    """Set the width of every panel that asks for a container's, in place."""
    if isinstance(part, dict):
        if part.get("width") == "container":
            part["width"] = _PANEL
        for key in (*_COMPOSED, "layer"):
            _inner(part.get(key))
    elif isinstance(part, list):
        for one in part:
            _inner(one)
