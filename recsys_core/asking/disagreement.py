"""Where metrics disagree: the lowest error is not the best list, nor best for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.asking.comparison import METRICS, Measured, difference
from recsys_core.text import Text, worded
from recsys_core.words import error, listed, measure

# Metrics that models are ranked by; True: a higher value comes first. Of coverage and popularity
# neither end is better by itself: more of the catalogue, and what fewer people know, come first.
RANKED = {
    "rmse": False,
    "mae": False,
    "ndcg": True,
    "recall": True,
    "coverage": True,
    "popularity": False,
}


def ranks(models: Mapping[str, Measured]) -> pd.DataFrame:
    """Rank models, by name, by each metric of ``RANKED``: from 1; equal values share the better.

    float64, one row a model and one column a metric; NaN where a metric has no meaning for a model.
    Metrics that no model has are left out.
    """
    table = values(models)
    placed = {
        metric: table[metric].rank(method="min", ascending=not RANKED[metric]) for metric in table
    }
    return pd.DataFrame(placed, index=table.index)


def values(models: Mapping[str, Measured]) -> pd.DataFrame:
    """Tabulate the metrics of ``RANKED``, as ``ranks`` does."""
    rows = {
        name: {
            metric: np.nan if (found := each.value(metric)) is None else found for metric in RANKED
        }
        for name, each in models.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(RANKED), dtype=float)
    return table.dropna(axis="columns", how="all")


def sentence(models: Mapping[str, Measured]) -> Text | None:
    """Say who has the lowest RMSE and who makes the best lists by NDCG, where these are two.

    Also that they agree, or that the difference may be chance (a paired bootstrap over users). None
    where fewer than two models have both, or none has.
    """
    table = values(models)
    if not {"rmse", "ndcg"} <= set(table.columns) or len(table) < 2:
        return None
    rmse, ndcg = table["rmse"].dropna(), table["ndcg"].dropna()
    if len(rmse) < 1 or len(ndcg) < 2:
        return None
    exact, lister = str(rmse.idxmin()), str(ndcg.idxmax())
    if exact == lister or exact not in ndcg.index:
        return Text("{name} has the lowest RMSE and makes the best lists as well.", name=exact)
    found = difference(models[lister], models[exact], "ndcg")
    said = Text(
        "{exact} has the lowest RMSE ({rmse}); {lister} makes better lists (NDCG {better} against "
        "{worse}).",
        exact=exact, rmse=error(rmse[exact]), lister=lister,
        better=measure(ndcg[lister]), worse=measure(ndcg[exact]),
    )  # fmt: skip
    if found is not None and found.may_be_chance:
        return Text("{said} That may be chance: other users might have turned it round.", said=said)
    return said


def winners(models: Mapping[str, Measured]) -> list[Text]:
    """Say who is first by each metric of ``RANKED``, one sentence a winner."""
    placed = ranks(models)
    firsts: dict[str, list[str]] = {}
    for metric in placed:
        best = placed.index[placed[metric] == 1]
        if len(best) == 1:
            title = worded(METRICS[metric].title).removesuffix(", %")
            firsts.setdefault(str(best[0]), []).append(title)
    return [
        Text("{name} is first by {metrics}.", name=name, metrics=listed(metrics))
        for name, metrics in firsts.items()
    ]


@dataclass(frozen=True, eq=False)
class Served:
    """Which of two models predicts better for whom.

    Attributes
    ----------
    users : indices of the users with held-out ratings, (m,); ``n_ratings`` how many of each, (m,).
    first, second : RMSE of each user under either model, float64, (m,).
    """

    users: np.ndarray
    n_ratings: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @property
    def n_first(self) -> int:
        """How many users the first predicts better, by more than rounding."""
        return int((self._apart < 0).sum())

    @property
    def n_second(self) -> int:
        """How many users the second predicts better."""
        return int((self._apart > 0).sum())

    @property
    def _apart(self) -> np.ndarray:
        apart = self.first - self.second
        # Predictions are float32: what differs in their last digits is equal.
        return np.where(np.abs(apart) <= 1e-6 * np.maximum(self.second, 1e-6), 0.0, apart)

    def sentence(self, first: str, second: str) -> Text:
        """Say how many users are better served by which, by the names of the models."""
        n, equal = len(self.users), len(self.users) - self.n_first - self.n_second
        said = Text(
            "Of {n} user, {better} is predicted better by {first}, {worse} by {second}.",
            "Of {n:,} users, {better:,} are predicted better by {first}, {worse:,} by {second}.",
            n=n, better=self.n_first, worse=self.n_second, first=first, second=second,
        )  # fmt: skip
        if equal:
            return Text("{said} For {equal:,} they are equal.", said=said, equal=equal)
        return said


def served(first: Measured, second: Measured) -> Served | None:
    """Compare the errors of two models user by user; None where one of them predicts no ratings.

    Both must be measured on the same part.
    """
    a, b = user_rmse(first), user_rmse(second)
    if a is None or b is None:
        return None
    assert np.array_equal(first.users, second.users), "they are measured on two parts"
    return Served(first.users, first.n_ratings, a, b)


def user_rmse(model: Measured) -> np.ndarray | None:
    """Compute the RMSE of each user with held-out ratings, float64, (m,); None without ratings."""
    squared = model.errors.get("rmse")
    return None if squared is None else np.sqrt(squared / model.n_ratings)


def bins_of(errors: Sequence[np.ndarray], n_bins: int = 24) -> np.ndarray:
    """Edges of equal bins for the errors of several models, from 0 on: float64, (n_bins + 1,).

    The last one holds the 99th percentile of all; what lies beyond is counted there.
    """
    together = np.concatenate(list(errors))
    top = float(np.quantile(together, 0.99)) if len(together) else 1.0
    return np.linspace(0.0, top or 1.0, n_bins + 1)
