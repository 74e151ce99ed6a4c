"""Recommend: what to suggest to whom and why, for a user one knows and for a guest who is new."""

from __future__ import annotations

import streamlit as st

from pages.panels.recommend import closer, guest
from pages.shared import (
    choices,
    download_buttons,
    header,
    model_in_view,
    parts,
    recommendations,
    similar,
    view,
)
from recsys_core.models import Guest
from recsys_core.text import Text

place = header.title(Text("Recommend"), "Guest", "Fold-in", "Cold start")
st.markdown(
    Text(
        "What the model would suggest to someone, and which of their own ratings speak for it. "
        "Somebody new needs to rate only a few things."
    )
)
seen = model_in_view.model_in_view(Text("Recommendations and their reasons would be here."))
view.page_shows("options", "user", "item")
who = "user"
if parts.drawn("guest"):
    offered = {"user": Text("A user"), "guest": Text("A new guest")}
    who = choices.segmented(
        "who", Text("For whom"), offered, "recommend_who", label_visibility="collapsed"
    )
left, right = st.columns([1, 1.6], gap="medium")
one: int | Guest
name: str
if who == "guest":
    with left:
        one = guest.rate(seen)
    name = Text("the guest")
else:
    with left:
        one = recommendations.choose_user(seen)
        recommendations.own_ratings(seen, one)
    name = seen.ratings.user_names[one]
with right:
    item, table = recommendations.best(seen, one, name)
    if parts.drawn("why"):
        recommendations.why(seen, one, item)
    if isinstance(one, int):
        recommendations.liked_held_out(seen, one)
if parts.drawn("closer"):
    closer.section(seen, one, name)
if parts.drawn("similar"):
    similar.section(seen, one, name, item)
if table is not None:
    header.export(place, lambda: download_buttons.recommendations(table))
