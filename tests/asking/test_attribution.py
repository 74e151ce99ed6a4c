"""Explanations add up, to the last digit, and name what they are about."""

from __future__ import annotations

import numpy as np
import pytest

import recsys_core as rc
from recsys_core.asking import attribution
from recsys_core.errors import RatingsError
from recsys_core.ratings import Ratings, Scale


def world() -> Ratings:
    return rc.datasets.low_rank(40, 25, 2, density=0.5, seed=4, scale=Scale(1, 5, 1))


MODELS = [
    rc.SGD(n_factors=3, n_epochs=10),
    rc.SGD(n_factors=3, n_epochs=10, biases=False),
    rc.ALS(n_factors=3, n_epochs=5),
    rc.ALS(n_factors=3, n_epochs=5, biases=False, weighted=True),
    rc.PMF(n_factors=3, n_epochs=5, adaptive=True),
    rc.PMF(n_factors=3, n_epochs=20, link="logistic"),
    rc.UserItemBias(),
    rc.GlobalMean(),
]


@pytest.fixture(scope="module", params=range(len(MODELS)), ids=lambda i: repr(MODELS[i])[:60])
def fitted(request):
    return MODELS[request.param].fit(world()).snapshot()


def test_terms_add_up_to_the_prediction(fitted):
    for user, item in ((0, 0), (7, 3), (39, 24)):
        parts = attribution.terms(fitted, user, item)
        assert parts.prediction == pytest.approx(fitted.predict([user], [item])[0], abs=1e-5)
        raw = fitted.predict([user], [item], clip=False)[0]
        assert parts.score == pytest.approx(raw, abs=1e-5)
        np.testing.assert_array_equal(parts.products, parts.user_factors * parts.item_factors)
        table = parts.table()
        assert len(table) == 3 + fitted.n_factors
        assert table["value"].sum() == pytest.approx(parts.x, abs=1e-9)
        logistic = fitted.link == "logistic"  # there the terms are logits, else in rating units
        read = float(fitted.score(np.array(parts.x))) if logistic else parts.x
        assert read == pytest.approx(parts.score)


def test_terms_of_a_guest(fitted):
    guest = fitted.fold_in([1, 2, 3], [5, 1, 4])
    parts = attribution.terms(fitted, guest, 6)
    assert parts.prediction == pytest.approx(fitted.predict(guest, [6])[0], abs=1e-5)


def test_a_prediction_worked_out_by_hand():
    ratings = Ratings.from_matrix(np.array([[5.0, 1], [0, 3]]))
    found = rc.ALS(n_factors=2, n_epochs=1).fit(ratings).snapshot()
    by_hand = found.global_mean + found.user_bias[1] + found.item_bias[0]
    by_hand += sum(found.user_factors[1, f] * found.item_factors[0, f] for f in range(2))
    parts = attribution.terms(found, 1, 0)
    assert parts.x == pytest.approx(float(by_hand), abs=1e-6)
    assert parts.table()["term"].tolist()[:3] == ["mean", "user bias", "item bias"]
    products = parts.table()["value"].to_numpy()[3:]
    assert abs(products[0]) >= abs(products[1])


def test_what_training_adds_is_the_prediction_less_that_of_the_ratings_alone(fitted):
    for user in (2, 11):
        items, values = fitted.train.by_user.row(user)
        alone = fitted._row_of(items, values.astype(float), None)  # by the rule of training
        for item in (0, 13):
            why = attribution.reasons(fitted, user, item)
            folded = fitted.predict(alone, [item], clip=False)[0]
            own = fitted.predict(user, [item], clip=False)[0]
            assert why.prediction == own
            assert why.rest == pytest.approx(own - folded, abs=2e-3)
            assert why.start + why.pulled == pytest.approx(folded, abs=2e-3)
            assert why.start + why.table["pull"].sum() + why.rest == pytest.approx(own, abs=1e-9)
            nothing = fitted.predict(fitted.fold_in([], []), [item], clip=False)[0]
            assert why.start == pytest.approx(nothing, abs=1e-5)
            assert set(why.table["item"]) == set(items) and why.n_ratings == len(items)


def test_pulls_are_what_each_rating_adds():
    """On an identity link the prediction is linear in the ratings, and pulls are its slopes."""
    found = rc.ALS(n_factors=3, n_epochs=5).fit(world()).snapshot()
    items, values = found.train.by_user.row(3)
    item = 20
    guest = found.fold_in(items, values)
    why = attribution.reasons(found, guest, item).table.set_index("item")["pull"]
    before = found.predict(found.fold_in(items, values), [item], clip=False)[0]
    for at, other in enumerate(items):
        raised = values.astype(float).copy()
        raised[at] += 1
        after = found.predict(found.fold_in(items, raised), [item], clip=False)[0]
        expected = values[at] - found.global_mean - found.item_bias[other]
        expected -= found.item_factors[other] @ found.fold.prior[:-1]
        assert why[other] == pytest.approx((after - before) * expected, abs=1e-4)


def test_als_reasons_explain_the_trained_prediction():
    """Fold-in is one user half-step further than an epoch's end, near once ALS has settled."""
    found = rc.ALS(n_factors=3, n_epochs=30).fit(world()).snapshot()
    off = [
        attribution.reasons(found, user, item).rest
        for user in range(40)
        for item in range(0, 25, 5)
    ]
    assert np.sqrt(np.mean(np.square(off))) < 0.15


def test_likes_pull_towards_the_like():
    board = rc.datasets.checkerboard(16, 16, density=0.7, seed=2)
    found = rc.ALS(n_factors=2, n_epochs=10, biases=False).fit(board).snapshot()
    for user, item in ((0, 0), (3, 5), (2, 7)):
        table = attribution.reasons(found, user, item).table
        same = (table["item"] % 2 == item % 2).to_numpy()
        liked = (table["rating"] > 3).to_numpy()
        rising = table["pull"].to_numpy() > 0
        assert (rising == (same == liked)).mean() > 0.9


def test_only_the_strongest_are_kept_and_named():
    party = rc.datasets.music_party()
    found = rc.ALS(n_factors=2, n_epochs=20).fit(party)
    whole = attribution.reasons(found, 1, party.item_index("Back in Black"))
    why = attribution.reasons(found, 1, party.item_index("Back in Black"), n=3)
    assert len(why.table) == 3 and why.prediction == whole.prediction
    assert why.pulled == whole.pulled and why.n_ratings == len(whole.table)
    np.testing.assert_array_equal(why.table["pull"], whole.table["pull"][:3])
    assert (np.diff(whole.table["pull"].abs()) <= 0).all()
    ratings = dict(zip(*party.by_user.row(1), strict=True))
    for row in why.table.itertuples():
        assert row.label == party.items[row.item] and row.rating == ratings[row.item]


def test_a_guest_without_ratings_has_no_reasons(fitted):
    why = attribution.reasons(fitted, fitted.fold_in([], []), 0)
    assert why.table.empty and why.prediction == pytest.approx(why.start, abs=1e-6)


def test_a_global_mean_has_no_reasons():
    why = attribution.reasons(rc.GlobalMean().fit(world()), 0, 0)
    assert (why.table["pull"] == 0).all()


def test_refusals():
    found = rc.ALS(n_factors=2, n_epochs=1).fit(world())
    with pytest.raises(RatingsError, match="index of users lies outside 0–39"):
        attribution.terms(found, 40, 0)
    with pytest.raises(RatingsError, match="index of items lies outside 0–24"):
        attribution.reasons(found, 0, -1)
