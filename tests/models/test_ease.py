"""EASE: each column a ridge regression on the other items, guests as users, exact reasons."""

import numpy as np
import pytest

import recsys_core as rc
from recsys_core import stepwise
from recsys_core.errors import RatingsError, TooLargeError
from recsys_core.models import ease
from tests.models.test_implicit_als import dense, plays


def column_by_lstsq(choices, item, reg):
    """Weights of all other items on one: ridge regression, the penalty as further equations."""
    n = choices.shape[1]
    others = np.delete(np.arange(n), item)
    rows = np.vstack([choices[:, others], np.sqrt(reg) * np.eye(n - 1)])
    found = np.linalg.lstsq(rows, np.r_[choices[:, item], np.zeros(n - 1)])[0]
    return np.insert(found, item, 0.0)


@pytest.mark.parametrize("block, work", [(64, 1 << 29), (7, 7 * 25 * 3), (25, 1)])
@pytest.mark.parametrize("reg", [0.5, 40.0])
def test_each_column_is_a_ridge_regression_on_the_other_items(block, work, reg, monkeypatch):
    monkeypatch.setattr(ease, "_BLOCK", block)
    monkeypatch.setattr(ease, "_WORK_A_STEP", work)
    ratings = plays()
    choices = (dense(ratings) > 0).astype(float)
    fitted = rc.EASE(reg=reg).fit(ratings).snapshot()
    expected = [column_by_lstsq(choices, item, reg) for item in range(ratings.n_items)]
    assert fitted.weights == pytest.approx(np.transpose(expected), abs=1e-6)
    assert not np.diag(fitted.weights).any()
    assert fitted.predict_matrix() == pytest.approx(choices @ np.transpose(expected), abs=1e-5)


def test_the_step_to_be_read_is_the_same_regression():
    choices = (dense(plays()) > 0).astype(float)
    weights = stepwise.ease_weights(choices, reg=2.0).weights
    for item in (0, 11, 24):
        assert weights[:, item] == pytest.approx(column_by_lstsq(choices, item, 2.0), abs=1e-10)


def test_the_objective_is_that_of_the_weights():
    ratings = plays()
    choices = (dense(ratings) > 0).astype(float)
    model = rc.EASE(reg=4.0).fit(ratings)
    before, after = (epoch.loss for epoch in model.history)
    assert before == choices.sum()
    weights = model.snapshot().weights.astype(float)
    expected = ((choices - choices @ weights) ** 2).sum() + 4.0 * (weights**2).sum()
    assert after == pytest.approx(expected, rel=1e-5)


def test_a_guest_is_a_user_and_reasons_add_up_exactly():
    ratings = plays()
    fitted = rc.EASE(reg=3.0).fit(ratings).snapshot()
    for user in (0, 5, 11):
        guest = fitted.fold_in(*ratings.by_user.row(user))
        assert fitted.recommend(guest).equals(fitted.recommend(user))
        for who in (user, guest):
            found = fitted.attribution(who, 6)
            assert found.start == 0
            assert found.prediction == pytest.approx(float(fitted.predict(who, 6)[0]), abs=1e-6)
            assert found.contributions == pytest.approx(fitted.weights[found.item_ids, 6], abs=1e-9)
    nobody = fitted.fold_in([], [])
    assert not fitted.predict(nobody, np.arange(ratings.n_items)).any()


def test_it_takes_ratings_for_choices_as_implicit_als_does():
    ratings = plays()
    zeros = rc.Ratings.from_matrix(dense(ratings), missing=None)  # every zero is written down
    ones = ratings.replace(values=np.ones_like(ratings.values))
    one, two, three = (rc.EASE(reg=1.0).fit(r).snapshot() for r in (ratings, zeros, ones))
    assert np.array_equal(one.weights, two.weights) and np.array_equal(one.weights, three.weights)
    assert np.array_equal(one.predict_matrix(), two.predict_matrix())
    with pytest.raises(RatingsError, match="below zero"):
        rc.EASE().fit(rc.Ratings.from_matrix(np.array([[-1.0, 2], [1, 2]]), missing=None))


def test_similar_users_are_those_who_chose_the_same():
    ratings = plays()
    fitted = rc.EASE().fit(ratings).snapshot()
    choices = (dense(ratings) > 0).astype(float)
    unit = choices / np.linalg.norm(choices, axis=1, keepdims=True)
    assert fitted.user_similarity(3) == pytest.approx(unit @ unit[3], abs=1e-9)
    guest = fitted.fold_in(*ratings.by_user.row(3))
    assert fitted.user_similarity(guest) == pytest.approx(unit @ unit[3], abs=1e-9)


def test_too_many_items_are_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(ease, "_MOST_ITEMS", 20)
    with pytest.raises(TooLargeError, match="every one of 25 items against every other"):
        rc.EASE().fit(plays())


def test_checkpoints_before_and_after_the_pass_hold_no_table():
    # Both are kept for every run: with tables, some of them would fill a server's memory.
    training = rc.EASE().start(rc.datasets.low_rank(n_users=30, n_items=20))
    before = training.checkpoint()
    assert sum(array.nbytes for array in arrays_in(before.state)) == 0
    list(training)
    arrays = arrays_in(training.checkpoint().state)
    assert [array.shape for array in arrays if array.size] == [(20, 20)]  # the weights
    again = rc.EASE().start(rc.datasets.low_rank(n_users=30, n_items=20), checkpoint=before)
    list(again)
    assert np.array_equal(again.snapshot().weights, training.snapshot().weights)


def arrays_in(state):
    """All arrays of a trainer's state, those in tuples included."""
    each = [v if isinstance(v, tuple) else (v,) for v in state.values()]
    return [array for values in each for array in values if isinstance(array, np.ndarray)]
