"""Turned factors predict the same to rounding; the axes are others."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import latent_map
from recsys_core.asking.rotation import largest_change, n_negative, turned, why_not
from recsys_core.errors import SettingsError

WORLD = rc.datasets.low_rank(60, 40, 3, density=0.4, seed=2)


@pytest.mark.parametrize(
    "model",
    [
        rc.SGD(n_factors=4, n_epochs=8),
        rc.ALS(n_factors=3, n_epochs=5),
        rc.PMF(n_factors=3, n_epochs=5, link="logistic"),
        rc.NMF(n_factors=3, n_epochs=8),
    ],
    ids=lambda model: repr(model)[:30],
)
@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 217.0])
def test_predictions_stay_to_rounding(model, degrees):
    fitted = model.fit(WORLD).snapshot()
    other = turned(fitted, degrees, 0, 2)
    one = fitted.predict_matrix(clip=False).astype(np.float64)
    np.testing.assert_allclose(other.predict_matrix(clip=False), one, atol=2e-5)
    assert largest_change(fitted, other) < 2e-5
    angle = np.deg2rad(degrees)
    r = np.eye(fitted.n_factors)
    r[[0, 0, 2, 2], [0, 2, 0, 2]] = np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)
    np.testing.assert_allclose(other.p, fitted.p @ r, atol=1e-6)
    np.testing.assert_allclose(other.q, fitted.q @ r, atol=1e-6)
    for side in ("user", "item"):  # and who is similar to whom
        np.testing.assert_allclose(other.similarity(side, 3), fitted.similarity(side, 3), atol=1e-5)


def test_what_lies_at_the_ends_of_a_factor_changes():
    fitted = rc.SGD(n_factors=2, n_epochs=20).fit(WORLD).snapshot()
    before, after = (
        latent_map.factor_table(each).set_index("factor") for each in (fitted, turned(fitted, 60))
    )
    assert before.loc[1, "high end"] != after.loc[1, "high end"]


def test_non_negative_factors_do_not_stay_so():
    fitted = rc.NMF(n_factors=2, n_epochs=10).fit(WORLD).snapshot()
    assert n_negative(fitted) == 0 and n_negative(turned(fitted, 40)) > 0


def test_a_change_is_seen():
    fitted = rc.SGD(n_factors=2, n_epochs=2).fit(WORLD).snapshot()
    other = fitted.with_row("user", 5, fitted.user_factors[5] + 1, float(fitted.user_bias[5]))
    assert largest_change(fitted, other) > 0.1


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (rc.SGD(n_factors=1, n_epochs=1), "fewer than two"),
        (rc.BayesianPMF(n_factors=2, n_epochs=3), "draws"),
        (rc.NeuralMF(n_factors=4, n_epochs=1, variant="MLP"), "network"),
    ],
    ids=["one factor", "posterior", "network"],
)
def test_what_cannot_be_turned_says_why(model, why):
    fitted = model.fit(WORLD).snapshot()
    assert why in why_not(fitted)
    with pytest.raises(SettingsError, match=why):
        turned(fitted, 10)


def test_two_different_factors_are_needed():
    fitted = rc.SGD(n_factors=2, n_epochs=1).fit(WORLD).snapshot()
    for pair in ((1, 1), (0, 2)):
        with pytest.raises(SettingsError, match="make a plane"):
            turned(fitted, 10, *pair)
