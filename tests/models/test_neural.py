"""The variants of neural MF: what rests in numpy is what torch trained."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import recsys_core as rc
from recsys_core.asking import attribution
from recsys_core.errors import SettingsError
from recsys_core.models.fitted_model import Guest

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


def test_at_rest_it_predicts_what_the_network_says():
    users, items = (part.ravel() for part in np.mgrid[0:30, 0:20])
    wrong = []
    for variant, sigmoid, k in itertools.product(VARIANTS, (False, True), (1, 4, 5)):
        model, trainer = trained(variant, sigmoid=sigmoid, n_factors=k)
        with torch.no_grad():
            x = trainer.network(torch.from_numpy(users), torch.from_numpy(items)).numpy()
        ratings = some()
        z = ratings.global_mean + ratings.values.std() * x  # the network's x is standardized
        expected = 1 + 4 / (1 + np.exp(-x)) if sigmoid else z
        best = model.recommend(3, n=20)
        found = {
            "pairs": (model.predict(users, items, clip=False), expected),
            "matrix": (model.predict_matrix(clip=False).ravel(), expected),
            "row": (best["score"].to_numpy(), expected[3 * 20 + best["item"]]),
        }
        wrong += [
            (variant, sigmoid, k, asked)
            for asked, (answer, wanted) in found.items()
            if answer != pytest.approx(wanted, abs=1e-4)
        ]
    assert not wrong


@pytest.mark.parametrize("variant", VARIANTS)
def test_measuring_a_run_of_ratings_is_predicting_it(variant, monkeypatch):
    monkeypatch.setattr("recsys_core.models.neural_factor_model._AT_ONCE", 50)
    model, trainer = trained(variant)
    ratings = some()
    raw, clipped = trainer.squared_errors(trainer.train, 10, 150)
    for clip, expected in ((False, raw), (True, clipped)):
        e = model.predict(ratings.user_ids, ratings.item_ids, clip=clip) - ratings.values
        assert (e[10:150] ** 2).sum() == pytest.approx(expected * ratings.values.var(), rel=1e-4)


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
def test_fold_in_ends_where_no_small_move_is_better(variant, sigmoid):
    # Little decay, so that the ratings, not the prior, say where the guest is.
    settings = dict(sigmoid=sigmoid, init_deviation=0.5, weight_decay=1e-3)
    found = trained(variant, **settings)[0].snapshot()
    items, values = np.array([0, 3, 5, 9]), np.array([5.0, 1, 4, 2])
    reg, prior, s = found.fold.reg, found.fold.prior, found.unit.size
    # Of a row w as trained: biases are s times as large in rating units, unless they are logits.
    size = 1.0 if sigmoid else s

    def loss(w):
        guest = Guest(w[:-1], w[-1] * size, items, values)
        e = (values - found.predict(guest, items, clip=False)) / s
        return (e**2).sum() + reg @ (w - prior) ** 2

    guest = found.fold_in(items, values)
    w = np.append(guest.factors.astype(float), guest.bias / size)
    least = loss(w)
    assert least < loss(prior)
    rng = np.random.default_rng(0)
    moves = [rng.normal(0, size, len(w)) for size in (1e-3, 1e-2) for _ in range(200)]
    assert min(loss(w + move) for move in moves) > least - 1e-4  # so little, at a kink
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
