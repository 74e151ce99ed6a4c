"""NMF's update, a Gibbs draw, and PMF's posterior as ratings arrive, by independent oracles."""

import copy
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking.inside.gibbs_draw import GibbsDraws, of_cell
from recsys_core.asking.inside.nmf_update import NMFUpdates
from recsys_core.asking.inside.normal import Normal
from recsys_core.asking.inside.posterior_path import posteriors
from recsys_core.asking.inside.row_update import RowUpdates
from recsys_core.errors import SettingsError

CLOSE = {"abs": 3e-4, "rel": 3e-4}


@pytest.fixture(scope="module")
def split():
    return rc.splits.random(rc.datasets.low_rank(20, 12, n_factors=3, density=0.6, seed=1), seed=0)


def after(model, split, n, validation=None):
    training = copy.copy(model).start(split.train, validation)
    for _ in range(n):
        training.advance(math.inf)
    return training


def test_both_halves_of_nmf_lead_to_the_next_snapshot(split):
    model = rc.NMF(n_factors=3, reg=0.2, n_epochs=9)
    before, then = (after(model, split, n).checkpoint() for n in (2, 3))
    updates = NMFUpdates(model, split.train, before)
    for side, table, counts in (
        ("item", "q", split.train.item_counts), ("user", "p", split.train.user_counts),
    ):  # fmt: skip
        for index in np.flatnonzero(counts):
            update = updates.of(side, int(index))
            assert update.row.factors == pytest.approx(then.state[table][index], **CLOSE)
            assert update.before == pytest.approx(before.state[table][index], **CLOSE)
            assert update.row.factors == pytest.approx(
                update.before * update.row.numerator / update.row.denominator
            )
    with pytest.raises(SettingsError, match="no multiplicative"):
        NMFUpdates(rc.SGD(), split.train, before)


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("epochs", [2, 3])
def test_both_halves_of_a_gibbs_sweep_draw_what_training_draws(implicit, validated, epochs, split):
    model = rc.BayesianPMF(n_factors=3, n_epochs=9, burn_in=2, implicit=implicit, seed=5)
    validation = split.validation if validated else None
    before, then = (after(model, split, n, validation).checkpoint() for n in (epochs, epochs + 1))
    draws = GibbsDraws(model, split.train, before, validation)
    for side, table, bias in (("item", "q", "b_item"), ("user", "p", "b_user")):
        for index in range(5):
            draw = draws.of(side, index)
            assert draw.names == ("b", "1", "2", "3")
            assert draw.drawn[1:] == pytest.approx(then.state[table][index], **CLOSE)
            assert draw.drawn[0] == pytest.approx(then.state[bias][index], **CLOSE)
            assert draw.before[1:] == pytest.approx(before.state[table][index], **CLOSE)
            # The draw is the posterior's mean and a root of its covariance times the noise.
            root = np.linalg.cholesky(np.linalg.inv(draw.posterior.covariance))
            away = np.linalg.solve(root.T, draw.normal)
            assert draw.drawn == pytest.approx(draw.posterior.mean + away, abs=1e-6)
            tighter = np.linalg.eigvalsh(draw.prior.covariance - draw.posterior.covariance)
            assert (tighter > -1e-9).all()


def test_the_mean_of_what_draws_predict_is_the_prediction(split):
    fitted = after(rc.BayesianPMF(n_factors=3, n_epochs=12, burn_in=2, seed=5), split, 12).latest
    drawn = of_cell(fitted, 3, 4)
    assert len(drawn) == len(fitted.draws) > 5
    assert drawn.mean() == pytest.approx(fitted.predict([3], [4], clip=False)[0], abs=1e-5)


@pytest.mark.parametrize("adaptive", [False, True])
def test_the_posterior_of_pmf_tightens_to_the_row_that_training_takes(adaptive, split):
    model = rc.PMF(n_factors=3, adaptive=adaptive, n_epochs=20)
    update = RowUpdates(model, split.train, after(model, split, 9).checkpoint()).of("user", 3)
    path = posteriors(update)
    assert len(path) == len(update.others) + 1
    # λ = σ² / σ_u².
    assert path[0].deviation() ** 2 == pytest.approx(update.noise / update.penalty)
    assert path[-1].mean == pytest.approx(update.solution, abs=1e-9)
    covariance = update.noise * np.linalg.inv(update.matrix)
    assert path[-1].covariance == pytest.approx(covariance, abs=1e-9)
    for wide, tight in zip(path, path[1:], strict=False):
        assert (np.linalg.eigvalsh(wide.covariance - tight.covariance) > -1e-9).all()
    # One after the other or in another order: the same in the end.
    order = np.arange(len(update.others))[::-1]
    assert posteriors(update, order)[-1].mean == pytest.approx(path[-1].mean, abs=1e-9)
    assert posteriors(update, order)[1].mean != pytest.approx(path[1].mean, abs=1e-6)


def test_the_density_of_prior_and_ratings_multiplies_to_the_posterior(split):
    model = rc.PMF(n_factors=3, adaptive=False, n_epochs=20)
    update = RowUpdates(model, split.train, after(model, split, 9).checkpoint()).of("user", 3)
    prior, posterior = posteriors(update)[0], posteriors(update)[-1]

    def log_density(normal, w):
        away = w - normal.mean
        return -away @ np.linalg.solve(normal.covariance, away) / 2

    rng, differences = np.random.default_rng(0), []
    for w in rng.normal(0, 1, (20, 4)):
        e = update.targets - update.design @ w
        ratings = -(e @ e) / (2 * update.noise)
        differences.append(log_density(prior, w) + ratings - log_density(posterior, w))
    assert np.ptp(differences) < 1e-6 * abs(differences[0]) + 1e-9  # but for a constant


def test_an_ellipse_is_where_the_density_is_the_same():
    normal = Normal(np.array([1.0, 2.0, 3.0]), np.array([[4, 1, 0.5], [1, 2, 0], [0.5, 0, 1.0]]))
    ring = normal.ellipse(0, 1, times=2.0)
    away = ring - [1.0, 2.0]
    inverse = np.linalg.inv(np.array([[4.0, 1.0], [1.0, 2.0]]))
    assert np.einsum("nf,fg,ng->n", away, inverse, away) == pytest.approx(np.full(73, 4.0))
    assert ring[0] == pytest.approx(ring[-1])
    # Its sides are at the numbers' own standard deviations.
    assert np.abs(normal.ellipse(0, 1, n=2001)[:, 0] - 1).max() == pytest.approx(2.0, abs=1e-4)
