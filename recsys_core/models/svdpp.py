"""SVD++: biased matrix factorization that also uses which items a user has rated.

>>> import recsys_core as rc
>>> board = rc.datasets.checkerboard(density=0.6, seed=0)  # 5 and 1 in turn
>>> split = rc.splits.random(board, validation=0, test=0.2, seed=0)
>>> model = rc.SVDpp(n_factors=2, n_epochs=200, seed=0).fit(split.train)
>>> model.predict_matrix([0, 1], [0, 1, 2, 3]).round()
array([[5., 1., 5., 1.],
       [1., 5., 1., 5.]], dtype=float32)
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np

from recsys_core import kernels
from recsys_core.kernels import tables
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.base import Model
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.factor_trainer import FactorTrainer, squares
from recsys_core.models.fitted_model import FittedModel
from recsys_core.models.options import (
    biases_option,
    center_option,
    decay_option,
    deviation_option,
    epochs_of_decay,
    epochs_option,
    factors_option,
    patience_option,
    rate_in,
    rate_option,
    reg_option,
    seed_option,
    side_information_option,
    standardize_option,
)
from recsys_core.models.registry import MODELS
from recsys_core.models.side_features import Features, features_of
from recsys_core.ratings import Ratings
from recsys_core.text import Text

# Ratings of the users visited between two looks at the clock: a few milliseconds of work.
_RATINGS_A_STEP = 1 << 16

_SUMMED_BY_A_THREAD = 1 << 10


@MODELS.register
@dataclasses.dataclass
class SVDpp(Model):
    """SVD++: r̂ = μ + b_u + b_i + q_i · (p_u + |I_u|^−½ Σ_{j ∈ I_u} y_j).

    I_u are the items that u has rated in training: the choice of what to rate shows taste, whatever
    the ratings. Minimises Σ [e² + λ(‖p_u‖² + ‖q_i‖² + ‖y_i‖² + b_u² + b_i²)] over the training
    ratings, standardized, user by user; see ``kernels.svdpp``. Fitted, it is a factor model like
    others, with p_u + |I_u|^−½ Σ y_j for the user's factors.

    With ``side_information`` the sum of user u has a further part, |F_u|^−½ Σ_{f ∈ F_u} a_f: F_u
    are the user's features (age, sex and occupation, see ``side_features``), and λ‖a_f‖² is added
    once for each user who has f. Source: Koren, *Factorization Meets the Neighborhood*, 2008; for
    features, Koren, Bell and Volinsky, *Matrix Factorization Techniques*, 2009.
    """

    title = "SVD++"
    summary = Text("SGD that also learns from which items a user has rated, whatever the ratings.")
    shaping = (*Model.shaping, "side_information")

    n_factors: int | None = factors_option()
    learning_rate: float | None = rate_option()
    reg: float | None = reg_option()
    decay: bool | None = decay_option()
    n_epochs: int | None = epochs_option()
    side_information: bool = side_information_option("user features")
    biases: bool = biases_option()
    init_deviation: float = deviation_option(0.03)
    center: bool = center_option()
    standardize: bool = standardize_option()
    patience: int | None = patience_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Few factors and many epochs for small data; found on validation parts for large."""
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "learning_rate": 0.02, "reg": 0.02, "n_epochs": 200,
                    "patience": 100, "decay": False}  # fmt: skip
        if ratings.n_ratings < 20_000:
            return {"n_factors": 5, "learning_rate": 0.02, "reg": 0.02, "n_epochs": 200,
                    "patience": 50, "decay": False}  # fmt: skip
        if ratings.n_ratings < 300_000:
            return {"n_factors": 32, "learning_rate": 0.022, "reg": 0.075, "n_epochs": 15,
                    "patience": 5, "decay": True}  # fmt: skip
        return {"n_factors": 32, "learning_rate": 0.022, "reg": 0.045, "n_epochs": 15,
                "patience": 5, "decay": True}  # fmt: skip

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> SVDppTrainer:
        return SVDppTrainer(train, settings)


