"""The map of the latent space on its page: its controls, and what is said beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.panels.latent import slow_layouts
from pages.shared import choices, model_in_view, pickers, session, view
from pages.shared.chart.chart import points
from pages.shared.model_in_view import ModelInView
from recsys_core import words
from recsys_core.asking import latent_map
from recsys_core.asking.latent_map import Places
from recsys_core.asking.projection import Basis
from recsys_core.figures import latent
from recsys_core.figures.latent import Cloud, Method, Shade
from recsys_core.figures.plain import Figure
from recsys_core.ratings import Ratings, Side
from recsys_core.text import Text, later, worded

METHODS: dict[Method, str] = {
    "pca": "PCA",
    "factors": Text("Two factors"),
    "tsne": "t-SNE",
    "umap": "UMAP",
}
COLOURS = {
    "kind": later("user or {noun}"),
    "cluster": later("cluster"),
    "mean": later("mean rating"),
    "count": later("number of ratings"),
    "genre": later("genre"),
    "false": later("false neighbours"),
    "torn": later("torn neighbours"),
}

# Of more users and items than these together the most rated are drawn.
_MOST = 10_000

_NEIGHBOURS = 6


@dataclass(frozen=True)
class Map:
    """The map as it is shown."""

    model: ModelInView
    clouds: list[Cloud]
    places: Places
    method: Method
    shade: Shade
    group_names: Sequence[str]

    @property
    def title(self) -> str:
        """What it shows, in a line."""
        return latent.title(self.clouds, self.method)

    def figure(self) -> Figure:
        """The map drawn, nobody selected."""
        return latent.figure(
            self.clouds,
            session.theme(),
            title=self.title,
            axes=(worded(self.places.axes[0]), worded(self.places.axes[1])),
            scale=self.model.fitted.scale,
            shade=self.shade,
            group_names=self.group_names,
        )

    def overlay(self) -> Figure:
        """The selected one and those like it."""
        chosen = self.selected
        near = None if chosen is None else _neighbours(self.model, *chosen)
        false = None if chosen is None else self.astray(*chosen)[0]
        return latent.overlay(self.clouds, chosen, near, self.shade, session.theme(), false)

    def astray(self, side: Side, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the map errs around one: who is near on it alone, and who is alike alone.

        Of those nearest on the map the ones not among the most alike, and the other way round.
        """
        alike = _neighbours(self.model, side, index)
        near = latent_map.nearest_on_map(self.places, side, index, _NEIGHBOURS)
        return near[~np.isin(near, alike)], alike[~np.isin(alike, near)]

    @property
    def selected(self) -> tuple[Side, int] | None:
        """The selected one, where its side is drawn."""
        chosen = selected()
        return chosen if chosen and chosen[0] in {cloud.side for cloud in self.clouds} else None


def marks(figure: Figure) -> dict[str, Any]:
    """Whom a click on each point selects; the overlay draws the ring."""
    of_traces = [
        (at, trace["meta"], np.asarray(trace["customdata"]).astype(int).tolist())
        for at, trace in enumerate(figure["data"])
        if "customdata" in trace
    ]
    return points(of_traces)


def selected() -> tuple[Side, int] | None:
    """The one selected last; in a new tab the item, or the user where none is."""
    chosen = view.now()
    side: Side = view.side() or ("user" if chosen.item is None else "item")
    index = getattr(chosen, side)
    return None if index is None else (side, index)


