"""Diagnosis of a training: whether it diverged or overfits, where that began, and what mends it.

    found = diagnose(run.epochs, failed=bool(run.message), settings=run.settings)
    for each in remedies(experiment, settings, found): …        # train each; see ``runs.studies``
    best = best_of(remedies, outcomes)                          # what helped, measured

Nothing is promised that was not tried: a remedy is an experiment with one setting changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recsys_core.experiments.experiment import Experiment
from recsys_core.experiments.outcome import Outcome
from recsys_core.text import Text, worded
from recsys_core.training import Epoch
from recsys_core.words import error, given

Kind = Literal["diverged", "overshoots", "overfits", "well", "unknown", "early"]

# The validation error has risen when it is this share above its lowest.
RISEN = 0.003

# The training error overshoots when it is this share above its lowest.
_OVERSHOT = 0.02

# Fewer epochs say nothing yet.
_FEWEST = 3

# What a learning rate is divided by, and λ multiplied by, one after the other.
_SLOWER, _STRONGER = (2, 5, 20), (3, 10, 30)

# λ that is tried where there was none.
_FIRST = (0.02, 0.1, 0.3)


@dataclass(frozen=True)
class Diagnosis:
    """What a course of training suffers from.

    Attributes
    ----------
    kind : "diverged" (it broke off), "overshoots" (the training error rises), "overfits"
        (validation rises while training falls), "well", "unknown" (no ratings are held out: nobody
        can say), or "early" (too few epochs to tell).
    began : the last epoch before it, where its curve turned; None where nothing is wrong.
    sentence : what is said of it.
    """

    kind: Kind
    began: int | None
    sentence: Text


def has_risen(now: Epoch, lowest: Epoch) -> bool:
    """Whether validation has risen above its lowest while the training error still falls."""
    if now.validation_rmse is None or lowest.validation_rmse is None:
        return False
    risen = now.validation_rmse > lowest.validation_rmse * (1 + RISEN)
    return risen and _error(now) < _error(lowest)


def diagnose(epochs: Sequence[Epoch], failed: bool, settings: Mapping[str, Any]) -> Diagnosis:
    """Tell what a course of training suffers from, by its curves.

    ``failed`` says that it broke off because predictions left all bounds; ``settings`` are all in
    force.
    """
    now = epochs[-1]
    lowest = min(epochs, key=_error)
    if failed:
        return Diagnosis(
            "diverged",
            lowest.number,
            Text(
                "It diverged: after epoch {began} the training error rose instead of falling, and "
                "in epoch {last} predictions left all bounds. Each step overshot the valley it was "
                "to walk down, and the next one began farther up.",
                began=lowest.number,
                last=now.number + 1,
            )
            if lowest.number
            else Text(
                "It diverged from the first step: in epoch {last} predictions left all bounds. "
                "Each step overshot the valley it was to walk down.",
                last=now.number + 1,
            ),
        )
    if len(epochs) <= _FEWEST:
        return Diagnosis("early", None, Text("Too few epochs are trained to tell."))
    if "learning_rate" in settings and _error(now) > _error(lowest) * (1 + _OVERSHOT):
        return Diagnosis(
            "overshoots",
            lowest.number,
            Text(
                "It overshoots: since epoch {began} the training error has risen from {low} to "
                "{high}, though training is there to lower it.",
                began=lowest.number,
                low=error(_error(lowest)),
                high=error(_error(now)),
            ),
        )
    judged = [epoch for epoch in epochs if epoch.validation_rmse is not None]
    if not judged:
        return Diagnosis(
            "unknown",
            None,
            Text(
                "It did not diverge. Whether it overfits nobody can say: no ratings are held out, "
                "and on those it learned from, memorising looks like success."
            ),
        )
    best = min(judged, key=lambda epoch: epoch.validation_rmse or 0.0)
    assert best.validation_rmse is not None
    if now.validation_rmse is not None and has_risen(now, best):
        return Diagnosis(
            "overfits",
            best.number,
            Text(
                "It overfits: since epoch {began} the validation error has risen from {low} to "
                "{high}, while the training error fell from {before} to {after}. What it learned "
                "since is true of the training ratings alone. The model of epoch {began} is kept; "
                "a better setting may do better than that.",
                began=best.number,
                low=error(best.validation_rmse),
                high=error(now.validation_rmse),
                before=error(_error(best)),
                after=error(_error(now)),
            ),
        )
    return Diagnosis(
        "well",
        None,
        Text("Neither: the training error fell, and the validation error did not rise again."),
    )


def _error(epoch: Epoch) -> float:
    """The training error, or the objective where no ratings are predicted."""
    return epoch.loss if epoch.train_rmse is None else epoch.train_rmse


# --- what mends it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remedy:
    """One setting changed.

    Attributes
    ----------
    change : in words: “λ = 0.3 instead of 0.02”.
    settings : what changes, by name.
    experiment : the experiment with it.
    """

    change: str
    settings: dict[str, Any]
    experiment: Experiment


def remedies(experiment: Experiment, settings: Mapping[str, Any], found: Diagnosis) -> list[Remedy]:
    """The settings worth trying: smaller steps, or stronger regularisation and fewer factors.

    ``settings`` are all in force in the experiment; forks of it are left out, since what is tried
    is trained from the start. Empty where nothing is wrong, or no setting is known to help.
    """
    changes: list[dict[str, Any]] = []
    if found.kind in ("diverged", "overshoots") and "learning_rate" in settings:
        rate = settings["learning_rate"]
        changes = [{"learning_rate": _rounded(rate / by)} for by in _SLOWER if rate]
    if found.kind == "overfits":
        names = [n for n in ("reg", "reg_user", "reg_item") if settings.get(n) is not None]
        names = names[:1] if names[:1] == ["reg"] else names
        if names:
            for by, first in zip(_STRONGER, _FIRST, strict=True):
                changes.append({n: _rounded(settings[n] * by) or first for n in names})
        k = settings.get("n_factors")
        if k and k > 1:
            changes.append({"n_factors": max(1, k // 2)})
    symbols = {
        each.name: each.symbol or worded(each.label) for each in experiment.make_model().options()
    }
    base = Experiment(experiment.data, experiment.split, experiment.make_model())
    held = experiment.ratings_held
    made = []
    for change in changes:
        said = ", ".join(
            Text(
                "{name} = {value} instead of {before}",
                name=symbols.get(name, name),
                value=given(value),
                before=given(settings[name]),
            )  # fmt: skip
            for name, value in change.items()
        )
        changed = base.with_model(base.make_model().with_settings(dict(settings), **change))
        made.append(Remedy(said, change, changed if held is None else changed.with_ratings(held)))
    return made


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def judged_error(outcome: Outcome) -> float | None:
    """What a trial is judged by: the lowest validation RMSE, else the last training RMSE."""
    if outcome.best_epoch is not None:
        return outcome.epochs[outcome.best_epoch].validation_rmse
    return outcome.epochs[-1].train_rmse


def best_of(tried: Sequence[Remedy], outcomes: Mapping[Experiment, Outcome]) -> Remedy | None:
    """The remedy of the lowest error among those that were tried; None where none was."""
    done = {
        id(each): judged_error(outcomes[each.experiment])
        for each in tried
        if each.experiment in outcomes
    }
    known = [each for each in tried if done.get(id(each)) is not None]
    return min(known, key=lambda each: done[id(each)] or 0.0, default=None)