class SVDppTrainer(FactorTrainer):
    """The updates of ``kernels.svdpp``, users in an order drawn anew every epoch.

    It uses one thread. With two, each visiting half of the users on a copy of the items, merged
    every 65,000 ratings, the RMSE on MovieLens 1M was .004 higher; merged often enough to avoid
    that, on MovieLens 100K, two took longer than one.

    Attributes
    ----------
    own : the p_u, (n_users, width); ``p`` holds the sums that predict, p_u + |I_u|^−½ Σ y_j (with
        side information + |F_u|^−½ Σ a_f).
    y : the implicit factors, (n_items, width).
    power : a of the sums p_u + |I_u|^−a Σ y_j.
    a : the factors of features, (n_features, width), without side information (0, width).
    """

    power = 0.5

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings["n_factors"])
        self.settings = settings
        self.n_scheduled = epochs_of_decay(settings)
        self.rng = np.random.default_rng(settings["seed"])
        self.mean = train.global_mean if settings["center"] else 0.0
        self.draw_factors(self.rng, settings["init_deviation"], settings["center"])
        self.own, self.y = tables.copy(self.p), tables.like(self.q)
        grouped, counts = train.by_user, train.user_counts
        # Within a user, random order: else the last items of the table had the most influence.
        order = np.lexsort((self.rng.random(len(train)), np.repeat(np.arange(len(counts)), counts)))
        self.by_user = kernels.Rows(grouped.starts, grouped.columns[order], grouped.values[order])
        self._shares = np.maximum(counts, 1).astype(np.float32) ** np.float32(-self.power)
        known = features_of(train, "user") if settings.get("side_information") else None
        self.features = known or Features.none(train.n_users)
        self.a = tables.zeros(len(self.features.names), self.y.shape[1])
        self.visits = np.arange(train.n_users, dtype=np.int32)
        self.epoch = 0
        self.n_steps = max(1, -(-len(train) // _RATINGS_A_STEP))

    def begin_epoch(self) -> None:
        """Draw the order of this epoch."""
        self.epoch += 1
        self.visits = self.rng.permutation(self.train.n_users).astype(np.int32)

    def step(self, index: int) -> None:
        """Update by the users who have about the next ``_RATINGS_A_STEP`` ratings."""
        passed = np.cumsum(self.train.user_counts[self.visits])
        edges = np.arange(index, index + 2) * len(self.train) / self.n_steps
        self.update(*np.searchsorted(passed, edges, side="right"))

    def update(self, first: int, last: int) -> None:
        """Take the steps of the users first to last, in the order of this epoch."""
        s, kernel = self.settings, kernels.svdpp_kernel(self.p.shape[1], len(self.a) > 0)
        kernel(
            self.visits, self.by_user, self.parameters()._replace(p=self.own), self.y,
            (self.features.starts, self.features.columns, self.a), self.p,
            np.float32(rate_in(self.epoch, s)), np.float32(s["reg"]), bool(s["biases"]),
            first, last,
        )  # fmt: skip

    def visited(self) -> kernels.Triples:
        """Return the ratings in the order in which this epoch visits them, (n_ratings,) each."""
        starts, columns, values = self.by_user
        counts = self.train.user_counts[self.visits]
        before = np.cumsum(counts) - counts
        order = np.arange(counts.sum()) + np.repeat(starts[self.visits] - before, counts)
        users = np.repeat(self.visits, counts)
        return kernels.Triples(users, columns[order], values[order])

    def end_epoch(self) -> None:
        """Sum up the users' factors again, since later users have changed the y_j and a_f."""
        self.p[:] = self.own
        starts, columns, _ = self.by_user
        known, counts = self.features, self.features.counts
        shares = np.maximum(counts, 1).astype(np.float32) ** np.float32(-0.5)
        kernel = kernels.sums_kernel(self.p.shape[1])
        pieces = cut(self.train.n_users, _SUMMED_BY_A_THREAD)
        for fixed in (
            (starts, columns, self.y, self._shares, self.p),
            (known.starts, known.columns, self.a, shares, self.p),
        ):
            run_all(partial(kernel, *fixed), pieces)

    def objective(self, squared_error: float) -> float:
        """Compute Σ e² + λ Σ (‖p_u‖² + ‖q_i‖² + ‖y_i‖² + b_u² + b_i²), over training ratings.

        With features + λ Σ ‖a_f‖² over the features of all users with ratings.
        """
        users = squares(self.own) + squares(self.b_user)
        items = squares(self.q) + squares(self.y) + squares(self.b_item)
        penalty = float(users @ self.train.user_counts + items @ self.train.item_counts)
        times = np.repeat(self.train.user_counts > 0, self.features.counts)
        penalty += float(times @ squares(self.a[self.features.columns])) if times.any() else 0.0
        return squared_error + self.settings["reg"] * penalty

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of the p_u that minimises the same, I_u being the guest's own items.

        The prior of a guest without ratings is the mean of all users' factors.
        """
        k, reg = self.n_factors, self.row_penalty(self.settings["reg"], self.settings["biases"])
        mean_row = self.p[self.train.user_counts > 0, :k].mean(axis=0, dtype=np.float64)
        prior = np.append(mean_row, 0.0)
        return FoldIn(reg, prior, weighted=True, implicit=self.y[:, :k].copy())

    def fold_in_item_rule(self) -> FoldIn:
        """Return the rule of a new item's q and bias; no user has it in I_u, so it needs no y."""
        reg = self.row_penalty(self.settings["reg"], self.settings["biases"])
        return FoldIn(reg, np.zeros(self.n_factors + 1), weighted=True)

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return copies of parameters, the generator, and the order of the present epoch."""
        k, rng = self.n_factors, self.rng.bit_generator.state
        y = snapshot.fold.implicit if isinstance(snapshot, FactorModel) else self.y[:, :k].copy()
        own = {"own": self.own[:, :k].copy(), "y": y, "visits": self.visits, "rng": rng}
        return {**super().state(snapshot), **own, "a": self.a[:, :k].copy(), "epoch": self.epoch}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all of it."""
        super().restore(state)
        k = self.n_factors
        self.own[:, :k], self.y[:, :k] = state["own"], state["y"]
        self.a[:, :k] = state["a"]
        self.visits, self.rng.bit_generator.state = state["visits"], state["rng"]
        self.epoch = state["epoch"]
