"""Figures as plain data, in the form that Plotly's JavaScript draws.

    figure([trace("scatter", x=[1, 2], y=[3, 4])], "A line", xaxis=axis("epoch"))

Plotly's Python classes check every property as it is set: three figures of a page took longer than
all the rest of it. Here nothing is checked when a page is drawn; a test puts each figure through
``go.Figure``, which knows the properties. One that is None is left out, as if it had not been set.
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

# "data": the traces; "layout"; and once it is dressed, "theme": the mode.
Figure = dict[str, Any]
Trace = dict[str, Any]

# Up to so many numbers in a row are written out, exactly.
_SHORT = 32


def figure(traces: Sequence[Trace], title: str | None = None, **layout: Any) -> Figure:
    """A figure of these traces, not dressed yet."""
    return {"data": list(traces), "layout": given(title=_text(title), **layout)}


def trace(kind: str, **properties: Any) -> Trace:
    """A trace: "scatter", "bar", "heatmap" …"""
    return {"type": kind} | given(**properties)


def axis(title: str | None = None, **properties: Any) -> dict[str, Any]:
    """An axis of a layout."""
    return given(title=_text(title), **properties)


def _text(title: str | None) -> dict[str, str] | None:
    return None if title is None else {"text": title}


def vline(x: float, line: dict[str, Any]) -> dict[str, Any]:
    """A shape: a line over the whole height of the plot."""
    ends = {"x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    return {"type": "line", "line": line} | ends


def given(**properties: Any) -> dict[str, Any]:
    """The properties that are not None."""
    return {name: value for name, value in properties.items() if value is not None}


def to_json(chart: Figure) -> str:
    """A dressed figure as compact JSON for the browser, null where a number is not finite.

    Without its template: the browser has both, and finds this one by the figure's "theme".
    """
    layout = {name: value for name, value in chart["layout"].items() if name != "template"}
    write = functools.partial(
        json.dumps, default=_packed, ensure_ascii=False, separators=(",", ":")
    )
    try:
        return write(chart | {"layout": layout}, allow_nan=False)
    except ValueError:  # NaN or ∞ in a list
        text = write(chart | {"layout": layout})
        return write(json.loads(text, parse_constant=lambda _: None))


def _packed(value: Any) -> Any:
    """NumPy's numbers as JSON's, its arrays as Plotly's typed arrays, short rows as lists.

    Floats are packed as 32 bits: seven digits, where a chart has some hundred pixels and says at
    most four. Whole numbers are packed as 32 bits too, where they fit; bytes stay bytes.
    """
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray):
        raise TypeError(f"A figure cannot hold a {type(value).__name__}.")
    if value.dtype.kind not in "fiu" or not value.size:
        return value.tolist()
    if value.ndim == 1 and value.size <= _SHORT:
        return [None if number != number else number for number in value.tolist()]
    kind = _kind(value)
    packed = np.ascontiguousarray(value, f"<{kind}").tobytes()
    typed = {"dtype": kind, "bdata": base64.b64encode(packed).decode("ascii")}
    return typed if value.ndim == 1 else typed | {"shape": ", ".join(map(str, value.shape))}


def _kind(values: np.ndarray) -> str:
    if values.dtype.kind == "f":
        return "f4"
    if values.dtype == np.uint8:
        return "u1"
    return "i4" if -(2**31) <= values.min() and values.max() < 2**31 else "f8"
