"""Colours and sizes of figures. The light colours stand in files; a page replaces them by its own variables."""

from __future__ import annotations

from typing import Any

INK, LINE, QUIET = "#23282e", "#d8dce1", "#5c646d"
SERIES = ("#2b6cb0", "#c8571b", "#17806d", "#8b56a8", "#a87d00", "#5b6673")
"""Apart in lightness as well as hue, so that they differ without colour vision."""
OF = {"data": SERIES[0], "synthetic": SERIES[0], "reference": SERIES[1], "real": SERIES[1]}
"""What is always drawn in one colour, whichever aspect draws it."""
KIND = {"risk": "#b3311f", "benefit": "#0a6f68", "question": "#5f4ba3", "fact": "#5b6570"}

VARIABLES = {
    INK: "currentColor", "black": "currentColor", "#000": "currentColor", "#000000": "currentColor",
    LINE: "var(--line)", "#ddd": "var(--line)", QUIET: "var(--quiet)",
    "white": "var(--paper)", "#fff": "var(--paper)", "#ffffff": "var(--paper)",
    **{colour: f"var(--s{i})" for i, colour in enumerate(SERIES, 1)},
    **{colour: f"var(--{kind})" for kind, colour in KIND.items()},
}  # fmt: skip
"""Which colour of a file is which variable of the page."""

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_AXIS = {
    "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelColor": INK, "titleColor": QUIET,
    "domainColor": LINE, "tickColor": LINE, "gridColor": LINE, "titlePadding": 8, "labelPadding": 5,
}  # fmt: skip
CONFIG: dict[str, Any] = {
    "background": None,
    "font": FONT,
    "view": {"stroke": None, "continuousHeight": 240, "step": 18},
    "axis": _AXIS,
    "axisY": {"domain": False, "ticks": False},
    "axisX": {"labelSeparation": 10},
    "legend": {
        "orient": "top", "labelFontSize": 13, "titleFontSize": 13, "labelColor": INK, "titleColor": QUIET,
        "symbolSize": 90, "offset": 10, "labelLimit": 220, "columns": 4, "symbolOpacity": 1,
    },
    "title": {"anchor": "start", "fontSize": 16, "fontWeight": "bold", "color": INK, "offset": 12},
    "header": {"labelFontSize": 13, "labelColor": INK, "titleColor": QUIET},
    "range": {"category": list(SERIES)},
    "mark": {"color": SERIES[0]},
    "bar": {"cornerRadiusEnd": 2},
    "point": {"filled": True, "opacity": 1},
    "rule": {"color": SERIES[0]},
    "text": {"fontSize": 13, "color": INK},
}  # fmt: skip
