"""Side information and days in Bayesian PMF: their draws by dense linear algebra, and what for."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

import recsys_core as rc
from recsys_core.errors import RatingsError, SettingsError
from recsys_core.models.alternating import Side
from recsys_core.models.bayesian import GibbsTrainer
from recsys_core.models.days import Days
from recsys_core.models.hyperprior import Hyperprior
from recsys_core.models.side_features import features_of
from recsys_core.standardized import Standardized, Unit
from tests.models.contract import same_bits

DAY = 86_400


def people():
    """Three users and four items of which little, much or nothing is known."""
    ratings = rc.Ratings.from_matrix(np.ones((3, 4)), scale=rc.Scale(1, 5, 1))
    users = pd.DataFrame(
        {"age": [24, 56, None], "sex": ["F", "M", None], "zip": ["1", "2", "3"]}
    ).astype({"age": "Int64"})
    items = pd.DataFrame(
        {"genres": ["Drama|War", "", None, "War"], "year": [1995, 1929, None, 1996]}
    ).astype({"year": "Int64"})
    return ratings.replace(user_info=users, item_info=items)


def dense(features):
    """X of features: 1/√n_r where row r has one."""
    counts = features.counts
    x = np.zeros((len(counts), len(features.names)))
    x[np.repeat(np.arange(len(counts)), counts), features.columns] = 1
    return x / np.sqrt(np.maximum(x.sum(axis=1, keepdims=True), 1))


def test_features_by_hand():
    ratings = people()
    users, items = features_of(ratings, "user"), features_of(ratings, "item")
    assert users.names == ("age: 18–24", "age: 56 or more", "sex: F", "sex: M")
    assert (dense(users) > 0).tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    assert items.names == (
        "genres: Drama", "genres: War", "year: 1994–1995", "year: 1996–1997", "year: under 1930"
    )  # fmt: skip
    assert (dense(items) > 0).tolist() == [
        [1, 1, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 1, 0, 1, 0]
    ]  # fmt: skip
    assert dense(items)[0, 0] == pytest.approx(3**-0.5)
    for found in (users, items):  # the way back says the same
        back = np.repeat(np.arange(len(found.names)), np.diff(found.row_starts))
        assert sorted(zip(found.rows, back, strict=True)) == list(
            zip(np.repeat(np.arange(len(found.counts)), found.counts), found.columns, strict=True)
        )
    assert features_of(ratings.replace(user_info=None), "user") is None
    untold = ratings.replace(user_info=pd.DataFrame({"age": [None] * 3, "zip": ["1", "2", "3"]}))
    assert features_of(untold, "user") is None


def test_weights_of_features_are_drawn_from_their_dense_posterior():
    # Rows and biases held, with their precisions: w given R is N(A⁻¹ XᵀR, A⁻¹ ⊗ Λ⁻¹), A = XᵀX + κI,
    # and v given b likewise, Λ then being λ.
    n, k = 40, 2
    rng = np.random.default_rng(0)
    info = pd.DataFrame({"sex": rng.choice(["F", "M"], n), "occupation": rng.choice([*"abc"], n)})
    ratings = rc.Ratings.from_matrix(np.ones((n, 3))).replace(user_info=info)
    factors = np.zeros((n, 8), np.float32)
    factors[:, :k] = rng.normal(size=(n, k))
    side = Side(factors, rng.normal(size=n).astype(np.float32), ratings.by_user, k, True)
    features = features_of(ratings, "user")
    x, prior = dense(features), Hyperprior(side, None, features)
    mixed = np.array([[2.0, 0.6], [0.6, 1.0]])

    def noise(kind, size):
        return rng.normal(size=(size, k + 1)).astype(np.float32)

    drawn, of_bias = [], []
    for _ in range(4000):
        prior.features.kappa, prior.bias_features.kappa = 0.7, 0.4
        prior.features.draw(side.factors[:, :k], mixed, lambda *a: noise(*a)[:, :k])
        drawn.append(prior.features.y[:, :k].ravel().astype(float))
        prior.bias_features.draw(
            side.bias[:, None], np.array([[3.0]]), lambda *a: noise(*a)[:, -1:]
        )
        of_bias.append(prior.bias_features.y[:, 0].astype(float))
    for found, rows, precision, kappa in (
        (drawn, side.factors[:, :k], mixed, 0.7),
        (of_bias, side.bias[:, None], np.array([[3.0]]), 0.4),
    ):
        a = x.T @ x + kappa * np.eye(x.shape[1])
        mean, covariance = (
            np.linalg.solve(a, x.T @ rows),
            np.kron(np.linalg.inv(a), np.linalg.inv(precision)),
        )
        spread = np.sqrt(np.diag(covariance).max())
        assert np.mean(found, axis=0) == pytest.approx(mean.ravel(), abs=0.08 * spread)
        assert np.cov(np.transpose(found)) == pytest.approx(covariance, abs=0.1 * spread**2)
    shift = x @ prior.features.y[:, :k]
    assert prior.shift[:, :k] == pytest.approx(shift, abs=1e-5)
    assert prior.bias_shift == pytest.approx(x @ prior.bias_features.y[:, 0], abs=1e-5)


def camps(n_users=120, n_items=60, seed=0):
    """Ratings that genres and sex explain: women like drama and men do not, war the other way.

    Half of the items have two ratings at most.
    """
    rng = np.random.default_rng(seed)
    sex, drama = np.arange(n_users) % 2, np.arange(n_items) % 2
    liking = np.where(sex[:, None] == drama[None, :], 1.2, -1.2)
    values = np.clip(3 + liking + rng.normal(0, 0.5, liking.shape), 1, 5)
    rated = rng.random(liking.shape) < np.where(np.arange(n_items) < n_items // 2, 0.4, 0.012)
    matrix = np.where(rated, values, np.nan)
    ratings = rc.Ratings.from_matrix(matrix, missing=None, scale=rc.Scale(1, 5))
    rest = rc.Ratings.from_matrix(np.where(rated, np.nan, values), missing=None)
    users = pd.DataFrame({"sex": np.where(sex, "F", "M")})
    items = pd.DataFrame({"genres": np.where(drama, "Drama", "War")})
    return ratings.replace(user_info=users, item_info=items), rest


@pytest.mark.parametrize("implicit", [False, True])
def test_items_of_few_ratings_are_told_by_their_genre(implicit):
    ratings, rest = camps()
    few = rest.take(rest.item_ids >= 30)
    errors = []
    for side_information in (False, True):
        model = rc.BayesianPMF(
            n_factors=4, n_epochs=120, implicit=implicit, side_information=side_information
        ).fit(ratings)
        errors.append(rc.metrics.rmse(few.values, model.predict(few.user_ids, few.item_ids)))
    assert errors[1] < 0.75 and errors[1] < 0.7 * errors[0]  # the noise is .5


# --- days -----------------------------------------------------------------------------------------


def dated(seed=0, spread=0.8):
    """Ratings with times, over ten days on each of which every user has a mood of their own."""
    world = rc.datasets.low_rank(80, 60, 2, density=0.5, noise=0.3, seed=seed, scale=rc.Scale(1, 5))
    rng = np.random.default_rng(seed)
    times = 1_000_000 + rng.integers(0, 10, len(world)) * DAY + rng.integers(0, 999, len(world))
    moods = rng.normal(0, spread, (80, 10))
    values = world.values + moods[world.user_ids, (times - 1_000_000) // DAY]
    world = world.replace(
        timestamps=times, values=np.clip(values, -3, 9), scale=rc.Scale(-3, 9), truth=None
    )
    return rc.splits.random(world, validation=0.1, test=0.2, seed=0), moods


@pytest.fixture(scope="module")
def moody():
    split, moods = dated()
    return rc.BayesianPMF(n_factors=3, n_epochs=80, time=True).fit(split.train), split, moods


def test_days_by_hand():
    ratings = rc.Ratings(
        [0, 0, 0, 2], [0, 1, 2, 0], [1, 2, 3, 4], [*"abc"], [*"xyz"], rc.Scale(1, 5),
        timestamps=np.array([5 * DAY, 2 * DAY + 7, 5 * DAY + 9, 0]),
    )  # fmt: skip
    days = Days.of(ratings)
    assert (days.users.tolist(), days.days.tolist()) == ([0, 0, 2], [2, 5, 0])
    assert days.latest.tolist() == [1, 3, 2]
    assert days.places(np.array([0, 1, 2]), None).tolist() == [1, 3, 2]
    asked = [(0, 2 * DAY), (0, 6 * DAY - 1), (0, 3 * DAY), (1, 2 * DAY), (2, 1), (2, 5 * DAY),
             (0, -4 * DAY), (0, 900 * DAY)]  # fmt: skip
    users, times = np.transpose(asked)
    assert days.places(users, times).tolist() == [0, 1, 3, 3, 2, 3, 3, 3]


def test_biases_of_days_are_drawn_from_their_posterior():
    split, _ = dated()
    train = Standardized.from_ratings(split.train, Unit.of(split.train))
    settings = rc.BayesianPMF(n_factors=3, time=True, implicit=False).resolve(split.train)
    trainer = GibbsTrainer(train, settings)
    trainer.b_user[:] = np.random.default_rng(1).normal(size=train.n_users)
    rng = np.random.default_rng(3)
    trainer.noise.alpha = 2.0
    trainer.noise.precisions = [rng.gamma(2, 0.5, n) for n in (train.n_users, train.n_items)]
    of_user, of_item = trainer.noise.precisions
    alpha = 2 * of_user[train.user_ids] * of_item[train.item_ids]
    b = (
        np.random.default_rng(2)
        .normal(0, 0.5, len(trainer.day_biases.values) - 1)
        .astype(np.float32)
    )
    e = train.values - (
        trainer.mean + trainer.b_user[train.user_ids] + trainer.b_item[train.item_ids]
        + (trainer.p[train.user_ids] * trainer.q[train.item_ids]).sum(axis=1)
    )  # fmt: skip
    pairs = pd.DataFrame({"alpha": alpha, "e": alpha * e})
    pairs = pairs.groupby([train.user_ids, train.timestamps // DAY]).sum()  # sorted by both
    away, precisions = [], []
    for _ in range(400):
        trainer.day_biases.values[:-1] = b
        trainer.begin_epoch()
        tau = trainer.day_biases.precision
        precision = pairs["alpha"].to_numpy() + tau
        mean = pairs["e"].to_numpy() / precision
        away.append((trainer.day_biases.values[:-1] - mean) * np.sqrt(precision))
        precisions.append(tau)
    assert np.mean(away, axis=0) == pytest.approx(0, abs=5 / math.sqrt(400))
    assert np.std(away) == pytest.approx(1, abs=0.01)
    expected = (1 + len(b) / 2) / (1 + float(b @ b) / 2)  # the mean of τ's posterior
    assert np.mean(precisions) == pytest.approx(expected, rel=0.02)
    assert trainer.day_biases.values[-1] == 0


def test_moods_are_found_and_lower_the_error_where_the_day_is_said(moody):
    model, split, moods = moody
    test, train = split.test, split.train
    without = rc.BayesianPMF(n_factors=3, n_epochs=80).fit(train)
    ask = test.user_ids, test.item_ids
    errors = [
        rc.metrics.rmse(test.values, predicted)
        for predicted in (model.predict(*ask, times=test.timestamps), without.predict(*ask))
    ]
    assert errors[0] < 0.75 * errors[1]
    fitted = model.snapshot()
    draw = fitted.draws[-1]
    mean = np.mean([one.b_day for one in fitted.draws], axis=0)[:-1] * fitted.unit.size
    planted = moods[draw.day_users, draw.days - 1_000_000 // DAY]
    assert np.corrcoef(mean, planted)[0, 1] > 0.9


def test_without_times_a_user_is_as_on_the_latest_day(moody):
    model, split, _ = moody
    train, users = split.train, np.arange(80)
    latest = np.array([train.timestamps[train.user_ids == u].max() for u in users])
    items = users % 60
    as_of_then = model.predict(users, items, clip=False, times=latest)
    assert model.predict(users, items, clip=False) == pytest.approx(as_of_then, abs=1e-5)
    best = model.recommend(7, n=1).iloc[0]
    assert best["score"] == pytest.approx(
        model.predict(7, [best["item"]], clip=False, times=latest[7])[0], abs=1e-4
    )
    # A day on which nothing was rated is the mean of the days' prior: no mood at all.
    draws = model.snapshot().draws
    moods = np.mean([d.b_day[d.latest] for d in draws], axis=0) * model.snapshot().unit.size
    never = model.predict(users, items, clip=False, times=0)
    assert as_of_then - never == pytest.approx(moods, abs=1e-4)


def test_times_that_are_none_are_refused(moody):
    model, _, _ = moody
    with pytest.raises(RatingsError, match="2 pairs but 3 times"):
        model.predict([0, 1], [0, 1], times=[0, 0, 0])
    for times in (["1998-01-01"] * 2, [0.0, np.nan]):
        with pytest.raises(RatingsError, match="seconds since 1970"):
            model.predict([0, 1], [0, 1], times=times)


def test_the_errors_told_are_those_of_each_ratings_day(moody):
    _, split, _ = moody
    training = rc.BayesianPMF(n_factors=3, n_epochs=12, burn_in=4, time=True).start(
        split.train, split.validation
    )
    for epoch in training:  # of single draws first, then of means
        for part, told in (
            (split.train, epoch.train_rmse), (split.validation, epoch.validation_rmse)
        ):  # fmt: skip
            predicted = training.latest.predict(part.user_ids, part.item_ids, times=part.timestamps)
            assert told == pytest.approx(rc.metrics.rmse(part.values, predicted), abs=1e-4)
    score = rc.experiments.scores.scores("it", training.latest, split.validation)
    assert score.rmse == pytest.approx(training.history[-1].validation_rmse, abs=1e-4)


# --- both -----------------------------------------------------------------------------------------


def both(**changes):
    split, _ = dated()
    users = pd.DataFrame({"sex": np.where(np.arange(80) % 2, "F", "M")})
    items = pd.DataFrame({"genres": np.where(np.arange(60) % 2, "Drama", "War")})
    told = {"user_info": users, "item_info": items}
    settings = {"n_factors": 3, "n_epochs": 12, "burn_in": 4, "side_information": True}
    model = rc.BayesianPMF(**(settings | {"time": True, "implicit": True} | changes))
    return model, dataclasses.replace(split.train, **told)


def test_pausing_equals_straight_through():
    model, train = both()
    straight = model.fit(train).snapshot()
    model, _ = both()
    training = model.start(train)
    for _ in range(7):
        training.advance(0.0)  # one step: in the middle of epochs
    while not training.finished:
        training = model.start(train, checkpoint=training.checkpoint())
        for _ in range(5):
            training.advance(0.0)
    assert same_bits(training.snapshot(), straight)


@pytest.mark.parametrize("kind", ["BayesianPMF", "SVDpp"])
def test_what_is_saved_is_read_again(kind, tmp_path):
    model, train = both()
    if kind == "SVDpp":
        model = rc.SVDpp(n_factors=3, n_epochs=5, side_information=True)
    model.fit(train)
    model.save(tmp_path / "model.npz")
    back = rc.load_model(tmp_path / "model.npz")
    assert same_bits(back.snapshot(), model.snapshot())
    assert back.snapshot().train.user_info.equals(train.user_info)
    ask = train.user_ids[:50], train.item_ids[:50]
    for times in (None, train.timestamps[:50]):
        assert np.array_equal(back.predict(*ask, times=times), model.predict(*ask, times=times))
    assert back.settings["side_information"] is True


@pytest.mark.parametrize(
    ("model", "gone", "says"),
    [
        (rc.BayesianPMF(time=True), {"timestamps": None}, "have no times"),
        (rc.BayesianPMF(side_information=True), {"user_info": None, "item_info": None}, "or items"),
        (rc.SVDpp(side_information=True), {"user_info": None}, "of these users beside"),
    ],
)
def test_what_the_ratings_lack_is_refused_in_one_sentence(model, gone, says):
    _, train = both()
    model.resolve(train)
    with pytest.raises(SettingsError, match=says):
        model.start(dataclasses.replace(train, **gone))


def test_a_fork_keeps_both_and_a_link_says_them():
    model, train = both()
    checkpoint = model.start(train).checkpoint()
    with pytest.raises(SettingsError, match="time = True"):
        rc.BayesianPMF(n_factors=3, implicit=True, side_information=True).start(
            train, checkpoint=checkpoint
        )
    assert {"time": True, "side_information": True}.items() <= model.explicit_settings().items()
