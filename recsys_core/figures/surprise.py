"""What surprise costs: accuracy against what lists gain by it, one point for each amount."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.comparison import METRICS
from recsys_core.asking.reranking import Curve
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Number, Text, worded

# What is paid: the accuracy of lists.
PAID = "ndcg"

# How little alike items are to the model, as a table names it.
UNLIKE = Text("1 − cosine of factors")

# All that a table says of a list, in its order.
MEASURES = ("ndcg", "recall", "coverage", "novelty", "diversity", "popularity")


def gained(curve: Curve) -> tuple[str, np.ndarray]:
    """What lists gain by how they are chosen: its name, and its value at each amount, (n,)."""
    if curve.way == "diverse":
        return UNLIKE.worded(), curve.unlike
    return worded(METRICS["novelty"].title), curve.values("novelty")


def figure(curve: Curve, at: int, mode: Mode) -> Figure:
    """NDCG over the gain, from the safe end (λ = 0) on; the amount number ``at`` is ringed.

    Without held-out ratings the gain over the amount alone.
    """
    title, gain = gained(curve)
    paid = curve.values(PAID)
    judged = bool(np.isfinite(paid).any())
    x = gain if judged else np.array(curve.amounts)
    y = paid if judged else gain
    accent = theme.of(mode).accent
    hover = [
        f"λ = {Number(f'{amount:g}')}<br>{title.removesuffix(', bits')} {words.measure(g, 2)}"
        + (f"<br>NDCG {words.measure(p)}" if judged else "")
        for amount, g, p in zip(curve.amounts, gain, paid, strict=True)
    ]
    ends = [Number(f" {amount:g}") if amount in (0, 0.5, 1) else "" for amount in curve.amounts]
    traces = [
        trace(
            "scatter", x=x, y=y, mode="lines+markers+text", text=ends, textposition="top right",
            line={"color": accent, "width": 2}, marker={"size": 8, "color": accent},
            hovertext=hover, hoverinfo="text", cliponaxis=False, showlegend=False,
        ),
        trace(
            "scatter", x=x[at : at + 1], y=y[at : at + 1], mode="markers", showlegend=False,
            marker=theme.point_ring(mode), hoverinfo="skip",
        ),
    ]  # fmt: skip
    named = Text("NDCG on validation") if judged else title
    chart = plain.figure(
        traces,
        Text("What surprise costs") if judged else Text("What surprise brings"),
        height=300,
        xaxis=axis(title if judged else Text("amount of surprise λ"), zeroline=False),
        yaxis=axis(named, zeroline=False),
    )
    return theme.dress(chart, mode)


def table(curve: Curve) -> pd.DataFrame:
    """All measures at each amount, one row each; a measure without a meaning here is left out."""
    columns: dict[str, object] = {"λ": list(curve.amounts)}
    for metric in MEASURES:
        values = curve.values(metric)
        if np.isfinite(values).any():
            columns[worded(METRICS[metric].title)] = values
    if np.isfinite(curve.unlike).any():
        columns[UNLIKE.worded()] = curve.unlike
    return pd.DataFrame(columns)


def alt(curve: Curve, at: int) -> str:
    """The curve in a sentence."""
    title, gain = gained(curve)
    paid = curve.values(PAID)
    said = Text(
        "With λ = {amount:g} {title} is {x}, {x_without} without",
        amount=float(curve.amounts[at]), title=title,
        x=words.measure(gain[at], 2), x_without=words.measure(gain[0], 2),
    )  # fmt: skip
    if not np.isfinite(paid).any():
        return said
    return Text(
        "{said}; NDCG {x}, {x_without} without",
        said=said, x=words.measure(paid[at]), x_without=words.measure(paid[0]),
    )  # fmt: skip
