"""From a table and what its columns mean to Ratings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.errors import RatingsError, ReadError
from recsys_core.ratings import Ratings, Scale
from recsys_core.reading import budget
from recsys_core.reading.cells import Table, as_codes, as_labels, as_numbers, as_seconds, columns_of
from recsys_core.reading.column_roles import Roles
from recsys_core.reading.sources import unreadable
from recsys_core.text import Text


def from_long(
    table: Table,
    roles: Roles,
    numbers: np.ndarray,
    scale: Scale | None,
    name: str,
    item_noun: str,
    remarks: list[str],
    repeats: str = "last",
) -> Ratings:
    """Build Ratings from a table with one rating a row.

    ``numbers`` are the ratings of its rows, floats, (n_rows,), NaN where unrated.
    """
    assert roles.user is not None and roles.item is not None
    user_codes, users = as_codes(table[roles.user])
    item_codes, items = as_codes(table[roles.item])
    budget.check_labels(users, "user")
    budget.check_labels(items, item_noun)
    # Times count only where a rating is: a blank line at the end must not cost all of them.
    complete = (user_codes >= 0) & (item_codes >= 0) & np.isfinite(numbers)
    times = None
    if roles.timestamp is not None:
        column = table[roles.timestamp]
        moments = _moments(column if complete.all() else column[complete])
        if moments is None:
            remarks = [
                *remarks,
                Text(
                    "Times in column “{timestamp}” cannot be read and were left out.",
                    timestamp=escape.brief(roles.timestamp, 80),
                ),
            ]
        elif complete.all():
            times = moments
        else:
            times = np.zeros(len(complete), dtype=np.int64)
            times[complete] = moments
    return Ratings.from_codes(
        user_codes,
        users,
        item_codes,
        items,
        numbers,
        times,
        scale=scale,
        item_info=_item_info(table, roles, item_codes, items),
        name=name,
        item_noun=item_noun,
        remarks=remarks,
        repeats=repeats,
    )


def _moments(column: pd.Series) -> np.ndarray | None:
    """A column of moments as seconds, int64; seconds already are not copied."""
    if (
        column.dtype == np.int64
        and len(column)
        and 10**9 // 10 <= column.min() <= column.max() < 10**11
    ):
        return column.to_numpy()
    return as_seconds(column)


def not_a_number(
    table: Table, column: str, wrong: np.ndarray, numbers: np.ndarray, said: str
) -> Text:
    """The sentence on the first cell of a column of ratings that is no number, (n_rows,)."""
    at = int(np.argmax(wrong))
    cell = escape.brief(table[column].iloc[at], 40)
    if wrong.sum() > max(1, 0.5 * np.isfinite(numbers).sum() + 0.5):
        return Text(
            "{place} of {said}, column “{rating}”: “{cell}” is not a number, nor is {n} other; "
            "choose the column that holds the ratings, or say what each means.",
            "{place} of {said}, column “{rating}”: “{cell}” is not a number, nor are {n:,} "
            "others; choose the column that holds the ratings, or say what each means.",
            place=table.place(at),
            said=said,
            rating=column,
            cell=cell,
            n=int(wrong.sum()) - 1,
        )
    return Text(
        "{place} of {said}, column “{rating}”: “{cell}” is not a number; mend it, leave it blank, "
        "or say what it means.",
        place=table.place(at),
        said=said,
        rating=column,
        cell=cell,
    )


def _item_info(
    table: Table, roles: Roles, item_codes: np.ndarray, items: list[str]
) -> pd.DataFrame | None:
    """Titles and genres an item's first row gives, indexed by label; None where there are none."""
    columns = {
        what: as_labels(table[column]).to_numpy()
        for what, column in (("title", roles.title), ("genres", roles.genres))
        if column is not None
    }
    if not columns:
        return None
    info = pd.DataFrame(columns).groupby(item_codes, sort=False).first()
    return info[info.index >= 0].rename(index=dict(enumerate(items)))


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of a wide table: ``body`` without labels, ``names`` of its columns, ``rows``."""

    body: pd.DataFrame
    names: list[str]
    rows: pd.Index
    place: Callable[[int], str]
    nameless: str  # what a column without a name at the end is called

    @functools.cached_property
    def with_words(self) -> list[int]:
        """The places of columns that hold anything but numbers."""
        numeric, boolean = pd.api.types.is_numeric_dtype, pd.api.types.is_bool_dtype
        kinds = enumerate(self.body.dtypes)
        return [at for at, kind in kinds if not numeric(kind) or boolean(kind)]

    def without(self, positions: Sequence[int]) -> Grid:
        """The grid without the columns in these places."""
        kept = [at for at in range(len(self.names)) if at not in positions]
        names = [self.names[at] for at in kept]
        return replace(self, body=self.body.iloc[:, kept], names=names)

    def without_nameless_end(self, numbers: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Numbers, (n_rows, n_columns), and names without the empty one of delimiters at ends."""
        if self.names[-1] == self.nameless and np.isnan(numbers[:, -1]).all():
            return numbers[:, :-1], self.names[:-1]
        return numbers, self.names


