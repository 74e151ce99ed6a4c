"""Error over epochs: training dashed, validation solid, baselines as thin grey lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from recsys_core import escape, words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Ratings
from recsys_core.standardized import Unit
from recsys_core.text import Text, worded
from recsys_core.training import Epoch

Measure = Literal["RMSE", "objective"]

# Of the panel, roughly, in pixels.
_WIDTH = 300

# The axis of epochs shows other runs up to so many times as long as the one in view.
_TIMES_AS_LONG = 3

# Errors of the first epochs, this share of all, may lie above the picture: what is far higher than
# all that follows would press the rest together at the foot.
_BEGINNING = 0.1

# What each series is called.
_SERIES = {
    "train": Text("training"), "validation": Text("validation"), "loss": Text("objective"),
}  # fmt: skip

# Which field of an Epoch each series shows.
_FIELDS = {"train": "train_rmse", "validation": "validation_rmse", "loss": "loss"}


@dataclass(frozen=True, eq=False)
class Curve:
    """The epochs of one training, as they are drawn.

    Attributes
    ----------
    name : what it is called. epochs : Epoch 0, the initial state, first.
    n_epochs : how many are planned. colour : number of its colour, see ``theme.run_colour``.
    best : the epoch of lowest validation RMSE; None where there is none.
    stream : what the browser knows it by; empty where none follows it.
    begins : the epoch it is drawn from: of a fork, where it left a curve that is drawn as well.
    """

    name: str
    epochs: Sequence[Epoch]
    n_epochs: int
    colour: int = 0
    best: int | None = None
    stream: str = ""
    begins: int = 0

    def series(self, name: str) -> list[float]:
        """One number an epoch, from epoch 0 on; empty where there is none."""
        values = [getattr(epoch, _FIELDS[name]) for epoch in self.epochs]
        return [] if None in values else values

    def leading(self, measure: Measure) -> str:
        """The series one watches: the objective, or validation where there is some, or training."""
        if measure == "objective" or not self.series("train"):
            return "loss"
        return "validation" if self.series("validation") else "train"


def drawn(
    curves: Sequence[Curve],
    mode: Mode,
    *,
    measure: Measure = "RMSE",
    log_x: bool = False,
    log_y: bool = False,
) -> Figure:
    """Curves at rest, side by side; the lowest validation error of each is marked."""
    traces = [
        _curve(curve, name, mode, len(curves) > 1, measure)
        for curve in curves
        for name in _names(curve, measure)
    ]
    if measure == "RMSE":
        for curve in curves:
            traces += _best(curve, mode)
    layout = _layout(curves, _last(curves), measure, log_x, log_y, mode)
    return theme.dress(plain.figure(traces, **layout), mode)


def live(
    curves: Sequence[Curve],
    current: Curve,
    baselines: Sequence[str],
    mode: Mode,
    *,
    measure: Measure = "RMSE",
    size: float | None = None,
    log_x: bool = False,
    log_y: bool = False,
) -> tuple[Figure, dict[str, Any]]:
    """The curves of several runs, ready to be filled: their numbers are in the browser's store.

    Of ``curves`` the names, colours and numbers of epochs planned are drawn, and which series there
    are. ``current`` is the one in view; ``baselines`` are the names of grey lines. RMSE is
    divided by ``size`` where it is given: s, the standard deviation of the training ratings.

    Returns the figure, and what the browser's panel needs to fill it.
    """
    if not current.series("train"):
        measure = "objective"  # it predicts no ratings
    # A run with many more epochs would press the one in view together at the left.
    last = min(_last([*curves, current]), _TIMES_AS_LONG * _last([current]))
    traces: list[Trace] = []
    lead = current.leading(measure)
    following: dict[str, Any] = {
        "panel": "curves", "series": lead, "last": last, "baselines": [], "curves": [],
        "beginning": _BEGINNING if measure == "RMSE" and not log_y else 0,
        "size": size if measure == "RMSE" and size is not None else 1,
    }  # fmt: skip
    for name in baselines if measure == "RMSE" else ():
        following["baselines"].append((len(traces), str(name)))
        traces.append(baseline(name, mode))
    for curve in curves:
        for name in _names(curve, measure):
            following["curves"].append((len(traces), curve.stream, name, curve.begins))
            traces.append(_curve(curve, name, mode, len(curves) > 1, measure, empty=True))
    following["ring"] = len(traces)
    traces.append(
        trace(
            "scatter",
            x=[],
            y=[],
            mode="markers",
            marker=theme.point_ring(mode) | {"size": 11},
            name=Text("epoch shown"),
            showlegend=False,
            hoverinfo="skip",
        )
    )
    following["best"] = len(traces) if measure == "RMSE" and current.series("validation") else None
    if following["best"] is not None:
        traces.append(_star(current, [], [], mode))
    chart = plain.figure(
        traces,
        **_layout(curves, last, measure, log_x, log_y, mode, size is not None),
        # Kept over updates, but not over another choice of axes.
        uirevision=f"{current.stream} {measure} {size} {log_x} {log_y} {last}",
    )
    return theme.dress(chart, mode), following


def _last(curves: Sequence[Curve]) -> int:
    """The last epoch planned for any of them."""
    return max(curve.n_epochs for curve in curves) or 1


def _layout(
    curves: Sequence[Curve],
    last: int,
    measure: Measure,
    log_x: bool,
    log_y: bool,
    mode: Mode,
    normalized: bool = False,
) -> dict[str, Any]:
    title, unit = Text("How well: RMSE over epochs"), Text("RMSE (rating units)")
    if normalized:
        title, unit = Text("How well: RMSE / s over epochs"), Text("RMSE / s, no unit")
    return {
        "title": title if measure == "RMSE" else Text("Objective over epochs"),
        "hovermode": "closest",
        "xaxis": axis(
            Text("epoch"),
            type="log" if log_x else "linear",
            range=[0, math.log10(max(last, 2))] if log_x else [-0.02 * last, 1.02 * last],
        ),
        "yaxis": axis(
            unit if measure == "RMSE" else Text("objective"),
            type="log" if log_y else "linear",
            nticks=6,
        ),
        "shapes": _forks(curves, mode) or None,
        **_legend([curve.name for curve in curves]),
    }


def _forks(curves: Sequence[Curve], mode: Mode) -> list[dict[str, Any]]:
    """Where a fork leaves the other curve: a thin line of its colour, named by the epoch."""
    return [
        plain.vline(curve.begins, {"color": colour, "width": 1, "dash": "dot"})
        | {
            "label": {
                "text": f" {Text('fork at {epoch:,}', epoch=curve.begins)}",
                "textposition": "start", "textangle": 0,
                "xanchor": "left", "yanchor": "bottom",
                "font": {"size": theme.FONT_SIZE, "color": theme.of(mode).muted},
            },
        }
        for curve in curves if curve.begins
        for colour in [theme.run_colour(curve.colour, mode)]
    ]  # fmt: skip


def _legend(names: list[str]) -> dict[str, Any]:
    """Room for the legend above the plot; too many runs are told apart by hover and list alone."""
    if len(names) == 1:
        return {"margin": {"t": 62}}
    lines = max(1, math.ceil(sum(60 + 6.4 * len(name) for name in names) / _WIDTH))
    if lines > 3:
        return {"showlegend": False, "margin": {"t": 42}}
    return {"margin": {"t": 40 + 22 * lines}}


def _names(curve: Curve, measure: Measure) -> list[str]:
    """The series of a curve that are drawn."""
    names = ("loss",) if measure == "objective" else ("train", "validation")
    return [name for name in names if curve.series(name)]


def _curve(
    curve: Curve, name: str, mode: Mode, several: bool, measure: Measure, empty: bool = False
) -> Trace:
    values = [] if empty else curve.series(name)
    what = _SERIES[name].worded()
    leads = name == curve.leading(measure)
    called = escape.plotly(escape.short(curve.name, 60))
    return trace(
        "scatter",
        x=list(range(curve.begins, len(values))),
        y=values[curve.begins :],
        mode="lines",
        line={
            "color": theme.run_colour(curve.colour, mode),
            "dash": theme.run_dash(curve.colour, name == "train"),
            "width": 1.75 if name == "train" else 2.5,
        },
        name=called if several else what,
        legendgroup=(curve.stream or curve.name) if several else what,
        showlegend=leads if several else True,
        meta={"series": name},
        hovertemplate=Text("{what}, epoch %{{x}}", what=what)
        + f": %{{y:.4~f}}<extra>{called}</extra>",
    )


def baseline(name: str, mode: Mode) -> Trace:
    """Draw the line of a baseline, its name at the right end; the browser gives it its places."""
    return trace(
        "scatter",
        x=[],
        y=[],
        mode="lines+text",
        text=["", worded(name).lower()],
        textposition="top left",
        textfont={"size": theme.FONT_SIZE, "color": theme.of(mode).muted},
        line={"color": theme.of(mode).muted, "width": 1},
        name=worded(name),
        showlegend=False,
        hovertemplate=f"{worded(name)}: %{{y:.4f}}<extra></extra>",
    )


def _best(curve: Curve, mode: Mode) -> list[Trace]:
    """The star at the epoch of lowest validation error, where there is one."""
    best, values = curve.best, curve.series("validation")
    if best is None or best >= len(values) or len(values) == 1:
        return []
    return [_star(curve, [best], [values[best]], mode)]


def _star(curve: Curve, x: list[int], y: list[float], mode: Mode) -> Trace:
    return trace(
        "scatter",
        x=x,
        y=y,
        mode="markers",
        marker={"symbol": "star", "size": 11, "color": theme.run_colour(curve.colour, mode)},
        name=Text("lowest validation error"),
        showlegend=False,
        hovertemplate=Text("lowest validation error: %{{y:.4f}} at epoch %{{x}}")
        + "<extra></extra>",
    )


def ratings_per_second(epochs: Sequence[Epoch], n_ratings: int) -> float:
    """Training ratings visited per second of computing, measuring included; 0 before epoch 1."""
    seconds = sum(epoch.seconds for epoch in epochs if epoch.number)
    return (len(epochs) - 1) * n_ratings / seconds if seconds > 0 else 0.0


def table(curve: Curve, train: Ratings | None = None) -> pd.DataFrame:
    """The epochs of a run, one a row: errors to four decimals, and the seconds each took.

    With its training part ``train``, also the training RMSE divided by the standard deviation of
    these ratings (normalized: predicting their mean is near 1), and ratings visited per second.
    """
    rows = pd.DataFrame(
        {
            Text("epoch"): [e.number for e in curve.epochs],
            Text("training RMSE"): [_rounded(e.train_rmse) for e in curve.epochs],
            Text("validation RMSE"): [_rounded(e.validation_rmse) for e in curve.epochs],
            Text("objective"): [float(f"{e.loss:.6g}") for e in curve.epochs],
            Text("seconds"): [round(e.seconds, 4) for e in curve.epochs],
        }
    )
    if train is not None:
        size, n = Unit.of(train).size, len(train)
        normalized = [e.train_rmse and round(e.train_rmse / size, 4) for e in curve.epochs]
        if curve.series("train"):
            rows[Text("training RMSE / s")] = normalized
        rows[Text("ratings per second")] = [
            round(n / e.seconds) if e.number and e.seconds > 0 else None for e in curve.epochs
        ]
    for part, name in (
        ("train", Text("training RMSE")),
        ("validation", Text("validation RMSE")),
    ):
        if not curve.series(part):
            rows = rows.drop(columns=name)
    return rows.set_index(Text("epoch"))


def _rounded(error: float | None) -> float | None:
    return None if error is None else round(error, 4)


def alt(curves: Sequence[Curve], measure: Measure = "RMSE", normalized: bool = False) -> str:
    """What the curves show, in a sentence; it holds for every epoch."""
    whose = words.listed([curve.name for curve in curves])
    epochs = words.plural("epoch", _last(curves))
    if any(curve.leading(measure) == "loss" for curve in curves):
        return Text("The training objective of {whose} over {epochs}", whose=whose, epochs=epochs)
    error = "RMSE / s" if normalized else "RMSE"
    if any(curve.series("validation") for curve in curves):
        return Text(
            "{error} of {whose} over {epochs}; training and validation",
            error=error, whose=whose, epochs=epochs,
        )  # fmt: skip
    return Text(
        "{error} of {whose} over {epochs}; training", error=error, whose=whose, epochs=epochs
    )
