"""One row's update in closed form, its numbers in place: ALS, PMF, implicit ALS.

With the other side held, the loss of one row w is a bowl,

    J(w) = c − 2 a₀ · w + wᵀ G w + (w − m)ᵀ Λ (w − m)          (G + Λ) w* = a₀ + Λ m

with G = Σ_j c_j x_j x_jᵀ, a₀ = Σ_j c_j t_j x_j over the row's ratings, Λ the diagonal of the
penalty and m the prior's mean. Rows are those of ``stepwise.als_row``, ``pmf_row`` and
``implicit_als_row``, on the other side's numbers as the kernel is given them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from recsys_core import stepwise
from recsys_core.asking.inside.retraced import Retraced, names_of_row
from recsys_core.errors import SettingsError
from recsys_core.models import Model
from recsys_core.models.als import ALS
from recsys_core.models.alternating import AlternatingTrainer
from recsys_core.models.implicit_als import ImplicitALS, ImplicitTrainer
from recsys_core.models.pmf import PMF, AdaptiveTrainer
from recsys_core.ratings import Ratings, Side
from recsys_core.text import Text
from recsys_core.training import Checkpoint


@dataclass(frozen=True, eq=False)
class RowUpdate:
    """One row's least-squares problem and where the update leads; n ratings, m unknowns.

    Attributes
    ----------
    side, index : whose row it is.
    names : of the unknowns, the bias first where there is one: "b", "1" … of the factors.
    others : indices of the other side's n rated, (n,); ratings : in rating units, (n,).
    design, targets : x_j, (n, m), and t_j in the unit of training, (n,).
    gram, penalty : G, (m, m), and the diagonal of Λ, (m,). prior : its mean, (m,).
    moment : a₀, (m,). constant : c.
    before : the row before the update, (m,).
    solution : w*, (m,).
    without : the row of least squares without Λ, the shortest of several, (m,).
    path : the row after each round of conjugate gradients, where the kernel takes such rounds
        towards w*; else w* alone. (n_rounds, m).
    variances : what else each rating adds to the diagonal of G, (n, m): how unsure PMF's adaptive
        priors are of x_j; of others zeros.
    noise : σ² of a PMF, in the square of the unit of training: its own estimate; with fixed
        priors the mean squared error on validation ratings, else on training ratings. None of other
        models.
    """

    side: Side
    index: int
    names: tuple[str, ...]
    others: np.ndarray
    ratings: np.ndarray
    design: np.ndarray
    targets: np.ndarray
    gram: np.ndarray
    penalty: np.ndarray
    prior: np.ndarray
    moment: np.ndarray
    constant: float
    before: np.ndarray
    solution: np.ndarray
    without: np.ndarray
    path: np.ndarray
    variances: np.ndarray
    noise: float | None = None

    @property
    def matrix(self) -> np.ndarray:
        """A = G + Λ of the normal equations A w = a, (m, m)."""
        return self.gram + np.diag(self.penalty)

    @property
    def right_side(self) -> np.ndarray:
        """A = a₀ + Λ m, (m,)."""
        return self.moment + self.penalty * self.prior

    def loss(self, rows: np.ndarray, penalised: bool = True) -> np.ndarray:
        """Compute J of many rows, (…, m); without the penalty Σ c_j (t_j − x_j · w)² alone."""
        errors = self.constant - 2 * rows @ self.moment
        errors = errors + np.einsum("...f,fg,...g->...", rows, self.gram, rows)
        if not penalised:
            return errors
        return errors + (rows - self.prior) ** 2 @ self.penalty

    def on_slice(self, first: int, second: int) -> np.ndarray:
        """Find where Σ c_j e_j² alone is lowest over two unknowns, the others held at w*; (2,).

        The shortest way from w* where it is no single point.
        """
        two = [first, second]
        slope = self.moment[two] - self.gram[two] @ self.solution
        away = np.linalg.lstsq(self.gram[np.ix_(two, two)], slope, rcond=None)[0]
        return self.solution[two] + away


def has_closed_form(model: Model) -> bool:
    """Whether rows of a model are updated by normal equations, with one solution."""
    if isinstance(model, PMF):
        return model.link == "identity" and not model.constrained
    return isinstance(model, ALS | ImplicitALS)


class _Half(NamedTuple):
    """What the rows of one side are solved from; (n_rows, m) and so on, the bias last."""

    before: np.ndarray
    reg: np.ndarray
    prior: np.ndarray
    noise: float | None


class RowUpdates(Retraced):
    """The two half-steps of one epoch: all users' rows, then, by the new ones, all items'."""

    def __init__(
        self,
        model: Model,
        train: Ratings,
        checkpoint: Checkpoint,
        validation: Ratings | None = None,
    ) -> None:
        """Take the epoch after a checkpoint of this model on these ratings.

        Raises
        ------
        SettingsError
            If the model's rows have no closed form.
        """
        if not has_closed_form(model):
            raise SettingsError(
                Text("{title} solves no normal equations, row by row.", title=model.title)
            )
        super().__init__(model, train, checkpoint, validation)
        trainer = self._training.trainer
        assert isinstance(trainer, AlternatingTrainer)
        self._trainer = trainer
        self._noise: float | None = None
        if isinstance(model, PMF):
            last = self._training.history[-1]
            rmse = last.train_rmse if last.validation_rmse is None else last.validation_rmse
            self._noise = ((rmse or 1.0) / self.unit.size) ** 2
        trainer.begin_epoch()
        self._halves: dict[Side, _Half] = {"user": self._half("user")}

    def of(self, side: Side, index: int) -> RowUpdate:
        """Return the update of one row; an item's with the users' rows as they are by then."""
        with self._lock:
            if side == "item" and "item" not in self._halves:
                for step in range(len(self._trainer.users.steps)):
                    self._trainer.step(step)
                self._halves["item"] = self._half("item")
            if isinstance(self._trainer, ImplicitTrainer):
                return self._implicit(self._trainer, side, index)
            return self._explicit(self._trainer, side, index)

    def _half(self, side: Side) -> _Half:
        own = self._trainer.users if side == "user" else self._trainer.items
        noise = self._noise
        if isinstance(self._trainer, AdaptiveTrainer):
            noise = self._trainer.noise
        return _Half(own.rows().copy(), own.reg.copy(), own.prior.copy(), noise)

    def _explicit(self, trainer: AlternatingTrainer, side: Side, index: int) -> RowUpdate:
        own, other = trainer.users, trainer.items
        if side == "item":
            own, other = other, own
        half, k = self._halves[side], trainer.n_factors
        others, values = own.grouped.row(index)[:2]
        targets = values.astype(np.float64)
        q = other.factors[others, :k].astype(np.float64)
        biases = other.bias[others].astype(np.float64)
        reg, prior, before = (
            np.roll(a.astype(np.float64), int(own.biases))
            for a in (half.reg, half.prior, half.before[index])
        )
        mean = float(np.float32(trainer.mean))
        shared = {"mean": mean, "with_bias": bool(own.biases)}
        row: stepwise.ALSRow | stepwise.PMFRow
        times = max(len(others), 1) if trainer.weighted else 1
        variances, spread = None, np.zeros((len(others), k + own.biases))
        if len(other.variance):
            variances = other.variance[others, :k].astype(np.float64)
            spread[:, int(own.biases) :] = variances
        if trainer.weighted:
            row = stepwise.als_row(targets, q, biases, reg=float(reg[0]), **shared)  # type: ignore[arg-type]
        else:
            row = stepwise.pmf_row(
                targets, q, biases, reg=reg, prior=prior, other_variances=variances,
                **shared,  # type: ignore[arg-type]
            )  # fmt: skip
        penalty = times * reg
        gram = row.matrix - np.diag(penalty)
        moment = row.design.T @ row.targets
        ratings = self.unit.shift + self.unit.size * targets
        return RowUpdate(
            side, index, names_of_row(k, bool(own.biases)), others, ratings, row.design,
            row.targets, gram, penalty, prior, moment, float(row.targets @ row.targets), before,
            row.solution,
            np.linalg.lstsq(gram, moment, rcond=None)[0], row.solution[None], spread, half.noise,
        )  # fmt: skip

    def _implicit(self, trainer: ImplicitTrainer, side: Side, index: int) -> RowUpdate:
        own, other = trainer.users, trainer.items
        if side == "item":
            own, other = other, own
        k = trainer.n_factors
        others, values = own.grouped.row(index)[:2]
        counts = np.zeros(len(other.factors))
        counts[others] = values
        q = other.factors[:, :k].astype(np.float64)
        before = self._halves[side].before[index, :k].astype(np.float64)
        alpha, reg = (float(np.float32(trainer.settings[name])) for name in ("alpha", "reg"))
        row = stepwise.implicit_als_row(counts, q, alpha=alpha, reg=reg)
        rounds = stepwise.implicit_als_rounds(counts, q, before, alpha=alpha, reg=reg)
        penalty = np.full(k, reg)
        gram = row.matrix - np.diag(penalty)
        return RowUpdate(
            side, index, names_of_row(k, False), others, values.astype(np.float64), q[others],
            np.ones(len(others)), gram, penalty, np.zeros(k), row.right_side,
            float(row.confidences @ row.preferences), before, row.factors,
            np.linalg.lstsq(gram, row.right_side, rcond=None)[0],
            np.array([each.factors for each in rounds]), np.zeros((len(others), k)),
        )  # fmt: skip
