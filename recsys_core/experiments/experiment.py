"""Experiment: which data, divided how, learned by which model; forks included."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import recsys_core.datasets  # noqa: F401 (its functions enter themselves into DATA)
from recsys_core.errors import FactorscopeError, LinkError, MissingDataError, SettingsError
from recsys_core.models import MODELS, SGD, Model
from recsys_core.ratings import UPLOAD, Ratings
from recsys_core.recipes import DATA, SPLITS, Parameter, Plain, Recipe, RecipeBook
from recsys_core.splits import Split
from recsys_core.text import Text

SHARED = "shared"

# Of ``to_dict``; a newer one is refused with a sentence. Before 2, all models were fitted to the
# ratings as they are, and no ``standardize`` was said.
_VERSION = 2

# More forks than these fit neither into a link nor into a receipt.
MOST_FORKS = 12

# Splits, as long as anybody holds them.
_divided: WeakKeyDictionary[Ratings, WeakValueDictionary[Recipe, Split]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Fork:
    """A change of settings from ``epoch`` on: (name, value) pairs."""

    epoch: int
    settings: tuple[tuple[str, Plain], ...] = ()


@dataclass(frozen=True, init=False)
class Experiment:
    """Data, split, model and forks. Frozen, hashable; equal where all four say the same.

    Attributes
    ----------
    data, split : Recipe, with all their options.
    model : Recipe with the settings given; all others are chosen from the data when it trains.
    forks : tuple of Fork, in the order of their epochs.
    """

    data: Recipe
    split: Recipe
    model: Recipe
    forks: tuple[Fork, ...] = ()
    # Ratings that were passed in, so that an upload can be trained on without a workspace.
    _ratings: Ratings | None = field(default=None, repr=False, compare=False)

    def __init__(
        self,
        data: str | Mapping[str, Any] | Recipe | Ratings,
        split: str | Mapping[str, Any] | Recipe | Split | None = None,
        model: Model | str | Mapping[str, Any] | Recipe | None = None,
        forks: Iterable[Fork] = (),
    ) -> None:
        """Take names (“party”, “whole”), dicts with a name and options, recipes, or objects.

        Of objects the source, recipe or settings are taken. Ratings are remembered by this object
        alone, beside equality and hash. The split is made anew from its recipe, on the ratings as
        ``make_ratings`` gives them: use ``make_split()``, not the split passed in. ``split`` None
        is ``splits.usual``; ``model`` None is ``SGD()``.

        Raises
        ------
        SettingsError
            If a name or a value has no meaning.
        """
        ratings = data if isinstance(data, Ratings) else None
        if isinstance(data, Ratings):
            data = data.source
        if isinstance(split, Split):
            if split.recipe is None:
                raise SettingsError(
                    Text(
                        "This split was put together by hand and cannot be made again; use one of "
                        "recsys_core.splits, by_mask for example."
                    )
                )
            split = split.recipe
        self._set(
            data=_from_book(DATA, data),
            split=_from_book(SPLITS, "usual" if split is None else split),
            model=_model_recipe(SGD() if model is None else model),
            _ratings=ratings,
        )
        if self.data.name in (UPLOAD, SHARED) and self.data["id"] is None:
            raise SettingsError(Text("data = {name} needs data.id as well.", name=self.data.name))
        forks = tuple(forks)
        if len(forks) > MOST_FORKS:
            raise SettingsError(
                Text("An experiment has {MOST_FORKS} forks at most.", MOST_FORKS=MOST_FORKS)
            )
        self._set(forks=tuple(_checked_fork(fork, self) for fork in forks))
        epochs = [fork.epoch for fork in self.forks]
        if any(later <= earlier for earlier, later in zip(epochs, epochs[1:], strict=False)):
            raise SettingsError(
                Text("Each fork must begin at a later epoch than the one before it.")
            )

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    # --- making it anew -------------------------------------------------------------------------

    def make_ratings(self) -> Ratings:
        """The ratings; those of an upload are sorted by label as text (``sorted_by_label``).

        Raises
        ------
        MissingDataError
            If they are an upload or shared ratings that this object was not given, or a release
            that is not on this computer.
        """
        found = self._ratings
        if found is None:
            found = DATA.make(self.data)
        elif found.origin is None and not found.is_sorted_by_label:
            found = found.sorted_by_label()
            self._set(_ratings=found)
        return found

    def make_split(self) -> Split:
        """The ratings of ``make_ratings``, divided; one Split as long as anybody holds it."""
        ratings = self.make_ratings()
        divided = _divided.setdefault(ratings, WeakValueDictionary())
        found = divided.get(self.split)
        if found is None:
            found = divided[self.split] = SPLITS.make(self.split, ratings)
        return found

    def make_model(self) -> Model:
        """The model, not trained; before any fork."""
        return model_class(self.model.name)(**dict(self.model.options))

    def with_ratings(self, ratings: Ratings) -> Experiment:
        """The same experiment, holding the ratings of its upload or of its shared code.

        Raises
        ------
        MissingDataError
            If they are not the ratings of its upload.
        """
        if self.data.name != SHARED and ratings.source != self.data:
            raise MissingDataError(
                Text(
                    "These ratings ({have}) are not those of the experiment ({want}).",
                    have=said_briefly(ratings.source), want=said_briefly(self.data),
                )
            )  # fmt: skip
        copy = Experiment(self.data, self.split, self.model, self.forks)
        copy._set(_ratings=ratings)
        return copy

    @property
    def ratings_held(self) -> Ratings | None:
        """The ratings this object was given; None where they are made by name."""
        return self._ratings

    def with_model(self, model: Model) -> Experiment:
        """Another model on the same data and split, without forks."""
        copy = Experiment(self.data, self.split, model)
        copy._set(_ratings=self._ratings)
        return copy

    def fork(self, epoch: int, **settings: Any) -> Experiment:
        """The same up to an epoch; from there on with some settings changed.

        What forks at later epochs had changed is changed from here on.

        Raises
        ------
        SettingsError
            If there is no such setting, or it cannot be changed on the way.
        """
        later = [fork for fork in self.forks if fork.epoch >= epoch]
        changed = {name: value for fork in later for name, value in fork.settings} | settings
        forks = [fork for fork in self.forks if fork.epoch < epoch]
        new = Fork(epoch, tuple(changed.items()))
        copy = Experiment(self.data, self.split, self.model, (*forks, new))
        copy._set(_ratings=self._ratings)
        return copy

    def alike_until(self, other: Experiment) -> int | None:
        """The last epoch to which two trainings have the same bits: where one was forked.

        0 where they differ from the start, None where they never part.
        """
        mine, theirs = ((e.data, e.split, e.model) for e in (self, other))
        if mine != theirs:
            return 0
        for own, its in itertools.zip_longest(self.forks, other.forks):
            if own != its:
                return min(fork.epoch for fork in (own, its) if fork is not None)
        return None

    # --- as plain data --------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with a version; settings that are chosen from the data are absent.

        What is at its default today is written out, so that a changed default changes no record.
        """
        parameters = model_class(self.model.name).parameters()
        settings = {p.name: self.model.get(p.name, p.default) for p in parameters}
        return {
            "version": _VERSION,
            "data": self.data.to_dict(),
            "split": self.split.to_dict(),
            "model": {
                "name": self.model.name,
                **{name: value for name, value in settings.items() if value is not None},
            },
            "forks": [{"epoch": f.epoch, "settings": dict(f.settings)} for f in self.forks],
        }

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Experiment:
        """The inverse of ``to_dict``.

        Raises
        ------
        LinkError
            If it is not the dict of an experiment, or of a newer version.
        """
        try:
            if said["version"] > _VERSION:
                raise LinkError(
                    Text(
                        "This experiment was written by a newer version of Factorscope; update "
                        "this one."
                    )
                )
            forks = [Fork(fork["epoch"], tuple(fork["settings"].items())) for fork in said["forks"]]
            model = said["model"]
            if said["version"] < 2 and _can_standardize(model["name"]):
                model = {**model, "standardize": False}
            return cls(said["data"], said["split"], model, forks)
        except LinkError:
            raise
        except FactorscopeError as error:
            raise LinkError(error.text) from None
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise LinkError(
                Text("This is not the JSON of an experiment ({why}).", why=repr(error)[:80])
            ) from None

    def to_query(self) -> str:
        """The experiment as a link's text: ``data=party&model=SGD&k=3``; see ``link``."""
        from recsys_core.experiments import link

        return link.write([self])

    @classmethod
    def from_query(cls, text: str) -> Experiment:
        """The experiment that a link's text says, read strictly; see ``link``.

        Raises
        ------
        LinkError
            For the first thing that has no meaning.
        """
        from recsys_core.experiments import link

        return link.read_strictly(text)


