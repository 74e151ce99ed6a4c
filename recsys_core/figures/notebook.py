"""Figures for a notebook: each takes ratings or a trained model and returns a Plotly figure.

They draw with the functions of the pages, on paper of their own. Each may raise

    MissingPackageError   if Plotly is not installed
    NotFittedError        if the model has not been trained yet
    RatingsError          if there is no user or item of such an index
    SettingsError         if a choice does not exist, or the model has not what is to be drawn
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from recsys_core import words
from recsys_core.asking import attribution, matrix_view, projection, similarity
from recsys_core.asking import latent_map as places_of
from recsys_core.asking import truth as of_truth
from recsys_core.asking.matrix_view import View, block_of
from recsys_core.asking.similarity import By, fitted_of
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.extras import needed_for
from recsys_core.figures import (
    curves,
    heatmap,
    histogram,
    latent,
    rating_counts,
    reason_bars,
    similarity_matrix,
    sparsity_pattern,
    theme,
    truth,
    waterfall,
)
from recsys_core.figures.curves import Curve, Measure
from recsys_core.figures.plain import Figure
from recsys_core.figures.theme import Mode
from recsys_core.models import Factored, FittedModel, Guest, Model, seen_as
from recsys_core.models.base import described
from recsys_core.models.fitted_model import checked
from recsys_core.ratings import SIDES, Ratings, Side
from recsys_core.text import Text
from recsys_core.training import Epoch

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Of a larger matrix the most rated users and items are drawn, unless others are asked for.
_MOST_USERS, _MOST_ITEMS = 40, 30

# Likewise of a matrix of similarities, and of a map; t-SNE and UMAP take long for many.
_MOST_COMPARED = 30
_MOST_MAPPED = {"pca": 4000, "tsne": 600, "umap": 600}

MapMethod = Literal["pca", "tsne", "umap"]
ColourBy = Literal["kind", "cluster", "mean", "count"]


# --- training -----------------------------------------------------------------------------------


def error_curve(*models: Model, measure: Measure = "RMSE", mode: Mode = "light") -> go.Figure:
    """Draw the error of trained models over their epochs, the initial state first.

    Training is dashed, validation solid, a star marks the lowest validation error. "RMSE" is of
    predictions clipped to the scale, in rating units; "objective" is the regularised loss, which is
    drawn for all where a model predicts no ratings (implicit feedback).

    Raises
    ------
    SettingsError
        If no model is given, or one has no epochs (item kNN, the global mean).
    """
    _check("measure", measure, get_args(Measure))
    if not models:
        raise SettingsError(Text("Give at least one trained model: error_curve(model)."))
    for model in models:
        if not model.has_epochs:
            raise SettingsError(Text("{title} has no epochs, and so no curve.", title=model.title))
    names = words.distinct([described(model, model.settings) for model in models])
    found = [
        Curve(name, model.history, len(model.history) - 1, colour, _lowest(model.history))
        for colour, (name, model) in enumerate(zip(names, models, strict=True))
    ]
    if not all(curve.series("train") for curve in found):
        measure = "objective"
    chart = curves.drawn(found, mode, measure=measure)
    if len(models) == 1:
        chart["layout"]["title"] = {
            "text": Text("{name}: RMSE over epochs", name=names[0])
            if measure == "RMSE"
            else Text("{name}: objective over epochs", name=names[0])
        }
    return _alone(chart, mode)


def _lowest(history: Sequence[Epoch]) -> int | None:
    """The epoch of lowest validation RMSE; None without validation."""
    known = [e for e in history if e.validation_rmse is not None]
    return min(known, key=lambda e: e.validation_rmse or 0.0).number if known else None


# --- predictions --------------------------------------------------------------------------------


def matrix(
    model: Model | FittedModel | Ratings,
    view: View | None = None,
    *,
    user_ids: ArrayLike | None = None,
    item_ids: ArrayLike | None = None,
    validation: Ratings | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """Draw the matrix as a heatmap, one row per user and one column per item.

    ``view`` is "observed", "predicted", "filled" (the rating where there is one, else the
    prediction), "error" (predicted − observed) or "uncertainty" (standard deviation), in rating
    units; by default "filled". Of ratings there is only what is observed; of a model that predicts
    preferences, "observed" and "predicted", by default the latter.

    ``user_ids`` and ``item_ids`` are indices of the rows and columns, in order; None means all, or
    of more than 40 users (30 items) the most rated. Cells of ``validation`` are outlined, and have
    their rating and error.

    Raises
    ------
    SettingsError
        If there is no such view of this model.
    RatingsError
        If there is no user or item of such an index, or none is given.
    TooLargeError
        If more cells are asked for than can be predicted at once.
    """
    fitted = None if isinstance(model, Ratings) else fitted_of(model)
    train = model if isinstance(model, Ratings) else fitted_of(model).train
    offered = matrix_view.views(fitted)
    if view is None:
        view = "filled" if "filled" in offered else offered[-1]
    _check("view", view, offered)
    users = _chosen(user_ids, train, "user", _MOST_USERS)
    items = _chosen(item_ids, train, "item", _MOST_ITEMS)
    part = block_of(train, fitted, users, items, validation=validation)
    return _alone(heatmap.figure(part, view, mode), mode)


def prediction_terms(
    model: Model | FittedModel, user: int | Guest, item: int, *, mode: Mode = "light"
) -> go.Figure:
    """Draw one prediction as the sum it is: mean + biases + each factor's product.

    ``user`` and ``item`` are indices. Bars are in rating units; on a logistic link, logits.

    Raises
    ------
    SettingsError
        If the model's predictions are no such sum (``has.terms``).
    """
    found, fitted = attribution.terms(model, user, item), fitted_of(model)
    names = fitted.row(user).name, fitted.train.item_names[item]
    return _alone(waterfall.figure(found, *names, fitted.extent, mode), mode)


def reasons(
    model: Model | FittedModel,
    user: int | Guest,
    item: int,
    *,
    most: int = 8,
    mode: Mode = "light",
) -> go.Figure:
    """Draw which of a user's own ratings raise or lower one prediction, the strongest first.

    Each bar is the contribution of one rating, in rating units (see
    ``attribution.reasons``); at most ``most`` are drawn.

    Raises
    ------
    RatingsError
        If none of the user's ratings has a part in this prediction.
    SettingsError
        If the model cannot tell (``has.reasons``).
    """
    found, fitted = attribution.reasons(model, user, item), fitted_of(model)
    names = fitted.train.item_names
    if found.table.empty:
        raise RatingsError(
            Text(
                "No rating of {name} has a part in the prediction of {names}: "
                "there are no reasons to draw.",
                name=fitted.row(user).name,
                names=names[item],
            )
        )
    of_ratings = fitted.has.ratings
    return _alone(reason_bars.figure(found, names, names[item], mode, most, of_ratings), mode)


# --- similarity ---------------------------------------------------------------------------------


def latent_map(
    model: Model | FittedModel,
    method: MapMethod = "pca",
    colour_by: ColourBy = "kind",
    *,
    mode: Mode = "light",
) -> go.Figure:
    """Draw users and items where their factors put them, in the plane.

    ``method`` "pca" looks along the two directions of widest spread; "tsne" and "umap" keep
    neighbours together, and far distances mean nothing. Of more than 4,000 users or items (600 for
    the latter two) the most rated are drawn. ``colour_by`` is "kind" (user or item), "cluster",
    "mean" (mean rating) or "count" (number of ratings).

    Raises
    ------
    MissingPackageError
        If t-SNE or UMAP is asked for and not installed.
    SettingsError
        If the model has no factors.
    """
    _check("method", method, get_args(MapMethod))
    _check("colour_by", colour_by, get_args(ColourBy))
    fitted = fitted_of(model)
    if not fitted.has.factors:
        raise SettingsError(Text("This model has no factors, and so no map of users and items."))
    fitted = seen_as(Factored, fitted)
    train = fitted.train
    ids = {side: places_of.most_rated(train, side, _MOST_MAPPED[method]) for side in SIDES}
    if method == "pca":
        basis = projection.Basis.fit(fitted)
        places = places_of.project(fitted, basis, ids, places_of.axes_of(basis))
    else:
        arrange = projection.tsne if method == "tsne" else projection.umap
        places = places_of.placed(fitted, arrange(places_of.stacked(fitted, ids)), ids)
    groups, group_names = places_of.clusters(fitted) if colour_by == "cluster" else ({}, [])
    clouds = [latent.cloud(train, places, side, groups.get(side)) for side in SIDES]
    chart = latent.figure(
        clouds,
        mode,
        title=latent.title(clouds, method),
        axes=places.axes,
        scale=train.scale,
        shade="group" if colour_by == "cluster" else colour_by,
        group_names=group_names,
    )
    return _alone(chart, mode)


def similarities(
    model: Model | FittedModel,
    side: Side = "user",
    by: By = "factors",
    *,
    ids: ArrayLike | None = None,
    mode: Mode = "light",
) -> go.Figure:
    """Draw how similar users (or items) are to each other, as a matrix; see ``recommend``.

    ``ids`` are the indices compared, in order. None: all, or the most rated of more than 30.

    Raises
    ------
    SettingsError
        If the model calls no users or items similar (``has.similarity``).
    RatingsError
        If there is no user (or item) of such an index, or none is given.
    """
    _check("side", side, get_args(Side))
    _check("by", by, get_args(By))
    fitted = fitted_of(model)
    if by == "factors" and not fitted.has.similarity:
        raise SettingsError(Text('This model has no factors to compare: ask for by="predictions".'))
    axis = fitted.train.axis(side)
    chosen = _chosen(ids, fitted.train, side, _MOST_COMPARED)
    names = [axis.names[i] for i in chosen]
    table = similarity.similarity_matrix(fitted, side, by, chosen)
    title = similarity_matrix.title(axis.noun, similarity.compared(fitted, by))
    return _alone(similarity_matrix.figure(table.set_axis(names, axis=0), title, mode), mode)


def true_and_learned(
    model: Model | FittedModel, side: Side = "item", *, mode: Mode = "light"
) -> go.Figure:
    """Draw true and learned factors of generated ratings, a thin line from each to each.

    Along the two widest true directions; the learned factors are aligned with the true ones by
    ``asking.truth.recovery``, whose R² the title says. Of more than 200 the most rated are drawn.

    Raises
    ------
    SettingsError
        If the model was not trained on generated ratings, or is no sum of products of factors.
    """
    _check("side", side, get_args(Side))
    fitted = fitted_of(model)
    train = fitted.train
    found = None if train.truth is None else of_truth.recovery(fitted, train.truth)
    if found is None:
        raise SettingsError(
            Text("There are no true factors to compare with, or none that were learned.")
        )
    ids = places_of.most_rated(train, side, truth.MOST_DRAWN)
    chart = truth.recovered(found, train, side, ids, mode)
    r2 = words.measure(found.r2_of_side[side], 2)
    chart["layout"]["title"] = {"text": f"{truth.title(train, side, len(ids))}, R² {r2}"}
    return _alone(chart, mode)


# --- ratings ------------------------------------------------------------------------------------


def rating_histogram(ratings: Ratings, *, mode: Mode = "light") -> go.Figure:
    """Draw how many ratings there are of each value; a continuous scale is cut into 20 bins.

    Raises
    ------
    SettingsError
        If there is no such ``mode``.
    """
    return _alone(histogram.figure(ratings, mode), mode)


def long_tail(ratings: Ratings, *, mode: Mode = "light") -> go.Figure:
    """Draw the number of ratings of each user and each item over its rank, most rated first.

    Raises
    ------
    SettingsError
        If there is no such ``mode``.
    """
    return _alone(rating_counts.figure(ratings, mode), mode)


def known_cells(ratings: Ratings, *, mode: Mode = "light") -> go.Figure:
    """Draw which cells of the matrix are rated.

    Up to 30 users and 40 items each rating is printed under its names; beyond, users and items are
    ordered by their number of ratings, and where they are more than there is room for, each block
    of cells is as dark as the share of it that is rated, in percent.

    Raises
    ------
    SettingsError
        If there is no such ``mode``.
    """
    if sparsity_pattern.is_small(ratings):
        return matrix(ratings, user_ids=ratings.user_order, item_ids=ratings.item_order,
                      mode=mode)  # fmt: skip
    return _alone(sparsity_pattern.figure(ratings, mode), mode)


# --- what they share ----------------------------------------------------------------------------


def _alone(chart: Figure, mode: Mode) -> go.Figure:
    """The figure as Plotly's own, on paper of its own: no page lies behind it."""
    _check("mode", mode, get_args(Mode))
    with needed_for(Text("A figure")):
        import plotly.graph_objects as go
    paper = theme.paper(mode)
    return go.Figure(chart).update_layout(paper_bgcolor=paper, plot_bgcolor=paper)


def _check(name: str, value: str, choices: Sequence[str]) -> None:
    """One sentence for a choice that does not exist."""
    if value not in choices:
        raise SettingsError(
            Text(
                "{name} must be one of {names}, not {value!r}.",
                name=name,
                names=", ".join(choices),
                value=value,
            )
        )


def _chosen(ids: ArrayLike | None, train: Ratings, side: Side, most: int) -> np.ndarray:
    """Indices asked for, checked; else all, or the most rated of many."""
    if ids is None:
        return places_of.most_rated(train, side, most)
    found = checked(ids, train.axis(side).n, side)
    if not len(found):
        raise RatingsError(Text("No {side} is chosen; give at least one index.", side=side))
    return found
