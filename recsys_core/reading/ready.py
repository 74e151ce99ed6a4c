"""All that is settled of a file, ready to become ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsys_core.ratings import SIDES, Ratings, Scale, Side
from recsys_core.reading import building, column_roles
from recsys_core.reading.cells import as_codes
from recsys_core.reading.meaning import LongRoles, WideRoles
from recsys_core.reading.valuing import Once, Read, Valued


@dataclass(frozen=True, eq=False)
class ReadyMade:
    """Ratings that were read at once."""

    ratings: Ratings
    noun = "item"

    def labels(self) -> dict[Side, list[Any]]:
        """The labels of users and of items."""
        return {side: list(self.ratings.axis(side).labels) for side in SIDES}

    def made(self) -> Ratings:
        """The ratings."""
        return self.ratings


@dataclass(frozen=True, eq=False)
class ReadyLong:
    """All that makes ratings of a table with one rating a row."""

    found: LongRoles
    once: Once
    scale: Scale
    name: str
    remarks: tuple[str, ...]

    @property
    def noun(self) -> str:
        """What an item is called."""
        return self.found.noun or column_roles.noun(self.found.roles.item)

    def labels(self) -> dict[Side, list[Any]]:
        """The labels of users and of items."""
        table, roles = self.found.table, self.found.roles
        assert roles.user is not None and roles.item is not None
        users, items = (as_codes(table[column])[1] for column in (roles.user, roles.item))
        return {"user": list(users), "item": list(items)}

    def made(self) -> Ratings:
        """The ratings; RatingsError where none is left."""
        return building.from_long(
            self.found.table,
            self.found.roles,
            self.once.valued.numbers,
            self.scale,
            self.name,
            self.noun,
            list(self.remarks),
            self.once.how,
        )


@dataclass(frozen=True, eq=False)
class ReadyWide:
    """All that makes ratings of a table of users × items."""

    read: Read
    roles: WideRoles
    valued: Valued
    scale: Scale
    name: str
    remarks: tuple[str, ...]

    @property
    def noun(self) -> str:
        """What an item is called."""
        return column_roles.noun(self.roles.user) if self.roles.items_in_rows else "item"

    def labels(self) -> dict[Side, list[Any]]:
        """The labels of users and of items."""
        assert self.read.labels is not None
        users, items = self.read.labels
        return {"user": list(users.unique()), "item": list(items.unique())}

    def made(self) -> Ratings:
        """The ratings; RatingsError where none is left."""
        assert self.read.labels is not None
        return building.from_wide(
            self.valued.numbers,
            *self.read.labels,
            self.scale,
            self.name,
            self.noun,
            list(self.remarks),
        )


Ready = ReadyMade | ReadyLong | ReadyWide
