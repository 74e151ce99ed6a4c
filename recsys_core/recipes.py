"""Recipes: how data, a split or a model are made anew, as a name and plain values.

    @DATA                                   # a RecipeBook
    def low_rank(n_users: int = 100, …) -> Ratings: …

    low_rank(n_users=60).source             # Recipe("low_rank", n_users=60, …): all its options
    DATA.make(Recipe("low_rank", n_users=60))

The options of a recipe are declared once: by the function's own signature, or by a model's fields.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from recsys_core.errors import SettingsError
from recsys_core.text import Text

Plain = bool | int | float | str | tuple[float, ...] | None
Kind = Literal["int", "float", "bool", "choice", "text", "size", "scale", "positions"]

# A share of the ratings (0.1), or how many (500); 0 or None leaves the part out.
Size = float | int | None

# The largest whole number an option may be: seeds and counts fit into 32 bits everywhere.
MOST = 2**31 - 1


@dataclass(frozen=True)
class Recipe:
    """A name and options, hashable: ``Recipe.of("random", test=0.1, seed=0)``.

    Two recipes are equal where name and options are; a RecipeBook fills in what was left to its
    default.
    """

    name: str
    options: tuple[tuple[str, Plain], ...] = ()

    @classmethod
    def of(cls, name: str, /, **options: Plain) -> Recipe:
        """Make a recipe from keywords, in their order."""
        return cls(name, tuple(options.items()))

    def __getitem__(self, option: str) -> Plain:
        return dict(self.options)[option]

    def get(self, option: str, default: Plain = None) -> Plain:
        """Return one option, ``default`` where it is absent."""
        return dict(self.options).get(option, default)

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"name": …, option: value …}`` as JSON holds it."""
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in self.options}
        return {"name": self.name, **plain}


