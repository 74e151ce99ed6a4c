"""Stars from 1 to 5, points from 0 to 100: the same ratings on another scale, the same model."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import recsys_core as rc
from recsys_core.standardized import Standardized, Unit
from tests.models.contract import one_of_many

# Every model with its default settings; networks and Gibbs sampling with fewer epochs, to take no
# more than seconds, and since every draw multiplies the rounding errors of those before.
KINDS = {
    "GlobalMean": rc.GlobalMean,
    "UserItemBias": rc.UserItemBias,
    "SGD": rc.SGD,
    "ALS": rc.ALS,
    "PMF": rc.PMF,
    "PMF, adaptive": functools.partial(rc.PMF, adaptive=True),
    "PMF, logistic": functools.partial(rc.PMF, link="logistic"),
    "PMF, constrained": functools.partial(rc.PMF, constrained=True),
    "PMF, constrained and logistic": functools.partial(rc.PMF, constrained=True, link="logistic"),
    "BayesianPMF": functools.partial(rc.BayesianPMF, implicit=False, n_epochs=16),
    "BayesianPMF, implicit": functools.partial(rc.BayesianPMF, implicit=True, n_epochs=16),
    "BayesianPMF, side information and time": functools.partial(
        rc.BayesianPMF, implicit=True, side_information=True, time=True, n_epochs=16
    ),
    "SVDpp": rc.SVDpp,
    "SVDpp, side information": functools.partial(rc.SVDpp, side_information=True),
    "NMF": rc.NMF,
    "NeuralMF": functools.partial(rc.NeuralMF, n_epochs=15),
    "NeuralMF, sigmoid": functools.partial(rc.NeuralMF, sigmoid=True, n_epochs=15),
    "NeuralMF, GMF": functools.partial(rc.NeuralMF, variant="GMF", n_epochs=15),
    "NeuralMF, NeuMF": functools.partial(rc.NeuralMF, variant="NeuMF", n_epochs=15),
    "ItemKNN": rc.ItemKNN,
}
MODELS = pytest.mark.parametrize("name", [one_of_many(name) for name in KINDS])

# Everything is compared in steps of the first scale, of which s is about 1. A float32 at 300 steps
# from zero has an error of 1e-5 of one, and epochs far from the minimum multiply it.
CLOSE = 1e-4


def close_at(steps: float) -> float:
    return CLOSE * max(1.0, abs(steps) / 100)


# How steps are stretched, and how many of them the scale is moved by.
scales = given(
    a=st.floats(-2, 4).map(lambda exponent: 10.0**exponent), steps=st.floats(-300, 300)
)  # fmt: skip
some_scales = settings(max_examples=3, derandomize=True, database=None)


@functools.cache
def stars() -> rc.splits.Split:
    world = rc.datasets.low_rank(
        40, 30, 2, density=0.4, noise=0.5, seed=0, scale=rc.Scale(1, 5, 1)
    )  # fmt: skip
    users = pd.DataFrame({"sex": np.where(np.arange(40) % 3, "F", "M")})
    items = pd.DataFrame({"genres": np.where(np.arange(30) % 4, "Drama", "War")})
    times = np.arange(len(world)) * 43_200 % (9 * 86_400)
    world = world.replace(user_info=users, item_info=items, timestamps=times)
    return rc.splits.random(world, seed=0)


def moved(ratings: rc.Ratings, a: float, b: float) -> rc.Ratings:
    low, high, step = ratings.scale[:3]
    return ratings.replace(
        values=(a * ratings.values.astype(float) + b).astype(np.float32),
        scale=rc.Scale(a * low + b, a * high + b, a * step),
        origin=None,
        truth=None,
    )


def answers(name: str, a: float, b: float) -> dict[str, np.ndarray]:
    """All that a model says of the moved stars, in steps of the stars' own scale."""
    split = stars()
    model = KINDS[name]()
    training = model.start(moved(split.train, a, b), moved(split.validation, a, b))
    history = list(training)
    fitted, items = training.snapshot(), np.arange(30)
    found = {
        "best epoch": np.array(-1 if training.best_epoch is None else training.best_epoch),
        "errors": np.array([(e.train_rmse, e.validation_rmse) for e in history]) / a,
        "loss": np.array([e.loss for e in history]) / a**2 / len(split.train),
        "predictions": (fitted.predict_matrix(clip=False).astype(float) - b) / a,
        "clipped": (fitted.predict_matrix().astype(float) - b) / a,
    }
    guest = fitted.fold_in([0, 3, 7], np.array([5.0, 1, 4]) * a + b)
    found["guest"] = (fitted.predict(guest, items, clip=False).astype(float) - b) / a
    found["guest's bias"] = np.array(guest.bias / (1 if name in LOGITS else a))
    if fitted.has.reasons:
        for who in (5, guest):
            reasons = fitted.attribution(who, 11)
            found[f"contributions, {who is guest}"] = reasons.contributions / a
            found[f"start, {who is guest}"] = (np.array(reasons.start) - b) / a
    if fitted.has.terms:
        terms = rc.attribution.terms(fitted, 5, 11)
        found["products"] = terms.products / (1 if name in LOGITS else a)
        found["score"] = (np.array(terms.score) - b) / a
    if fitted.has.intervals:
        ends = fitted.predict_interval(np.full(30, 5), items)
        found["interval"] = (np.array(ends, float) - b) / a
        found["deviation"] = fitted.deviation(guest, items).astype(float) / a
    return found


