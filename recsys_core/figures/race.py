"""A race: validation errors of several runs, over epochs, seconds or ratings touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from recsys_core import escape, words
from recsys_core.asking.race import Count, Lane
from recsys_core.figures import plain, theme
from recsys_core.figures.curves import baseline
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.text import Text

# The axis of what is counted, what a title calls it, and how hover says where a point is.
_COUNTED: dict[Count, tuple[Text, Text, Text]] = {
    "epochs": (Text("epoch"), Text("epochs"), Text("epoch %{{x}}")),
    "seconds": (Text("seconds of computing"), Text("seconds"), Text("after %{{x:.3~g}} s")),
    "touched": (
        Text("ratings touched"),
        Text("ratings touched"),
        Text("after %{{x:.3~s}} ratings"),
    ),
}

# Pixels a line of the legend takes, and a letter of it.
_LINE, _LETTER, _WIDTH = 21, 6.8, 360


@dataclass(frozen=True)
class Racer:
    """A run as it is drawn: its name, the number of its colour, and what the browser knows it by.

    ``n_epochs`` are planned; ``touched`` and ``single`` are those of ``asking.race.Lane``.
    """

    name: str
    colour: int
    stream: str
    n_epochs: int
    touched: int
    single: bool = False


def live(
    racers: Sequence[Racer],
    baselines: Sequence[str],
    mode: Mode,
    *,
    count: Count = "epochs",
    log_x: bool = False,
    log_y: bool = False,
) -> tuple[Figure, dict[str, Any]]:
    """The race, ready to be filled: its numbers are in the browser's store.

    ``baselines`` are the names of grey lines. Returns the figure, and what the browser's panel
    (``js/race_panel.js``) needs to fill it.
    """
    traces: list[Trace] = []
    last = max((racer.n_epochs for racer in racers if not racer.single), default=1) or 1
    following: dict[str, Any] = {
        "panel": "race", "count": count, "last": last, "log": log_x, "log_y": log_y, "lanes": [],
        "baselines": [],
    }  # fmt: skip
    for name in baselines:
        following["baselines"].append((len(traces), str(name)))
        traces.append(baseline(name, mode))
    for racer in racers:
        following["lanes"].append({
            "trace": len(traces), "star": len(traces) + 1, "stream": racer.stream,
            "touched": racer.touched, "single": racer.single,
        })  # fmt: skip
        traces += [_lane(racer, count, mode), _star(racer, mode)]
    title, unit, _ = _COUNTED[count]
    room = sum(50 + _LETTER * len(escape.short(racer.name, 60)) for racer in racers)
    lines = max(1, -(-int(room) // _WIDTH))
    chart = plain.figure(
        traces,
        Text("Race: validation RMSE over {unit}", unit=unit),
        xaxis=axis(title.worded(), type="log" if log_x else "linear"),
        yaxis=axis(
            Text("validation RMSE (rating units)"), type="log" if log_y else "linear", nticks=7
        ),
        margin={"t": 40 + _LINE * min(lines, 6)},
        uirevision=f"{count} {log_x} {log_y} {[racer.stream for racer in racers]}",
    )
    return theme.dress(chart, mode), following


def _lane(racer: Racer, count: Count, mode: Mode) -> Trace:
    called = escape.plotly(escape.short(racer.name, 60))
    colour = theme.run_colour(racer.colour, mode)
    where = Text("in one pass") if racer.single else _COUNTED[count][2].worded()
    return trace(
        "scatter",
        x=[],
        y=[],
        mode="lines+markers" if racer.single else "lines",
        line={
            "color": colour,
            "dash": "dot" if racer.single else theme.run_dash(racer.colour, False),
            "width": 2.5,
        },
        marker={"symbol": "circle", "size": [10, 0], "color": colour} if racer.single else None,
        name=Text("{name} (one pass)", name=called) if racer.single else called,
        legendgroup=racer.stream,
        showlegend=True,
        hovertemplate=f"{where}: %{{y:.4~f}}<extra>{called}</extra>",
    )


def _star(racer: Racer, mode: Mode) -> Trace:
    called = escape.plotly(escape.short(racer.name, 60))
    return trace(
        "scatter",
        x=[],
        y=[],
        mode="markers",
        marker={"symbol": "star", "size": 11, "color": theme.run_colour(racer.colour, mode)},
        name=Text("lowest validation error"),
        legendgroup=racer.stream,
        showlegend=False,
        hovertemplate=Text("lowest validation error: %{{y:.4f}}") + f"<extra>{called}</extra>",
    )


def table(lanes: Sequence[Lane]) -> pd.DataFrame:
    """Tabulate every epoch of every run: seconds of computing, ratings touched, validation RMSE."""
    rows = [
        (lane.name, epoch, round(seconds, 4), int(touched), round(error, 4))
        for lane in lanes
        for epoch, (seconds, touched, error) in enumerate(
            zip(lane.seconds, lane.at("touched"), lane.errors, strict=True)
        )
    ]
    columns = [
        Text("run"), Text("epoch"), Text("seconds"), Text("ratings touched"),
        Text("validation RMSE"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index(columns[0])


def alt(names: Sequence[str], count: Count) -> str:
    """What the race shows, in a sentence; it holds at every moment."""
    return Text(
        "Validation RMSE of {names} over {unit}",
        names=words.listed(list(names)), unit=_COUNTED[count][1],
    )  # fmt: skip
