"""The variants of neural MF: what rests in numpy is what torch trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import recsys_core as rc
from recsys_core.asking import attribution
from recsys_core.errors import SettingsError

VARIANTS = ("dot", "GMF", "MLP", "NeuMF")


def some(seed=0):
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((30, 20)) < 0.4, rng.integers(1, 6, (30, 20)), 0)
    return rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))


def trained(variant, **changes):
    settings = dict(n_factors=4, learning_rate=0.02, n_epochs=6, batch_size=32) | changes
    model = rc.NeuralMF(variant=variant, **settings)
    training = model.start(some())
    list(training)
    return model, training.trainer


@pytest.mark.parametrize("k", [1, 4, 5])
@pytest.mark.parametrize("sigmoid", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_at_rest_it_predicts_what_the_network_says(variant, sigmoid, k):
    model, trainer = trained(variant, sigmoid=sigmoid, n_factors=k)
    users, items = (part.ravel() for part in np.mgrid[0:30, 0:20])
    with torch.no_grad():
        x = trainer.network(torch.from_numpy(users), torch.from_numpy(items)).numpy()
    expected = 1 + 4 / (1 + np.exp(-x)) if sigmoid else x
    assert model.predict(users, items, clip=False) == pytest.approx(expected, abs=1e-4)
    whole = model.predict_matrix(clip=False)
    assert whole.ravel() == pytest.approx(expected, abs=1e-4)
    best = model.recommend(3, n=20)
    assert best["score"].to_numpy() == pytest.approx(whole[3, best["item"]], abs=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_measuring_a_run_of_ratings_is_predicting_it(variant, monkeypatch):
    monkeypatch.setattr("recsys_core.models.neural_factor_model._AT_ONCE", 50)
    model, trainer = trained(variant)
    ratings = some()
    raw, clipped = trainer.squared_errors(ratings, 10, 150)
    for clip, expected in ((False, raw), (True, clipped)):
        e = model.predict(ratings.user_ids, ratings.item_ids, clip=clip) - ratings.values
        assert (e[10:150] ** 2).sum() == pytest.approx(expected, rel=1e-4)


def test_weighted_products_rest_as_a_dot_product_with_terms():
    model, trainer = trained("GMF")
    assert not np.allclose(trainer.network.output.detach(), 1)  # it has learned weights
    parts = attribution.terms(model, 3, 5)
    assert parts.prediction == pytest.approx(model.predict([3], [5])[0], abs=1e-5)


@pytest.mark.parametrize("variant", ["MLP", "NeuMF"])
def test_a_tower_declares_what_it_has_not(variant):
    found = trained(variant)[0].snapshot()
    assert found.has.factors and not found.has.terms and not found.has.reasons
    for ask in (attribution.terms, attribution.reasons):
        with pytest.raises(SettingsError):
            ask(found, 0, 0)


@pytest.mark.parametrize("sigmoid", [False, True])
@pytest.mark.parametrize("variant", ["MLP", "NeuMF"])
def test_slopes_of_the_tower_are_finite_differences(variant, sigmoid):
    found = trained(variant, sigmoid=sigmoid, init_deviation=0.5)[0].snapshot()
    items = np.arange(20)
    w = np.random.default_rng(0).normal(0, 0.3, 5)
    _, slopes = found._linear(w, items)
    for n in range(5):
        move = np.zeros(5)
        move[n] = 1e-3  # not less: ratings through a link are float32
        above, below = (found._linear(w + way * move, items)[0] for way in (1, -1))
        close = np.isclose(slopes[:, n], (above - below) / 2e-3, atol=3e-3)
        assert close.mean() >= 0.85  # a few have a kink in between


@pytest.mark.parametrize("variant", ["MLP", "NeuMF"])
def test_fold_in_ends_where_no_small_move_is_better(variant):
    found = trained(variant)[0].snapshot()
    items, values = np.array([0, 3, 5, 9]), np.array([5.0, 1, 4, 2])
    reg, prior = found.fold.reg, found.fold.prior

    def loss(w):
        return ((values - found._linear(w, items)[0]) ** 2).sum() + reg @ (w - prior) ** 2

    guest = found.fold_in(items, values)
    w = np.append(guest.factors.astype(float), guest.bias)
    least = loss(w)
    assert least < loss(prior)
    rng = np.random.default_rng(0)
    assert all(loss(w + rng.normal(0, 1e-2, len(w))) > least - 1e-6 for _ in range(200))
    again = found.fold_in(items, values)
    assert np.array_equal(again.factors, guest.factors)


def test_a_fork_cannot_change_the_network():
    checkpoint = rc.NeuralMF(variant="MLP", n_factors=4).start(some()).checkpoint()
    with pytest.raises(SettingsError, match="variant"):
        rc.NeuralMF(variant="GMF").start(some(), checkpoint=checkpoint)


def test_a_device_that_is_not_there_is_refused():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    with pytest.raises(SettingsError, match="no cuda device"):
        rc.NeuralMF(device="cuda").fit(some())
    auto, cpu = (rc.NeuralMF(n_epochs=1, device=name).fit(some()) for name in ("auto", "cpu"))
    assert auto.predict_matrix() == pytest.approx(cpu.predict_matrix(), abs=1e-3)
