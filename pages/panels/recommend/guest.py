"""A new guest: somebody the model has never met rates a few things, here and now."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.shared import parts, pickers, session
from pages.shared.model_in_view import ModelInView
from recsys_core import escape, words
from recsys_core.models import Guest
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# So many well-known items are offered to be rated; more are found by name.
_OFFERED = 8

# A scale of more ratings than this is typed, not clicked.
_MOST_CLICKED = 11

# Buttons of more text than this do not stand side by side: it is chosen from a list.
_MOST_SIGNS = 40


def _rated(model: ModelInView) -> dict[int, float]:
    """What the guest has said so far: item index → rating; the workspace keeps it."""
    return session.workspace().guest.setdefault(model.run.experiment.data, {})


def rate(model: ModelInView) -> Guest:
    """Items to rate, and the guest they make."""
    ratings, noun, rated = model.ratings, model.ratings.item_noun, _rated(model)
    st.markdown(Text("**Rate a few {nouns}**, those you know:", nouns=words.nouns(noun)))
    # Found by name in this tab, and not among the popular ones.
    found: list[int] = st.session_state.setdefault(f"guest_found_{ratings.fingerprint}", [])
    locked = parts.locked("guest")
    if not locked:
        with st.container(width=360):
            pickers.pick(
                "item",
                ratings,
                f"guest_find_{len(found)}",
                lambda item: found.insert(0, item),
                label=Text("Add {a_noun}", a_noun=words.a(noun)),
            )
    popular = ratings.axis("item").most_rated()
    offered = [int(i) for i in popular if int(i) not in found][:_OFFERED]
    for item in dict.fromkeys((*found, *(i for i in rated if i not in offered), *offered)):
        _row(item, ratings, rated, locked)
    if rated:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                Text("{items} rated.", items=words.plural(noun, len(rated))), width="content"
            )
            st.button(
                Text("Start over"),
                icon=":material/restart_alt:",
                key="guest_over",
                disabled=locked,
                on_click=parts.unlocked("guest", rated.clear),
            )
    else:
        st.caption(
            Text(
                "Nothing is rated yet, so the model knows nothing of you: what it shows is what it "
                "would suggest to anybody."
            )
        )
    return model.fitted.fold_in(np.array(list(rated), np.int64), np.array(list(rated.values())))


def rating_row(model: ModelInView, item: int, start: str, locked: bool) -> None:
    """One item to rate, elsewhere on the page; ``start`` begins the widget's key."""
    _row(item, model.ratings, _rated(model), locked, start)


def rated(model: ModelInView) -> dict[int, float]:
    """What the guest has rated so far, item index → rating, in the order in which it was."""
    return dict(_rated(model))


def _row(
    item: int, ratings: Ratings, rated: dict[int, float], locked: bool, start: str = "guest"
) -> None:
    """One item, and one click to rate it."""
    name, scale = ratings.item_names[item], ratings.scale
    key = f"{start}_{item}"
    st.session_state[key] = rated.get(item)

    def note() -> None:
        value = st.session_state[key]
        if value is None:
            rated.pop(item, None)
        else:
            rated[item] = float(value)

    possible = scale.possible(_MOST_CLICKED)
    label = Text("Your rating of {name}", name=escape.markdown(name))
    listed = sum(len(scale.said(value)) for value in possible) > _MOST_SIGNS
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(escape.markdown(name), width=150 if listed else 190)
        if listed:
            st.selectbox(
                label,
                possible,
                index=None,
                format_func=scale.said,
                key=key,
                on_change=parts.unlocked("guest", note),
                disabled=locked,
                label_visibility="collapsed",
                placeholder=Text("not rated"),
            )
        elif possible:
            st.segmented_control(
                label,
                possible,
                format_func=lambda value: escape.markdown(scale.said(value)),
                key=key,
                on_change=parts.unlocked("guest", note),
                disabled=locked,
                label_visibility="collapsed",
            )
        else:
            st.number_input(
                label,
                scale.low,
                scale.high,
                value=None,
                key=key,
                on_change=parts.unlocked("guest", note),
                disabled=locked,
                label_visibility="collapsed",
                placeholder=Text(
                    "{low} to {high}", low=scale.said(scale.low), high=scale.said(scale.high)
                ),
                width=130,
            )
