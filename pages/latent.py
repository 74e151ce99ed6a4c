"""Latent space: users and items where the model puts them, and what the directions stand for."""

from __future__ import annotations

import streamlit as st

from pages.panels.latent import closer, found_of_truth, map_controls, map_notes
from pages.panels.latent.map_controls import Map
from pages.shared import header, model_in_view, parts, similar, view
from pages.shared.chart import min_width
from pages.shared.chart.chart import chart, lay_over
from recsys_core.figures import latent
from recsys_core.text import Text, worded


def picture(shown: Map) -> None:
    """The map; a click selects whoever is there."""
    figure = shown.figure()
    named = len(figure["layout"].get("annotations", ())) > 12
    with min_width.at_least(620 if named else 300, "latent"):
        chart(
            figure,
            key="latent",
            alt=latent.alt(shown.clouds, shown.method),
            table=lambda: latent.table(shown.clouds, shown.group_names),
            marks=map_controls.marks(figure),
            part="map",
            what=f"latent-space {shown.method}",
        )
    selected(shown)


@view.fragment("overlay", "user", "item")
def selected(shown: Map) -> None:
    """The selected one and those like it, over the map."""
    lay_over("latent", shown.overlay())


place = header.title(Text("Latent space"), "Latent space", "Factor (latent factor)")
st.markdown(
    Text(
        "Users and items as points: the model puts those near each other who go well together. "
        "Click one to see who is alike."
    )
)
seen = model_in_view.model_in_view(Text("A map of users and items would be here."))
view.page_shows("options")
if not seen.fitted.has.factors:
    st.info(
        Text(
            "{title} has no factors, and so no latent space to look at. Train SGD, ALS, PMF or "
            "neural MF to see one.",
            title=worded(seen.run.model.title),
        ),
        icon=":material/info:",
    )
    st.page_link(
        "train.py",
        label=Text("Choose a model"),
        icon=":material/tune:",
        query_params=view.parameters(),
    )
    if seen.fitted.has.similarity and parts.drawn("similar"):
        similar.items_alone(seen)
    if parts.drawn("truth"):
        found_of_truth.section(seen)
    st.stop()
shown = map_controls.choose(seen)
left, right = st.columns([2.3, 1], gap="medium")
with left:
    if parts.drawn("map"):
        picture(shown)
        map_notes.projection_quality(shown)
with right:
    if parts.drawn("similar"):
        map_notes.neighbours(shown)
if parts.drawn("truth"):
    found_of_truth.section(seen)
map_notes.axis_ends(seen)
closer.section(seen)
header.export(place)
