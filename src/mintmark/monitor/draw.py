"""A track as an SVG that stands in a page of light or dark ground."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.errors import MissingExtra
from .series import Point, Track

_GREY, _BLUE = "#7d8792", "#3f84cf"
"""Seen on white and on black."""
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": "system-ui, -apple-system, Segoe UI, Roboto, Liberation Sans, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _GREY, "titleColor": _GREY, "gridColor": _GREY, "gridOpacity": 0.25, "domainColor": _GREY,
        "tickColor": _GREY, "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "labelLimit": 90,
    },
}  # fmt: skip
_MOST = 60


def svg(track: Track, *, prefix: str = "t") -> str:
    """Return a line through the track's values with a band for their intervals, a dashed one for the null.

    Args:
        prefix: of every id in the picture, so that several can stand in one page.

    Raises:
        MissingExtra: without vl-convert.
    """
    try:
        import vl_convert
    except ImportError as e:
        raise MissingExtra("vl-convert-python", "evaluate", where="the monitor's page") from e
    drawn = str(vl_convert.vegalite_to_svg(_spec(track), config=_CONFIG, allowed_base_urls=[]))
    for name in dict.fromkeys(re.findall(r'\bid="([^"]+)"', drawn)):
        drawn = drawn.replace(f'id="{name}"', f'id="{prefix}-{name}"').replace(
            f"url(#{name})", f"url(#{prefix}-{name})"
        )
    return drawn


def _spec(track: Track) -> dict[str, Any]:
    points = track.points[-_MOST:]
    x = _axis(track, points)
    y = {"type": "quantitative", "title": None, "scale": {"zero": False}, "axis": {"tickCount": 4}}
    line = {"type": "line", "color": _BLUE, "point": {"filled": True, "size": 45, "color": _BLUE}, "strokeWidth": 2}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rule", "color": _BLUE, "opacity": 0.55, "strokeWidth": 5},
         "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}}},
        {"mark": line, "encoding": {"x": x, "y": {"field": "value", **y}}},
    ]  # fmt: skip
    if any(p.null is not None for p in points):
        null = {"type": "line", "color": _GREY, "strokeDash": [4, 3], "point": {"shape": "cross", "color": _GREY}}
        layers.insert(0, {"mark": null, "encoding": {"x": x, "y": {"field": "null", **y}}})
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": [p.model_dump() for p in points]}, "width": 340, "height": 150, "layer": layers,
    }  # fmt: skip


def _axis(track: Track, points: Sequence[Point]) -> dict[str, Any]:
    """Return generations as numbers, other versions by name."""
    if track.name.startswith("collapse."):
        whole = all(p.at == int(p.at) for p in points)
        return {"field": "at", "type": "quantitative", "title": "generation",
                "scale": {"zero": False, "nice": False, "padding": 14},
                "axis": {"tickMinStep": 1 if whole else 0.1, "grid": False, "tickCount": min(8, len(points))}}  # fmt: skip
    order = list(dict.fromkeys(p.version for p in points))
    angle = -40 if len(order) > 3 or max(map(len, order)) > 14 else 0
    return {"field": "version", "type": "ordinal", "title": None, "sort": order, "scale": {"padding": 0.6},
            "axis": {"labelAngle": angle, "labelOverlap": True}}  # fmt: skip
