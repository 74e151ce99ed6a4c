"""Bayesian PMF: many draws of the factors from their posterior, by Gibbs sampling.

>>> import recsys_core as rc
>>> world = rc.datasets.low_rank(density=0.5, noise=0.3, seed=0)  # 100 × 50, of rank 3
>>> split = rc.splits.random(world, seed=0)  # 80/10/10
>>> model = rc.BayesianPMF(n_factors=3, n_epochs=60, seed=0).fit(split.train)
>>> test = split.test
>>> low, high = model.predict_interval(test.user_ids, test.item_ids, coverage=0.8)
>>> round(float(((low <= test.values) & (test.values <= high)).mean()), 1)  # as asked for
0.8
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from recsys_core import kernels
from recsys_core.kernels.arguments import Penalty
from recsys_core.kernels.threads import cut, one_blas_thread, run_all
from recsys_core.models.alternating import AlternatingTrainer, Side
from recsys_core.models.base import Model
from recsys_core.models.day_biases import DayBiases
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.factor_trainer import Running
from recsys_core.models.fitted_model import FittedModel, Guest
from recsys_core.models.hyperprior import Hyperprior
from recsys_core.models.implicit_factors import Incidence, gamma
from recsys_core.models.options import (
    biases_option,
    center_option,
    deviation_option,
    epochs_option,
    factors_option,
    option,
    seed_option,
    side_information_option,
    standardize_option,
)
from recsys_core.models.posterior import Posterior, aligned
from recsys_core.models.registry import MODELS
from recsys_core.models.side_features import features_of
from recsys_core.ratings import Ratings
from recsys_core.ratings import Side as Name

# Memory of all kept draws together, and how many are kept at least, so that means are not noisy.
_MAX_BYTES, _MIN_DRAWS = 64 << 20, 24

# Rows of noise drawn by one generator: the same pieces for any number of threads.
_DRAWN_BY_A_THREAD = 1 << 10


@MODELS.register
@dataclasses.dataclass
class BayesianPMF(Model):
    """PMF by Gibbs sampling: draws sets of parameters from the posterior, one after the other.

        r ~ N(μ + b_u + b_i + p_u · q_i, 1/α)     b ~ N(0, 1/λ)     p_u ~ N(m_u, Λ⁻¹)

    and so for q_i with its own Λ, r standardized. Everything that has a prior is drawn in turn from
    its posterior given all the rest: (m, Λ) by a normal–Wishart prior (ν₀ = k, β₀ = 2, W₀ = I), α
    and λ by gamma priors, then all users' rows, then all items'. After ``burn_in`` epochs the draws
    are kept, and a prediction is their mean; their variance plus the noise 1/α is that of the
    rating.

    With ``implicit`` a user's prior mean also depends on which items the user rated, whatever the
    ratings, and an item's on who rated it: m_u = m + Σ_{j∈I_u} y_j / √n_u.
    Sources: Salakhutdinov and Mnih, *Bayesian Probabilistic Matrix Factorization using MCMC*, 2008;
    for ``implicit``, Rendle, Zhang and Koren, *On the Difficulty of Evaluating Baselines*, 2019.
    """

    title = "Bayesian PMF"
    summary = "Draws many models from the posterior; predicts their mean, with an interval."
    shaping = (*Model.shaping, "implicit", "side_information", "time")

    n_factors: int | None = factors_option()
    n_epochs: int | None = epochs_option()
    burn_in: int | None = option(
        None, "int", "", "Burn-in", low=0, high=1000,
        meaning="Draws at the beginning that are not kept, since they still depend on the start.",
        what_if="Too few keep draws that depend on the start; too many waste computing time.",
    )  # fmt: skip
    implicit: bool | None = option(
        None, "bool", "y", "Who rated what",
        meaning="Learns also from which items a user has rated, and which users an item.",
        what_if="Without it, only the values of the ratings count, not the choice of what to rate.",
    )  # fmt: skip
    side_information: bool = side_information_option()
    time: bool = option(
        False, "bool", "", "Day of rating", needs="times",
        meaning="Learns also on which days a user rates higher. Pages show each user as on the "
        "latest day; errors are measured with the time of each rating.",
        what_if="Without it, a day of high or low ratings is taken for a difference of items.",
    )  # fmt: skip
    biases: bool = biases_option()
    init_deviation: float = deviation_option()
    center: bool = center_option()
    standardize: bool = standardize_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """More factors as data grows; the priors are drawn from the data.

        ``implicit`` lowers the error at any size, but takes ten times as long as the ratings alone.
        """
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "n_epochs": 200, "burn_in": 40, "implicit": False}
        if ratings.n_ratings < 20_000:
            return {"n_factors": 8, "n_epochs": 200, "burn_in": 40, "implicit": True}
        if ratings.n_ratings < 300_000:
            return {"n_factors": 16, "n_epochs": 200, "burn_in": 40, "implicit": True}
        few = ratings.n_ratings < 3_000_000
        return {"n_factors": 32, "n_epochs": 100, "burn_in": 20, "implicit": few}

    def resolve(self, train: Ratings) -> dict[str, Any]:
        """All settings; of few epochs at most a quarter is burn-in, where none was asked for."""
        settings = super().resolve(train)
        if self.burn_in is None:
            settings["burn_in"] = min(settings["burn_in"], settings["n_epochs"] // 4)
        return settings

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> GibbsTrainer:
        return GibbsTrainer(train, settings)

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the lower and upper ends of intervals of ratings, (n,) each.

        See ``Posterior.predict_interval``.
        """
        return self.snapshot().predict_interval(user_ids, item_ids, coverage)


