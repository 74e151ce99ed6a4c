"""The Data page's ready-made and generated ratings: a form each, one line on what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

import recsys_core as rc
from pages.shared import empty_state
from recsys_core import words
from recsys_core.errors import SettingsError
from recsys_core.ratings import Ratings, Scale

_SCALES = {
    "1–5, whole": Scale(1, 5, 1),
    "0.5–5, half steps": Scale(0.5, 5, 0.5),
    "1–10, whole": Scale(1, 10, 1),
    "0–100, whole": Scale(0, 100, 1),
    "1–5, continuous": Scale(1, 5),
}

# MovieLens 10M's size: more is better made in a script and uploaded.
_MOST_RATINGS = 12_000_000


@dataclass(frozen=True)
class World:
    """A kind of generated ratings: its name, what it is good for, and its form."""

    name: str
    what: str
    form: Callable[[], Ratings | None]


def _low_rank() -> Ratings | None:
    with st.form("low_rank", border=False):
        size, shape, look = st.columns(3, gap="medium")
        n_users = size.number_input("Users", 2, 100_000, 100)
        n_items = size.number_input("Items", 2, 100_000, 50)
        seed = size.number_input(
            "Seed", 0, 10**9, 0, help="The same seed gives the same world, number for number."
        )
        n_factors = shape.slider(
            "True rank",
            1,
            20,
            3,
            help="How many hidden factors the ratings are made from. A model with fewer cannot "
            "tell the whole story; one with many more starts to memorise.",
        )
        density = shape.slider(
            "Filled",
            0.001,
            1.0,
            0.3,
            step=0.001,
            format="percent",
            help="The share of all user–item pairs that is rated. Real data are a few percent "
            "filled.",
        )
        noise = shape.slider(
            "Noise",
            0.0,
            2.0,
            0.1,
            step=0.05,
            help="Standard deviation of the random part of each rating, in rating units. No model "
            "can predict better than this.",
        )
        scale = look.selectbox(
            "Rating scale", list(_SCALES), help="What ratings are rounded and limited to."
        )
        popularity = look.slider(
            "Popularity skew",
            0.0,
            2.0,
            0.0,
            step=0.1,
            help="0: all items are rated equally often. 1: as in real catalogues, a few items "
            "have most of the ratings.",
        )
        selection = look.slider(
            "Selection",
            0.0,
            1.0,
            0.0,
            step=0.05,
            help="How far ratings are missing not at random. 0: which pairs are rated has nothing "
            "to do with the rating. Above: the higher its true value, the likelier a pair is "
            "rated, as where people choose what they like; with 1, a pair higher by a quarter of "
            "the scale about 7 times as likely.",
        )
        look.space("small")
        if not st.form_submit_button("Generate", type="primary", icon=":material/casino:"):
            return None
    _refuse_beyond_a_page(n_users * n_items * density)
    return rc.datasets.low_rank(
        int(n_users), int(n_items), n_factors, density, noise, int(seed), _SCALES[scale],
        popularity, selection,
    )  # fmt: skip


def _article0() -> Ratings | None:
    keep = st.toggle(
        "Keep ratings of zero and below",
        help="The published recipe marks a removed cell by 0 and so loses every raw rating that is "
        "not above 0. Keeping them changes the stretch to 1–5, and with it all values.",
    )
    if st.button("Generate", type="primary", icon=":material/casino:", key="go_article0"):
        return rc.datasets.article0(keep_nonpositive=keep)
    return None


def _checkerboard() -> Ratings | None:
    with st.form("checkerboard", border=False):
        left, middle, right = st.columns(3, gap="medium")
        n_users = left.number_input("Users", 2, 1000, 20)
        n_items = middle.number_input("Items", 2, 1000, 20)
        density = right.slider("Filled", 0.1, 1.0, 0.8, format="percent")
        if st.form_submit_button("Generate", type="primary", icon=":material/casino:"):
            return rc.datasets.checkerboard(int(n_users), int(n_items), density)
    return None


WORLDS = (
    World(
        "Hidden factors",
        "Every user and item gets a few hidden numbers; a rating is their dot product plus noise. "
        "The truth is kept, so that a model can be compared with it.",
        _low_rank,
    ),
    World(
        "Shared features",
        "100 users and 50 items with 3 of 10 features each; a rating counts the features they "
        "share. The data of the first article that Factorscope reproduces.",
        _article0,
    ),
    World(
        "Checkerboard",
        "5 where user and item are both odd or both even, else 1: averages see nothing here, one "
        "factor sees all.",
        _checkerboard,
    ),
)


def panel() -> None:
    """Draw the choice and its form; use the ratings once they have been asked for."""
    names = [world.name for world in WORLDS]
    name = st.segmented_control(
        "Kind of world", names, default=names[0], required=True, label_visibility="collapsed"
    )
    world = WORLDS[names.index(name or names[0])]
    st.caption(world.what)
    ratings = world.form()
    if ratings is not None:
        empty_state.use(ratings)


def _refuse_beyond_a_page(n_ratings: float) -> None:
    if n_ratings > _MOST_RATINGS:
        raise SettingsError(
            f"That would be {words.number(n_ratings)} ratings; at most {_MOST_RATINGS:,} are "
            "generated here: choose fewer users or items, or a smaller share filled."
        )
