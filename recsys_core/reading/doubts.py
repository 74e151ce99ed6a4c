"""What speaks against a guess: a table held against what tables of ratings look like.

Users have several ratings each and share items; a pair comes once; ratings vary within a scale;
ids are no years, dates, authors or prices. What is otherwise is said in one sentence, with the
control that mends it, before anything is done with the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core import escape, words
from recsys_core.reading import people, surroundings
from recsys_core.reading.cells import Table, as_labels, as_numbers
from recsys_core.reading.column_roles import (
    DOUBTFUL,
    Roles,
    looks_like_moments,
    meaning,
    noun,
)
from recsys_core.reading.moments import ambiguous, as_seconds
from recsys_core.text import Text


@dataclass(frozen=True)
class Doubt:
    """One reason why a guess may be wrong.

    ``code`` names the kind; ``control`` is the keyword of ``CHANGEABLE`` that mends it, None where
    only another file does.
    """

    code: str
    sentence: Text
    control: str | None


# Fewer rows than this say little about how a table behaves.
_ENOUGH = 10

# Above this share of zeros, more than of any other number, 0 may stand for no rating.
_MANY_ZEROS = 0.25
_MOST_LOOKED_AT = 2000  # cells of a column, from all over it


def of_long(table: Table, roles: Roles, numbers: np.ndarray, sampled: bool = False) -> list[Doubt]:
    """Find what speaks against reading a long table by these roles.

    ``numbers`` are the ratings of its rows, float64, (n_rows,), NaN where unrated; all ones where
    pairs alone count. ``sampled``: the table has only some rows of a large file, so that users with
    one rating in it may have more.
    """
    if roles.user is None or roles.item is None:
        return []
    rated = np.isfinite(numbers)
    users, names = _codes(table[roles.user], rated)
    items, titles = _codes(table[roles.item], rated)
    both = (users >= 0) & (items >= 0)
    users, items, values = users[both], items[both], numbers[rated][both]
    if not len(values):
        return []
    found = [
        *_of_ids(table, "user", roles.user),
        *_of_ids(table, "item", roles.item),
        *_of_pairs(users, items, names, titles, roles, sampled),
    ]
    if roles.rating is not None:
        found += _of_ratings(values, roles.rating, table[roles.rating])
    if roles.timestamp is not None:
        found += _of_times(table[roles.timestamp])
    return found


def of_wide(matrix: pd.DataFrame) -> list[Doubt]:
    """Find what speaks against reading a table as users × items; NaN where unrated."""
    values = matrix.to_numpy(dtype=np.float64, na_value=np.nan)
    rated = np.isfinite(values)
    found: list[Doubt] = []
    if not rated.any():
        return found
    n_users, n_items = rated.any(axis=1).sum(), rated.any(axis=0).sum()
    if n_users == 1:
        found.append(_one("user", _said(matrix.index[rated.any(axis=1)][0]), "items_in_rows"))
    if n_items == 1:
        found.append(_one("item", _said(matrix.columns[rated.any(axis=0)][0]), "items_in_rows"))
    names = min(matrix.axes, key=len)
    totals = [name for name in names if surroundings.is_total(name)]
    if len(totals) > 1 and 2 * len(totals) >= len(names):
        found.append(
            Doubt(
                "summaries",
                Text(
                    "Columns are called like means, sums or counts ({names}), as of a table that "
                    "sums up the ratings of others; bring the ratings themselves.",
                    names=_listed(totals),
                ),
                "left_out",
            )
        )
    present = values[rated]
    if n_users > 1 and n_items > 1 and present.min() == present.max():
        found.append(_all_equal(float(present[0]), "unrated"))
    for at in _beyond_the_others(values):
        column = values[:, at][rated[:, at]]
        found.append(
            Doubt(
                "beyond",
                Text(
                    "Column “{column}” holds numbers up to {most:g}, beyond those of all other "
                    "columns; leave it out if it is no item.",
                    column=_said(matrix.columns[at]),
                    most=float(column.max()),
                ),
                "left_out",
            )
        )
    if not found and (_measure_apart(values) or _of_different_kinds(values)):
        found.append(
            Doubt(
                "measures",
                Text(
                    "The columns hold numbers of different ranges, as measurements or what is "
                    "known of persons do, where ratings share one scale; leave out what is no "
                    "rating, or bring another table."
                ),
                "left_out",
            )
        )
    labels = pd.Series(matrix.index.astype(str))
    if len(labels) >= _ENOUGH and looks_like_moments(_sampled(labels)):
        found.append(
            Doubt(
                "user_times",
                Text(
                    "The rows are named by dates or times such as “{name}”, not by who rated; "
                    "choose the column that says who, or bring another table.",
                    name=_said(labels.iloc[0]),
                ),
                "user",
            )
        )
    if len(matrix.columns) > 2 and looks_like_moments(pd.Series(matrix.columns.astype(str))):
        found.append(
            Doubt(
                "item_times",
                Text(
                    "The columns are named by dates or times such as “{name}”, as those of a list "
                    "of who was there; bring a table whose columns say what was rated.",
                    name=_said(matrix.columns[0]),
                ),
                None,
            )
        )
    if len(matrix) > 2 and set(matrix.index) == set(matrix.columns):
        found.append(
            Doubt(
                "square",
                Text(
                    "Rows and columns have the same names, as a table of distances, correlations "
                    "or ties does; bring a table of users × items, unless people are what is rated."
                ),
                None,
            )
        )
    if n_again := int(matrix.index.duplicated().sum()):
        found.append(
            Doubt(
                "repeated",
                Text(
                    "{n} row has the name of another, “{name}”: both are read as one user, whose "
                    "last rating of each item counts; choose another column of names if they are "
                    "two.",
                    "{n:,} rows have the name of another, such as “{name}”: these are read as one "
                    "user, whose last rating of each item counts; choose another column of names "
                    "if they are several.",
                    n=n_again,
                    name=_said(matrix.index[matrix.index.duplicated()][0]),
                ),
                "user",
            )
        )
    return found


def refusal(table: Table, roles: Roles, said: str) -> Text | None:
    """The sentence that refuses a table without anybody's ratings, naming what it seems to be.

    A person's own export, a catalogue of items, a table of users; None where the table may hold
    ratings, or where nothing can be told. ``said`` is how sentences name the file.
    """
    if (texts := _texts_alone(table, roles)) is not None:
        return Text(
            "{said} seems to hold texts with what each is worth (“{column}”), and says neither who "
            "wrote them nor on what; bring a table with user, item and rating.",
            said=said,
            column=_said(texts),
        )
    if roles.user is not None and (roles.item is not None or roles.rating is not None):
        return _keyed(table, roles, said)
    export = people.known(table.names)
    if export is not None and export.person(table.names) is None:
        return Text(
            "{said} holds what one person took from {service}; bring the files of several people "
            "at once, as a factorization learns by comparing them, or one file with a column that "
            "says who rated.",
            said=said,
            service=export.service,
        )
    if roles.user is not None:
        return _table_of_users(table, roles.user, said)
    item = roles.item or roles.title
    if item is None or len(table.body) < 2:
        return None
    codes, labels = _codes(table[item], np.ones(len(table.body), dtype=bool))
    called, rating = noun(item), roles.rating
    if len(labels) < 0.95 * max((codes >= 0).sum(), 1):  # items come again: some must say for whom
        if rating is None or meaning(rating).role != "rating" or meaning(rating).rank >= DOUBTFUL:
            return None
        return Text(
            "{said} seems to hold ratings and reviews of each {called} without who gave them: no "
            "column among {names} says who rated; choose it as the user, or bring ratings with "
            "such a column.",
            said=said,
            called=called,
            names=_listed([name for name in table.names if name not in (item, rating)]),
        )
    average = rating is not None and meaning(rating).rank >= DOUBTFUL
    if rating is None or average or _looks_average(table[rating]):
        others = [name for name in table.names if name != item]
        return Text(
            "{said} seems to be a catalogue, with {about} of each {called}, and holds nobody's own "
            "ratings; bring a table that says who rated what, this one beside it for the titles.",
            said=said,
            about=_listed(others) if others else Text("the name"),
            called=called,
        )
    return Text(
        "{said} has one rating of each {called} and no column that says who rated, as if all were "
        "one person's; bring the files of several people at once, or a table with a column for "
        "the user.",
        said=said,
        called=called,
    )


def of_lists(column: pd.Series, name: str, said: str) -> Text | None:
    """The sentence that refuses a column of items whose cells are lists; None where they are not.

    “milk, bread”: the parts come again in other cells, more often than the cells themselves.
    """
    cells = column.dropna().astype(str).head(_MOST_LOOKED_AT)
    for sign in ",;|":
        parts = [part.strip() for cell in cells for part in cell.strip("[](){} ").split(sign)]
        few = len(set(parts)) < min(0.5 * len(parts), cells.nunique())
        if few and len(parts) > 1.5 * len(cells) > 7:
            return Text(
                "{said} seems to list market baskets: cells of column “{column}” hold several "
                "items with “{sign}” between them; bring a row for each item, with who bought it.",
                said=said,
                column=_said(name),
                sign=sign,
            )
    return None


# --- long tables ----------------------------------------------------------------------------------


def _codes(column: pd.Series, where: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Numbers for the labels of some rows, −1 where blank, and the labels."""
    codes, labels = pd.factorize(as_labels(column[where]))
    return codes, [str(label) for label in labels]


