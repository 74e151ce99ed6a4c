"""What every model keeps, as classes that a model's tests derive from.

class TestSGD(FactorModelContract):
    taught = {"SGD": dict(n_factors=3, learning_rate=0.03, reg=0.002, n_epochs=300)}
"""

import dataclasses
import math
from typing import Any, ClassVar

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import attribution
from recsys_core.errors import NotFittedError, RatingsError, SettingsError
from recsys_core.models import checkpoints


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


def one_of_many(name: str):
    """A model's name as a parameter; of the networks' variants all but the usual one are slow."""
    return pytest.param(name, marks=[pytest.mark.slow] if name.startswith("NeuralMF, ") else [])


class ModelContract:
    """What every model keeps; each test runs for every name in ``taught``.

    Attributes
    ----------
    taught : by the model's name, or “name, variant”, the settings that it is tested with.
    """

    taught: ClassVar[dict[str, dict[str, Any]]] = {}

    def pytest_generate_tests(self, metafunc):
        if "name" in metafunc.fixturenames:
            metafunc.parametrize("name", [one_of_many(name) for name in self.taught])

    def make(self, name, **changes):
        """A model with the settings it is taught with; of changes, those it has."""
        kind = rc.MODELS[name.split(",")[0]]
        known = {field.name for field in dataclasses.fields(kind)}
        changes = {setting: value for setting, value in changes.items() if setting in known}
        return kind(**{**self.taught[name], **changes})

    def test_same_seed_same_bits(self, name):
        one, two = (self.make(name).fit(small()).snapshot() for _ in range(2))
        assert same_bits(one, two)

    def test_it_takes_a_seed_and_shows_it_where_it_changes_something(self, name):
        assert self.make(name, seed=0) == self.make(name)
        one, two, other = (
            self.make(name, n_epochs=2, burn_in=0, **seed).fit(small())
            for seed in ({}, {"seed": 0}, {"seed": 1})
        )
        assert one.settings == two.settings and one.settings["seed"] == 0
        assert same_bits(one.snapshot(), two.snapshot())
        draws = not same_bits(one.snapshot(), other.snapshot())
        assert ("seed" in [option.name for option in one.options()]) == draws

    def test_iterating_equals_fitting(self, name):
        fitted, walked = self.make(name), self.make(name)
        fitted.fit(small())
        epochs = list(walked.epochs(small()))
        assert [e.number for e in epochs] == list(range(len(epochs)))
        assert same_bits(fitted.snapshot(), walked.snapshot())
        assert [e.train_rmse for e in fitted.history] == [e.train_rmse for e in epochs]

    def test_tiny_slices_and_resuming_equal_straight_through(self, name, monkeypatch):
        # Steps of a few ratings, so that even this small matrix is cut in the middle of an epoch.
        monkeypatch.setattr("recsys_core.models.sgd._RATINGS_A_STEP", 16)
        monkeypatch.setattr("recsys_core.kernels.threads._RATINGS_A_PIECE", 16)
        monkeypatch.setattr("recsys_core.models.svdpp._RATINGS_A_STEP", 16)
        monkeypatch.setattr("recsys_core.models.neural._BATCHES_A_STEP", 1)
        monkeypatch.setattr("recsys_core.models.item_knn._CELLS_A_STEP", 16)
        monkeypatch.setattr("recsys_core.models.ease._BLOCK", 3)
        monkeypatch.setattr("recsys_core.models.ease._WORK_A_STEP", 3 * 3 * 20)
        ratings = small()
        validation = small(seed=5)
        straight = self.make(name, n_epochs=8)
        straight.fit(ratings, validation)
        resumed = self.make(name, n_epochs=8)
        training = resumed.start(ratings, validation)
        slices = 0
        while not training.finished:
            training.advance(0.0)
            slices += 1
            if slices % 3 == 0:
                training = resumed.start(ratings, validation, checkpoint=training.checkpoint())
        assert name in ("GlobalMean", "MostPopular") or slices > 8
        assert same_bits(straight.snapshot(), resumed.snapshot())
        assert [e.loss for e in straight.history] == [e.loss for e in resumed.history]

    def test_a_checkpoint_read_from_its_bytes_goes_on_with_the_same_bits(self, name):
        ratings, validation = small(), small(seed=5)
        straight = self.make(name, n_epochs=6, burn_in=1)
        straight.fit(ratings, validation)
        again = self.make(name, n_epochs=6, burn_in=1)
        training = again.start(ratings, validation)
        while not training.finished:
            for _ in range(2):
                training.advance()
            data = checkpoints.to_bytes(training.checkpoint())
            if training.best is not None:
                best = checkpoints.fitted_of(checkpoints.to_bytes(training.best), ratings)
                assert type(best) is type(training.best) and same_bits(best, training.best)
            if not training.finished:
                found = checkpoints.checkpoint_of(data, ratings)
                training = again.start(ratings, validation, checkpoint=found)
        assert same_bits(straight.snapshot(), again.snapshot())
        same = [(e.train_rmse, e.validation_rmse, e.loss) for e in straight.history]
        assert same == [(e.train_rmse, e.validation_rmse, e.loss) for e in again.history]

    def test_unrated_never_counts(self, name):
        # The same triples beside ten thousand unrated cells train to the same numbers.
        narrow = small()
        wide = narrow.replace(items=[*narrow.items, *(f"unrated {n}" for n in range(300))])
        one, two = (self.make(name, n_epochs=5) for _ in range(2))
        one.fit(narrow)
        two.fit(wide)
        if name in ("SGD", "PMF", "GlobalMean", "UserItemBias"):
            assert one.history[0].train_rmse == pytest.approx(two.history[0].train_rmse, abs=0.2)
        cold = two.predict_matrix(item_ids=np.arange(narrow.n_items, wide.n_items), clip=False)
        assert np.isfinite(cold).all()
        # An item nobody rated has no bias and no factors, or draws of them that mean nothing: all
        # such are predicted alike.
        assert np.allclose(cold, cold[:, :1], atol=2.5 if name.startswith("Bayesian") else 1e-5)

    def test_a_row_answers_for_a_user_and_for_a_guest(self, name):
        ratings = small()
        fitted = self.make(name, n_epochs=2, burn_in=0).fit(ratings).snapshot()
        row, everything = fitted.row(7), np.arange(20)
        items, values = ratings.by_user.row(7)
        assert (row.index, row.name) == (7, "user 7")
        np.testing.assert_array_equal(row.item_ids, items)
        np.testing.assert_array_equal(row.values, values)
        pairs = fitted.predict(np.full(20, 7), everything, clip=False)
        best = fitted.recommend(7, n=20)
        np.testing.assert_allclose(best["score"], pairs[best["item"]], rtol=1e-5)
        guest = fitted.fold_in(items, values)
        assert fitted.row(guest) is guest and (guest.index, guest.name) == (None, "guest")
        with pytest.raises(RatingsError, match="lies outside 0–29"):
            fitted.row(30)

    def test_reasons_add_up_to_the_prediction(self, name):
        ratings = small()
        fitted = self.make(name, n_epochs=4, burn_in=1).fit(ratings).snapshot()
        if not fitted.has.reasons:
            pytest.skip("it gives no reasons")
        near = 1e-4 * fitted.extent.width
        guest, nobody = fitted.fold_in([0, 3, 9], [5, 1, 4]), fitted.fold_in([], [])
        for who in (0, 7, guest, nobody):
            for item in (0, 3, 13):
                why = attribution.reasons(fitted, who, item)
                assert why.prediction == fitted.predict(who, item, clip=False)[0]
                total = why.start + why.table["pull"].sum() + why.rest
                assert total == pytest.approx(why.prediction, abs=near)
                if isinstance(who, rc.Guest):  # folded in from these ratings and nothing else
                    assert abs(why.rest) < near

    def test_a_new_item_is_predicted_recommended_and_compared(self, name):
        ratings = small()
        fitted = self.make(name, n_epochs=4, burn_in=1).fit(ratings).snapshot()
        if not fitted.has.new_items:
            with pytest.raises(SettingsError, match="new item"):
                fitted.fold_in_item([0], [5])
            return
        new = fitted.fold_in_item([0, 3, 9], [5, 1, 4])
        assert (new.index, new.user_ids.tolist(), new.values.tolist()) == (
            None, [0, 3, 9], [5, 1, 4],
        )  # fmt: skip
        everyone = np.arange(ratings.n_users)
        x = fitted.predict(everyone, new, clip=False)
        assert x.shape == (ratings.n_users,) and np.isfinite(x).all()
        assert fitted.predict(7, new)[0] == fitted.clipped(x)[7]
        if fitted.has.terms and fitted.link == "identity":
            by_hand = fitted.global_mean + fitted.user_bias + new.bias
            by_hand = by_hand + fitted.user_factors @ new.factors
            assert x == pytest.approx(by_hand, abs=1e-4)
        best = fitted.recommend_users(new, n=99)
        assert list(best.columns) == ["user", "label", "score"]
        assert set(best["user"]) == set(everyone) - {0, 3, 9}
        assert best["score"].to_numpy() == pytest.approx(x[best["user"]], abs=1e-5)
        assert best["score"].is_monotonic_decreasing
        old = fitted.recommend_users(4, n=99, exclude=[0])
        raters = set(ratings.by_item.row(4)[0])
        assert set(old["user"]) == set(everyone) - raters - {0}
        expected = fitted.predict(old["user"], 4, clip=False)
        assert old["score"].to_numpy() == pytest.approx(expected, abs=1e-5)
        if fitted.has.similarity:
            assert len(fitted.similar_items(new, n=99)) == ratings.n_items
        with pytest.raises(RatingsError, match="guest"):
            fitted.predict(fitted.fold_in([0], [5]), new)
        with pytest.raises(RatingsError, match="lies outside 0–29"):
            fitted.fold_in_item([30], [5])
        with pytest.raises(RatingsError, match="hold user 3 more than once"):
            fitted.fold_in_item([3, 4, 3], [4.0, 2.0, 1.0])
        with pytest.raises(RatingsError, match="one each"):
            fitted.fold_in_item([1, 2], [5])

    def test_a_new_item_rated_as_a_known_one_is_predicted_like_it(self, name):
        world = rc.datasets.low_rank(n_users=80, n_items=60, density=0.5, noise=0.2, seed=3)
        fitted = self.make(name).fit(world).snapshot()
        if not fitted.has.new_items or not fitted.has.ratings:
            pytest.skip("it takes in no new items, or predicts no ratings")
        off, everyone = [], np.arange(world.n_users)
        for item in range(0, world.n_items, 10):
            new = fitted.fold_in_item(*world.by_item.row(item))
            known = fitted.predict(everyone, item)
            off.append(np.mean((fitted.predict(everyone, new) - known) ** 2))
            if fitted.has.factors and "MLP" not in name:  # whose tower knows no cosine
                assert fitted.similar_items(new, n=1)["item"][0] == item
        assert np.sqrt(np.mean(off)) < 0.2

    def test_recommendations_are_unrated_and_in_order(self, name):
        ratings = small()
        model = self.make(name).fit(ratings)
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

    def test_saved_and_loaded_it_answers_the_same(self, name, tmp_path):
        model = self.make(name).fit(small())
        model.save(tmp_path / "model.npz")
        loaded = rc.load_model(tmp_path / "model.npz")
        assert type(loaded) is type(model)
        assert same_bits(model.snapshot(), loaded.snapshot())
        assert np.array_equal(model.predict_matrix(), loaded.predict_matrix())
        assert model.recommend(1).equals(loaded.recommend(1))
        guests = [each.fold_in([0, 2], [3, 1]) for each in (model, loaded)]
        one, two = (
            each.predict(guest, np.arange(20))
            for each, guest in zip((model, loaded), guests, strict=True)
        )
        assert np.array_equal(one, two)
        assert loaded.settings == model.settings
        assert [e.loss for e in loaded.history] == [e.loss for e in model.history]

    def test_the_global_generators_are_left_alone(self, name):
        import torch

        before = np.random.get_state()[1].copy(), torch.random.get_rng_state().clone()  # noqa: NPY002
        self.make(name).fit(small())
        assert np.array_equal(before[0], np.random.get_state()[1])  # noqa: NPY002
        assert torch.equal(before[1], torch.random.get_rng_state())

    def test_every_setting_is_declared_and_explained(self, name):
        for each in type(self.make(name)).options():
            assert each.meaning.endswith(".") and each.what_if.endswith(".")
            assert each.kind != "choice" or each.choices


