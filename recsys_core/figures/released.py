"""What training leaves of a change that was made by hand: distance over the epochs that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.experiments.released import Released
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text


def figure(found: Released, mode: Mode) -> Figure:
    """The distance between the changed row and the one left alone, from the release on."""
    apart = found.apart
    epochs = np.arange(len(apart)) + found.epoch
    line = trace(
        "scatter", x=epochs, y=apart, mode="lines+markers",
        line={"color": theme.of(mode).accent, "width": 2},
        marker={"size": 6, "color": theme.of(mode).accent},
        hovertext=[
            Text("epoch {epoch}: {distance}", epoch=int(e), distance=words.number(d))
            for e, d in zip(epochs, apart, strict=True)
        ],
        hoverinfo="text",
    )  # fmt: skip
    chart = plain.figure(
        [line], Text("What is left of the change"), height=240,
        xaxis=axis(Text("epoch"), zeroline=False),
        yaxis=axis(Text("distance, √rating units"), rangemode="tozero"),
    )  # fmt: skip
    return theme.dress(chart, mode)


def sentence(found: Released) -> Text:
    """Say how fast it went: “After 1 epoch 12 % of the change is left, after 20 epochs 0 %.”."""
    apart = found.apart
    shares = apart / (apart[0] or 1.0)
    last = words.plural("epoch", len(apart) - 1)
    return Text(
        "After 1 epoch {first} of the change is left, after {epochs} {left}.",
        first=words.percent(float(shares[1])), epochs=last,
        left=words.percent(float(shares[-1])),
    )  # fmt: skip


def alt(found: Released) -> str:
    """The curve in a sentence."""
    return Text(
        "Distance between the changed row and the one left alone. {sentence}",
        sentence=sentence(found),
    )


def table(found: Released) -> pd.DataFrame:
    """One row an epoch: the distance, and the share of the change that is left."""
    apart = found.apart
    return pd.DataFrame(
        {
            Text("epoch"): np.arange(len(apart)) + found.epoch,
            Text("distance"): apart,
            Text("share left"): apart / (apart[0] or 1.0),
        }
    )