def grid(table: Table, labels: bool) -> Grid:
    """The cells of a wide table whose first column may hold labels."""
    names = table.names[1:] if labels else table.names
    body = table.body.iloc[:, 1:] if labels else table.body
    if labels:
        users = as_labels(table.body.iloc[:, 0])
        rows = [text if text is not None else f"row {at + 1}" for at, text in enumerate(users)]
    else:
        rows = [str(at + 1) for at in range(len(body))]
    nameless = f"column {len(table.names)}"
    if names == [f"column {at + 1 + labels}" for at in range(len(names))]:
        nameless = str(len(names))
        names = [str(at + 1) for at in range(len(names))]  # no header: items are numbered
    return Grid(body, names, pd.Index(rows, dtype=object), table.place, nameless)


def grid_numbers(grid: Grid, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """The cells as float32, NaN where blank, and where they are neither, bool; both (n, m)."""
    body = grid.body
    wrong = np.zeros(body.shape, dtype=bool)
    plain = np.array([pd.api.types.is_float_dtype(t) or t == np.int64 for t in body.dtypes])
    if (body.dtypes == np.float32).all():  # no copy of a large table
        numbers = body.to_numpy()
    else:
        numbers = np.empty(body.shape, dtype=np.float32)
        with np.errstate(over="ignore"):  # infinite then, and looked at again below
            numbers[:, plain] = body.loc[:, plain].to_numpy(dtype=np.float32, na_value=np.nan)
    odd = np.flatnonzero(~plain | np.isinf(numbers).any(axis=0))
    if len(odd) and not numbers.flags.writeable:
        numbers = numbers.copy()
    for at, column in zip(odd, columns_of(body.iloc[:, odd]), strict=True):
        numbers[:, at], wrong[:, at] = as_numbers(column, decimal)
    return numbers, wrong


def not_a_rating(grid: Grid, wrong: np.ndarray, said: str) -> Text:
    """The sentence on the first cell of a wide table that is no number, (n_rows, n_columns)."""
    column = int(np.argmax(wrong.any(axis=0)))
    at = int(np.argmax(wrong[:, column]))
    return Text(
        "{place} of {said}, column “{column}”: “{cell}” is not a number; leave unrated cells "
        "blank, say what it means, or choose “one rating a row” if that is what the table holds.",
        place=grid.place(at),
        said=said,
        column=grid.names[column],
        cell=escape.brief(grid.body.iloc[at, column], 40),
    )


def from_wide(
    numbers: np.ndarray,
    users: pd.Index,
    items: pd.Index,
    scale: Scale | None,
    name: str,
    item_noun: str,
    remarks: list[str],
) -> Ratings:
    """Ratings from numbers, (n_users, n_items), NaN where unrated.

    Where a user has two rows, the last rating of each item counts.
    """
    budget.check_labels(users, "user")
    budget.check_labels(items, item_noun)
    if not users.has_duplicates:
        matrix = pd.DataFrame(numbers, index=users, columns=items, copy=False)
        return Ratings.from_matrix(matrix, None, scale, name, item_noun, remarks)
    rows, columns = np.nonzero(np.isfinite(numbers))
    triples = pd.DataFrame(
        {
            "user": users.to_numpy(dtype=object)[rows],
            "item": items.to_numpy(dtype=object)[columns],
            "rating": numbers[rows, columns],
        }
    )
    return Ratings.from_frame(triples, scale=scale, name=name, item_noun=item_noun, remarks=remarks)


def checked(ratings: Ratings, said: str) -> Ratings:
    """The ratings, if a factorization can learn anything from them.

    Raises
    ------
    ReadError
        If there is a single user or item, or all ratings are equal.
    """
    if ratings.n_users < 2:
        raise unreadable(
            Text(
                "{said} holds the ratings of one user only, “{users}”; bring those of "
                "several, as a factorization learns by comparing them.",
                said=said,
                users=ratings.users[0],
            )
        )
    if ratings.n_items < 2:
        raise unreadable(
            Text(
                "{said} holds ratings of one {item_noun} only, “{items}”; bring "
                "several, as a factorization learns by comparing them.",
                said=said,
                item_noun=ratings.item_noun,
                items=ratings.items[0],
            )
        )
    # All 1: what was bought or clicked, which models of implicit feedback learn from.
    if ratings.n_ratings and ratings.values.min() == ratings.values.max() != 1:
        raise unreadable(
            Text(
                "All ratings in {said} are "
                "{rating:g}, from which nothing can be learnt; choose another rating "
                "column, or bring ratings that differ.",
                said=said,
                rating=ratings.values[0],
            )
        )
    return ratings


def as_read_error(error: RatingsError, said: str) -> ReadError:
    """The same sentence as an error of reading."""
    text = str(error)
    return unreadable(
        Text("{said}: {lower}{text}", said=said, lower=text[:1].lower(), text=text[1:])
    )
