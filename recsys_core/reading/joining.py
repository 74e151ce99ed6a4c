"""Ratings brought together with what other files say of their items and users.

A catalogue has one row an item, a table of users one row a user. Which it is, and by which column
it belongs to the ratings, is told by how many of their labels stand in it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import escape
from recsys_core.ratings import SIDES, Ratings, Side, label_text
from recsys_core.reading import doubts
from recsys_core.reading.cells import Table, as_labels, as_numbers
from recsys_core.reading.column_roles import by_content, by_name, meaning
from recsys_core.text import Text

# A column that knows fewer of the labels belongs to other ratings.
_FEWEST = 0.05
# … and one of small numbers that is not called an id knows some by chance.
_BY_CHANCE = 0.5
_MOST_COLUMNS = 40  # what more is said of an item nobody reads


def told_apart(tables: Sequence[Table], decimal: str = ".") -> tuple[list[int], list[int]]:
    """Which of several tables hold ratings, and which say something of their items or users.

    Positions in ``tables``, ascending. A table of ratings has users and items, and at least one of
    the two comes again.
    """
    ratings = [at for at, table in enumerate(tables) if _has_ratings(table, decimal)]
    return ratings, [at for at in range(len(tables)) if at not in ratings]


def _has_ratings(table: Table, decimal: str) -> bool:
    roles = by_content(table, by_name(table.names), decimal)
    if roles.user is None or roles.item is None or doubts.refusal(table, roles, "") is not None:
        return False
    users, items = table[roles.user], table[roles.item]
    return users.nunique() < len(users) or items.nunique() < len(items)


# The labels of users and of items; other tables by name.
Labels = Mapping[Side, Sequence[str]]
Others = Sequence[tuple[str, Table]]


def told(labels: Labels, noun: str, others: Others, files: Collection[str]) -> tuple[Text, ...]:
    """The sentences that ``joined`` will say of other tables, before anything is joined.

    ``labels`` are those of users and items, ``noun`` is what an item is called.
    """
    remarks = []
    for name, table in others:
        match = _best_match(labels, table)
        if match is not None:
            called = _noun(noun, table) if match.side == "item" else "user"
            remarks.append(_remark(name, table, match, called))
        elif name in files:
            remarks.append(_without_match(name, noun))
    return tuple(remarks)


def joined(ratings: Ratings, others: Others, files: Collection[str] | None = None) -> Ratings:
    """The ratings with all that other tables say of their items and users.

    ``others`` are names of tables and what they hold. Titles and genres go by these names into
    ``item_info``, all else by the names of its columns; what is known already stays. A remark of
    the report says of how many a table speaks; of one of ``files`` (None: of any) that speaks of
    none, that it was left out.
    """
    infos: dict[Side, pd.DataFrame | None] = {"user": ratings.user_info, "item": ratings.item_info}
    remarks = list(ratings.report.remarks)
    noun = ratings.item_noun
    labels: Labels = {side: [label_text(x) for x in ratings.axis(side).labels] for side in SIDES}
    for name, table in others:
        match = _best_match(labels, table)
        if match is None:
            if files is None or name in files:
                remarks.append(_without_match(name, noun))
            continue
        info = _info(table, match)
        known = infos[match.side]
        added = info if known is None else _beside(known, info)
        infos[match.side] = added
        if match.side == "item" and known is None and "title" in info:
            noun = _noun(noun, table)
        remarks.append(_remark(name, table, match, noun if match.side == "item" else "user"))
    return ratings.replace(
        item_noun=noun,
        item_info=infos["item"],
        user_info=infos["user"],
        report=dataclasses.replace(ratings.report, remarks=tuple(remarks)),
    )


# --- which column of a table is which side of the ratings -----------------------------------------


@dataclass(frozen=True, eq=False)
class _Match:
    """A column of a table that has the labels of one side of the ratings.

    ``rows``: the row of each label, int64, −1 where there is none, (n_labels,).
    """

    side: Side
    column: str
    rows: np.ndarray

    @property
    def share(self) -> float:
        """The share of the labels that are found."""
        return float((self.rows >= 0).mean())


def _without_zeros(text: str) -> str:
    return text.lstrip("0") or "0" if text.isdigit() else text


def _digits_at_end(text: str) -> str:
    found = re.fullmatch(r"[^\W\d]{1,4}[-_ ]?(\d+)", text)
    return _without_zeros(found[1] if found else text)


# What two ways of writing one label have in common, the closest first: as it is; without capitals;
# 0042 and 42; tt0042 and 42.
_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: " ".join(text.casefold().split()),
    _without_zeros,
    _digits_at_end,
)


def _best_match(labels: Labels, table: Table) -> _Match | None:
    """The column and side that have most labels in common, names of columns deciding between two.

    A count of both sides is at stake: users 1 to 9 are in every catalogue of numbered items.
    """
    best: tuple[tuple[Any, ...], _Match] | None = None
    for name in table.names[: _MOST_COLUMNS + 1]:
        cells = as_labels(table[name])
        n_present = int(cells.notna().sum())
        if not n_present or cells.nunique() < 0.9 * n_present:
            continue  # one row for each, but for some mistakes
        said = meaning(name)
        if said.attribute or said.role in ("genres", "timestamp", "rating", "count"):
            continue  # “tag_id”: its numbers are those of users by chance
        for side in SIDES:
            for at, form in enumerate(_FORMS):
                rows = _rows_of(labels[side], cells, form)
                fewest = _FEWEST if said.role == side or _is_key(name, cells) else _BY_CHANCE
                if rows is None or (n := int((rows >= 0).sum())) < fewest * len(rows) or not n:
                    continue
                named_other = said.role in SIDES and said.role != side
                overlap = 2 * n / (len(rows) + n_present)
                score = (not named_other, said.role == side, round(overlap, 2), -at)
                if best is None or score > best[0]:
                    best = score, _Match(side, name, rows)
    return None if best is None else best[1]


def _is_key(name: str, cells: pd.Series) -> bool:
    """Whether a column is called an id, or holds what is no small number: none fits by chance."""
    called = not {"id", "index", "key"}.isdisjoint(re.findall(r"[^\W_]+", name.lower()))
    return called or not bool(cells.dropna().str.fullmatch(r"\d{1,4}").all())


def _rows_of(
    labels: Sequence[str], cells: pd.Series, form: Callable[[str], str]
) -> np.ndarray | None:
    """The first row of each label in a column; None where two labels become one in this form."""
    written = [form(label) for label in labels]
    if len(set(written)) < len(written):
        return None
    present = cells.dropna()
    formed = present.map(form)
    first = ~formed.duplicated()
    rows = pd.Series(present.index[first], index=formed[first])
    return rows.reindex(written).fillna(-1).to_numpy(dtype=np.int64)


# --- what it says ---------------------------------------------------------------------------------


def _info(table: Table, match: _Match) -> pd.DataFrame:
    """What a table says, one row a label in index order, missing where it says nothing."""
    info: dict[str, Any] = {}
    called = _called(table.names, match.column) if match.side == "item" else {}
    for name in table.names[: _MOST_COLUMNS + 1]:
        if name == match.column:
            continue
        info[called.get(name, name)] = _values(table[name]).reindex(match.rows).to_numpy()
    return pd.DataFrame(info)


def _called(names: Sequence[str], key: str) -> dict[str, str]:
    """What the columns of a catalogue are that give titles and genres; “book” is one beside ids."""
    others = sorted((n for n in names if n != key), key=lambda name: meaning(name).rank)
    titles = [n for n in others if meaning(n).role == "title"]
    titles += [n for n in others if meaning(n).role == "item" and meaning(n).rank > 0]
    genres = [n for n in others if meaning(n).role == "genres"]
    return dict.fromkeys(titles[:1], "title") | dict.fromkeys(genres[:1], "genres")


def _values(column: pd.Series) -> pd.Series:
    """A column as numbers where all cells are, else as text; 007 is text."""
    texts = as_labels(column)
    numbers, wrong = as_numbers(column)
    zeros = texts.dropna().str.fullmatch(r"0\d+").any()
    if wrong.any() or zeros or not np.isfinite(numbers).any():
        return texts
    if not np.isnan(numbers).any() and (numbers == np.rint(numbers)).all():
        if np.abs(numbers).max() < 2**53:
            return pd.Series(numbers.astype(np.int64), dtype="Int64")
    return pd.Series(numbers)


def _beside(known: pd.DataFrame, info: pd.DataFrame) -> pd.DataFrame:
    """What is known, completed: new columns beside it, and cells where it had none."""
    found = known.copy()
    for name in info.columns:
        if name not in found:
            found[name] = info[name]
        else:
            found[name] = found[name].where(found[name].notna(), info[name])
    return found


def _noun(noun: str, table: Table) -> str:
    """What the items are called: as the ratings say, else as the catalogue does."""
    said = [found for name in table.names if (found := doubts.noun(name)) != "item"]
    return said[0] if noun == "item" and said else noun


def _without_match(name: str, noun: str) -> Text:
    return Text(
        "“{name}” was left out: no column of it has the {noun}s or users of the ratings.",
        name=_said(name),
        noun=noun,
    )


def _remark(name: str, table: Table, match: _Match, noun: str) -> Text:
    columns = [column for column in table.names if column != match.column][:_MOST_COLUMNS]
    shown = ", ".join(_said(column) for column in columns[:6]) + (" …" if len(columns) > 6 else "")
    n_all = len(match.rows)
    n_found = int((match.rows >= 0).sum())
    if n_found == n_all:
        return Text(
            "“{name}” tells of all {n:,} {noun}s ({columns}).",
            name=_said(name),
            n=n_all,
            noun=noun,
            columns=shown,
        )
    return Text(
        "“{name}” tells of {n_found:,} of {n:,} {noun}s ({columns}); the others are not in its "
        "column “{column}”.",
        name=_said(name),
        n_found=n_found,
        n=n_all,
        noun=noun,
        columns=shown,
        column=_said(match.column),
    )


def _said(text: object) -> str:
    return escape.brief(text, 60)
