"""One contract over all models, then what is peculiar to each."""

import dataclasses
import json
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import models
from recsys_core.errors import DivergedError, NotFittedError, RatingsError, SettingsError

# Settings under which the small planted matrices below are learned to the end.
TAUGHT = {
    "SGD": dict(n_factors=3, learning_rate=0.03, reg=0.002, n_epochs=300),
    "ALS": dict(n_factors=3, reg=0.002, n_epochs=60),
    "PMF": dict(n_factors=3, n_epochs=60),
    "PMF, fixed": dict(n_factors=3, adaptive=False, reg_user=0.05, reg_item=0.05, n_epochs=60),
    "PMF, logistic": dict(
        n_factors=3, link="logistic", reg_user=0.02, reg_item=0.02, learning_rate=0.02, n_epochs=400
    ),
    "BayesianPMF": dict(n_factors=3, n_epochs=150, burn_in=50, implicit=True),
    "BayesianPMF, explicit": dict(n_factors=3, n_epochs=150, burn_in=50, implicit=False),
    "SVDpp": dict(n_factors=3, learning_rate=0.02, reg=0.002, n_epochs=300),
    "NMF": dict(n_factors=3, reg=0.0001, n_epochs=1500),
    "NeuralMF": dict(
        n_factors=3, learning_rate=0.02, weight_decay=0.0, batch_size=64, n_epochs=120
    ),
    "NeuralMF, sigmoid": dict(
        n_factors=3, learning_rate=0.02, weight_decay=0.0, batch_size=64, n_epochs=120, sigmoid=True
    ),
    "NeuralMF, GMF": dict(
        variant="GMF",
        n_factors=3,
        learning_rate=0.02,
        weight_decay=0.0,
        batch_size=64,
        n_epochs=120,
    ),
    "NeuralMF, NeuMF": dict(
        variant="NeuMF",
        n_factors=3,
        learning_rate=0.01,
        weight_decay=0.0,
        batch_size=64,
        n_epochs=150,
    ),
    "NeuralMF, MLP": dict(
        variant="MLP",
        n_factors=3,
        learning_rate=0.01,
        weight_decay=0.0,
        batch_size=64,
        n_epochs=150,
    ),
}
FACTOR_MODELS = list(TAUGHT)
MODELS = [*FACTOR_MODELS, "ItemKNN", "GlobalMean", "UserItemBias"]


def make(name, **changes):
    """A model with the settings it is taught with; of changes, those it has."""
    kind = getattr(rc, name.split(",")[0])
    known = {field.name for field in dataclasses.fields(kind)}
    changes = {setting: value for setting, value in changes.items() if setting in known}
    return kind(**{**TAUGHT.get(name, {}), **changes})


def planted(n_users=60, n_items=40, density=0.5, seed=0):
    """Ratings of rank 2 without noise on a continuous 1–5 scale, and the rest of the matrix."""
    rng = np.random.default_rng(seed)
    full = rng.normal(size=(n_users, 2)) @ rng.normal(size=(2, n_items))
    full = np.clip(3 + full / np.abs(full).max() * 1.9, 1, 5)
    shown = rng.random(full.shape) < density
    ratings = rc.Ratings.from_matrix(
        np.where(shown, full, np.nan), missing=None, scale=rc.Scale(1, 5)
    )
    hidden = rc.Ratings.from_matrix(
        np.where(shown, np.nan, full), missing=None, scale=rc.Scale(1, 5)
    )
    return ratings, hidden


def small(seed=0):
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((30, 20)) < 0.4, rng.integers(1, 6, (30, 20)), 0)
    return rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))


def error(model, ratings):
    predicted = model.predict(ratings.user_ids, ratings.item_ids)
    return float(np.sqrt(np.mean((predicted - ratings.values) ** 2)))


def parameters(fitted):
    return [part for part in fitted.parts().values() if isinstance(part, np.ndarray)]


def same_bits(one, other):
    return all(
        np.array_equal(a, b) for a, b in zip(parameters(one), parameters(other), strict=True)
    )


