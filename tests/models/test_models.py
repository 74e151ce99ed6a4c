"""The contract over all models, then what is peculiar to each."""

import json
import math

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.errors import DivergedError, RatingsError, SettingsError
from recsys_core.training import Training
from tests.models.contract import FactorModelContract, ModelContract, error, same_bits, small

NETWORK = dict(n_factors=3, weight_decay=0.0, batch_size=64, learning_rate=0.02, n_epochs=120)


class TestFactorModels(FactorModelContract):
    taught = {
        "SGD": dict(n_factors=3, learning_rate=0.03, reg=0.002, n_epochs=300),
        "ALS": dict(n_factors=3, reg=0.002, n_epochs=60),
        "PMF": dict(n_factors=3, reg_user=0.4, reg_item=0.4, n_epochs=60),
        "PMF, fixed": dict(n_factors=3, adaptive=False, reg_user=0.05, reg_item=0.05, n_epochs=60),
        "PMF, logistic": dict(
            n_factors=3, link="logistic", reg_user=0.02, reg_item=0.02, learning_rate=0.02,
            n_epochs=400,
        ),
        "PMF, constrained": dict(
            n_factors=3, constrained=True, reg_user=0.02, reg_item=0.02, reg_rated=0.1,
            learning_rate=0.02, n_epochs=400,
        ),
        "PMF, constrained and logistic": dict(
            n_factors=3, constrained=True, link="logistic", reg_user=0.02, reg_item=0.02,
            reg_rated=0.1, learning_rate=0.02, n_epochs=400,
        ),
        "BayesianPMF": dict(n_factors=3, n_epochs=150, burn_in=50, implicit=True),
        "BayesianPMF, explicit": dict(n_factors=3, n_epochs=150, burn_in=50, implicit=False),
        "SVDpp": dict(n_factors=3, learning_rate=0.02, reg=0.002, n_epochs=300),
        "NMF": dict(n_factors=3, reg=0.0001, n_epochs=1500),
        "NeuralMF": NETWORK,
        "NeuralMF, sigmoid": NETWORK | dict(sigmoid=True),
        "NeuralMF, GMF": NETWORK | dict(variant="GMF"),
        "NeuralMF, NeuMF": NETWORK | dict(variant="NeuMF", learning_rate=0.01, n_epochs=150),
        "NeuralMF, MLP": NETWORK | dict(variant="MLP", learning_rate=0.01, n_epochs=150),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["SGD", "PMF, logistic"])
def test_descent_in_blocks_as_of_large_data_is_resumed_as_well(name, monkeypatch):
    monkeypatch.setattr("recsys_core.models.sgd._SHUFFLED_EVERY_EPOCH", 0)
    contract = TestFactorModels()
    contract.test_tiny_slices_and_resuming_equal_straight_through(name, monkeypatch)


class TestOtherModels(ModelContract):
    taught = {"ItemKNN": {}, "GlobalMean": {}, "UserItemBias": {}}


class TestImplicitModels(ModelContract):
    taught = {"ImplicitALS": {}, "EASE": {}, "MostPopular": {}}
    test_unrated_never_counts = None  # to it, what nobody chose counts as a 0


@pytest.mark.parametrize(
    "name, settings, kind",
    [
        ("SGD", {}, "Predictor"),
        ("NeuralMF", {"variant": "MLP"}, "TowerPredictor"),
        ("BayesianPMF", {"burn_in": 0}, "Posterior"),
        ("ItemKNN", {}, "Neighbourhood"),
    ],
)
def test_a_file_of_an_earlier_version_is_read(name, settings, kind, tmp_path, monkeypatch):
    # There all was in rating units, and the parts had the names that now say so.
    monkeypatch.setattr(rc.MODELS[name], "standardizes", False)
    more = {} if name == "ItemKNN" else {"n_factors": 3, "n_epochs": 2, "standardize": False}
    model = rc.MODELS[name](**settings, **more).fit(small())
    model.save(tmp_path / "model.npz")
    called = {"mean": "global_mean", "b_user": "user_bias", "b_item": "item_bias",
              "p": "user_factors", "q": "item_factors"}  # fmt: skip

    def old(name):
        *before, last = name.split(".")
        return ".".join([*before, called.get(last, last)])

    with np.load(tmp_path / "model.npz") as file:
        arrays = {old(name) if name.startswith("part.") else name: file[name] for name in file}
    about = json.loads(str(arrays["about"])) | {"kind": kind}
    about["settings"].pop("standardize", None)
    facts = about["facts"].items()
    about["facts"] = {old(name): fact for name, fact in facts if not name.endswith("unit")}
    np.savez(tmp_path / "old.npz", **arrays | {"about": np.array(json.dumps(about))})
    loaded = rc.load_model(tmp_path / "old.npz")
    assert same_bits(loaded.snapshot(), model.snapshot())
    assert np.array_equal(loaded.predict_matrix(), model.predict_matrix())
    assert not loaded.settings.get("standardize")


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SGD", "NeuralMF"])
def test_divergence_is_named_and_says_what_to_do(name):
    with pytest.raises(DivergedError, match="smaller learning rate"):
        rc.MODELS[name](n_factors=3, learning_rate=1e4, n_epochs=50).fit(small())


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


class Scripted:
    """A trainer whose validation errors are told beforehand."""

    n_steps, has_ratings = 1, True

    def __init__(self, errors, n_scheduled):
        self.errors, self.n_scheduled, self.epoch = errors, n_scheduled, 0

    def begin_epoch(self):
        self.epoch += 1

    def step(self, index):
        pass

    def end_epoch(self):
        pass

    def objective(self, squared_error):
        return squared_error

    def squared_errors(self, ratings, start, stop):
        return (len(ratings) * self.errors[self.epoch] ** 2,) * 2

    def snapshot(self):
        return self.epoch