def _sampled(column: pd.Series) -> pd.Series:
    """Cells from all over a column that hold anything."""
    rows = np.linspace(0, len(column) - 1, min(len(column), _MOST_LOOKED_AT)).astype(int)
    cells = column.iloc[np.unique(rows)].dropna()
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        cells = cells.astype(object)
    return cells[cells.astype(str).str.strip() != ""]


def _of_ids(table: Table, what: str, name: str) -> list[Doubt]:
    """What a column taken for ids seems to hold instead."""
    cells = _sampled(table[name])
    if not len(cells):
        return []
    said = meaning(name)
    sure = said.role == what and said.rank == 0  # large numbers called ids are no seconds
    kinds = [kind for kind in _INSTEAD if not (sure and kind in ("years", "dates or times"))]
    instead = next((kind for kind in kinds if _INSTEAD[kind](cells)), None)
    if instead is not None:
        return [
            Doubt(
                f"{what}_{instead.split()[-1]}",
                Text(
                    "Column “{column}” was taken for the {what} but seems to hold {instead}; "
                    "choose the column that says {asked}.",
                    column=_said(name),
                    what=what,
                    instead=Text(instead),
                    asked=Text("who rated") if what == "user" else Text("what was rated"),
                ),
                what,
            )
        ]
    # A name that says nothing, in a language whose words are known elsewhere in the header.
    says_nothing = what == "user" and said.role is None and not name.startswith("column ")
    told = says_nothing and any(meaning(other).role for other in table.names if other != name)
    if told or said.attribute or said.role in ("timestamp", "rating", "count", "genres"):
        return [
            Doubt(
                f"{what}_name",
                Text(
                    "Column “{column}” was taken for the {what}, though it is not called so; "
                    "choose another if it is not.",
                    column=_said(name),
                    what=what,
                ),
                what,
            )
        ]
    return []