def choose(model: ModelInView) -> Map:
    """The controls, and the map they make."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        sides = _sides(model)
        method: Method = choices.segmented(
            "map",
            Text("Map"),
            {each: worded(name) for each, name in METHODS.items()},
            "latent_method",
            help=Text(
                "PCA looks along the main direction, that of the widest spread, and the second. "
                "Two factors shows the model's own axes. t-SNE and UMAP bend the space so that "
                "neighbours stay together: there, far distances mean nothing."
            ),
        )
        pair = (0, 0)
        if method == "factors":
            pair = choices.two_factors(range(model.fitted.n_factors), "latent")
        shade, groups, names = _colour(model)
        with st.container(horizontal=True, gap="medium", width=185 * len(sides) + 30):
            for side in sides:
                _find(model, side)
    one = selected()
    if one is not None and one[0] not in sides:
        one = None
    near = np.arange(0) if one is None else _neighbours(model, *one)
    places, method = _places(model, sides, method, pair, one, near)
    train = model.fitted.train
    errors = _errors(model, places, sides, shade)
    clouds = [
        latent.cloud(train, places, s, None if groups is None else groups[s], errors.get(s))
        for s in sides
    ]
    return Map(model, clouds, places, method, shade, names)


def _sides(model: ModelInView) -> list[Side]:
    nouns = {
        "both": Text("Both"),
        "user": Text("Users"),
        "item": words.nouns(model.ratings.item_noun).capitalize(),
    }
    who = choices.segmented("map_of", Text("Show"), nouns, "latent_who")
    return ["user", "item"] if who == "both" else [who]  # type: ignore[list-item]


def _colour(model: ModelInView) -> tuple[Shade, dict[Side, np.ndarray] | None, Sequence[str]]:
    """The shading, the group of each user and item where they are grouped, and group names."""
    genres = latent_map.genres(model.ratings)
    offered = {
        name: Text(text, noun=words.named(model.ratings.item_noun))
        for name, text in COLOURS.items()
        if name != "genre" or genres
    }
    colour = choices.select("colour", Text("Colour by"), offered, "latent_colour", width=150)
    if colour == "cluster":
        return "group", *model_in_view.clusters(model)
    if colour == "genre":
        said = view.option("genres")
        chosen = [genre for genre in said.split("|") if genre in genres] if said else genres[:3]
        st.session_state.latent_genres = chosen
        st.multiselect(
            Text("Genres"),
            genres,
            max_selections=6,
            key="latent_genres",
            on_change=lambda: choices.choose("genres", "|".join(st.session_state.latent_genres)),
            width=320,
        )
        return "group", latent_map.of_genres(model.ratings, chosen), chosen
    return colour, None, ()  # type: ignore[return-value]


def _errors(
    model: ModelInView, places: Places, sides: list[Side], shade: Shade
) -> dict[Side, np.ndarray]:
    """How far the map errs around each point that is drawn, where it is shaded by that."""
    if shade not in ("false", "torn"):
        return {}
    found = model_in_view.map_errors(model, places)
    each = found.false if shade == "false" else found.torn
    ends = np.cumsum([len(places.ids[side]) for side in sides])
    return dict(zip(sides, np.split(each, ends[:-1]), strict=True))


def _find(model: ModelInView, side: Side) -> None:
    with st.container(width=180):
        pickers.pick(
            side, model.ratings, f"latent_find_{side}", lambda found: view.select(**{side: found})
        )


# --- where everyone lies -------------------------------------------------------------------------


def _neighbours(model: ModelInView, side: Side, index: int) -> np.ndarray:
    table = model_in_view.similar(model, side, index, _NEIGHBOURS)
    return table[side][table["similarity"] > 0].to_numpy()


def _drawn(train: Ratings, sides: list[Side]) -> dict[Side, np.ndarray]:
    """The indices that are drawn: all, or the most rated; half of them of each side if it can."""
    half = _MOST // len(sides)
    spare = sum(max(half - train.axis(side).n, 0) for side in sides)
    return {side: latent_map.most_rated(train, side, half + spare) for side in sides}


def _places(
    model: ModelInView,
    sides: list[Side],
    method: Method,
    pair: tuple[int, int],
    one: tuple[Side, int] | None,
    near: np.ndarray,
) -> tuple[Places, Method]:
    """Where everyone lies, and by which method: PCA while t-SNE or UMAP is not ready."""
    ids = _drawn(model.fitted.train, sides)
    if method in ("tsne", "umap"):
        vectors = latent_map.stacked(model.factored, ids)
        points = slow_layouts.arranged(model, method, tuple(sides), vectors)
        if points is not None:
            return model_in_view.placed(model, method, points, ids), method
        method = "pca"
    if one is not None:
        ids[one[0]] = np.union1d(ids[one[0]], [one[1], *near])
    if method == "factors":
        basis = Basis.of_factors(model.factored, *pair)
        axes: tuple[str, str] = (
            Text("factor {name}", name=pair[0] + 1),
            Text("factor {name}", name=pair[1] + 1),
        )
    else:
        basis = model_in_view.basis(model)
        axes = latent_map.axes_of(basis)
    return model_in_view.project(model, basis, ids, axes), method
