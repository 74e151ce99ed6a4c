"""The baselines: exact biases against a dense solution, and the shrinkage that ratings ask for."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.models.baselines import shrinkage_of
from tests.models.contract import small


def dense_biases(ratings, reg_user, reg_item):
    """Both sides' biases by one dense least-squares problem, the penalty as further equations."""
    n, n_users = len(ratings), ratings.n_users
    design = np.zeros((n, n_users + ratings.n_items))
    design[np.arange(n), ratings.user_ids] = 1
    design[np.arange(n), n_users + ratings.item_ids] = 1
    penalty = np.r_[np.full(n_users, reg_user), np.full(ratings.n_items, reg_item)]
    rows = np.vstack([design, np.diag(np.sqrt(penalty))])
    rest = ratings.values.astype(float) - ratings.values.astype(float).mean()
    found = np.linalg.lstsq(rows, np.r_[rest, np.zeros(len(penalty))])[0]
    return found[:n_users], found[n_users:]


@pytest.mark.parametrize("shape", [(30, 20), (15, 45)])
@pytest.mark.parametrize("regs", [(15.0, 10.0), (0.3, 4.0), (1e-3, 1e-3)])
def test_biases_are_the_ridge_solution(shape, regs):
    rng = np.random.default_rng(0)
    matrix = np.where(rng.random(shape) < 0.3, rng.integers(1, 6, shape), 0)
    matrix[0], matrix[:, 1] = 0, 0  # a user and an item without ratings: no bias
    ratings = rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))
    model = rc.UserItemBias(reg_user=regs[0], reg_item=regs[1]).fit(ratings)
    users, items = dense_biases(ratings, *regs)
    assert model.user_bias == pytest.approx(users, abs=2e-6)
    assert model.item_bias == pytest.approx(items, abs=2e-6)


def test_the_biases_inside_are_exact_to_float64():
    ratings = small()
    training = rc.UserItemBias(reg_user=3, reg_item=2, seed=0).start(ratings)
    list(training)
    size = ratings.values.astype(float).std()
    users, items = dense_biases(ratings, 3.0, 2.0)
    inside = training.trainer._b * size  # of the shorter side
    # What is trained on are float32 of z: their rounding, 1e-8, is all that differs.
    assert inside == pytest.approx(items, abs=5e-8)


def test_without_shrinkage_predictions_are_those_of_least_squares():
    ratings = small()
    model = rc.UserItemBias(reg_user=0, reg_item=0).fit(ratings)
    users, items = dense_biases(ratings, 0.0, 0.0)  # of equally good ones the shortest
    expected = ratings.values.astype(float).mean() + users[:, None] + items
    assert model.predict_matrix(clip=False) == pytest.approx(expected, abs=1e-5)


def test_shrinkage_is_the_ratio_of_the_variances_the_ratings_were_made_with():
    rng = np.random.default_rng(3)
    n_users, n_items = 800, 600
    users, items = rng.normal(0, 0.5, n_users), rng.normal(0, 0.3, n_items)
    matrix = 10 + users[:, None] + items + rng.normal(0, 1.0, (n_users, n_items))
    # Some users rate much more than others, as people do.
    shown = rng.random(matrix.shape) < rng.beta(0.5, 4, (n_users, 1))
    ratings = rc.Ratings.from_matrix(np.where(shown, matrix, np.nan), missing=None)
    reg_user, reg_item = shrinkage_of(ratings)
    assert reg_user == pytest.approx(1 / 0.5**2, rel=0.15)
    assert reg_item == pytest.approx(1 / 0.3**2, rel=0.15)
    model = rc.UserItemBias(reg_item=2.5).fit(ratings)
    assert (model.settings["reg_user"], model.settings["reg_item"]) == (reg_user, 2.5)


def test_the_moments_are_those_of_the_definition():
    # U by its definition, all pairs of ratings, on a matrix small enough for that.
    ratings = small()
    r = ratings.values.astype(float)
    apart = (r[:, None] - r) ** 2 / 2
    moments, expectations = [], []
    n, of_users, of_items = len(r), ratings.user_counts, ratings.item_counts
    for ids, counts in ((ratings.user_ids, of_users), (ratings.item_ids, of_items)):
        same = ids[:, None] == ids
        moments.append((apart * same / counts[ids][:, None]).sum())
        expectations.append(n - (counts > 0).sum())
    moments.append(apart.sum())
    table = [
        [0, expectations[0], expectations[0]],
        [expectations[1], 0, expectations[1]],
        [n**2 - (of_users**2).sum(), n**2 - (of_items**2).sum(), n**2 - n],
    ]
    of_users, of_items, noise = np.linalg.solve(np.array(table, float), moments)
    expected = [noise / v if 0.01 * noise < v else 100.0 for v in (of_users, of_items)]
    assert shrinkage_of(ratings) == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(
    "matrix",
    [
        [[3.0]],
        [[1.0, 5.0]],
        np.full((4, 3), 2.0),
        [[5, 1], [1, 5]],
        np.add.outer([1.0, 2, 3], [0.0, 1]),
    ],
)
def test_of_very_few_ratings_shrinkage_stays_within_bounds(matrix):
    ratings = rc.Ratings.from_matrix(np.array(matrix, float), missing=None)
    assert all(0.01 <= reg <= 100 for reg in shrinkage_of(ratings))
    assert np.isfinite(rc.UserItemBias().fit(ratings).predict_matrix()).all()


def test_most_popular_is_what_most_people_rated_however_they_rated_it():
    matrix = [[1, 5, 0, 0], [1, 0, 5, 0], [1, 0, 5, 0], [0, 0, 5, 4]]
    ratings = rc.Ratings.from_matrix(matrix, scale=rc.Scale(1, 5, 1))
    fitted = rc.MostPopular().fit(ratings).snapshot()
    assert fitted.predict_matrix()[2].tolist() == [0.75, 0.25, 0.75, 0.25]
    assert not fitted.has.ratings and fitted.recommend(0, 1)["item"].tolist() == [2]
    guest = fitted.fold_in([0, 2], [5.0, 1.0])
    assert set(fitted.recommend(guest)["item"]) == {1, 3}
    found = fitted.attribution(guest, 1)
    assert (found.start, found.prediction) == (0.25, 0.25) and not found.contributions.any()


def test_most_popular_ranks_better_than_chance_where_some_items_are_popular():
    rng = np.random.default_rng(0)
    shown = rng.random((200, 100)) < rng.permutation(np.linspace(0.4, 0.02, 100))
    ratings = rc.Ratings.from_matrix(np.where(shown, rng.integers(1, 6, shown.shape), 0))
    split = rc.splits.random(ratings, validation=0, test=0.3, seed=0)
    popular, mean = (
        rc.metrics.ranking(kind().fit(split.train), split.test).ndcg
        for kind in (rc.MostPopular, rc.GlobalMean)
    )
    assert popular > 1.5 * mean