@dataclass(frozen=True)
class Parameter:
    """One option of a recipe: its kind, its default, and how it is written in a link.

    ``kind``: "int" (0 … 2³¹ − 1), "float", "bool", "choice" (of ``choices``), "text" (a name),
    "size" (see ``Size``), "scale" (lowest, highest and, where there is one, step) or "positions"
    (of ratings: “0-3,9”, “none”, or # and the digest of some that are too many to write). Where the
    default is None, None is allowed.
    """

    name: str
    kind: Kind
    default: Plain = None
    choices: tuple[str, ...] = ()

    def validate(self, value: Any) -> Plain:
        """Return the value in its canonical type (1 for 1.0 where whole numbers are meant).

        Raises
        ------
        SettingsError
            If it has no meaning here.
        """
        if value is None and self.kind == "size":
            return 0
        if value is None and self.default is None:
            return None
        try:
            return _VALIDATE[self.kind](self, value)
        except (TypeError, ValueError, OverflowError):
            refused = Text(
                _REFUSALS[self.kind],
                name=self.name, value=_cut(value), choices=", ".join(self.choices),
            )  # fmt: skip
            raise SettingsError(refused) from None

    def read(self, text: str) -> Plain:
        """Return the value that a link's text means.

        Raises
        ------
        SettingsError
            If it means none.
        """
        if text == "" and self.default is None:
            return None
        value: Any = text
        if self.kind == "bool":
            value = _BOOLEANS.get(text, text)
        elif self.kind in ("int", "float", "size"):
            value = _number(text)
        elif self.kind == "scale":
            value = tuple(map(_number, text.split(",")))
        return self.validate(value)

    def write(self, value: Plain) -> str:
        """Return the shortest text that ``read`` reads back as the same value."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return ",".join(repr(int(x) if float(x).is_integer() else x) for x in value)
        return value if isinstance(value, str) else repr(value)


_REFUSALS: dict[Kind, str] = {
    "int": "{name} = {value} has no meaning; give a whole number from 0 to 2147483647.",
    "float": "{name} = {value} has no meaning; give a number.",
    "bool": "{name} = {value} has no meaning; give true or false.",
    "choice": "{name} = {value} has no meaning; give one of {choices}.",
    "text": "{name} = {value} has no meaning; give letters, digits and . _ - only.",
    "size": "{value} is no size of a part; give a share between 0 and 1, or a whole number.",
    "scale": "{name} = {value} is no scale; give the lowest rating, the highest and, if there is "
    "one, the step.",
    "positions": "{name} = {value} has no meaning; give positions of ratings such as 0-3,9.",
}

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _number(text: str) -> int | float | str:
    """A number as people write it in a link; what is none stays text, and is refused later."""
    if not _NUMBER.fullmatch(text) or len(text) > 40:
        return text
    return float(text) if set(text) & set(".eE") else int(text)


def _cut(value: Any) -> str:
    try:
        text = str(value)
    except ValueError:  # a number of thousands of digits
        return "that number"
    return text if len(text) <= 40 else text[:39] + "…"


def _int(_: Parameter, value: Any) -> int:
    if isinstance(value, bool | np.bool_ | str) or not math.isfinite(value) or value != int(value):
        raise ValueError
    if not 0 <= value <= MOST:
        raise ValueError
    return int(value)


def _float(_: Parameter, value: Any) -> float:
    if isinstance(value, bool | np.bool_ | str) or not math.isfinite(value):
        raise ValueError
    return float(value) + 0.0  # −0.0 is 0.0


def _bool(_: Parameter, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ValueError
    return bool(value)


def _choice(parameter: Parameter, value: Any) -> str:
    if value not in parameter.choices:
        raise ValueError
    return str(value)


def _text(_: Parameter, value: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
        raise ValueError
    return value


def _size(_: Parameter, value: Any) -> int | float:
    size = _float(_, value)
    if not (0 <= size < 1 or size.is_integer() and 1 <= size <= MOST):
        raise ValueError
    return int(size) if size.is_integer() else size


def _scale(_: Parameter, value: Any) -> tuple[float, ...]:
    # What ratings are called is no part of a recipe.
    numbers = tuple(_float(_, x) for x in value if x is not None and not isinstance(x, tuple))
    low, high, step = (*numbers, 1.0)[:3]
    if len(numbers) not in (2, 3) or not low < high or not 0 < step <= high - low:
        raise ValueError
    return numbers


_NO_POSITION = "none"
_POSITIONS = re.compile(rf"{_NO_POSITION}|(\d{{1,15}}(-\d{{1,15}})?(,(?!$)|$))+", re.ASCII)


def _positions(_: Parameter, value: Any) -> str:
    if re.fullmatch("#[0-9a-f]{16}", value):
        return value
    if not _POSITIONS.fullmatch(value):
        raise ValueError
    return ranges_text(ranges_of(value))


def ranges_of(text: str) -> list[tuple[int, int]]:
    """Return first and last of each run of positions: “0-3,9” is [(0, 3), (9, 9)]."""
    ends = (part.split("-") for part in text.split(",") if part != _NO_POSITION)
    found = [(int(part[0]), int(part[-1])) for part in ends]
    if any(first > last for first, last in found):
        raise ValueError
    return found


def ranges_text(ranges: list[tuple[int, int]]) -> str:
    """Return the inverse, runs in order and joined where they touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in joined) or _NO_POSITION


_VALIDATE: dict[Kind, Callable[[Parameter, Any], Plain]] = {
    "int": _int, "float": _float, "bool": _bool, "choice": _choice, "text": _text, "size": _size,
    "scale": _scale, "positions": _positions,
}  # fmt: skip

Arguments = ParamSpec("Arguments")
Made = TypeVar("Made")


