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
from recsys_core.errors import SettingsError
from recsys_core.kernels import tables
from recsys_core.kernels.arguments import FixedSide, Penalty, Rows
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.alternating import AlternatingTrainer, Side
from recsys_core.models.base import Model
from recsys_core.models.calibration import FEWEST, HELD_BACK, HeldOut
from recsys_core.models.day_biases import DayBiases
from recsys_core.models.factor_model import FoldIn
from recsys_core.models.factor_trainer import Running
from recsys_core.models.fitted_model import FittedModel, Guest
from recsys_core.models.hyperprior import Hyperprior
from recsys_core.models.implicit_factors import Incidence
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
from recsys_core.models.posterior import Draw, Posterior, aligned
from recsys_core.models.rating_noise import RatingNoise
from recsys_core.models.registry import MODELS
from recsys_core.models.side_features import features_of
from recsys_core.ratings import Ratings
from recsys_core.ratings import Side as Name
from recsys_core.standardized import Standardized, plain
from recsys_core.text import Text

# Memory of all kept draws together, and how many are kept at least, so that means are not noisy.
_MAX_BYTES, _MIN_DRAWS = 64 << 20, 24

# Rows of noise drawn by one generator: the same pieces for any number of threads.
_DRAWN_BY_A_THREAD = 1 << 10


