"""Blocks of the matrix: some users by some items, with ratings and predictions of the cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from recsys_core import words
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ratings import Ratings, Scale
from recsys_core.text import Text

View = Literal["observed", "predicted", "filled", "error", "uncertainty"]


def views(fitted: FittedModel | None) -> tuple[View, ...]:
    """Return the views that a model supports; None: nothing is trained yet."""
    if fitted is None:
        return ("observed",)
    if not fitted.has.ratings:
        return "observed", "predicted"
    sure: tuple[View, ...] = ("uncertainty",) if fitted.has.intervals else ()
    return "observed", "predicted", "filled", "error", *sure


@dataclass(frozen=True, eq=False)
class Block:
    """Some users by some items, and all that a picture may show; arrays are (rows, columns).

    Attributes
    ----------
    user_ids, item_ids : indices of the rows and columns, in the order shown.
    user_names, item_names : what to call them.
    trained, validation, test : float32, the ratings of each part; NaN where there is none.
    scale : of the ratings; ``extent`` : of what is predicted, another one for preferences
        (``has_ratings`` False).
    predicted : float32, clipped to the scale; None where nothing is trained yet.
    deviation : float32, the standard deviation of each prediction; None where it is not known.
    user_groups, item_groups : a number for each row and column; a line parts different ones.
    hidden : bool, (rows, columns), the cells of which nothing may be told (``without``).
    """

    user_ids: np.ndarray
    item_ids: np.ndarray
    user_names: list[str]
    item_names: list[str]
    scale: Scale
    extent: Scale
    item_noun: str
    trained: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    hidden: np.ndarray
    predicted: np.ndarray | None = None
    deviation: np.ndarray | None = None
    has_ratings: bool = True
    user_groups: np.ndarray | None = None
    item_groups: np.ndarray | None = None

    @cached_property
    def observed(self) -> np.ndarray:
        """The ratings of all parts, NaN where there is none, float32, (rows, columns)."""
        held = np.where(np.isnan(self.validation), self.test, self.validation)
        return np.where(np.isnan(self.trained), held, self.trained)

    @cached_property
    def held_out(self) -> np.ndarray:
        """Whether a cell is of the validation or test part, bool, (rows, columns)."""
        return ~np.isnan(self.validation) | ~np.isnan(self.test)

    def without(self, user_ids: np.ndarray, item_ids: np.ndarray) -> Block:
        """The same with nothing known of some cells, neither rating nor prediction.

        The cells are pairs of indices, (n,) each; those that are not in the block do not matter.
        """
        hidden = self.hidden.copy()
        for user, item in zip(user_ids, item_ids, strict=True):
            hidden |= (self.user_ids[:, None] == user) & (self.item_ids[None, :] == item)

        def masked(values: np.ndarray) -> np.ndarray:
            return np.where(hidden, np.float32(np.nan), values)

        return replace(
            self,
            trained=masked(self.trained),
            validation=masked(self.validation),
            test=masked(self.test),
            predicted=None if self.predicted is None else masked(self.predicted),
            deviation=None if self.deviation is None else masked(self.deviation),
            hidden=hidden,
        )

    def values(self, view: View) -> np.ndarray:
        """Return what a view shows, NaN where it shows nothing, float32, (rows, columns).

        Errors are of training and validation ratings: the test part is for one look at the end.
        """
        if view == "observed" or self.predicted is None:
            return self.observed
        if view == "predicted":
            return self.predicted
        if view == "uncertainty" and self.deviation is not None:
            return self.deviation
        if view == "filled":
            return np.where(np.isnan(self.trained), self.predicted, self.trained)
        known = np.where(np.isnan(self.trained), self.validation, self.trained)
        return self.predicted - known

    def table(self, view: View) -> pd.DataFrame:
        """The values of a view with names, one row a user; the picture's table twin."""
        values = self.values(view)
        if view != "observed":  # computed, not given: see ``exports.to_csv``
            values = values.astype(np.float64)
        table = pd.DataFrame(values, self.user_names, words.distinct(self.item_names))
        return table.rename_axis(index=Text("user"))


def block_of(
    train: Ratings,
    fitted: FittedModel | None,
    user_ids: np.ndarray,
    item_ids: np.ndarray,
    *,
    validation: Ratings | None = None,
    test: Ratings | None = None,
    user_groups: np.ndarray | None = None,
    item_groups: np.ndarray | None = None,
) -> Block:
    """Cut a block out of the matrix: rows ``user_ids``, (n,), by columns ``item_ids``, (m,).

    ``user_groups``, (n,), and ``item_groups``, (m,), number the groups of rows and columns. No
    array larger than the block is made.
    """
    sure = fitted is not None and fitted.has.intervals
    empty = np.full((len(user_ids), len(item_ids)), np.nan, np.float32)
    return Block(
        user_ids=np.asarray(user_ids),
        item_ids=np.asarray(item_ids),
        user_names=[train.user_names[u] for u in user_ids],
        item_names=[train.item_names[i] for i in item_ids],
        scale=train.scale,
        extent=train.scale if fitted is None else fitted.extent,
        item_noun=train.item_noun,
        trained=train.block(user_ids, item_ids),
        validation=empty if validation is None else validation.block(user_ids, item_ids),
        test=empty if test is None else test.block(user_ids, item_ids),
        hidden=np.zeros(empty.shape, bool),
        predicted=None if fitted is None else fitted.predict_matrix(user_ids, item_ids),
        deviation=fitted.deviation_matrix(user_ids, item_ids) if fitted and sure else None,
        has_ratings=fitted is None or fitted.has.ratings,
        user_groups=user_groups,
        item_groups=item_groups,
    )
