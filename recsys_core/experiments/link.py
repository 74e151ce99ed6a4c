"""Experiments and a view as the text of a link, and back.

    data=low_rank&data.n_users=60&split=random&split.seed=1&model=SGD&k=3&learning_rate=0.03&epoch=40

Dotted keys, no nesting. ``data``, ``split`` and ``model`` name what their dotted keys, and all bare
keys that are not the view's, are options of; a bare ``k`` is short for n_factors. ``fork=40`` and
``fork.learning_rate=0.01``, then ``fork2`` …, change settings on the way; ``run2.model=ALS`` is
another run, of which only that is said that differs from the first. What is absent is at its
default. The order is fixed and numbers are the shortest that read back as the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

from recsys_core.errors import FactorscopeError, LinkError, SettingsError
from recsys_core.experiments import view as views
from recsys_core.experiments.experiment import Experiment, Fork, model_class
from recsys_core.experiments.view import View
from recsys_core.recipes import DATA, SPLITS, Parameter, Recipe, RecipeBook
from recsys_core.text import Text, later

# Characters: beyond the first, servers and chat programs begin to cut; beyond the second, refused.
COMFORTABLE, LONGEST = 2_000, 8_000

# More runs than these do not fit on a chart, nor in a link.
_MOST_RUNS = 12

_SHORT = {"n_factors": "k"}
_LONG = {short: name for name, short in _SHORT.items()}

_RUN = re.compile(r"run([2-9]|1[0-9])\.(.+)", re.ASCII)
_FORK = re.compile(r"fork([2-9]|[1-9][0-9])?(?:\.(.+))?", re.ASCII)

# Called for each thing that has no meaning: it raises, or collects a remark.
Refuse = Callable[[Text | str], None]


def query_of(text: str) -> str:
    """The query of a whole link; a query itself stays as it is. What follows “#” is dropped."""
    text = text.strip().partition("#")[0]
    if "://" in text[:10]:
        text = text.partition("?")[2]
    return text.removeprefix("?")


def names_model(text: str) -> bool:
    """Whether a link names a model or one of its settings, or data and split alone."""
    keys = (part.partition("=")[0] for part in query_of(text).split("&"))
    names = (key.partition(".")[0] for key in keys if key)
    return any(name not in ("data", "split") and not views.is_key(name) for name in names)


# --- writing --------------------------------------------------------------------------------------


def write(
    experiments: Sequence[Experiment], view: View | None = None, data_alone: bool = False
) -> str:
    """The text of a link: the first experiment, what differs in the others, and the view.

    Of more than twelve experiments the first twelve are written; ``data_alone`` leaves their models
    out.
    """
    pairs: list[tuple[str, str]] = []
    for number, experiment in enumerate(experiments[:_MOST_RUNS], start=1):
        if number == 1:
            pairs += _pairs_of(experiment, None)
        else:
            pairs += [
                (f"run{number}.{key}", text) for key, text in _pairs_of(experiment, experiments[0])
            ]
    if data_alone:
        pairs = [pair for pair in pairs if not names_model(f"{pair[0]}=")]
    pairs += [] if view is None else views.pairs(view)
    return "&".join(f"{quote(key, safe='')}={quote(text, safe=',')}" for key, text in pairs)


def _pairs_of(experiment: Experiment, first: Experiment | None) -> list[tuple[str, str]]:
    """The keys of one experiment; of a later one, those in which it differs from the first."""
    pairs = []
    for key, book, recipe, before in (
        ("data", DATA, experiment.data, first.data if first else None),
        ("split", SPLITS, experiment.split, first.split if first else None),
    ):
        if first is None and recipe == SPLITS.recipe("usual"):
            continue
        if before is None or recipe.name != before.name:
            pairs.append((key, recipe.name))
            before = Recipe(recipe.name)
        pairs += _options(f"{key}.", book.parameters(recipe.name), recipe, before)
    parameters = model_class(experiment.model.name).parameters()
    if first is None or experiment.model.name != first.model.name:
        pairs.append(("model", experiment.model.name))
        pairs += _options("", parameters, experiment.model, Recipe(""))
    else:
        pairs += _options("", parameters, experiment.model, first.model)
    for number, fork in enumerate(experiment.forks, start=1):
        key = "fork" if number == 1 else f"fork{number}"
        named = {parameter.name: parameter for parameter in parameters}
        pairs.append((key, str(fork.epoch)))
        pairs += [(f"{key}.{name}", named[name].write(value)) for name, value in fork.settings]
    if first is not None and not pairs:
        # The same again: something has to be said.
        pairs.append(("data", experiment.data.name))
        usual = Recipe(experiment.data.name)
        pairs += _options("data.", DATA.parameters(usual.name), experiment.data, usual)
    return pairs