@MODELS.register
@dataclasses.dataclass
class BayesianPMF(Model):
    """PMF by Gibbs sampling: draws sets of parameters from the posterior, one after the other.

        r ~ N(μ + b_u + b_i + p_u · q_i, 1/(α α_u α_i))     b ~ N(0, 1/λ)     p_u ~ N(m_u, Λ⁻¹)

    and so for q_i with its own Λ, r standardized. Everything that has a prior is drawn in turn from
    its posterior given all the rest: (m, Λ) by a normal–Wishart prior (ν₀ = k, β₀ = 2, W₀ = I), λ
    by a gamma prior, then all users' rows, then all items', and after the rows of one side, by
    turns, its precisions α_u or α_i, and α. The precisions have gamma priors of mean 1, whose
    shapes are drawn, too (see ``RatingNoise``): some people rate less predictably than others.
    After ``burn_in`` epochs the draws are kept, and a prediction is their mean; their variance plus
    the noise 1/(α α_u α_i) is that of the rating.

    With ``implicit`` a user's prior mean also depends on which items the user rated, whatever the
    ratings, and an item's on who rated it: m_u = m + Σ_{j∈I_u} y_j / √n_u.
    Sources: Salakhutdinov and Mnih, *Bayesian Probabilistic Matrix Factorization using MCMC*, 2008;
    for α_u and α_i, Lakshminarayanan, Bouchard and Archambeau, *Robust Bayesian Matrix
    Factorisation*, 2011; for ``implicit``, Rendle, Zhang and Koren, *On the Difficulty of
    Evaluating Baselines*, 2019.
    """

    title = "Bayesian PMF"
    summary = Text("Draws many models from the posterior; predicts their mean, with an interval.")
    shaping = (*Model.shaping, "implicit", "side_information", "time", "hold_back")

    n_factors: int | None = factors_option()
    n_epochs: int | None = epochs_option()
    burn_in: int | None = option(
        None,
        "int",
        "",
        Text("Burn-in"),
        low=0,
        high=1000,
        meaning=Text(
            "Draws at the beginning that are not kept, since they still depend on the start."
        ),
        what_if=Text("Too few keep draws that depend on the start; too many waste computing time."),
    )
    implicit: bool | None = option(
        None,
        "bool",
        "y",
        Text("Who rated what"),
        meaning=Text("Learns also from which items a user has rated, and which users an item."),
        what_if=Text(
            "Without it, only the values of the ratings count, not the choice of what to rate."
        ),
    )
    side_information: bool = side_information_option()
    time: bool = option(
        False,
        "bool",
        "",
        Text("Day of rating"),
        needs="times",
        meaning=Text(
            "Learns also on which days a user rates higher. Pages show each user as on the "
            "latest day; errors are measured with the time of each rating."
        ),
        what_if=Text(
            "Without it, a day of high or low ratings is taken for a difference of items."
        ),
    )
    hold_back: bool = option(
        False,
        "bool",
        "",
        Text("Hold back a tenth"),
        meaning=Text(
            "Where there is no validation part: sets the width of intervals on a tenth of the "
            "training ratings, which nothing is learned from."
        ),
        what_if=Text(
            "Without it, intervals are as wide as the model thinks; with it, it learns less."
        ),
        advanced=True,
    )
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
        if ratings.n_ratings < 3_000_000:
            return {"n_factors": 32, "n_epochs": 100, "burn_in": 40, "implicit": True}
        return {"n_factors": 32, "n_epochs": 100, "burn_in": 20, "implicit": False}

    def resolve(self, train: Ratings) -> dict[str, Any]:
        """All settings; of epochs asked for at most a quarter is burn-in, where none was."""
        settings = super().resolve(train)
        if self.burn_in is None and self.n_epochs is not None:
            settings["burn_in"] = min(settings["burn_in"], settings["n_epochs"] // 4)
        return settings

    def _trainer(self, train: Ratings, settings: dict[str, Any]) -> GibbsTrainer:
        return GibbsTrainer(train, settings)

    def _trainer_beside(
        self, train: Ratings, validation: Ratings | None, settings: dict[str, Any]
    ) -> GibbsTrainer:
        if validation is not None and len(validation):
            return GibbsTrainer(train, settings, validation)
        if settings["hold_back"] and HELD_BACK * len(train) >= FEWEST:
            return GibbsTrainer.holding_back(train, settings)
        return GibbsTrainer(train, settings)

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the lower and upper ends of intervals of ratings, (n,) each.

        See ``Posterior.predict_interval``.
        """
        return self.snapshot().predict_interval(user_ids, item_ids, coverage)


class GibbsTrainer(AlternatingTrainer):
    """Takes one sweep an epoch: priors, implicit factors, users' rows, items' rows, and noise.

    The posterior precision of a row, Λ + α α_u Σ_j α_j x_j x_jᵀ, reaches the kernel divided by
    α α_u.

    Every random number comes from a generator of its own epoch and purpose, so that a sweep can be
    continued in its middle.
    """

    def __init__(
        self, train: Ratings, settings: dict[str, Any], validation: Ratings | None = None
    ) -> None:
        super().__init__(train, settings)
        self.whole = train
        self.held_out = HeldOut.of(validation and plain(validation)[0], "validation")
        self.sweep = 0
        alpha = 1.0 / (float(train.values.var(dtype=np.float64)) or 1.0)
        self.noise = RatingNoise((self.users, self.items), alpha)
        self.draws: tuple[Draw, ...] = ()
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

    @classmethod
    def holding_back(cls, train: Ratings, settings: dict[str, Any]) -> GibbsTrainer:
        """Learn from nine tenths of the ratings, and calibrate intervals on the rest.

        Which these are depends on nothing but their number: a fork holds back the same.
        """
        (ratings, unit), n_held = plain(train), round(HELD_BACK * len(train))
        order = np.random.default_rng(0).permutation(len(train))
        back, kept = (ratings.take(np.sort(o)) for o in (order[:n_held], order[n_held:]))
        if isinstance(train, Standardized):
            kept = Standardized.from_ratings(kept, unit)
        trainer = cls(kept, settings)
        trainer.whole, trainer.held_out = train, HeldOut.of(back, "held back")
        return trainer

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

    @property
    def first_row_step(self) -> int:
        """The first of an epoch's steps that draws rows; those before draw implicit factors."""
        return self._n_implicit

    def prior_of(self, side: Side) -> Hyperprior:
        """Return the prior of a side's rows, as it was last drawn."""
        return self._hyperpriors[side]

    def normal_of(self, side: Side) -> np.ndarray:
        """Return the standard normal numbers of this sweep's rows, (n_rows, k + 1), bias first."""
        n, k = len(side.factors), self.n_factors
        return self._normal(4 + (side is self.items), n, k + 1)

    def begin_epoch(self) -> None:
        """Draw the priors of users and items, given their rows."""
        self.sweep += 1
        for number, (side, prior) in enumerate(self._hyperpriors.items()):
            its_turn = self.sweep % 2 == number
            prior.draw(
                side,
                self._rng(1, number),
                self._kinds if its_turn else None,
                partial(self._known, 12 + 2 * number),
            )
        if self.day_biases is not None:
            self.day_biases.draw(self._precisions(), self.parameters(), self._rng(11))

    def _precisions(self) -> np.ndarray:
        """α α_u α_i of the training ratings, float64, (n_ratings,)."""
        of_user, of_item = (self.noise.of(side) for side in (self.users, self.items))
        return self.noise.alpha * of_user[self.train.user_ids] * of_item[self.train.item_ids]

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
        """Return Λ/α and λ/α, around each row's own prior mean, times 1/α_u of each row."""
        prior, k, width = self._hyperpriors[side], self.n_factors, side.factors.shape[1]
        matrix = np.eye(width, dtype=np.float32)
        matrix[:k, :k] = prior.precision / self.noise.alpha
        means = np.zeros((1, width), np.float32)
        means[0, :k] = prior.mean
        rhs = (means if prior.shift is None else means + prior.shift) @ matrix
        bias = np.float32(prior.bias_precision / self.noise.alpha)
        times = (1.0 / self.noise.of(side)).astype(np.float32)
        return Penalty(matrix, rhs, bias, with_bias=side.biases, times=times)

    def fixed(self, other: Side) -> FixedSide:
        """Return the side that is held fixed, its rows times √α_j, the other side's precisions."""
        roots = np.sqrt(self.noise.of(other)).astype(np.float32)
        factors = tables.like(other.factors)
        np.multiply(roots[:, None], other.factors, out=factors)
        return super().fixed(other)._replace(factors=factors, roots=roots)

    def after_half(self, side: Side) -> None:
        """Draw the precisions of a side's ratings, and α, where it is that side's turn."""
        if self.sweep % 2 == (side is self.items):  # one side a sweep: as good, half the time
            return
        other = self.items if side is self.users else self.users
        self.noise.draw(
            side, self._without_days(side), self.fixed(other), self._rng(6, int(side is self.items))
        )

    def noise_of(self, side: Side) -> np.ndarray:
        """Draw z / √(α α_u), z ~ N(0, 1), of factors and biases; float32, (n_rows, width + 1)."""
        (n, width), k = side.factors.shape, self.n_factors
        z = self._normal(4 + (side is self.items), n, k + 1, width + 1)
        z *= ((self.noise.alpha * self.noise.of(side)) ** -0.5).astype(np.float32)[:, None]
        return z

    def ratings(self, side: Side) -> Rows:
        """Return the ratings less b_ut and X v: what is drawn of each bias is around 0."""
        rows, shift = self._without_days(side), self._hyperpriors[side].bias_shift
        if shift is None:
            return rows
        return rows._replace(values=rows.values - np.repeat(shift, side.counts))

    def _without_days(self, side: Side) -> Rows:
        """Return the ratings less b_ut."""
        rows = super().ratings(side)
        if self.day_biases is None:
            return rows
        return rows._replace(values=rows.values - self.day_biases.of_ratings(side.grouped.order))

    def after_rows(self, side: Side, first: int, last: int) -> None:
        """Add X v to the biases just drawn."""
        shift = self._hyperpriors[side].bias_shift
        if shift is not None:
            side.bias[first:last] += shift[first:last]

    def end_epoch(self) -> None:
        """Keep every ``every``-th draw after burn-in."""
        since = self.sweep - self.settings["burn_in"]
        if since > 0 and (since - 1) % self.every == 0:
            self._keep()

    def _keep(self) -> None:
        """Keep the current draw."""
        draw = aligned(self._draw(), self.draws)
        self.draws = (*self.draws, draw)
        self._totals = _with(self._totals, draw)
        for running in self._running:
            self._add(running, draw)

    def _draw(self) -> Draw:
        """Return a snapshot of the current parameters."""
        current = super().snapshot()
        user, item = (1 / self.noise.of(side) for side in (self.users, self.items))
        draw = Draw(
            **{f.name: getattr(current, f.name) for f in dataclasses.fields(current)}
            | {"train": plain(self.whole)[0]},  # what is held back is rated, too
            noise_user=user.astype(np.float32),
            noise_item=(item / self.noise.alpha).astype(np.float32),
        )
        return draw if self.day_biases is None else self.day_biases.dated(draw)

    def snapshot(self) -> Posterior:
        """Return the kept draws; before there are any, the current one."""
        if not self.draws:
            draw = self._draw()
            return Posterior.of_draws((draw,), _with({}, draw), self.held_out)
        return Posterior.of_draws(self.draws, self._totals, self.held_out)

    def _rule(self, side: Side) -> FoldIn:
        """The prior of a new row is that of its side."""
        prior, k = self._hyperpriors[side], self.n_factors
        reg = np.zeros((k + 1, k + 1))
        reg[:k, :k] = prior.precision / self.noise.alpha
        reg[k, k] = prior.bias_precision / self.noise.alpha if self.settings["biases"] else np.inf
        implicit = prior.implicit
        y = None if implicit is None else implicit.y[:, :k].copy()
        expected = None if implicit is None else implicit.expected[:k].astype(np.float64)
        other = self.items if side is self.users else self.users
        precisions = self.noise.of(other).astype(np.float32)
        return FoldIn(
            reg, np.append(prior.mean, 0.0), implicit=y, expected=expected, precisions=precisions
        )

    # --- the error of the mean prediction -------------------------------------------------------

    def _add(self, running: Running, draw: Draw) -> None:
        """Add what a draw predicts."""
        rows, bias = draw.p, draw.b_user
        if self.day_biases is not None:
            rows, bias = self.day_biases.of_draw(draw, running.ratings)
        p, q = tables.zeros(len(rows), self.p.shape[1]), tables.like(self.q)
        p[:, : self.n_factors], q[:, : self.n_factors] = rows, draw.q
        # Copies of the biases, since read-only arrays would have the kernel compiled once more.
        running.add(p, q, bias.copy(), draw.b_item.copy(), self.mean)

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
            **super().state(), "hyperpriors": hyperpriors, "sweep": self.sweep,
            "n_learned": len(self.train), "noise": self.noise.state(), "draws": self.draws,
            "totals": self._totals, "every": self.every,
            "days": self.day_biases and self.day_biases.state(),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Restore all of it.

        Raises
        ------
        SettingsError
            If the state is of a training that held back ratings where this one does not, or vice
            versa.
        """
        if state["n_learned"] != len(self.train):
            raise SettingsError(
                Text(
                    "The checkpoint held back ratings for its intervals, or did not, and this "
                    "training differs; give a validation part to both or to none."
                )
            )
        super().restore(state)
        for one, was in zip(self._hyperpriors.values(), state["hyperpriors"], strict=True):
            one.restore(was)
        self.noise.restore(state["noise"])
        if self.day_biases is not None:
            self.day_biases.restore(state["days"])
        for name in ("sweep", "draws", "every"):
            setattr(self, name, state[name])
        self._totals, self._running = state["totals"], []


def _with(totals: dict[str, np.ndarray], draw: Draw) -> dict[str, np.ndarray]:
    """Add a draw's parameters to the sums; new arrays."""
    return {name: totals.get(name, 0) + getattr(draw, name) for name in Posterior.averaged}