def _can_standardize(model: str) -> bool:
    return "standardize" in [each.name for each in model_class(model).parameters()]


def remember_split(ratings: Ratings, split: Split) -> None:
    """Let ``make_split`` return this Split for its recipe, instead of making it again."""
    if split.recipe is not None:
        _divided.setdefault(ratings, WeakValueDictionary())[split.recipe] = split


def model_class(name: str) -> type[Model]:
    """A model's class by its name.

    Raises
    ------
    SettingsError
        If there is none of that name.
    """
    if name not in MODELS:
        names = ", ".join(MODELS)
        raise SettingsError(
            Text("There is no model called “{name}”; there are {names}.", name=name, names=names)
        )
    return MODELS[name]


def said_briefly(recipe: Recipe) -> str:
    """A recipe in a few words, for a sentence: “upload 9c32826b7a1331c0”."""
    options = [str(value) for _, value in recipe.options[:1] if isinstance(value, str)]
    return " ".join([recipe.name, *options])


def _from_book(book: RecipeBook, said: str | Mapping[str, Any] | Recipe) -> Recipe:
    """A recipe with all its options, from any way to say it."""
    if isinstance(said, str):
        return book.recipe(said)
    options = dict(said.options) if isinstance(said, Recipe) else dict(said)
    return book.recipe(_name_in(said, options), options)


