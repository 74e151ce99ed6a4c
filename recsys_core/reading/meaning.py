"""From a table to the meaning of its columns: users, items, ratings, times …"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.reading import answers, column_roles, doubts, layout, people
from recsys_core.reading.cells import Table, as_codes
from recsys_core.reading.column_roles import Roles
from recsys_core.reading.formats import keys
from recsys_core.reading.sources import unreadable
from recsys_core.reading.tabling import Tabled
from recsys_core.reading.text import unique_names
from recsys_core.text import Text


@dataclass(frozen=True, eq=False)
class LongRoles:
    """Which column of a table with one rating a row is what.

    ``key`` is the column that holds user and item together; ``table`` has both apart. ``unrated``
    and ``noun`` are what a known export calls “not rated” and its items. ``event`` is the column
    that says what each row of a log records, ``events`` all that it says, the most frequent first;
    ``only``: those whose rows are left in the table, None for all.
    """

    table: Table
    roles: Roles
    key: str | None = None
    unrated: tuple[float, ...] = ()
    noun: str | None = None
    remarks: tuple[Text, ...] = ()
    event: str | None = None
    events: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


def long_roles(
    tabled: Tabled, said: str, chosen: dict[str, str | None], said_key: Any
) -> LongRoles:
    """Tell which column is what in a table with one rating a row.

    ``chosen`` are columns by role, ``said_key`` the column of user and item together; None for
    none, ``...`` where nothing was said.

    Raises
    ------
    ReadError
        If a chosen column is not there.
    """
    table, export = tabled.table, people.known(tabled.table.names)
    if export is not None:
        table = people.prepared(table, export)
    known = column_roles.by_name(table.names)
    given = {what: name for what, name in tabled.roles.items() if name in table.names}
    remarks: tuple[Text, ...] = ()
    if export is not None:
        given = dataclasses.asdict(export.roles(table.names))
        if known.user is not None and given["user"] is None:
            given["user"] = known.user if known.user == people.PERSON else None
        remarks = (Text("These are ratings as {service} exports them.", service=export.service),)
    known = column_roles.settled(known, {**given, **chosen})
    key = None if said_key is ... else said_key
    if said_key is ... and (known.user is None or known.item is None):
        key = _key_among(table)
    if key is not None:
        cut = _apart(table, key, said)
        if cut is not None:
            table, user, item, remark = cut
            cut_up = {what: None for what in column_roles.ROLES if getattr(known, what) == key}
            known = column_roles.settled(known, {**cut_up, "user": user, "item": item, **chosen})
            given |= {"user": user, "item": item}
            remarks = (*remarks, remark)
    for column in chosen.values():
        if column is not None and column not in table.names:
            raise unreadable(
                Text(
                    "{said} has no column “{column}”; its columns are {names}.",
                    said=said,
                    column=column,
                    names=", ".join(table.names[:12]),
                )
            )
    if not set(chosen) >= set(column_roles.ROLES):
        known = column_roles.by_content(table, known, tabled.decimal, _answered)
    # “none” stays none, whatever the cells look like.
    roles = column_roles.settled(known, {**given, **chosen})
    unrated = () if export is None else export.unrated
    noun = None if export is None else export.noun
    return LongRoles(table, roles, key, unrated, noun, remarks)


def of_events(
    found: LongRoles, said: str, said_event: Any, only: tuple[str, ...] | None
) -> LongRoles:
    """Tell what the rows of a log record, and leave those in that count.

    ``said_event`` is the column that says it, None for none, ``...`` where nothing was said.

    Raises
    ------
    ReadError
        If there is no such column, or no such row.
    """
    table = found.table
    event = column_roles.events_among(table, found.roles) if said_event is ... else said_event
    if event is None:
        return found
    if event not in table.names:
        raise unreadable(Text("{said} has no column “{column}”.", said=said, column=event))
    codes, texts = as_codes(table[event])
    times = np.bincount(codes[codes >= 0], minlength=len(texts))
    most = sorted(range(len(texts)), key=lambda at: times[at], reverse=True)[:_MOST_EVENTS]
    events = tuple(texts[at] for at in most)
    found = replace(found, event=event, events=events)
    if only is None:
        return found
    rows = np.flatnonzero(np.isin(codes, [at for at, text in enumerate(texts) if text in only]))
    if not len(rows):
        raise unreadable(
            Text(
                "No row of {said} has {events} in column “{column}”; choose another.",
                said=said,
                events=", ".join(f"“{event}”" for event in only),
                column=event,
            )
        )
    body = table.body.iloc[rows].reset_index(drop=True)
    for at, dtype in enumerate(body.dtypes):
        if isinstance(dtype, pd.CategoricalDtype):
            body.isetitem(at, body.iloc[:, at].cat.remove_unused_categories())
    place = table.place
    kept = Table(body, table.names, lambda row: place(int(rows[row])), table.remarks)
    remark = Text(
        "{n:,} of {n_all:,} rows count: those with {events} in column “{column}”.",
        n=len(rows),
        n_all=len(codes),
        events=", ".join(f"“{event}”" for event in only),
        column=event,
    )
    return replace(found, table=kept, only=only, remarks=(*found.remarks, remark))


_MOST_EVENTS = 50


def _answered(texts: Mapping[str, int]) -> bool:
    return answers.understood(texts) is not None


_MOST_KEYED = 12  # a table of keys has few columns


def _key_among(table: Table) -> str | None:
    """The column that holds user and item together; None if none does."""
    if len(table.names) > _MOST_KEYED:
        return None
    return next((name for name in table.names if keys.understood(table[name]) is not None), None)


def _apart(table: Table, key: str, said: str) -> tuple[Table, str, str, Text] | None:
    """The table with user and item of a column of keys as columns of their own, and what to say."""
    if key not in table.names:
        raise unreadable(Text("{said} has no column “{column}”.", said=said, column=key))
    how = keys.understood(table[key])
    if how is None:
        raise unreadable(
            Text(
                "Column “{column}” of {said} cannot be cut into user and item; choose both apart.",
                column=key,
                said=said,
            )
        )
    users, items = keys.split(table[key], how)
    kept = table.without([key])
    body = kept.body.copy(deep=False)
    body.insert(0, "user of key", users.to_numpy(), allow_duplicates=True)
    body.insert(1, "item of key", items.to_numpy(), allow_duplicates=True)
    body.columns = pd.RangeIndex(body.shape[1])
    names = unique_names(["user", "item", *kept.names])
    whole, user, item = how.example
    remark = Text(
        "Column “{column}” holds user and item: “{whole}” is user “{user}” and item “{item}”.",
        column=key,
        whole=whole,
        user=user,
        item=item,
    )
    return Table(body, names, table.place, table.remarks), names[0], names[1], remark


def are_pairs(found: LongRoles, said: bool | None) -> bool:
    """Tell whether the rows are pairs of user and item alone: what was bought, clicked, heard."""
    roles = found.roles
    if said is not None or roles.user is None or roles.item is None or roles.rating is not None:
        return bool(said)
    users, items = found.table[roles.user], found.table[roles.item]
    return bool(users.nunique() < len(users) and items.nunique() < len(items))


def needed(found: LongRoles, implicit: bool, said: str) -> None:
    """Raise ReadError where the user, the item or the rating has no column."""
    roles, table = found.roles, found.table
    if not implicit and (refused := doubts.refusal(table, roles, said)) is not None:
        raise unreadable(refused)
    if roles.item is not None and roles.rating is None:
        if (refused := doubts.of_lists(table[roles.item], roles.item, said)) is not None:
            raise unreadable(refused)
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
    table, records, header = tabled.table, tabled.records, tabled.header
    user = said_user
    if user is ... and said_labels is None and "user" in tabled.roles:
        user = tabled.roles["user"]  # the answers to a survey may name nobody
    if user is ... or (user is None and said_labels):
        if said_labels is None:
            below = records[max(header - 1, 0) :]
            said_labels = layout.has_labels(below, header > 0, tabled.decimal)
        user = table.names[0] if said_labels else None
    if user is not None:
        if user not in table.names:
            raise unreadable(
                Text("There is no column “{user}” among those that are read.", user=user)
            )
        if user != table.names[0]:  # else pandas would copy every column
            order = [user, *(name for name in table.names if name != user)]
            place = {name: at for at, name in enumerate(table.names)}
            body = table.body.iloc[:, [place[name] for name in order]]
            table = replace(table, body=body, names=order)
    items_in_rows = said_items_in_rows
    if items_in_rows is None:
        corner = column_roles.bare(user) if header and user is not None else ""
        # “name” is a person's
        items_in_rows = column_roles.role(corner) == "item" or corner.endswith("title")
    return WideRoles(table, user, items_in_rows)