# --- the contract -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_planted_low_rank_is_recovered(name):
    ratings, hidden = planted()
    model = make(name).fit(ratings)
    baseline = error(rc.UserItemBias().fit(ratings), hidden)
    # A tower has to learn what a product is, and comes close.
    assert error(model, hidden) < (0.35 if "MLP" in name else 0.25) * baseline


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_checkerboard_is_solved(name):
    # Users like the items of their own parity: no bias explains it, one factor does.
    even = np.add.outer(np.arange(30), np.arange(30)) % 2 == 0
    board = np.where(even, 5.0, 1.0)
    hidden = np.random.default_rng(1).random(board.shape) < 0.3
    ratings = rc.Ratings.from_matrix(np.where(hidden, np.nan, board), scale=rc.Scale(1, 5, 1))
    predicted = make(name).fit(ratings).predict_matrix()
    assert np.array_equal(predicted[hidden] > 3, even[hidden])


@pytest.mark.parametrize("name", MODELS)
def test_same_seed_same_bits_and_other_seed_others(name):
    one, two = (make(name).fit(small()).snapshot() for _ in range(2))
    assert same_bits(one, two)
    if name in FACTOR_MODELS:
        assert not same_bits(one, make(name, seed=1).fit(small()).snapshot())


@pytest.mark.parametrize("name", models.MODELS)
def test_every_model_takes_a_seed_and_shows_it_where_it_changes_something(name):
    assert make(name, seed=0) == make(name)
    one, two, other = (
        make(name, n_epochs=2, burn_in=0, **seed).fit(small())
        for seed in ({}, {"seed": 0}, {"seed": 1})
    )
    assert one.settings == two.settings and one.settings["seed"] == 0
    assert same_bits(one.snapshot(), two.snapshot())
    draws = not same_bits(one.snapshot(), other.snapshot())
    assert ("seed" in [option.name for option in one.options()]) == draws


@pytest.mark.parametrize("name", MODELS)
def test_iterating_equals_fitting(name):
    fitted, walked = make(name), make(name)
    fitted.fit(small())
    epochs = list(walked.epochs(small()))
    assert [e.number for e in epochs] == list(range(len(epochs)))
    assert same_bits(fitted.snapshot(), walked.snapshot())
    assert [e.train_rmse for e in fitted.history] == [e.train_rmse for e in epochs]


@pytest.mark.parametrize("grid_from", [0, 10_000])
@pytest.mark.parametrize("name", MODELS)
def test_tiny_slices_and_resuming_equal_straight_through(name, grid_from, monkeypatch):
    # Steps of a few ratings, so that even this small matrix is cut in the middle of an epoch.
    monkeypatch.setattr("recsys_core.models.sgd._RATINGS_A_STEP", 16)
    monkeypatch.setattr("recsys_core.models.sgd._SHUFFLED_EVERY_EPOCH", grid_from)
    monkeypatch.setattr("recsys_core.kernels.threads._RATINGS_A_PIECE", 16)
    monkeypatch.setattr("recsys_core.models.svdpp._RATINGS_A_STEP", 16)
    monkeypatch.setattr("recsys_core.models.neural._BATCHES_A_STEP", 1)
    monkeypatch.setattr("recsys_core.models.item_knn._CELLS_A_STEP", 16)
    ratings = small()
    validation = small(seed=5)
    straight = make(name, n_epochs=8)
    straight.fit(ratings, validation)
    resumed = make(name, n_epochs=8)
    training = resumed.start(ratings, validation)
    slices = 0
    while not training.finished:
        training.advance(0.0)
        slices += 1
        if slices % 3 == 0:
            training = resumed.start(ratings, validation, checkpoint=training.checkpoint())
    assert name in ("GlobalMean",) or slices > 8
    assert same_bits(straight.snapshot(), resumed.snapshot())
    assert [e.loss for e in straight.history] == [e.loss for e in resumed.history]


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_a_checkpoint_does_not_change_as_training_goes_on(name):
    ratings = small()
    model = make(name, n_epochs=6)
    training = model.start(ratings)
    training.advance(math.inf)
    checkpoint = training.checkpoint()
    straight = list(training)
    again = list(make(name, n_epochs=6).start(ratings, checkpoint=checkpoint))
    assert [e.loss for e in again] == [e.loss for e in straight]


