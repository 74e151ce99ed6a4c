"""The registry of models: whatever lists them, or finds one by its name, reads it here.

@MODELS.register
@dataclass
class SGD(Model): …

MODELS["SGD"]           the class
MODELS.algorithms       the names people choose from, in the order pages show them
tuple(MODELS)           all names, the baselines last
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from recsys_core.errors import SettingsError
from recsys_core.text import Text, worded

if TYPE_CHECKING:
    from recsys_core.models.base import Model

Kind = TypeVar("Kind", bound="type[Model]")


@dataclass(frozen=True)
class Later:
    """A model whose module is imported when it is first asked for, and what lists show of it."""

    module: str
    title: str
    summary: str

    is_baseline = False


class ModelRegistry(Mapping[str, "type[Model]"]):
    """Model classes by name, in the order they were registered in; baselines come last.

    Attributes
    ----------
    entries : what was registered: classes, and those that are imported later.
    """

    def __init__(self) -> None:
        self.entries: dict[str, type[Model] | Later] = {}

    def register(self, kind: Kind) -> Kind:
        """Register a class under its name; a decorator.

        One of the same module takes the place of its predecessor: a cell that is run again.

        Raises
        ------
        SettingsError
            If a model of another module has that name.
        """
        name, known = kind.__name__, self.entries.get(kind.__name__)
        if known is not None and _module(known) != kind.__module__:
            raise SettingsError(
                Text("There is a model called {name} already; choose another name.", name=name)
            )
        self.entries[name] = kind
        return kind

    def register_later(self, name: str, module: str, title: str, summary: str, after: str) -> None:
        """Register a model of a module that is imported when asked for it; it stands ``after``."""
        at = list(self.entries).index(after) + 1
        before, rest = list(self.entries.items())[:at], list(self.entries.items())[at:]
        self.entries = dict([*before, (name, Later(module, title, summary)), *rest])

    def __getitem__(self, name: str) -> type[Model]:
        entry = self.entries[name]
        return getattr(import_module(entry.module), name) if isinstance(entry, Later) else entry

    def __iter__(self) -> Iterator[str]:
        baselines = [name for name, entry in self.entries.items() if entry.is_baseline]
        return iter([*self.algorithms, *baselines])

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries  # without importing it, as Mapping would

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The names of the models that people choose from: all but the baselines."""
        return tuple(name for name, entry in self.entries.items() if not entry.is_baseline)

    def described(self, name: str) -> tuple[str, str]:
        """Title and summary of a model; its module is not imported for it."""
        entry = self.entries[name]
        return worded(entry.title), worded(entry.summary)


def _module(entry: type[Model] | Later) -> str:
    return entry.module if isinstance(entry, Later) else entry.__module__


MODELS = ModelRegistry()
