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
from recsys_core.text import Text

_LISTED = 8

# From this rank correlation on, length is said to go with the number of ratings.
_FOLLOWS = 0.2

_TITLES = {
    "cosine": Text("by cosine"),
    "dot": Text("by dot product"),
    "euclid": Text("by distance"),
}


def draw(model: ModelInView) -> None:
    """Two of a side, their angle; and the nearest by each measure."""
    noun = model.ratings.item_noun
    offered: dict[Side, str] = {
        "user": Text("Users"),
        "item": words.nouns(noun).capitalize(),
    }
    side = choices.segmented("close_of", Text("Compare"), offered, "close_of", part="similar")
    axis = model.ratings.axis(side)
    if axis.n < 2:
        st.caption(Text("There are no two to compare."))
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
                    chosen=index, label=Text("The first") if which == "one" else Text("The other"),
                    disabled=parts.locked("similar"),
                )  # fmt: skip
    names = axis.names[one], axis.names[other]
    if one == other:
        st.caption(Text("These are the same; choose another one."))
        return
    pair = closeness.pair(model.fitted, side, one, other)
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        chart(
            pictures.figure(pair, names, side, session.theme()),
            key="angle",
            alt=pictures.alt(pair, names),
            table=lambda: pictures.table(pair),
            what="why-cosine",
        )
    with right:
        row = table.loc[other]
        st.markdown(
            Text(
                "Between **{one}** and **{other}** lies an angle of **{degrees:.0f}°**: cos = "
                "{cosine}. Their lengths are {first} and {second}, so that the dot product is "
                "{first} × {second} × {cosine} = {dot}, and the distance {euclid}. Of {others} "
                "this is number {by_cosine:,} by cosine, {by_dot:,} by dot product, "
                "{by_distance:,} by distance.",
                one=escape.markdown(names[0]),
                other=escape.markdown(names[1]),
                degrees=float(pair.degrees),
                cosine=words.measure(pair.cosine, 3),
                first=words.number(pair.first),
                second=words.number(pair.second),
                dot=words.number(pair.dot),
                euclid=words.number(pair.euclid),
                others=words.plural(axis.noun, axis.n - 1),
                by_cosine=int(row["rank_cosine"]),
                by_dot=int(row["rank_dot"]),
                by_distance=int(row["rank_euclid"]),
            )
        )
        st.dataframe(
            aligned(pictures.table(pair), **{Text("value"): 3}), hide_index=True, height="content",
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
        columns[title.worded()] = [
            f"{axis.names[i]} ({words.number(row[measure])})" for i, row in order.iterrows()
        ]
        lengths[measure] = float(order["length"].mean())
    shown = pd.DataFrame(columns)
    shown.index = pd.RangeIndex(1, len(shown) + 1, name="rank")
    st.dataframe(
        shown, height="content", key="close_nearest",
        column_config={"rank": st.column_config.NumberColumn("", width=30)},
        alt=Text("The nearest to {name} by three measures", name=axis.names[one]),
    )  # fmt: skip
    n = min(10, max(1, len(table) // 3))  # of all, all measures would name the same
    same = closeness.disagreement(table, n)
    follows = closeness.length_and_ratings(model.fitted, side)
    text: str = Text(
        "Of the {n:,} nearest by cosine, {dot:,} are among the {n:,} nearest by dot product and "
        "{euclid:,} among those by distance. The dot product favours what is long ({long} on "
        "average, by cosine {usual}), distance what is about as long as the first ({alike}); the "
        "cosine leaves length out and compares tastes alone.",
        n=n,
        dot=same["dot"],
        euclid=same["euclid"],
        long=words.number(lengths["dot"]),
        usual=words.number(lengths["cosine"]),
        alike=words.number(lengths["euclid"]),
    )
    if follows > _FOLLOWS:
        known = Text(
            "Length goes with the number of ratings here (rank correlation {x}): by dot product "
            "what is known is close to everything.",
            x=words.measure(follows, 2),
        )
        text = f"{text} {known}"
    st.markdown(text)
