"""Bayesian PMF: not one set of factors but many draws from all sets that explain the ratings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from recsys_core.errors import SettingsError
from recsys_core.kernels.gibbs import implicit_kernel, running_kernel
from recsys_core.kernels.threads import cut, one_blas_thread, run_all
from recsys_core.models.alternating import AlternatingLearner, Penalty, Side
from recsys_core.models.base import Model
from recsys_core.models.options import (
    biases_option,
    center_option,
    deviation_option,
    epochs_option,
    factors_option,
    option,
    seed_option,
)
from recsys_core.models.predictor import FoldIn, Predictor
from recsys_core.models.recommender import Guest, Pulls, checked
from recsys_core.ratings import Ratings

# What all kept draws may hold together; below so many of them, means over draws would be noisy.
_MAX_BYTES, _MIN_DRAWS = 64 << 20, 24

# Ratings of the implicit factors drawn in one step, and of the means kept by one thread at a time.
_IMPLICIT_A_STEP, _SUMMED_BY_A_THREAD = 1 << 18, 1 << 17

# Rows of noise drawn by one generator: cut the same way on any number of threads.
_DRAWN_BY_A_THREAD = 1 << 10


@dataclasses.dataclass
class BayesianPMF(Model):
    """PMF without a best answer: Gibbs sampling draws one set of parameters after the other.

        r ~ N(μ + b_u + b_i + p_u · q_i, 1/α)     b ~ N(0, 1/λ)     p_u ~ N(m_u, Λ⁻¹)

    and so for q_i with its own Λ. Everything that has a prior is drawn in turn from its posterior
    given all the rest: (m, Λ) by a normal–Wishart prior (ν₀ = k, β₀ = 2, W₀ = I), α and λ by gamma
    priors, then all users' rows, then all items'. After ``burn_in`` epochs the draws are kept, and
    a prediction is their mean; their spread, with the noise 1/α, says how sure it is.

    With ``implicit`` a user's prior mean also depends on which items the user rated, whatever the
    ratings, and an item's on who rated it: m_u = m + Σ_{j∈I_u} y_j / √n_u.
    Sources: Salakhutdinov and Mnih, *Bayesian Probabilistic Matrix Factorization using MCMC*, 2008;
    for ``implicit``, Rendle, Zhang and Koren, *On the Difficulty of Evaluating Baselines*, 2019.
    """

    title = "Bayesian PMF"
    summary = "Draws many plausible models, predicts by their mean, and so knows how sure it is."

    n_factors: int | None = factors_option()
    n_epochs: int | None = epochs_option()
    burn_in: int | None = option(
        None, "int", "", "Burn-in", low=0, high=1000,
        meaning="Draws at the beginning that are not kept, since they still depend on the start.",
        what_if="Too few keep bad draws for ever; too many are work thrown away.",
    )  # fmt: skip
    implicit: bool | None = option(
        None, "bool", "y", "Who rated what",
        meaning="Learns from which items someone rated and by whom one was rated, stars apart.",
        what_if="Without it, people who chose the same things start out as strangers.",
    )  # fmt: skip
    biases: bool = biases_option()
    init_deviation: float = deviation_option()
    center: bool = center_option()
    seed: int = seed_option()

    @classmethod
    def defaults(cls, ratings: Ratings) -> dict[str, Any]:
        """Priors adapt by themselves; the number of factors and of draws grows with the data.

        Who rated what helps most where ratings are few; on many, it takes longer to be learned.
        """
        if ratings.n_ratings < 500:
            return {"n_factors": 3, "n_epochs": 200, "burn_in": 40, "implicit": False}
        if ratings.n_ratings < 20_000:
            return {"n_factors": 8, "n_epochs": 200, "burn_in": 40, "implicit": True}
        if ratings.n_ratings < 300_000:
            return {"n_factors": 16, "n_epochs": 150, "burn_in": 30, "implicit": True}
        return {"n_factors": 32, "n_epochs": 150, "burn_in": 30, "implicit": False}

    def resolve(self, train: Ratings) -> dict[str, Any]:
        """All settings; of few epochs at most a quarter is burn-in, where none was asked for."""
        settings = super().resolve(train)
        if self.burn_in is None:
            settings["burn_in"] = min(settings["burn_in"], settings["n_epochs"] // 4)
        return settings

    def _learner(self, train: Ratings, settings: dict[str, Any]) -> GibbsLearner:
        return GibbsLearner(train, settings)

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """See Posterior.predict_interval."""
        return self.snapshot().predict_interval(user_ids, item_ids, coverage)


@dataclass(frozen=True)
class DrawnGuest(Guest):
    """A guest with one row for each draw; ``factors`` and ``bias`` are their means."""

    rows: tuple[Guest, ...]


@dataclass(frozen=True, eq=False)
class Posterior(Predictor):
    """Many draws at rest: predictions are means over them.

    The parameters it has itself, as a ``Predictor``, are the draws' means, to be looked at; their
    product is not quite the mean of the draws' products, and so there are no terms.

    Attributes
    ----------
    draws : the kept draws.
    noise : 1/α, the variance of ratings around a draw's prediction, a mean over draws.
    """

    draws: tuple[Predictor, ...]
    noise: float

    has_terms: ClassVar[bool] = False
    has_intervals: ClassVar[bool] = True

    @classmethod
    def of_draws(cls, draws: tuple[Predictor, ...], noise: float) -> Posterior:
        """The posterior that some draws stand for."""
        names = "user_bias", "item_bias", "user_factors", "item_factors"
        means: Any = {
            n: np.mean([getattr(d, n) for d in draws], axis=0, dtype=np.float32) for n in names
        }
        one = draws[-1]
        return cls(
            train=one.train, global_mean=one.global_mean, link=one.link, fold=one.fold,
            draws=draws, noise=noise, **means,
        )  # fmt: skip

    def parts(self) -> dict[str, Any]:
        """Its own parts, and those of the draws as arrays with one more axis."""
        parts = super().parts()
        each = [draw.parts() for draw in parts.pop("draws")]
        for name, part in each[0].items():
            stacks = isinstance(part, np.ndarray)
            parts[f"draws.{name}"] = np.stack([d[name] for d in each]) if stacks else part
        return parts

    @classmethod
    def of_parts(cls, train: Ratings, parts: dict[str, Any]) -> Predictor:
        """The inverse of ``parts``."""
        own = {name: part for name, part in parts.items() if not name.startswith("draws.")}
        each = {name[6:]: part for name, part in parts.items() if name.startswith("draws.")}
        draws = tuple(
            Predictor.of_parts(
                train,
                {n: part[d] if isinstance(part, np.ndarray) else part for n, part in each.items()},
            )
            for d in range(len(each["user_bias"]))
        )
        return super().of_parts(train, own | {"draws": draws})

    @property
    def nbytes(self) -> int:
        """Bytes of its means and of one draw: the others it shares with its predecessors."""
        names = "user_bias", "item_bias", "user_factors", "item_factors"
        return 2 * sum(getattr(self, name).nbytes for name in names)

    # --- predictions ----------------------------------------------------------------------------

    def _mean(self, answers: Any) -> np.ndarray:
        total = sum(answers, start=np.zeros((), np.float32))
        return np.asarray(total / np.float32(len(self.draws)))

    def _pairs(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._mean(draw._pairs(users, items) for draw in self.draws)

    def _block(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._mean(draw._block(users, items) for draw in self.draws)

    def _row(self, user: int | Guest) -> np.ndarray:
        return self._mean(self._rows(user))

    def _rows(self, user: int | Guest) -> Any:
        each = user.rows if isinstance(user, DrawnGuest) else [user] * len(self.draws)
        return (draw._row(own) for draw, own in zip(self.draws, each, strict=True))

    def deviation(self, user_ids: ArrayLike | Guest, item_ids: ArrayLike) -> np.ndarray:
        """√Var x over the draws: how much they disagree about a prediction, float32, (n,)."""
        if isinstance(user_ids, Guest):
            items = checked(item_ids, self.n_items, "item")
            answers = (row[items] for row in self._rows(user_ids))
        else:
            users, items = self._paired(user_ids, item_ids)
            answers = (draw._pairs(users, items) for draw in self.draws)
        return _deviation(answers, len(self.draws))

    def deviation_matrix(self, user_ids: ArrayLike, item_ids: ArrayLike) -> np.ndarray:
        """The same for every pair of a block, float32, (len(user_ids), len(item_ids))."""
        users, items = (
            checked(user_ids, self.n_users, "user"),
            checked(item_ids, self.n_items, "item"),
        )
        return _deviation((draw._block(users, items) for draw in self.draws), len(self.draws))

    def predict_interval(
        self, user_ids: ArrayLike | Guest, item_ids: ArrayLike, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """Between which ratings that many of all such ratings should lie: lower and upper, (n,).

        The middle ``coverage`` of N(r̂, Var x + 1/α): what the draws disagree about, and what no
        model could know. Moved onto the scale.
        """
        if not 0 < coverage < 1:
            raise SettingsError(f"coverage must lie between 0 and 1, not {coverage}; 0.9 is usual.")
        from scipy.special import ndtri

        middle = self.predict(user_ids, item_ids, clip=False)
        away = ndtri((1 + coverage) / 2) * np.sqrt(
            self.deviation(user_ids, item_ids) ** 2 + self.noise
        )
        return self.scale.clip(middle - away), self.scale.clip(middle + away)

    # --- fold-in and reasons --------------------------------------------------------------------

    def _folded(self, items: np.ndarray, ratings: np.ndarray) -> DrawnGuest:
        """The guest's mean row, given each draw."""
        rows = tuple(draw._folded(items, ratings) for draw in self.draws)
        factors = np.asarray(np.mean([row.factors for row in rows], axis=0), np.float32)
        bias = float(np.mean([row.bias for row in rows]))
        return DrawnGuest(factors, bias, items, ratings, rows)

    def pulls(self, user: int | Guest, item: int) -> Pulls:
        """Means over draws of what each rating adds."""
        each = [draw.pulls(user, item) for draw in self.draws]
        return dataclasses.replace(
            each[-1],
            start=float(np.mean([one.start for one in each])),
            prediction=float(np.mean([one.prediction for one in each])),
            pulls=np.mean([one.pulls for one in each], axis=0),
        )


