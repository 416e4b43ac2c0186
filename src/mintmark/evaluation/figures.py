"""The few pictures that findings need, as Vega-Lite. Colours and sizes are set by the report, not here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.finding import Figure

Values = Sequence[float] | npt.NDArray[Any]
_BINS = 40


def intervals(title: str, rows: Sequence[Mapping[str, Any]], *, x: str = "", caption: str = "") -> Figure:
    """Return dots with their intervals, a line each; a row is {label, value, low, high}, and `series` where several.

    A row may carry `null_low` and `null_high`: a grey band where nothing is going on.
    """
    import altair as alt

    order = list(dict.fromkeys(str(r["label"]) for r in rows))
    base = _chart(rows).encode(y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)))
    layers: list[Any] = []
    if any("null_low" in r for r in rows):
        band = base.transform_filter("isValid(datum.null_low)").mark_bar(opacity=0.25, color="#888", height=14)
        layers.append(band.encode(x=alt.X("null_low:Q", title=x), x2="null_high:Q"))
    colour: dict[str, Any] = {"color": alt.Color("series:N", title=None)} if any("series" in r for r in rows) else {}
    offset: dict[str, Any] = {"yOffset": alt.YOffset("series:N")} if colour else {}
    span = {"x": alt.X("low:Q", title=x, scale=alt.Scale(zero=False)), "x2": "high:Q"}
    tips = [alt.Tooltip(f"{k}:{t}", format=f) for k, t, f in (("label", "N", ""), ("value", "Q", ".4g"),
                                                           ("low", "Q", ".4g"), ("high", "Q", ".4g"))]  # fmt: skip
    layers.append(base.mark_rule(strokeWidth=2).encode(**span, **colour, **offset))
    layers.append(base.mark_point(filled=True, size=60).encode(x="value:Q", tooltip=tips, **colour, **offset))
    return _figure(title, alt.layer(*layers), caption)


def bars(
    title: str, rows: Sequence[Mapping[str, Any]], *, x: str = "", caption: str = "", percent: bool = False
) -> Figure:
    """Return lying bars; a row is {label, value, series}, in the order given."""
    import altair as alt

    order = list(dict.fromkeys(str(r["label"]) for r in rows))
    axis = alt.Axis(format="%") if percent else alt.Axis()
    chart = (
        _chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)),
            x=alt.X("value:Q", title=x, axis=axis),
            yOffset=alt.YOffset("series:N"),
            color=alt.Color("series:N", title=None),
            tooltip=["label:N", "series:N", alt.Tooltip("value:Q", format=".4g")],
        )
    )
    return _figure(title, chart, caption)


def histogram(title: str, series: Mapping[str, Values], *, x: str = "", caption: str = "") -> Figure:
    """Return the shares of each series over common bins, as steps; the outermost 1 % on either side are in the end bins."""
    import altair as alt

    kept = {k: np.asarray(v, np.float64) for k, v in series.items() if len(v)}
    everything = np.concatenate(list(kept.values()))
    low, high = np.quantile(everything, [0.01, 0.99])
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    rows = []
    for name, values in kept.items():
        found, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        share = found / len(values)
        rows += [
            {"x": float(edges[i]), "share": float(share[i]), "series": name} for i in range(_BINS)
        ]  # fmt: skip
    chart = (
        _chart(rows)
        .mark_area(interpolate="step-after", opacity=0.35, line={"strokeWidth": 1.5})
        .encode(
            x=alt.X("x:Q", title=x),
            y=alt.Y("share:Q", title="share of rows", stack=None, axis=alt.Axis(format="%")),
            color=alt.Color("series:N", title=None),
        )
    )
    return _figure(title, chart, caption)


def lines(
    title: str, rows: Sequence[Mapping[str, Any]], *, x: str = "", y: str = "", caption: str = "", log_x: bool = False
) -> Figure:
    """Return lines with bands; a row is {x, value, low, high, series}."""
    import altair as alt

    scale = alt.Scale(type="log") if log_x else alt.Scale(zero=False)
    base = _chart(rows).encode(x=alt.X("x:Q", title=x, scale=scale), color=alt.Color("series:N", title=None))
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=y, scale=alt.Scale(zero=False)), y2="high:Q")
    line = base.mark_line(point=True).encode(y="value:Q", tooltip=["series:N", "x:Q", "value:Q", "low:Q", "high:Q"])
    return _figure(title, alt.layer(band, line), caption)


def points(title: str, rows: Sequence[Mapping[str, Any]], *, caption: str = "") -> Figure:
    """Return a map; a row is {x, y, series, text}, and hovering shows the text."""
    import altair as alt

    chart = (
        _chart(rows)
        .mark_circle(opacity=0.6, size=28)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color("series:N", title=None),
            tooltip=["series:N", "text:N"],
        )
    )
    return _figure(title, chart, caption)


def _chart(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.Chart(alt.InlineData(values=[dict(r) for r in rows]))


def _figure(title: str, chart: Any, caption: str) -> Figure:
    spec: dict[str, Any] = chart.properties(width="container").to_dict()
    spec.pop("config", None)
    return Figure(title=title, spec=spec, caption=caption)
