"""The editable table of small data: change a rating, train again."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from pages.shared import parts, session, view
from recsys_core import escape, words
from recsys_core.errors import FactorscopeError
from recsys_core.ratings import Ratings, Scale
from recsys_core.runs import DataSet
from recsys_core.text import Text

_MOST_USERS, _MOST_ITEMS = 30, 40
_MOST_CHOSEN = 25  # ratings in a list to choose from
_EDITED = ", edited"


def fits(ratings: Ratings) -> bool:
    """Whether the whole table is small enough to be edited by hand."""
    return ratings.n_users <= _MOST_USERS and ratings.n_items <= _MOST_ITEMS


@st.fragment
def section(data: DataSet) -> None:
    """The table, and the button that trains on what it says now."""
    ratings = data.ratings
    st.header(Text("Change a rating"), anchor=False)
    st.caption(Text("Click a cell and type; empty it to make it a gap. Then train again."))
    # Without the scale's ends: Streamlit would put what is typed beyond them in silence at the end.
    edited = st.data_editor(
        _wide(ratings),
        key=f"grid_{id(ratings)}",
        width="stretch",
        disabled=parts.locked("editor"),
        placeholder="·",
        column_config={
            str(item): _column(name, ratings.scale) for item, name in enumerate(ratings.item_names)
        },
        alt=Text(
            "Table of all ratings: one row a user, one column a {noun}", noun=ratings.item_noun
        ),
    )
    refused = _refusal(ratings, edited)
    if refused:
        st.html(f'<p role="alert" class="fs-refused">{escape.html(refused)}</p>')
    locked = parts.locked("editor") or bool(refused)
    pressed = st.button(
        Text("Train on this table"),
        type="primary",
        icon=":material/play_arrow:",
        key="grid_train",
        disabled=locked,
    )
    if pressed and not locked:
        _train_on(_with_values(data.ratings, edited), data)
        st.switch_page("train.py")


def _column(name: str, scale: Scale) -> ColumnConfig:
    """Where numbers are typed; of ratings that have words, where one of these is chosen."""
    possible = scale.possible(_MOST_CHOSEN) if scale.words else []
    if not possible:
        return st.column_config.NumberColumn(name, step=scale.step, width="small")
    longest = max(len(scale.said(rating)) for rating in possible)
    return st.column_config.SelectboxColumn(
        name,
        options=possible,
        format_func=lambda rating: scale.said(float(rating)),
        width=min(30 + 7 * longest, 240),  # pixels: as its words, not as the numbers they stand for
    )


def _refusal(ratings: Ratings, table: pd.DataFrame) -> str:
    """Why what the table says cannot be learned: a number beyond the scale; empty where it can."""
    values = table.to_numpy(dtype=np.float32, na_value=np.nan)
    rows, columns = np.nonzero(~np.isnan(values) & ~ratings.scale.contains(values))
    if not len(rows):
        return ""
    user = ratings.user_names[ratings.user_order[rows[0]]]
    item = ratings.item_names[ratings.item_order[columns[0]]]
    return Text(
        "{value}, for {item} by {user}, is not on the scale of these ratings, {scale}: change it, "
        "or empty the cell.",
        "{n} numbers are not on the scale of these ratings, {scale}, such as {value} for {item} by "
        "{user}: change them, or empty the cells.",
        n=len(rows),
        value=words.number(values[rows[0], columns[0]]),
        item=item,
        user=user,
        scale=words.span(ratings.scale.low, ratings.scale.high),
    )


def _train_on(changed: Ratings, data: DataSet) -> None:
    """The edited ratings beside the ones they come from, split and learned likewise."""
    entry, fresh = view.entry(), data
    if changed is not data.ratings:
        fresh = session.workspace().load(changed)
        recipe = data.split.recipe
        if recipe is not None and recipe.name != "by_mask":  # a mask is of other rows
            with suppress(FactorscopeError):  # fewer ratings may not be divisible so
                fresh.choose(recipe)
    model = None
    if entry is not None and not entry.group and entry.run.experiment.data == data.source:
        model = entry.run.model
    view.look_at(fresh)
    view.start(model, watched=True)


def _wide(ratings: Ratings) -> pd.DataFrame:
    users, items = ratings.user_order, ratings.item_order
    values = ratings.block(users, items).astype(float).round(3)
    names = [ratings.user_names[user] for user in users]
    return pd.DataFrame(values, names, [str(item) for item in items])


def _with_values(ratings: Ratings, table: pd.DataFrame) -> Ratings:
    """The ratings with the cells that were edited; they themselves where none was.

    The table shows three decimals: what nobody touched keeps all of its own.
    """
    before = _wide(ratings).to_numpy(dtype=np.float32, na_value=np.nan)
    after = table.to_numpy(dtype=np.float32, na_value=np.nan)
    edited = ~((before == after) | (np.isnan(before) & np.isnan(after)))
    if not edited.any():
        return ratings
    shown = np.ix_(ratings.user_order, ratings.item_order)
    values = ratings.block(np.arange(ratings.n_users), np.arange(ratings.n_items))
    values[shown] = np.where(edited, after, values[shown])
    changed = Ratings.from_matrix(values, missing=None, scale=ratings.scale)
    name = ratings.name if ratings.name.endswith(_EDITED) else ratings.name + _EDITED
    return changed.replace(
        users=ratings.users,
        items=ratings.items,
        item_info=ratings.item_info,
        user_info=ratings.user_info,
        item_noun=ratings.item_noun,
        name=name,
    )
