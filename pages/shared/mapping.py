"""The map of the latent space on its page: its controls, and what is said beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared import explore, finding, layout, state
from pages.shared.explore import Model
from recsys_core import maps, words
from recsys_core.figures import latent
from recsys_core.figures.latent import Cloud, Method, Shade
from recsys_core.figures.plain import Figure
from recsys_core.maps import Places
from recsys_core.ordering import Side
from recsys_core.projection import Basis

METHODS: dict[Method, str] = {
    "pca": "PCA",
    "factors": "Two factors",
    "tsne": "t-SNE",
    "umap": "UMAP",
}
COLOURS = {
    "kind": "user or item",
    "cluster": "cluster",
    "mean": "mean rating",
    "count": "number of ratings",
    "genre": "genre",
}

# More points than these are a blot: the most rated are drawn. t-SNE and UMAP take long for many:
# some 10 and 4 s of one core for 1,200 points, but 28 and 14 for 2,000.
_MOST_A_SIDE = 4000
_MOST_ARRANGED = 1200

_NEIGHBOURS = 6


@dataclass(frozen=True)
class Map:
    """The map as it is shown."""

    model: Model
    clouds: list[Cloud]
    places: Places
    method: Method
    shade: Shade
    group_names: Sequence[str]
    selected: tuple[Side, int] | None
    neighbours: np.ndarray

    @property
    def title(self) -> str:
        """What it shows, in a line."""
        return latent.title(self.clouds, self.method)

    @property
    def selected_name(self) -> str | None:
        """Name of the selected one."""
        if self.selected is None:
            return None
        side, index = self.selected
        return finding.names(self.model.ratings, side)[index]

    def figure(self) -> Figure:
        """The map drawn."""
        return latent.figure(
            self.clouds,
            state.theme(),
            title=self.title,
            axes=self.places.axes,
            scale=self.model.predictor.scale,
            shade=self.shade,
            group_names=self.group_names,
            selected=self.selected,
            neighbours=self.neighbours,
        )


def select(side: Side, index: int) -> None:
    """Select a user or an item on the map, and so everywhere."""
    setattr(state.selection(), side, index)
    st.session_state.latent_side = side


def selected() -> tuple[Side, int] | None:
    """The one selected last on the map; before that, the item or user selected elsewhere."""
    chosen = state.selection()
    side: Side = st.session_state.get("latent_side", "user" if chosen.item is None else "item")
    index = getattr(chosen, side)
    return None if index is None else (side, index)


def choose(model: Model) -> Map:
    """The controls, and the map they make."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        sides = _sides(model)
        method: Method = st.segmented_control(
            "Map",
            list(METHODS),
            default="pca",
            required=True,
            format_func=METHODS.__getitem__,
            key="latent_method",
            persist_state="session",
            help="PCA looks along the two directions of widest spread. Two factors shows the "
            "model's own axes. t-SNE and UMAP bend the space so that neighbours stay together: "
            "there, far distances mean nothing.",
        )
        pair = _pair(model.predictor.n_factors) if method == "factors" else (0, 0)
        shade, groups, names = _colour(model)
        for side in sides:
            _find(model, side)
    one = selected()
    if one is not None and one[0] not in sides:
        one = None
    near = np.arange(0) if one is None else _neighbours(model, *one)
    places, method = _places(model, sides, method, pair, one, near)
    train = model.predictor.train
    clouds = [latent.cloud(train, places, s, None if groups is None else groups[s]) for s in sides]
    return Map(model, clouds, places, method, shade, names, one, near)


def _sides(model: Model) -> list[Side]:
    nouns = {
        "both": "Both",
        "user": "Users",
        "item": words.many(model.ratings.item_noun).capitalize(),
    }
    who = st.segmented_control(
        "Show",
        list(nouns),
        default="both",
        required=True,
        format_func=nouns.__getitem__,
        key="latent_who",
        persist_state="session",
    )
    return ["user", "item"] if who == "both" else [who]


def _pair(k: int) -> tuple[int, int]:
    def one(label: str, at: int) -> int:
        return st.selectbox(
            label,
            range(k),
            index=min(at, k - 1),
            format_func=lambda factor: f"factor {factor + 1}",
            key=f"latent_{label}_{k}",
            persist_state="session",
            width=120,
        )

    return one("Across", 0), one("Upward", 1)


def _colour(model: Model) -> tuple[Shade, dict[Side, np.ndarray] | None, Sequence[str]]:
    """The shading, the group of each user and item where they are grouped, and group names."""
    genres = maps.genres(model.ratings)
    offered = [name for name in COLOURS if name != "genre" or genres]
    colour = st.selectbox(
        "Colour by",
        offered,
        format_func=lambda name: COLOURS[name].replace("item", model.ratings.item_noun),
        key="latent_colour",
        persist_state="session",
        width=170,
    )
    if colour == "cluster":
        return "group", *explore.clusters(model)
    if colour == "genre":
        chosen = st.multiselect(
            "Genres",
            genres,
            default=genres[:3],
            max_selections=6,
            key="latent_genres",
            persist_state="session",
            width=320,
        )
        return "group", maps.of_genres(model.ratings, chosen), chosen
    return colour, None, ()


def _find(model: Model, side: Side) -> None:
    one = selected()
    chosen = one[1] if one is not None and one[0] == side else None
    with st.container(width=210):
        finding.pick(
            side,
            model.ratings,
            f"latent_find_{side}",
            lambda found: select(side, found),
            chosen=chosen,
        )


# --- where everyone lies -------------------------------------------------------------------------


def _neighbours(model: Model, side: Side, index: int) -> np.ndarray:
    table = explore.similar(model, side, index, _NEIGHBOURS)
    return table[side][table["similarity"] > 0].to_numpy()


def _places(
    model: Model,
    sides: list[Side],
    method: Method,
    pair: tuple[int, int],
    one: tuple[Side, int] | None,
    near: np.ndarray,
) -> tuple[Places, Method]:
    """Where everyone lies, and by which method: PCA while t-SNE or UMAP is not ready."""
    train = model.predictor.train
    if method in ("tsne", "umap"):
        ids = {side: maps.most_rated(train, side, _MOST_ARRANGED // len(sides)) for side in sides}
        vectors = maps.stacked(model.predictor, ids)
        points = layout.arranged(method, f"{model.key} {sides}", vectors)
        if points is not None:
            return explore.laid_out(model, method, points, ids), method
        method = "pca"
    ids = {side: maps.most_rated(train, side, _MOST_A_SIDE) for side in sides}
    if one is not None:
        ids[one[0]] = np.union1d(ids[one[0]], [one[1], *near])
    if method == "factors":
        basis = Basis.of_factors(model.predictor, *pair)
        axes = (f"factor {pair[0] + 1}", f"factor {pair[1] + 1}")
    else:
        basis = explore.basis(model)
        axes = maps.widest(basis)
    return explore.through(model, basis, ids, axes), method
