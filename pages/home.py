"""Home: three ways in, each one click from a model that moves."""

from __future__ import annotations

import streamlit as st

from pages.panels.learn import tour
from pages.shared import empty_state, header, view
from recsys_core import escape
from recsys_core.figures import home_drawings
from recsys_core.text import Text

header.title("Factorscope")
st.markdown(
    Text(
        "Watch a model turn a table of ratings full of gaps into predictions, a map of taste and "
        "recommendations, on your own ratings. It describes each person and each thing by a few "
        "numbers, its *factors*, and changes them until their products give the known ratings; "
        "then they give the missing ones, too. That is matrix factorization."
    )
)

tour.offer()

PLAY = ":material/play_arrow:"
current = view.entry()
if current is not None:
    st.page_link(
        "train.py",
        label=Text(
            "Go on with {run} on {data}",
            run=escape.markdown(current.name),
            data=escape.markdown(current.run.ratings.name),
        ),
        icon=":material/arrow_forward:",
        query_params=view.parameters(),
    )

# A picture, a name, one line and a button each; the picture shows what it is.
party, world, own = st.columns(3, gap="medium")

with party.container(border=True, height="stretch", key="way_party"):
    st.image(
        home_drawings.party(),
        width="stretch",
        alt=Text("A table of 4 guests by 12 songs, with gaps"),
    )
    st.header(Text("Robbie's party"), anchor=False)
    st.markdown(
        Text(
            "4 guests, 12 songs, and gaps where a guest has rated nothing: small enough to follow."
        )
    )
    st.space("stretch")
    if st.button(Text("Watch it learn"), type="primary", icon=PLAY, key="go_party"):
        empty_state.watch(empty_state.party())

with world.container(border=True, height="stretch", key="way_world"):
    st.image(
        home_drawings.world(),
        width="stretch",
        alt=Text("User factors times item factors give ratings"),
    )
    st.header(Text("Generate a world"), anchor=False)
    st.markdown(Text("Ratings made from three hidden factors: see whether the model finds them."))
    st.space("stretch")
    if st.button(Text("Generate and watch"), type="primary", icon=PLAY, key="go_world"):
        empty_state.watch(empty_state.world())

with own.container(border=True, height="stretch", key="way_own"):
    st.image(
        home_drawings.file(),
        width="stretch",
        alt=Text("A file with a user, an item and a rating in each row"),
    )
    st.header(Text("Bring your ratings"), anchor=False)
    st.markdown(Text("A CSV file, a spreadsheet or a MovieLens zip: its format is recognised."))
    st.space("stretch")
    if st.button(
        Text("Choose a file"), type="primary", icon=":material/upload_file:", key="go_own"
    ):
        st.session_state.data_source = "Upload"
        st.switch_page("data.py")
