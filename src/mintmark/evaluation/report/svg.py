"""SVG made fit to stand inside a page: known elements only, names of its own, colours by variable, short numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from .theme import VARIABLES

_SPACE = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset(
    "svg g path line rect circle ellipse polygon polyline text tspan defs clipPath linearGradient stop".split()
)
_ATTRIBUTES = frozenset(
    """d x y x1 x2 y1 y2 dx dy cx cy r rx ry width height points transform viewBox fill stroke opacity fill-opacity
    stroke-opacity stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit font-size font-weight
    font-style text-anchor dominant-baseline clip-path id offset stop-color stop-opacity gradientUnits
    gradientTransform""".split()
)
_LONG = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_REFERENCE = re.compile(r"url\(#([\w:.-]+)\)")
_DOT = re.compile(r"M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")
_SHIFT = re.compile(r"translate\((-?[\d.e-]+),(-?[\d.e-]+)\)")
_GEOMETRY = frozenset("d x y x1 x2 y1 y2 dx dy cx cy r rx ry width height points transform".split())


def inline(svg: str, prefix: str) -> str:
    """Return an SVG as it may stand inside a page: no script, link, style or foreign element, whatever it held.

    Args:
        prefix: put before every id, so that two figures' clips do not meet.

    Raises:
        ValueError: for what is no SVG.

    Example:
        >>> inline('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>x</script></svg>', "f1")
        '<svg viewBox="0 0 9 9" aria-hidden="true" focusable="false" />'
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as e:
        raise ValueError(f"no SVG: {e}") from e
    _tidy(root, prefix)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    return ElementTree.tostring(root, encoding="unicode")


def size(svg: str) -> tuple[float, float]:
    """Return an SVG's width and height."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (600.0, 300.0)


def _tidy(node: ElementTree.Element, prefix: str, inside: str = "") -> bool:
    """Tidy an element and all below, in place; return whether it is to be kept."""
    node.tag = node.tag.rpartition("}")[2] if str(node.tag).startswith(f"{{{_SPACE}}}") else ""
    if node.tag not in _ELEMENTS or node.get("display") == "none":
        return False
    node.attrib = {k: _value(k, v, prefix) for k, v in node.attrib.items() if k in _ATTRIBUTES}
    _dot(node)
    for child in list(node):
        if not _tidy(child, prefix, node.tag):
            node.remove(child)
    if node.tag == "g":
        return len(node) > 0
    if node.tag != "path" or inside == "clipPath":
        return True
    drawn = "fill" in node.attrib or "stroke" in node.attrib  # groups above set no colour
    return drawn and node.get("d", "") not in ("", "M0,0h0v0h0Z")


def _value(name: str, value: str, prefix: str) -> str:
    if name in ("fill", "stroke", "stop-color"):
        value = VARIABLES.get(value.lower(), value)
    if name == "id":
        return f"{prefix}-{value}"
    if "url(" in value:
        found = _REFERENCE.fullmatch(value.strip())
        return f"url(#{prefix}-{found[1]})" if found else "none"
    return _LONG.sub(lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), value) if name in _GEOMETRY else value


def _dot(node: ElementTree.Element) -> None:
    """Write a dot as a circle: a map has hundreds, and the path is three times as long."""
    radius, shift = _DOT.fullmatch(node.get("d", "")), _SHIFT.fullmatch(node.get("transform", ""))
    if node.tag == "path" and radius and shift:
        rest = {k: v for k, v in node.attrib.items() if k not in ("d", "transform")}
        if "stroke" not in rest:
            rest.pop("stroke-width", None)
        node.tag = "circle"
        node.attrib = {"cx": shift[1], "cy": shift[2], "r": radius[1], **rest}
