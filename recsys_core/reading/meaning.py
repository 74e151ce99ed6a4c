"""From a table to the meaning of its columns: users, items, ratings, times …"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from recsys_core.reading import column_roles, layout
from recsys_core.reading.cells import Table
from recsys_core.reading.column_roles import Roles
from recsys_core.reading.sources import unreadable
from recsys_core.reading.tabling import Tabled
from recsys_core.text import Text


@dataclass(frozen=True, eq=False)
class LongRoles:
    """Which column of a table with one rating a row is what.

    ``key`` is the column that holds user and item together; ``table`` has both apart.
    """

    table: Table
    roles: Roles
    key: str | None = None
    remarks: tuple[Text, ...] = ()


def long_roles(tabled: Tabled, said: str, chosen: dict[str, str | None]) -> LongRoles:
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
    if set(chosen) >= set(column_roles.ROLES):
        return LongRoles(table, Roles(**{what: chosen[what] for what in column_roles.ROLES}))
    known = column_roles.by_name(table.names)
    given = {what: name for what, name in tabled.roles.items() if name in table.names}
    known = column_roles.settled(known, {**given, **chosen})
    roles = column_roles.by_content(table, known, tabled.decimal)
    # “none” stays none, whatever the cells look like.
    return LongRoles(table, column_roles.settled(roles, {**given, **chosen}))


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
