"""Gibbs sampling: its draws against known distributions, its intervals against held-out ratings."""

import dataclasses
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import SettingsError
from recsys_core.models.hyperprior import normal_wishart
from recsys_core.models.posterior import Posterior, aligned

f32 = np.float32


def world(seed=0, noise=0.5, **more):
    return rc.datasets.low_rank(
        n_users=150, n_items=100, n_factors=2, density=0.4, noise=noise, seed=seed,
        scale=rc.Scale(1, 5), **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def taught():
    split = rc.splits.random(world(), validation=0.0, test=0.3, seed=0)
    model = rc.BayesianPMF(n_factors=4, n_epochs=150, burn_in=50).fit(split.train)
    return model, split


def test_means_and_precisions_follow_many_rows():
    rng = np.random.default_rng(0)
    truth = np.array([[2.0, 0.5], [0.5, 1.0]])
    rows = rng.multivariate_normal([1.0, -2.0], np.linalg.inv(truth), 40_000)
    draws = [normal_wishart(rows, np.zeros((0, 2)), rng) for _ in range(50)]
    assert np.mean([mean for mean, _ in draws], axis=0) == pytest.approx([1, -2], abs=0.02)
    assert np.mean([precision for _, precision in draws], axis=0) == pytest.approx(truth, abs=0.05)


@pytest.mark.slow
def test_few_rows_leave_the_precision_near_its_posterior_mean():
    # E Λ = (k + n) W, in closed form.
    rng = np.random.default_rng(1)
    rows, n = np.array([[1.0, 2.0], [0.0, -1.0], [2.0, 0.5]]), 3
    mean = rows.mean(axis=0)
    scatter = (rows - mean).T @ (rows - mean) + 2 * n / (2 + n) * np.outer(mean, mean)
    expected = (2 + n) * np.linalg.inv(np.eye(2) + scatter)
    draws = [normal_wishart(rows, np.zeros((0, 2)), rng) for _ in range(20_000)]
    assert np.mean([p for _, p in draws], axis=0) == pytest.approx(expected, abs=0.02)
    assert np.mean([m for m, _ in draws], axis=0) == pytest.approx(n / 5 * mean, abs=0.03)


def test_the_noise_is_found(taught):
    model, _ = taught
    posterior = model.snapshot()  # the noise is that of z
    assert math.sqrt(posterior.noise) * posterior.unit.size == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_intervals_cover_what_they_say(taught, coverage):
    model, split = taught
    test = split.test
    lower, upper = model.predict_interval(test.user_ids, test.item_ids, coverage)
    inside = (test.values >= lower) & (test.values <= upper)
    assert inside.mean() == pytest.approx(coverage, abs=0.05)
    assert lower.min() >= 1 and upper.max() <= 5


def test_who_has_few_ratings_is_less_sure():
    ratings = world()
    few = ratings.take(
        np.flatnonzero((ratings.user_ids > 20) | (np.arange(len(ratings)) % 10 == 0))
    )
    model = rc.BayesianPMF(n_factors=4, n_epochs=120, burn_in=40).fit(few)
    deviation = model.snapshot().deviation_matrix(np.arange(60), np.arange(100))
    assert deviation[:20].mean() > 1.2 * deviation[21:].mean()


def test_predictions_are_means_over_draws(taught):
    posterior = taught[0].snapshot()
    users, items = np.array([0, 3, 7]), np.array([5, 1, 9])
    each = np.array([draw.predict(users, items, clip=False) for draw in posterior.draws])
    assert len(each) == 100
    assert posterior.predict(users, items, clip=False) == pytest.approx(each.mean(axis=0), abs=1e-4)
    assert posterior.deviation(users, items) == pytest.approx(each.std(axis=0), abs=1e-4)
    block = posterior.deviation_matrix(users, items)
    assert np.diagonal(block) == pytest.approx(posterior.deviation(users, items), abs=1e-4)
    assert not posterior.has.terms and posterior.has.intervals


def test_the_training_error_told_is_the_predictors_own(taught):
    model, split = taught
    predicted = model.predict(split.train.user_ids, split.train.item_ids)
    error = rc.metrics.rmse(split.train.values, predicted)
    assert model.history[-1].train_rmse == pytest.approx(error, abs=1e-4)


def test_the_mean_of_draws_beats_every_draw(taught):
    model, split = taught
    test = split.test

    def error(fitted):
        return rc.metrics.rmse(test.values, fitted.predict(test.user_ids, test.item_ids))

    posterior = model.snapshot()
    assert error(posterior) < min(error(draw) for draw in posterior.draws)


def test_a_guest_has_a_row_for_each_draw_and_reasons_that_add_up(taught):
    model, split = taught
    posterior = model.snapshot()
    items, values = split.train.by_user.row(3)
    guest = posterior.fold_in(items, values)
    assert len(guest.rows) == len(posterior.draws)
    answer = posterior.predict(guest, [8], clip=False)[0]
    found = posterior.attribution(guest, 8)
    assert found.prediction == pytest.approx(answer, abs=1e-3)
    assert found.start + found.contributions.sum() == pytest.approx(found.prediction, abs=1e-6)
    assert posterior.deviation(guest, [8])[0] > 0


def test_aligning_a_draw_changes_its_axes_and_nothing_else(taught):
    draws = taught[0].snapshot().draws
    angle = 0.8
    rotation = np.eye(4)
    rotation[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    there = dataclasses.replace(
        draws[0],
        p=(draws[0].p @ rotation).astype(f32),
        q=(draws[0].q @ rotation).astype(f32),
    )
    back = aligned(there, draws)
    assert back.p == pytest.approx(draws[0].p, abs=1e-5)
    one, other = draws[5], aligned(draws[5], (there,))
    assert other.predict_matrix() == pytest.approx(one.predict_matrix(), abs=1e-4)
    assert not np.allclose(other.user_factors, one.user_factors, atol=0.01)
    items, values = one.rated_by(3)
    answers = [draw.predict(draw.fold_in(items, values), np.arange(9)) for draw in (one, other)]
    assert answers[0] == pytest.approx(answers[1], abs=1e-4)


def test_draws_are_thinned_to_a_budget(monkeypatch):
    monkeypatch.setattr("recsys_core.models.bayesian._MAX_BYTES", 0)
    monkeypatch.setattr("recsys_core.models.bayesian._MIN_DRAWS", 10)
    model = rc.BayesianPMF(n_factors=2, n_epochs=60, burn_in=20).fit(world())
    assert len(model.snapshot().draws) == 10


def test_before_any_draw_is_kept_the_latest_speaks():
    training = rc.BayesianPMF(n_factors=2, n_epochs=10, burn_in=9).start(world())
    for _ in range(3):
        training.advance(math.inf)
        snapshot = training.snapshot()
        assert isinstance(snapshot, Posterior) and len(snapshot.draws) == 1
        state = training.checkpoint().state
        p, q = (state[name][:, :2].astype(float) for name in ("p", "q"))
        x = state["b_user"][:, None] + state["b_item"] + p @ q.T
        expected = world().global_mean + world().values.std() * x
        assert snapshot.predict_matrix(clip=False) == pytest.approx(expected, abs=1e-4)


def test_a_coverage_without_meaning_is_refused(taught):
    with pytest.raises(SettingsError, match="0.9 is usual"):
        taught[0].predict_interval([0], [0], coverage=90)
