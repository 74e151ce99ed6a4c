"""Error over epochs: training dashed, validation solid, baselines as thin grey lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from recsys_core import words
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.training import Epoch

if TYPE_CHECKING:
    from recsys_core.runs import Run

Measure = Literal["RMSE", "objective"]

# Of the panel, roughly, in pixels.
_WIDTH = 300

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
    """

    name: str
    epochs: Sequence[Epoch]
    n_epochs: int
    colour: int = 0
    best: int | None = None
    stream: str = ""

    def series(self, name: str) -> list[float]:
        """One number an epoch, from epoch 0 on; empty where there is none."""
        values = [getattr(epoch, _FIELDS[name]) for epoch in self.epochs]
        return [] if None in values else values

    def leading(self, measure: Measure) -> str:
        """The series one watches: the objective, or validation where there is some, or training."""
        if measure == "objective" or not self.series("train"):
            return "loss"
        return "validation" if self.series("validation") else "train"


def of_run(run: Run) -> Curve:
    """The curve of a run as it is now; it does not grow with the run."""
    return Curve(
        run.name, list(run.epochs), run.n_epochs, run.color_index, run.best_epoch, run.stream
    )


def drawn(
    curves: Sequence[Curve],
    mode: Mode,
    *,
    measure: Measure = "RMSE",
    log_x: bool = False,
    log_y: bool = False,
) -> Figure:
    """Curves at rest, side by side; the lowest validation error of each is marked."""
    traces = _curves(curves, measure, mode)
    if measure == "RMSE":
        for curve in curves:
            traces += _best(curve, mode)
    layout = _layout(curves, _last(curves), measure, log_x, log_y)
    return theme.dress(plain.figure(traces, **layout), mode)


def figure(
    runs: Sequence[Run],
    current: Run,
    mode: Mode,
    *,
    measure: Measure = "RMSE",
    log_x: bool = False,
    log_y: bool = False,
    epoch: int | None = None,
) -> tuple[Figure, dict[str, Any]]:
    """The curves of several runs, and what ``pages.shared.chart`` needs to keep them growing.

    ``epoch`` is the one looked at; None is the latest.
    """
    own, curves = of_run(current), [of_run(run) for run in runs]
    if not own.series("train"):
        measure = "objective"  # it predicts no ratings
    last = _last([*curves, own])
    traces = _baselines(current, last, mode) if measure == "RMSE" else []
    traces += _curves(curves, measure, mode)
    ring = len(traces)
    lead = own.leading(measure)
    values = own.series(lead)
    at = len(values) - 1 if epoch is None else min(epoch, len(values) - 1)
    traces.append(
        trace(
            "scatter",
            x=[at],
            y=values[at : at + 1],
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 11,
                "color": theme.ink(mode),
                "line": {"width": 2.5},
            },
            name="epoch shown",
            showlegend=False,
            hoverinfo="skip",
        )
    )
    if measure == "RMSE" and not current.busy:
        traces += _best(own, mode)
    chart = plain.figure(
        traces,
        **_layout(curves, last, measure, log_x, log_y),
        # Kept over updates, but not over another choice of axes.
        uirevision=f"{current.id} {measure} {log_x} {log_y} {last}",
    )
    live = {"panel": "curves", "stream": own.stream, "ring": ring, "series": lead}
    return theme.dress(chart, mode), live


def _last(curves: Sequence[Curve]) -> int:
    """The last epoch planned for any of them."""
    return max(curve.n_epochs for curve in curves) or 1


def _layout(
    curves: Sequence[Curve], last: int, measure: Measure, log_x: bool, log_y: bool
) -> dict[str, Any]:
    return {
        "title": "How well: RMSE over epochs" if measure == "RMSE" else "Objective over epochs",
        "hovermode": "closest",
        "xaxis": axis(
            "epoch",
            type="log" if log_x else "linear",
            range=[0, math.log10(max(last, 2))] if log_x else [-0.02 * last, 1.02 * last],
        ),
        "yaxis": axis(
            "RMSE (rating units)" if measure == "RMSE" else "objective",
            type="log" if log_y else "linear",
            nticks=6,
        ),
        **_legend([curve.name for curve in curves]),
    }


