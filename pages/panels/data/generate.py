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
from recsys_core.text import Text, later

_SCALES = {
    later("1–5, whole"): Scale(1, 5, 1),
    later("0.5–5, half steps"): Scale(0.5, 5, 0.5),
    later("1–10, whole"): Scale(1, 10, 1),
    later("0–100, whole"): Scale(0, 100, 1),
    later("1–5, continuous"): Scale(1, 5),
}

# MovieLens 10M's size: more is better made in a script and uploaded.
_MOST_RATINGS = 12_000_000


@dataclass(frozen=True)
class World:
    """A kind of generated ratings: its name, what it is good for, and its form."""

    name: Text
    what: Text
    form: Callable[[], Ratings | None]


def _low_rank() -> Ratings | None:
    with st.form("low_rank", border=False):
        size, shape, look = st.columns(3, gap="medium")
        n_users = size.number_input(Text("Users"), 2, 100_000, 100)
        n_items = size.number_input(Text("Items"), 2, 100_000, 50)
        seed = size.number_input(
            Text("Seed"),
            0,
            10**9,
            0,
            help=Text("The same seed gives the same world, number for number."),
        )
        n_factors = shape.slider(
            Text("True rank"),
            1,
            20,
            3,
            help=Text(
                "How many hidden factors the ratings are made from. A model with fewer cannot "
                "tell the whole story; one with many more starts to memorise."
            ),
        )
        density = shape.slider(
            Text("Filled"),
            0.001,
            1.0,
            0.3,
            step=0.001,
            format="percent",
            help=Text(
                "The share of all user–item pairs that is rated. Real data are a few percent "
                "filled."
            ),
        )
        noise = shape.slider(
            Text("Noise"),
            0.0,
            2.0,
            0.1,
            step=0.05,
            help=Text(
                "Standard deviation of the random part of each rating, in rating units. No model "
                "can predict better than this."
            ),
        )
        scale = look.selectbox(
            Text("Rating scale"),
            list(_SCALES),
            format_func=Text,
            help=Text("What ratings are rounded and limited to."),
        )
        popularity = look.slider(
            Text("Popularity skew"),
            0.0,
            2.0,
            0.0,
            step=0.1,
            help=Text(
                "0: all items are rated equally often. 1: as in real catalogues, a few items "
                "have most of the ratings."
            ),
        )
        selection = look.slider(
            Text("Selection"),
            0.0,
            1.0,
            0.0,
            step=0.05,
            help=Text(
                "How far ratings are missing not at random. 0: which pairs are rated has nothing "
                "to do with the rating. Above: the higher its true value, the likelier a pair is "
                "rated, as where people choose what they like; with 1, a pair higher by a quarter "
                "of the scale about 7 times as likely."
            ),
        )
        look.space("small")
        if not st.form_submit_button(Text("Generate"), type="primary", icon=":material/casino:"):
            return None
    _refuse_beyond_a_page(n_users * n_items * density)
    return rc.datasets.low_rank(
        int(n_users), int(n_items), n_factors, density, noise, int(seed), _SCALES[scale],
        popularity, selection,
    )  # fmt: skip


def _article0() -> Ratings | None:
    keep = st.toggle(
        Text("Keep ratings of zero and below"),
        help=Text(
            "The published recipe marks a removed cell by 0 and so loses every raw rating that is "
            "not above 0. Keeping them changes the stretch to 1–5, and with it all values."
        ),
    )
    if st.button(Text("Generate"), type="primary", icon=":material/casino:", key="go_article0"):
        return rc.datasets.article0(keep_nonpositive=keep)
    return None


def _checkerboard() -> Ratings | None:
    with st.form("checkerboard", border=False):
        left, middle, right = st.columns(3, gap="medium")
        n_users = left.number_input(Text("Users"), 2, 1000, 20)
        n_items = middle.number_input(Text("Items"), 2, 1000, 20)
        density = right.slider(Text("Filled"), 0.1, 1.0, 0.8, format="percent")
        if st.form_submit_button(Text("Generate"), type="primary", icon=":material/casino:"):
            return rc.datasets.checkerboard(int(n_users), int(n_items), density)
    return None


WORLDS = (
    World(
        Text("Hidden factors"),
        Text(
            "Every user and item gets a few hidden numbers; a rating is their dot product plus "
            "noise. The truth is kept, so that a model can be compared with it."
        ),
        _low_rank,
    ),
    World(
        Text("Shared features"),
        Text(
            "100 users and 50 items with 3 of 10 features each; a rating counts the features they "
            "share. The data of the first article that Factorscope reproduces."
        ),
        _article0,
    ),
    World(
        Text("Checkerboard"),
        Text(
            "5 where user and item are both odd or both even, else 1: averages see nothing here, "
            "one factor sees all."
        ),
        _checkerboard,
    ),
)


def panel() -> None:
    """Draw the choice and its form; use the ratings once they have been asked for."""
    worlds = {world.name.id: world for world in WORLDS}
    first = WORLDS[0].name.id
    chosen = st.segmented_control(
        Text("Kind of world"), list(worlds), default=first, required=True,
        format_func=lambda name: worlds[name].name.worded(), label_visibility="collapsed",
    )  # fmt: skip
    world = worlds[chosen or first]
    st.caption(world.what.worded())
    ratings = world.form()
    if ratings is not None:
        empty_state.use(ratings)


def _refuse_beyond_a_page(n_ratings: float) -> None:
    if n_ratings > _MOST_RATINGS:
        raise SettingsError(
            Text(
                "That would be {n} ratings; at most {most:,} are generated here: choose fewer "
                "users or items, or a smaller share filled.",
                n=words.number(n_ratings),
                most=_MOST_RATINGS,
            )
        )