def _name_in(said: Mapping[str, Any] | Recipe, options: dict[str, Any]) -> str:
    """The name of a recipe, or of a dict, from whose options it is taken out."""
    if isinstance(said, Recipe):
        return said.name
    if not isinstance(options.get("name"), str):
        raise SettingsError(Text('A dict of options needs a name, such as {{"name": "low_rank"}}.'))
    return options.pop("name")


def _model_recipe(said: Model | str | Mapping[str, Any] | Recipe) -> Recipe:
    """A model's class and the settings given to it, checked."""
    if isinstance(said, Model):
        name, given = type(said).__name__, said.explicit_settings()
        if model_class(name) is not type(said):
            raise SettingsError(
                Text("{name} is a model of your own; only Factorscope's can be named.", name=name)
            )
        return Recipe.of(name, **given)
    if isinstance(said, str):
        return _model_recipe(model_class(said)())
    options = dict(said.options) if isinstance(said, Recipe) else dict(said)
    kind = model_class(_name_in(said, options))
    known = {parameter.name for parameter in kind.parameters()}
    for option in options.keys() - known:
        raise SettingsError(Text("{title} has no setting called {name}.", title=kind.title,
                                 name=option))  # fmt: skip
    return _model_recipe(kind(**options))


def _checked_fork(fork: Fork, experiment: Experiment) -> Fork:
    """The fork with its settings in their types and order."""
    kind = model_class(experiment.model.name)
    if not kind.has_epochs:
        raise SettingsError(Text("{title} has no epochs to fork from.", title=kind.title))
    epoch = Parameter("fork", "int", 0).validate(fork.epoch)
    changed = dict(fork.settings)
    for name in changed:
        if name in kind.shaping:
            raise SettingsError(
                Text(
                    "A fork cannot change {name} of {title}; start a new run instead.",
                    name=name, title=kind.title,
                )
            )  # fmt: skip
    # Raises where a name or a value has no meaning.
    model = experiment.make_model().with_settings({}, **changed)
    model.explicit_settings()
    parameters = [p for p in kind.parameters() if p.name in changed]
    assert isinstance(epoch, int)
    return Fork(epoch, tuple((p.name, p.validate(changed[p.name])) for p in parameters))


# --- data that are found and not made -------------------------------------------------------------


def _missing(id: str | None) -> Ratings:
    raise MissingDataError(
        Text(
            "The ratings with the fingerprint {id} were uploaded; open them again with their file.",
            id=id,
        )
    )


def _not_shared(id: str | None) -> Ratings:
    raise MissingDataError(
        Text("The shared ratings {id} are on another server, or no longer shared.", id=id)
    )


DATA.register(UPLOAD, (Parameter("id", "text"),), _missing)
DATA.register(SHARED, (Parameter("id", "text"),), _not_shared)