class GibbsTrainer(AlternatingTrainer):
    """Takes one sweep an epoch: priors, implicit factors, users' rows, items' rows, noise.

    Every random number comes from a generator of its own epoch and purpose, so that a sweep can be
    continued in its middle.
    """

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings)
        self.sweep = 0
        self.alpha = 1.0 / (float(train.values.var(dtype=np.float64)) or 1.0)
        self.noises: list[float] = []  # 1/α of each kept draw
        self.draws: tuple[FactorModel, ...] = ()
        self._totals: dict[str, np.ndarray] = {}  # Σ of the draws' parameters
        n_kept = max(1, settings["n_epochs"] - settings["burn_in"])
        self.day_biases = DayBiases(train) if settings["time"] else None
        numbers = self.p.size + self.q.size * (1 + settings["implicit"])
        numbers += 0 if self.day_biases is None else self.day_biases.values.size
        self.every = -(-n_kept // max(_MIN_DRAWS, _MAX_BYTES // (4 * numbers)))
        self._running: list[Running] = []  # predictions of the draws, for each ratings asked about
        by_user: tuple[Name, Side, Side] = "user", self.users, self.items
        by_item: tuple[Name, Side, Side] = "item", self.items, self.users
        self._hyperpriors = {
            side: Hyperprior(
                side,
                Incidence.of_ratings(side, other) if settings["implicit"] else None,
                features_of(train, name) if settings["side_information"] else None,
            )
            for name, side, other in (by_user, by_item)
        }
        # Users' and items' implicit factors take turns, one side a sweep: as accurate as both, and
        # half as long. Their steps are taken before the rows'.
        self._implicit = [h.implicit for h in self._hyperpriors.values() if h.implicit is not None]
        self._n_implicit = max((one.n_steps for one in self._implicit), default=0)
        self.n_steps += self._n_implicit

    def _rng(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.settings["seed"], self.sweep, *purpose])

    def _normal(self, purpose: int, n: int, k: int, width: int | None = None) -> np.ndarray:
        """Standard normal numbers, float32, (n, width or k); zero past column k."""
        z = np.zeros((n, width or k), np.float32)

        def draw(first: int, last: int) -> None:
            rng = self._rng(purpose, first)
            z[first:last, :k] = rng.standard_normal((last - first, k), dtype=np.float32)

        run_all(draw, cut(n, _DRAWN_BY_A_THREAD))
        return z

    def begin_epoch(self) -> None:
        """Draw the priors of users and items, given their rows."""
        self.sweep += 1
        with one_blas_thread():
            for number, (side, prior) in enumerate(self._hyperpriors.items()):
                its_turn = self.sweep % 2 == number
                prior.draw(
                    side,
                    self._rng(1, number),
                    self._kinds if its_turn else None,
                    partial(self._known, 12 + 2 * number),
                )
        if self.day_biases is not None:
            self.day_biases.draw(self.alpha, self.parameters(), self._rng(11))

    def _known(self, purpose: int, kind: int, n: int) -> np.ndarray:
        """Draw noise for the weights of features: of factors, and in the last column of biases."""
        return self._normal(purpose + kind, n, self.n_factors + 1)

    def _kinds(self, kind: int, n: int) -> np.ndarray:
        """Draw noise for implicit factors."""
        return self._normal(7 + kind, n, self.n_factors)

    def step(self, index: int) -> None:
        """Take a step of the implicit factors' draw, or draw some rows."""
        if index >= self._n_implicit:
            return super().step(index - self._n_implicit)
        implicit = self._implicit[self.sweep % 2]
        if index < implicit.n_steps:
            implicit.step(index)

    def penalty(self, side: Side, other: Side) -> Penalty:
        """Return Λ/α and λ/α, around each row's own prior mean."""
        prior, k, width = self._hyperpriors[side], self.n_factors, side.factors.shape[1]
        matrix = np.eye(width, dtype=np.float32)
        matrix[:k, :k] = prior.precision / self.alpha
        means = np.zeros((1, width), np.float32)
        means[0, :k] = prior.mean
        with one_blas_thread():
            rhs = (means if prior.shift is None else means + prior.shift) @ matrix
        bias = np.float32(prior.bias_precision / self.alpha)
        return Penalty(matrix, rhs, bias, with_bias=side.biases)

    def noise_of(self, side: Side) -> np.ndarray:
        """Draw √(1/α) z, z ~ N(0, 1), for each factor and bias; float32, (n_rows, width + 1)."""
        (n, width), k = side.factors.shape, self.n_factors
        z = self._normal(4 + (side is self.items), n, k + 1, width + 1)
        z *= np.float32(self.alpha**-0.5)
        return z

    def targets(self, side: Side) -> tuple[np.ndarray, np.ndarray]:
        """Return the ratings less X v and b_ut, float32, (n_ratings,), and the weights.

        What is drawn of each bias is then centred around 0.
        """
        values, weights = super().targets(side)
        shift = self._hyperpriors[side].bias_shift
        if shift is not None:
            values = values - np.repeat(shift, side.counts)
        if self.day_biases is not None:
            values = values - self.day_biases.of_ratings(side.grouped.order)
        return values, weights

    def after_rows(self, side: Side, first: int, last: int) -> None:
        """Add X v to the biases just drawn."""
        shift = self._hyperpriors[side].bias_shift
        if shift is not None:
            side.bias[first:last] += shift[first:last]

    def end_epoch(self) -> None:
        """Draw α; keep every ``every``-th draw after burn-in."""
        since = self.sweep - self.settings["burn_in"]
        if since > 0 and (since - 1) % self.every == 0:
            squared_error = self._keep()
        else:
            squared_error, _ = super().squared_errors(self.train, 0, len(self.train))
        self.alpha = gamma(len(self.train), squared_error, self._rng(6))
        if len(self.noises) < len(self.draws):
            self.noises.append(1.0 / self.alpha)

    def _keep(self) -> float:
        """Keep the current draw; return its own Σ e² on the training ratings."""
        on_train = self._running_of(self.train)
        with one_blas_thread():
            draw = aligned(self._draw(), self.draws)
        self.draws = (*self.draws, draw)
        self._totals = _with(self._totals, draw)
        errors = {running: self._add(running, draw) for running in self._running}
        return errors[on_train]

    def _draw(self) -> FactorModel:
        """Return a snapshot of the current parameters."""
        now = super().snapshot()
        return now if self.day_biases is None else self.day_biases.dated(now)

    def snapshot(self) -> Posterior:
        """Return the kept draws; before there are any, the current one."""
        if not self.draws:
            draw = self._draw()
            return Posterior.of_draws((draw,), _with({}, draw), 1.0 / self.alpha)
        return Posterior.of_draws(self.draws, self._totals, float(np.mean(self.noises)))

    def fold_in_rule(self) -> FoldIn:
        """Return the rule of a guest's row: its prior is the users'."""
        prior, k = self._hyperpriors[self.users], self.n_factors
        reg = np.zeros((k + 1, k + 1))
        reg[:k, :k] = prior.precision / self.alpha
        reg[k, k] = prior.bias_precision / self.alpha if self.settings["biases"] else np.inf
        y = None if prior.implicit is None else prior.implicit.y[:, :k].copy()
        return FoldIn(reg, np.append(prior.mean, 0.0), implicit=y)

    # --- the error of the mean prediction -------------------------------------------------------

    def _add(self, running: Running, draw: FactorModel) -> float:
        """Add what a draw predicts; return its own Σ e²."""
        rows, bias = draw.p, draw.b_user
        if self.day_biases is not None:
            rows, bias = self.day_biases.of_draw(draw, running.ratings)
        p, q = np.zeros((len(rows), self.p.shape[1]), np.float32), np.zeros_like(self.q)
        p[:, : self.n_factors], q[:, : self.n_factors] = rows, draw.q
        # Copies of the biases, since read-only arrays would have the kernel compiled once more.
        return running.add(p, q, bias.copy(), draw.b_item.copy(), self.mean)

    def _running_of(self, ratings: Ratings) -> Running:
        """Return the sums of predictions for some ratings, kept up to date from then on."""
        for running in self._running:
            if running.ratings is ratings:
                return running
        rows = None if self.day_biases is None else self.day_biases.rows_of(ratings)[2]
        running = Running(ratings, self.train.scale, rows)
        for draw in self.draws:
            self._add(running, draw)
        self._running.append(running)
        return running

    def measured(self, ratings: Ratings) -> tuple[kernels.Triples, kernels.Parameters]:
        """Return ratings and parameters; with days, by the rows of users on days."""
        triples, now = super().measured(ratings)
        if self.day_biases is None:
            return triples, now
        of_rating = self.day_biases.rows_of(ratings)[2]
        return triples._replace(user_ids=of_rating), self.day_biases.on_days(now, ratings)

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Compute those of the mean over kept draws; before there are any, of the current one."""
        if not self.draws:
            return super().squared_errors(ratings, start, stop)
        return self._running_of(ratings).squared_errors(start, stop)

    def objective(self, squared_error: float) -> float:
        """Return Σ e² of the mean prediction: sampling minimises nothing, priors are drawn too."""
        return squared_error

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return copies of parameters, hyperpriors and draws; the snapshot is of means."""
        hyperpriors = [one.state() for one in self._hyperpriors.values()]
        return {
            **super().state(), "hyperpriors": hyperpriors, "sweep": self.sweep, "alpha": self.alpha,
            "draws": self.draws, "totals": self._totals, "noises": list(self.noises),
            "every": self.every, "days": self.day_biases and self.day_biases.state(),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all of it."""
        super().restore(state)
        for one, was in zip(self._hyperpriors.values(), state["hyperpriors"], strict=True):
            one.restore(was)
        if self.day_biases is not None:
            self.day_biases.restore(state["days"])
        for name in ("sweep", "alpha", "draws", "every"):
            setattr(self, name, state[name])
        self._totals = state["totals"]
        self.noises, self._running = list(state["noises"]), []


def _with(totals: dict[str, np.ndarray], draw: FactorModel) -> dict[str, np.ndarray]:
    """Add a draw's parameters to the sums; new arrays."""
    return {name: totals.get(name, 0) + getattr(draw, name) for name in Posterior.averaged}
