"""All that is settled of a file, ready to become ratings."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_core.ratings import Ratings, Scale
from recsys_core.reading import building, column_roles
from recsys_core.reading.meaning import LongRoles, WideRoles
from recsys_core.reading.valuing import Once, Read, Valued


@dataclass(frozen=True, eq=False)
class ReadyMade:
    """Ratings that were read at once."""

    ratings: Ratings

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

    def made(self) -> Ratings:
        """The ratings; RatingsError where none is left."""
        return building.from_long(
            self.found.table,
            self.found.roles,
            self.once.valued.numbers,
            self.scale,
            self.name,
            self.found.noun or column_roles.noun(self.found.roles.item),
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

    def made(self) -> Ratings:
        """The ratings; RatingsError where none is left."""
        assert self.read.labels is not None
        noun = column_roles.noun(self.roles.user) if self.roles.items_in_rows else "item"
        return building.from_wide(
            self.valued.numbers, *self.read.labels, self.scale, self.name, noun, list(self.remarks)
        )


Ready = ReadyMade | ReadyLong | ReadyWide
