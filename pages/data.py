"""Data: choose ratings, look at them, split them; small ones can be changed by hand."""

from __future__ import annotations

import functools

import streamlit as st

from pages.panels.data import (
    keeping_choices,
    limits_table,
    loaded_data,
    rating_editor,
    sources,
    split_form,
)
from pages.shared import empty_state, header, parts, session, view
from pages.shared.chart.chart import chart
from recsys_core import escape, words
from recsys_core.figures import heatmap, histogram, rating_counts, sparsity_pattern
from recsys_core.figures.theme import Mode
from recsys_core.ratings import Ratings
from recsys_core.splits import Split
from recsys_core.text import Number, Text, later, worded

# Tables of more rows are not sent to the browser as a whole.
_MOST_ROWS = 5000

_HEIGHT = 290

_GAP = later("The colour of the page is a gap: no rating there.")


def overview(ratings: Ratings, split: Split) -> None:
    """Size and pictures."""
    nouns = words.nouns(ratings.item_noun)
    with st.grid(6, min_column_width=130, gap="small"):
        st.metric(Text("Users"), Number(f"{ratings.n_users:,}"))
        st.metric(nouns.capitalize(), Number(f"{ratings.n_items:,}"))
        st.metric(Text("Ratings"), Number(f"{ratings.n_ratings:,}"))
        st.metric(
            Text("Filled"), words.percent(ratings.density), help=Text("Share of all pairs rated.")
        )
        st.metric(Text("Mean rating"), words.number(ratings.global_mean))
        st.metric(
            Text("Scale"), words.span(ratings.scale.low, ratings.scale.high), help=_steps(ratings)
        )
    with st.container(gap=None):
        for sentence in ratings.report.sentences():
            st.caption(escape.markdown(worded(sentence)))
    mode = session.theme()
    _known(ratings, split, mode)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            histogram.figure(ratings, mode),
            key="spread",
            what="spread-of-ratings",
            alt=Text(
                "Histogram of the ratings; the mean is {mean}",
                mean=words.number(ratings.global_mean),
            ),
            height=_HEIGHT,
            table=lambda: histogram.table(ratings),
        )
    with right:
        chart(
            rating_counts.figure(ratings, mode),
            key="tail",
            what="ratings-each",
            alt=Text(
                "How many ratings each user and each {noun} has; the most first",
                noun=ratings.item_noun,
            ),
            height=_HEIGHT,
            table=lambda: rating_counts.table(ratings).head(_MOST_ROWS),
        )


def _steps(ratings: Ratings) -> str:
    called = [ratings.scale.said(rating) for rating, _ in ratings.scale.words or ()]
    text: str = Text("The possible ratings: {scale}.", scale=str(ratings.scale))
    if called:
        text = f"{text} {Text('Answers: {answers}.', answers=words.listed(called))}"
    return escape.markdown(text)


def _known(ratings: Ratings, split: Split, mode: Mode) -> None:
    """What is known and what is missing: every cell of small data, blocks of large."""
    if sparsity_pattern.is_small(ratings):
        part = sparsity_pattern.cells(split)
        chart(
            heatmap.figure(part, "observed", mode),
            key="known",
            alt=heatmap.alt(part, "observed"),
            table=lambda: part.table("observed"),
            what="observed",
            note=heatmap.legend(part, "observed"),
        )
        st.caption(heatmap.legend(part, "observed"))
    else:
        chart(
            sparsity_pattern.figure(ratings, mode),
            key="known",
            alt=sparsity_pattern.alt(ratings),
            table=lambda: sparsity_pattern.table(ratings),
            what="observed",
            note=Text(_GAP),
        )
        st.caption(Text(_GAP))


place = header.title(Text("Data"), "User", "Item", "Scale", "Sparsity")
st.markdown(Text("Who rated what, how, and what is missing: the gaps are what a model will fill."))

choosing = sources.choose()
loaded_data.switch()
data = view.data()
if data is None:
    if not choosing:
        empty_state.offer_party(
            Text("Here would be the ratings: how many, how spread, and where the gaps are."),
            elsewhere=False,
        )
    keeping_choices.section()
    limits_table.section()
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    st.header(escape.markdown(data.ratings.name), anchor=False, width="content")
    st.page_link(
        "train.py",
        label=Text("Train a model on it"),
        icon=":material/play_circle:",
        query_params=view.parameters(),
    )
    loaded_data.actions(data)
if loaded_data.can_be_saved(data):
    header.export(place, functools.partial(loaded_data.save, data))
overview(data.ratings, data.split)
if parts.drawn("split"):
    split_form.section(data)
if parts.drawn("editor") and rating_editor.fits(data.ratings):
    rating_editor.section(data)
keeping_choices.section()
limits_table.section()