@pytest.mark.parametrize(
    "n_scheduled, last, best",
    [
        (0, 4, 2),  # two epochs without a better one
        (4, 6, 2),  # two epochs after the schedule, in which there was none
        (5, 9, 7),  # the best one is later than the schedule's end
        (20, 11, 7),  # nothing stops while a schedule lasts
    ],
)
def test_patience_is_counted_from_where_a_schedule_ends(n_scheduled, last, best):
    errors = [1.0, 0.9, 0.8, 0.9, 0.9, 0.9, 0.9, 0.7, 0.9, 0.9, 0.9, 0.9]
    trainer = Scripted(errors, n_scheduled)
    training = Training(trainer, {}, small(), small(seed=2), n_epochs=11, patience=2)
    assert list(training)[-1].number == last
    assert training.best_epoch == training.snapshot() == best
    assert training.stopped_early == (last < 11)


def test_a_falling_rate_and_fixed_priors_are_schedules():
    ratings, decayed = small(), {"decay": True, "n_epochs": 30, "patience": 1}
    for model in (rc.SGD(**decayed), rc.SVDpp(**decayed)):
        training = model.start(ratings, small(seed=2))
        epochs = list(training)
        assert len(epochs) == 31 and training.best_epoch < 29
    for adaptive in (True, False):
        model = rc.PMF(adaptive=adaptive, n_epochs=30, patience=1)
        *_, last = model.epochs(ratings, small(seed=2))
        assert (last.number > 10) == adaptive


def test_pmf_is_not_stopped_before_its_priors_adapt(zip_path):
    split = rc.splits.random(rc.read_ratings(zip_path("ml-latest-small")), seed=0)
    training = rc.PMF().start(split.train, split.validation)
    list(training)
    assert training.best_epoch > 10
    assert training.history[training.best_epoch].validation_rmse < 0.85


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


@pytest.mark.parametrize("name", ["SGD", "ALS"])
def test_a_guest_of_few_ratings_is_held_as_the_trained_rows_are_spread(name):
    ratings = small()
    found = rc.MODELS[name](n_factors=2, reg=0.02, n_epochs=20).fit(ratings).snapshot()
    z = found.unit.standard(ratings.values)
    e = z - found.unit.standard(found.predict(ratings.user_ids, ratings.item_ids, clip=False))
    rows = np.column_stack([found.p, found.b_user]).astype(float)
    least = (e @ e / len(e)) / (rows**2).mean(axis=0)  # σ² / τ²
    assert found.least == pytest.approx(least, rel=1e-4)
    for n in (1, 3, 20):
        items, rated = np.arange(n), 1.0 + np.arange(n) % 5
        x = np.column_stack([found.q[:n], np.ones(n)]).astype(float)
        target = found.unit.standard(rated) - found.mean - found.b_item[:n]
        penalty = np.diag(np.maximum(0.02 * n, least))
        w = np.linalg.solve(x.T @ x + penalty, x.T @ target)
        own = np.append(*found._trained(found.fold_in(items, rated)))
        assert own == pytest.approx(w, abs=1e-4)


@pytest.mark.parametrize("name", ["SGD", "ALS", "PMF", "NMF", "SVDpp", "UserItemBias"])
def test_a_new_item_is_the_guest_of_the_transposed_matrix(name):
    rng = np.random.default_rng(2)
    matrix = np.where(rng.random((30, 20)) < 0.4, rng.integers(1, 6, (30, 20)), 0)
    ratings, turned = (
        rc.Ratings.from_matrix(each, scale=rc.Scale(1, 5, 1)) for each in (matrix, matrix.T)
    )
    found = rc.MODELS[name](n_epochs=5).fit(ratings).snapshot()
    transposed = rc.FactorModel(
        train=turned, unit=found.unit, mean=found.mean, b_user=found.b_item, b_item=found.b_user,
        p=found.q, q=found.p, link=found.link, fold=found.fold_item,
    )  # fmt: skip
    for users, rated in (([2, 5, 8, 11], [5, 1, 4, 3]), ([7], [2]), ([], [])):
        new, guest = found.fold_in_item(users, rated), transposed.fold_in(users, rated)
        assert new.factors == pytest.approx(guest.factors, abs=1e-5)
        assert new.bias == pytest.approx(guest.bias, abs=1e-5)
        everyone = np.arange(30)
        expected = transposed.predict(guest, everyone, clip=False)
        assert found.predict(everyone, new, clip=False) == pytest.approx(expected, abs=1e-5)


def test_a_new_items_row_is_the_ridge_regression_of_its_ratings_on_the_users():
    found = rc.ALS(n_factors=2, reg=3.0, weighted=False, n_epochs=5).fit(small()).snapshot()
    users, rated = np.array([1, 4, 20]), np.array([5.0, 2.0, 4.0])
    x = np.column_stack([found.p[users], np.ones(3)]).astype(float)
    target = (rated - found.unit.shift) / found.unit.size - found.mean - found.b_user[users]
    w = np.linalg.solve(x.T @ x + 3.0 * np.eye(3), x.T @ target)
    new = found.fold_in_item(users, rated)
    assert new.factors == pytest.approx(w[:2] * np.sqrt(found.unit.size), abs=1e-5)
    assert new.bias == pytest.approx(w[2] * found.unit.size, abs=1e-5)


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
        guest = before._row_of(items, values.astype(float), None)  # by the rule of training
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


def test_logistic_predictions_stay_inside_the_scale():
    model = rc.PMF(n_factors=3, link="logistic", learning_rate=0.02).fit(small())
    raw = model.predict_matrix(clip=False)
    assert raw.min() > 1 and raw.max() < 5