def _are_years(cells: pd.Series) -> bool:
    values, wrong = as_numbers(cells)
    years = (values >= 1850) & (values <= 2100) & (values == np.rint(values))
    return not wrong.any() and bool(years.all()) and len(np.unique(values)) > 2


def _are_fractions(cells: pd.Series) -> bool:
    values, wrong = as_numbers(cells)
    return not wrong.any() and bool((np.mod(values, 1) != 0).mean() > 0.2)


def _are_long_texts(cells: pd.Series) -> bool:
    return float(cells.astype(str).str.len().mean()) > 80


_INSTEAD: dict[str, Callable[[pd.Series], bool]] = {
    "years": _are_years,
    "dates or times": looks_like_moments,
    "numbers with decimals": _are_fractions,
    "long texts": _are_long_texts,
}


def _of_pairs(
    users: np.ndarray,
    items: np.ndarray,
    names: Sequence[str],
    titles: Sequence[str],
    roles: Roles,
    sampled: bool,
) -> list[Doubt]:
    """What is odd in who rated what."""
    per_user = np.bincount(users)
    per_item = np.bincount(items)
    per_user, per_item = per_user[per_user > 0], per_item[per_item > 0]
    if len(per_user) == 1:
        return [_one("user", _said(names[users[0]]), "user")]
    if len(per_item) == 1:
        return [_one("item", _said(titles[items[0]]), "item")]
    found: list[Doubt] = []
    if sampled:
        return found
    n = len(users)
    counted = roles.rating is None or meaning(roles.rating).role == "count"  # each row once more
    pairs = pd.Series(users.astype(np.int64) * len(titles) + items)
    n_again = int(pairs.duplicated().sum())
    if n >= _ENOUGH and (per_user == 1).mean() > 0.8:
        found.append(
            Doubt(
                "one_rating_each",
                Text(
                    "Nearly all of the {n:,} users in “{column}” have one rating only, so that "
                    "there is little to compare; choose another column if it does not say who "
                    "rated.",
                    n=len(per_user),
                    column=_said(roles.user or ""),
                ),
                "user",
            )
        )
    elif n >= 2 * _ENOUGH and (per_item == 1).mean() > 0.9:
        found.append(
            Doubt(
                "items_unshared",
                Text(
                    "Nearly all of the {n:,} items in “{column}” have one rating only, so that "
                    "users share none; choose another column if it does not say what was rated.",
                    n=len(per_item),
                    column=_said(roles.item or ""),
                ),
                "item",
            )
        )
    elif n >= 2 * _ENOUGH and n - n_again == len(per_item) < 0.7 * n:  # a pair for each item
        found.append(
            Doubt(
                "user_of_item",
                Text(
                    "Each item has always the same “{column}”, as its author would be; choose "
                    "the column that says who rated.",
                    column=_said(roles.user or ""),
                ),
                "user",
            )
        )
    elif n >= _ENOUGH and n_again >= 0.2 * n and not counted:
        found.append(
            Doubt(
                "repeated",
                Text(
                    "{share} of the rows repeat a user and an item of another row; say what "
                    "counts of them, or choose other columns.",
                    share=words.percent(n_again / n),
                ),
                "repeats",
            )
        )
    return found