def _deviation(answers: Any, n: int) -> np.ndarray:
    total, squares = 0.0, 0.0
    for answer in answers:
        total, squares = total + answer.astype(np.float64), squares + answer.astype(np.float64) ** 2
    return np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0.0)).astype(np.float32)


class Beliefs:
    """What is believed of one side's rows before their ratings are seen; itself drawn each epoch.

    Attributes
    ----------
    mean, precision : m and Λ, float64, (k,) and (k, k); bias_precision : λ.
    y, kappa : implicit factors of the other side's rows, float32, (n_others, width), and κ.
    shift : Σ y_j / √n of each row, float32, (n_rows, width); rest : factors − m − shift.
    """

    arrays = "mean", "precision", "y", "shift", "rest"

    def __init__(self, side: Side, n_others: int) -> None:
        (n, width), k = side.factors.shape, side.n_factors
        self.mean, self.precision, self.bias_precision = np.zeros(k), np.eye(k), 1.0
        self.y, self.kappa = np.zeros((n_others, width), np.float32), 1.0
        self.shift, self.rest = np.zeros((n, width), np.float32), np.zeros((n, width), np.float32)

    def draw(self, side: Side, rng: np.random.Generator, implicit: bool) -> None:
        """Everything but y, given the rows; and ``rest``, which y is drawn by."""
        k = side.n_factors
        own = (side.factors - self.shift)[:, :k].astype(np.float64)
        y = self.y[:, :k].astype(np.float64) if implicit else np.zeros((0, k))
        self.mean, self.precision = normal_wishart(own, np.sqrt(self.kappa) * y, rng)
        bias = side.bias.astype(np.float64)
        self.bias_precision = _gamma(len(bias), float(bias @ bias), rng)
        if implicit:
            self.kappa = _gamma(y.size, float(((y @ self.precision) * y).sum()), rng)
            self.rest[:, :k] = own - self.mean

    def state(self) -> dict[str, Any]:
        """Copies of all of it."""
        return {n: a.copy() if n in self.arrays else a for n, a in vars(self).items()}


