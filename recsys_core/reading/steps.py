"""The steps from a file to ratings, each a function of the steps before and of what was said.

    inside → table file → cells → table → roles → values → ratings

A step takes results of earlier steps and what a person said, and gives a frozen result. ``Memory``
keeps the last result of each, so that a change does again only what depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from recsys_core.ratings import Ratings, Scale
from recsys_core.reading import building, column_roles, layout, tables, values
from recsys_core.reading.cells import Table, uses_decimal_comma
from recsys_core.reading.column_roles import Roles
from recsys_core.reading.opening import Cells
from recsys_core.reading.sources import unreadable
from recsys_core.reading.text import unique_names
from recsys_core.text import Text

R = TypeVar("R")

# What is compared by value; all else (cells, tables) is the same only if it is the same object.
_PLAIN = (str, int, float, bool, tuple, dict, type(None))


class Memory:
    """The last result of each step, given again while its inputs are the same."""

    def __init__(self) -> None:
        self._last: dict[Callable[..., Any], tuple[tuple[Any, ...], Any]] = {}

    def __call__(self, step: Callable[..., R], *inputs: Any) -> R:
        """Do a step, or give its last result where nothing it depends on has changed."""
        before = self._last.get(step)
        if before is not None and all(map(_same, before[0], inputs)):
            result: R = before[1]
            return result
        result = step(*inputs)
        self._last[step] = inputs, result
        return result


def _same(one: Any, other: Any) -> bool:
    return one is other or (
        isinstance(one, _PLAIN) and type(one) is type(other) and bool(one == other)
    )


# --- cells → table --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Tabled:
    """A table, and how its cells form it.

    ``table`` is what is read, ``whole`` with the columns that are ``left_out``. ``records`` are the
    first records, header included, of what is read. ``remarks`` say what was left out.
    """

    table: Table
    whole: Table
    records: list[list[Any]]
    layout: str
    header: int
    decimal: str
    left_out: tuple[str, ...]
    footer: int
    remarks: tuple[Text, ...]


@dataclass(frozen=True)
class Cut:
    """What a person said of how cells form a table; None where nothing was said."""

    header: int | None = None
    decimal: str | None = None
    layout: str | None = None
    footer: int | None = None
    left_out: tuple[str, ...] | None = None


def tabled(cells: Cells, cut: Cut) -> Tabled:
    """Tell header, decimal mark and layout from the first records, and cut the table out."""
    records = cells.sample()
    if cells.width < 2:
        raise unreadable(
            Text(
                "{said} has one column only; bring at least three: user, item and rating, or "
                "choose another delimiter.",
                said=cells.said,
            )
        )
    decimal = cut.decimal
    if decimal is None:
        comma = uses_decimal_comma([cell for record in records[:200] for cell in record])
        decimal = "," if comma else "."
    if isinstance(cells, tables.FrameCells):
        header = int(cells.named)
    elif cut.header is not None:
        header = int(cut.header)
    else:
        header = int(layout.has_header(records, decimal))
    names = _names(records, cells.width, header)
    remarks: list[Text] = []
    left_out = cut.left_out
    if left_out is None:
        left_out, remarks = _proposed(records, names, header, decimal)
    kept = [at for at, name in enumerate(names) if name not in left_out]
    inner = [[record[at] for at in kept if at < len(record)] for record in records]
    shape = cut.layout or ("wide" if layout.is_wide(inner, bool(header), decimal) else "long")
    if shape == "long" and cut.left_out is None:
        left_out, remarks, inner = (), [], records
    table = cells.table(bool(header), shape == "wide", decimal)
    footer = cut.footer or 0
    body = table.body.iloc[:-footer] if footer else table.body
    table = Table(body, table.names, table.place)
    read = without(table, left_out)
    return Tabled(read, table, inner, shape, header, decimal, left_out, footer, tuple(remarks))


def together(parts: tuple[Tabled, ...], files: tuple[str, ...]) -> Tabled:
    """Several tables of the same columns as one, in the order of the files.

    Raises
    ------
    ReadError
        If one has other columns.
    """
    first = parts[0]
    for part, file in zip(parts, files, strict=True):
        if part.table.names != first.table.names:
            raise unreadable(
                Text(
                    "“{file}” has other columns than “{first}”; choose one of these files.",
                    file=file,
                    first=files[0],
                )
            )
    starts = np.cumsum([0, *(len(part.table.body) for part in parts)])

    def place(row: int) -> str:
        at = int(np.searchsorted(starts, row, side="right")) - 1
        return f"{parts[at].table.place(row - int(starts[at]))} of “{files[at]}”"

    bodies = [part.table.body.set_axis(range(len(first.table.names)), axis=1) for part in parts]
    table = Table(pd.concat(bodies, ignore_index=True), first.table.names, place)
    return replace(first, table=table)


def without(table: Table, left_out: Collection[str]) -> Table:
    """The table without the columns of these names."""
    kept = [at for at, name in enumerate(table.names) if name not in left_out]
    return Table(table.body.iloc[:, kept], [table.names[at] for at in kept], table.place)


def _names(records: list[list[Any]], width: int, header: int) -> list[str]:
    """The names of the columns, as the table will have them."""
    given = [str(cell) for cell in records[0]] if header else []
    given = ["", *given] if header and len(given) == width - 1 else given  # as R writes them
    return unique_names(given + [""] * (width - len(given)))


def _proposed(
    records: list[list[Any]], names: list[str], header: int, decimal: str
) -> tuple[tuple[str, ...], list[Text]]:
    """Columns of a wide table that hold no ratings, and what to say of them."""
    if header and column_roles.role(str(records[0][0])) == "timestamp":  # answers to a form
        remark = Text("Column “{column}” holds times and was left out.", column=names[0])
        return (names[0],), [remark]
    return (), []


# --- table → roles --------------------------------------------------------------------------------


def long_roles(tabled: Tabled, said: str, chosen: dict[str, str | None]) -> Roles:
    """Tell which column is what in a table with one rating a row.

    Raises
    ------
    ReadError
        If a chosen column is not there.
    """
    table = tabled.table
    for column in chosen.values():
        if column is not None and column not in table.names:
            names = ", ".join(table.names[:12])
            raise unreadable(
                Text(
                    "{said} has no column “{column}”; its columns are {names}.",
                    said=said,
                    column=column,
                    names=names,
                )
            )
    known = column_roles.by_name(table.names)
    roles = column_roles.by_content(table, column_roles.settled(known, chosen), tabled.decimal)
    return column_roles.settled(roles, chosen)  # “none” stays none, whatever the cells look like


def are_pairs(tabled: Tabled, roles: Roles, said: bool | None) -> bool:
    """Tell whether the rows are pairs of user and item alone: what was bought, clicked, heard."""
    if said is not None or roles.user is None or roles.item is None or roles.rating is not None:
        return bool(said)
    users, items = tabled.table[roles.user], tabled.table[roles.item]
    return bool(users.nunique() < len(users) and items.nunique() < len(items))


def needed(roles: Roles, implicit: bool, table: Table, said: str) -> None:
    """Raise ReadError where the user, the item or the rating has no column."""
    for what in ("user", "item") if implicit else ("user", "item", "rating"):
        if getattr(roles, what) is None:
            names = ", ".join(f"“{name}”" for name in table.names[:12])
            raise unreadable(
                Text(
                    "{said} has no column that looks like the {what} among {names}; choose it, or "
                    "bring a table with user, item and rating.",
                    said=said,
                    what=what,
                    names=names,
                )
            )


@dataclass(frozen=True, eq=False)
class WideRoles:
    """What the rows and the columns of a wide table are; the column that names rows comes first."""

    table: Table
    user: str | None
    items_in_rows: bool

    @property
    def labels(self) -> bool:
        """Whether a column names the rows."""
        return self.user is not None


def wide_roles(
    tabled: Tabled, said_user: Any, said_labels: bool | None, said_items_in_rows: bool | None
) -> WideRoles:
    """Tell which column names the rows, and whether these are items.

    ``said_user`` is a column, None for none, ``...`` where nothing was said.
    """
    table, records, header = tabled.table, tabled.records, bool(tabled.header)
    user = said_user
    if user is ... or (user is None and said_labels):
        if said_labels is None:
            said_labels = layout.has_labels(records, header, tabled.decimal)
        user = table.names[0] if said_labels else None
    if user is not None:
        if user not in table.names:
            raise unreadable(
                Text("There is no column “{user}” among those that are read.", user=user)
            )
        order = [user, *(name for name in table.names if name != user)]
        body = table.body.iloc[:, [table.names.index(name) for name in order]]
        table = Table(body, order, table.place)
    items_in_rows = said_items_in_rows
    if items_in_rows is None:
        corner = column_roles.bare(user) if header and user is not None else ""
        # “name” is a person's
        items_in_rows = column_roles.role(corner) == "item" or corner.endswith("title")
    return WideRoles(table, user, items_in_rows)


# --- roles → values -------------------------------------------------------------------------------


def long_numbers(tabled: Tabled, roles: Roles, implicit: bool, said: str) -> np.ndarray:
    """Read the ratings of a long table as float64, (n_rows,), NaN where blank; 1 for a pair."""
    if implicit:
        return np.ones(len(tabled.table.body))
    return building.long_numbers(tabled.table, roles, tabled.decimal, said)


@dataclass(frozen=True, eq=False)
class Matrix:
    """The cells of a wide table: users in rows, float32, NaN where blank."""

    frame: pd.DataFrame
    remarks: tuple[Text, ...]

    @cached_property
    def numbers(self) -> np.ndarray:
        """The cells alone, (n_users, n_items)."""
        return self.frame.to_numpy()


def wide_matrix(tabled: Tabled, roles: WideRoles, said: str) -> Matrix:
    """Read the ratings of a wide table; a first column that counts the others is left out."""
    frame = building.wide_matrix(
        roles.table, roles.labels, roles.items_in_rows, tabled.decimal, said
    )
    if not roles.labels and values.first_counts_the_rest(frame.to_numpy()):  # Jester's files
        remark = Text("The first column counts the ratings of its row and was left out.")
        return Matrix(frame.iloc[:, 1:], (remark,))
    return Matrix(frame, ())


@dataclass(frozen=True, eq=False)
class Valued:
    """The ratings as numbers, NaN where unrated, logarithms where wished; any shape."""

    numbers: np.ndarray
    unrated: tuple[float | str, ...]
    counts: bool
    log: bool
    present: np.ndarray  # the distinct ratings, ascending
    remarks: tuple[Text, ...]


def marks(unrated: Any) -> tuple[float | str, ...]:
    """What means “not rated” as a tuple, whether none, one or several were said."""
    if unrated is None:
        return ()
    return tuple(unrated) if isinstance(unrated, tuple | list | set) else (unrated,)


def valued(numbers: np.ndarray, named_so: bool, wide: bool, unrated: Any, log: bool) -> Valued:
    """Tell which numbers mean “unrated” and whether they count something.

    ``unrated`` is what was said, ``...`` where nothing was; ``named_so``: the column is called as
    counts are.

    Raises
    ------
    ReadError
        If logarithms of negative numbers are wished.
    """
    present = numbers[np.isfinite(numbers)].astype(np.float64)
    counts = values.are_counts(present, named_so)
    if unrated is ...:
        has_blanks = len(present) < numbers.size
        unrated = marks(values.unrated_value(present, has_blanks, wide, counts))
    remarks: list[Text] = []
    for mark in unrated:
        if isinstance(mark, str):
            continue
        is_mark = numbers == mark
        remarks.append(
            Text(
                "{unrated:g} was taken as “unrated”: {n}\u00a0cell.",
                "{unrated:g} was taken as “unrated”: {n:,}\u00a0cells.",
                unrated=mark,
                n=int(is_mark.sum()),
            )
        )
        numbers = np.where(is_mark, np.nan, numbers)
        present = present[present != mark]
    if 0 not in unrated and (n_zeros := int((present == 0).sum())) and present.min() >= 0:
        remarks.append(
            Text(
                "0 was taken as a rating: {n}\u00a0cell.",
                "0 was taken as a rating: {n:,}\u00a0cells.",
                n=n_zeros,
            )
        )
    if counts and len(present):
        remarks.append(_about_counts(present, log))
    if log:
        if len(present) and present.min() < 0:
            raise unreadable(
                Text("Negative numbers have no logarithm of 1 + value; read them as they are.")
            )
        numbers, present = np.log1p(numbers), np.log1p(present)
    distinct = np.sort(pd.unique(present))  # hashing first: far faster than sorting all
    return Valued(numbers, unrated, counts, log, distinct, tuple(remarks))


def scale_of(valued: Valued, said: str) -> Scale:
    """The scale that the ratings seem to have.

    Raises
    ------
    ReadError
        If there is no rating.
    """
    if not len(valued.present):
        raise unreadable(
            Text(
                "{said} holds no rating, only blanks and what was taken as "
                "“unrated”; choose another column of ratings, or another value for unrated.",
                said=said,
            )
        )
    return Scale.guess(valued.present)


def _about_counts(counts: np.ndarray, log: bool) -> Text:
    about = Text(
        "The ratings look like counts, such as plays: half are at most {median:g}, the largest is "
        "{largest:,.0f}",
        median=np.median(counts),
        largest=counts.max(),
    )
    if log:
        return Text(
            "{about}; log(1 + count) is learnt, so that a few large ones do not outweigh all.",
            about=about,
        )
    return Text(
        "{about}; take log(1 + count), lest a few large ones outweigh all others.", about=about
    )


# --- values → ratings -----------------------------------------------------------------------------


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

    tabled: Tabled
    roles: Roles
    valued: Valued
    scale: Scale
    name: str
    remarks: tuple[str, ...]

    def made(self) -> Ratings:
        """The ratings; RatingsError where none is left."""
        return building.from_long(
            self.tabled.table,
            self.roles,
            self.valued.numbers,
            self.scale,
            self.name,
            column_roles.noun(self.roles.item),
            list(self.remarks),
        )


@dataclass(frozen=True, eq=False)
class ReadyWide:
    """All that makes ratings of a table of users × items."""

    matrix: Matrix
    roles: WideRoles
    valued: Valued
    scale: Scale
    name: str
    remarks: tuple[str, ...]

    def made(self) -> Ratings:
        """The ratings; RatingsError where none is left."""
        users, items = self.matrix.frame.index, self.matrix.frame.columns
        frame = pd.DataFrame(self.valued.numbers, index=users, columns=items)
        noun = column_roles.noun(self.roles.table.names[0]) if self.roles.items_in_rows else "item"
        return building.from_wide(frame, None, self.scale, self.name, noun, list(self.remarks))


Ready = ReadyMade | ReadyLong | ReadyWide
