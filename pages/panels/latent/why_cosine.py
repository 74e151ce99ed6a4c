"""Why cosine: the angle between two vectors, and the measures that would answer otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared import choices, model_in_view, parts, pickers, session, view
from pages.shared.chart.chart import chart
from pages.shared.model_in_view import ModelInView
from pages.shared.tables import aligned
from recsys_core import escape, words
from recsys_core.asking import closeness
from recsys_core.figures import closeness as pictures
from recsys_core.ratings import Side

_LISTED = 8

# From this rank correlation on, length is said to go with the number of ratings.
_FOLLOWS = 0.2

_TITLES = {"cosine": "by cosine", "dot": "by dot product", "euclid": "by distance"}


def draw(model: ModelInView) -> None:
    """Two of a side, their angle; and the nearest by each measure."""
    noun = model.ratings.item_noun
    offered: dict[Side, str] = {"user": "Users", "item": words.many(noun).capitalize()}
    side = choices.segmented("close_of", "Compare", offered, "close_of", part="similar")
    axis = model.ratings.axis(side)
    if axis.n < 2:
        st.caption("There are no two to compare.")
        return
    now = view.now()
    one = (now.user if side == "user" else now.item) or 0
    key = ("closeness", model.key, side, one)
    table: pd.DataFrame = model_in_view.once(
        model.run, key, lambda: closeness.compared(model.fitted, side, one)
    )
    said = view.option("close_to")
    other = int(said) if said and int(said) < axis.n and int(said) != one else _telling(table)
    with st.container(horizontal=True):
        for which, index, found in (
            ("one", one, lambda i: view.select(**{side: i})),
            ("other", other, lambda i: choices.choose("close_to", str(i))),
        ):
            with st.container(width=300):
                pickers.pick(
                    side, model.ratings, f"close_{which}_{side}", parts.unlocked("similar", found),
                    chosen=index, label="The first" if which == "one" else "The other",
                    disabled=parts.locked("similar"),
                )  # fmt: skip
    names = axis.names[one], axis.names[other]
    if one == other:
        st.caption("These are the same; choose another one.")
        return
    pair = closeness.pair(model.fitted, side, one, other)
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        chart(
            pictures.figure(pair, names, side, session.theme()),
            key="angle",
            alt=pictures.alt(pair, names),
            table=pictures.table(pair),
            what="why-cosine",
        )
    with right:
        row = table.loc[other]
        st.markdown(
            f"Between **{escape.markdown(names[0])}** and **{escape.markdown(names[1])}** lies an "
            f"angle of **{pair.degrees:.0f}°**: "
            f"cos = {words.measure(pair.cosine, 3)}. Their lengths are {words.number(pair.first)} "
            f"and {words.number(pair.second)}, so that the dot product is "
            f"{words.number(pair.first)} × {words.number(pair.second)} × "
            f"{words.measure(pair.cosine, 3)} = {words.number(pair.dot)}, and the distance "
            f"{words.number(pair.euclid)}. Of "
            f"{words.plural(axis.noun, axis.n - 1)} this is number {int(row['rank_cosine']):,} by "
            f"cosine, {int(row['rank_dot']):,} by dot product, {int(row['rank_euclid']):,} by "
            "distance."
        )
        st.dataframe(
            aligned(pictures.table(pair), value=3), hide_index=True, height="content",
            key="angle_numbers", alt=pictures.alt(pair, names),
        )  # fmt: skip
    _nearest(model, side, one, table)


def _telling(table: pd.DataFrame) -> int:
    """Whom the measures rank most differently, among the nearest by one of them."""
    ranks = table[[f"rank_{measure}" for measure in closeness.MEASURES]]
    near = ranks[ranks.min(axis=1) <= _LISTED]
    apart = np.log(near.max(axis=1)) - np.log(near.min(axis=1))
    return int(apart.idxmax())


def _nearest(model: ModelInView, side: Side, one: int, table: pd.DataFrame) -> None:
    """The nearest by each measure side by side, and how long they are."""
    axis = model.ratings.axis(side)
    columns: dict[str, list[str]] = {}
    lengths = {}
    for measure, title in _TITLES.items():
        order = table.sort_values(f"rank_{measure}").head(_LISTED)
        columns[title] = [
            f"{axis.names[i]} ({words.number(row[measure])})" for i, row in order.iterrows()
        ]
        lengths[measure] = float(order["length"].mean())
    shown = pd.DataFrame(columns)
    shown.index = pd.RangeIndex(1, len(shown) + 1, name="rank")
    st.dataframe(
        shown, height="content", key="close_nearest",
        column_config={"rank": st.column_config.NumberColumn("", width=30)},
        alt=f"The nearest to {axis.names[one]} by three measures",
    )  # fmt: skip
    n = min(10, max(1, len(table) // 3))  # of all, all measures would name the same
    same = closeness.disagreement(table, n)
    follows = closeness.length_and_ratings(model.fitted, side)
    text = (
        f"Of the {n:,} nearest by cosine, {same['dot']:,} are among the {n:,} nearest by dot "
        f"product and {same['euclid']:,} among those by distance. The dot product favours what is "
        "long "
        f"({words.number(lengths['dot'])} on average, by cosine {words.number(lengths['cosine'])})"
        f", distance what is about as long as the first ({words.number(lengths['euclid'])}); the "
        "cosine leaves length out and compares tastes alone."
    )
    if follows > _FOLLOWS:
        text += (
            " Length goes with the number of ratings here (rank correlation "
            f"{words.measure(follows, 2)}): by dot product what is known is close to everything."
        )
    st.markdown(text)
