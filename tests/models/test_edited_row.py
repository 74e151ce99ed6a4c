"""Numbers changed by hand predict by hand; released, training pulls them back."""

from __future__ import annotations

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import edited
from recsys_core.errors import SettingsError
from recsys_core.experiments import Experiment, released
from recsys_core.experiments.running import ExperimentTraining
from recsys_core.ratings import Scale


def world():
    return rc.datasets.low_rank(40, 25, 2, density=0.4, seed=4, scale=Scale(1, 5, 1), noise=0.3)


@pytest.mark.parametrize(
    "model",
    [
        rc.SGD(n_factors=3, n_epochs=5),
        rc.SGD(n_factors=3, n_epochs=5, standardize=False),
        rc.ALS(n_factors=3, n_epochs=5, biases=False),
        rc.PMF(n_factors=2, n_epochs=5, link="logistic"),
        rc.NMF(n_factors=2, n_epochs=5),
        rc.SVDpp(n_factors=2, n_epochs=5),
    ],
    ids=lambda model: repr(model)[:40],
)
def test_changed_numbers_predict_by_hand(model):
    fitted = model.fit(world()).snapshot()
    k = fitted.n_factors
    new = np.linspace(0.4, 0.9, k)
    for side, index in (("user", 3), ("item", 7)):
        after = fitted.with_row(side, index, new, 0.25)
        np.testing.assert_allclose(after.factors_of(side)[index], new, rtol=1e-6)
        assert after.bias_of(side)[index] == pytest.approx(0.25)
        user, item = (3, 5) if side == "user" else (2, 7)
        p, q = after.user_factors[user], after.item_factors[item]
        x = after.global_mean + after.user_bias[user] + after.item_bias[item] + float(p @ q)
        if fitted.link == "logistic":
            x = 1 + 4 / (1 + np.exp(-x))
        assert after.predict(user, item, clip=False)[0] == pytest.approx(x, abs=1e-5)
        # Nobody else is changed, and the model itself is not.
        others = np.arange(25) != (7 if side == "item" else -1)
        np.testing.assert_array_equal(
            after.predict_matrix([0], np.flatnonzero(others)),
            fitted.predict_matrix([0], np.flatnonzero(others)),
        )
        assert not np.allclose(fitted.factors_of(side)[index], new)


def test_errors_of_the_own_ratings_are_those_of_both_models():
    fitted = rc.SGD(n_factors=2, n_epochs=20).fit(world()).snapshot()
    after = fitted.with_row("item", 4, np.array([3.0, -3.0]), 0.0)
    users, values = fitted.train.by_item.row(4)
    found = edited.errors(fitted, after, "item", 4)
    for model, error in ((fitted, found.before), (after, found.after)):
        away = values - model.predict(users, 4)
        assert error == pytest.approx(np.sqrt(np.mean(away**2)), rel=1e-5)
    assert found.after > found.before and found.n_ratings == len(users)


@pytest.mark.parametrize(
    ("model", "why"), [(rc.BayesianPMF(n_epochs=3), "draws"), (rc.ItemKNN(), "no sum of products")]
)
def test_models_without_such_numbers_say_why(model, why):
    assert why in edited.why_not(model.fit(world()).snapshot())


def done(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def trained(model):
    experiment = Experiment(world(), {"name": "random", "seed": 1}, model)
    split = experiment.make_split()
    course = ExperimentTraining(experiment, split)
    while not course.finished:
        course.advance()
    return experiment, split, course


@pytest.mark.parametrize("side", ["user", "item"])
@pytest.mark.parametrize(
    "model",
    [
        rc.SGD(n_factors=2, n_epochs=12, learning_rate=0.1, patience=2),
        rc.SVDpp(n_factors=2, n_epochs=150, patience=200),
    ],
    ids=["SGD", "SVD++"],
)
def test_training_pulls_a_change_back(model, side):
    experiment, split, course = trained(model)
    before = course.training.latest
    epoch, checkpoint = course.training.epoch, course.training.checkpoint()
    change = np.array([1.0, -0.8, 0.5])
    found = done(released.released(experiment, split, checkpoint, epoch, side, 6, change, 8))
    assert found.epoch == epoch and found.rows.shape == found.alone.shape == (9, 3)
    np.testing.assert_allclose(found.rows[0] - found.alone[0], change, atol=1e-5)
    np.testing.assert_allclose(found.alone[0][:2], before.factors_of(side)[6], atol=1e-6)
    assert found.apart[-1] < 0.7 * found.apart[0]
    # Left alone it is the same training gone on.
    course.training.extend(8)
    while course.training.epoch < epoch + 8:
        course.advance()
        if course.training.finished and course.training.epoch < epoch + 8:
            course.training.extend(epoch + 8 - course.training.epoch)
    np.testing.assert_allclose(
        found.alone[-1][:2], course.training.latest.factors_of(side)[6], atol=1e-6
    )


def test_als_forgets_a_users_change_in_one_half_step():
    experiment, split, course = trained(rc.ALS(n_factors=2, n_epochs=4))
    epoch, checkpoint = course.training.epoch, course.training.checkpoint()
    found = done(
        released.released(experiment, split, checkpoint, epoch, "user", 6, np.array([2.0, 1, 1]), 2)
    )
    assert found.apart[0] > 2 and found.apart[1] < 1e-5


def test_a_network_has_no_rows_to_release():
    experiment, split, course = trained(rc.NeuralMF(n_factors=2, n_epochs=1, variant="GMF"))
    with pytest.raises(SettingsError, match="network"):
        done(
            released.released(
                experiment, split, course.training.checkpoint(), 1, "user", 0, np.zeros(3)
            )
        )
