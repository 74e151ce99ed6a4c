"""What all models share: settings, starting, fitting, asking, saving."""

from __future__ import annotations

import dataclasses
import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsys_core.errors import (
    FactorscopeError,
    NotFittedError,
    RatingsError,
    SettingsError,
    TooLargeError,
)
from recsys_core.models import model_file
from recsys_core.models.fitted_model import FittedModel, Guest, NewItem
from recsys_core.models.options import Option, options_of
from recsys_core.ratings import Ratings
from recsys_core.recipes import Kind, Parameter
from recsys_core.standardized import Standardized, Unit
from recsys_core.text import Text, worded
from recsys_core.training import Checkpoint, Epoch, Trainer, Training
from recsys_core.words import many

# Factors and k × k sums of a model, all together.
_MOST_NUMBERS = 1 << 30


@dataclasses.dataclass
class Model(ABC):
    """A recipe for training: the constructor only stores; None means chosen from the data.

    It is fitted to standardized ratings z = (r − μ) / s (see ``standardized``) unless it says
    otherwise: formulas and settings of models speak of r in units of s, and errors, predictions and
    factors are given back in rating units.

    After ``start``, ``fit`` or ``epochs`` the resolved choices are in ``settings`` and the model
    answers ``predict``, ``recommend`` and the rest from its latest state.
    """

    title: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    # Whether it is there to be compared with, and not among the models people choose from.
    is_baseline: ClassVar[bool] = False
    # Whether it goes through the data again and again; if not, how often it does so: once or never.
    has_epochs: ClassVar[bool] = True
    n_passes: ClassVar[int] = 0
    # Settings that give the parameters their shape or meaning: a fork cannot change them.
    shaping: ClassVar[tuple[str, ...]] = ("n_factors", "biases", "center", "standardize")
    # Whether it is fitted to z = (r − μ)/s; without, or with ``standardize=False``, to r itself.
    standardizes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._training: Training | None = None
        self._loaded: tuple[FittedModel, list[Epoch], dict[str, Any]] | None = None

    # --- what an algorithm supplies -------------------------------------------------------------

    @classmethod
    @abstractmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Settings that suit data of this size, for every option whose default is None."""

    @abstractmethod
    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> Trainer:
        """The algorithm at its initial state."""

    def _trainer_beside(
        self, train: Ratings, validation: Ratings | None, settings: dict[str, Any]
    ) -> Trainer:
        """``_trainer``; a model that calibrates on the validation part is given it here."""
        return self._trainer(train, settings)

    def _chosen(self, train: Ratings) -> dict[str, Any]:
        """The defaults for these data; a model whose other settings matter to them says so here."""
        return self.defaults(train)

    def with_settings(self, settings: dict[str, Any], **changed: Any) -> Model:
        """Copy the model with its resolved settings written in, and some changed.

        Raises
        ------
        SettingsError
            If there is no setting of that name.
        """
        names = {f.name for f in dataclasses.fields(self)}
        for name in changed.keys() - names:
            raise SettingsError(
                Text("{title} has no setting called {name}.", title=self.title, name=name)
            )
        resolved = {name: value for name, value in settings.items() if name in names}
        return dataclasses.replace(self, **(resolved | changed))

    # --- training -------------------------------------------------------------------------------

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The settings of this model, with their meaning."""
        return options_of(cls)

    def resolve(self, train: Ratings) -> dict[str, Any]:
        """Return all settings, with those that are None chosen from the data.

        Raises
        ------
        SettingsError
            If one has no meaning, or needs what these ratings lack.
        """
        chosen = self._chosen(train)
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        settings = {
            name: chosen.get(name) if value is None else value for name, value in given.items()
        }
        _check(self.options(), settings)
        for each in self.options():
            if settings[each.name] is True and (why := each.lacking(train)):
                raise SettingsError(why)
        return settings

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """All settings as a recipe says them: kind, default and how they are written."""
        return _parameters_of(cls)

    def explicit_settings(self) -> dict[str, Any]:
        """Return the settings that differ from this class's defaults; None: chosen from the data.

        Raises
        ------
        SettingsError
            If one has no meaning.
        """
        values = {each.name: each.validate(getattr(self, each.name)) for each in self.parameters()}
        _check(self.options(), values)
        return {p.name: values[p.name] for p in self.parameters() if values[p.name] != p.default}

    def start(
        self,
        train: Ratings,
        validation: Ratings | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Training:
        """Begin training, or go on from a checkpoint (with changed settings: a fork).

        ``validation`` is only measured, and calibrated on, never trained on.

        Raises
        ------
        RatingsError
            If there are no ratings to train on.
        SettingsError
            If a setting has no meaning, or a fork changes what it cannot (``shaping``).
        TooLargeError
            If the factors would not fit in memory.
        """
        if not len(train):
            raise RatingsError(
                Text("There are no ratings to train on; choose a larger training part.")
            )
        settings = self.resolve(train)
        _check_memory(settings, train)
        if checkpoint is not None:
            # What gives the parameters their shape stays as it was; the rest may change.
            for name in self.shaping:
                self._keep_shape(name, checkpoint.settings.get(name), settings)
        if self.standardizes and settings.get("standardize", True):
            unit = Unit.of(train, settings.get("center", True))
            train = Standardized.from_ratings(train, unit)
            validation = validation and Standardized.from_ratings(validation, unit)
        self._training = Training(
            self._trainer_beside(train, validation, settings),
            settings,
            train,
            validation,
            n_epochs=settings["n_epochs"] if self.has_epochs else self.n_passes,
            patience=settings.get("patience"),
            checkpoint=checkpoint,
        )
        self._loaded = None
        return self._training

    def _keep_shape(self, name: str, was: Any, settings: dict[str, Any]) -> None:
        if self.__dict__.get(name) is None and was is not None:
            settings[name] = was
        elif settings.get(name) != was and name == "n_factors":
            raise SettingsError(
                Text(
                    "The checkpoint has {was} factors; a fork cannot change their number. Start "
                    "a new run instead.",
                    was=was,
                )
            )
        elif settings.get(name) != was:
            raise SettingsError(
                Text(
                    "The checkpoint was made with {name} = {was}; a fork cannot change that. "
                    "Start a new run instead.",
                    name=name,
                    was=was,
                )
            )

    def fit(self, train: Ratings, validation: Ratings | None = None) -> Model:
        """Train to the end; return the model itself.

        Raises like ``start``, and DivergedError if the predictions leave all bounds.
        """
        for _ in self.start(train, validation):
            pass
        return self

    def epochs(self, train: Ratings, validation: Ratings | None = None) -> Iterator[Epoch]:
        """Train one epoch at a time, yielding each; number 0 is the initial state."""
        return iter(self.start(train, validation))

    # --- the trained model ----------------------------------------------------------------------

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in force, those chosen from the data included.

        Raises
        ------
        NotFittedError
            Before training.
        """
        if self._training is not None:
            return dict(self._training.settings)
        if self._loaded is not None:
            return dict(self._loaded[2])
        raise NotFittedError(
            Text("{title} has not been trained yet; call fit(ratings) first.", title=self.title)
        )

    @property
    def history(self) -> list[Epoch]:
        """The epochs so far, the initial state first."""
        if self._training is not None:
            return list(self._training.history)
        return list(self._loaded[1]) if self._loaded is not None else []

    def snapshot(self) -> FittedModel:
        """Return the latest state as an immutable fitted model, safe to read during training.

        Raises
        ------
        NotFittedError
            Before training.
        """
        if self._training is not None:
            return self._training.snapshot()
        if self._loaded is not None:
            return self._loaded[0]
        raise NotFittedError(
            Text("{title} has not been trained yet; call fit(ratings) first.", title=self.title)
        )

    def predict(
        self,
        user_ids: ArrayLike | Guest,
        item_ids: ArrayLike | NewItem,
        clip: bool = True,
        times: ArrayLike | None = None,
    ) -> np.ndarray:
        """Predict ratings of pairs, float32, (n,); see ``FittedModel.predict``."""
        return self.snapshot().predict(user_ids, item_ids, clip, times)

    def predict_matrix(
        self,
        user_ids: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
        clip: bool = True,
    ) -> np.ndarray:
        """Predict the ratings of a block, float32, (len(user_ids), len(item_ids)); None means all.

        See ``FittedModel.predict_matrix``.
        """
        return self.snapshot().predict_matrix(user_ids, item_ids, clip)

    def recommend(
        self, user: int | Guest, n: int = 10, exclude: ArrayLike | None = None
    ) -> pd.DataFrame:
        """Recommend the n best items a user has not rated; see ``FittedModel.recommend``."""
        return self.snapshot().recommend(user, n, exclude)

    def similar_users(self, user: int | Guest, n: int = 10) -> pd.DataFrame:
        """Find the n users most similar to one; see ``FittedModel.similar_users``."""
        return self.snapshot().similar_users(user, n)

    def similar_items(self, item: int | NewItem, n: int = 10) -> pd.DataFrame:
        """Find the n items most similar to one; see ``FittedModel.similar_items``."""
        return self.snapshot().similar_items(item, n)

    def fold_in(self, item_ids: ArrayLike, values: ArrayLike) -> Guest:
        """Find the factors of a new user from some ratings; see ``FittedModel.fold_in``."""
        return self.snapshot().fold_in(item_ids, values)

    def fold_in_item(self, user_ids: ArrayLike, values: ArrayLike) -> NewItem:
        """Find the factors of a new item from some ratings; see ``FittedModel.fold_in_item``."""
        return self.snapshot().fold_in_item(user_ids, values)

    def recommend_users(
        self, item: int | NewItem, n: int = 10, exclude: ArrayLike | None = None
    ) -> pd.DataFrame:
        """Find the n users who would like an item best; see ``FittedModel.recommend_users``."""
        return self.snapshot().recommend_users(item, n, exclude)

    @property
    def user_factors(self) -> np.ndarray:
        """Factors p_u of the users, float32, (n_users, n_factors).

        Raises
        ------
        FactorscopeError
            If this model has none.
        """
        return self._of_factors("user_factors")

    @property
    def item_factors(self) -> np.ndarray:
        """Factors q_i of the items, float32, (n_items, n_factors).

        Raises
        ------
        FactorscopeError
            If this model has none.
        """
        return self._of_factors("item_factors")

    @property
    def user_bias(self) -> np.ndarray:
        """Biases b_u of the users, float32, (n_users,).

        Raises
        ------
        FactorscopeError
            If this model has none.
        """
        return self._of_factors("user_bias")

    @property
    def item_bias(self) -> np.ndarray:
        """Biases b_i of the items, float32, (n_items,).

        Raises
        ------
        FactorscopeError
            If this model has none.
        """
        return self._of_factors("item_bias")

    @property
    def global_mean(self) -> float:
        """Global mean μ, in rating units (a logit on a logistic link).

        Raises
        ------
        FactorscopeError
            If this model has none.
        """
        return self._of_factors("global_mean")

    def _of_factors(self, name: str) -> Any:
        found = getattr(self.snapshot(), name, None)
        if found is None:
            raise FactorscopeError(
                Text("{title} has no {replace}.", title=self.title, replace=name.replace("_", " "))
            )
        return found

    # --- files ----------------------------------------------------------------------------------

    def loaded(
        self, fitted: FittedModel, history: Iterable[Epoch], settings: Mapping[str, Any]
    ) -> Model:
        """Return the model as it was trained elsewhere; ``settings`` are all in force."""
        model = self.with_settings(dict(settings))
        model._loaded = (fitted, list(history), dict(settings))
        return model

    def save(self, path: str | Path) -> None:
        """Write the trained model, its labels and the ratings it knows, as npz without pickle."""
        fitted = self.snapshot()
        with open(path, "wb") as file:
            model_file.write(file, type(self).__name__, self.settings, self.history, fitted)


def described(model: Model, settings: dict[str, Any]) -> str:
    """Name a model by its title and number of factors: “SGD, k = 10”."""
    k = settings.get("n_factors")
    return f"{model.title}, k = {k}" if k else worded(model.title)


@functools.cache
def _parameters_of(model: type[Model]) -> tuple[Parameter, ...]:
    options = {each.name: each for each in model.options()}
    return tuple(
        Parameter(
            f.name,
            options[f.name].kind if f.name in options else _kind_of(f.default),
            None if f.default is dataclasses.MISSING else f.default,
            options[f.name].choices if f.name in options else (),
        )
        for f in dataclasses.fields(model)
    )


def _kind_of(default: Any) -> Kind:
    """The kind of a setting that no form shows: a switch, or a seed by which nothing is drawn."""
    return "bool" if isinstance(default, bool) else "int"


def _check(options: Iterable[Option], settings: dict[str, Any]) -> None:
    """One sentence for the first setting that has no meaning."""
    for each in options:
        _check_one(each, settings[each.name])


def _check_one(each: Option, value: Any) -> None:
    """One sentence for a setting that has no meaning."""
    if value is None:
        return
    if each.kind == "choice" and value not in each.choices:
        raise SettingsError(
            Text(
                "{name} must be one of {names}, not {value!r}.",
                name=each.name,
                names=", ".join(each.choices),
                value=value,
            )
        )
    if each.kind in ("int", "float"):
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise SettingsError(
                Text("{name} must be a number, not {value!r}.", name=each.name, value=value)
            )
        # A fit of no epochs leaves the initial state; of all else that is counted, one is least.
        counted = each.kind == "int" and (each.low or 0) >= 1 and each.name != "n_epochs"
        if not math.isfinite(value) or value < (1 if counted else 0):
            raise SettingsError(
                Text(
                    "{name} = {value} has no meaning; give a positive number.",
                    name=each.name,
                    value=value,
                )
            )
        if each.kind == "int" and int(value) != value:
            raise SettingsError(
                Text("{name} must be a whole number, not {value}.", name=each.name, value=value)
            )


def _check_memory(settings: dict[str, Any], train: Ratings) -> None:
    """One sentence before factors are made that fit into no memory."""
    k = settings.get("n_factors") or 0
    if k * (train.n_users + train.n_items + k) > _MOST_NUMBERS:
        raise TooLargeError(
            Text(
                "{k:,} factors for {n_users:,} users and {n_items:,} "
                "{noun} do not fit into memory; choose fewer.",
                k=k,
                n_users=train.n_users,
                n_items=train.n_items,
                noun=many(train.item_noun),
            )
        )
