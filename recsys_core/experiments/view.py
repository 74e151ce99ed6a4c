"""View: which run, epoch, user and item a page shows, as a value; and its keys in a link."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from recsys_core import language
from recsys_core.errors import SettingsError
from recsys_core.recipes import Parameter, Recipe
from recsys_core.text import Text

Moment = int | Literal["best", "latest"]
Speed = float | Literal["max"]


@dataclass(frozen=True)
class View:
    """What a page shows. Frozen: ``view.replace(user=3)`` returns another.

    Attributes
    ----------
    run : which of the runs at hand, from 1: in a link its own, in a session those of the
        workspace, by their numbers; 0 where there is none, and ``data`` says of what.
    data : the recipe of the data in view where no run is; a link says it as an experiment.
    moment : an epoch, "best" or "latest"; None where nothing was said: it waits for Play. While it
        plays, the epoch at which playback began.
    user, item : indices of the selected ones; None where none is.
    shown : the runs whose curves are drawn, from 1; empty means all.
    playing, speed : whether time goes on, and how many epochs per second ("max": as fast as it
        trains; None: so that a run is over after some ten seconds).
    hide, lock : names of parts (``PARTS``) that are not drawn, or drawn without effect.
    lesson, step : a lesson's id, and the step in it, from 1.
    lang : language, one of ``language.LANGUAGES``; None is the browser's.
    options : (name, text) pairs of what pages let one choose, see ``OPTIONS``.
    version : counts changes within a session; no part of a link.
    """

    run: int = 1
    data: Recipe | None = None
    moment: Moment | None = None
    user: int | None = None
    item: int | None = None
    shown: tuple[int, ...] = ()
    playing: bool = False
    speed: Speed | None = None
    hide: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    lesson: str | None = None
    step: int | None = None
    lang: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    version: int = 0

    def replace(self, **changes: Any) -> View:
        """A copy with some attributes changed."""
        return replace(self, **changes)

    def option(self, name: str) -> str:
        """What a page shows: the choice made, or the usual one.

        Raises
        ------
        KeyError
            If no page declares it.
        """
        return dict(self.options).get(name, OPTIONS[name].usual)

    def to_dict(self) -> dict[str, Any]:
        """What is kept of it as plain data for JSON: not what guides a class, nor playback."""
        return {
            "run": self.run, "data": None if self.data is None else self.data.to_dict(),
            "moment": self.moment, "user": self.user, "item": self.item, "shown": list(self.shown),
            "speed": self.speed, "lang": self.lang, "options": dict(self.options),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> View:
        """The inverse of ``to_dict``; what has no meaning any more is left at its default."""
        view = cls(run=int(said.get("run") or 0))
        data = dict(said.get("data") or {})
        if data:
            options = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
            view = view.replace(data=Recipe.of(str(options.pop("name")), **options))
        for name in ("moment", "user", "item", "speed", "lang"):
            view = view.replace(**{name: said.get(name)})
        view = view.replace(shown=tuple(said.get("shown") or ()))
        for name, text in dict(said.get("options") or {}).items():
            with contextlib.suppress(KeyError, SettingsError):  # of another version
                view = view.with_option(name, text)
        return view

    def with_option(self, name: str, text: str) -> View:
        """A copy with another choice on a page.

        Raises
        ------
        SettingsError
            If that cannot be chosen.
        """
        OPTIONS[name].check(name, text)
        chosen = {**dict(self.options), name: text}
        options = tuple((n, chosen[n]) for n, option in OPTIONS.items()
                        if chosen.get(n, option.usual) != option.usual)  # fmt: skip
        return self.replace(options=options)


class Key(NamedTuple):
    """One key of a link that is about the view: its attribute, and how its text is read."""

    attribute: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


class Option(NamedTuple):
    """What a page lets one choose: the usual text, and which others have a meaning."""

    usual: str
    choices: tuple[str, ...] = ()
    pattern: str = ""

    def check(self, name: str, text: str) -> None:
        """Check that the text has a meaning; ``name`` is the key it stands at.

        Raises
        ------
        SettingsError
            If it has none.
        """
        if not (text in self.choices or (self.pattern and re.fullmatch(self.pattern, text))):
            raise SettingsError(
                Text("{key} = {text} has no meaning in a link.", key=name, text=text[:40])
            )


_NUMBER = "[1-9][0-9]{0,8}"
_ORDERS = ("", "given", "popularity", "cluster", "similarity")
_BASELINES = ("GlobalMean", "UserItemBias", "MostPopular", "ItemKNN")
_BY = ("", "predictions", "factors")

# By their keys in a link, in the order in which it says them. An empty text leaves the choice to
# the page: it depends on the data.
OPTIONS = {
    # Train
    "curve": Option("rmse", ("rmse", "normalized", "objective")),
    "log": Option("", ("", "x", "y", "xy")),
    # Predictions
    "cells": Option("", ("", "observed", "predicted", "filled", "error", "uncertainty")),
    "users_by": Option("", _ORDERS),
    "items_by": Option("", _ORDERS),
    "users_page": Option("", ("",), _NUMBER),
    "items_page": Option("", ("",), _NUMBER),
    # Train, Predictions: what of the update is looked into
    "inside": Option("", ("", "step", "half", "update", "draw", "probability", "network", "adam")),
    "half": Option("user", ("user", "item")),
    "bowl": Option("", ("",), f"{_NUMBER},{_NUMBER}"),
    "adam": Option("gradient", ("gradient", "mean", "square", "step", "after")),
    # Latent space
    "map": Option("pca", ("pca", "factors", "tsne", "umap")),
    "map_of": Option("both", ("both", "user", "item")),
    "map_factors": Option("1,2", (), f"{_NUMBER},{_NUMBER}"),
    "colour": Option("kind", ("kind", "cluster", "mean", "count", "genre", "false", "torn")),
    "genres": Option("", ("",), ".{1,400}"),
    "truth_of": Option("item", ("item", "user")),
    "look": Option("turn", ("turn", "cosine")),
    "turn": Option("0", (), "[0-9]|[1-9][05]|[123][0-9][05]"),
    "close_of": Option("item", ("item", "user")),
    "close_to": Option("", ("",), "0|[1-9][0-9]{0,8}"),
    # Recommend
    "who": Option("user", ("user", "guest")),
    "best": Option("10", ("5", "10", "20", "50")),
    "similar": Option("users", ("users", "items", "neighbours")),
    "users_like": Option("", _BY),
    "items_like": Option("", _BY),
    "neighbours_like": Option("", _BY),
    "neighbours": Option("3", (), _NUMBER),
    "score": Option("mean", ("mean", "sum")),
    "closer": Option("exactly", ("exactly", "ask", "cold", "surprise", "edit")),
    "counted": Option("", ("",), "0|[1-9][0-9]?"),
    "surprise": Option("0", (), "[0-9]|10"),
    "surprise_by": Option("", ("", "diverse", "novel")),
    "edit_of": Option("user", ("user", "item")),
    # Compare
    "compare": Option("race", ("race", "table", "splits", "metrics", "sweep", "kept")),
    "race": Option("epochs", ("epochs", "seconds", "touched")),
    "race_log": Option("", ("", "x", "y", "xy")),
    "pair": Option("1,2", (), f"{_NUMBER},{_NUMBER}"),
    "reference": Option("UserItemBias", _BASELINES, _NUMBER),
    "seeds": Option("8", (), "[2-9]|[12][0-9]|30"),
    "seeds_of": Option("model", ("model", "split", "both")),
    "kept_by": Option(
        "created",
        ("created", "name", "data_name", "model", "validation_rmse", "epoch", "seconds", "status"),
    ),
    "kept_order": Option("down", ("down", "up")),
    "kept_page": Option("1", (), _NUMBER),
    # Learn
    "learn": Option("", ("", "lessons", "replicas", "words")),
    "replica": Option("0", ("0", "1", "2", "3", "4")),
    # Room: the code of the one in view
    "room": Option("", ("",), "[A-Z]{6}"),
}


# Parts of pages that a link can hide or lock: its name → what it is.
PARTS = {
    "pages": "the links to the pages, in the sidebar",
    "card.data": "the card of the data, in the sidebar",
    "card.run": "the card of the run, in the sidebar",
    "language": "the choice of a language, in the sidebar",
    "controls": "Play, Step, Reset and speed",
    "timeline": "the choice of an epoch",
    "curve": "the curves of errors",
    "matrix": "the matrix",
    "map": "the map of the latent space",
    "settings": "algorithm and settings",
    "commentary": "the sentence that says what happens",
    "runs": "the list of runs",
    "upload": "files and pasted tables",
    "generate": "generated ratings",
    "split": "the choice of a split",
    "editor": "the table of ratings that can be changed",
    "test": "the test error",
    "why": "how a prediction comes about",
    "inside": "one update of the model, taken apart",
    "truth": "generated ratings: what was found of their truth",
    "guest": "the new guest",
    "guess": "cells to guess before they are shown",
    "doctor": "what went wrong in training, and which setting mends it",
    "closer": "closer looks at a list: why exactly, and what would change it",
    "similar": "similar users and items",
    "export": "files to take home, and receipts",
    "share": "the link to copy",
    # Whole pages: not in the menu, and opened all the same, they say so.
    "page.home": "the page Home",
    "page.data": "the page Data",
    "page.train": "the page Train",
    "page.predictions": "the page Predictions",
    "page.latent": "the page Latent space",
    "page.recommend": "the page Recommend",
    "page.compare": "the page Compare",
    "page.learn": "the page Learn",
    "page.room": "the page Room",
}


def _index(text: str) -> int:
    found = Parameter("index", "int").read(text)
    if not isinstance(found, int):
        raise SettingsError(Text("no number"))
    return found


def _count(text: str) -> int:
    if (found := _index(text)) < 1:
        raise SettingsError(Text("counted from 1"))
    return found


def _moment(text: str) -> Moment:
    return text if text in ("best", "latest") else _index(text)  # type: ignore[return-value]


def _speed(text: str) -> Speed:
    if text == "max":
        return "max"
    found = Parameter("speed", "float").read(text)
    if not isinstance(found, float) or not 0 < found <= 1000:
        raise SettingsError(Text("no speed"))
    return found


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        raise SettingsError(Text("no name"))
    return text


def _language(text: str) -> str:
    if text not in language.LANGUAGES:
        raise SettingsError(Text("no language"))
    return text


def _part(text: str) -> str:
    if text not in PARTS:
        raise SettingsError(Text("no part"))
    return text


def _listed(one: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(dict.fromkeys(one(part) for part in text.split(",")))


def _joined(values: tuple[Any, ...]) -> str:
    return ",".join(map(str, values))


def _short(speed: Speed) -> str:
    return speed if isinstance(speed, str) else repr(speed).removesuffix(".0")


# In the order in which a link says them.
KEYS = {
    "run": Key("run", _count, str),
    "epoch": Key("moment", _moment, str),
    "user": Key("user", _index, str),
    "item": Key("item", _index, str),
    "shown": Key("shown", _listed(_count), _joined),
    "speed": Key("speed", _speed, _short),
    "hide": Key("hide", _listed(_part), _joined),
    "lock": Key("lock", _listed(_part), _joined),
    "lesson": Key("lesson", _name, str),
    "step": Key("step", _count, str),
    "lang": Key("lang", _language, str),
}


def is_key(key: str) -> bool:
    """Whether a key of a link is about the view."""
    return key in KEYS or key in OPTIONS


def read_key(view: View, key: str, text: str) -> View:
    """The view with what one key of a link says.

    Raises
    ------
    SettingsError
        If the text has no meaning there.
    """
    if key in OPTIONS:
        return view.with_option(key, text)
    try:
        return view.replace(**{KEYS[key].attribute: KEYS[key].read(text)})
    except SettingsError:
        raise SettingsError(
            Text("{key} = {text} has no meaning in a link.", key=key, text=text[:40])
        ) from None


def pairs(view: View) -> list[tuple[str, str]]:
    """The keys and texts of a link, of all that differs from a new View."""
    usual = View()
    found = [
        (name, key.write(value))
        for name, key in KEYS.items()
        if (value := getattr(view, key.attribute)) != getattr(usual, key.attribute)
    ]
    return [*found, *view.options]