def _one(what: str, name: str, control: str) -> Doubt:
    sentence = {
        "user": Text(
            "All ratings are of one user, “{name}”; bring those of several, or choose what says "
            "who rated.",
            name=name,
        ),
        "item": Text(
            "All ratings are of one item, “{name}”; bring those of several, or choose what says "
            "what was rated.",
            name=name,
        ),
    }[what]
    return Doubt(f"one_{what}", sentence, control)


def _all_equal(value: float, control: str) -> Doubt:
    return Doubt(
        "all_equal",
        Text(
            "All ratings are {value:g}, so that only who rated what can be learnt; choose another "
            "column of ratings if there is one.",
            value=value,
        ),
        control,
    )


def _of_ratings(values: np.ndarray, name: str, column: pd.Series) -> list[Doubt]:
    """What a column of ratings seems to hold instead."""
    said = meaning(name)
    if len(values) > 1 and values.min() == values.max():
        return [_all_equal(float(values[0]), "rating")]
    if said.rank >= DOUBTFUL:
        return [
            Doubt(
                "not_ones_own",
                Text(
                    "Column “{column}” seems to hold an average or a prediction; choose the "
                    "column with what each user gave, if there is one.",
                    column=_said(name),
                ),
                "rating",
            )
        ]
    if said.attribute or said.role in ("user", "item", "timestamp"):
        return [
            Doubt(
                "rating_name",
                Text(
                    "Column “{column}” was taken for the rating, though it is not called so; "
                    "choose another if it is not.",
                    column=_said(name),
                ),
                "rating",
            )
        ]
    distinct, times = np.unique(values, return_counts=True)
    if distinct[0] == 0 and distinct[-1] >= 4 and times[0] == times.max():
        if (share := times[0] / len(values)) > _MANY_ZEROS:
            return [
                Doubt(
                    "many_zeros",
                    Text(
                        "0 is the rating of {share:.0%} of the rows; choose it as “unrated” if it "
                        "says that somebody gave none.",
                        share=share,
                    ),
                    "unrated",
                )
            ]
    many = len(distinct) > 100 and np.abs(values).max() > 100
    if said.role == "count" or not many:
        return []
    if looks_like_moments(_sampled(column)):
        instead = Text("times")
    elif len(distinct) == len(values) and (distinct == np.rint(distinct)).all():
        instead = Text("ids")
    elif (distinct == np.rint(distinct)).all():
        return []  # whole and repeated: counts, of which more is said elsewhere
    else:
        instead = Text("prices or other amounts")
    return [
        Doubt(
            "many_values",
            Text(
                "Column “{column}” has {n:,} different numbers up to {most:,.0f}, as if it held "
                "{instead}; choose the column of ratings.",
                column=_said(name),
                n=len(distinct),
                most=float(values.max()),
                instead=instead,
            ),
            "rating",
        )
    ]


def _of_times(column: pd.Series) -> list[Doubt]:
    """That days and months may be exchanged."""
    cells = _sampled(column)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype) or not ambiguous(cells):
        return []
    moments = as_seconds(cells)
    if moments is None:
        return []
    # One whose day is not its month, so that the sentence shows a difference.
    days = pd.to_datetime(pd.Series(moments), unit="s")
    at = int(np.argmax((days.dt.day != days.dt.month).to_numpy()))
    return [
        Doubt(
            "day_or_month",
            Text(
                "Dates such as “{cell}” may begin with the day or with the month; it was read as "
                "{day}.",
                cell=_said(cells.iloc[at]),
                day=f"{days.iloc[at]:%Y-%m-%d}",
            ),
            "timestamp",
        )
    ]


