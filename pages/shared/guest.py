"""A new guest: somebody the model has never met rates a few things, here and now."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from pages.shared import finding
from pages.shared.explore import Model
from recsys_core import words
from recsys_core.models import Guest
from recsys_core.ratings import Ratings, Scale

# So many well-known items are offered to be rated; more are found by name.
_OFFERED = 8

# A scale of more steps is typed, not clicked.
_MOST_STEPS = 11


@dataclass
class _Rated:
    """What the guest has said so far of these ratings' items: item index → rating."""

    ratings: weakref.ref[Ratings]
    values: dict[int, float] = field(default_factory=dict)
    found: list[int] = field(default_factory=list)


def _rated(ratings: Ratings) -> _Rated:
    held: _Rated | None = st.session_state.get("guest")
    if held is None or held.ratings() is not ratings:
        held = st.session_state.guest = _Rated(weakref.ref(ratings))
    return held


def rate(model: Model) -> Guest:
    """Items to rate, and the guest they make."""
    ratings, noun = model.ratings, model.ratings.item_noun
    rated = _rated(ratings)
    st.markdown(f"**Rate a few {words.many(noun)}**, those you know:")
    with st.container(width=360):
        finding.pick(
            "item",
            ratings,
            f"guest_find_{len(rated.found)}",
            lambda item: rated.found.insert(0, item),
            label=f"Add {words.a(noun)}",
        )
    popular = np.argsort(-ratings.item_counts, kind="stable")
    offered = [int(i) for i in popular if int(i) not in rated.found][:_OFFERED]
    for item in dict.fromkeys((*rated.found, *offered)):
        _row(item, ratings, rated)
    if rated.values:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{words.plural(noun, len(rated.values))} rated.", width="content")
            if st.button("Start over", icon=":material/restart_alt:", key="guest_over"):
                st.session_state.guest = None
                st.rerun()
    else:
        st.caption(
            "Nothing is rated yet, so the model knows nothing of you: what it shows is what it "
            "would suggest to anybody."
        )
    ids = np.array(list(rated.values), np.int64)
    return model.predictor.fold_in(ids, np.array(list(rated.values.values())))


def _row(item: int, ratings: Ratings, rated: _Rated) -> None:
    """One item, and one click to rate it."""
    name, scale = ratings.item_names[item], ratings.scale
    key = f"guest_{item}_{id(rated)}"

    def note() -> None:
        value = st.session_state[key]
        if value is None:
            rated.values.pop(item, None)
        else:
            rated.values[item] = float(value)

    steps = _steps(scale)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(name, width=190)
        if steps:
            st.segmented_control(
                f"Your rating of {name}",
                steps,
                default=rated.values.get(item),
                format_func=lambda value: f"{value:g}",
                key=key,
                on_change=note,
                label_visibility="collapsed",
            )
        else:
            st.number_input(
                f"Your rating of {name}",
                scale.low,
                scale.high,
                rated.values.get(item),
                key=key,
                on_change=note,
                label_visibility="collapsed",
                placeholder=f"{scale.low:g} to {scale.high:g}",
                width=130,
            )


def _steps(scale: Scale) -> list[float]:
    """The possible ratings where they are few enough to be clicked, else none."""
    if scale.step is None or scale.width / scale.step >= _MOST_STEPS:
        return []
    return [scale.low + scale.step * i for i in range(round(scale.width / scale.step) + 1)]