def _options(
    prefix: str, parameters: tuple[Parameter, ...], recipe: Recipe, before: Recipe
) -> list[tuple[str, str]]:
    """The options in which a recipe differs from another, which has the defaults where silent."""
    values = [(p, recipe.get(p.name, p.default), before.get(p.name, p.default)) for p in parameters]
    short = {} if prefix else _SHORT
    return [(prefix + short.get(p.name, p.name), p.write(now)) for p, now, then in values
            if now != then]  # fmt: skip


# --- reading --------------------------------------------------------------------------------------


def read(text: str) -> tuple[Experiment | None, View, list[Text | str]]:
    """What a link says, as far as it has meaning: each valid key is taken, the rest is default.

    Returns the (first) experiment, None where the link names no data; the view; and one remark for
    each thing that had no meaning. Whatever the text, it raises nothing.
    """
    experiments, view, remarks = read_all(text)
    return (experiments[0] if experiments else None), view, remarks


def read_all(text: str) -> tuple[list[Experiment], View, list[Text | str]]:
    """The same, with all runs of the link."""
    remarks: list[Text | str] = []
    experiments, view = _read(text, remarks.append)
    return experiments, view, remarks


def read_strictly(text: str) -> Experiment:
    """The one experiment a link's text says; a view beside it is read and dropped.

    Raises
    ------
    LinkError
        For the first thing that has no meaning.
    """

    def refuse(why: Text | str) -> None:
        raise LinkError(why)

    experiments, _ = _read(text, refuse)
    if not experiments:
        raise LinkError(Text("The link names no data; it begins like data=party&model=SGD."))
    if len(experiments) > 1:
        raise LinkError(Text("The link holds several runs; take the part of one of them."))
    return experiments[0]


def _read(text: str, refuse: Refuse) -> tuple[list[Experiment], View]:
    """All runs and the view; ``refuse`` is called for each thing without meaning."""
    of_runs: dict[int, dict[str, str]] = {1: {}}
    view = View()
    for key, value in _pairs(text, refuse):
        if views.is_key(key):
            try:
                view = views.read_key(view, key, value)
            except SettingsError as error:
                refuse(error.text)
        elif found := _RUN.fullmatch(key):
            of_runs.setdefault(int(found[1]), {})[found[2]] = value
        else:
            of_runs[1][key] = value
    numbers = sorted(of_runs)
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > _MOST_RUNS:
        refuse("The runs of a link are numbered run2, run3 … without a gap, twelve at most.")
        numbers = [n for at, n in enumerate(numbers, start=1) if n == at][:_MOST_RUNS]
    experiments: list[Experiment] = []
    for number in numbers:
        first = experiments[0] if experiments else None
        if number > 1 and first is None:
            refuse("The link names no data for its first run.")
            break
        found_one = _Reader(of_runs[number], first, refuse).experiment()
        if found_one is not None:
            experiments.append(found_one)
    if view.run > max(len(experiments), 1):
        refuse(Text("run = {run} is not among the runs of the link.", run=view.run))
        view = view.replace(run=1)
    return experiments, view


def _pairs(text: str, refuse: Refuse) -> list[tuple[str, str]]:
    """Keys and values, decoded, each key once."""
    text = query_of(text)
    if len(text) > LONGEST:
        refuse(Text("The link is longer than {n:,} characters.", n=LONGEST))
        text = text[:LONGEST].rpartition("&")[0]
    found: dict[str, str] = {}
    for part in text.split("&"):
        if not part:
            continue
        key, equals, value = part.partition("=")
        key, value = unquote(key), unquote(value)
        if not equals or key in found:
            refuse(Text(_TWICE if equals else _NO_VALUE, part=_cut(key)))
        else:
            found[key] = value
    return list(found.items())


_TWICE = later("“{part}” appears twice.")
_NO_VALUE = later("“{part}” has no value: there is no “=”.")
_NO_KEY = later("“{part}” is not a key of a link.")


