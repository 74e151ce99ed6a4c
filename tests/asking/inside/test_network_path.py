"""One prediction through the network: what torch says of it, and what its parts add up to."""

import math

import numpy as np
import pytest
import torch

import recsys_core as rc
from recsys_core.asking.inside.network_path import network_path

WORLD = rc.datasets.low_rank(20, 12, n_factors=3, density=0.5, seed=1)


@pytest.mark.parametrize("variant", ["dot", "GMF", "MLP", "NeuMF"])
@pytest.mark.parametrize("sigmoid", [False, True])
def test_the_path_ends_at_what_the_network_predicts(variant, sigmoid):
    model = rc.NeuralMF(n_factors=4, n_epochs=3, variant=variant, sigmoid=sigmoid, device="cpu")
    training = model.start(WORLD)
    training.advance(math.inf)
    fitted, network = training.latest, training.trainer.network
    for user, item in ((0, 0), (7, 3)):
        path = network_path(fitted, user, item)
        with torch.no_grad():
            x = float(network(torch.tensor([user]), torch.tensor([item])))
        assert path.score == pytest.approx(x, abs=1e-5)
        predicted = fitted.predict([user], [item], clip=False)[0]
        assert path.prediction == pytest.approx(predicted, abs=1e-5)
        parts = path.mean + path.user_bias + path.item_bias + path.products.sum() + path.tower
        assert parts == pytest.approx(path.score)
        if variant in ("MLP", "NeuMF"):
            inner = path.to_inner.sum(axis=1) + path.inner_bias
            assert path.inner == pytest.approx(inner)
            assert path.outer == pytest.approx(path.to_outer.sum(axis=1) + path.outer_bias)
            with torch.no_grad():
                sides = torch.tensor(path.sides, dtype=torch.float32)
                assert np.allclose(network.inner(sides).numpy(), path.inner, atol=1e-5)
            assert (path.to_outer[:, path.inner <= 0] == 0).all(), "switched off: nothing passed"
        else:
            assert not len(path.inner) and path.tower == 0
