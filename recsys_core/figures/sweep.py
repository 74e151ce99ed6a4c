"""A sweep: errors over two settings, every point's settings side by side, and what matters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys_core import escape, words
from recsys_core.experiments.sweep import Over, Sweep, Trial, named
from recsys_core.experiments.sweep_results import (
    Point,
    Surface,
    best_of,
    importances,
    point_said,
    said,
)
from recsys_core.figures import plain, theme
from recsys_core.figures.plain import Figure, Trace, axis, trace
from recsys_core.figures.theme import Mode
from recsys_core.recipes import Plain
from recsys_core.text import Number, Text, worded

# Colours end at this quantile of the errors: one point that diverged would make all others alike.
_DEEPEST = 0.9

# Numbers stand in the cells of so many columns.
_MOST_PRINTED = 12

# Lines of one colour are one trace.
_N_COLOURS = 8


def title(sweep: Sweep, surface: Surface) -> str:
    """What the surface shows, in a line."""
    names = _names(sweep)
    shown = [names[surface.rows.name]]
    shown += [] if surface.columns is None else [names[surface.columns.name]]
    rest = len(sweep.over) - len(shown)
    what = " × ".join(shown)
    if rest:
        return Text("Validation RMSE over {what}, best of the other settings", what=what)
    return Text("Validation RMSE over {what}", what=what)


def alt(sweep: Sweep, surface: Surface) -> str:
    """The surface in a sentence."""
    best = best_of(list(surface.cells.values()))
    if best is None:
        return Text("{title}; nothing is known yet.", title=title(sweep, surface))
    return Text(
        "{title}; lowest {rmse} at {where}.",
        title=title(sweep, surface),
        rmse=words.error(best.error),
        where=point_said(sweep, best.settings),
    )


def surface(sweep: Sweep, shown: Surface, mode: Mode) -> Figure:
    """Errors over two settings: cells of a grid, else points; the lower, the deeper the colour.

    The best is ringed. Cells say the error and ± the standard deviation over seeds; those that
    were paused early are in italics.
    """
    return _cells(sweep, shown, mode) if _is_grid(sweep, shown) else _scattered(sweep, shown, mode)


def point_at(
    sweep: Sweep, shown: Surface, row: int | None, column: int | None, point: int | None
) -> Point | None:
    """Which point a click on the surface means; None where there is none."""
    if _is_grid(sweep, shown):
        return shown.cells.get((row, column)) if row is not None and column is not None else None
    drawn = list(shown.cells.values())
    return drawn[point] if point is not None and 0 <= point < len(drawn) else None


def _is_grid(sweep: Sweep, shown: Surface) -> bool:
    lines = [shown.rows, *([shown.columns] if shown.columns else [])]
    return shown.is_grid and all(sweep.how == "grid" or bool(over.values) for over in lines)


def _names(sweep: Sweep) -> dict[str, str]:
    return {option.name: worded(named(option)) for option in sweep.options}


def _limits(errors: Sequence[float]) -> tuple[float, float]:
    """From the lowest error to where colours end; a little apart at least."""
    low, high = min(errors, default=0.0), float(np.quantile(errors, _DEEPEST)) if errors else 1.0
    return low, max(high, low + 1e-4)


def _hover(sweep: Sweep, point: Point, clicked: bool = True) -> str:
    lines = [escape.plotly(point_said(sweep, point.settings))]
    rmse = words.error(point.error)
    if point.deviation is None:
        lines.append(Text("validation RMSE {rmse}", rmse=rmse))
    else:
        lines.append(
            Text(
                "validation RMSE {rmse} ± {deviation} over {n} seeds",
                rmse=rmse, deviation=words.measure(point.deviation), n=len(point.trials),
            )
        )  # fmt: skip
    if point.paused:
        epochs = max(len(trial.errors) for trial in point.trials) - 1
        lines.append(Text("paused at epoch {epoch}: lowest so far", epoch=epochs))
    if clicked:
        lines.append(Text("click: open as a run"))
    return "<br>".join(lines)


def _cells(sweep: Sweep, shown: Surface, mode: Mode) -> Figure:
    errors = shown.errors()
    n_rows, n_columns = errors.shape
    narrow = n_columns > _MOST_PRINTED

    def printed(at: tuple[int, int]) -> str:
        point = shown.cells.get(at)
        if point is None or narrow:
            return ""
        text: str = Number(f"{point.error:.3f}")
        if point.deviation is not None and not point.paused:
            text += f"<br><span style='font-size:10px'>±{Number(f'{point.deviation:.4f}')}</span>"
        return f"<i>{text}</i>" if point.paused else text

    known = errors[~np.isnan(errors)].tolist()
    low, high = _limits(known)
    places = [[(r, c) for c in range(n_columns)] for r in range(n_rows)]
    untried = Text("not tried yet")
    cells = trace(
        "heatmap",
        z=np.round(errors, 5),
        text=[[printed(at) for at in row] for row in places],
        texttemplate="%{text}",
        textfont={"size": 13},
        hovertext=[
            [_hover(sweep, shown.cells[at]) if at in shown.cells else untried for at in row]
            for row in places
        ],
        hoverinfo="text",
        hoverongaps=False,
        xgap=1,
        ygap=1,
        colorscale=theme.sequential(mode),
        reversescale=True,
        zmin=low,
        zmax=high,
        showscale=narrow,
        colorbar=_colour_bar() if narrow else None,
    )
    best = best_of(list(shown.cells.values()))
    ring = {
        "type": "rect", "xref": "x", "yref": "y", "line": {"color": theme.ink(mode), "width": 3}
    }  # fmt: skip
    rings = [
        ring | {"x0": c - 0.48, "x1": c + 0.48, "y0": r - 0.48, "y1": r + 0.48}
        for (r, c), point in shown.cells.items()
        if point is best
    ]
    names = _names(sweep)
    across = "" if shown.columns is None else names[shown.columns.name]
    chart = plain.figure(
        [cells],
        title(sweep, shown),
        height=max(44 * n_rows, 120) + 110,
        shapes=rings,
        xaxis=axis(_said_axis(across, shown.columns), **_ticks(shown.column_values),
                   range=[-0.5, n_columns - 0.5]),
        yaxis=axis(_said_axis(names[shown.rows.name], shown.rows), **_ticks(shown.row_values),
                   range=[-0.5, n_rows - 0.5]),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _said_axis(name: str, over: Over | None) -> str:
    called = escape.plotly(name)
    if over is None or not over.log:
        return called
    return Text("{name} (logarithmic)", name=called)


def _ticks(values: Sequence[Plain]) -> dict[str, Any]:
    texts = [escape.plotly(said(value)) for value in values]
    return {"tickvals": list(range(len(values))), "ticktext": texts, "ticks": "",
            "showgrid": False, "zeroline": False}  # fmt: skip


def _colour_bar() -> dict[str, Any]:
    return {"thickness": 10, "outlinewidth": 0, "nticks": 4, "lenmode": "pixels", "len": 200,
            "y": 1, "yanchor": "top"}  # fmt: skip


def _scattered(sweep: Sweep, shown: Surface, mode: Mode) -> Figure:
    points = list(shown.cells.values())
    names = _names(sweep)
    errors = [point.error for point in points]
    low, high = _limits(errors)
    across = shown.columns.name if shown.columns is not None else None

    def value(point: Point, name: str | None) -> Any:
        if name is None:
            return 0
        found = dict(point.settings)[name]
        return said(found) if isinstance(found, bool | str) else found

    dots = trace(
        "scatter",
        x=[value(point, across) for point in points],
        y=[value(point, shown.rows.name) for point in points],
        mode="markers",
        marker={
            "size": 13, "color": errors, "colorscale": theme.sequential(mode),
            "reversescale": True, "cmin": low, "cmax": high, "colorbar": _colour_bar(),
            "symbol": ["diamond" if point.paused else "circle" for point in points],
            "line": {"color": theme.of(mode).muted, "width": 0.5},
        },
        hovertext=[_hover(sweep, point) for point in points],
        hoverinfo="text",
        showlegend=False,
    )  # fmt: skip
    traces: list[Trace] = [dots]
    best = best_of(points)
    if best is not None:
        ring = trace(
            "scatter", x=[value(best, across)], y=[value(best, shown.rows.name)], mode="markers",
            marker=theme.point_ring(mode) | {"size": 22}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        traces.append(ring)

    chart = plain.figure(
        traces,
        title(sweep, shown),
        height=400,
        xaxis=axis(_said_axis("" if across is None else names[across], shown.columns),
                   **_scale(shown.columns)),
        yaxis=axis(_said_axis(names[shown.rows.name], shown.rows), **_scale(shown.rows)),
    )  # fmt: skip
    return theme.dress(chart, mode)


def _scale(over: Over | None) -> dict[str, Any]:
    """The axis of one setting: its whole range from the start, so that points appear in place."""
    if over is None:
        return {"showticklabels": False, "range": [-1, 1]}
    if over.values or over.low is None or over.high is None:
        return {} if over.is_numeric else {"type": "category"}
    ends = (float(over.low), float(over.high))
    if over.log:
        ends = math.log10(ends[0]), math.log10(ends[1])
    around = 0.05 * (ends[1] - ends[0])
    return {
        "type": "log" if over.log else "linear", "range": [ends[0] - around, ends[1] + around],
    }  # fmt: skip


# --- parallel coordinates -------------------------------------------------------------------------


def parallel(sweep: Sweep, points: Sequence[Point], mode: Mode) -> Figure:
    """One line a point through its settings and its error: the lower, the deeper; the best bold."""
    errors = [point.error for point in points]
    low, high = _limits(errors)
    top = max(errors, default=1.0)
    names = _names(sweep)
    best = best_of(points)
    bottom = min(errors, default=0.0)

    def error_at(error: float) -> float:
        return (error - bottom) / ((top - bottom) or 1.0)

    groups: dict[int, list[Point]] = {}
    for point in points:
        share = min(max((high - point.error) / (high - low), 0.0), 1.0)
        groups.setdefault(min(int(share * _N_COLOURS), _N_COLOURS - 1), []).append(point)
    n = len(sweep.over)
    traces = []
    for group, theirs in sorted(groups.items()):
        x: list[float | None] = []
        y: list[float | None] = []
        hover: list[str] = []
        for point in theirs:
            values = dict(point.settings)
            x += [*range(n + 1), None]
            y += [*(_share(over, values[over.name]) for over in sweep.over),
                  error_at(point.error), None]  # fmt: skip
            hover += [_hover(sweep, point, clicked=False)] * (n + 1) + [""]
        colour = theme.colour_at((group + 0.5) / _N_COLOURS, mode)
        traces.append(_line(x, y, hover, colour, 1.5))
    if best is not None:
        values = dict(best.settings)
        y_best = [*(_share(o, values[o.name]) for o in sweep.over), error_at(best.error)]
        says = [_hover(sweep, best, clicked=False)] * (n + 1)
        traces.append(_line(list(range(n + 1)), y_best, says, theme.ink(mode), 3))
    notes = [
        _note(at, _share(over, value), said(value), mode)
        for at, over in enumerate(sweep.over)
        for value in _marks(over)
    ]
    notes += [_note(n, error_at(e), words.error(e), mode) for e in {bottom, top} if points]
    lines = [plain.vline(at, {"color": theme.of(mode).mark, "width": 1}) for at in range(n + 1)]
    titles = [escape.plotly(names[over.name]) for over in sweep.over]
    chart = plain.figure(
        traces,
        Text("Every point, its settings and its error"),
        height=340,
        xaxis=axis(tickvals=list(range(n + 1)), ticktext=[*titles, Text("validation RMSE")],
                   ticks="",
                   showgrid=False, zeroline=False, range=[-0.15, n + 0.35], side="bottom"),
        yaxis=axis(visible=False, range=[-0.06, 1.06]),
        shapes=lines,
        annotations=notes,
        showlegend=False,
    )  # fmt: skip
    return theme.dress(chart, mode)


def _share(over: Over, value: Plain) -> float:
    """Where on its axis a value stands, 0 to 1."""
    grid = over.grid()
    if not over.is_numeric or (over.values and len(over.values) < 2):
        return grid.index(value) / max(len(grid) - 1, 1) if value in grid else 0.5
    ends = (
        (min(grid), max(grid)) if over.values else (over.low, over.high)  # type: ignore[type-var]
    )
    low, high, at = float(ends[0]), float(ends[1]), float(value)  # type: ignore[arg-type]
    if low > 0 and (over.log or (bool(over.values) and high > 20 * low)):
        low, high, at = math.log(low), math.log(high), math.log(at)
    return (at - low) / ((high - low) or 1.0)


def _marks(over: Over) -> tuple[Plain, ...]:
    """Values that an axis names: a handful, its ends among them."""
    grid = over.grid()
    if len(grid) <= 7:
        return grid
    return tuple(grid[round(at)] for at in np.linspace(0, len(grid) - 1, 5))


def _line(x: Sequence[Any], y: Sequence[Any], hover: list[str], colour: str, width: float) -> Trace:
    return trace(
        "scatter", x=list(x), y=list(y), mode="lines", line={"color": colour, "width": width},
        hovertext=hover, hoverinfo="text", showlegend=False,
    )  # fmt: skip


def _note(x: float, y: float, text: str, mode: Mode) -> dict[str, Any]:
    return {
        "x": x, "y": y, "text": escape.plotly(text), "showarrow": False, "xanchor": "left",
        "xshift": 5, "font": {"size": theme.FONT_SIZE, "color": theme.ink(mode)},
        "bgcolor": theme.paper(mode), "opacity": 0.9, "borderpad": 1,
    }  # fmt: skip


def parallel_alt(sweep: Sweep, points: Sequence[Point]) -> str:
    """The lines in a sentence."""
    return Text(
        "Every point as a line through {names} and its validation RMSE; {n} point.",
        "Every point as a line through {names} and its validation RMSE; {n} points.",
        names=words.listed(list(_names(sweep).values())), n=len(points),
    )  # fmt: skip


# --- importances ----------------------------------------------------------------------------------


def importance_bars(sweep: Sweep, trials: Sequence[Trial], mode: Mode) -> Figure:
    """What part of the variance of errors each setting explains, and the seed: bars, most first."""
    names = {option.name: worded(option.label) for option in sweep.options}
    names |= {"together": Text("together"), "seed": Text("seed (chance)")}
    shares = importances(sweep, trials)
    colours = theme.of(mode)
    bars = trace(
        "bar",
        orientation="h",
        x=[each.share for each in shares],
        y=[escape.plotly(names[each.name]) for each in shares],
        text=[words.percent(each.share) for each in shares],
        textposition="outside",
        cliponaxis=False,
        marker={"color": [colours.mark if each.name in ("seed", "together") else colours.accent
                          for each in shares]},
        hoverinfo="skip",
    )  # fmt: skip
    chart = plain.figure(
        [bars],
        Text("What explains the differences"),
        height=110 + 34 * max(len(shares), 1),
        xaxis=axis(
            Text("share of the variance of validation RMSE"), tickformat=".0%", range=[0, 1.12]
        ),
        yaxis=axis(autorange="reversed", ticks=""),
        showlegend=False,
    )
    return theme.dress(chart, mode)


def importance_alt(sweep: Sweep, trials: Sequence[Trial]) -> str:
    """The bars in a sentence."""
    names = {option.name: worded(option.label) for option in sweep.options}
    names |= {"together": Text("the settings together"), "seed": Text("the seed")}
    shares = importances(sweep, trials)
    parts = [f"{names[each.name]} {words.percent(each.share)}" for each in shares]
    if not parts:
        return Text("What explains the differences; nothing is known yet.")
    return Text("What explains the differences; {parts}.", parts=words.listed(parts))