class _Reader:
    """The keys of one run, taken out one after the other; what is left has no meaning."""

    def __init__(self, pairs: dict[str, str], first: Experiment | None, refuse: Refuse) -> None:
        self.left, self.first, self.refuse = dict(pairs), first, refuse

    def experiment(self) -> Experiment | None:
        """The experiment; None, said, where nothing says on which data."""
        if not self.left:
            return None
        first = self.first
        data = self._recipe("data", DATA, first.data if first else None)
        split = self._recipe("split", SPLITS, first.split if first else SPLITS.recipe("usual"))
        model = self._model()
        forks = self._forks(model)
        for key in self.left:
            self.refuse(Text(_NO_KEY, part=_cut(key)))
        if data is None or split is None:
            return None
        try:
            bare = Experiment(data, split, model)
        except FactorscopeError as error:
            self.refuse(error.text)
            return None
        if first is not None and data == first.data and first._ratings is not None:
            bare = bare.with_ratings(first._ratings)
        for fork in forks:
            try:
                bare = Experiment(bare.data, bare.split, bare.model, (*bare.forks, fork))
            except FactorscopeError as error:
                self.refuse(error.text)
        return bare

    def _recipe(self, key: str, book: RecipeBook, usual: Recipe | None) -> Recipe | None:
        """Data or split: a name and its dotted options."""
        dotted = [name for name in self.left if name.startswith(f"{key}.")]
        options = {name: self.left.pop(name) for name in dotted}
        name = self.left.pop(key, None)
        if name is None and usual is None:
            self.refuse(Text("The link names no data."))
            return None
        if name is None:
            assert usual is not None
            name, base = usual.name, dict(usual.options)  # what differs from the usual one
        else:
            base = {}
        try:
            parameters = book.parameters(name)
        except SettingsError as error:
            self.refuse(error.text)
            return usual
        return book.recipe(name, base | self._values(options, f"{key}.", parameters))

    def _values(
        self, texts: dict[str, str], prefix: str, parameters: tuple[Parameter, ...]
    ) -> dict[str, Any]:
        """The values of dotted keys, those without meaning left out."""
        named, values = {p.name: p for p in parameters}, {}
        for key, text in texts.items():
            name = key.removeprefix(prefix)
            name = name if prefix else _LONG.get(name, name)
            if name not in named or name in values:
                self.refuse(Text(_TWICE if name in values else _NO_KEY, part=_cut(key)))
                continue
            try:
                values[name] = named[name].read(text)
            except SettingsError as error:
                self.refuse(error.text)
        return values

    def _model(self) -> Recipe:
        """The model: its name, and the bare keys that are its settings."""
        first, name = self.first, self.left.pop("model", None)
        try:
            usual = first.model.name if first else "SGD"
            kind = model_class(usual if name is None else name)
        except FactorscopeError as error:  # no such model, or one whose package is not installed
            self.refuse(error.text)
            kind = model_class("SGD")
        own = {parameter.name for parameter in kind.parameters()}
        bare = [key for key in self.left if _LONG.get(key, key) in own]
        texts = {key: self.left.pop(key) for key in bare}
        values = self._values(texts, "", kind.parameters())
        kept = {}
        if first is not None and name is None:
            kept = dict(first.model.options)
        for setting, value in values.items():
            try:
                kind(**{setting: value}).explicit_settings()
                kept[setting] = value
            except SettingsError as error:
                self.refuse(error.text)
        return Recipe.of(kind.__name__, **kind(**kept).explicit_settings())

    def _forks(self, model: Recipe) -> list[Fork]:
        """The forks, in the order of their numbers."""
        by_number: dict[int, dict[str, str]] = {}
        for key in list(self.left):
            if found := _FORK.fullmatch(key):
                by_number.setdefault(int(found[1] or 1), {})[found[2] or ""] = self.left.pop(key)
        forks: list[Fork] = []
        for number, keys in sorted(by_number.items()):
            name = "fork" if number == 1 else f"fork{number}"
            if number != len(forks) + 1 or "" not in keys:
                self.refuse(Text("“{key}” has no epoch, or its number is out of order.",
                                 key=name))  # fmt: skip
                continue
            try:
                epoch = Parameter(name, "int", 0).read(keys.pop(""))
            except SettingsError as error:
                self.refuse(error.text)
                continue
            dotted = {f"{name}.{key}": text for key, text in keys.items()}
            settings = self._values(dotted, f"{name}.", model_class(model.name).parameters())
            assert isinstance(epoch, int)
            forks.append(Fork(epoch, tuple(settings.items())))
        return forks


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
