"""Where metrics disagree: ranks, who wins at what, and who is served better by whom."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import comparison, disagreement
from recsys_core.asking.comparison import Measured


def measured(rmse, ndcg, coverage=0.5, popularity=10.0):
    """Some users with these errors and these lists, one number each; rmse None: no ratings."""
    rmse = None if rmse is None else np.asarray(rmse, float)
    ndcg = np.asarray(ndcg, float)
    n = len(ndcg)
    n_ratings = np.arange(n) % 3 + 1
    errors = {} if rmse is None else {"rmse": rmse**2 * n_ratings, "mae": rmse / 2 * n_ratings}
    values = np.full(n, popularity)
    return Measured(
        10, 4.0, np.arange(n), n_ratings, errors, np.arange(n),
        {"novelty": values, "diversity": values, "popularity": values}, coverage, np.arange(n),
        {"precision": ndcg, "recall": ndcg, "ndcg": ndcg, "map": ndcg},
    )  # fmt: skip


CHANCE = np.random.default_rng(0)
WELL, BADLY = CHANCE.uniform(0.4, 0.6, 60), CHANCE.uniform(0.0, 0.2, 60)


def models():
    return {
        "exact": measured(np.full(60, 0.8), BADLY, 0.4, 5.0),
        "lists": measured(np.full(60, 0.9), WELL, 0.2, 20.0),
        "neither": measured(np.full(60, 1.0), BADLY, 0.1, 20.0),
        "only lists": measured(None, WELL - 0.1, 0.3, 30.0),
    }


def test_ranks_begin_at_one_share_the_better_place_and_leave_gaps_where_there_is_no_value():
    ranks = disagreement.ranks(models())
    assert list(ranks.columns) == ["rmse", "mae", "ndcg", "recall", "coverage", "popularity"]
    assert ranks["rmse"].tolist()[:3] == [1, 2, 3] and np.isnan(ranks.loc["only lists", "rmse"])
    assert ranks["ndcg"].tolist() == [3, 1, 3, 2], "equal ones share the better"
    assert ranks["coverage"].tolist() == [1, 3, 4, 2], "the most first"
    assert ranks["popularity"].tolist() == [1, 2, 2, 4], "the least first"


def test_the_disagreement_is_named():
    found = models()
    assert disagreement.sentence(found) == (
        f"exact has the lowest RMSE (0.8000); lists makes better lists (NDCG {WELL.mean():.4f} "
        f"against {BADLY.mean():.4f})."
    )
    assert "lists is first by NDCG and recall." in disagreement.winners(found)


def test_a_difference_that_other_users_might_turn_round_is_called_chance():
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, 60)
    found = {
        "exact": measured(np.full(60, 0.8), WELL),
        "lists": measured(np.full(60, 0.9), WELL + noise - noise.mean() + 0.001),
    }
    assert "may be chance" in disagreement.sentence(found)


def test_where_they_agree_that_is_said_and_nothing_of_a_single_model():
    found = models()
    del found["lists"], found["only lists"]
    found["exact"] = measured(np.full(60, 0.8), WELL)
    assert disagreement.sentence(found).startswith("exact has the lowest RMSE and makes the best")
    assert disagreement.sentence({"exact": found["exact"]}) is None
    assert disagreement.sentence({"a": measured(None, WELL), "b": measured(None, BADLY)}) is None


def test_users_better_served_are_counted_by_hand():
    first, second = measured([1, 2, 3, 1], np.ones(4)), measured([2, 1, 3, 3], np.ones(4))
    found = disagreement.served(first, second)
    np.testing.assert_allclose(found.first, [1, 2, 3, 1])
    assert (found.n_first, found.n_second) == (2, 1)
    assert found.sentence("A", "B") == (
        "Of 4 users, 2 are predicted better by A, 1 by B. For 1 they are equal."
    )
    assert disagreement.served(first, measured(None, np.ones(4))) is None


def test_a_users_error_is_the_rmse_of_their_own_ratings():
    world = rc.datasets.low_rank(30, 20, 2, density=0.5, noise=0.3, seed=0)
    split = rc.splits.random(world, seed=0)
    model = rc.ALS(n_factors=2).fit(split.train)
    held = split.validation
    found = comparison.measure(model, held)
    for user, own in zip(found.users, disagreement.user_rmse(found), strict=True):
        items, values = held.by_user.row(user)
        predicted = model.predict(np.full(len(items), user), items)
        assert own == pytest.approx(rc.metrics.rmse(values, predicted), rel=1e-6)


def test_all_errors_fall_into_the_bins_of_a_histogram():
    errors = [np.array([0.0, 0.2, 5.0]), np.linspace(0, 1, 200)]
    edges = disagreement.bins_of(errors)
    assert edges[0] == 0 and len(edges) == 25
    for found in errors:
        assert np.histogram(np.minimum(found, edges[-1]), bins=edges)[0].sum() == len(found)
    assert disagreement.bins_of([np.zeros(3)])[-1] > 0