LOGITS = ("PMF, logistic", "PMF, constrained and logistic", "NeuralMF, sigmoid")
of_stars = functools.cache(functools.partial(answers, a=1.0, b=0.0))


@MODELS
@scales
@example(a=20.0, steps=-1.0)  # 0 to 80
@example(a=0.01, steps=300.0)
@example(a=1e4, steps=-300.0)
@example(a=1e5, steps=0.0)
@some_scales
def test_what_is_learned_moves_with_the_scale(name, a, steps):
    found, expected = answers(name, a, a * steps), of_stars(name)
    assert found.keys() == expected.keys()
    for what, value in expected.items():
        assert found[what] == pytest.approx(value, abs=close_at(steps)), what


@pytest.mark.parametrize("steps", [0.0, 100.0, -300.0])
def test_of_equally_similar_items_every_scale_takes_the_same(steps):
    # Most items have one rating or two, so that many are equally similar, and two count.
    rng = np.random.default_rng(1)
    matrix = np.where(rng.random((30, 200)) < 0.05, rng.integers(1, 6, (30, 200)), 0)
    ratings = rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))
    one, other = (
        rc.ItemKNN(n_neighbours=2, shrinkage=2.0).fit(each).snapshot()
        for each in (ratings, moved(ratings, 0.37, 0.37 * steps))
    )
    back = other.predict_matrix(clip=False).astype(float) / 0.37 - steps
    assert back == pytest.approx(one.predict_matrix(clip=False), abs=close_at(steps))


def test_without_standardizing_the_scale_decides():
    # What the property above would say if a model were fitted to the ratings as they are.
    split = stars()
    ratings = moved(split.train, 20, -20)
    one, other = (rc.ALS(standardize=False).fit(r) for r in (split.train, ratings))
    away = other.predict_matrix(clip=False) / 20 + 1 - one.predict_matrix(clip=False)
    assert np.abs(away).max() > 100 * CLOSE


def test_standardized_ratings_have_mean_0_and_deviation_1_and_the_ends_of_the_scale():
    ratings = moved(stars().train, 0.1, -9.3)  # no end of this scale is a float32
    z = Standardized.from_ratings(ratings, Unit.of(ratings))
    assert z.values.mean(dtype=float) == pytest.approx(0, abs=1e-6)
    assert z.values.std(dtype=float) == pytest.approx(1, abs=1e-6)
    assert z.values.min() == np.float32(z.scale.low)
    assert z.values.max() == np.float32(z.scale.high)
    for grouped, own in ((z.by_user, z.user_ids), (z.by_item, z.item_ids)):
        assert np.array_equal(grouped.values, z.values[grouped.order])
        assert np.array_equal(own[grouped.order], np.sort(own))
    assert Standardized.from_ratings(ratings, Unit.of(ratings)) is z  # as long as z is held


def test_equal_ratings_are_predicted_as_they_are():
    # In float64 the mean of these differs from each of them in the last digit.
    ratings = rc.Ratings.from_matrix(np.full((7, 5), 0.1), missing=None, scale=rc.Scale(0, 1))
    assert Unit.of(ratings).size == 1
    for name in ("SGD", "ALS", "PMF", "SVDpp", "ItemKNN"):
        predicted = KINDS[name]().fit(ratings).predict_matrix()
        assert predicted == pytest.approx(0.1, abs=0.05), name
