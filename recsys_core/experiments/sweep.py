"""Sweep: one model with many settings, each judged on the validation part; as a value.

    over = Over("reg", low=0.01, high=1.0, log=True), Over("n_factors", (2, 5))
    sweep = Sweep(experiment, over)
    sweep.n_points, sweep.n_trials        # 12 points (6 × 2), each with two seeds: 24 trials

A *point* is one choice of the settings swept; a *trial* is one training at a point, with one seed.
Which points are tried, and when a trial is paused, is in ``sweep_search``; what came of it in
``sweep_results``. The test part is never looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from recsys_core.errors import FactorscopeError, LinkError, SettingsError
from recsys_core.experiments.experiment import Experiment, model_class
from recsys_core.models import Model
from recsys_core.models.options import Option
from recsys_core.ratings import Ratings
from recsys_core.recipes import Plain
from recsys_core.splits import Split
from recsys_core.text import Text, worded

How = Literal["grid", "random", "tpe"]
Status = Literal["training", "done", "paused", "stopped", "failed"]

# Values of the settings swept, in their order.
Settings = tuple[tuple[str, Plain], ...]

# Values a grid takes from a range, and trials where their number is not said.
USUAL_STEPS, USUAL_TRIALS = 6, 60
MOST_TRIALS = 2000

# Of ``to_dict``; a newer one is refused with a sentence.
_VERSION = 1

# What links call the number of factors; people may, too.
_SHORT = {"k": "n_factors"}


@dataclass(frozen=True)
class Over:
    """One setting that is swept: over values, or over a range.

    Attributes
    ----------
    name : the setting, as the model's constructor calls it.
    values : the values to try; empty: a range.
    low, high : ends of the range, both included; whole where both are ``int``.
    log : even on a logarithmic scale: what matters is the ratio of two values.
    steps : values that a grid takes from the range.
    """

    name: str
    values: tuple[Plain, ...] = ()
    low: float | None = None
    high: float | None = None
    log: bool = False
    steps: int = USUAL_STEPS

    @property
    def is_whole(self) -> bool:
        """Whether it is a range of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers, which have a scale."""
        return not self.values or not any(isinstance(v, bool | str | None) for v in self.values)

    def grid(self) -> tuple[Plain, ...]:
        """Values of a grid: those given; of a range ``steps``, evenly spaced, of few digits.

        Whole numbers that fall together are one value.
        """
        if self.values:
            return self.values
        at = [self.at(share) for share in np.linspace(0, 1, self.steps).tolist()]
        if self.is_whole:
            return tuple(sorted({int(round(value)) for value in at}))
        ends = {0: self.low, self.steps - 1: self.high}
        for digits in range(2, 17):
            short = [float(f"{value:.{digits}g}") for value in at]
            found = tuple(float(ends.get(i, v)) for i, v in enumerate(short))  # type: ignore[arg-type]
            if len(set(found)) == len(set(at)) and list(found) == sorted(found):
                return tuple(dict.fromkeys(found))
        return tuple(dict.fromkeys(at))

    def at(self, share: float) -> float:
        """The value at a share of the range, 0 (low) to 1 (high)."""
        assert self.low is not None and self.high is not None
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return float(self.low + share * (self.high - self.low))

    def drawn(self, generator: np.random.Generator) -> Plain:
        """A value at random: each of those given alike, or even over the range."""
        if self.values:
            return self.values[int(generator.integers(len(self.values)))]
        assert self.low is not None and self.high is not None
        if not self.is_whole:
            return min(max(float(f"{self.at(generator.random()):.4g}"), self.low), self.high)
        # From half below the first to half above the last: each whole number has its share.
        around = replace(self, low=self.low - 0.5, high=self.high + 0.5)
        value = round(around.at(generator.random()))
        return int(min(max(value, self.low), self.high))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        if self.values:
            return {"name": self.name, "values": list(self.values)}
        return {"name": self.name, "low": self.low, "high": self.high, "log": self.log,
                "steps": self.steps}  # fmt: skip

    @classmethod
    def read(cls, text: str) -> Over:
        """The setting that a text says: “k=2,5,10”, “reg=0.01:1:log”, “reg=0.01:1:log:8”.

        Raises
        ------
        SettingsError
            If it has no meaning.
        """
        name, equals, said = text.strip().partition("=")
        name = _SHORT.get(name, name)
        parts = said.split(":")
        if not equals or not name or not said:
            raise _unread(text)
        if len(parts) == 1:
            return cls(name, tuple(_read_value(value) for value in said.split(",")))
        ends = [_read_value(part) for part in parts[:2]]
        rest = parts[2:]
        log = rest[:1] == ["log"]
        rest = rest[1:] if rest[:1] in (["log"], ["linear"]) else rest
        steps = [_read_value(part) for part in rest]
        if any(isinstance(v, bool | str) for v in ends) or len(steps) > 1:
            raise _unread(text)
        if steps and not isinstance(steps[0], int):
            raise _unread(text)
        number = int(steps[0]) if steps else USUAL_STEPS  # type: ignore[arg-type]
        return cls(name, (), ends[0], ends[1], log, number)  # type: ignore[arg-type]


def _unread(text: str) -> SettingsError:
    return SettingsError(
        Text(
            "“{text}” has no meaning; write values as k=2,5,10, or a range as reg=0.01:1:log.",
            text=text[:60],
        )
    )


def _read_value(text: str) -> int | float | bool | str:
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if math.isfinite(value):
            return value
    return text


@dataclass(frozen=True)
class Trial:
    """One training at a point.

    Attributes
    ----------
    number : from 0, in the order in which they are begun.
    settings : values of the settings swept.
    seed : the model's.
    status : "training"; "done"; "paused", because it was poor; "stopped" before its end; "failed".
    errors : validation RMSE by epoch, that of the initial state first.
    best_epoch : the epoch of lowest error (``Training.best_epoch``); None before there is one.
    seconds : time its training took.
    message : why it failed.
    """

    number: int
    settings: Settings
    seed: int
    status: Status = "training"
    errors: tuple[float, ...] = ()
    best_epoch: int | None = None
    seconds: float = 0.0
    message: str = ""

    @property
    def best(self) -> float | None:
        """The validation RMSE of its best epoch; of a paused one, so far. None where it failed."""
        if self.status == "failed" or self.best_epoch is None:
            return None
        return self.errors[self.best_epoch]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "number": self.number, "settings": dict(self.settings), "seed": self.seed,
            "status": self.status, "errors": list(self.errors), "best_epoch": self.best_epoch,
            "seconds": self.seconds, "message": str(self.message),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Trial:
        """The inverse of ``to_dict``; one that trained when it was written is stopped.

        Raises
        ------
        LinkError
            If it is not the dict of a trial.
        """
        try:
            status: Any = "stopped" if said["status"] == "training" else said["status"]
            if status not in get_args(Status):
                raise ValueError(status)
            best = said["best_epoch"]
            errors = tuple(float(error) for error in said["errors"])
            if best is not None and not 0 <= best < len(errors):
                raise ValueError(best)
            return cls(
                int(said["number"]), tuple(dict(said["settings"]).items()), int(said["seed"]),
                status, errors, best, float(said["seconds"]), str(said["message"]),
            )  # fmt: skip
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise _unlike(Text("trial"), error) from None


def _unlike(what: Text, error: Exception) -> LinkError:
    return LinkError(
        Text("This is not the JSON of a {what} ({why}).", what=what, why=repr(error)[:80])
    )


@dataclass(frozen=True)
class Sweep:
    """Which settings of an experiment's model are tried, and how. Frozen and hashable.

    Attributes
    ----------
    experiment : data, split, model, and the settings that all trials share; without forks.
    over : the settings swept, the first two of which make the surface.
    how : "grid": every combination; "random": drawn at random; "tpe": chosen by Optuna's
        tree-structured Parzen estimator from what was found so far.
    n_trials : trainings in all; of a grid as many as it has.
    seeds : trainings at each point, with seeds that follow the model's own; 1 where nothing in the
        model is drawn.
    seed : of the order of a grid, and of what is drawn.
    pause : poor trials are paused (``sweep_search.is_poor``).
    """

    experiment: Experiment
    over: tuple[Over, ...]
    how: How = "grid"
    n_trials: int = 0
    seeds: int = 2
    seed: int = 0
    pause: bool = True
    _kind: type[Model] = field(default=Model, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check everything, bring values into their types, and count the trials.

        Raises
        ------
        SettingsError
            If something has no meaning.
        """
        self._set(_kind=model_class(self.experiment.model.name))
        if self.experiment.forks:
            raise SettingsError(
                Text("A sweep begins anew at every point; start it from a run that is no fork.")
            )
        if self.how not in get_args(How):
            raise SettingsError(
                Text("There is no sweep “{how}”; there are grid, random and tpe.", how=self.how)
            )
        over = tuple(self._checked(each) for each in self.over)
        if not over or len({each.name for each in over}) < len(over):
            raise SettingsError(
                Text("A sweep needs one setting or more, each named once, such as reg and k.")
            )
        drawn = any(option.name == "seed" for option in self._kind.options())
        self._set(over=over, seeds=_counted(Text("seeds"), self.seeds, 100) if drawn else 1)
        grid = self.seeds * math.prod(len(each.grid()) for each in over)
        if self.how == "grid" and self.n_trials and grid > self.n_trials:
            raise SettingsError(
                Text(
                    "The grid has {grid:,} trials, and {n_trials:,} were asked for; give fewer "
                    "values, or draw them at random.",
                    grid=grid, n_trials=self.n_trials,
                )
            )  # fmt: skip
        n_trials = grid if self.how == "grid" else self.n_trials or USUAL_TRIALS
        n_points = max(_counted(Text("trials"), n_trials, MOST_TRIALS) // self.seeds, 1)
        self._set(n_trials=n_points * self.seeds)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _checked(self, over: Over) -> Over:
        """The setting with its values in their types."""
        name = _SHORT.get(over.name, over.name)
        option = next((o for o in sweepable(self._kind) if o.name == name), None)
        if option is None:
            names = ", ".join(o.name for o in sweepable(self._kind))
            raise SettingsError(
                Text(
                    "{title} has no setting “{name}” to sweep; it has {names}.",
                    title=self._kind.title, name=name[:40], names=names,
                )
            )  # fmt: skip
        if over.values:
            values = dict.fromkeys(self._valid(option, value) for value in over.values)
            return Over(name, tuple(values))
        if option.kind not in ("int", "float"):
            raise SettingsError(
                Text("{name} is no number: name the values to try.", name=option.label)
            )
        low, high = (self._valid(option, end) for end in (over.low, over.high))
        if not low < high or (over.log and low <= 0):  # type: ignore[operator]
            raise SettingsError(
                Text(
                    "The range of {name} is {low} to {high}; it needs a lower and a higher end, on "
                    "a logarithmic scale both above 0.",
                    name=option.label.lower(), low=low, high=high,
                )
            )  # fmt: skip
        steps = _counted(Text("values of a range"), over.steps, 50)
        if steps < 2:
            raise SettingsError(Text("A range needs two values at least: its ends."))
        return Over(name, (), low, high, bool(over.log), steps)  # type: ignore[arg-type]

    def _valid(self, option: Option, value: Any) -> Plain:
        parameter = next(p for p in self._kind.parameters() if p.name == option.name)
        if value is None:
            raise SettingsError(Text("{name} has no value there.", name=option.label))
        if option.kind == "choice":
            value = str(value)
        valid = parameter.validate(value)
        settings = dict(self.experiment.model.options) | {option.name: valid}
        self._kind(**settings).explicit_settings()  # raises where it has no meaning
        return valid

    # --- what it means --------------------------------------------------------------------------

    @property
    def kind(self) -> type[Model]:
        """The model's class."""
        return self._kind

    @property
    def n_points(self) -> int:
        """Points in all."""
        return self.n_trials // self.seeds

    @property
    def options(self) -> tuple[Option, ...]:
        """The settings swept, with their meaning, in their order."""
        known = {option.name: option for option in self._kind.options()}
        return tuple(known[each.name] for each in self.over)

    @property
    def title(self) -> str:
        """What is swept, in a line: “SGD: λ × k”."""
        return f"{self._kind.title}: {' × '.join(named(option) for option in self.options)}"

    @property
    def first_seed(self) -> int:
        """The model's own seed, with which each point begins."""
        return int(self.experiment.model.get("seed", 0) or 0)  # type: ignore[arg-type]

    def experiment_of(self, trial: Trial) -> Experiment:
        """What a trial trains, as an experiment of its own."""
        settings = dict(self.experiment.model.options) | dict(trial.settings)
        if any(parameter.name == "seed" for parameter in self._kind.parameters()):
            settings["seed"] = trial.seed
        return self.experiment.with_model(self._kind(**settings))

    def check_split(self, split: Split) -> None:
        """Check that there is something to judge by.

        Raises
        ------
        SettingsError
            If the split has no validation part, or the model predicts no ratings.
        """
        if split.validation is None or not len(split.validation):
            raise SettingsError(
                Text(
                    "A sweep is judged on validation ratings, and this split keeps none; choose "
                    "one that does, such as the random split."
                )
            )

    def with_ratings(self, ratings: Ratings) -> Sweep:
        """The same sweep, holding the ratings of its upload; see ``Experiment.with_ratings``."""
        return replace(self, experiment=self.experiment.with_ratings(ratings))

    # --- as plain data --------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with a version."""
        return {
            "version": _VERSION, "experiment": self.experiment.to_dict(),
            "over": [each.to_dict() for each in self.over], "how": self.how,
            "n_trials": self.n_trials, "seeds": self.seeds, "seed": self.seed, "pause": self.pause,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Sweep:
        """The inverse of ``to_dict``.

        Raises
        ------
        LinkError
            If it is not the dict of a sweep, or of a newer version.
        """
        try:
            if said["version"] > _VERSION:
                raise LinkError(
                    Text(
                        "This sweep was written by a newer version of Factorscope; update this one."
                    )
                )
            over = [
                Over(**{**each, "values": tuple(each.get("values", ()))}) for each in said["over"]
            ]
            return cls(
                Experiment.from_dict(said["experiment"]), tuple(over), said["how"],
                said["n_trials"], said["seeds"], said["seed"], bool(said["pause"]),
            )  # fmt: skip
        except LinkError:
            raise
        except FactorscopeError as error:
            raise LinkError(error.text) from None
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise _unlike(Text("sweep"), error) from None


def _counted(what: Text, value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise SettingsError(
            Text("{what} = {value}: give a whole number from 1 to {most:,}.", what=what,
                 value=str(value)[:20], most=most)
        )  # fmt: skip
    return value


def sweepable(kind: type[Model], train: Ratings | None = None) -> list[Option]:
    """The settings of a model that can be swept: all but the seed, and what these ratings lack."""
    return [
        option
        for option in kind.options()
        if option.name != "seed" and not (train is not None and option.lacking(train))
    ]


def named(option: Option) -> str:
    """A setting's symbol, or its name where it has none: “λ”, “epochs”."""
    return option.symbol or worded(option.label).lower()


def usual_over(option: Option, value: Any) -> Over:
    """What a setting is swept over where nothing was said: around its value with these data.

    Numbers on a logarithmic scale go from a tenth of it to ten times as much; the number of factors
    takes five values from 2 to twice as many.
    """
    if option.kind == "bool":
        return Over(option.name, (False, True))
    if option.kind == "choice":
        return Over(option.name, option.choices)
    low = option.low if option.low is not None else 0.0
    high = option.high if option.high is not None else math.inf
    if option.kind == "float":
        middle = float(value or max(low, 0.01))
        ends = max(middle / 10, low), min(middle * 10, high)
        low, high = (float(f"{end:.2g}") for end in ends)
        return Over(option.name, (), low, high, True)
    middle = int(value or max(low, 1))
    most = int(min(max(2 * middle, 4), high))
    if option.name == "n_factors":
        return Over(option.name, (), min(2, most - 1), most, True, 5)
    least = int(max(middle // 4, low, 1))
    return Over(option.name, (), least, max(most, least + 1), True, 5)


def usual_sweep(experiment: Experiment, values: Mapping[str, Any]) -> Sweep:
    """λ × k, 6 × 5 points with two seeds each; a model without them, its first settings.

    ``values`` are the model's settings with these data (``Model.resolve``).
    """
    options = usual_settings(model_class(experiment.model.name))
    over = tuple(usual_over(option, values.get(option.name)) for option in options)
    return Sweep(experiment, over)


def usual_settings(kind: type[Model]) -> Sequence[Option]:
    """The two settings that are swept where nothing was said: λ and k where there are such."""
    known = {option.name: option for option in sweepable(kind)}
    wanted: Iterable[str] = ("reg", "reg_user", "n_factors", "n_neighbours", "shrinkage")
    first = [known[name] for name in wanted if name in known]
    rest = [o for o in known.values() if o not in first and o.kind in ("float", "int")]
    return [*first, *rest][:2]