@pytest.mark.parametrize("name", MODELS)
def test_a_row_answers_for_a_user_and_for_a_guest(name):
    ratings = small()
    fitted = make(name, n_epochs=2).fit(ratings).snapshot()
    row, everything = fitted.row(7), np.arange(20)
    items, values = ratings.by_user.row(7)
    assert (row.index, row.name) == (7, "user 7")
    np.testing.assert_array_equal(row.item_ids, items)
    np.testing.assert_array_equal(row.values, values)
    pairs = fitted.predict(np.full(20, 7), everything, clip=False)
    np.testing.assert_allclose(fitted.score(fitted._all_items(row)), pairs, rtol=1e-5)
    guest = fitted.fold_in(items, values)
    assert fitted.row(guest) is guest and (guest.index, guest.name) == (None, "guest")
    with pytest.raises(RatingsError, match="lies outside 0–29"):
        fitted.row(30)


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_fold_in_of_a_known_user_predicts_like_training(name):
    world = rc.datasets.low_rank(n_users=150, n_items=80, density=0.4, noise=0.2, seed=3)
    split = rc.splits.random(world, seed=0)
    fitted = make(name).fit(split.train, split.validation).snapshot()
    everything = np.arange(world.n_items)
    squares = []
    for user in range(0, world.n_users, 10):
        guest = fitted.fold_in(*split.train.by_user.row(user))
        own = fitted.predict_matrix(user_ids=[user])[0]
        squares.append(np.mean((own - fitted.predict(guest, everything)) ** 2))
    assert np.sqrt(np.mean(squares)) < 0.15


@pytest.mark.parametrize("name", MODELS)
def test_unrated_never_counts(name):
    # The same triples beside ten thousand unrated cells train to the same numbers.
    narrow = small()
    wide = narrow.replace(items=[*narrow.items, *(f"unrated {n}" for n in range(300))])
    one, two = (make(name, n_epochs=5) for _ in range(2))
    one.fit(narrow)
    two.fit(wide)
    if name in ("SGD", "PMF", "GlobalMean", "UserItemBias"):
        assert one.history[0].train_rmse == pytest.approx(two.history[0].train_rmse, abs=0.2)
    cold = two.predict_matrix(item_ids=np.arange(narrow.n_items, wide.n_items), clip=False)
    assert np.isfinite(cold).all()
    # An item nobody rated has no bias and no factors, or draws of them that mean nothing: all such
    # are predicted alike.
    assert np.allclose(cold, cold[:, :1], atol=2.5 if name.startswith("Bayesian") else 1e-5)


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_a_user_without_ratings_gets_what_all_like(name):
    ratings = small()
    lonely = ratings.replace(users=[*ratings.users, "newcomer"])
    model = make(name, n_epochs=30).fit(lonely)
    prediction = model.predict_matrix(user_ids=[ratings.n_users])[0]
    assert np.isfinite(prediction).all()
    # Newcomers get the mean taste by an adaptive prior, and where zero would mean no liking at all.
    if not name.startswith(("PMF", "NMF", "BayesianPMF")):
        assert not model.user_factors[-1].any()
    assert abs(prediction.mean() - ratings.global_mean) < 0.6


@pytest.mark.parametrize("name", MODELS)
def test_recommendations_are_unrated_and_in_order(name):
    ratings = small()
    model = make(name).fit(ratings)
    rated, _ = ratings.by_user.row(4)
    best = model.recommend(4, n=5)
    assert list(best.columns) == ["item", "label", "score"]
    assert not set(best["item"]) & set(rated)
    assert best["score"].is_monotonic_decreasing
    assert [ratings.items[i] for i in best["item"]] == list(best["label"])
    everything = model.recommend(4, n=10_000)
    assert len(everything) == ratings.n_items - len(rated)
    expected = model.predict_matrix([4], clip=False)[0]
    assert best["score"].iloc[0] == pytest.approx(np.delete(expected, rated).max(), abs=1e-5)
    without = model.recommend(4, n=5, exclude=best["item"].to_numpy()[:1])
    assert best["item"].iloc[0] not in set(without["item"])


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_neighbours_are_by_cosine_and_never_oneself(name):
    model = make(name).fit(small())
    users = model.user_factors.astype(float)
    unit = users / np.linalg.norm(users, axis=1, keepdims=True)
    near = model.similar_users(3, n=4)
    expected = np.delete(unit @ unit[3], 3)
    assert 3 not in set(near["user"])
    assert near["similarity"].to_numpy() == pytest.approx(np.sort(expected)[::-1][:4], abs=1e-5)
    assert len(model.similar_items(0, n=99)) == 19


