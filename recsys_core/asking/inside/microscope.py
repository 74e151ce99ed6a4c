"""One rating's step of SGD, SVD++ or logistic PMF, taken apart at its place in an epoch.

>>> import recsys_core as rc
>>> model, party = rc.SGD(n_factors=3, n_epochs=5, seed=0), rc.datasets.music_party()
>>> training = model.start(party)
>>> epoch = Microscope(model, party, training.checkpoint())  # the one that comes after it
>>> step = take_apart(epoch.found(0, 1)[0], epoch.rule)
>>> bool(np.isclose(step.score, step.rule.mean + step.found.user_bias + step.found.item_bias
...     + step.products.sum()))
True

The parameters that a rating finds are the kernel's: from the checkpoint before the epoch, the
kernel itself is taken over all ratings that the epoch visits before this one. What lies between is
computed by ``stepwise``.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from recsys_core import stepwise
from recsys_core.asking.inside.retraced import Retraced
from recsys_core.errors import SettingsError
from recsys_core.models import Model
from recsys_core.models.options import rate_in
from recsys_core.models.pmf import PMF, LogisticTrainer
from recsys_core.models.sgd import SGD, SGDTrainer
from recsys_core.models.svdpp import SVDpp, SVDppTrainer
from recsys_core.ratings import Ratings
from recsys_core.stepwise import Gradient
from recsys_core.text import Text
from recsys_core.training import Checkpoint


@dataclass(frozen=True)
class Rule:
    """What all steps of an epoch share; numbers in the unit of training.

    Attributes
    ----------
    mean, learning_rate : μ and γ.
    biases : whether biases are learned.
    in_turn : q_i moves by the new p_u.
    ends : low and high of the scale that a logistic link maps x into; None without one.
    waits : the penalty of the user's factors is taken once, after the user's last rating (SVD++).
    """

    mean: float
    learning_rate: float
    biases: bool
    in_turn: bool = False
    ends: tuple[float, float] | None = None
    waits: bool = False


@dataclass(frozen=True, eq=False)
class Found:
    """What one rating finds when its turn comes.

    Attributes
    ----------
    place : which of the epoch's ratings it is, from 0.
    user, item : indices.
    target : the rating in the unit of training.
    user_factors, item_factors : p_u and q_i, float64, (k,); of SVD++ for p_u the sum
        w = p_u + n^−½ Σ_j y_j that predicts.
    user_bias, item_bias : b_u and b_i.
    reg_user, reg_item : λ of the user's and of the item's numbers.
    times : how often the user's factors take the step against the error: 1, and in SVD++ 2, once
        in p_u and once in the n y_j (with features of users 2 + 1/n).
    """

    place: int
    user: int
    item: int
    target: float
    user_factors: np.ndarray
    item_factors: np.ndarray
    user_bias: float
    item_bias: float
    reg_user: float
    reg_item: float
    times: float = 1.0


@dataclass(frozen=True, eq=False)
class Step:
    """The same step in its sub-steps: products, sum, error, gradients, numbers after it.

    Attributes
    ----------
    found, rule : what it begins with.
    products : p_uf q_if of each factor, (k,).
    score : x = μ + b_u + b_i + Σ products.
    prediction : x, or what the logistic link makes of it, in the unit of training.
    error : target − prediction. slope : dr̂/dx, 1 without a link.
    user_gradient, item_gradient, user_bias_gradient, item_bias_gradient : each in its two parts,
        of the error and of the penalty; (k,) or numbers.
    user_factors, item_factors, user_bias, item_bias : after the step.
    prediction_after : the prediction of the same rating after it.
    """

    found: Found
    rule: Rule
    products: np.ndarray
    score: float
    prediction: float
    error: float
    slope: float
    user_gradient: Gradient[np.ndarray]
    item_gradient: Gradient[np.ndarray]
    user_bias_gradient: Gradient[float]
    item_bias_gradient: Gradient[float]
    user_factors: np.ndarray
    item_factors: np.ndarray
    user_bias: float
    item_bias: float
    prediction_after: float


def take_apart(found: Found, rule: Rule) -> Step:
    """Take one rating's step apart, by ``stepwise.sgd_step`` or ``stepwise.logistic_step``."""
    p, q, rate = found.user_factors, found.item_factors, rule.learning_rate
    given = found.target, p, q, found.user_bias, found.item_bias
    done: stepwise.SGDStep | stepwise.LogisticStep
    if rule.ends is not None:
        low, high = rule.ends
        done = stepwise.logistic_step(
            *given, mean=rule.mean, low=low, high=high, learning_rate=rate,
            reg_user=found.reg_user, reg_item=found.reg_item, n_user=1, n_item=1,
            with_biases=rule.biases,
        )  # fmt: skip
        score, slope = done.score, done.slope
    else:
        done = stepwise.sgd_step(
            *given, mean=rule.mean, learning_rate=rate, reg=found.reg_item,
            with_biases=rule.biases, in_turn=rule.in_turn,
        )  # fmt: skip
        score, slope = done.prediction, 1.0
    user_gradient, user_factors = done.user_gradient, done.user_factors
    if rule.waits:
        user_gradient = Gradient(user_gradient.of_error, np.zeros_like(p))
        user_factors = p - rate * found.times * user_gradient.of_error
    score_after = float(
        rule.mean + done.user_bias + done.item_bias + user_factors @ done.item_factors
    )
    return Step(
        found, rule, p * q, score, done.prediction, done.error, slope,
        user_gradient, done.item_gradient, done.user_bias_gradient, done.item_bias_gradient,
        user_factors, done.item_factors, done.user_bias, done.item_bias,
        _linked(score_after, rule),
    )  # fmt: skip


