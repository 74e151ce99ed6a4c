"""One Gibbs draw of Bayesian PMF: a row's prior, its posterior given all the rest, and the draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core import stepwise
from recsys_core.asking.inside.normal import Normal
from recsys_core.asking.inside.retraced import Retraced, names_of_row
from recsys_core.errors import SettingsError
from recsys_core.models import Model
from recsys_core.models.bayesian import BayesianPMF, GibbsTrainer
from recsys_core.models.posterior import Posterior
from recsys_core.ratings import Ratings, Side
from recsys_core.text import Text
from recsys_core.training import Checkpoint


@dataclass(frozen=True, eq=False)
class GibbsDraw:
    """One row's draw; m unknowns, the bias first where there is one; in the unit of training.

    Attributes
    ----------
    side, index : whose row it is. names : of the unknowns: "b", "1" … of the factors.
    n_ratings : how many ratings the row has.
    prior, posterior : before and after the row's ratings, all other rows held.
    normal : the standard normal numbers z of the draw, (m,).
    before, drawn : the row before the sweep, and the draw, (m,).
    """

    side: Side
    index: int
    names: tuple[str, ...]
    n_ratings: int
    prior: Normal
    posterior: Normal
    normal: np.ndarray
    before: np.ndarray
    drawn: np.ndarray


class GibbsDraws(Retraced):
    """One sweep of Gibbs sampling: all users' rows, then, by the new ones, all items'."""

    def __init__(
        self,
        model: Model,
        train: Ratings,
        checkpoint: Checkpoint,
        validation: Ratings | None = None,
    ) -> None:
        """Take the sweep after a checkpoint of this model on these ratings.

        ``validation`` is that of the training, on which intervals are calibrated.

        Raises
        ------
        SettingsError
            If the model is not sampled.
        """
        if not isinstance(model, BayesianPMF):
            raise SettingsError(Text("{title} draws nothing.", title=model.title))
        super().__init__(model, train, checkpoint, validation)
        trainer = self._training.trainer
        assert isinstance(trainer, GibbsTrainer)
        self._trainer = trainer
        self._before = {"user": trainer.users.rows().copy(), "item": trainer.items.rows().copy()}
        trainer.begin_epoch()
        for step in range(trainer.first_row_step):
            trainer.step(step)
        # After the users' half their noise may be another one: what it was is kept.
        self._noise = (trainer.noise.alpha, trainer.noise.of(trainer.users).copy(),
                       trainer.noise.of(trainer.items).copy())  # fmt: skip
        self._items_turn = False

    def of(self, side: Side, index: int) -> GibbsDraw:
        """Return the draw of one row; an item's given the users' rows as they are drawn by then."""
        with self._lock:
            trainer = self._trainer
            if side == "item" and not self._items_turn:
                first = trainer.first_row_step
                for step in range(first, first + len(trainer.users.steps)):
                    trainer.step(step)
                self._items_turn = True
            return self._draw(side, index)

    def _draw(self, side: Side, index: int) -> GibbsDraw:
        trainer, k = self._trainer, self._trainer.n_factors
        own, other = trainer.users, trainer.items
        alpha, of_own, of_other = self._noise
        if side == "item":
            own, other = other, own
            alpha = trainer.noise.alpha
            of_own, of_other = trainer.noise.of(own), trainer.noise.of(other)
        first = int(own.biases)
        prior = trainer.prior_of(own)
        here = slice(own.grouped.starts[index], own.grouped.starts[index + 1])
        others = own.grouped.columns[here]
        values = trainer.ratings(own).values[here].astype(np.float64)
        shift = np.zeros(k) if prior.shift is None else prior.shift[index, :k]
        z = trainer.normal_of(own)[index, 1 - first : k + 1].astype(np.float64)
        row = stepwise.gibbs_row(
            values, other.factors[others, :k].astype(np.float64),
            other.bias[others].astype(np.float64), z, mean=float(np.float32(trainer.mean)),
            alpha=float(alpha * of_own[index]), other_precisions=of_other[others],
            prior_mean=prior.mean + shift, precision=prior.precision,
            bias_precision=float(prior.bias_precision), with_bias=bool(first),
        )  # fmt: skip
        # X v of the features is added to the bias once it is drawn around 0.
        moved = np.zeros(k + first)
        if first and prior.bias_shift is not None:
            moved[0] = prior.bias_shift[index]
        covariance = np.zeros((k + first, k + first))
        covariance[:first, :first] = 1 / prior.bias_precision
        covariance[first:, first:] = np.linalg.inv(prior.precision)
        mean = np.concatenate([np.zeros(first), prior.mean + shift])
        return GibbsDraw(
            side, index, names_of_row(k, bool(first)), len(others),
            Normal(mean + moved, covariance),
            Normal(row.posterior_mean + moved, np.linalg.inv(row.posterior_precision)), z,
            np.roll(self._before[side][index].astype(np.float64), first), row.solution + moved,
        )  # fmt: skip


def of_cell(fitted: Posterior, user: int, item: int) -> np.ndarray:
    """Predict one pair by each kept draw, in rating units, not clipped; float64, (n_draws,)."""
    return np.array([draw.predict([user], [item], clip=False)[0] for draw in fitted.draws], float)
