"""Recommend: what to suggest to whom and why, for a user one knows and for a guest who is new."""

from __future__ import annotations

import streamlit as st

from pages.shared import alike, explore, guest, recommending

st.title("Recommend", anchor=False)
st.markdown(
    "What the model would suggest to someone, and which of their own ratings speak for it. "
    "Somebody new needs to rate only a few things."
)
seen = explore.model_in_view("Recommendations and their reasons would be here.")
WHO = {"user": "A user", "guest": "A new guest"}
who = st.segmented_control(
    "For whom",
    list(WHO),
    default="user",
    required=True,
    format_func=WHO.__getitem__,
    key="recommend_who",
    persist_state="session",
    label_visibility="collapsed",
)
left, right = st.columns([1, 1.6], gap="medium")
if who == "guest":
    with left:
        one = guest.rate(seen)
    name = "the guest"
else:
    with left:
        one = recommending.choose_user(seen)
        recommending.own_ratings(seen, one)
    name = seen.ratings.user_names[one]
with right:
    item = recommending.best(seen, one, name)
    recommending.why(seen, one, item)
alike.section(seen, one, name, item)