# --- wide tables, and tables without ratings ------------------------------------------------------


def _beyond_the_others(values: np.ndarray) -> list[int]:
    """Columns all of whose numbers lie above the greatest of all others, such as ages."""
    columns = np.flatnonzero(np.isfinite(values).any(axis=0))
    values = values[:, columns]
    if values.shape[1] < 3 or values.shape[0] < 2:
        return []
    lows = np.min(values, axis=0, initial=np.inf, where=np.isfinite(values))
    highs = np.max(values, axis=0, initial=-np.inf, where=np.isfinite(values))
    order = np.argsort(lows, kind="stable")
    highest = np.maximum.accumulate(highs[order])  # of each column and all before it
    found: list[int] = []
    for place in range(len(order) - 1, 0, -1):  # from the highest column down to the first gap
        at = order[place]
        if lows[at] <= highest[place - 1]:
            break
        found.append(int(at))
    few = len(found) <= values.shape[1] // 2
    return sorted(int(columns[at]) for at in found) if few else []


def _measure_apart(values: np.ndarray) -> bool:
    """Whether columns of finely graded numbers lie apart, as lengths beside widths do.

    Of some column all numbers are above all of another. Ratings of few steps may do so by chance.
    """
    present = values[:, np.isfinite(values).sum(axis=0) >= _ENOUGH]
    if present.shape[1] < 2 or len(np.unique(present[np.isfinite(present)])) <= 40:
        return False
    return bool(np.nanmin(present, axis=0).max() > np.nanmax(present, axis=0).min())


def _of_different_kinds(values: np.ndarray) -> bool:
    """Whether some columns hold amounts such as 71.28, and others 0 and 1 or three classes only."""
    few = fine = False
    for column in values.T:
        given = column[np.isfinite(column)]
        if len(given) < 2 * _ENOUGH:
            continue
        steps = (np.mod(given * 2, 1) != 0).mean()  # of halves people rate in
        fine |= bool(steps > 0.5 and np.ptp(given) > 10)
        few |= bool(len(np.unique(given)) <= 3 and (given == np.rint(given)).all())
    return few and fine


def _looks_average(column: pd.Series) -> bool:
    """Whether numbers have finer steps than halves, as no person rates."""
    values, _ = as_numbers(column)
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool((np.mod(values * 2, 1) != 0).mean() > 0.3)


def _texts_alone(table: Table, roles: Roles) -> str | None:
    """The column of different texts, of five words and more, in a small table; None if none is."""
    if len(table.names) > 3 or len(table.body) < _ENOUGH:
        return None
    if None not in (roles.user, roles.item, roles.rating):
        return None
    for name in table.names:
        cells = _sampled(table[name]).astype(str)
        different = len(cells) and cells.nunique() > 0.9 * len(cells)
        if different and cells.str.count(r"\s").mean() > 4:
            return name
    return None


def _keyed(table: Table, roles: Roles, said: str) -> Text | None:
    """The refusal of a table without names and ratings whose rows have each another first cell."""
    first = table.names[0]
    if roles.rating is not None or roles.user != first or not first.startswith("column "):
        return None
    if len(table.body) < _ENOUGH or table[first].nunique() < len(table.body):
        return None
    return Text(
        "{said} seems to be a catalogue or a table of users: each row has another id in its first "
        "column, and none has a rating; bring a table that says who rated what, this one beside "
        "it.",
        said=said,
    )


def _table_of_users(table: Table, user: str, said: str) -> Text | None:
    codes, labels = _codes(table[user], np.ones(len(table.body), dtype=bool))
    others = [name for name in table.names if name != user]
    if len(labels) < max((codes >= 0).sum(), 2) or not others:
        return None
    return Text(
        "{said} seems to be a table of users, with {about} of each, and holds no ratings; bring a "
        "table that says who rated what, this one beside it.",
        said=said,
        about=_listed(others),
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{_said(name)}”" for name in names[:4])
    return shown + (" …" if len(names) > 4 else "")


def _said(text: object) -> str:
    """Text of a file as a sentence quotes it: on one line, not too long."""
    return escape.brief(text, 60)
