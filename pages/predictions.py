"""Predictions: the whole matrix, gaps filled, and how each number comes about."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from pages.panels.inside import expand
from pages.panels.predictions import guess, interval_check, rows_and_columns
from pages.shared import (
    choices,
    download_buttons,
    header,
    model_in_view,
    parts,
    recommendations,
    session,
    truth_line,
    view,
)
from pages.shared.chart import min_width
from pages.shared.chart.chart import cells, chart
from pages.shared.model_in_view import ModelInView
from recsys_core import escape
from recsys_core.asking import attribution, matrix_view
from recsys_core.asking.matrix_view import Block, View
from recsys_core.figures import heatmap, theme, waterfall
from recsys_core.text import Text

VIEWS: dict[View, Text] = {
    "observed": Text("Observed"),
    "predicted": Text("Predicted"),
    "filled": Text("Gaps filled"),
    "error": Text("Error"),
    "uncertainty": Text("Uncertainty"),
}


def cell_in_view(block: Block) -> tuple[int, int]:
    """The selected user and item; where none is, the block's first: there is always a cell."""
    now = view.now()
    user = int(block.user_ids[0]) if now.user is None else now.user
    item = int(block.item_ids[0]) if now.item is None else now.item
    return user, item


def picture(block: Block, how: View) -> None:
    """The block as a heatmap; a click selects a cell."""
    a_cell, mode = 36 if heatmap.is_small(block) else 20, session.theme()
    with min_width.at_least(min(150 + a_cell * len(block.item_ids), 700), "matrix"):
        chart(
            heatmap.figure(block, how, mode),
            key="matrix",
            alt=heatmap.alt(block, how),
            table=lambda: block.table(how),
            marks=cells(block.user_ids, block.item_ids, theme.cell_ring(mode), begin=True),
            part="matrix",
            what="gaps-filled" if how == "filled" else how,
            note=heatmap.legend(block, how),
        )
    click = Text("Click a cell to see how its prediction comes about.")
    st.caption(f"{heatmap.legend(block, how)} {click}")


@view.fragment("arithmetic", "user", "item")
def closer(model: ModelInView, block: Block) -> None:
    """How the number of the cell in view comes about."""
    user, item = cell_in_view(block)
    if _is_hidden(model, user, item):
        st.caption(Text("You are guessing this very rating: what is known of it comes afterwards."))
        return
    arithmetic(model, user, item)


@view.fragment("inside", "user", "item")
def inside(model: ModelInView, block: Block) -> None:
    """The update of the model, taken apart for the cell in view; where it was opened."""
    user, item = cell_in_view(block)
    if not _is_hidden(model, user, item):
        expand.show(model.run, model.epoch, user, item)


def _is_hidden(model: ModelInView, user: int, item: int) -> bool:
    """Whether a cell is being guessed just now."""
    cells = guess.hidden(model)
    return cells is not None and bool(((cells.user_ids == user) & (cells.item_ids == item)).any())


def arithmetic(model: ModelInView, user: int, item: int) -> None:
    """How one cell's prediction comes about: as a sum, from own ratings, or not to be said."""
    user_name, item_name = model.ratings.user_names[user], model.ratings.item_names[item]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{escape.markdown(user_name)} × {escape.markdown(item_name)}**"
            f" · {_rated(model, user, item)}",
            width="content",
        )
        expand.offer(model.run)
    if model.fitted.has.terms:
        _as_a_sum(model, user, item)
        return
    recommendations.predicted_sentence(model, user, item)
    if model.fitted.has.reasons:
        recommendations.why(model, user, item, choosable=False)
    else:
        st.caption(
            Text(
                "How it comes about cannot be taken apart: the numbers of this user and this "
                "{noun} go through the layers of a network, and what comes out is no sum of what "
                "went in.",
                noun=model.ratings.item_noun,
            )
        )


def _rated(model: ModelInView, user: int, item: int) -> Text:
    """The rating there is, and whether it was learned from."""
    rated = float(model.ratings.block([user], [item])[0, 0])
    if not math.isnan(rated):
        learned = not np.isnan(model.fitted.train.block([user], [item])[0, 0])
        said = escape.markdown(model.ratings.scale.said(rated))
        if learned:
            return Text("rated {rating}", rating=said)
        return Text("rated {rating}, held out", rating=said)
    return Text("not rated")


def _as_a_sum(model: ModelInView, user: int, item: int) -> None:
    user_name, item_name = model.ratings.user_names[user], model.ratings.item_names[item]
    found, extent = attribution.terms(model.fitted, user, item), model.fitted.extent
    st.markdown(escape.markdown(waterfall.sentence(found, extent)))
    chart(
        waterfall.figure(found, user_name, item_name, extent, session.theme()),
        key="terms",
        what=f"terms {user_name} {item_name}",
        alt=waterfall.alt(found, user_name, item_name, extent),
        table=lambda: waterfall.table(found, user_name, item_name),
    )
    if not model.fitted.has.ratings:
        st.caption(
            Text(
                "A preference, not a rating: for each factor the user's number times the {noun}'s, "
                "added up. About 1 is as good as chosen, about 0 of no interest.",
                noun=model.ratings.item_noun,
            )
        )
    elif model.fitted.has.factors:
        st.caption(
            Text(
                "The mean of all ratings, what this user and this {noun} add to it (their biases), "
                "and for each factor the user's number times the other's: two of the same sign "
                "raise the prediction, two of opposite signs lower it.",
                noun=model.ratings.item_noun,
            )
        )
    else:
        st.caption(Text("This model has no factors: the mean and biases are all it knows."))


def offered(model: ModelInView) -> dict[View, str]:
    """The views that mean something for this model."""
    named = VIEWS if model.fitted.has.ratings else VIEWS | {"predicted": Text("Preference")}
    return {view: named[view].worded() for view in matrix_view.views(model.fitted)}


place = header.title(Text("Predictions"), "Gap", "Clip")
st.markdown(
    Text(
        "Everyone's rating of everything, as the model sees it: in the gaps it guesses, elsewhere "
        "one sees how far off it is."
    )
)
seen = model_in_view.model_in_view(Text("The matrix with its gaps filled would be here."))
view.page_shows("options")
with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
    views = offered(seen)
    with st.container(width=410 if len(views) > 4 else 300):  # on a telephone it then wraps
        how: View = choices.segmented("cells", Text("View"), views, "matrix_view", usual="filled")
    shown = rows_and_columns.choose(seen)
    guessed = guess.hidden(seen)
    if guessed is not None:
        shown = shown.without(guessed.user_ids, guessed.item_ids)
left, right = st.columns([2.3, 1], gap="medium")
with left:
    if parts.drawn("matrix"):
        picture(shown, how)
    if parts.drawn("truth"):
        truth_line.beside(seen)
with right:
    if parts.drawn("why"):
        closer(seen, shown)
inside(seen, shown)
if parts.drawn("why"):
    interval_check.show(seen)
if parts.drawn("guess"):
    guess.section(seen)
header.export(place, lambda: download_buttons.block(seen, shown, how))