class FactorModelContract(ModelContract):
    """What every factor model keeps beside; as ``taught``, it learns small matrices to the end."""

    def test_another_seed_gives_other_bits(self, name):
        one, other = (self.make(name, seed=seed).fit(small()) for seed in (0, 1))
        assert not same_bits(one.snapshot(), other.snapshot())

    def test_planted_low_rank_is_recovered(self, name):
        ratings, hidden = planted()
        model = self.make(name).fit(ratings)
        baseline = error(rc.UserItemBias().fit(ratings), hidden)
        # A tower has to learn what a product is, and comes close.
        assert error(model, hidden) < (0.35 if "MLP" in name else 0.25) * baseline

    def test_checkerboard_is_solved(self, name):
        # Users like the items of their own parity: no bias explains it, one factor does.
        even = np.add.outer(np.arange(30), np.arange(30)) % 2 == 0
        board = np.where(even, 5.0, 1.0)
        hidden = np.random.default_rng(1).random(board.shape) < 0.3
        ratings = rc.Ratings.from_matrix(np.where(hidden, np.nan, board), scale=rc.Scale(1, 5, 1))
        predicted = self.make(name).fit(ratings).predict_matrix()
        assert np.array_equal(predicted[hidden] > 3, even[hidden])

    def test_a_checkpoint_does_not_change_as_training_goes_on(self, name):
        ratings = small()
        model = self.make(name, n_epochs=6)
        training = model.start(ratings)
        training.advance(math.inf)
        checkpoint = training.checkpoint()
        straight = list(training)
        again = list(self.make(name, n_epochs=6).start(ratings, checkpoint=checkpoint))
        assert [e.loss for e in again] == [e.loss for e in straight]

    def test_fold_in_of_a_known_user_predicts_like_training(self, name):
        world = rc.datasets.low_rank(n_users=150, n_items=80, density=0.4, noise=0.2, seed=3)
        split = rc.splits.random(world, seed=0)
        fitted = self.make(name).fit(split.train, split.validation).snapshot()
        everything = np.arange(world.n_items)
        squares = []
        for user in range(0, world.n_users, 10):
            guest = fitted.fold_in(*split.train.by_user.row(user))
            own = fitted.predict_matrix(user_ids=[user])[0]
            squares.append(np.mean((own - fitted.predict(guest, everything)) ** 2))
        assert np.sqrt(np.mean(squares)) < 0.15

    def test_a_user_without_ratings_gets_what_all_like(self, name):
        ratings = small()
        lonely = ratings.replace(users=[*ratings.users, "newcomer"])
        model = self.make(name, n_epochs=30).fit(lonely)
        prediction = model.predict_matrix(user_ids=[ratings.n_users])[0]
        assert np.isfinite(prediction).all()
        # Newcomers get the mean taste by an adaptive prior, and where zero would mean no liking at
        # all.
        if not name.startswith(("PMF", "NMF", "BayesianPMF")):
            assert not model.user_factors[-1].any()
        assert abs(prediction.mean() - ratings.global_mean) < 0.6

    def test_neighbours_are_by_cosine_and_never_oneself(self, name):
        model = self.make(name).fit(small())
        users = model.user_factors.astype(float)
        unit = users / np.linalg.norm(users, axis=1, keepdims=True)
        near = model.similar_users(3, n=4)
        expected = np.delete(unit @ unit[3], 3)
        assert 3 not in set(near["user"])
        assert near["similarity"].to_numpy() == pytest.approx(np.sort(expected)[::-1][:4], abs=1e-5)
        assert len(model.similar_items(0, n=99)) == 19

    def test_the_constructor_only_stores(self, name):
        model = self.make(name)
        assert model.n_factors == 3
        assert type(model)().n_factors is None
        with pytest.raises(NotFittedError):
            model.predict([0], [0])
        assert type(model)().fit(small()).settings["n_factors"] >= 1

    def test_more_factors_than_either_side_and_one_rating_users(self, name):
        # More numbers than ratings: all are learned, also two users' opposite ones of one item.
        matrix = np.zeros((5, 4))
        matrix[np.arange(5), [0, 1, 2, 3, 0]] = [5, 1, 3, 4, 2]
        ratings = rc.Ratings.from_matrix(matrix)
        # A tower alone, without biases, has no slope where all its input lies below zero.
        model = self.make(name, n_factors=9, biases="MLP" in name).fit(ratings)
        assert model.user_factors.shape == (5, 9) and model.item_factors.shape == (4, 9)
        everything = model.predict_matrix()
        assert (everything >= 1).all() and (everything <= 5).all()
        assert error(model, ratings) < 0.5  # the mean alone: √2