def normal_wishart(
    rows: np.ndarray, centred: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw m and Λ from their posterior, given rows ~ N(m, Λ⁻¹) and centred ~ N(0, Λ⁻¹).

    With n rows of k numbers, mean x̄ and scatter S; prior ν₀ = k, β₀ = 2, m₀ = 0, W₀ = I:

        Λ ~ Wishart(W, k + n + n_centred)      W⁻¹ = I + S + centredᵀ centred + β₀n/(β₀+n) x̄ x̄ᵀ
        m ~ N(n x̄ / (β₀ + n), [(β₀ + n) Λ]⁻¹)
    """
    (n, k), beta = rows.shape, 2.0
    mean = rows.mean(axis=0)
    away = rows - mean
    inverse = np.eye(k) + away.T @ away + centred.T @ centred
    inverse += beta * n / (beta + n) * np.outer(mean, mean)
    # Bartlett: Λ = (L A)(L A)ᵀ with L Lᵀ = W and A lower triangular, √χ² on its diagonal.
    a = np.tril(rng.standard_normal((k, k)), -1)
    a[np.diag_indices(k)] = np.sqrt(rng.chisquare(k + n + len(centred) - np.arange(k)))
    root = np.linalg.cholesky(np.linalg.inv(inverse)) @ a
    z = rng.standard_normal(k) / np.sqrt(beta + n)
    return n / (beta + n) * mean + np.linalg.solve(root.T, z), root @ root.T


def turned(draw: Predictor, earlier: tuple[Predictor, ...]) -> Predictor:
    """A draw whose axes are turned to those of the first one kept; its predictions stay the same.

    Nothing holds the axes of a factor model: P R and Q R predict what P and Q do, R orthogonal. So
    the axes wander from draw to draw, and means over draws would shrink to nothing. R = U Vᵀ, from
    the singular value decomposition U S Vᵀ of Pᵀ P₁ + Qᵀ Q₁, brings them nearest (Schönemann 1966).
    """
    if not earlier:
        return draw
    first = earlier[0]
    p, q, fold = draw.user_factors, draw.item_factors, draw.fold
    u, _, v = np.linalg.svd(
        (p.T @ first.user_factors + q.T @ first.item_factors).astype(np.float64)
    )
    turn = u @ v
    k = len(turn)
    whole = np.eye(k + 1)
    whole[:k, :k] = turn
    reg = np.asarray(fold.reg).copy()
    reg[:k, :k] = turn.T @ reg[:k, :k] @ turn
    implicit = None if fold.implicit is None else fold.implicit @ turn.astype(np.float32)
    return dataclasses.replace(
        draw,
        user_factors=p @ turn.astype(np.float32),
        item_factors=q @ turn.astype(np.float32),
        fold=FoldIn(reg, fold.prior @ whole, implicit=implicit),
    )


def _gamma(n: int, squares: float, rng: np.random.Generator) -> float:
    """A precision drawn given n numbers of N(0, 1/precision) with this sum of squares."""
    return float(rng.gamma(1.0 + n / 2) / (1.0 + squares / 2))


class GibbsLearner(AlternatingLearner):
    """One epoch is one sweep: beliefs, implicit factors, users' rows, items' rows, noise.

    Every random number comes from a generator of its own epoch and purpose, so that a sweep can be
    taken up in its middle.
    """

    def __init__(self, train: Ratings, settings: dict[str, Any]) -> None:
        super().__init__(train, settings)
        self.sweep = 0
        self.alpha = 1.0 / (float(train.values.var(dtype=np.float64)) or 1.0)
        self.noises: list[float] = []  # 1/α of each kept draw
        self.draws: tuple[Predictor, ...] = ()
        n_kept = max(1, settings["n_epochs"] - settings["burn_in"])
        numbers = self.p.size + self.q.size * (1 + settings["implicit"])
        self.every = -(-n_kept // max(_MIN_DRAWS, _MAX_BYTES // (4 * numbers)))
        self._sums: list[tuple[Ratings, np.ndarray]] = []  # Σ of the draws' predictions
        self._measured: dict[tuple[int, int, int], tuple[float, float]] = {}  # until the next draw
        self._beliefs = {
            side: Beliefs(side, len(other.factors))
            for side, other in ((self.users, self.items), (self.items, self.users))
        }
        self._noise: np.ndarray | None = None
        self._plan: list[tuple[Side, int, int]] = []  # steps of implicit factors, before the rows'
        self._shares: dict[Side, np.ndarray] = {}
        if settings["implicit"]:
            for side, other in ((self.users, self.items), (self.items, self.users)):
                starts, counts = other.grouped.starts, np.maximum(side.counts, 1)
                self._shares[side] = (counts**-0.5).astype(np.float32)[other.grouped.columns]
                edges = np.searchsorted(starts, np.arange(0, starts[-1], _IMPLICIT_A_STEP))
                edges = np.unique([0, *edges, len(other.factors)])
                self._plan += [(side, a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]
        self.n_steps += len(self._plan)

    def _rng(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.settings["seed"], self.sweep, *purpose])

    def _normal(self, purpose: int, n: int, k: int, width: int) -> np.ndarray:
        """Standard normal numbers, float32, (n, width); zero past column k."""
        z = np.zeros((n, width), np.float32)

        def draw(first: int, last: int) -> None:
            rng = self._rng(purpose, first)
            z[first:last, :k] = rng.standard_normal((last - first, k), dtype=np.float32)

        run_all(draw, cut(n, _DRAWN_BY_A_THREAD))
        return z

    def begin_epoch(self) -> None:
        """Draw what is believed of users and items, given their rows."""
        self.sweep += 1
        with one_blas_thread():
            for number, (side, beliefs) in enumerate(self._beliefs.items()):
                beliefs.draw(side, self._rng(1, number), self.settings["implicit"])

    def step(self, index: int) -> None:
        """Some implicit factors, or some rows."""
        if index < len(self._plan):
            self._draw_implicit(index)
        else:
            super().step(index - len(self._plan))

    def _draw_implicit(self, index: int) -> None:
        side, first, last = self._plan[index]
        beliefs, other = self._beliefs[side], self._other(side)
        k, width = self.n_factors, side.factors.shape[1]
        if self._noise is None:
            z = self._normal(2 + (side is self.items), len(beliefs.y), k, width)
            with one_blas_thread():
                root = np.linalg.cholesky(np.linalg.inv(beliefs.precision)).astype(np.float32)
                z[:, :k] = z[:, :k] @ root.T
            self._noise = z
        implicit_kernel(width)(
            other.grouped.starts, other.grouped.columns, self._shares[side], beliefs.rest,
            beliefs.y, self._noise, np.float32(beliefs.kappa), first, last,
        )  # fmt: skip
        if last == len(beliefs.y):
            beliefs.shift[:, :k] = (side.factors - beliefs.rest)[:, :k] - beliefs.mean
            self._noise = None

    def _other(self, side: Side) -> Side:
        return self.items if side is self.users else self.users

    def penalty(self, side: Side, other: Side) -> Penalty:
        """Λ and λ over α, around each row's own prior mean."""
        beliefs, k, width = self._beliefs[side], self.n_factors, side.factors.shape[1]
        matrix = np.eye(width, dtype=np.float32)
        matrix[:k, :k] = beliefs.precision / self.alpha
        means = np.zeros((1, width), np.float32)
        means[0, :k] = beliefs.mean
        with one_blas_thread():
            pull = (means + beliefs.shift if self.settings["implicit"] else means) @ matrix
        return Penalty(matrix, pull, beliefs.bias_precision / self.alpha)

    def noise_of(self, side: Side) -> np.ndarray:
        """√(1/α) z for each number of each row."""
        (n, width), k = side.factors.shape, self.n_factors
        z = self._normal(4 + (side is self.items), n, k + 1, width + 1)
        z *= np.float32(self.alpha**-0.5)
        return z

    def end_epoch(self) -> None:
        """Draw α; keep the draw when it is its turn."""
        raw, _ = super().squared_errors(self.train, 0, len(self.train))
        self.alpha = _gamma(len(self.train), raw, self._rng(6))
        since = self.sweep - self.settings["burn_in"]
        if since > 0 and (since - 1) % self.every == 0:
            with one_blas_thread():
                self.draws = (*self.draws, turned(self._draw(), self.draws))
            self.noises.append(1.0 / self.alpha)
            self._measured.clear()
            for ratings, sums in self._sums:
                self._add(ratings, sums, self.draws[-1])

    def _draw(self) -> Predictor:
        """The parameters as they are now, at rest."""
        return super().snapshot()

    def snapshot(self) -> Posterior:
        """The kept draws; before there are any, the one at hand."""
        if not self.draws:
            return Posterior.of_draws((self._draw(),), 1.0 / self.alpha)
        return Posterior.of_draws(self.draws, float(np.mean(self.noises)))

    def fold_in_rule(self) -> FoldIn:
        """A guest's row has the users' prior."""
        beliefs, k = self._beliefs[self.users], self.n_factors
        reg = np.zeros((k + 1, k + 1))
        reg[:k, :k] = beliefs.precision / self.alpha
        reg[k, k] = beliefs.bias_precision / self.alpha if self.settings["biases"] else np.inf
        implicit = beliefs.y[:, :k].copy() if self.settings["implicit"] else None
        return FoldIn(reg, np.append(beliefs.mean, 0.0), implicit=implicit)

    # --- the error of the mean prediction -------------------------------------------------------

    def _add(self, ratings: Ratings, sums: np.ndarray, draw: Predictor) -> None:
        """Add what a draw predicts for some ratings to their sums."""
        p, q = np.zeros_like(self.p), np.zeros_like(self.q)
        p[:, : self.n_factors], q[:, : self.n_factors] = draw.user_factors, draw.item_factors
        kernel, mean = running_kernel(p.shape[1]), np.float32(self.mean)
        fixed = (
            ratings.user_ids, ratings.item_ids, p, q, draw.user_bias, draw.item_bias, mean, sums,
        )  # fmt: skip
        run_all(lambda a, b: kernel(*fixed, a, b), cut(len(ratings), _SUMMED_BY_A_THREAD))

    def _sums_of(self, ratings: Ratings) -> np.ndarray:
        """Σ over the kept draws of their predictions; from then on kept up to date."""
        for known, sums in self._sums:
            if known is ratings:
                return sums
        sums = np.zeros(len(ratings), np.float32)
        for draw in self.draws:
            self._add(ratings, sums, draw)
        self._sums.append((ratings, sums))
        return sums

    def squared_errors(self, ratings: Ratings, start: int, stop: int) -> tuple[float, float]:
        """Of the mean over the kept draws; before there are any, of the one at hand."""
        if not self.draws:
            return super().squared_errors(ratings, start, stop)
        measured = self._measured.get((id(ratings), start, stop))
        if measured is None:
            x = self._sums_of(ratings)[start:stop] / np.float32(len(self.draws))
            values = ratings.values[start:stop]
            raw, clipped = values - x, values - self.train.scale.clip(x)
            measured = float(raw @ raw), float(clipped @ clipped)
            self._measured[id(ratings), start, stop] = measured
        return measured

    def objective(self, squared_error: float) -> float:
        """Σ e² of the mean prediction: sampling minimises nothing, the priors are drawn as well."""
        return squared_error

    def state(self) -> dict[str, Any]:
        """Parameters, beliefs, draws."""
        beliefs = [one.state() for one in self._beliefs.values()]
        return {
            **super().state(), "beliefs": beliefs, "sweep": self.sweep, "alpha": self.alpha,
            "draws": self.draws, "noises": list(self.noises), "every": self.every,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take all of it up again."""
        super().restore(state)
        for one, was in zip(self._beliefs.values(), state["beliefs"], strict=True):
            vars(one).update({n: a.copy() if n in Beliefs.arrays else a for n, a in was.items()})
        for name in ("sweep", "alpha", "draws", "every"):
            setattr(self, name, state[name])
        self.noises, self._sums, self._noise = list(state["noises"]), [], None
        self._measured.clear()
