"""Item kNN: one answer however it is asked, its guests and its reasons."""

from __future__ import annotations

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import stepwise
from recsys_core.asking import attribution


def some(seed=0, n_users=25, n_items=14, density=0.5):
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((n_users, n_items)) < density, rng.integers(1, 6, 1), 0)
    matrix = np.where(matrix > 0, rng.integers(1, 6, matrix.shape), 0)
    return rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))


def test_pairs_in_any_order_blocks_and_rows_agree():
    ratings = some(1)
    model = rc.ItemKNN(n_neighbours=3).fit(ratings)
    whole = model.predict_matrix()
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, ratings.n_users, 300), rng.integers(0, ratings.n_items, 300)
    assert np.array_equal(model.predict(users, items), whole[users, items])
    best = model.recommend(4, n=99)
    raw = model.predict_matrix([4], clip=False)[0]
    assert best["score"].to_numpy() == pytest.approx(raw[best["item"]], abs=1e-6)


def test_threads_and_memory_do_not_change_what_is_predicted(monkeypatch):
    ratings = some(2, 60, 40)
    one = rc.ItemKNN().fit(ratings).predict_matrix()
    monkeypatch.setattr("recsys_core.kernels.threads.N_THREADS", 1)
    monkeypatch.setattr("recsys_core.models.item_knn._CELLS_A_STEP", 100)
    assert np.array_equal(one, rc.ItemKNN().fit(ratings).predict_matrix())


def test_few_neighbours_are_kept_of_many_items(monkeypatch):
    monkeypatch.setattr("recsys_core.models.item_knn._KEPT", 5)
    model = rc.ItemKNN().fit(some(3, 60, 40)).snapshot()
    assert model.neighbours.shape == model.similarities.shape == (40, 5)
    on_grid = np.rint(model.similarities * 4096)
    assert (np.diff(on_grid, axis=1) <= 0).all()
    assert not (model.neighbours == np.arange(40)[:, None]).any(where=model.similarities > 0)


def test_a_guest_who_rates_like_a_user_is_predicted_like_that_user():
    ratings = some(4)
    model = rc.ItemKNN(n_neighbours=4).fit(ratings)
    for user in range(0, ratings.n_users, 6):
        guest = model.fold_in(*ratings.by_user.row(user))
        own = model.predict_matrix([user])[0]
        assert model.predict(guest, np.arange(ratings.n_items)) == pytest.approx(own, abs=1e-4)
        assert np.argmax(model.snapshot().user_similarity(guest)) == user
    nobody = model.fold_in([], [])  # no neighbours: the item's bias alone
    assert nobody.bias == 0
    assert model.predict(nobody, np.arange(ratings.n_items)) == pytest.approx(
        np.clip(model.global_mean + model.item_bias, 1, 5), abs=1e-6
    )


def test_reasons_are_the_neighbours_and_add_up_exactly():
    ratings = some(5)
    model = rc.ItemKNN(n_neighbours=3).fit(ratings)
    for user, item in ((0, 0), (3, 7), (20, 13)):
        found = attribution.reasons(model, user, item)
        assert len(found.table) <= 3
        assert set(found.table["item"]) <= set(ratings.by_user.row(user)[0])
        raw = model.predict([user], [item], clip=False)[0]
        assert found.start + found.table["pull"].sum() == pytest.approx(raw, abs=1e-5)
        assert found.prediction == pytest.approx(raw, abs=1e-5)


def test_similar_items_are_its_own_neighbours():
    model = rc.ItemKNN().fit(some(6))
    near = model.similar_items(2, n=5)
    found = model.snapshot()
    positive = found.similarities[2] > 0
    assert list(near["item"][: positive.sum()]) == list(found.neighbours[2][positive][:5])
    assert not found.has.factors and found.has.similarity and not found.has.terms


def test_it_beats_biases_where_items_are_alike():
    world = rc.datasets.low_rank(300, 60, n_factors=2, density=0.4, noise=0.2, seed=1)
    split = rc.splits.random(world, seed=0)

    def error(model):
        model.fit(split.train, split.validation)
        predicted = model.predict(split.test.user_ids, split.test.item_ids)
        return rc.metrics.rmse(split.test.values, predicted)

    assert error(rc.ItemKNN()) < 0.8 * error(rc.UserItemBias())


def test_a_new_item_has_the_neighbours_and_predictions_of_the_formula():
    ratings = some(7)
    model = rc.ItemKNN(n_neighbours=2, shrinkage=4.0, baseline_weight=0.3).fit(ratings)
    users, rated = np.array([0, 2, 3, 7, 11, 20]), np.array([5.0, 1.0, 4.0, 2.0, 5.0, 3.0])
    new = model.fold_in_item(users, rated)
    over = rated - model.global_mean - model.user_bias[users]
    assert new.bias == pytest.approx(over.sum() / (5 + 6))
    e = np.full((ratings.n_users, ratings.n_items), np.nan)
    u, i = ratings.user_ids, ratings.item_ids
    e[u, i] = ratings.values - model.global_mean - model.user_bias[u] - model.item_bias[i]
    own = np.full(ratings.n_users, np.nan)
    own[users] = over - new.bias
    alike = np.array([
        stepwise.item_similarity(own, column, shrinkage=4.0).similarity for column in e.T
    ])  # fmt: skip
    near = model.similar_items(new, n=3)
    assert near["similarity"].to_numpy() == pytest.approx(np.sort(alike)[::-1][:3], abs=1 / 4096)
    predicted = model.predict(np.arange(ratings.n_users), new, clip=False)
    for user in range(ratings.n_users):
        known = ~np.isnan(e[user])
        expected = stepwise.neighbour_prediction(
            model.global_mean + model.user_bias[user] + new.bias, alike[known], e[user, known],
            n_neighbours=2, baseline_weight=0.3,
        )  # fmt: skip
        assert predicted[user] == pytest.approx(expected.prediction, abs=1e-4)


def test_few_weak_neighbours_change_little():
    ratings = some(8)
    sure, doubting = (rc.ItemKNN(baseline_weight=b).fit(ratings) for b in (0.0, 0.5))
    guest = sure.fold_in([3], [5.0])
    start = sure.global_mean + guest.bias + sure.item_bias
    alike = sure.snapshot().item_similarity(3)
    items = np.flatnonzero(alike)
    (e,) = 5.0 - start[[3]]
    alone = sure.predict(guest, items, clip=False)
    assert alone == pytest.approx(start[items] + e, abs=1e-5)  # one neighbour has all the weight
    s = sure.snapshot()
    similarity = np.array([s.similarities[i][s.neighbours[i] == 3][0] for i in items])
    shrunk = start[items] + e * similarity / (0.5 + similarity)
    assert doubting.predict(guest, items, clip=False) == pytest.approx(shrunk, abs=1e-5)
