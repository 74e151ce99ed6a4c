"""What a table seems to be that holds no ratings as people give them: a log, a graph, baskets.

All can be read, and models of implicit feedback learn from them; but what they learn is not what
somebody thinks of what they used. So each is named before use, with the control that mends it.
"""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from recsys_core import escape
from recsys_core.reading import column_words as cw
from recsys_core.reading.cells import Table, as_codes
from recsys_core.reading.column_roles import bare, is_record, role
from recsys_core.reading.doubts import Doubt
from recsys_core.reading.meaning import LongRoles
from recsys_core.text import Text

# Of a graph nobody is tied to oneself; where so many would be by chance, none is no chance.
_BY_CHANCE, _BY_CHANCE_ALIKE = 6, 3
_MOST_COLUMNS = 12  # of a table in which other columns of items are looked for
_SHARED = 0.3  # the share of labels of the rarer side that the other has, too


def of_long(found: LongRoles) -> list[Doubt]:
    """Find what a table with one row a pair seems to hold instead of ratings."""
    table, roles = found.table, found.roles
    if roles.user is None or roles.item is None:
        return []
    # “1 2 1”: of ties there is often nothing but that they are there.
    alike = roles.rating is None or table[roles.rating].nunique() < 2
    doubts = [*_of_events(found), *_of_ties(table, roles.user, roles.item, alike)]
    doubts += [*_of_tags(found), *_of_others(found)]
    if is_record(roles.user):
        doubts.append(
            Doubt(
                "baskets",
                Text(
                    "Column “{column}” numbers baskets or sessions, each of which is read as one "
                    "user; choose the column that says who, if there is one.",
                    column=_said(roles.user),
                ),
                "user",
            )
        )
    return doubts


def _of_events(found: LongRoles) -> list[Doubt]:
    """That the rows of a log record different things."""
    if found.event is None or found.only is not None or len(found.events) < 2:
        return []
    shown = ", ".join(f"“{_said(event)}”" for event in found.events[:4])
    return [
        Doubt(
            "events",
            Text(
                "This seems to be a log: column “{column}” says what each row records ({events}), "
                "and all rows are read alike; choose which of them count.",
                column=_said(found.event),
                events=shown + (" …" if len(found.events) > 4 else ""),
            ),
            "only",
        )
    ]


def _of_ties(table: Table, user: str, item: str, alike: bool) -> list[Doubt]:
    """That users and items are the same people, as in a list of who trusts whom.

    Numbers from 1 on are on both sides of any table; of a graph no row ties one to itself, where
    by chance Σₓ n_user(x) n_item(x) / n of n rows would. ``alike``: the rows have no rating, or all
    the same.
    """
    users, names = as_codes(table[user])
    items, titles = as_codes(table[item])
    both = (users >= 0) & (items >= 0)
    users, items = users[both], items[both]
    if not len(users):
        return []
    place = {name: at for at, name in enumerate(names)}
    of_item = np.array([place.get(title, -1) for title in titles], dtype=np.int64)
    shared = of_item >= 0
    if shared.sum() < max(2, _SHARED * min(len(names), len(titles))):
        return []
    called = _is_tie(user) or _is_tie(item)
    if not called:
        if role(item) in ("item", "title"):
            return []
        n_user = np.bincount(users, minlength=len(names))
        n_item = np.bincount(items, minlength=len(titles))
        by_chance = float(n_user[of_item[shared]] @ n_item[shared]) / len(users)
        n_self = int((of_item[items] == users).sum())
        numbers = all(name.isdecimal() for name in names[:100])
        enough = (_BY_CHANCE_ALIKE if alike else _BY_CHANCE) if numbers else 1
        if n_self or by_chance < enough:
            return []
    return [
        Doubt(
            "ties",
            Text(
                "Columns “{user}” and “{item}” name the same people or things, as a social graph "
                "does (who trusts or follows whom); choose the column that says what was rated, "
                "unless people are what is rated.",
                user=_said(user),
                item=_said(item),
            ),
            "item",
        )
    ]


def _of_tags(found: LongRoles) -> list[Doubt]:
    """That what was taken for genres differs from row to row of an item, as users' tags do."""
    table, roles = found.table, found.roles
    if roles.genres is None or roles.rating is not None or roles.item is None:
        return []
    items, _ = as_codes(table[roles.item])
    tags, _ = as_codes(table[roles.genres])
    both = (items >= 0) & (tags >= 0)
    n_pairs = len(np.unique(np.stack([items[both], tags[both]]), axis=1).T)
    if n_pairs <= 1.2 * len(np.unique(items[both])):
        return []
    return [
        Doubt(
            "tags",
            Text(
                "Column “{column}” differs from row to row of an item, as tags that users give do; "
                "only who gave one to what is read, not what it says.",
                column=_said(roles.genres),
            ),
            "genres",
        )
    ]


def _of_others(found: LongRoles) -> list[Doubt]:
    """That a column beside the items holds the same things, as where two were compared."""
    table, roles = found.table, found.roles
    if roles.item is None or len(table.names) > _MOST_COLUMNS:
        return []
    titles = set(as_codes(table[roles.item])[1])
    taken = {*dataclasses.astuple(roles), found.event, found.key}
    if len(titles) < 3 or all(title.isdecimal() for title in titles):
        return []
    for name in table.names:
        if name in taken:
            continue
        labels = set(as_codes(table[name])[1])
        if len(labels) > 2 and len(labels & titles) > 0.8 * len(labels):
            return [
                Doubt(
                    "compared",
                    Text(
                        "Column “{other}” holds the same things as “{item}” and is not read, as "
                        "where two are compared or several are named in a row; bring a row for "
                        "each of them, if all count.",
                        other=_said(name),
                        item=_said(roles.item),
                    ),
                    "item",
                )
            ]
    return []


def _is_tie(name: str) -> bool:
    """Whether a column is called like one end of a tie: “trustee”, “to_node”, “friendID”."""
    words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()))
    return not cw.TIES.isdisjoint({bare(name), *words})


def _said(text: object) -> str:
    return escape.brief(text, 60)