@pytest.mark.parametrize("name", MODELS)
def test_saved_and_loaded_it_answers_the_same(name, tmp_path):
    model = make(name).fit(small())
    model.save(tmp_path / "model.npz")
    loaded = rc.load_model(tmp_path / "model.npz")
    assert type(loaded) is type(model)
    assert same_bits(model.snapshot(), loaded.snapshot())
    assert np.array_equal(model.predict_matrix(), loaded.predict_matrix())
    assert model.recommend(1).equals(loaded.recommend(1))
    assert loaded.settings == model.settings
    assert [e.loss for e in loaded.history] == [e.loss for e in model.history]


@pytest.mark.parametrize("name, kind", [("SGD", "Predictor"), ("NeuralMF", "TowerPredictor")])
def test_a_file_of_an_earlier_version_is_read(name, kind, tmp_path):
    model = make(name).fit(small())
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as file:
        arrays = dict(file)
    about = json.loads(str(arrays["about"])) | {"kind": kind}
    np.savez(tmp_path / "old.npz", **arrays | {"about": np.array(json.dumps(about))})
    assert same_bits(rc.load_model(tmp_path / "old.npz").snapshot(), model.snapshot())


@pytest.mark.parametrize("name", MODELS)
def test_the_global_generators_are_left_alone(name):
    import torch

    before = np.random.get_state()[1].copy(), torch.random.get_rng_state().clone()  # noqa: NPY002
    make(name).fit(small())
    assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(before[1], torch.random.get_rng_state())


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_the_constructor_only_stores(name):
    model = make(name)
    assert model.n_factors == 3
    assert type(model)().n_factors is None
    with pytest.raises(NotFittedError):
        model.predict([0], [0])
    assert type(model)().fit(small()).settings["n_factors"] >= 1


@pytest.mark.parametrize("name", MODELS)
def test_every_setting_is_declared_and_explained(name):
    for each in type(make(name)).options():
        assert each.meaning.endswith(".") and each.what_if.endswith(".")
        assert each.kind != "choice" or each.choices


@pytest.mark.parametrize("name", FACTOR_MODELS)
def test_more_factors_than_either_side_and_one_rating_users(name):
    matrix = np.zeros((5, 4))
    matrix[np.arange(5), [0, 1, 2, 3, 0]] = [5, 1, 3, 4, 2]
    model = make(name, n_factors=9, n_epochs=5).fit(rc.Ratings.from_matrix(matrix))
    assert np.isfinite(model.predict_matrix()).all()


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SGD", "NeuralMF"])
def test_divergence_is_named_and_says_what_to_do(name):
    with pytest.raises(DivergedError, match="smaller learning rate"):
        make(name, learning_rate=1e4, n_epochs=50).fit(small())


def test_settings_without_meaning_are_refused_in_one_sentence():
    for bad in (dict(n_factors=0), dict(n_factors=2.5), dict(reg=-1), dict(reg=math.nan)):
        with pytest.raises(SettingsError):
            rc.ALS(**bad).fit(small())
    with pytest.raises(SettingsError, match="spherical"):
        rc.PMF(covariance="round").fit(small())


def test_labels_are_not_indices():
    model = rc.ALS(n_epochs=1).fit(small())
    with pytest.raises(RatingsError, match="user_index"):
        model.predict(["a"], [0])
    with pytest.raises(RatingsError, match="0–29"):
        model.predict([30], [0])


def test_nothing_to_train_on_is_said():
    with pytest.raises(RatingsError, match="no ratings"):
        rc.SGD().fit(small().take(np.zeros(0, int)))


def test_a_checkpoint_of_other_ratings_is_refused():
    checkpoint = rc.SGD(n_factors=2).start(small()).checkpoint()
    with pytest.raises(SettingsError, match="other ratings"):
        rc.SGD(n_factors=2).start(small(seed=1), checkpoint=checkpoint)
    with pytest.raises(SettingsError, match="2 factors"):
        rc.SGD(n_factors=3).start(small(), checkpoint=checkpoint)


# --- watching -----------------------------------------------------------------------------------


def test_validation_is_only_watched():
    alone, watched = rc.SGD(n_epochs=9, patience=99), rc.SGD(n_epochs=9, patience=99)
    alone.fit(small())
    watched.fit(small(), small(seed=2))
    assert [e.train_rmse for e in alone.history] == [e.train_rmse for e in watched.history]
    assert alone.history[-1].validation_rmse is None