class RecipeBook:
    """All recipes of one kind, by name; a decorator that registers a function.

    What such a function returns, a frozen dataclass, gets the recipe it was made by in the field
    ``recipe_field``. Its first ``n_arguments`` parameters (the ratings that a split divides) are no
    part of the recipe.
    """

    def __init__(self, what: str, recipe_field: str, n_arguments: int = 0) -> None:
        self.what, self.recipe_field, self.n_arguments = what, recipe_field, n_arguments
        self._makers: dict[str, Callable[..., Any]] = {}
        self._parameters: dict[str, tuple[Parameter, ...]] = {}
        self._alive: WeakValueDictionary[Recipe, Any] = WeakValueDictionary()

    def __call__(self, function: Callable[Arguments, Made]) -> Callable[Arguments, Made]:
        """Register a function under its own name."""
        return self.named(function.__name__)(function)

    def named(self, name: str) -> Callable[[Callable[Arguments, Made]], Callable[Arguments, Made]]:
        """Register a function under another name."""

        def register(function: Callable[Arguments, Made]) -> Callable[Arguments, Made]:
            signature = inspect.signature(function)
            hints = typing.get_type_hints(function)
            declared = list(signature.parameters.values())[self.n_arguments :]
            parameters = tuple(_declared(p, hints[p.name]) for p in declared)

            @functools.wraps(function)
            def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Made:
                bound = signature.bind(*args, **kwargs)
                bound.apply_defaults()
                options = {p.name: p.validate(bound.arguments[p.name]) for p in parameters}
                bound.arguments.update(options)
                recipe = Recipe.of(name, **options)
                found: Any = function(*bound.args, **bound.kwargs)
                found = dataclasses.replace(found, **{self.recipe_field: recipe})
                if not self.n_arguments:
                    self._alive[recipe] = found
                return found

            self.register(name, parameters, made)
            return made

        return register

    def register(
        self, name: str, parameters: tuple[Parameter, ...], maker: Callable[..., Any]
    ) -> None:
        """Register a maker that writes its recipe itself."""
        self._makers[name], self._parameters[name] = maker, parameters

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all recipes."""
        return tuple(self._makers)

    def parameters(self, name: str) -> tuple[Parameter, ...]:
        """Return the options of a recipe, in their order.

        Raises
        ------
        SettingsError
            If there is no recipe of that name.
        """
        if name not in self._parameters:
            raise SettingsError(
                Text(
                    "There is no {what} called “{name}”; there are {names}.",
                    what=self.what, name=_cut(name), names=", ".join(self.names),
                )
            )  # fmt: skip
        return self._parameters[name]

    def recipe(self, name: str, options: Mapping[str, Any] | None = None) -> Recipe:
        """Return a recipe with every option, those not given at their defaults.

        Raises
        ------
        SettingsError
            If a name or a value has no meaning.
        """
        left, parameters = dict(options or {}), self.parameters(name)
        found = {p.name: p.validate(left.pop(p.name, p.default)) for p in parameters}
        for option in left:
            raise SettingsError(
                Text(
                    "The {what} “{name}” has no option “{option}”.",
                    what=self.what, name=name, option=_cut(option),
                )
            )  # fmt: skip
        return Recipe.of(name, **found)

    def make(self, recipe: Recipe, *arguments: Any) -> Any:
        """Make what a recipe says; without arguments, return the one in use, if there is one."""
        options = {p.name: recipe.get(p.name, p.default) for p in self.parameters(recipe.name)}
        found = None if arguments else self._alive.get(recipe)
        return self._makers[recipe.name](*arguments, **options) if found is None else found

    def in_use(self, recipe: Recipe) -> Any:
        """Return what was made by a recipe and is still held by somebody; None if nothing is."""
        return self._alive.get(recipe)


def _declared(parameter: inspect.Parameter, hint: Any) -> Parameter:
    """A Parameter from a function's own: its annotation names the kind."""
    default = None if parameter.default is inspect.Parameter.empty else parameter.default
    if typing.get_origin(hint) is Literal:
        return Parameter(parameter.name, "choice", default, typing.get_args(hint))
    if hint == Size:
        kind: Kind = "size"
    elif hint in _KINDS:
        kind = _KINDS[hint]
    else:
        kind = "scale"
    bare = Parameter(parameter.name, kind, default)
    return dataclasses.replace(bare, default=bare.validate(default))


_KINDS: dict[Any, Kind] = {
    int: "int", float: "float", bool: "bool", str: "text", str | None: "text",
}  # fmt: skip

# Functions that make ratings, and functions that divide them.
DATA = RecipeBook("data", recipe_field="origin")
SPLITS = RecipeBook("split", recipe_field="made_by", n_arguments=1)
