"""What a sweep has found: the best point and how sure that is, and which settings matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.experiments.sweep import Over, Settings, Status, Sweep, Trial, named
from recsys_core.recipes import Plain
from recsys_core.text import Text, later, worded

# Standard errors that a difference has to have to be more than noise.
_SURELY = 2.0

# Values of a setting that have a row or a column of their own.
_MOST_LINES = 50

# Groups that the values of a range are put into, each of equally many trials.
_N_GROUPS = 5


@dataclass(frozen=True)
class Point:
    """What is known of one choice of settings.

    Attributes
    ----------
    settings : values of the settings swept.
    trials : those trained to the end, one for each seed; where none was, those cut short.
    error : mean of their validation RMSE.
    deviation : their standard deviation over seeds (n − 1 in the denominator); None with one.
    paused : none was trained to the end (they were paused), so that the error may still fall.
    """

    settings: Settings
    trials: tuple[Trial, ...]
    error: float
    deviation: float | None
    paused: bool


def points_of(trials: Sequence[Trial]) -> list[Point]:
    """The points tried so far, in the order in which they were begun."""
    found: dict[Settings, list[Trial]] = {}
    for trial in trials:
        if trial.best is not None and trial.status in ("done", "paused"):
            found.setdefault(trial.settings, []).append(trial)
    return [_point(settings, theirs) for settings, theirs in found.items()]


def _point(settings: Settings, trials: list[Trial]) -> Point:
    whole = [trial for trial in trials if trial.status == "done"]
    errors = np.array([trial.best for trial in whole or trials], np.float64)
    deviation = float(errors.std(ddof=1)) if len(errors) > 1 else None
    return Point(settings, tuple(whole or trials), float(errors.mean()), deviation, not whole)


def best_of(points: Sequence[Point]) -> Point | None:
    """The point of lowest error, among those trained to the end where there are such."""
    whole = [point for point in points if not point.paused]
    return min(whole or points, key=lambda point: point.error, default=None)


def seed_noise(points: Sequence[Point]) -> float | None:
    """The standard deviation over seeds, pooled over points: √(Σ (n_p − 1) s_p² / Σ (n_p − 1)).

    Of points whose trials all went to the end, where there are such. None with one seed.
    """
    several = [p for p in points if p.deviation is not None]
    several = [p for p in several if not p.paused] or several
    freedom = sum(len(p.trials) - 1 for p in several)
    if not freedom:
        return None
    squares = [(len(p.trials) - 1) * p.deviation**2 for p in several if p.deviation is not None]
    return math.sqrt(math.fsum(squares) / freedom)


def differs(one: Point, other: Point, noise: float | None) -> bool:
    """Whether two points differ by more than seed noise: 2 standard errors of the difference.

    With s, the noise of one training, that is 2 s √(1/n + 1/m) for n and m seeds.
    """
    if noise is None:
        return one.error != other.error
    spread = noise * math.sqrt(1 / len(one.trials) + 1 / len(other.trials))
    return abs(one.error - other.error) > _SURELY * spread


def neighbours(sweep: Sweep, points: Sequence[Point], of: Point) -> list[Point]:
    """Of a grid, the points that differ from one by a single step in a single setting."""
    if sweep.how != "grid":
        return []
    axes = {each.name: list(each.grid()) for each in sweep.over}

    def steps(one: Point) -> list[int]:
        pairs = zip(one.settings, of.settings, strict=True)
        return [abs(axes[n].index(a) - axes[n].index(b)) for (n, a), (_, b) in pairs]

    return [point for point in points if sum(steps(point)) == 1]


# --- which settings matter ------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """What part of the differences between trials one thing explains, 0 to 1.

    ``name`` is a setting's, "together" (what settings do only together), or "seed".
    """

    name: str
    share: float


def importances(sweep: Sweep, trials: Sequence[Trial]) -> list[Share]:
    """Divide the variance of the trials' errors among settings, their interplay and the seed.

    With y the error of a trial, ȳ the mean of all, ȳ_p of a point and ȳ_g of a group of trials that
    have the same value of a setting (of a range: one fifth of the trials, by their values),

        total = Σ (y − ȳ)²     seed = Σ (y − ȳ_p)²     setting = Σ_g n_g (ȳ_g − ȳ)²

    and *together* is what is left: what only a combination of settings does. From each setting the
    (n_groups − 1) · MS is taken off that noise alone would give it, MS being the mean square of
    what its groups leave over: of the seed, or with one seed of what all settings leave. On a whole
    grid this is the analysis of variance; elsewhere settings tried together share what they
    explain, and the shares are scaled to a sum of 1. Trials that failed have no error; paused ones
    have their lowest so far. Empty where fewer than four trials have an error, or all the same.
    """
    known = [t for t in trials if t.best is not None and t.status in ("done", "paused")]
    y = np.array([trial.best for trial in known], np.float64)
    if len(y) < 4 or not (total := float(((y - y.mean()) ** 2).sum())) > 1e-18:
        return []
    keys = [trial.settings for trial in known]
    within, n_points = _left_over(y, keys)
    seeds_freedom = len(y) - n_points
    between, freedom = {}, {}
    for at, over in enumerate(sweep.over):
        groups = _groups(over, [settings[at][1] for settings in keys], sweep)
        left, n_groups = _left_over(y, groups)
        between[over.name], freedom[over.name] = total - left, n_groups - 1
    rest = max(total - within - sum(between.values()), 0.0)
    if seeds_freedom > 0:
        square = within / seeds_freedom
    else:
        square = rest / max(len(y) - 1 - sum(freedom.values()), 1)
    found = {n: max(ss - freedom[n] * square, 0.0) for n, ss in between.items()}
    rest_freedom = max(n_points - 1 - sum(freedom.values()), 0)
    together = max(rest - rest_freedom * square, 0.0) if seeds_freedom > 0 else rest
    seed = max(total - together - sum(found.values()), 0.0) if seeds_freedom > 0 else 0.0
    whole = sum(found.values()) + together + seed
    shares = [Share(name, value / whole) for name, value in found.items()] if whole else []
    shares.sort(key=lambda each: -each.share)
    if len(sweep.over) > 1 and whole:
        shares.append(Share("together", together / whole))
    if seeds_freedom > 0 and whole:
        shares.append(Share("seed", seed / whole))
    return shares


def _left_over(y: np.ndarray, groups: Sequence[Any]) -> tuple[float, int]:
    """Σ of squares around the means of groups, and the number of groups."""
    where: dict[Any, list[int]] = {}
    for i, group in enumerate(groups):
        where.setdefault(group, []).append(i)
    parts = (y[ids] for ids in where.values())
    return float(sum(((part - part.mean()) ** 2).sum() for part in parts)), len(where)


def _groups(over: Over, values: list[Plain], sweep: Sweep) -> list[Any]:
    """The group of each trial by one setting: its value, or which fifth of the trials it is in."""
    if over.values or sweep.how == "grid":
        return list(values)
    numbers = np.array(values, np.float64)
    edges = np.quantile(numbers, np.linspace(0, 1, _N_GROUPS + 1)[1:-1])
    return np.searchsorted(edges, numbers, side="right").tolist()


@dataclass(frozen=True)
class Surface:
    """Errors over two settings: what is known at each pair of values.

    Where more settings are swept, a cell is the best point over all others.

    Attributes
    ----------
    rows, columns : the settings.
    row_values, column_values : their values, ascending; of a grid all there will be.
    cells : by (row, column), the Point; absent where none was tried yet.
    """

    rows: Over
    columns: Over | None
    row_values: tuple[Plain, ...]
    column_values: tuple[Plain, ...]
    cells: dict[tuple[int, int], Point]

    @property
    def is_grid(self) -> bool:
        """Whether its values are few enough to be rows and columns."""
        return len(self.row_values) <= _MOST_LINES and len(self.column_values) <= _MOST_LINES

    def errors(self) -> np.ndarray:
        """Mean validation RMSE, (n_rows, n_columns); NaN where nothing is known."""
        values = np.full((len(self.row_values), len(self.column_values)), np.nan)
        for at, point in self.cells.items():
            values[at] = point.error
        return values


def surface_of(sweep: Sweep, points: Sequence[Point], rows: str, columns: str | None) -> Surface:
    """The points over two settings; over one where ``columns`` is None."""
    known = {each.name: each for each in sweep.over}

    def values(name: str | None) -> tuple[Plain, ...]:
        if name is None:
            return ("",)
        over = known[name]
        if sweep.how == "grid" or over.values:
            return tuple(sorted(over.grid(), key=_rank)) if over.is_numeric else over.grid()
        return tuple(value for value, _ in marginal_best(points, name))

    row_values, column_values = values(rows), values(columns)
    row_of = {value: at for at, value in enumerate(row_values)}
    column_of = {value: at for at, value in enumerate(column_values)}
    together: dict[tuple[int, int], list[Point]] = {}
    for point in points:
        at = dict(point.settings)
        cell = row_of[at[rows]], column_of["" if columns is None else at[columns]]
        together.setdefault(cell, []).append(point)
    best = {cell: best_of(theirs) for cell, theirs in together.items()}
    cells = {cell: point for cell, point in best.items() if point is not None}
    over = None if columns is None else known[columns]
    return Surface(known[rows], over, row_values, column_values, cells)


def surface_table(surface: Surface) -> pd.DataFrame:
    """One row a cell: values of the settings, error, deviation over seeds, seeds, paused or not."""
    names = surface.rows.name, "" if surface.columns is None else surface.columns.name
    rows = []
    for (row, column), point in sorted(surface.cells.items()):
        values = surface.row_values[row], surface.column_values[column]
        where = {n: _cell(v) for n, v in zip(names, values, strict=True) if n}
        seeds, paused = len(point.trials), Text("yes") if point.paused else ""
        error: dict[str, Any] = {
            Text("validation RMSE"): point.error,
            Text("± over seeds"): point.deviation,
        }
        rows.append({**where, **error, Text("seeds"): seeds, Text("paused"): paused})
    return pd.DataFrame(rows).astype({Text("± over seeds"): np.float64} if rows else {})


def marginal_best(points: Sequence[Point], name: str) -> list[tuple[Plain, Point]]:
    """For each value of a setting that was tried, the best point that has it, by value."""
    found: dict[Plain, list[Point]] = {}
    for point in points:
        found.setdefault(dict(point.settings)[name], []).append(point)
    best = [(value, best_of(theirs)) for value, theirs in found.items()]
    known = [(value, point) for value, point in best if point is not None]
    return sorted(known, key=lambda pair: _rank(pair[0]))


def _rank(value: Plain) -> tuple[bool, Any]:
    return isinstance(value, str), value


# --- in words -------------------------------------------------------------------------------------


def said(value: Plain) -> str:
    """A value of a setting, as a person reads it."""
    if isinstance(value, bool):
        return (Text("On") if value else Text("Off")).lower()  # “on” is a preposition elsewhere
    if isinstance(value, float):
        return words.minus(f"{value:.3g}")
    return words.minus(f"{value:,}") if isinstance(value, int) else str(value)


def point_said(sweep: Sweep, settings: Settings) -> str:
    """A point in a line: “λ = 0.063, k = 20”."""
    pairs = zip(sweep.options, settings, strict=True)
    return ", ".join(f"{named(option)} = {said(value)}" for option, (_, value) in pairs)


def sentences(sweep: Sweep, trials: Sequence[Trial]) -> list[Text]:
    """What was found: the best point, whether it differs from others, and what matters."""
    points = points_of(trials)
    best = best_of(points)
    if best is None:
        failed = any(trial.status == "failed" for trial in trials)
        return [Text("Every trial so far has failed.")] if failed else []
    noise = seed_noise(points)
    found = [_about_best(sweep, best)]
    if len(points) > 1:
        found += _about_others(sweep, points, best, noise)
        found += _about_importance(sweep, trials)
    if n := sum(trial.status == "paused" for trial in trials):
        found.append(
            Text(
                "{n} poor trial was paused early; its number is the lowest error it had reached.",
                "{n} poor trials were paused early; their numbers are the lowest errors they had "
                "reached.",
                n=n,
            )
        )
    if n := sum(trial.status == "failed" for trial in trials):
        why = next(trial.message for trial in trials if trial.status == "failed")
        found.append(Text("{n} trial failed: {why}", "{n} trials failed, such as: {why}", n=n,
                          why=why))  # fmt: skip
    return found


def _about_best(sweep: Sweep, best: Point) -> Text:
    where, rmse = point_said(sweep, best.settings), words.error(best.error)
    if best.deviation is None:
        return Text("Lowest validation RMSE so far {rmse}, at {where}, with one seed.", rmse=rmse,
                    where=where)  # fmt: skip
    return Text(
        "Lowest validation RMSE {rmse} ± {deviation}, at {where} (mean and standard deviation over "
        "{n} seeds).",
        rmse=rmse, deviation=words.measure(best.deviation), where=where, n=len(best.trials),
    )  # fmt: skip


def _about_others(
    sweep: Sweep, points: Sequence[Point], best: Point, noise: float | None
) -> list[Text]:
    if noise is None and sweep.seeds > 1:
        return []  # other seeds come later
    if noise is None:
        return [
            Text(
                "With one seed for each point nobody knows how much of a difference is chance; use "
                "two or more."
            )
        ]
    others = [p for p in points if p is not best and not p.paused]
    alike = [p for p in others if not differs(best, p, noise)]
    near = [p for p in neighbours(sweep, points, best) if not p.paused]
    found = []
    if near:
        far = [p for p in near if differs(best, p, noise)]
        if len(far) == len(near):
            found.append(
                Text(
                    "It differs from its neighbours by more than seed noise ({noise}).",
                    noise=words.error(noise),
                )
            )
        else:
            found.append(
                Text(
                    "{n} of its {near} neighbours differs from it by no more than seed noise "
                    "({noise}): which of the two is best may be chance.",
                    "{n} of its {near} neighbours differ from it by no more than seed noise "
                    "({noise}): which of them is best may be chance.",
                    n=len(near) - len(far), near=len(near), noise=words.error(noise),
                )
            )  # fmt: skip
    if others:
        found.append(
            Text(
                "Of {n} other point trained to the end, {alike} cannot be told from the best.",
                "Of {n} other points trained to the end, {alike} cannot be told from the best.",
                n=len(others), alike=len(alike),
            )
        )  # fmt: skip
    return found


def _about_importance(sweep: Sweep, trials: Sequence[Trial]) -> list[Text]:
    shares = importances(sweep, trials)
    if not shares:
        return []
    title = {option.name: named(option) for option in sweep.options}
    of_settings = [each for each in shares if each.name in title]
    first = of_settings[0]
    together = next((each for each in shares if each.name == "together"), None)
    if together is not None and together.share > first.share:
        return [
            Text(
                "The settings matter mostly together: {share} of the differences are in their "
                "combination.",
                share=words.percent(together.share),
            )
        ]
    return [
        Text(
            "{name} matters most: {share} of the differences between trials.",
            name=title[first.name], share=words.percent(first.share),
        )
    ]  # fmt: skip


# --- as tables ------------------------------------------------------------------------------------


def trials_table(sweep: Sweep, trials: Sequence[Trial]) -> pd.DataFrame:
    """One row a trial: number, settings, seed, status, epochs, best epoch, RMSE, seconds."""
    rows = [
        {
            Text("trial"): trial.number + 1, **{n: _cell(v) for n, v in trial.settings},
            Text("seed"): trial.seed, Text("status"): Text(_STATUS[trial.status]),
            Text("epochs"): max(len(trial.errors) - 1, 0), Text("best epoch"): trial.best_epoch,
            Text("validation RMSE"): trial.best, Text("seconds"): trial.seconds,
            Text("message"): worded(trial.message),
        }
        for trial in trials
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    if len(table):
        best, error = Text("best epoch"), Text("validation RMSE")
        table[best] = table[best].astype("Int64")
        table[error] = table[error].astype(np.float64)
    return table


_STATUS: dict[Status, str] = {
    "training": later("training"), "done": later("done"), "paused": later("paused"),
    "stopped": later("stopped"), "failed": later("failed"),
}  # fmt: skip


def _cell(value: Plain) -> Plain:
    return str(value).lower() if isinstance(value, bool) else value


def importances_table(sweep: Sweep, trials: Sequence[Trial]) -> pd.DataFrame:
    """What explains the differences between trials, and how much of them."""
    title = {option.name: option.label for option in sweep.options}
    title |= {"together": Text("Settings together"), "seed": Text("Seed (chance)")}
    shares = importances(sweep, trials)
    names = [worded(title[each.name]) for each in shares]
    return pd.DataFrame(
        {Text("what"): names, Text("share of variance"): [each.share for each in shares]}
    )
