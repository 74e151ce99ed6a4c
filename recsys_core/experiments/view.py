"""View: what one looks at, as a value; and how a link says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from recsys_core.errors import SettingsError
from recsys_core.recipes import Parameter
from recsys_core.text import Text

Moment = int | Literal["best", "latest"]
Speed = float | Literal["max"]


@dataclass(frozen=True)
class View:
    """What one looks at. Frozen: ``view.replace(user=3)`` gives another.

    Attributes
    ----------
    run : which of the link's runs, from 1.
    moment : an epoch, "best" or "latest"; None where nothing was said.
    user, item : indices of the selected ones; None where none is.
    shown : the runs whose curves are drawn, from 1; empty means all.
    playing, speed : whether time goes on, and how many epochs per second ("max": all there are).
    hide, lock : names of parts that are not drawn, or drawn without effect.
    lesson, step : a lesson's id, and the step in it, from 1.
    lang : language, such as "en"; None is the browser's.
    options : (name, text) pairs of what pages declare.
    version : counts changes within a session; no part of a link.
    """

    run: int = 1
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


class Key(NamedTuple):
    """One key of a link that is about the view: its attribute, and how its text is read."""

    attribute: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _index(text: str) -> int:
    found = Parameter("index", "int").read(text)
    if not isinstance(found, int):
        raise SettingsError("no number")
    return found


def _count(text: str) -> int:
    if (found := _index(text)) < 1:
        raise SettingsError("counted from 1")
    return found


def _moment(text: str) -> Moment:
    return text if text in ("best", "latest") else _index(text)  # type: ignore[return-value]


def _speed(text: str) -> Speed:
    if text == "max":
        return "max"
    found = Parameter("speed", "float").read(text)
    if not isinstance(found, float) or not 0 < found <= 1000:
        raise SettingsError("no speed")
    return found


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text):
        raise SettingsError("no name")
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
    "hide": Key("hide", _listed(_name), _joined),
    "lock": Key("lock", _listed(_name), _joined),
    "lesson": Key("lesson", _name, str),
    "step": Key("step", _count, str),
    "lang": Key("lang", _name, str),
}


def read_key(view: View, key: str, text: str) -> View:
    """The view with what one key of a link says.

    Raises
    ------
    SettingsError
        If the text has no meaning there.
    """
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