def _legend(names: list[str]) -> dict[str, Any]:
    """Room for the legend above the plot; too many runs are told apart by hover and list alone."""
    if len(names) == 1:
        return {"margin": {"t": 62}}
    lines = max(1, math.ceil(sum(60 + 6.4 * len(name) for name in names) / _WIDTH))
    if lines > 3:
        return {"showlegend": False, "margin": {"t": 42}}
    return {"margin": {"t": 44 + 20 * lines}}


def _curves(curves: Sequence[Curve], measure: Measure, mode: Mode) -> list[Trace]:
    names = ("loss",) if measure == "objective" else ("train", "validation")
    return [
        _curve(curve, name, mode, len(curves) > 1, measure)
        for curve in curves
        for name in names
        if curve.series(name)
    ]


def _curve(curve: Curve, name: str, mode: Mode, several: bool, measure: Measure) -> Trace:
    values = curve.series(name)
    what = {"train": "training", "validation": "validation", "loss": "objective"}[name]
    leads = name == curve.leading(measure)
    return trace(
        "scatter",
        x=list(range(len(values))),
        y=values,
        mode="lines",
        line={
            "color": theme.run_colour(curve.colour, mode),
            "dash": "dash" if name == "train" else "solid",
            "width": 1.75 if name == "train" else 2.5,
        },
        name=curve.name if several else what,
        legendgroup=(curve.stream or curve.name) if several else what,
        showlegend=leads if several else True,
        meta={"stream": curve.stream, "series": name},
        hovertemplate=f"{what}, epoch %{{x}}: %{{y:.4~f}}<extra>{curve.name}</extra>",
    )


def _baselines(run: Run, last: int, mode: Mode) -> list[Trace]:
    validated = run.split.validation is not None
    values = [(b.validation_rmse if validated else b.train_rmse, b.name) for b in run.baselines]
    known = sorted((value, name) for value, name in values if value is not None)
    return [
        trace(
            "scatter",
            x=[0 if last < 2 else 1e-9, last],
            y=[value, value],
            mode="lines+text",
            text=["", name.lower()],
            # The lowest has its name below its line, so that two close ones can be read.
            textposition="bottom left" if place == 0 else "top left",
            textfont={"size": theme.FONT_SIZE, "color": theme.of(mode).muted},
            line={"color": theme.of(mode).muted, "width": 1},
            name=name,
            showlegend=False,
            hovertemplate=f"{name}: %{{y:.4f}}<extra></extra>",
        )
        for place, (value, name) in enumerate(known)
    ]


def _best(curve: Curve, mode: Mode) -> list[Trace]:
    """The star at the epoch of lowest validation error, where there is one."""
    best, values = curve.best, curve.series("validation")
    if best is None or best >= len(values) or len(values) == 1:
        return []
    star = trace(
        "scatter",
        x=[best],
        y=[values[best]],
        mode="markers",
        marker={"symbol": "star", "size": 11, "color": theme.run_colour(curve.colour, mode)},
        name="lowest validation error",
        showlegend=False,
        hovertemplate="lowest validation error: %{y:.4f} at epoch %{x}<extra></extra>",
    )
    return [star]


def table(run: Run) -> pd.DataFrame:
    """The epochs of a run, one a row: errors to four decimals, and the seconds each took."""
    curve = of_run(run)
    rows = pd.DataFrame(
        {
            "epoch": [e.number for e in curve.epochs],
            "training RMSE": [_rounded(e.train_rmse) for e in curve.epochs],
            "validation RMSE": [_rounded(e.validation_rmse) for e in curve.epochs],
            "objective": [float(f"{e.loss:.6g}") for e in curve.epochs],
            "seconds": [round(e.seconds, 4) for e in curve.epochs],
        }
    )
    for part, name in (("train", "training RMSE"), ("validation", "validation RMSE")):
        if not curve.series(part):
            rows = rows.drop(columns=name)
    return rows.set_index("epoch")


def _rounded(error: float | None) -> float | None:
    return None if error is None else round(error, 4)


def alt(run: Run) -> str:
    """The curves of the current run in a sentence."""
    last = run.epochs[-1]
    over = f"of {run.name} over {words.plural('epoch', last.number)}"
    if last.train_rmse is None:
        return f"Objective {over}: {words.number(last.loss)}"
    text = f"Error {over}: training RMSE {words.number(last.train_rmse)}"
    if last.validation_rmse is not None:
        text += f", validation RMSE {words.number(last.validation_rmse)}"
    return text
