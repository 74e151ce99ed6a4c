"""From a table and what its columns mean to Ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.errors import RatingsError, ReadError
from recsys_core.ratings import Ratings, Scale
from recsys_core.reading.cells import Table, as_codes, as_labels, as_numbers, as_seconds
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
) -> Ratings:
    """Build Ratings from a table with one rating a row.

    ``numbers`` are the ratings of its rows, float64, (n_rows,), NaN where unrated.
    """
    assert roles.user is not None and roles.item is not None
    frame = pd.DataFrame(
        {
            "user": _coded(table[roles.user]),
            "item": _coded(table[roles.item]),
            "rating": numbers,
        },
        copy=False,
    )
    # Times count only where a rating is: a blank line at the end must not cost all of them.
    complete = frame.notna().all(axis=1).to_numpy()
    if roles.timestamp is not None:
        moments = as_seconds(table[roles.timestamp][complete])
        if moments is None:
            remarks = [
                *remarks,
                Text(
                    "Times in column “{timestamp}” cannot be read and were left out.",
                    timestamp=escape.short(escape.one_line(roles.timestamp), 80),
                ),
            ]
        else:
            frame["timestamp"] = np.int64(0)
            frame.loc[complete, "timestamp"] = moments
    return Ratings.from_frame(
        frame,
        timestamp="timestamp" if "timestamp" in frame else None,
        scale=scale,
        item_info=_item_info(table, roles, frame["item"]),
        name=name,
        item_noun=item_noun,
        remarks=remarks,
    )


def _coded(column: pd.Series) -> pd.Categorical:
    """A column's labels as codes: twelve million of them are never so many Python texts."""
    codes, labels = as_codes(column)
    return pd.Categorical.from_codes(codes, categories=pd.Index(labels, dtype=object))


def long_numbers(table: Table, roles: Roles, decimal: str, said: str) -> np.ndarray:
    """Read the rating column as float64, (n_rows,), NaN where blank.

    Raises
    ------
    ReadError
        Naming the first cell that is no number.
    """
    assert roles.rating is not None
    numbers, wrong = as_numbers(table[roles.rating], decimal)
    if wrong.any():
        at = int(np.argmax(wrong))
        cell = str(table[roles.rating].iloc[at])[:40]
        place = table.place(at)
        if wrong.sum() > 0.5 * np.isfinite(numbers).sum() + 0.5:
            raise unreadable(
                Text(
                    "{place} of {said}, column “{rating}”: “{cell}” is not "
                    "a number, nor are {n_others:,} others; choose the column that holds the "
                    "ratings, or write them as numbers.",
                    place=place,
                    said=said,
                    rating=roles.rating,
                    cell=cell,
                    n_others=wrong.sum() - 1,
                )
            )
        raise unreadable(
            Text(
                "{place} of {said}, column “{rating}”: “{cell}” is not a number; "
                "mend it or leave it blank.",
                place=place,
                said=said,
                rating=roles.rating,
                cell=cell,
            )
        )
    return numbers


def _item_info(table: Table, roles: Roles, items: pd.Series) -> pd.DataFrame | None:
    """Titles and genres an item's first row gives, indexed by label; None where there are none."""
    columns = {
        what: as_labels(table[column]).to_numpy()
        for what, column in (("title", roles.title), ("genres", roles.genres))
        if column is not None
    }
    if not columns:
        return None
    info = pd.DataFrame(columns)
    return info[items.notna().to_numpy()].groupby(items.dropna().to_numpy(), sort=False).first()


def wide_matrix(
    table: Table, labels: bool, items_in_rows: bool, decimal: str, said: str
) -> pd.DataFrame:
    """A wide table as float32 numbers, users in rows, labels on both sides; NaN where blank."""
    names = table.names[1:] if labels else table.names
    body = table.body.iloc[:, 1:] if labels else table.body
    matrix = np.empty(body.shape, dtype=np.float32)
    plain = np.array([pd.api.types.is_float_dtype(t) or t == np.int64 for t in body.dtypes])
    matrix[:, plain] = body.loc[:, plain].to_numpy(dtype=np.float32, na_value=np.nan)
    for position in np.flatnonzero(~plain | np.isinf(matrix).any(axis=0)):
        numbers, wrong = as_numbers(body.iloc[:, position], decimal)
        if wrong.any():
            at = int(np.argmax(wrong))
            cell = str(body.iloc[at, position])[:40]
            raise unreadable(
                Text(
                    "{place} of {said}, column “{column}”: “{cell}” is not a number; leave "
                    "unrated cells blank, or choose “one rating a row” if that is what the table "
                    "holds.",
                    place=table.place(at),
                    said=said,
                    column=names[position],
                    cell=cell,
                )
            )
        matrix[:, position] = numbers
    if names[-1] == f"column {len(table.names)}" and np.isnan(matrix[:, -1]).all():
        # Lines that end with a delimiter have a last cell without name or content.
        matrix, names = matrix[:, :-1], names[:-1]
    if labels:
        users = as_labels(table.body.iloc[:, 0])
        rows = [text if text is not None else f"row {at + 1}" for at, text in enumerate(users)]
    else:
        rows = [str(at + 1) for at in range(len(body))]
    if names == [f"column {at + 1 + labels}" for at in range(len(names))]:
        names = [str(at + 1) for at in range(len(names))]  # no header: items are numbered
    frame = pd.DataFrame(matrix, index=pd.Index(rows), columns=pd.Index(names))
    return frame.T if items_in_rows else frame


def from_wide(
    matrix: pd.DataFrame,
    unrated: float | None,
    scale: Scale | None,
    name: str,
    item_noun: str,
    remarks: list[str],
) -> Ratings:
    """Ratings from a wide table; where a user has two rows, the last rating of each item counts."""
    if not matrix.index.has_duplicates:
        return Ratings.from_matrix(matrix, unrated, scale, name, item_noun, remarks)
    values = matrix.to_numpy()
    rows, columns = np.nonzero(np.isfinite(values) & (values != unrated))
    triples = pd.DataFrame(
        {
            "user": matrix.index.to_numpy(dtype=object)[rows],
            "item": matrix.columns.to_numpy(dtype=object)[columns],
            "rating": values[rows, columns],
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
