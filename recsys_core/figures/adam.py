"""One step of Adam as bars: gradient, first and second moment, step, and the numbers after it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.asking.inside.adam_step import AdamStep, RowStep
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.posterior_ellipses import named
from recsys_core.figures.theme import Mode
from recsys_core.ratings import SIDES, Side
from recsys_core.text import Text, later

# In their order: what each sub-step is called, alone and as the title of its bars; and their axis.
SUB_STEPS = {
    "gradient": (Text("Gradient"), later("Gradient g of {name}"), Text("slope of the loss")),
    "mean": (Text("First moment"), later("First moment m of {name}"), Text("mean of gradients")),
    "square": (
        Text("Second moment"),
        later("Second moment v of {name}"),
        Text("mean of squared gradients"),
    ),
    "step": (
        Text("Step"),
        later("Step −γ m̂ / (√v̂ + ε) of {name}"),
        Text("change of the number"),
    ),
    "after": (
        Text("After"),
        later("Numbers θ of {name}"),
        Text("number, in the unit of training"),
    ),
}


def _bars(row: RowStep, sub: str) -> dict[str, np.ndarray]:
    """By name, the bars of a sub-step; of two the first is muted, except in the gradient."""
    bars: dict[str, dict[str, np.ndarray]] = {
        "gradient": {
            Text("of the error"): row.of_error,
            Text("of the weight decay"): row.of_penalty,
        },
        "mean": {Text("before"): row.mean_before, Text("after"): row.mean_after},
        "square": {Text("before"): row.square_before, Text("after"): row.square_after},
        "step": {Text("step"): row.moved},
        "after": {Text("before"): row.before, Text("after"): row.after},
    }
    return bars[sub]


def figure(step: AdamStep, side: Side, sub: str, name: str, mode: Mode) -> Figure:
    """The bars of one side, ``name``: a sub-step of each of its numbers.

    Both sides have the same scale, so that their bars compare.
    """
    row, muted = step.rows[side], theme.of(mode).muted
    own = theme.COLOUR[side]
    bars = _bars(row, sub)
    colours = [own] if len(bars) == 1 else [own, muted] if sub == "gradient" else [muted, own]
    labels = [Text("bias") if each == "b" else each for each in row.names]
    every = [np.append(values, 0.0) for each in SIDES for values in _stacked(step.rows[each], sub)]
    low, high = min(map(np.min, every)), max(map(np.max, every))
    room = 0.06 * (high - low) or 1e-6
    chart = plain.figure(
        [
            trace(
                "bar", x=labels, y=values, name=called, marker={"color": colour},
                hovertemplate=f"%{{x}}, {called}: %{{y:.4~g}}<extra></extra>",
                showlegend=len(bars) > 1,
            )
            for (called, values), colour in zip(bars.items(), colours, strict=True)
        ],
        Text(SUB_STEPS[sub][1], name=name),
        height=320,
        barmode="relative" if sub == "gradient" else "group",
        xaxis=axis(Text("factor"), type="category"),
        yaxis=axis(
            SUB_STEPS[sub][2].worded(), range=[low - room * (low < 0), high + room],
            exponentformat="power", nticks=6, zeroline=True,
        ),
        legend={"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom"},
    )  # fmt: skip
    return theme.dress(chart, mode)


def _stacked(row: RowStep, sub: str) -> list[np.ndarray]:
    """Where the bars end: those of the gradient stand on each other where they have one sign."""
    bars = list(_bars(row, sub).values())
    if sub != "gradient":
        return bars
    return [sum(np.maximum(each, 0) for each in bars), sum(np.minimum(each, 0) for each in bars)]  # type: ignore[list-item]


def alt(step: AdamStep, side: Side, sub: str, name: str) -> str:
    """The picture in a sentence."""
    n = len(step.rows[side].names)
    return Text(
        "{title}, a bar for each of {n} numbers: {bars}",
        title=Text(SUB_STEPS[sub][1], name=name),
        n=n,
        bars=words.listed(list(_bars(step.rows[side], sub))),
    )


def table(step: AdamStep, side: Side) -> pd.DataFrame:
    """All sub-steps of one side as a table: one row a number, in the unit of training."""
    row = step.rows[side]
    return pd.DataFrame(
        {
            Text("number"): [named(name) for name in row.names],
            Text("θ before"): row.before,
            Text("of the error"): row.of_error,
            Text("of the decay"): row.of_penalty,
            Text("m before"): row.mean_before,
            Text("m after"): row.mean_after,
            Text("v before"): row.square_before,
            Text("v after"): row.square_after,
            Text("step"): row.moved,
            Text("θ after"): row.after,
        }
    )
