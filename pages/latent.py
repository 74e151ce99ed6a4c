"""Latent space: users and items where the model puts them, and what the directions stand for."""

from __future__ import annotations

import streamlit as st

from pages.shared import alike, beside, explore, mapping, wide
from pages.shared.chart import Click, chart
from pages.shared.mapping import Map
from recsys_core.figures import latent


def picture(shown: Map) -> None:
    """The map; a click selects whoever is there."""

    def select(click: Click) -> None:
        if click.point is not None:
            trace = figure["data"][click.curve]
            if "customdata" in trace:
                mapping.select(trace["meta"], int(trace["customdata"][click.point]))

    figure = shown.figure()
    named = len(figure["layout"].get("annotations", ())) > 12
    with wide.at_least(620 if named else 300, "latent"):
        chart(
            figure,
            key="latent",
            alt=latent.alt(shown.clouds, "Latent space", shown.selected_name),
            table=lambda: latent.table(shown.clouds, shown.group_names),
            on_click=select,
        )


st.title("Latent space", anchor=False)
st.markdown(
    "Users and items as points: the model puts those near each other who go well together. "
    "Click one to see who is alike."
)
seen = explore.model_in_view("A map of users and items would be here.")
if not seen.predictor.has_factors:
    st.info(
        f"{seen.run.model.title} has no factors, and so no latent space to look at. Train SGD, "
        "ALS, PMF or neural MF to see one.",
        icon=":material/info:",
    )
    st.page_link("train.py", label="Choose a model", icon=":material/tune:")
    if seen.predictor.has_likeness:
        alike.items_alone(seen)
    st.stop()
shown = mapping.choose(seen)
left, right = st.columns([2.3, 1], gap="medium")
with left:
    picture(shown)
    beside.trust(shown)
with right:
    beside.neighbours(shown)
beside.ends(seen)