def _linked(score: float, rule: Rule) -> float:
    if rule.ends is None:
        return score
    low, high = rule.ends
    return float(low + (high - low) / (1 + np.exp(-score)))


def can_be_taken_apart(model: Model) -> bool:
    """Whether a model learns rating by rating, in steps that this module knows."""
    if isinstance(model, PMF):
        return model.link == "logistic" and not model.constrained
    return isinstance(model, SGD | SVDpp)


class Microscope(Retraced):
    """One epoch of a model, retraced by its kernel up to any of its ratings.

    Attributes
    ----------
    rule : what its steps share.
    users, items : whom it visits, in its order, int32, (n_steps,).
    """

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
            If the model does not learn rating by rating.
        """
        if not can_be_taken_apart(model):
            raise SettingsError(
                Text("{title} has no step of one rating to take apart.", title=model.title)
            )
        super().__init__(model, train, checkpoint, validation)
        self._state = checkpoint.state
        trainer = self._training.trainer
        assert isinstance(trainer, SGDTrainer | SVDppTrainer)
        self._trainer = trainer
        self._k = self._trainer.n_factors
        self._begin()
        self.rule = _rule(self._trainer)

    @property
    def n_steps(self) -> int:
        """How many ratings the epoch visits."""
        return len(self.users)

    def place(self, user: int, item: int) -> int | None:
        """When a rating's turn comes, from 0; None where the pair is not trained on."""
        found = np.flatnonzero((self.users == user) & (self.items == item))
        return int(found[0]) if len(found) else None

    def found(self, first: int, n: int) -> list[Found]:
        """What the ratings ``first`` to ``first + n`` of the epoch find, as far as there are."""
        first = max(first, 0)
        last = min(first + n, self.n_steps)
        with self._lock:
            if isinstance(self._trainer, SGDTrainer):
                return self._of_ratings(self._trainer, first, last)
            assert isinstance(self._trainer, SVDppTrainer)
            return self._of_users(self._trainer, first, last)

    def _begin(self) -> None:
        """Begin the epoch, in the order that its training draws."""
        self._trainer.begin_epoch()
        trainer = self._trainer
        assert isinstance(trainer, SGDTrainer | SVDppTrainer)
        self.users, self.items, self._values = trainer.visited()
        self._at = 0  # how many ratings, or users, it has been taken over

    def _go_to(self, at: int, update: object) -> None:
        if at < self._at:
            self._trainer.restore(copy.deepcopy(self._state))
            self._begin()
        if at > self._at:
            update(self._at, at)  # type: ignore[operator]
        self._at = at

    def _of_ratings(self, trainer: SGDTrainer, first: int, last: int) -> list[Found]:
        self._go_to(first, trainer.update_by)
        k, of = self._k, []
        for place in range(first, last):
            u, i = int(self.users[place]), int(self.items[place])
            reg_user, reg_item = trainer.penalties(u, i)
            of.append(
                Found(
                    place,
                    u,
                    i,
                    float(self._values[place]),
                    trainer.p[u, :k].astype(np.float64),
                    trainer.q[i, :k].astype(np.float64),
                    float(trainer.b_user[u]),
                    float(trainer.b_item[i]),
                    reg_user,
                    reg_item,
                )  # fmt: skip
            )
            trainer.update_by(place, place + 1)
            self._at = place + 1
        return of

    def _of_users(self, trainer: SVDppTrainer, first: int, last: int) -> list[Found]:
        """The kernel updates by whole users; within one, ``stepwise.svdpp_step`` goes on."""
        counts = trainer.train.user_counts[trainer.visits]
        ends = np.cumsum(counts)
        of: list[Found] = []
        at = first
        while at < last:
            visit = int(np.searchsorted(ends, at, side="right"))
            self._go_to(visit, trainer.update)
            begin = int(ends[visit] - counts[visit])
            here = self._of_user(trainer, begin, int(counts[visit]))
            of += here[at - begin : last - begin]
            at = int(ends[visit])
        return of

    def _of_user(self, trainer: SVDppTrainer, begin: int, n: int) -> list[Found]:
        k, rule, reg = self._k, self.rule, float(np.float32(trainer.settings["reg"]))
        u, items = int(self.users[begin]), self.items[begin : begin + n]
        values = self._values[begin : begin + n].astype(np.float64)
        known = trainer.features
        mine = known.columns[known.starts[u] : known.starts[u + 1]]
        q, b_item = trainer.q[items, :k].astype(np.float64), trainer.b_item[items]
        bias = float(trainer.b_user[u])
        done = stepwise.svdpp_step(
            values, trainer.own[u, :k].astype(np.float64), bias, q,
            trainer.y[items, :k].astype(np.float64), b_item.astype(np.float64), mean=rule.mean,
            learning_rate=rule.learning_rate, reg=reg, with_biases=rule.biases,
            feature_factors=trainer.a[mine, :k].astype(np.float64) if len(mine) else None,
        )  # fmt: skip
        times, of = 2.0 + (1 / n if len(mine) else 0.0), []
        for at in range(n):
            of.append(
                Found(
                    begin + at,
                    u,
                    int(items[at]),
                    float(values[at]),
                    done.user_sums[at],
                    q[at],
                    bias,
                    float(b_item[at]),
                    reg,
                    reg,
                    times,
                )  # fmt: skip
            )
            if rule.biases:
                bias += rule.learning_rate * (float(done.errors[at]) - reg * bias)
        return of


def _rule(trainer: SGDTrainer | SVDppTrainer) -> Rule:
    """The rule of an epoch that has begun, in the float32 numbers that its kernel is given."""
    s, f = trainer.settings, np.float32
    ends = None
    rate = rate_in(trainer.epoch, s)
    if isinstance(trainer, LogisticTrainer):
        low, high = (float(f(end)) for end in trainer.train.scale[:2])
        ends, rate = (low, high), s["learning_rate"]
    return Rule(
        float(f(trainer.mean)), float(f(rate)), bool(s["biases"]), bool(s.get("in_turn")),
        ends, waits=isinstance(trainer, SVDppTrainer),
    )  # fmt: skip