def test_early_stopping_keeps_the_best_epoch():
    model = rc.SGD(n_factors=8, reg=0.0, learning_rate=0.05, n_epochs=400, patience=5)
    training = model.start(small(), small(seed=2))
    epochs = list(training)
    curve = [e.validation_rmse for e in epochs]
    assert training.stopped_early and len(epochs) < 400
    assert training.best_epoch == int(np.argmin(curve))
    assert error(model, small(seed=2)) == pytest.approx(min(curve), abs=1e-5)
    assert epochs[-1].number == training.best_epoch + 5


def test_training_can_be_extended():
    model = rc.ALS(n_factors=2, n_epochs=3)
    training = model.start(small())
    list(training)
    assert training.finished and training.advance() is None
    training.extend(2)
    assert [e.number for e in list(training)[-2:]] == [4, 5]


def test_a_fork_goes_on_with_changed_settings():
    ratings = small()
    training = rc.SGD(n_factors=2, n_epochs=10, learning_rate=0.01).start(ratings)
    for _ in range(4):
        training.advance(math.inf)
    fork = rc.SGD(learning_rate=0.05, n_epochs=10).start(ratings, checkpoint=training.checkpoint())
    assert fork.epoch == 4 and fork.settings["learning_rate"] == 0.05
    assert [e.loss for e in fork.history] == [e.loss for e in training.history]
    fork.advance(math.inf)
    training.advance(math.inf)
    assert fork.history[-1].loss != training.history[-1].loss


# --- each model's own mathematics ---------------------------------------------------------------


def test_als_fold_in_is_one_user_half_step():
    ratings = small()
    model = rc.ALS(n_factors=4, reg=0.1, n_epochs=7)
    training = model.start(ratings)
    list(training)
    before = training.snapshot()
    training.extend(1)
    training.trainer.n_steps = len(training.trainer.users.steps)  # the users' half of an epoch
    training.advance(math.inf)
    after = training.snapshot()
    for user in range(5):
        items, values = ratings.by_user.row(user)
        guest = before.fold_in(items, values)
        assert guest.factors == pytest.approx(after.user_factors[user], abs=1e-4)
        assert guest.bias == pytest.approx(after.user_bias[user], abs=1e-4)


@pytest.mark.parametrize("weighted", [True, False])
def test_als_objective_never_rises(weighted):
    model = rc.ALS(n_factors=4, reg=0.3, n_epochs=25, weighted=weighted).fit(small())
    losses = np.array([e.loss for e in model.history])
    assert (np.diff(losses) <= 1e-5 * losses[:-1]).all()


def test_plain_pmf_objective_never_rises():
    model = rc.PMF(n_factors=4, adaptive=False, reg_user=2, reg_item=3, n_epochs=25).fit(small())
    losses = np.array([e.loss for e in model.history])
    assert (np.diff(losses) <= 1e-5 * losses[:-1]).all()


def test_adaptive_priors_find_the_noise_they_were_given():
    ratings = rc.datasets.low_rank(
        n_users=300, n_items=200, n_factors=3, density=0.3, noise=0.4, seed=1, scale=rc.Scale(1, 5)
    )
    model = rc.PMF(n_factors=8, n_epochs=60)
    training = model.start(ratings)
    list(training)
    assert math.sqrt(training.trainer.noise) == pytest.approx(0.4, rel=0.1)
    # Eight factors were offered and three are real: the rest are priced out.
    spread = model.user_factors.std(axis=0) * model.item_factors.std(axis=0)
    assert (spread > 0.05 * spread.max()).sum() <= 4


def test_user_item_bias_solves_its_normal_equations():
    ratings = small()
    model = rc.UserItemBias(n_epochs=300).fit(ratings)
    residual = ratings.values - model.predict(ratings.user_ids, ratings.item_ids, clip=False)
    per_user = np.bincount(ratings.user_ids, residual, ratings.n_users)
    assert per_user == pytest.approx(15.0 * model.user_bias, abs=1e-3)
    per_item = np.bincount(ratings.item_ids, residual, ratings.n_items)
    assert per_item == pytest.approx(10.0 * model.item_bias, abs=1e-3)


def test_logistic_predictions_stay_inside_the_scale():
    model = make("PMF, logistic").fit(small())
    raw = model.predict_matrix(clip=False)
    assert raw.min() > 1 and raw.max() < 5
