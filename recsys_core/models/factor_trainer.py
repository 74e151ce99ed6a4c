"""The parameters of a factor model while it trains, and what every trainer does with them.

x = μ + b_u + b_i + p_u · q_i        r̂ = x, or  low + (high − low) · σ(x)  on a logistic scale

The ratings a trainer is given are standardized (``standardized``), unless its model says otherwise:
all it computes is in their unit, and its snapshots say so.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from recsys_core import kernels
from recsys_core.kernels import tables
from recsys_core.kernels.threads import cut, run_all
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.models.fitted_model import FittedModel
from recsys_core.ratings import Ratings, Scale
from recsys_core.standardized import plain

Link = Literal["identity", "logistic"]

_MEASURED_BY_A_THREAD = 1 << 14


def squares(rows: np.ndarray) -> np.ndarray:
    """Compute ‖row‖² of each row, (n_rows, width) or (n_rows,); float64, (n_rows,).

    Infinite, without a warning, where it overflows float32: then training has diverged.
    """
    flat = rows.reshape(len(rows), -1)
    return np.einsum("nk,nk->n", flat, flat).astype(np.float64)


class Running:
    """Σ over draws of what they predict for some ratings, and the errors of their mean.

    Attributes
    ----------
    sums : float32, (n_ratings,); n : how many draws.
    """

    def __init__(self, ratings: Ratings, scale: Scale, rows: np.ndarray | None = None) -> None:
        self.ratings, self.scale, self.n = ratings, scale, 0
        self.rows = ratings.user_ids if rows is None else rows
        self.sums = np.zeros(len(ratings), np.float32)
        self._errors: list[tuple[float, float, float]] = []  # of each piece

    def add(
        self, p: np.ndarray, q: np.ndarray, b_user: np.ndarray, b_item: np.ndarray, mean: float
    ) -> float:
        """Add the predictions x = μ + b_u + b_i + p_u · q_i of one draw; return its Σ (r − x)².

        ``p`` and ``q`` are float32, (n_users, width) and (n_items, width), the biases (n_users,)
        and (n_items,); ``rows`` says which of p each rating has, by default its user's.
        """
        self.n += 1
        ratings, f = self.ratings, np.float32
        kernel = kernels.running_kernel(p.shape[1])
        fixed = (
            kernels.Triples(self.rows, ratings.item_ids, ratings.values),
            kernels.Parameters(p, q, b_user, b_item, f(mean)),
            self.sums, f(1 / self.n), f(self.scale.low), f(self.scale.high),
        )  # fmt: skip
        pieces = cut(len(ratings), _MEASURED_BY_A_THREAD)
        self._errors = run_all(lambda first, last: kernel(*fixed, first, last), pieces)
        return math.fsum(own for own, _, _ in self._errors)

    def squared_errors(self, start: int, stop: int) -> tuple[float, float]:
        """Compute Σ (r − x̄)² over ratings, x̄ the mean over draws: raw, and with x̄ clipped.

        ``start`` and ``stop`` lie at ends of the pieces that ``add`` summed over.
        """
        size = _MEASURED_BY_A_THREAD
        assert start % size == 0 and (stop % size == 0 or stop == len(self.sums))
        errors = self._errors[start // size : -(-stop // size)]
        return math.fsum(raw for _, raw, _ in errors), math.fsum(inside for *_, inside in errors)


def both_errors(values: np.ndarray, x: np.ndarray, scale: Scale) -> tuple[float, float]:
    """Compute Σ (r − x)² of ratings and predictions, (n,) each: raw, and with x clipped."""
    raw, clipped = (values - r.astype(np.float64) for r in (x, scale.clip(x)))
    return float(raw @ raw), float(clipped @ clipped)


def mean_logit(train: Ratings) -> float:
    """Return the x that the logistic link maps to the mean rating, away from both ends."""
    low, high = train.scale[:2]
    share = min(max((train.global_mean - low) / (high - low), 0.01), 0.99)
    return float(np.log(share / (1 - share)))


class FactorTrainer:
    """Base of the trainers: parameters, their measuring, snapshots and checkpoints.

    Attributes
    ----------
    p, q : float32, (n_users, width) and (n_items, width); columns past ``n_factors`` are zero.
    b_user, b_item : float32, (n_users,) and (n_items,).
    mean : μ, on the scale of x.
    """

    n_steps = 0
    n_scheduled = 0
    n_reads = 1  # how often an epoch reads each training rating
    has_ratings = FactorModel.capabilities.ratings

    def __init__(self, train: Ratings, n_factors: int, link: Link = "identity") -> None:
        self.train = train
        self.n_factors = n_factors
        self.link: Link = link
        width = kernels.padded(n_factors)
        self.p = tables.zeros(train.n_users, width)
        self.q = tables.zeros(train.n_items, width)
        self.b_user = np.zeros(train.n_users, np.float32)
        self.b_item = np.zeros(train.n_items, np.float32)
        self.mean = 0.0

    def draw_factors(self, rng: np.random.Generator, deviation: float, centred: bool) -> None:
        """Draw the factors from N(0, deviation²).

        Where there is a mean to fall back on (``centred``), rows that no rating reaches are zero:
        a user without ratings is then predicted by the mean and the item's bias, not by chance.
        """
        for rows, counts in ((self.p, self.train.user_counts), (self.q, self.train.item_counts)):
            drawn = rng.normal(0.0, deviation, (len(rows), self.n_factors))
            known = (counts > 0) | (not centred)
            rows[:, : self.n_factors] = np.where(known[:, None], drawn, 0.0)

    def begin_epoch(self) -> None:
        """Prepare an epoch; here nothing."""

    def step(self, index: int) -> None:
        """Do one step of an epoch; here nothing."""

    def end_epoch(self) -> None:
        """Finish an epoch; here nothing."""

    def objective(self, squared_error: float) -> float:
        """Return Σ e², with no penalty."""
        return squared_error

    def parameters(self) -> kernels.Parameters:
        """Return the parameters in the kernels' form: the arrays themselves, not copies."""
        return kernels.Parameters(self.p, self.q, self.b_user, self.b_item, np.float32(self.mean))

    def measured(self, ratings: Ratings) -> tuple[kernels.Triples, kernels.Parameters]:
        """Return all ratings of a part, in the order fastest to measure, and what predicts them."""
        triples = kernels.Triples(ratings.user_ids, ratings.item_ids, ratings.values)
        return triples, self.parameters()

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Compute Σ (r − r̂)² over ratings start to stop of ``measured``: raw, and r̂ clipped."""
        kernel = kernels.errors_kernel(self.p.shape[1])
        fixed = (
            *self.measured(ratings), self.link == "logistic",
            np.float32(self.train.scale.low), np.float32(self.train.scale.high),
        )  # fmt: skip
        pieces = [(start + a, start + b) for a, b in cut(stop - start, _MEASURED_BY_A_THREAD)]
        sums = run_all(lambda first, last: kernel(*fixed, first, last), pieces)
        return math.fsum(raw for raw, _ in sums), math.fsum(clipped for _, clipped in sums)

    def row_penalty(self, reg: float, biases: bool) -> np.ndarray:
        """Return λ of each factor and of the bias, (k + 1,); without biases ∞ for the bias."""
        return np.append(np.full(self.n_factors, float(reg)), float(reg) if biases else np.inf)

    def fold_in_rule(self) -> FoldIn:
        """Return the rule by which a new user's row is found from ratings."""
        raise NotImplementedError

    def fold_in_item_rule(self) -> FoldIn | None:
        """Return the rule by which a new item's row is found; None where there is none."""
        return None

    def snapshot(self) -> FactorModel:
        """Return an immutable fitted model with copies of the parameters."""
        k, (train, unit) = self.n_factors, plain(self.train)
        return FactorModel(
            train=train,
            unit=unit,
            mean=float(self.mean),
            b_user=self.b_user.copy(),
            b_item=self.b_item.copy(),
            p=self.p[:, :k].copy(),
            q=self.q[:, :k].copy(),
            link=self.link,
            fold=self.fold_in_rule(),
            fold_item=self.fold_in_item_rule(),
        )

    def state(self, snapshot: FittedModel | None = None) -> dict[str, Any]:
        """Return the parameters: those of ``snapshot``, of this state, or without one, copies."""
        own = FactorTrainer.snapshot  # a posterior's parameters are means, not those at hand
        at_rest = snapshot if isinstance(snapshot, FactorModel) else own(self)
        return {
            "p": at_rest.p, "q": at_rest.q,
            "b_user": at_rest.b_user, "b_item": at_rest.b_item, "mean": self.mean,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Restore parameters, in place; the columns past ``n_factors`` are zero and stay so."""
        k = self.n_factors
        self.p[:, :k], self.q[:, :k] = state["p"], state["q"]
        self.b_user[...], self.b_item[...] = state["b_user"], state["b_item"]
        self.mean = state["mean"]
