"""Orders: permutations that bring together what is predicted alike."""

import itertools

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import seriation
from recsys_core.models.factor_model import FactorModel, FoldIn
from recsys_core.standardized import Unit


def fitted(n_users=30, n_items=20, k=2, seed=0):
    """A fitted model with known parameters; every second user rates the first items only."""
    rng = np.random.default_rng(seed)
    rated = rng.random((n_users, n_items)) < 0.5
    rated[0] = True
    ratings = rc.Ratings.from_matrix(np.where(rated, rng.integers(1, 6, rated.shape), 0))
    return FactorModel(
        train=ratings,
        unit=Unit(1.0, 2.0),
        mean=1.0,
        b_user=rng.normal(0, 0.2, n_users).astype(np.float32),
        b_item=rng.normal(0, 0.2, n_items).astype(np.float32),
        p=rng.normal(0, 0.7, (n_users, k)).astype(np.float32),
        q=rng.normal(0, 0.7, (n_items, k)).astype(np.float32),
        link="identity",
        fold=FoldIn(np.ones(k + 1), np.zeros(k + 1)),
    )


def test_every_order_is_a_permutation_and_keeps_groups_together():
    for side, k in itertools.product(["user", "item"], [0, 1, 3]):
        model = fitted(k=k)
        n = model.n_users if side == "user" else model.n_items
        for how in ("given", "cluster", "popularity", "similarity"):
            arranged = seriation.arrange(model, side, how)
            assert sorted(arranged.order) == list(range(n)), (side, k, how)
            assert (arranged.groups is None) == (how != "cluster"), (side, k, how)
            if arranged.groups is not None:
                n_groups = len(set(arranged.groups))
                assert n_groups > 1 and (np.diff(arranged.groups) != 0).sum() == n_groups - 1
                # k-means has come to rest: everyone is in the group of the nearest centre.
                rows = model.predict_matrix(clip=False).astype(float)
                rows = (rows if side == "user" else rows.T)[arranged.order]
                centres = [rows[arranged.groups == group].mean(axis=0) for group in range(n_groups)]
                nearest = np.linalg.norm(rows[:, None] - centres, axis=2).argmin(axis=1)
                np.testing.assert_array_equal(nearest, arranged.groups)


def test_popularity_puts_the_most_rated_first_and_keeps_ties_in_index_order():
    model = fitted()
    order = seriation.arrange(model, "user", "popularity").order
    counts = model.train.user_counts[order]
    assert order[0] == 0
    assert (np.diff(counts) <= 0).all()
    assert all(a < b for a, b, tie in zip(order, order[1:], np.diff(counts) == 0) if tie)  # noqa: B905


@pytest.mark.parametrize("side", ["user", "item"])
@pytest.mark.parametrize("k", [0, 1, 4])
def test_the_distance_of_two_profiles_is_that_of_whole_predicted_rows(side, k):
    model = fitted(k=k)
    predicted = model.predict_matrix(clip=False).astype(float)
    predicted = predicted if side == "user" else predicted.T
    rows = seriation.profiles(model, side)
    for a, b in ((0, 1), (3, 7), (5, 19)):
        expected = np.sqrt(np.mean((predicted[a] - predicted[b]) ** 2))
        assert np.linalg.norm(rows[a] - rows[b]) == pytest.approx(expected, rel=1e-4)


def test_profiles_do_not_change_when_the_latent_space_is_stretched():
    model = fitted(k=3)
    stretch = np.array([[4.0, 1, 0], [0, 0.5, 2], [0, 0, 3]], np.float32)
    turned = FactorModel(
        model.train, model.global_mean, model.user_bias, model.item_bias,
        model.user_factors @ stretch, model.item_factors @ np.linalg.inv(stretch).T,
        "identity", model.fold,
    )  # fmt: skip
    for side in ("user", "item"):
        before, after = (seriation.profiles(m, side) for m in (model, turned))
        distances = [np.linalg.norm(p[:, None] - p[None], axis=2) for p in (before, after)]
        np.testing.assert_allclose(distances[0], distances[1], atol=1e-4)


def planted(groups=3, size=15, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(groups), size)
    rows = 5.0 * rng.normal(size=(groups, 4))[truth] + rng.normal(0, 0.1, (len(truth), 4))
    shuffled = rng.permutation(len(truth))
    return rows[shuffled], truth[shuffled]


def test_planted_clusters_are_found():
    rows, truth = planted()
    labels = seriation.clusters(rows, 3)
    assert {len(set(labels[truth == group])) for group in range(3)} == {1}
    assert sorted(set(labels)) == [0, 1, 2]


def test_similarity_keeps_planted_groups_together():
    rows, truth = planted()
    met = truth[seriation.by_similarity(rows)]
    assert (np.diff(met) != 0).sum() == 2


def test_similarity_of_points_on_a_line_is_their_order_on_it():
    rng = np.random.default_rng(1)
    at = rng.permutation(40).astype(float)
    order = seriation.by_similarity(at[:, None])
    met = at[order]
    assert (np.diff(met) > 0).all() or (np.diff(met) < 0).all()


def test_two_levels_still_bring_alike_rows_together():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(900, 3))
    order = seriation.by_similarity(rows)
    assert sorted(order) == list(range(900))
    step = np.linalg.norm(np.diff(rows[order], axis=0), axis=1).mean()
    chance = np.linalg.norm(np.diff(rows, axis=0), axis=1).mean()
    assert step < 0.5 * chance


def test_the_same_seed_gives_the_same_clusters_and_equal_rows_give_one():
    rows, _ = planted()
    np.testing.assert_array_equal(seriation.clusters(rows), seriation.clusters(rows))
    assert set(seriation.clusters(np.ones((10, 3)))) == {0}
    assert list(seriation.by_similarity(np.ones((1, 3)))) == [0]
